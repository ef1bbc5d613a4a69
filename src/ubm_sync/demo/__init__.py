"""The service at work without any account: emulators, three customers, and the people who act."""

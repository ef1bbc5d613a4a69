"""Answers to questions: how the service is, and why a value is what it is."""

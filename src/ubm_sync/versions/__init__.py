"""Versions of what is configured: which one is in force, what a change of it would do."""

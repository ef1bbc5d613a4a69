"""The command line. Exit codes: 0 done, 1 failed, 2 usage, 3 a person must decide."""

from ubm_sync.cli.main import main

__all__ = ["main"]

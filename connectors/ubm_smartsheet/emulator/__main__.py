"""``python -m ubm_smartsheet.emulator --port N [--data FILE]``: the API until interrupted."""

from __future__ import annotations

import sys

from ubm_smartsheet.emulator import create
from ubm_sync.emulation.command import run


def main(arguments: list[str] | None = None) -> int:
    """Serve the API; return the exit code."""
    return run("ubm_smartsheet.emulator", lambda seed: create(seed=seed), arguments)


if __name__ == "__main__":
    sys.exit(main())

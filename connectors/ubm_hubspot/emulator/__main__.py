"""``python -m ubm_hubspot.emulator --port N [--data FILE]``: a portal until interrupted."""

from __future__ import annotations

import sys

from ubm_hubspot.emulator import create
from ubm_sync.emulation.command import run


def main(arguments: list[str] | None = None) -> int:
    """Serve a portal; return the exit code."""
    return run("ubm_hubspot.emulator", lambda seed: create(seed=seed), arguments)


if __name__ == "__main__":
    sys.exit(main())

"""The command that shows the service: demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Play, check every step, and exit.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the service after an interruption.")
    ] = False,
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo keeps everything.")] = Path(
        "var/demo"
    ),
) -> None:
    """Show the whole service at work, on emulators of both outside systems; no account is needed.

    Example: ubm-sync demo --once
    """
    from ubm_sync.demo.play import play  # noqa: PLC0415 - only the demo needs its people

    play(folder, once=once, resume=resume)

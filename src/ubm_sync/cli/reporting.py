"""Questions that are asked again and again: report NAME."""

from __future__ import annotations

import typer

report = typer.Typer(no_args_is_help=True, help="Answer a question that is asked again and again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(report, name="report")

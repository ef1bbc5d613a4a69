"""Questions that are asked again and again: report NAME."""

from __future__ import annotations

import typer

from ubm_sync.cli.pre_holiday import pre_holiday

report = typer.Typer(no_args_is_help=True, help="Reports that answer one question each.")
report.command("pre-holiday")(pre_holiday)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(report, name="report")

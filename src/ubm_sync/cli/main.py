"""The command ``ubm-sync``: what it offers, and how it ends."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from ubm_sync.cli import (
    cases,
    deciding,
    delays,
    disconnections,
    editing,
    health,
    looking,
    mappings,
    matching,
    people,
    report,
    reverting,
    showing,
    template,
    working,
)
from ubm_sync.cli.context import guarded, options


class LogLevel(StrEnum):
    """How much the log tells."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


app = typer.Typer(
    name="ubm-sync",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "Keep customers' location sheets, support tickets and the UBM account store in step.\n\n"
        "Exit codes: 0 done; 1 failed (one sentence says what, why and what to do); 2 wrong usage; "
        "3 nothing is wrong, but a person must decide.\n\n"
        "Example: [bold]ubm-sync demo --once[/bold]"
    ),
)


@app.callback()
def before(
    env_file: Annotated[
        str | None,
        typer.Option("--env-file", help="File with variables; .env is read where it is there."),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="How much the log tells.")
    ] = LogLevel.INFO,
) -> None:
    """Take what is given before the command's name."""
    options.env_file = env_file
    options.log_level = log_level.value


for module in (
    showing,
    working,
    looking,
    deciding,
    reverting,
    people,
    mappings,
    matching,
    delays,
    disconnections,
    report,
    cases,
    editing,
    health,
    template,
):
    module.register(app)


def main() -> None:
    """Run the command line of this process."""
    sys.exit(guarded(app))

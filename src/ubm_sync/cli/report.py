"""Reports: report, report disconnection-quality."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ubm_sync.cli import screen
from ubm_sync.cli.context import reload_environment
from ubm_sync.cli.working import Json
from ubm_sync.config import load_phrases
from ubm_sync.reports.disconnection_quality import details, judge, load_labelled, quality

report = typer.Typer(help="Reports for people who decide. Without a name: which there are.")
_RATES = (
    ("recall", "disconnections noticed (urgent or possible)"),
    ("precision", "alarms that were right"),
    ("close_called_urgent", "requests to close called urgent"),
    ("right", "texts read exactly as labelled"),
)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(report, name="report")


@report.callback(invoke_without_command=True)
def every(context: typer.Context) -> None:
    """List the reports where none is named."""
    if context.invoked_subcommand is None:
        screen.say("Reports (ubm-sync report NAME --help tells more):")
        group: Any = context.command
        for name, command in group.commands.items():
            screen.say(f"  {name:<24}{command.get_short_help_str(100)}")


@report.command("disconnection-quality")
def disconnection_quality(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="Columns id, label, subject, body; received, zone and notes may be there.",
        ),
    ],
    deadlines: Annotated[
        bool,
        typer.Option(
            "--deadlines", help="Check deadline=, effective=, state= and acct= of the notes too."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how well labelled messages about disconnections are read, with every miss.

    It reads the file and the configured phrases alone; no other system is asked.

    Example: ubm-sync report disconnection-quality labelled.csv --deadlines
    """
    grammar = load_phrases(reload_environment()["UBM_SYNC_CONFIG"]).grammar()
    texts, note = load_labelled(file)
    if note:
        screen.complain(note)
    judged = judge(texts, grammar)
    found = quality(judged)
    if deadlines:
        found["details"] = details(judged)
    if as_json:
        screen.show_json(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    columns = list(found["confusion"])
    screen.table(
        f"{found['texts']} texts: labelled (down), read as (across)",
        ("label", *columns),
        [(label, *row.values()) for label, row in found["confusion"].items()],
    )
    for key, what in _RATES:
        screen.say(f"{what}: {_rate(found[key])}")
    for key, title in (
        ("misses", "Missed"),
        ("false_alarms", "False alarms"),
        ("misread", "Misread without an alarm"),
    ):
        screen.table(
            title,
            ("id", "subject", "label", "read as", "confidence", "deciding phrase"),
            [
                [one[name] for name in ("id", "subject", "label", "read_as", "confidence")]
                + [one["phrase"]]
                for one in found[key]
            ],
        )
    if "details" in found:
        _show_details(found["details"])


def _rate(one: dict[str, Any]) -> str:
    share = "" if one["rate"] is None else f" ({one['rate']:.1%})"
    return f"{one['count']} of {one['of']}{share}"


def _show_details(found: dict[str, Any]) -> None:
    for name, one in found["fields"].items():
        screen.say(f"{name} as the notes say: {_rate(one)}")
    screen.table(
        "Differences",
        ("id", "what", "expected", "read", "words"),
        [
            [one[name] for name in ("id", "what", "expected", "read", "words")]
            for one in found["differences"]
        ],
    )

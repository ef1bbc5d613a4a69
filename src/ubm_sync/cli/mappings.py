"""Commands about versions: mapping history, diff, rollback, approve, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import application, decider, shown_at
from ubm_sync.cli.rehearsing import show_effect, show_texts, side_of
from ubm_sync.cli.standing import standing_document, standing_text, version_document
from ubm_sync.cli.working import Json
from ubm_sync.config import write_text
from ubm_sync.errors import ConfigError, Refused
from ubm_sync.state import Version

By = Annotated[str, typer.Option("--by", help="Who decides; kept in the log.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    mapping = typer.Typer(
        no_args_is_help=True, help="Versions of the mappings and of everything configured."
    )
    for command in (history, diff, rollback, approve, export):
        mapping.command()(command)
    app.add_typer(mapping, name="mapping")


def history(
    number: Annotated[int, typer.Option("--last", min=1, help="So many versions.")] = 20,
    as_json: Json = False,
) -> None:
    """List every configuration that was in force or waits: when, by whom, and what it wrote.

    Example: ubm-sync mapping history
    """
    with application() as app:
        with app.state.reading() as tx:
            versions = tx.versions.last(number)
        if as_json:
            screen.show_json([version_document(one) for one in versions])
            return
        screen.table(
            "Versions, newest first",
            ("version", "hash", "standing", "stored", "by", "second name", "how", "wrote"),
            [
                (
                    one.number, one.hash[:8], one.standing.value,
                    shown_at(app, one.at, seconds=True), one.by, one.second_by, one.how,
                    _wrote(one),
                )
                for one in versions
            ],
            whole=("version", "hash"),
        )  # fmt: skip
        _say_standing(app)


def diff(
    new: Annotated[str, typer.Argument(help="A folder of changed mappings, or a version.")],
    other: Annotated[
        str | None, typer.Argument(help="Another one: compares the two, asks no system.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what changed mappings would do to your data now; nothing is written anywhere.

    With two names, of folders or versions: how they differ, without asking any system.

    Example: ubm-sync mapping diff ../mappings-next
    """
    with application() as app, screen.progress():
        if other is not None:
            show_texts(side_of(app, new), side_of(app, other), as_json=as_json)
            return
        name, files, after = side_of(app, new)
        show_effect(app, name, files, after, as_json=as_json)


def rollback(
    version: Annotated[str, typer.Argument(help="Its number, or four or more of its hash.")],
    by: By = "",
) -> None:
    """Bring an earlier version back: in force at once, and written into the files.

    It becomes a version of its own. What stands in the files now is kept as a version too.

    Example: ubm-sync mapping rollback 3 --by dana
    """
    with application() as app:
        made, changed, kept = app.keeper.rollback(version, decider(app, by), app.clock.now())
        gone = [name for name in changed if name not in made.files]
        written = [name for name in changed if name in made.files]
        screen.say(f"Version {version} is in force again, as version {made.number}.")
        screen.say(f"Files written: {', '.join(written) or 'none'}.")
        if gone:
            screen.say(f"Files removed, because that version has them not: {', '.join(gone)}.")
        for copy in kept:
            screen.say(f"What stood there could not be stored as a version; it is in {copy}.")


def approve(
    version: Annotated[str, typer.Argument(help="The version that waits.")], by: By = ""
) -> None:
    """Give the second name to a version that waits for one; the running service uses it at once.

    Example: ubm-sync mapping approve 4 --by "Priya N."
    """
    with application() as app:
        name = decider(app, by)
        taken = app.keeper.approve(version, name, app.clock.now())
        screen.say(f"Approved by {name}: {taken.name}, saved by {taken.by}, is in force.")


def export(
    version: Annotated[str, typer.Argument(help="Its number, or four or more of its hash.")],
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
) -> None:
    """Write the files of a version into a new folder, to look at them or to work on.

    Example: ubm-sync mapping export 3 version-3
    """
    if folder.exists():
        raise Refused(f"{folder} exists already; choose another folder.")
    with application() as app:
        found, files = app.keeper.version(version)
        for name, text in sorted(files.texts().items()):
            write_text(folder / name, text)
        screen.say(f"{len(files.content)} files of {found.name} are in {folder}.")


def _wrote(version: Version) -> str:
    told = ", ".join(f"{count} in {system}" for system, count in sorted(version.written.items()))
    runs = "1 run" if version.runs == 1 else f"{version.runs} runs"
    return f"{told} in {runs}" if told else ""


def _say_standing(app: Application) -> None:
    try:
        screen.say(standing_text(app.found))
        for flaw in standing_document(app.found)["flaws"]:
            screen.complain(flaw)
    except ConfigError as error:
        for one in error.flaws:
            screen.complain(str(one))

"""Commands with which an admin takes something back: undo, kept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.cli.context import FAILED, UNDECIDED, application, decider, finish, shown_at
from ubm_sync.cli.deciding import By
from ubm_sync.cli.working import Json
from ubm_sync.errors import Refused
from ubm_sync.state import Entry, Kept
from ubm_sync.sync import decisions, undo
from ubm_sync.sync.cycle import Engine, Report
from ubm_sync.sync.reverting import Field
from ubm_sync.sync.stops import sentence
from ubm_sync.sync.undo import Progress, Undoing

CYCLES = 3  # that an undo runs itself; what waits after them is left to the service
PATIENCE, PAUSE = 60.0, 0.5  # seconds to wait for a service that is in a cycle of its own
SCREEN = 200  # lines


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("undo")(undo_run)
    kept = typer.Typer(no_args_is_help=True, help="Values that were replaced; none is lost.")
    kept.command("list")(list_kept)
    kept.command("restore")(restore_kept)
    app.add_typer(kept, name="kept")


def undo_run(
    run: Annotated[str, typer.Argument(help="The run's id, as sync and why show it.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be restored.")
    ] = False,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a run back: what it wrote and nobody edited since is restored, the rest is listed.

    Nothing is deleted; what the run created stays and is listed too. An undo can be undone.

    Example: ubm-sync undo run-17 --dry-run
    """
    with application() as app, screen.progress() as progress:
        engine = app.engine(progress)
        if dry_run:
            engine.plans(app.clock.now())  # reads everything, writes nothing outside
        zone = app.configuration.service.cadence.zone
        found = undo.look(app.state, engine.rules, run, progress, zone)
        undoing, report = "", None
        if not dry_run:
            who = decider(app, by)
            undoing, _ = undo.decide(app.state, found, who, app.clock.now(), progress)
            report = _carried_out(app, engine, found, progress)
            found = undo.look(app.state, engine.rules, run, progress, zone)
            if report is not None and not report.skipped:
                undo.give_up(found)
        if as_json:
            screen.show_json(_document(found, undoing))
        else:
            _show(found, undoing, report)
        if report is not None and report.problems:
            finish(FAILED)
        if found.having("left", "waiting"):
            finish(UNDECIDED)


def _carried_out(
    app: Application, engine: Engine, found: Undoing, progress: Progress
) -> Report | None:
    """Run cycles until nothing of the undo waits, or only what a person must decide first."""
    report = None
    for _ in range(CYCLES):
        with app.state.reading() as tx:
            ids = dict.fromkeys(one.sync_id for one in found.having("restore", "waiting"))
            pending = tx.decisions.count() > 0
        if not pending and not undo.waiting(app.state, list(ids), found.run):
            break
        report = _cycle(app, engine, progress)
        if report.skipped or report.stops or not report.landed:
            break
    return report


def _cycle(app: Application, engine: Engine, progress: Progress) -> Report:
    """Run one cycle; where the service is in one of its own, wait for the end of that."""
    waited = 0.0
    while (report := engine.cycle()).skipped and waited < PATIENCE:
        app.clock.sleep(PAUSE)
        waited += PAUSE
        progress("waiting for the service's own cycle", round(waited), None)
    return report


def _document(found: Undoing, undoing: str) -> dict[str, Any]:
    return {
        "run": found.run,
        "undone_by": undoing,
        "counts": undo.tally(found.fields),
        "fields": [
            {
                "customer": one.customer,
                "record": one.sync_id,
                "field": one.name,
                "wrote": one.wrote,
                "previous": one.previous,
                "state": one.state,
                "why": one.why,
            }
            for one in found.fields
        ],
        "created": [
            {"customer": customer, "record": sync_id, "place": place, "id": ref}
            for customer, sync_id, place, ref in found.created
        ],
        "filled_by_the_service": found.own,
    }


def _show(found: Undoing, undoing: str, report: Report | None) -> None:
    back = found.having("restored")
    _fields("Can be restored", found.having("restore"))
    _fields("Wait", found.having("waiting"))
    _fields("Left alone", found.having("left"))
    if found.created:
        rows = found.created[:SCREEN]
        screen.table("Created by this run, and kept", ("customer", "record", "place", "id"), rows)
        screen.say(
            f"{len(found.created)} created; nothing is ever deleted. Where one should not be "
            "there, have its row ask for a closing, or archive the ticket yourself."
        )
    if found.own:
        screen.say(
            f"{found.own} fields that the service fills in itself follow from the others; they are "
            "not restored by themselves."
        )
    fields = "1 field is as it was" if len(back) == 1 else f"{len(back)} fields are as they were"
    screen.say(f"{fields} before {found.run}.")
    if undoing:
        screen.say(f"This was {undoing}; take it back with: ubm-sync undo {undoing}")
    if report is not None:
        if report.skipped:
            screen.complain("Decided; the service that is running carries it out.")
        for text in (*report.problems, *(sentence(stop) for stop in report.stops)):
            screen.complain(text)


def _fields(title: str, fields: list[Field]) -> None:
    if not fields:
        return
    rows = [
        (one.customer, one.sync_id, one.name, one.wrote, one.previous, one.why)
        for one in fields[:SCREEN]
    ]
    screen.table(title, ("customer", "record", "field", "the run wrote", "before it", "why"), rows)
    if len(fields) > SCREEN:
        screen.say(f"... and {len(fields) - SCREEN} more; see them all with --json")


def list_kept(
    record: Annotated[str | None, typer.Option("--record", help="Of one record only.")] = None,
    as_json: Json = False,
) -> None:
    """List values somebody typed that were replaced, put back or undone, newest first.

    Example: ubm-sync kept list --record 01932f6e-0000-7000-8000-000000000000
    """
    with application() as app:
        with app.state.reading() as tx:
            found = list(reversed(tx.kept.list(record)))
            if record is not None and not found and not tx.records.load([record]):
                raise Refused(
                    f'There is no record "{record}"; give its id as why and kept list without '
                    "--record show it."
                )
        if as_json:
            screen.show_json([_kept(one) for one in found])
            return
        names = ("id", "at", "record", "field", "place", "value", "reason", "by")
        rows = [
            [{**_kept(one), "at": shown_at(app, one.at)}[name] for name in names]
            for one in found[:SCREEN]
        ]
        screen.table("Kept values", names, rows)
        if len(found) > SCREEN:
            screen.say(f"... and {len(found) - SCREEN} more; see them all with --json")


def _kept(one: Kept) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "record": one.sync_id,
        "field": one.field,
        "place": one.place,
        "value": one.value,
        "reason": one.reason,
        "by": one.by or "",
    }


def restore_kept(
    number: Annotated[int, typer.Argument(metavar="ID", help="The kept value's id, as listed.")],
    by: By = "",
) -> None:
    """Bring a kept value back: the next cycle writes it everywhere and keeps the one it replaces.

    Example: ubm-sync kept restore 3 --by dana
    """
    with application() as app:
        who = decider(app, by)
        shared = {
            kind: frozenset(mapping.shared) for kind, mapping in app.configuration.mappings.items()
        }
        with app.state.transaction() as tx:
            one = tx.kept.get(number)
            if one is None:
                raise Refused(f"No value is kept under {number}; see ubm-sync kept list.")
            decisions.bring_back(tx, one, shared, who)
            body = {"kept": str(number), one.field: one.value or ""}
            tx.audit.append(
                [Entry(app.clock.now(), "", who, "kept value restored", one.sync_id, body)]
            )
        screen.say("Decided; the next cycle writes it.")

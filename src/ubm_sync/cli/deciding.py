"""Commands with which people decide: conflicts, quarantine, approve."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

import typer

from ubm_sync.cli import screen
from ubm_sync.cli.context import application, decider, shown_at
from ubm_sync.cli.working import Json
from ubm_sync.errors import Refused
from ubm_sync.state import Entry, Tx
from ubm_sync.sync import decisions
from ubm_sync.sync.gate import told
from ubm_sync.sync.stops import subject

By = Annotated[str, typer.Option("--by", help="Who decides; kept in the log.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    conflicts = typer.Typer(no_args_is_help=True, help="Fields that wait for a decision.")
    conflicts.command("list")(list_conflicts)
    conflicts.command("resolve")(resolve)
    quarantine = typer.Typer(no_args_is_help=True, help="What was set aside and can be retried.")
    quarantine.command("list")(list_quarantine)
    quarantine.command("retry")(retry)
    quarantine.command("drop")(drop)
    app.add_typer(conflicts, name="conflicts")
    app.add_typer(quarantine, name="quarantine")
    app.command()(approve)


def list_conflicts(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List fields that two sides changed differently; both values are kept until a decision.

    Example: ubm-sync conflicts list
    """
    with application() as app:
        with app.state.reading() as tx:
            found = tx.conflicts.list(open_only=not everything)
        if as_json:
            screen.show_json(
                [
                    {
                        "record": one.sync_id,
                        "field": one.field,
                        "agreed_before": one.base,
                        "values": dict(one.values),
                        "since": one.opened_at,
                        "closed": one.closed_at,
                        "how": one.how,
                        "by": one.by,
                    }
                    for one in found
                ]
            )
            return
        screen.table(
            "Conflicts",
            ("record", "field", "agreed before", "values", "since", "ended"),
            [
                (
                    one.sync_id,
                    one.field,
                    one.base,
                    "; ".join(
                        f"{place}: {value or '(empty)'}" for place, value in one.values.items()
                    ),
                    shown_at(app, one.opened_at),
                    f"{one.how}, by {one.by}" if one.by else one.how,
                )
                for one in found
            ],
        )


def resolve(
    record: Annotated[str, typer.Argument(help="The record's id, as listed.")],
    field: Annotated[str, typer.Argument(help="The field.")],
    keep: Annotated[str | None, typer.Option("--keep", help="The place whose value stays.")] = None,
    value: Annotated[str | None, typer.Option("--value", help="Another value for all.")] = None,
    by: By = "",
) -> None:
    """Decide a conflict; the next cycle writes the chosen value everywhere and keeps the other.

    Example: ubm-sync conflicts resolve 01932f6e-... city --keep ticket
    """
    if (keep is None) == (value is None):
        raise typer.BadParameter("give either --keep PLACE or --value TEXT")
    with application() as app:
        choice, who = keep if keep is not None else f"={value}", decider(app, by)
        with app.state.transaction() as tx:
            found = tx.conflicts.for_records([record]).get(record, ())
            places = {place for one in found if one.field == field for place in one.values}
            if keep is not None and places and keep not in places:
                raise Refused(
                    f"{keep} has no value in this conflict; choose {' or '.join(sorted(places))}."
                )
            if not decisions.resolve_conflict(tx, record, field, choice, who):
                raise Refused(
                    f"No conflict of {field} is open for {record}; see ubm-sync conflicts list."
                )
            _log(tx, app.clock.now(), who, "conflict decided", record, {field: choice})
        screen.say("Decided; the next cycle writes it.")


def list_quarantine(as_json: Json = False) -> None:
    """List what could not be worked on, with its reason; nothing of it is lost.

    Example: ubm-sync quarantine list
    """
    with application() as app:
        with app.state.reading() as tx:
            found = tx.quarantine.list()
        if as_json:
            screen.show_json(
                [
                    {
                        "id": one.id,
                        "system": one.system,
                        "place": one.place,
                        "record": one.sync_id,
                        "reason": one.reason,
                        "since": one.first_at,
                        "tries": one.tries,
                    }
                    for one in found
                ]
            )
            return
        screen.table(
            "Quarantine",
            ("id", "system", "place", "record", "reason", "tries"),
            [(q.id, q.system, q.place, q.sync_id, q.reason, q.tries) for q in found],
        )


def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids as listed; none: all.")] = None,
) -> None:
    """Try again what was set aside, at the next cycle.

    Example: ubm-sync quarantine retry 3
    """
    with application() as app:
        with app.state.transaction() as tx:
            _known(tx, ids or ())
            released = decisions.retry_later(tx, ids or None)
        screen.say(f"{len(released)} will be tried again by the next cycle.")


def drop(ids: Annotated[list[int], typer.Argument(help="Ids as listed.")], by: By = "") -> None:
    """Give up what was set aside; what it was stays in the log.

    Example: ubm-sync quarantine drop 3 --by dana
    """
    with application() as app:
        with app.state.transaction() as tx:
            _known(tx, ids)
            dropped = decisions.drop(tx, ids, decider(app, by), app.clock.now())
        screen.say(f"{len(dropped)} given up.")


def _known(tx: Tx, ids: Collection[int]) -> None:
    """Refuse ids that are not in the quarantine, before any of them is touched."""
    there = {one.id for one in tx.quarantine.list()}
    missing = ", ".join(str(one) for one in ids if one not in there)
    if missing:
        raise Refused(
            f"Nothing is set aside under {missing}, so nothing was done; "
            "see ubm-sync quarantine list."
        )


def approve(
    plan: Annotated[str, typer.Argument(help="The id the guard showed, or its beginning.")],
    by: By = "",
) -> None:
    """Approve a group of changes that the guard stopped; the next cycle writes it.

    A few records are written first and read back; only where they are as they were meant does the
    rest follow.

    Example: ubm-sync approve 274d240c43d1 --by "Priya N."
    """
    with application() as app:
        name, now = decider(app, by), app.clock.now()
        with app.state.transaction() as tx:
            try:
                stop = tx.guard.approve(plan, name, now)
            except (LookupError, ValueError) as error:
                raise Refused(f"{error} See ubm-sync status for what waits.") from error
            tx.audit.append([Entry(now, "", name, "changes approved", "", told(stop))])
        screen.say(f"Approved by {name}: {subject(stop)}. The next cycle writes them.")


def _log(tx: Tx, at: datetime, by: str, action: str, subject: str, body: dict[str, str]) -> None:
    tx.audit.append([Entry(at, "", by, action, subject, body)])

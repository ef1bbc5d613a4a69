"""The command of a first connect: match what exists, review, decide, let the work begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ubm_sync.app import Application
from ubm_sync.calendars import stamp
from ubm_sync.cli import screen
from ubm_sync.cli.context import UNDECIDED, application, decider, finish
from ubm_sync.cli.working import Json
from ubm_sync.errors import Refused
from ubm_sync.model import Customer

if TYPE_CHECKING:
    from ubm_sync.first_connect import Look


MOST = 200  # lines on a screen


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(match)


def match(
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="KEY", help="Only this one; else all being matched."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the review: FILE.xlsx or FILE.html.")
    ] = None,
    approve_above: Annotated[
        float | None,
        typer.Option(
            "--approve-above",
            min=0.0,
            max=1.0,
            help="Accept all of at least this score that were shown before and have no rival.",
        ),
    ] = None,
    accepted: Annotated[
        list[int] | None, typer.Option("--accept", metavar="ID", help="It is the same; repeatable.")
    ] = None,
    rejected: Annotated[
        list[int] | None, typer.Option("--reject", metavar="ID", help="It is not; repeatable.")
    ] = None,
    begins: Annotated[
        bool, typer.Option("--begin", help="Everything is decided: link, and let writing begin.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="Who decides; kept in the log.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="List what is decided and what is new, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Match an existing sheet with existing tickets and accounts; nothing is written outside.

    Every pair has a score and reasons. A person approves all above a score and decides the rest;
    after --begin the next cycle links them and works on the customer.

    Example: ubm-sync match --customer halsted --report review.xlsx

    Example: ubm-sync match --customer halsted --approve-above 0.95 --by "Dana Lee"
    """
    from ubm_sync import first_connect  # noqa: PLC0415 - other commands need not wait for it

    with application() as app, screen.progress() as progress:
        name = decider(app, by)
        _decide(app, accepted or (), rejected or (), name)
        looks = []
        for one in _customers(app, customer):
            found = first_connect.look(app, one, progress)
            if approve_above is not None:
                done = _approve(app, found, approve_above, name)
                if not as_json:
                    screen.say(f"{one.name}: {done} accepted by {name}.")
            if begins:  # what was approved stands, whether it may begin or not
                with app.state.transaction() as tx:
                    first_connect.begin(tx, one, name, app.clock.now())
            looks.append(found)
        held = app.held_now()
        names = first_connect.system_names(app)
        if report is not None:
            _save(app, looks, names, report)
        if as_json:
            _show_json(app, looks, held)
        else:
            for found in looks:
                _show(found, names, everything=everything, held=found.customer.key in held)
            if report is not None:
                screen.say(f"Review written to {report}.")
        if any(found.undecided or found.customer.key in held for found in looks):
            finish(UNDECIDED)


def _save(app: Application, looks: Sequence[Look], names: Mapping[str, str], report: Path) -> None:
    from ubm_sync.reports.matching_files import save  # noqa: PLC0415

    zone = app.configuration.service.cadence.zone
    save(report, looks, names, f"Made {stamp(app.clock.now(), zone)} by ubm-sync match.")


def _show_json(app: Application, looks: Sequence[Look], held: frozenset[str]) -> None:
    from ubm_sync.reports import matching as told  # noqa: PLC0415

    with app.state.reading() as tx:
        begun = tx.matches.begun()
    screen.show_json(
        [
            told.document(found, begun.get(found.customer.key), held=found.customer.key in held)
            for found in looks
        ]
    )


def _decide(app: Application, accepted: Sequence[int], rejected: Sequence[int], by: str) -> None:
    from ubm_sync import first_connect  # noqa: PLC0415

    if not (accepted or rejected):
        return
    if both := sorted(set(accepted) & set(rejected)):
        raise Refused(f"#{both[0]} is both accepted and rejected; decide for one of the two.")
    now = app.clock.now()
    with app.state.transaction() as tx:
        if rejected:
            first_connect.reject(tx, rejected, by, now)
        if accepted:
            first_connect.accept(tx, accepted, by, now)


def _approve(app: Application, found: Look, score: float, by: str) -> int:
    """Accept in bulk what an earlier look showed, say what was left; return how many it is."""
    from ubm_sync import first_connect  # noqa: PLC0415

    key, name = found.customer.key, found.customer.name
    with app.state.transaction() as tx:
        done = first_connect.approve_above(tx, key, score, by, app.clock.now(), found.shown)
        found.pairs = tx.matches.of([key])
    found.left = len(done.left)
    if found.left:
        screen.complain(
            f"{name}: {found.left} are new or changed since the last look and were left, for "
            "nobody has seen them yet; look through them, then approve again."
        )
    return len(done.accepted)


def _customers(app: Application, key: str | None) -> list[Customer]:
    known = {one.key: one for one in app.configuration.customers}
    if key is not None:
        if key not in known:
            there = ", ".join(sorted(known)) or "none"
            raise Refused(f"There is no customer {key}; there are: {there}.")
        return [known[key]]
    found = [one for one in app.configuration.customers if one.key in app.held]
    if not found:
        raise Refused(
            "No customer is being matched; name one with --customer KEY, or write `match: only` "
            "into the file of one that is about to be connected."
        )
    return found


def _show(found: Look, names: dict[str, str], *, everything: bool, held: bool) -> None:
    from ubm_sync.reports import matching as told  # noqa: PLC0415

    screen.heading(found.customer.name)
    for text in told.summary(found, names):
        screen.say(text)
    listed = told.lines(found)
    shown = listed if everything else told.chosen(listed, only_open=True)
    screen.table(
        "Matches" if everything else "To decide",
        ("match", "row", "place", "may be", "score", "class", "why", "decision"),
        [
            (
                f"#{one.id}" if one.id else "",
                one.row,
                one.place,
                one.partner,
                "" if one.score is None else f"{one.score:.3f}",
                one.kind,
                "; ".join(one.reasons),
                one.decision,
            )
            for one in shown[:MOST]
        ],
    )
    if len(shown) > MOST:
        screen.say(f"... and {len(shown) - MOST} more; see all of them with --report or --json")
    key = found.customer.key
    if found.undecided:
        screen.say(
            f"Decide: ubm-sync match --customer {key} --approve-above 0.95 --by NAME, then "
            "--accept ID or --reject ID for the rest."
        )
    elif held:
        screen.say(
            f"Everything is decided. Nothing is written for {key} until you let it begin: "
            f"ubm-sync match --customer {key} --begin --by NAME"
        )
    elif any(one.waits for one in found.pairs):
        screen.say("The next cycle links what was accepted.")
    else:
        screen.say("Nothing waits to be linked.")

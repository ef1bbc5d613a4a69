"""The command report pre-holiday: what must be paid before the team closes."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ubm_sync.app import Application
from ubm_sync.calendars import Closure, local
from ubm_sync.cli import screen
from ubm_sync.cli.context import application
from ubm_sync.cli.working import Json
from ubm_sync.config import write_text
from ubm_sync.errors import Refused
from ubm_sync.ports import DueBill, KnowsBills
from ubm_sync.reports.pre_holiday import (
    COLUMNS,
    HolidayList,
    Timetable,
    document,
    dollars,
    heading,
    holiday_list,
    next_sentence,
    rows,
    timetable,
    total,
    why,
)
from ubm_sync.reports.spreadsheet import as_csv


def pre_holiday(
    for_day: Annotated[
        str | None,
        typer.Option("--for", metavar="DATE", help="As of this day instead of today."),
    ] = None,
    as_json: Json = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the bills to this file.")
    ] = None,
) -> None:
    """List the bills that are due while the team is closed, and those on hold, before it closes.

    The list of a closure is due five business days before it; a day within the closure shows it
    too. Before that it is said when the next list is due.

    Example: ubm-sync report pre-holiday --for 2026-12-24
    """
    with application() as app:
        coverage = app.configuration.coverage
        day = _day(for_day) if for_day else local(app.clock.now(), coverage.team.zone).date()
        found = timetable(coverage, day)
        lists, unknown = _lists(app, found)
    if csv_file is not None:
        _save(csv_file, as_csv(COLUMNS, rows(lists)))
    if as_json:
        screen.show_json(document(found, lists, unknown))
        return
    for one in lists:
        _show(one)
    screen.say(next_sentence(found))
    if unknown:
        screen.complain(unknown)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f'"{text}" is no day; write it as 2026-12-24', param_hint="--for"
        ) from None


def _lists(app: Application, found: Timetable) -> tuple[list[HolidayList], str]:
    """Return the lists that are due, and why no bill is known where none can be."""
    system = app.configuration.mappings["location"].place("account").system
    customers = app.configuration.customers  # also of those that are paused bills must be paid
    name = app.configuration.coverage.name
    if not found.lists:
        return [], ""
    with closing(app.connect(system)) as connector:
        if not isinstance(connector, KnowsBills):
            what = app.configuration.service.names[system]
            return [], f"{what} keeps no bills, so nothing can be said of what is due."
        lists = [
            holiday_list(closure, customers, *_bills(connector, closure), name)
            for closure in found.lists
        ]
        return lists, connector.without_bills


def _bills(store: KnowsBills, closure: Closure) -> tuple[list[DueBill], list[DueBill]]:
    due = list(store.due_between(closure.first, closure.opens))
    return due, list(store.held_until(closure.opens))


def _show(one: HolidayList) -> None:
    screen.heading(heading(one))
    manager = None
    for part in one.sections:
        if part.csm != manager:
            manager = part.csm
            screen.say(f"{part.csm_name}{f' <{part.csm}>' if part.csm else ''}", style="bold")
        if not part.bills:
            screen.say(f"  {part.customer_name}: nothing due")
            continue
        screen.table(
            f"  {part.customer_name}: {total(part.bills)}",
            ("due", "amount", "vendor", "account", "number", "location", "why"),
            [
                (
                    bill.due, dollars(bill.amount_cents), bill.vendor, bill.account, bill.number,
                    bill.location, why(bill, one.closure),
                )
                for bill in part.bills
            ],
        )  # fmt: skip
    screen.say(f"All together: {total([bill for part in one.sections for bill in part.bills])}")


def _save(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, content)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written ({error.strerror}); give another file as --csv."
        ) from error

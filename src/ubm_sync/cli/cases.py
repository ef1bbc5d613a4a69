"""Commands about disconnections: list, show, unrouted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ubm_sync.app import Application
from ubm_sync.calendars import parse_instant, stamp
from ubm_sync.cli import screen
from ubm_sync.cli.context import UNDECIDED, application, finish
from ubm_sync.cli.disconnections import disconnections
from ubm_sync.cli.pre_holiday import pre_holiday
from ubm_sync.cli.report import report
from ubm_sync.cli.working import Json
from ubm_sync.reports.disconnections import listed_cases, story, unrouted_list
from ubm_sync.routing.case import Case, plain
from ubm_sync.routing.words import short_day


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    del app  # they are parts of others
    disconnections.command("list")(list_)
    disconnections.command()(show)
    report.command("unrouted")(report_unrouted)
    report.command("pre-holiday")(pre_holiday)


def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Those that ended in the last 30 days, too.")
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="KEY", help="Only this customer's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List disconnections, those that nobody has in hand first, by the day to pay.

    Example: ubm-sync disconnections list --customer halsted
    """
    with application() as app:
        now = app.clock.now()
        with app.state.reading() as tx:
            found = listed_cases(tx, now, everything=everything, customer=customer)
        if as_json:
            screen.show_json([plain(one) for one in found])
            return
        names = ("case", "ticket", "pay by", "what", "state")
        rows = [_row(app, one) for one in found]
        screen.table("Disconnections", names, rows, whole=names[:3])


def _row(app: Application, case: Case) -> list[object]:
    state = case.outcome or ("waits for quiet time to end" if case.held else "open")
    if case.level and case.is_open:
        state += f", level {case.level}"
    what = "off already" if case.is_off else case.category.value.replace("_", " ")
    named = " ".join(part for part in (case.vendor, ", ".join(case.numbers)) if part)
    pay_by = short_day(case.pay_by, weekday=True) if case.pay_by else "-"
    known = app.customers.get(case.customer)
    zone = app.configuration.service.cadence.zone
    customer = known.name if known is not None else case.customer or "customer not known"
    return [
        case.name,
        case.ticket or "-",
        "at once" if case.is_off else pay_by,
        f"{customer}: {what}{f', {named}' if named else ''}, since {stamp(case.arrived, zone)}",
        f"{state}, with {case.acknowledged_by or case.owner or 'nobody'}",
    ]


def show(
    subject: Annotated[str, typer.Argument(metavar="CASE|TICKET", help="D-... or a ticket's id.")],
    as_json: Json = False,
) -> None:
    """Say why something was taken for a disconnection, who was told when, and what came of it.

    Example: ubm-sync disconnections show D-1A2B3C4D5E6F
    """
    with application() as app, app.state.reading() as tx:
        told = story(tx, subject)
        zone = app.configuration.service.cadence.zone
    if as_json:
        screen.show_json(told)
        return
    _show(told, zone)


def _show(told: dict[str, Any], zone: str) -> None:
    case = told["case"]
    screen.say(
        f"{case['name']}: {str(case['category'].value).replace('_', ' ')}, ticket "
        f"{case['ticket'] or 'not opened yet'}, {case['outcome'] or 'open'}"
    )
    for one in told["read"]:
        screen.heading(f"Read in {one['source']}, {_at(one['arrived'], zone)}")
        sure = f"{one['confidence']:.0%} sure"
        screen.say(f'{one["category"].replace("_", " ")}, {sure}: "{one["phrase"]}"')
        for reason in one["reasons"]:
            screen.say(f"  {reason}")
    screen.heading("What happened")
    for one in told["history"]:
        rest = ", ".join(
            f"{name} {value}" for name, value in one.items() if name not in {"at", "action"}
        )
        screen.say(f"{_at(one['at'], zone)} {one['action']} ({rest})")
    screen.heading("What was sent")
    for one in told["sent"]:
        to = f" to {one['to']}" if one["to"] else ""
        state = one["state"] if one["state"] != "sent" else f"arrived {_at(one['done'], zone)}"
        reason = f" ({one['reason']})" if one["reason"] else ""
        screen.say(f"{one['kind']}{to} on ticket {one['ticket']}: {state}{reason}")
        screen.say(f"  {one['text']}")


def _at(text: str, zone: str) -> str:
    instant = parse_instant(text)
    return stamp(instant, zone) if instant is not None else text


def report_unrouted(as_json: Json = False) -> None:
    """Say what came in and reached nobody; exit 3 where there is anything.

    Example: ubm-sync report unrouted
    """
    with application() as app:
        overdue = app.configuration.disconnections.rules().overdue
        with app.state.reading() as tx:
            left = unrouted_list(tx, app.clock.now(), overdue)
        zone = app.configuration.service.cadence.zone
    if as_json:
        screen.show_json({"unrouted": len(left), "items": left})
    else:
        screen.say(f"Unrouted: {len(left)}")
        for one in left:
            screen.complain(f"  {one['what']}, since {_at(one['since'], zone)}: {one['why']}.")
    if left:
        finish(UNDECIDED)

"""Days on which nobody of a customer's people is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ubm_sync.calendars.coverage import ROLES, Active, Coverage
from ubm_sync.calendars.local import day_text
from ubm_sync.calendars.presence import DAY, distinct, moment
from ubm_sync.model import Customer

AHEAD = 60  # days that are looked at


class Hole(NamedTuple):
    """A day on which nobody covers a customer; ``text`` is a sentence."""

    day: date
    customer: str  # its key
    text: str


def holes(
    coverage: Coverage,
    customers: Iterable[Customer],
    start: date,
    days: int = AHEAD,
    active: Active = lambda _email: True,
) -> list[Hole]:
    """Return the days from ``start`` on without manager, backup, anybody on call and lead.

    Somebody is missing who is absent for all the hours of the day they would work (for the whole
    of a day off), or is not ``active``. Being off on a weekend or a closure is no absence: urgent
    work still reaches people then.
    """
    found: list[Hole] = []
    everybody = list(customers)
    for number in range(days):
        day = start + timedelta(days=number)
        found += [hole for one in everybody if (hole := _hole(coverage, one, day, active))]
    return found


def _hole(coverage: Coverage, customer: Customer, day: date, active: Active) -> Hole | None:
    missing: dict[str, str] = {}
    for role, email in _people(coverage, customer, day):
        why = "cannot sign in any more" if not active(email) else _absent(coverage, email, day)
        if not why:
            return None
        missing.setdefault(
            coverage.name(email, customer), f"{coverage.name(email, customer)} ({role}) {why}"
        )
    who = "; ".join(missing.values()) or "no manager, backup, on call or lead is named"
    text = (
        f"nobody covers {customer.name} on {day_text(day)}: {who}; add a backup, somebody on call "
        "or a lead who is there, or move an absence"
    )
    return Hole(day, customer.key, text)


def _people(coverage: Coverage, customer: Customer, day: date) -> Iterator[tuple[str, str]]:
    zone = coverage.team.zone
    yield from ((ROLES["csm"], email) for email in distinct((customer.csm,)))
    yield from ((ROLES["backup"], email) for email in coverage.backups(customer))
    times = (moment(day, minute, zone) for minute in range(0, DAY, 60))
    on_call = distinct(email for now in times for email in coverage.on_call(now))
    yield from ((ROLES["on_call"], email) for email in on_call)
    yield from ((ROLES["lead"], email) for email in distinct((coverage.team.lead,)))


def _absent(coverage: Coverage, email: str, day: date) -> str:
    """Return why somebody is not there on a day, "" where they are for a part of it."""
    zone = coverage.zone_of(email)
    spans = coverage.spans(email, day) or ((0, DAY),)
    reason = ""
    for start, end in spans:
        now, last = moment(day, start, zone), moment(day, end, zone)
        while now < last:
            absence = coverage.absence(email, now)
            if absence is None:
                return ""
            now, reason = absence.end, coverage.away_text(email, now) or reason
    return reason


def gaps(found: Iterable[Hole]) -> list[tuple[Hole, date]]:
    """Return the first hole of each run of days of a customer, and the run's last day."""
    runs: list[tuple[Hole, date]] = []
    latest: dict[str, int] = {}
    for hole in found:
        index = latest.get(hole.customer)
        if index is not None and runs[index][1] + timedelta(days=1) == hole.day:
            runs[index] = (runs[index][0], hole.day)
        else:
            latest[hole.customer] = len(runs)
            runs.append((hole, hole.day))
    return runs

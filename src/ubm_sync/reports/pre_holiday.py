"""What must be paid before the team closes: bills due while nobody is there, and bills on hold.

Five business days before a closure its list is due (domain A38): by manager and customer, what is
due from its first day until the first business day after it, and what waits on hold until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from ubm_sync.calendars import (
    Closure,
    Coverage,
    business_days_before,
    closures_from,
    day_text,
)
from ubm_sync.model import Customer
from ubm_sync.ports import DueBill

LEAD_DAYS = 5  # business days before a closure
NOBODY = "no manager"
COLUMNS = (
    "closure", "csm", "csm_name", "customer", "customer_name", "account", "vendor", "number",
    "location", "due", "statement", "amount", "hold", "why",
)  # fmt: skip


class Timetable(NamedTuple):
    """Which lists are due on a day, and when the next one is."""

    day: date
    lists: tuple[Closure, ...]
    following: Closure | None
    following_on: date | None


class Section(NamedTuple):
    """One customer's part of a list: bills by due date, the largest first; () nothing is due."""

    customer: str
    customer_name: str
    csm: str
    csm_name: str
    bills: tuple[DueBill, ...]


class HolidayList(NamedTuple):
    """Everything to be paid before one closure, by manager and customer."""

    closure: Closure
    sections: tuple[Section, ...]


def timetable(coverage: Coverage, day: date) -> Timetable:
    """Return whose lists are due on ``day``: five business days before a closure, and during it."""
    lists: list[Closure] = []
    for closure in closures_from(coverage, day):
        due = business_days_before(coverage, closure.first, LEAD_DAYS)
        if due > day:
            return Timetable(day, tuple(lists), closure, due)
        lists.append(closure)
    return Timetable(day, tuple(lists), None, None)


def holiday_list(
    closure: Closure,
    customers: Iterable[Customer],
    due: Iterable[DueBill],
    held: Iterable[DueBill],
    name: Callable[[str, Customer], str],
) -> HolidayList:
    """Return the list of one closure.

    ``due`` are bills due from its first day until it opens again, ``held`` those on hold until
    then; a bill may be in both. Customers without any are in the list too: nothing is due. Bills
    of customers that are not configured (any more) come last.
    """
    by_customer: dict[str, dict[DueBill, None]] = {}
    for bill in (*due, *held):
        by_customer.setdefault(bill.customer, {})[bill] = None
    sections = [
        Section(
            one.key, one.name, one.csm, name(one.csm, one), _sorted(by_customer.pop(one.key, {}))
        )
        for one in sorted(customers, key=lambda one: (one.csm_name, one.csm, one.name, one.key))
    ]
    sections += [
        Section(key, key, "", NOBODY, _sorted(bills)) for key, bills in sorted(by_customer.items())
    ]
    return HolidayList(closure, tuple(sections))


def _sorted(bills: Iterable[DueBill]) -> tuple[DueBill, ...]:
    def order(one: DueBill) -> tuple[date, int, str, date]:
        amount = -(one.amount_cents or 0)
        return one.due or date.max, amount, one.account, one.statement or date.min

    return tuple(sorted(bills, key=order))


def why(bill: DueBill, closure: Closure) -> str:
    """Return why a bill is on the list, in plain words."""
    hold = "on hold" if bill.hold == "held" else ""
    if bill.due is None:
        return f"{hold}, nobody knows when it is due"
    if bill.due < closure.first:
        return f"{hold}, due before the closure"
    when = "due on the first day after it" if bill.due == closure.opens else "due while closed"
    return f"{hold}, {when}" if hold else when


def dollars(cents: int | None) -> str:
    """Return ``$1,204.11``, "" where the amount is not known."""
    return "" if cents is None else f"${cents / 100:,.2f}"


def total(bills: Sequence[DueBill]) -> str:
    """Return ``2 bills, $1,204.11``, with how many have no amount."""
    known = [one.amount_cents for one in bills if one.amount_cents is not None]
    text = f"{len(bills)} bill{'' if len(bills) == 1 else 's'}, {dollars(sum(known))}"
    unknown = len(bills) - len(known)
    return f"{text} and {unknown} of unknown amount" if unknown else text


def heading(one: HolidayList) -> str:
    """Return what a list is about."""
    closure = one.closure
    return (
        f"Before the closure {closure}: bills due from {day_text(closure.first)} to "
        f"{day_text(closure.opens)}, and bills on hold until then"
    )


def next_sentence(found: Timetable) -> str:
    """Return when the next list is due."""
    if found.following is None or found.following_on is None:
        return "No further closure is known."
    on = day_text(found.following_on)
    return f"The next list is due on {on}, before the closure {found.following}."


def rows(lists: Iterable[HolidayList]) -> list[dict[str, object]]:
    """Return every bill as a line of a table, with the columns of ``COLUMNS``."""
    return [
        _row(one.closure, part, bill)
        for one in lists
        for part in one.sections
        for bill in part.bills
    ]


def _row(closure: Closure, part: Section, bill: DueBill) -> dict[str, object]:
    return {
        "closure": f"{closure.first} to {closure.last}",
        "csm": part.csm,
        "csm_name": part.csm_name,
        "customer": part.customer,
        "customer_name": part.customer_name,
        "account": bill.account,
        "vendor": bill.vendor,
        "number": bill.number,
        "location": bill.location,
        "due": bill.due.isoformat() if bill.due else None,
        "statement": bill.statement.isoformat() if bill.statement else None,
        "amount": None if bill.amount_cents is None else f"{bill.amount_cents / 100:.2f}",
        "hold": bill.hold,
        "why": why(bill, closure),
    }


def document(found: Timetable, lists: Sequence[HolidayList], unknown: str) -> dict[str, Any]:
    """Return the report for programs; ``unknown`` says why no bill is known, "" where some are."""
    return {
        "day": found.day.isoformat(),
        "unknown": unknown,
        "lists": [
            {
                **_closure(one.closure),
                "customers": [
                    {
                        "customer": part.customer,
                        "csm": part.csm,
                        "bills": [_row(one.closure, part, bill) for bill in part.bills],
                    }
                    for part in one.sections
                ],
            }
            for one in lists
        ],
        "next": None
        if found.following is None or found.following_on is None
        else {**_closure(found.following), "list_on": found.following_on.isoformat()},
    }


def _closure(closure: Closure) -> dict[str, Any]:
    return {
        "first": closure.first.isoformat(),
        "last": closure.last.isoformat(),
        "opens": closure.opens.isoformat(),
        "holidays": list(closure.names),
    }

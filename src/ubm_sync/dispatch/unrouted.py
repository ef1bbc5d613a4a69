"""What came in and is not where it should be: must be nothing (domain A29)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ubm_sync.disconnection.values import Category
from ubm_sync.routing.case import Case
from ubm_sync.state import Errand, NoteState, Tx

SCOPE = "disconnections/unrouted"
LOOKED = "disconnections looked at"  # in ``meta``: when everything at the desk was last seen
_UNREADABLE = "ticket_unreadable"
_WHAT = {"note": "its note", "task": "its task", "joining": "the other ticket about it"}


class Unrouted(NamedTuple):
    """One thing that nobody was told of, or that nobody took."""

    what: str  # "Ticket 123 (Halsted Foods)"
    why: str
    since: datetime
    ticket: str
    case: str


def unrouted(tx: Tx, now: datetime, overdue: timedelta) -> list[Unrouted]:
    """Return everything that came in more than ``overdue`` ago and reached nobody.

    That is: a desk nobody looks at, what was not read, a case without an owner, one whose ticket
    does not show it, a note or task that did not arrive. An urgent case that everybody was told of
    and nobody acknowledged is one too: somebody must call.
    """
    limit = now - overdue
    found = [
        Unrouted(f"Ticket {one.ref}", "it was not read yet", one.arrived, one.ref, "")
        for one in tx.inquiries.unread(limit)
    ]
    found += [*_unseen(tx, limit)]
    cases = tx.disconnections.standing()
    waiting = _waiting(tx, cases)
    for case in cases:
        for why in _wrong(case, waiting.get(case.id, ()), limit, now):
            name = f"{case.name}, ticket {case.ticket or '(not opened yet)'}"
            found.append(Unrouted(name, why, case.arrived, case.ticket, case.id))
    return found


def _unseen(tx: Tx, limit: datetime) -> Iterator[Unrouted]:
    """Yield what may hide something: a desk that is not read, and a ticket that cannot be."""
    looked = tx.meta.get(LOOKED)
    if looked is not None and (at := datetime.fromisoformat(looked)) < limit:
        why = "it was not read since, and what came in meanwhile is not known"
        yield Unrouted("The help desk", why, at, "", "")
    for one in tx.problems.list():
        if one.code == _UNREADABLE and one.since < limit:
            ref = one.scope.rpartition("#")[2]
            yield Unrouted(f"Ticket {ref}", one.text.rstrip("."), one.since, ref, "")


def _waiting(tx: Tx, cases: list[Case]) -> dict[str, list[Errand]]:
    found: dict[str, list[Errand]] = {}
    for one in tx.errands.of_cases(case.id for case in cases):
        if one.state is not NoteState.SENT:
            found.setdefault(one.case_id, []).append(one)
    return found


def _wrong(
    case: Case, waiting: tuple[Errand, ...] | list[Errand], limit: datetime, now: datetime
) -> list[str]:
    found = []
    if case.outcome == "":
        if case.routed_at is None and case.held is None and case.arrived < limit:
            found.append("it was not routed yet" + (f" ({case.trouble})" if case.trouble else ""))
        elif case.routed_at is not None and not case.owner:
            found.append("nobody is named for it who can sign in")
        elif _exhausted(case, now):
            found.append("everybody was told and nobody acknowledged it")
    if case.routed_at is not None and case.due and case.trouble and case.routed_at < limit:
        found.append(f"its fields could not be set: {case.trouble}")
    for one in waiting:
        if one.at < limit and not _is_over(one, case):
            why = f" ({one.reason})" if one.reason else ""
            found.append(f"{_WHAT[one.kind]} did not arrive{why}")
    return found


def _is_over(errand: Errand, case: Case) -> bool:
    """Return whether something failed that was told anew since, to somebody else."""
    is_current = errand.key.startswith((f"{case.id}:{case.turn}:", f"{case.id}:joined:"))
    return errand.state is NoteState.FAILED and not is_current


def _exhausted(case: Case, now: datetime) -> bool:
    """Return whether there is nobody left to tell of an urgent case."""
    if case.category is not Category.URGENT or case.routed_at is None or case.wake_at is not None:
        return False
    last = max(one.at for one in case.told) if case.told else case.routed_at
    return now - last > timedelta(hours=1)

"""What a ticket tells of its case that the state does not know: it was restored from a backup."""

from __future__ import annotations

from datetime import datetime, timedelta

from ubm_sync.calendars.coverage import Coverage
from ubm_sync.calendars.local import parse_instant
from ubm_sync.desk import Ticket
from ubm_sync.model import Customer
from ubm_sync.routing import signals
from ubm_sync.routing.case import Case, Told

_SAME = timedelta(seconds=2)
_ROLES = ("owner", "backup", "lead", "director")


def adopt(case: Case, ticket: Ticket, customer: Customer, coverage: Coverage) -> bool:
    """Take over what the ticket's own fields say was done; return whether there was anything.

    Nobody is told again who was told before the state was restored, and nobody is told whom an
    acknowledgement since then made unnecessary. A ticket that says less than is known changes
    nothing.
    """
    values = ticket.values
    at = parse_instant(values.get("routed_at", ""))
    emails = [one for one in values.get("routed_to", "").split(", ") if one]
    if values.get("case") != case.name or at is None or not emails:
        return False
    level = _number(values.get("escalation_level", ""))
    if not _is_news(case, at, level):
        return False
    case.routed_at, case.owner = at, emails[0]
    case.role = "csm" if emails[0] == customer.csm.casefold() else "owner"
    first = level - len(emails) + 1  # the levels end with the highest
    case.told = tuple(
        Told(place and max(place, first + place), email, _role(case, place, first), at,
             coverage.name(email, customer))
        for place, email in enumerate(emails)
    )  # fmt: skip
    case.stage = case.stage or ticket.stage_name
    done = parse_instant(values.get("acknowledged_at", ""))
    if done is not None and done >= at:
        case.outcome, case.acknowledged_at = "acknowledged", done
    case.filed = {**case.filed, **_filed(ticket)}
    return True


def _is_news(case: Case, at: datetime, level: int) -> bool:
    filed = parse_instant(case.filed.get("routed_at", ""))
    known = max(filter(None, (case.routed_at, filed)), default=None)
    if known is None:
        return True
    if abs(at - known) < _SAME:  # a field holds less of a second than the state
        return case.routed_at is not None and level > case.level
    return at > known


def _role(case: Case, place: int, first: int) -> str:
    return _ROLES[min(max(place, first + place), len(_ROLES) - 1)] if place else case.role


def _filed(ticket: Ticket) -> dict[str, str]:
    found = dict(ticket.values)
    if ticket.owner:
        found[signals.OWNER] = ticket.owner
    if ticket.priority:
        found[signals.PRIORITY] = ticket.priority
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0

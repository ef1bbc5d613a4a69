"""What a ticket's own fields should say of its case, and what people put there stays."""

from __future__ import annotations

from ubm_sync.calendars.local import instant_text
from ubm_sync.desk import Dossier, Ticket
from ubm_sync.disconnection.values import Category
from ubm_sync.routing import signals
from ubm_sync.routing.case import Case

_RANKS = ("", "low", "medium", "high", "urgent")
_PRIORITIES = {Category.URGENT: "urgent", Category.POSSIBLE: "high"}


def values_for(case: Case, mine: Dossier) -> dict[str, str | None]:
    """Return what the ticket's own fields should say, where that differs from what was set.

    What somebody corrected in a field since stays: only what this service has to say anew is set.
    """
    ticket = mine.ticket
    values: dict[str, str | None] = {}
    wanted = facts(case)
    for name, value in wanted.items():
        if case.filed.get(name, "") != value and (value or name in case.filed):
            values[name] = value or None
    if _is_mine_to_own(case, mine):
        values[signals.OWNER] = case.owner
    type_ = ticket.values.get(signals.TYPE, "")
    if case.outcome != "no" and type_ != case.category and not _said(case, type_):
        values[signals.TYPE] = case.category.value
    want = _PRIORITIES.get(case.category, "medium" if not ticket.priority else "")
    lower = _rank(ticket.priority) < _rank(want)
    if want and lower and case.outcome == "" and not _is_priority_chosen(case, mine):
        values[signals.PRIORITY] = want
    return values


def move(case: Case, ticket: Ticket) -> None:
    """Let a case go on in another of its tickets, in the one its own was merged into, say.

    What stood in the first one's fields need not stand in those of this one: what it lacks is set.
    """
    if case.ticket == ticket.ref:
        return
    there = {**ticket.values, signals.OWNER: ticket.owner, signals.PRIORITY: ticket.priority}
    case.ticket, case.linked = ticket.ref, ()
    case.filed = {name: value for name, value in case.filed.items() if there.get(name)}


def _is_priority_chosen(case: Case, mine: Dossier) -> bool:
    """Return whether a person lowered it, or gave one of the portal's own that nobody can rank."""
    priority = mine.ticket.priority
    odd = bool(priority) and priority not in _RANKS
    return signals.chosen_priority(case, mine, ever=odd)


def _is_mine_to_own(case: Case, mine: Dossier) -> bool:
    """Return whether the ticket should get the case's owner: never over what a person chose."""
    ticket = mine.ticket
    if not case.owner or case.outcome == "no" or case.filed.get(signals.OWNER) == case.owner:
        return False
    if ticket.owner.casefold() == case.owner.casefold():
        return False
    return not (ticket.owner_active and signals.chosen_owner(mine))


def _said(case: Case, type_: str) -> bool:
    """Return whether the ticket's type was chosen by somebody else than this service."""
    return bool(type_) and type_ != case.filed.get(signals.TYPE) and _is_ours(type_) is False


def _is_ours(type_: str) -> bool:
    return type_ in {one.value for one in Category}


def facts(case: Case) -> dict[str, str]:
    """Return the fields that tell of a case; "" empties one."""
    routed = instant_text(case.routed_at) if case.routed_at is not None else ""
    taken = instant_text(case.acknowledged_at) if case.acknowledged_at is not None else ""
    accounts = [*case.ids, *case.numbers] if case.ids != case.numbers else list(case.numbers)
    return {
        "customer_key": case.customer,
        "confidence": f"{case.confidence:.2f}".rstrip("0").rstrip("."),
        "reason": " ".join(case.phrase.split())[:250],
        "accounts": "; ".join(dict.fromkeys(accounts)),
        "vendor_named": case.vendor,
        "deadline": case.deadline.isoformat() if case.deadline else "",
        "deadline_kind": "" if case.category is Category.CLOSE else case.deadline_kind.value,
        "pay_by": case.pay_by.isoformat() if case.pay_by else "",
        "state": "" if case.category is Category.CLOSE else case.state.value,
        "case": case.name,
        "routed_to": ", ".join(one.email for one in case.told),
        "routed_at": routed,
        "acknowledged_at": taken,
        "escalation_level": str(case.level) if routed else "",
        "off_channel": "true" if case.off_channel else "",
    }


def _rank(priority: str) -> int:
    return _RANKS.index(priority) if priority in _RANKS else 0

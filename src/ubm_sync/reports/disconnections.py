"""What is known of disconnections, for people who ask: cases, how they were read, what is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ubm_sync.dispatch.unrouted import unrouted
from ubm_sync.errors import NotThere
from ubm_sync.routing.case import TICKET, Case, plain
from ubm_sync.state import Errand, Inquiry, Tx

RECENT = timedelta(days=30)  # of cases that are over


def listed_cases(
    tx: Tx, now: datetime, *, everything: bool = False, customer: str | None = None
) -> list[Case]:
    """Return cases, the most urgent open ones first, then those in hand, then those that ended.

    Cases that ended are left out unless ``everything``, and then those of the last 30 days.
    """
    found = [one for one in tx.disconnections.all() if customer in {None, one.customer}]
    if everything:
        found = [one for one in found if one.is_open or now - one.arrived < RECENT]
    else:
        found = [one for one in found if one.outcome in {"", "acknowledged"}]
    order = {"": 0, "acknowledged": 1}
    return sorted(found, key=lambda one: (order.get(one.outcome, 2), one.urgency, one.id))


def story(tx: Tx, subject: str) -> dict[str, Any]:
    """Return everything about one case: how it was read, who was told, what was sent.

    ``subject`` is a case (``D-...`` or its whole id) or a ticket. Raises NotThere with what is
    known of a ticket that led to no case, or that nothing is.
    """
    case = _find(tx, subject)
    if case is None:
        raise NotThere(_not_there(tx, subject))
    entries = list(tx.audit.mentioning(case.id, 500))
    return {
        "case": plain(case),
        "read": [_inquiry(one) for one in tx.inquiries.of_cases([case.id])],
        "sent": [_errand(one) for one in tx.errands.of_cases([case.id])],
        "history": [
            {"at": one.at.isoformat(), "action": one.action, **_details(one.body)}
            for one in reversed(entries)
            if one.subject == case.id
        ],
    }


def unrouted_list(tx: Tx, now: datetime, overdue: timedelta) -> list[dict[str, Any]]:
    """Return what came in and reached nobody, for programs; must be empty."""
    return [
        {
            "what": one.what,
            "why": one.why,
            "since": one.since.isoformat(),
            "ticket": one.ticket,
            "case": one.case,
        }
        for one in unrouted(tx, now, overdue)
    ]


def standing(tx: Tx, now: datetime, overdue: timedelta) -> dict[str, Any]:
    """Return the counts that ``status`` shows."""
    cases = tx.disconnections.standing()
    open_ = [one for one in cases if one.is_open]
    oldest = min((one.arrived for one in open_), default=None)
    return {
        "open": len(open_),
        "held": sum(one.held is not None for one in open_),
        "acknowledged": len(cases) - len(open_),
        "unrouted": len(unrouted(tx, now, overdue)),
        "oldest_open": oldest.isoformat() if oldest is not None else None,
        "read_last_day": tx.inquiries.counts(now - timedelta(days=1)),
    }


def _find(tx: Tx, subject: str) -> Case | None:
    text = subject.strip()
    bare = text.removeprefix("#").removeprefix(TICKET)
    ids = [text, f"disconnection-{text.lower().removeprefix('d-')}"]
    ids += tx.disconnections.of_tickets([bare]).values()
    found = tx.disconnections.load(ids)
    return next(iter(found.values()), None)


def _not_there(tx: Tx, subject: str) -> str:
    bare = subject.strip().removeprefix("#").removeprefix(TICKET)
    known = tx.inquiries.load([TICKET + bare]).get(TICKET + bare)
    if known is not None:
        quoted = f' (it says "{known.phrase}")' if known.phrase else ""
        return f"Ticket {bare} led to no case: {known.reason}{quoted}."
    return (
        f'No case and no ticket "{subject}" is known; `ubm-sync disconnections list --all` shows '
        "the cases."
    )


def _inquiry(one: Inquiry) -> dict[str, Any]:
    return {
        "source": one.source,
        "arrived": one.arrived.isoformat(),
        "read": one.read_at.isoformat() if one.read_at is not None else None,
        "category": one.category,
        "confidence": one.confidence,
        "phrase": one.phrase,
        "reasons": list(one.found.get("reasons") or ()),
        "found": dict(one.found),
    }


def _errand(one: Errand) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "ticket": one.ref,
        "asked": one.at.isoformat(),
        "state": one.state.value,
        "done": one.done_at.isoformat() if one.done_at is not None else None,
        "reason": one.reason,
        "text": one.body.get("text") or one.body.get("subject") or "",
        "to": one.body.get("owner") or "",
    }


def _details(body: Mapping[str, Any] | Any) -> dict[str, str]:
    items: Iterable[tuple[str, Any]] = body.items() if isinstance(body, Mapping) else ()
    return {str(name): str(value) for name, value in items}

"""What new words on a ticket mean for its case: nothing, a correction, or everything anew."""

from __future__ import annotations

from datetime import date, timedelta

from ubm_sync.disconnection.values import Category, DeadlineKind, ServiceState
from ubm_sync.routing.case import Case
from ubm_sync.routing.decide import renew

_RANK = {Category.OTHER: 0, Category.CLOSE: 1, Category.POSSIBLE: 2, Category.URGENT: 3}
_FACTS = ("company", "customer", "vendor", "company_meant", "site", "vulnerable")


def update(case: Case, fresh: Case, days: int) -> bool:
    """Take what a later text of the same ticket says into ``case``; return whether it begins anew.

    ``fresh`` is what that text alone would be. It begins anew where it is more serious, where the
    service is off by now, where the day is an earlier one, where it is ``days`` later and so a
    second notice, and where somebody took it in hand before and it is urgent again. Anything else
    only fills in what was not known. A text about something else changes nothing.
    """
    news = _news(case, fresh, days)
    _fill(case, fresh)
    if news:
        _replace(case, fresh)
        renew(case, news)
    return bool(news)


def identify(case: Case, fresh: Case) -> None:
    """Take in whose notice it is, which nobody knew: the customer's manager is told anew.

    ``fresh`` is what all its texts are as that customer's. What somebody took in hand, or said of
    it, stays.
    """
    for name in ("customer", "company", "facts"):
        setattr(case, name, getattr(fresh, name))
    _fill(case, fresh)
    if fresh.category is case.category and fresh.deadline == case.deadline:
        case.pay_by = fresh.pay_by
    case.due = True
    if case.is_open and case.routed_at is not None:
        case.owner = ""  # whoever stood in for a manager nobody knew
        renew(case, "it is known now whose it is")


def _news(case: Case, fresh: Case, days: int) -> str:
    if fresh.category is Category.OTHER:
        return ""
    if _RANK[fresh.category] > _RANK[case.category]:
        return "the customer's new message is more serious"
    if case.outcome == "closed" and fresh.category is not Category.URGENT:
        return "another message came after the ticket was closed"
    if fresh.category is not Category.URGENT:
        return ""
    if fresh.is_off and not case.is_off:
        return "the service is off now" if _is_out(fresh) else "it is being shut off now"
    if case.outcome:
        return "another message about it came after it was taken in hand"
    return _other_day(case.deadline, fresh, days)


def _other_day(before: date | None, fresh: Case, days: int) -> str:
    after = fresh.deadline
    if after is None or fresh.deadline_kind is not DeadlineKind.STATED or after == before:
        return ""
    if before is None:
        return "the day of the shut-off is known now"
    if after < before:
        return "the shut-off is earlier than it was told before"
    return "a second notice, with a later day" if after - before > timedelta(days=days) else ""


def _is_out(case: Case) -> bool:
    return case.state is ServiceState.ALREADY_OFF


def _fill(case: Case, fresh: Case) -> None:
    for name in _FACTS:
        if not getattr(case, name):
            setattr(case, name, getattr(fresh, name))
    case.keys = _united(case.keys, fresh.keys)
    case.numbers = _united(case.numbers, fresh.numbers)
    case.ids = _united(case.ids, fresh.ids)
    case.facts = _united(case.facts, fresh.facts)


def _replace(case: Case, fresh: Case) -> None:
    case.category, case.confidence, case.phrase = fresh.category, fresh.confidence, fresh.phrase
    case.arrived = fresh.arrived
    if fresh.state is not ServiceState.UNKNOWN:
        case.state = fresh.state
    is_request = fresh.category is Category.CLOSE  # the day of a threat is none of it
    if fresh.deadline is not None or case.deadline is None or fresh.is_off or is_request:
        case.deadline, case.deadline_kind = fresh.deadline, fresh.deadline_kind
        case.pay_by = fresh.pay_by


def _united(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def absorb(case: Case, other: Case, ref: str) -> bool:
    """Take in another ticket about the same notice; return whether the case begins anew.

    It does where the other one says that it is worse: off by now, earlier, or certain. Otherwise
    nobody is told again.
    """
    case.others = _united(case.others, (ref,)) if ref and ref != case.ticket else case.others
    worse = other.is_off and not case.is_off
    earlier = (
        other.deadline is not None
        and other.deadline_kind is DeadlineKind.STATED
        and (case.deadline is None or other.deadline < case.deadline)
    )
    certain = _RANK[other.category] > _RANK[case.category]
    _fill(case, other)
    if worse or earlier or certain:
        _replace(case, other)
        what = "off" if worse else "earlier" if earlier else "a disconnection"
        renew(case, f"another ticket about it says that it is {what}")
    case.due = True
    return worse or earlier or certain

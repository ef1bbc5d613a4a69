"""Whether two notices are one: never two cases for one notice, never one for two (domain C.6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ubm_sync.disconnection.values import Category
from ubm_sync.routing.case import Case

_THREATS = frozenset({Category.URGENT, Category.POSSIBLE})


def twin(case: Case, known: Iterable[Case], days: int) -> Case | None:
    """Return the open case that ``case`` is about too; the oldest of several.

    The same customer, the same account and deadlines within ``days`` of each other are one notice;
    a later date is a new one. A number alone is no account: two utilities may give the same one
    (domain A, 0.5). Where neither names an account the utility and the site must agree.
    A notice of a customer that nobody knows is never taken for another's unless the account is the
    same. What was answered with "no", or closed, takes nothing in.
    """
    if case.category not in _THREATS:
        return None
    same = [
        one
        for one in known
        if one.id != case.id and one.category in _THREATS and one.outcome not in {"no", "closed"}
        if _one_account(case, one) and same_days(case, one, days)
    ]
    return min(same, key=lambda one: (one.arrived, one.id), default=None)


def _one_account(case: Case, other: Case) -> bool:
    if case.keys and other.keys:
        shared = set(case.keys) & set(other.keys)
        return bool(shared) and case.customer == other.customer and not _two(case, other)
    if case.keys or other.keys or not case.customer or case.customer != other.customer:
        return False
    agree = case.vendor and case.vendor == other.vendor
    return bool(agree and case.site and case.site == other.site)


def _two(case: Case, other: Case) -> bool:
    """Return whether one number is known to stand for the accounts of two utilities."""
    if case.ids and other.ids:
        return not set(case.ids) & set(other.ids)
    meant = {case.company_meant, other.company_meant} - {""}
    return len(meant) > 1


def same_days(case: Case, other: Case, days: int) -> bool:
    """Return whether two cases are about days within ``days`` of each other."""
    here, there = _day(case), _day(other)
    return abs(here - there) <= timedelta(days=days)


def _day(case: Case) -> date:
    """Return the day it is about: the deadline, or the day it came in."""
    return case.deadline or case.arrived.date()

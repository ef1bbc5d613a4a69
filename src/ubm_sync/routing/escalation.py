"""Who is told next of a case that nobody acknowledges, and when (domain C.6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ubm_sync.calendars.coverage import Active, Coverage
from ubm_sync.calendars.local import local
from ubm_sync.disconnection.values import Category, DeadlineKind
from ubm_sync.model import Customer
from ubm_sync.routing.case import Case, Told
from ubm_sync.routing.days import paying_days
from ubm_sync.routing.rules import RoutingRules

_FAR = timedelta(days=366)
DIRECTOR = 3
LEAD = 2  # the highest level of a case that may be none


class Ladder(NamedTuple):
    """What decides about the next level; ``active`` tells who can sign in."""

    customer: Customer
    coverage: Coverage
    rules: RoutingRules
    active: Active

    def next(self, case: Case, now: datetime) -> Told | None:
        """Return who is told next, and when; None where everybody was.

        Times count from when the case was routed, so that a service that was down tells at once
        whom it should have told meanwhile. Nobody is told twice, and a level without anybody is
        passed over.
        """
        if case.routed_at is None or case.category is Category.CLOSE:
            return None
        told = [one.email for one in case.told]
        highest = LEAD if case.category is Category.POSSIBLE else DIRECTOR
        for level in range(case.level + 1, highest + 1):
            one = self.coverage.rung(self.customer, now, level, told, self.active)
            if one is not None:
                return Told(level, one.email, one.role, self.due(case), one.name)
        return None

    def due(self, case: Case) -> datetime:
        """Return when the next level is told."""
        assert case.routed_at is not None  # noqa: S101 - asked only of routed ones
        rules = self.rules
        business = self.coverage.is_business_time(self.customer, case.routed_at)
        first = rules.first_wait if business else rules.first_wait_off
        waits = [first, rules.second_wait, rules.third_wait]
        if self.near(case):
            waits[0] = timedelta(0)  # the first level was told with the owner
        steps = sum(one.level > 0 for one in case.told)
        factor = 0.5 if case.is_off else 1.0
        if case.category is Category.POSSIBLE:
            factor *= rules.possible_factor
        return case.routed_at + sum(waits[: steps + 1], timedelta(0)) * factor

    def near(self, case: Case) -> bool:
        """Return whether there is so little time that the backup is told at once.

        A case without a date is treated as due today.
        """
        if case.category is not Category.URGENT or case.routed_at is None:
            return False
        if case.is_off or case.deadline is None or case.deadline_kind is DeadlineKind.UNKNOWN:
            return True
        today = local(case.routed_at, self.customer.zone).date()
        if case.deadline - today > _FAR:  # no need to count the days of thousands of years
            return False
        calendar = paying_days(self.customer, self.coverage)
        left = calendar.business_days_between(today, case.deadline)
        return left <= self.rules.near_days

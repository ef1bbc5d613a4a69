"""Business days: Monday to Friday without US federal holidays, state holidays and closures.

The federal list has no Black Friday and no 24 December: a company that is closed then says so in
its closures.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

from ubm_sync.model import Customer

_ONE_DAY = timedelta(days=1)
_WEEKEND = 5  # Saturday, as ``date.weekday`` counts


@lru_cache(maxsize=512)
def _holidays(year: int, states: tuple[str, ...]) -> frozenset[date]:
    """Return the days off of one year: federal ones, and those of each state in ``states``."""
    days: set[date] = set(country_holidays("US", years=year))
    for state in states:
        try:
            days.update(country_holidays("US", years=year, subdiv=state))
        except NotImplementedError:
            continue  # no such state in the list
    return frozenset(days)


def is_holiday(day: date, states: tuple[str, ...] = ()) -> bool:
    """Return whether ``day`` is a federal holiday, or one of the two-letter ``states``."""
    return day in _holidays(day.year, states)


@lru_cache(maxsize=4096)
def holiday_name(day: date, states: tuple[str, ...] = ()) -> str:
    """Return what a federal holiday, or one of the two-letter ``states``, is called; else ""."""
    found = country_holidays("US", years=day.year).get(day)
    for state in states:
        if found is None and is_holiday(day, (state,)):
            found = country_holidays("US", years=day.year, subdiv=state).get(day)
    return found or ""


class BusinessCalendar:
    """The business days of one customer.

    ``closures`` are extra days off; ``states`` are two-letter states whose holidays count besides
    the federal ones (an unknown state adds nothing).
    """

    def __init__(self, closures: Iterable[date] = (), states: Iterable[str] = ()) -> None:
        self._closures = frozenset(closures)
        self._states = tuple(sorted(set(states)))
        self._added: dict[tuple[date, int], date] = {}

    def is_business_day(self, day: date) -> bool:
        """Return whether people work on ``day``."""
        return (
            day.weekday() < _WEEKEND
            and day not in self._closures
            and day not in _holidays(day.year, self._states)
        )

    def next_business_day(self, day: date) -> date:
        """Return the first business day after ``day``."""
        return self.add_business_days(day, 1)

    def on_or_after(self, day: date) -> date:
        """Return ``day`` itself where it is a business day, else the next one."""
        return day if self.is_business_day(day) else self.next_business_day(day)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the business day ``count`` business days after ``day`` (before, if negative).

        ``count`` 0 returns ``day`` as it is. Fri 2026-11-20 plus 3 is Wed 2026-11-25.
        """
        key = (day, count)
        found = self._added.get(key)
        if found is None:
            found = self._walk(day, count)
            if len(self._added) > 4096:  # noqa: PLR2004 - a bound, so that a long run stays small
                self._added.clear()
            self._added[key] = found
        return found

    def business_days_between(self, start: date, end: date) -> int:
        """Return how many business days lie in ``(start, end]``; negative where end is earlier.

        It undoes ``add_business_days``: between a day and the same day plus 3 there are 3.
        """
        if end < start:
            return -self.business_days_between(end, start)
        count = 0
        day = start
        while day < end:
            day += _ONE_DAY
            count += self.is_business_day(day)
        return count

    def _walk(self, day: date, count: int) -> date:
        step = _ONE_DAY if count > 0 else -_ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day


@lru_cache(maxsize=4096)
def _calendar(closures: tuple[str, ...], states: tuple[str, ...]) -> BusinessCalendar:
    return BusinessCalendar((date.fromisoformat(day) for day in closures), states)


def calendar_of(customer: Customer) -> BusinessCalendar:
    """Return the calendar of a customer; the same object for the same closures and states."""
    return _calendar(customer.closures, customer.states)

"""Runs of days on which the team is closed, and how many business days are left before them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ubm_sync.calendars.business_days import holiday_name
from ubm_sync.calendars.local import day_text
from ubm_sync.calendars.presence import Presence

_ONE_DAY = timedelta(days=1)
_FURTHEST = 800  # days: a team without holidays of its own still has the federal ones
_LONGEST = 60  # days before which a closure that lasts was begun


class Closure(NamedTuple):
    """A run of days off that is more than a weekend; both days belong to it.

    ``opens`` is the first business day after it, ``names`` are those of its holidays.
    """

    first: date
    last: date
    opens: date
    names: tuple[str, ...]

    def __str__(self) -> str:
        """Return ``Thu Dec 24 to Sun Dec 27 (Christmas Day)``."""
        span = day_text(self.first)
        if self.last > self.first:
            span += f" to {day_text(self.last)}"
        return f"{span} ({', '.join(self.names)})" if self.names else span


def closures_from(presence: Presence, day: date) -> Iterator[Closure]:
    """Yield the closures that are not over on ``day``, soonest first, for about two years.

    A weekend is joined with the holidays and closures beside it; alone it is none.
    """
    end = day + timedelta(days=_FURTHEST)
    for _ in range(_LONGEST):  # one may have begun already
        if presence.is_business_day(day) or presence.is_business_day(day - _ONE_DAY):
            break
        day -= _ONE_DAY
    while day < end:
        if presence.is_business_day(day):
            day += _ONE_DAY
            continue
        first = day
        while not presence.is_business_day(day) and day < end:
            day += _ONE_DAY
        run = [first + timedelta(days=number) for number in range((day - first).days)]
        if any(presence.is_closed(one) and presence.team.hours[one.weekday()] for one in run):
            names = (holiday_name(one, presence.team.states) for one in run)
            yield Closure(first, run[-1], day, tuple(dict.fromkeys(filter(None, names))))


def business_days_before(presence: Presence, day: date, count: int) -> date:
    """Return the business day that is ``count`` business days before ``day``."""
    for _ in range(count):
        day = next(
            (
                day - timedelta(days=number)
                for number in range(1, _FURTHEST)
                if presence.is_business_day(day - timedelta(days=number))
            ),
            day - _ONE_DAY,
        )
    return day

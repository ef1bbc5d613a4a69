"""Who is there when: working hours, absences, closures, quiet windows, turns of being on call.

Instants are aware; all periods are half open. A person is named by e-mail, in any spelling of
capitals; somebody of whom nothing is known works the team's hours and is never away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ubm_sync.calendars.business_days import is_holiday
from ubm_sync.calendars.local import local, zone_of

Span: TypeAlias = tuple[int, int]  # minutes of a day: from, until
Hours: TypeAlias = tuple[tuple[Span, ...], ...]  # seven days, Monday first

DAY = 1440  # minutes
STANDARD: Hours = (*((((480, 1020),),) * 5), (), ())  # Monday to Friday, 08:00-17:00
_FURTHEST = 400  # days that are looked at for somebody's next working day
_ONE_DAY = timedelta(days=1)


class Period(NamedTuple):
    """From one instant to another: an absence, or a quiet window."""

    start: datetime
    end: datetime
    reason: str = ""

    def covers(self, now: datetime) -> bool:
        """Return whether ``now`` lies in it."""
        return self.start <= now < self.end


class Daily(NamedTuple):
    """A quiet window of each day, by the clock of ``zone``; over midnight where it ends earlier.

    ``first`` and ``last`` are the days on which it begins; None: any.
    """

    start: int  # minutes of the day
    end: int
    zone: str
    first: date | None = None
    last: date | None = None
    reason: str = ""

    def covers(self, now: datetime) -> bool:
        """Return whether ``now`` lies in it."""
        return self._began(now) is not None

    def until(self, now: datetime) -> datetime:
        """Return when the window that covers ``now`` ends."""
        began = self._began(now)
        day = local(now, self.zone).date() if began is None else began
        minute = self.end if self.end > self.start else self.end + DAY
        end = moment(day, minute, self.zone)
        return end if end > now else moment(day, minute, self.zone, fold=1)

    def _began(self, now: datetime) -> date | None:
        there = local(now, self.zone)
        minute, day = _minute(there), there.date()
        if self.start < self.end:
            return day if self.start <= minute < self.end and self._on(day) else None
        if minute >= self.start and self._on(day):
            return day
        before = day - _ONE_DAY
        return before if minute < self.end and self._on(before) else None

    def _on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Turn(NamedTuple):
    """Who is on call first for a while."""

    start: datetime
    end: datetime
    who: str  # e-mail


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team; what is empty is as the team has it.

    ``works`` are days on which this person works although the team does not.
    """

    email: str
    name: str = ""
    zone: str = ""
    hours: Hours | None = None
    absences: tuple[Period, ...] = ()
    backup: str = ""  # e-mail
    works: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Team:
    """Everything an admin says of the team.

    ``closures`` are days on which nobody works, besides the federal holidays and those of
    ``states``; ``opened`` are holidays on which the team works all the same. ``on_call``, ``lead``
    and ``director`` are e-mails.
    """

    zone: str = "America/Chicago"
    hours: Hours = STANDARD
    closures: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    states: tuple[str, ...] = ()
    quiet: tuple[Period | Daily, ...] = ()
    on_call: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    lead: str = ""
    director: str = ""
    people: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Presence:
    """Who of a team is there when."""

    team: Team = field(default_factory=Team)

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {folded(person.email): person for person in self.team.people}

    def person(self, email: str) -> Person:
        """Return what is known of somebody."""
        return self._people.get(folded(email)) or Person(email)

    def zone_of(self, email: str) -> str:
        """Return the name of the zone somebody works in."""
        return self.person(email).zone or self.team.zone

    def is_closed(self, day: date) -> bool:
        """Return whether the whole team is off on ``day``: a closure or a holiday, no weekend."""
        team = self.team
        if day in team.closures:
            return True
        return day not in team.opened and is_holiday(day, team.states)

    def is_business_day(self, day: date) -> bool:
        """Return whether the team works on ``day``."""
        return bool(self.team.hours[day.weekday()]) and not self.is_closed(day)

    def is_open(self, now: datetime) -> bool:
        """Return whether ``now`` is in the team's business hours."""
        there = local(now, self.team.zone)
        day = there.date()
        return not self.is_closed(day) and _within(self.team.hours[day.weekday()], there)

    def next_business_day(self, day: date) -> date:
        """Return the team's first business day after ``day``; a year later where there is none."""
        for days in range(1, _FURTHEST):
            if self.is_business_day(day + timedelta(days=days)):
                return day + timedelta(days=days)
        return day + timedelta(days=_FURTHEST)

    def spans(self, email: str, day: date) -> tuple[Span, ...]:
        """Return the hours somebody works on ``day``, whether away or not; () where off."""
        person = self.person(email)
        usual = (person.hours or self.team.hours)[day.weekday()]
        if day in person.works:
            return usual or next(filter(None, person.hours or self.team.hours), STANDARD[0])
        return () if self.is_closed(day) else usual

    def absence(self, email: str, now: datetime) -> Period | None:
        """Return the absence that keeps somebody away at ``now``; the longest of several."""
        found = [period for period in self.person(email).absences if period.covers(now)]
        return max(found, key=lambda period: period.end, default=None)

    def is_away(self, email: str, now: datetime) -> bool:
        """Return whether somebody is absent at ``now``; being off at night is no absence."""
        return self.absence(email, now) is not None

    def is_working(self, email: str, now: datetime) -> bool:
        """Return whether ``now`` is in somebody's working hours, and no absence or closure is."""
        return self._on_duty(email, now) and not self.is_away(email, now)

    def next_working(self, email: str, now: datetime, *, absences: bool = True) -> datetime | None:
        """Return the first instant from ``now`` on at which somebody works, in UTC.

        None where there is none in the next year. ``absences`` False leaves those out of account.
        """
        works: Callable[[str, datetime], bool] = self.is_working if absences else self._on_duty
        if works(email, now):
            return now
        zone = self.zone_of(email)
        backs = [period.end for period in self.person(email).absences if period.end > now]
        first = local(now, zone).date()
        for days in range(_FURTHEST):
            day = first + timedelta(days=days)
            starts = [moment(day, start, zone) for start, _ in self.spans(email, day)]
            returns = [back for back in backs if local(back, zone).date() == day]
            for instant in sorted({*starts, *returns}) if starts else ():
                if instant >= now and works(email, instant):
                    return instant.astimezone(UTC)
        return None

    def is_quiet(self, now: datetime) -> bool:
        """Return whether only what is urgent goes to a person at ``now`` (domain A39)."""
        return self._quiet(now) is not None

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when quiet is over, windows that follow each other joined; None: it is not."""
        if not self.is_quiet(now):
            return None
        instant = now
        for _ in range(_FURTHEST):  # two daily windows may leave no time between them
            window = self._quiet(instant)
            if window is None:
                break
            instant = _end(window, instant)
        return instant.astimezone(UTC)

    def quiet_reason(self, now: datetime) -> str:
        """Return why it is quiet at ``now``, "" where it is not or nobody said."""
        window = self._quiet(now)
        return window.reason if window else ""

    def on_call(self, now: datetime) -> tuple[str, ...]:
        """Return who is on call at ``now``, whoever has the turn first, each once."""
        turns = (turn.who for turn in self.team.turns if turn.start <= now < turn.end)
        return distinct((*turns, *self.team.on_call))

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Who may be asked when a manager and a backup cannot: on call, then lead, director."""
        team = self.team
        turns = (turn.who for turn in team.turns)
        return distinct((*team.on_call, *turns, team.lead, team.director))

    def _on_duty(self, email: str, now: datetime) -> bool:
        there = local(now, self.zone_of(email))
        return _within(self.spans(email, there.date()), there)

    def _quiet(self, now: datetime) -> Period | Daily | None:
        found = [window for window in self.team.quiet if window.covers(now)]
        return max(found, key=lambda window: _end(window, now), default=None)


def folded(email: str) -> str:
    """Return an e-mail as it is compared."""
    return email.strip().casefold()


def distinct(emails: Iterable[str]) -> tuple[str, ...]:
    """Return e-mails without empty and repeated ones, in order."""
    found: dict[str, str] = {}
    for email in emails:
        if email:
            found.setdefault(folded(email), email)
    return tuple(found.values())


def moment(day: date, minute: int, zone: str, *, fold: int = 0) -> datetime:
    """Return the instant at which clocks of ``zone`` show ``minute`` (1440: midnight after)."""
    clock = datetime.combine(day, time()) + timedelta(minutes=minute)
    return clock.replace(tzinfo=zone_of(zone), fold=fold).astimezone(UTC)


def clock(minute: int) -> str:
    """Return a minute of the day as ``08:00``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(there: datetime) -> int:
    return there.hour * 60 + there.minute


def _within(spans: tuple[Span, ...], there: datetime) -> bool:
    minute = _minute(there)
    return any(start <= minute < end for start, end in spans)


def _end(window: Period | Daily, now: datetime) -> datetime:
    return window.end if isinstance(window, Period) else window.until(now)

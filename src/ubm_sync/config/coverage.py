"""``config/coverage.yaml``: who works when, who stands in for whom, and when it is quiet.

The file may be missing, and so may every key: what is not there is as the service's own file and
those of the customers have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from ubm_sync.calendars import (
    AHEAD,
    Coverage,
    Daily,
    Period,
    Person,
    Team,
    Turn,
    day_text,
    gaps,
    holes,
    local,
)
from ubm_sync.calendars.presence import STANDARD, folded
from ubm_sync.config.kinds import Address, Day, State, Zone
from ubm_sync.config.service import Block, Service
from ubm_sync.config.times import DaySpan, Moment, Week, begin_of, end_of, hours_of, span_of
from ubm_sync.errors import Flaw
from ubm_sync.mapping import Located, load_yaml, validate
from ubm_sync.mapping.wording import Words
from ubm_sync.model import Customer

COVERAGE_FILE = "coverage.yaml"
_OLD = timedelta(days=366)  # a quiet window that was over for this long is left over


class Lasting(Block):
    """Something that lasts: both days belong to it; a time may be given as well."""

    start: Moment = Field(alias="from")
    """The first day, or a day and a time: 2026-12-24 12:00."""

    to: Moment
    """The last day, or a day and a time."""

    reason: Words | None = None
    """Why; shown to colleagues."""

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if end_of(self.to, "UTC") <= begin_of(self.start, "UTC"):
            raise ValueError(f'this ends ("{self.to}") before it begins ("{self.start}")')
        return self

    def period(self, zone: str) -> Period:
        """Return it by the clocks of ``zone``."""
        return Period(begin_of(self.start, zone), end_of(self.to, zone), self.reason or "")


class PersonBlock(Block):
    """Somebody of the team."""

    name: Words | None = None
    """As others read it in notes."""

    zone: Zone | None = None
    """Where this person works; the team's zone without it."""

    hours: Week | None = None
    """Working hours by day, mon-fri: "08:00-17:00"; a day that is not named is off."""

    absences: list[Lasting] = Field(default_factory=list)
    """When this person is away."""

    backup: Address | None = None
    """Who stands in where the customer has no backup, or that one is away as well."""

    works: list[Day] = Field(default_factory=list)
    """Days on which this person works although the team does not."""


class QuietBlock(Block):
    """A quiet window: only what is urgent goes to a person, and that to whoever is on call."""

    start: Moment | None = Field(default=None, alias="from")
    """The first day, or a day and a time."""

    to: Moment | None = None
    """The last day, or a day and a time."""

    daily: DaySpan | None = None
    """A time of each day instead, "18:00-07:00"; ``from`` and ``to`` are then days."""

    reason: Words | None = None
    """Why; shown to colleagues."""

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.daily is None and (self.start is None or self.to is None):
            raise ValueError("give `from` and `to`, or a `daily` time")
        if self.daily is not None and any(len(one) > 10 for one in filter(None, self._ends)):  # noqa: PLR2004 - a day alone
            raise ValueError("with a `daily` time, `from` and `to` are days without a time")
        if self.start and self.to and end_of(self.to, "UTC") <= begin_of(self.start, "UTC"):
            raise ValueError(f'this ends ("{self.to}") before it begins ("{self.start}")')
        return self

    @property
    def _ends(self) -> tuple[str | None, str | None]:
        return self.start, self.to

    def window(self, zone: str) -> Period | Daily:
        """Return it by the clocks of ``zone``."""
        reason = self.reason or ""
        if self.daily is not None:
            first, last = (date.fromisoformat(one) if one else None for one in self._ends)
            return Daily(*span_of(self.daily), zone, first, last, reason)
        return Period(begin_of(self.start or "", zone), end_of(self.to or "", zone), reason)


class TurnBlock(Lasting):
    """Who is on call first for a while."""

    who: Address
    """Who is asked first then."""


class OnCall(Block):
    """Who is called when nobody else is there."""

    order: list[Address] = Field(default_factory=list)
    """In this order, after whoever has the turn."""

    turns: list[TurnBlock] = Field(default_factory=list)
    """Whose turn it is to be asked first; no two at a time."""


class CoverageFile(Block):
    """The whole file."""

    zone: Zone | None = None
    """Of the times in this file; the service's zone without it."""

    hours: Week | None = None
    """The team's working hours by day; Monday to Friday 08:00-17:00 without them."""

    closures: list[Day] = Field(default_factory=list)
    """Days on which the whole team is off, besides the holidays."""

    states: list[State] = Field(default_factory=list)
    """States whose holidays the team keeps besides the federal ones."""

    open: list[Day] = Field(default_factory=list)
    """Holidays on which the team works all the same."""

    people: dict[Address, PersonBlock] = Field(default_factory=dict)
    """By e-mail."""

    on_call: OnCall | None = None
    """Who is called when nobody else is there."""

    lead: Address | None = None
    """The team lead, who is told after the backup."""

    director: Address | None = None
    """Who is told last."""

    quiet: list[QuietBlock] = Field(default_factory=list)
    """Windows in which only urgent work reaches a person."""

    def team(self, service: Service) -> Team:
        """Return the team; what the file does not say is as in the service's own file."""
        zone = self.zone or service.cadence.zone
        on_call = self.on_call or OnCall()
        usual = service.people
        return Team(
            zone=zone,
            hours=hours_of(self.hours) if self.hours is not None else STANDARD,
            closures=frozenset(map(date.fromisoformat, self.closures)),
            opened=frozenset(map(date.fromisoformat, self.open)),
            states=tuple(self.states),
            quiet=tuple(one.window(zone) for one in self.quiet),
            on_call=tuple(on_call.order or usual.on_call),
            turns=tuple(Turn(*one.period(zone)[:2], one.who) for one in on_call.turns),
            lead=self.lead or usual.lead or "",
            director=self.director or "",
            people=tuple(_person(email, one, zone) for email, one in self.people.items()),
        )


def _person(email: str, block: PersonBlock, zone: str) -> Person:
    return Person(
        email=email,
        name=block.name or "",
        zone=block.zone or "",
        hours=hours_of(block.hours) if block.hours is not None else None,
        absences=tuple(one.period(block.zone or zone) for one in block.absences),
        backup=block.backup or "",
        works=frozenset(map(date.fromisoformat, block.works)),
    )


def load_coverage(folder: Path | str, service: Service) -> tuple[Coverage, Located, list[Flaw]]:
    """Return who covers whom, the file it stands in, and every flaw.

    Raises ConfigError where the file cannot be read as what it should be.
    """
    path = Path(folder) / COVERAGE_FILE
    if not path.exists():
        return Coverage(CoverageFile().team(service)), Located(str(path), None), []
    located = load_yaml(path)
    file = validate(CoverageFile, located)
    coverage = Coverage(file.team(service))
    return coverage, located, [*_people(file, located), *_turns(coverage.team, located)]


def _people(file: CoverageFile, located: Located) -> list[Flaw]:
    flaws: list[Flaw] = []
    seen: dict[str, str] = {}
    for email, person in file.people.items():
        other = seen.setdefault(folded(email), email)
        if other != email:
            text = f'"{email}" is "{other}", who is above; keep one of the two'
            flaws.append(located.flaw(text, "people", email, key=True))
        if person.backup and folded(person.backup) == folded(email):
            text = "nobody is their own backup; name somebody else, or nobody"
            flaws.append(located.flaw(text, "people", email, "backup"))
    if file.hours is not None and not any(hours_of(file.hours)):
        text = "the team works on no day; give the hours of one, mon-fri: 08:00-17:00"
        flaws.append(located.flaw(text, "hours"))
    return flaws


def _turns(team: Team, located: Located) -> list[Flaw]:
    flaws: list[Flaw] = []
    turns = sorted(enumerate(team.turns), key=lambda item: item[1].start)
    for (_, one), (index, following) in pairwise(turns):
        if following.start < one.end:
            text = (
                f"this turn of {following.who} begins before the one of {one.who} is over; "
                "only one can be asked first"
            )
            flaws.append(located.flaw(text, "on_call", "turns", index))
    return flaws


def examine_coverage(
    coverage: Coverage, located: Located, customers: Sequence[Customer], now: datetime
) -> list[Flaw]:
    """Return what time makes wrong: days without anybody, and windows that are long over.

    It stops no service: only ``ubm-sync check`` asks.
    """
    flaws = [
        located.flaw("this quiet window was over more than a year ago; delete it", "quiet", index)
        for index, window in enumerate(coverage.team.quiet)
        if (end := _end(window)) is not None and now - end > _OLD
    ]
    today = local(now, coverage.team.zone).date()
    flaws += _holes(coverage, located, customers, today)
    return flaws


def _end(window: Period | Daily) -> datetime | None:
    if isinstance(window, Period):
        return window.end
    return None if window.last is None else end_of(window.last.isoformat(), window.zone)


def _holes(
    coverage: Coverage, located: Located, customers: Iterable[Customer], today: date
) -> list[Flaw]:
    everybody = {one.key: one for one in customers if not one.paused}
    flaws = []
    for hole, last in gaps(holes(coverage, everybody.values(), today, AHEAD)):
        more = f" (and every day until {day_text(last)})" if last > hole.day else ""
        spot = _absence(coverage, everybody[hole.customer], hole.day)
        flaws.append(located.flaw(hole.text + more, *spot))
    return flaws


def _absence(coverage: Coverage, customer: Customer, day: date) -> tuple[str | int, ...]:
    """Return where the manager's absence on a day stands in the file."""
    person = coverage.person(customer.csm)
    zone = coverage.zone_of(customer.csm)
    for index, period in enumerate(person.absences):
        if local(period.start, zone).date() <= day <= local(period.end, zone).date():
            return ("people", person.email, "absences", index)
    return ("people",)

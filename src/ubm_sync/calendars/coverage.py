"""Who is given a customer's work at an instant, and who is told when nobody answers.

The order is that of domain C.6: the manager where active, there and in working hours, else the
backup, else whoever is on call, else the lead, else the director; never nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from ubm_sync.calendars.local import clock_text, day_text, local
from ubm_sync.calendars.presence import DAY, Presence, clock, distinct, folded, moment
from ubm_sync.model import Customer

Role: TypeAlias = Literal["csm", "backup", "on_call", "lead", "director", "nobody"]
Active: TypeAlias = Callable[[str], bool]  # e-mail -> can be given work in the ticket system

ROLES: Mapping[Role, str] = {
    "csm": "account manager",
    "backup": "backup",
    "on_call": "on call",
    "lead": "team lead",
    "director": "director",
    "nobody": "nobody",
}
_NOBODY = frozenset[str]()
_LAST_RESORT: tuple[Role, ...] = ("on_call", "lead", "director", "backup", "csm")
_LAST_WAITING: tuple[Role, ...] = ("csm", "backup", "lead", "director", "on_call")
_LEVELS: Mapping[int, tuple[Role, ...]] = {
    1: ("backup", "on_call", "lead", "director"),
    2: ("lead", "on_call", "director"),
    3: ("director", "on_call", "lead"),
}
_OF_CUSTOMER: tuple[Role, ...] = ("csm", "backup")


class Step(NamedTuple):
    """One person who was considered; ``verdict`` says in plain words what came of it."""

    email: str  # "" where nobody is named for the role
    role: Role
    verdict: str


class Choice(NamedTuple):
    """Who is given the work, and how that came about; the e-mail of ``nobody`` is ""."""

    email: str
    name: str
    role: Role
    steps: tuple[Step, ...]


class Rung(NamedTuple):
    """Who is told at one level of escalation, 1 to 3."""

    level: int
    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Coverage(Presence):
    """Who stands in for whom. Pure: ``now`` and who is active are given with each question."""

    def chain(self, customer: Customer, now: datetime) -> tuple[tuple[Role, str], ...]:
        """Return who may be asked, in order; the e-mail is "" where nobody is named for a role.

        The named backup is the customer's, then the manager's own. Whoever has two roles is in
        the chain twice: other rules hold for being on call than for being a backup.
        """
        found: list[tuple[Role, str]] = [("csm", customer.csm)]
        found += [("backup", email) for email in self.backups(customer) or ("",)]
        found += [("on_call", email) for email in self.on_call(now) or ("",)]
        return (*found, ("lead", self.team.lead), ("director", self.team.director))

    def backups(self, customer: Customer) -> tuple[str, ...]:
        """Return a customer's backup and the manager's own one, where they are somebody else."""
        named = distinct((customer.backup, self.person(customer.csm).backup))
        return tuple(email for email in named if folded(email) != folded(customer.csm))

    def effective_owner(
        self,
        customer: Customer,
        now: datetime,
        *,
        urgent: bool,
        active: Active,
        skip: frozenset[str] = _NOBODY,
    ) -> Choice:
        """Return who is given a customer's work at ``now``, with the reasons (domain C.6).

        Urgent work goes to whoever is there; outside working hours and in quiet windows that is
        who is on call. Other work waits for the manager, also overnight, unless an absence lasts
        beyond the next working day. Nobody in ``skip`` is chosen. Where everybody is away or off,
        urgent work goes to the first active one on call, then lead, director, backup, manager;
        the role is ``nobody`` only where no one is active.
        """
        can = _asked_once(active)
        skipped = frozenset(map(folded, skip))
        steps: list[Step] = []
        for role, email in self.chain(customer, now):
            verdict = _unable(email, can, skipped) or (
                self._not_now(role, email, now) if urgent else self._not_soon(role, email, now)
            )
            if not verdict:
                steps.append(Step(email, role, f"chosen: {ROLES[role]}"))
                return Choice(email, self.name(email, customer), role, tuple(steps))
            steps.append(Step(email, role, verdict))
        order = _LAST_RESORT if urgent else _LAST_WAITING
        for patient in (False, True):
            for role, email in self._in_order(order, customer, now):
                away = self.away_text(email, now) if urgent else self._kept_out(email, now)
                if _unable(email, can, skipped) or (away and not patient):
                    continue
                why = f"{away}, but so is everybody" if away else "nobody is there at this hour"
                steps.append(Step(email, role, f"chosen all the same: {ROLES[role]} ({why})"))
                return Choice(email, self.name(email, customer), role, tuple(steps))
        steps.append(Step("", "nobody", "nobody of these can be given work; name somebody else"))
        return Choice("", "", "nobody", tuple(steps))

    def rung(
        self,
        customer: Customer,
        now: datetime,
        level: int,
        told: Iterable[str],
        active: Active,
    ) -> Rung | None:
        """Return who is told at one level, 1 to 3; None where everybody was told.

        Level 1 is the backup, 2 the lead, 3 the director (domain C.6), at any hour. Where that
        person was told already, cannot sign in or is away, somebody on call, the lead or the
        director takes the place; somebody who is away only where no one else is left.
        """
        can = _asked_once(active)
        known = frozenset(map(folded, told))
        left = [
            (role, email)
            for role, email in self._in_order(_LEVELS[level], customer, now)
            if not _unable(email, can, known)
        ]
        present = [one for one in left if not self.is_away(one[1], now)]
        for role, email in present or left:
            return Rung(level, email, self.name(email, customer), role)
        return None

    def ladder(
        self,
        customer: Customer,
        now: datetime,
        owner: str,
        active: Active,
        told: Iterable[str] = (),
        above: int = 0,
    ) -> tuple[Rung, ...]:
        """Return who is told at each level if ``owner`` (an e-mail) does not answer, each once.

        ``told`` were told already; ``above`` is the level reached so far. Without it a ladder that
        is asked for again would use up the lead in the place of the backup who was told.
        """
        rungs: list[Rung] = []
        known = [owner, *told]
        for level in (one for one in sorted(_LEVELS) if one > above):
            rung = self.rung(customer, now, level, known, active)
            if rung is not None:
                rungs.append(rung)
                known.append(rung.email)
        return tuple(rungs)

    def is_business_time(self, customer: Customer, now: datetime) -> bool:
        """Return whether the team is open, or the customer's manager or a backup works now."""
        people = (customer.csm, *self.backups(customer))
        return self.is_open(now) or any(self.is_working(one, now) for one in people if one)

    def name(self, email: str, customer: Customer | None = None) -> str:
        """Return what people call somebody; the e-mail where no name is known."""
        name = self.person(email).name
        if not name and customer is not None and folded(email) == folded(customer.csm):
            name = customer.csm_name
        return name or email

    def away_text(self, email: str, now: datetime) -> str:
        """Return ``away until Mon Dec 28 (vacation)``, "" where somebody is not absent.

        The day is the next one on which they work; on the day itself it is the time.
        """
        period = self.absence(email, now)
        if period is None:
            return ""
        zone = self.zone_of(email)
        back = self.next_working(email, now) or period.end
        today = local(back, zone).date() == local(now, zone).date()
        text = clock_text(back, zone, with_zone=True) if today else self._day(back, zone)
        return f"away until {text}{_because(period.reason)}"

    def _not_now(self, role: Role, email: str, now: datetime) -> str:
        """Return why urgent work does not go to somebody at this instant, "" where it does."""
        if away := self.away_text(email, now):
            return away
        if role == "on_call":
            return ""
        if role in _OF_CUSTOMER and self.is_quiet(now):
            return f"{self._quiet_text(now)}: only people on call are asked"
        return "" if self.is_working(email, now) else self._off_text(email, now)

    def _not_soon(self, role: Role, email: str, now: datetime) -> str:
        """Return why work that can wait does not go to somebody, "" where it does."""
        if role == "on_call" and self.is_quiet(now):
            return f"{self._quiet_text(now)}: on call for urgent work only"
        if role == "on_call" and not self.is_open(now):
            return "on call for urgent work only at this hour"
        return self._kept_out(email, now)

    def _kept_out(self, email: str, now: datetime) -> str:
        """Return how long an absence keeps somebody out beyond the next working day, or ""."""
        day = self.next_business_day(local(now, self.team.zone).date())
        minute = max((until for _, until in self.team.hours[day.weekday()]), default=DAY)
        end = moment(day, minute, self.team.zone)
        back = self.next_working(email, now)
        if back is not None and back <= end:
            return ""
        if back == self.next_working(email, now, absences=False):
            return ""  # it is not an absence that keeps them
        if self.is_away(email, now):
            return self.away_text(email, now)
        if back is None:
            return "away for more than a year"
        return f"away until {self._day(back, self.zone_of(email))}"

    def _in_order(
        self, order: tuple[Role, ...], customer: Customer, now: datetime
    ) -> list[tuple[Role, str]]:
        chain = self.chain(customer, now)
        return [one for wanted in order for one in chain if one[0] == wanted]

    def _off_text(self, email: str, now: datetime) -> str:
        zone = self.zone_of(email)
        there = local(now, zone)
        day = there.date()
        spans = self.spans(email, day)
        if spans:
            hours = ", ".join(f"{clock(start)}-{clock(end)}" for start, end in spans)
            return f"outside working hours ({hours} {clock_text(now, zone, with_zone=True)[6:]})"
        if self.is_closed(day):
            return f"outside working hours (the team is off on {day_text(day)})"
        return f"outside working hours (does not work on {day_text(day)})"

    def _quiet_text(self, now: datetime) -> str:
        zone = self.team.zone
        until = self.quiet_until(now) or now
        at = clock_text(until, zone, with_zone=True)
        return f"quiet until {self._day(until, zone)} {at}{_because(self.quiet_reason(now))}"

    @staticmethod
    def _day(instant: datetime, zone: str) -> str:
        return day_text(local(instant, zone).date())


def _unable(email: str, can: Active, skipped: frozenset[str]) -> str:
    """Return why somebody can be given no work at all, "" where they can."""
    if not email:
        return "nobody is named"
    if folded(email) in skipped:
        return "passed over: was asked already"
    return "" if can(email) else "cannot sign in any more"


def _asked_once(active: Active) -> Active:
    """Ask about each e-mail at most once: the answer may come from another system."""
    known: dict[str, bool] = {}

    def can(email: str) -> bool:
        key = folded(email)
        if key not in known:
            known[key] = active(email)
        return known[key]

    return can


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""

"""One onboarding while its delays are looked for: its facts, its stages, its calendar."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from ubm_sync.calendars import BusinessCalendar, clock_text, parse_instant, zone_of
from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.rules import Clock, CodeRule, DelayRules, StageRule
from ubm_sync.delays.timeline import Timeline
from ubm_sync.evidence import Evidence, Kind

_ONE_DAY = timedelta(days=1)
_DATE = len("2026-09-01")
_WEEKEND = 5  # Saturday, as ``date.weekday`` counts


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What is being onboarded: its ticket, the customer's zone and calendar, its ends.

    ``live`` is None while it is not done; ``over`` is when it was done or given up, None while it
    is under way. ``contracted`` is the number of accounts agreed on.
    """

    ticket: str
    customer: str
    zone: str
    calendar: BusinessCalendar
    started: datetime
    live: datetime | None = None
    contracted: int = 0
    over: datetime | None = None


class Stay(NamedTuple):
    """A time in one stage; ``left`` and ``over``, the fact that ended it, None while it lasts."""

    stage: str
    rule: StageRule
    entered: datetime
    left: datetime | None
    fact: Evidence
    over: Evidence | None

    def covers(self, instant: datetime) -> bool:
        """Return whether the ticket stood there at an instant."""
        return self.entered <= instant and (self.left is None or instant < self.left)


class Case:
    """An onboarding with its facts; lives for one look."""

    def __init__(
        self, onboarding: Onboarding, facts: Timeline, rules: DelayRules, now: datetime
    ) -> None:
        self.onboarding = onboarding
        self.facts = facts
        self.zone = zone_of(onboarding.zone)
        self.rules = rules
        self.now = now
        merged = {one.subject: one for one in reversed(facts.of(Kind.MERGED))}
        self.main = list(_stays(facts.of(Kind.STAGE), rules, merged))  # the ticket's own
        self.stays = [*self.main, *_merged_stays(facts.of(Kind.STAGE), rules, merged)]
        self._sent = facts.of(Kind.SENT)
        self.upcoming: list[datetime] = []  # when waits that go on become delays

    def rule(self, code: str) -> CodeRule:
        """Return the settings of a code."""
        return self.rules.codes[code]

    def day(self, instant: datetime) -> date:
        """Return the customer's own day of an instant."""
        return instant.astimezone(self.zone).date()

    def day_text(self, instant: datetime) -> str:
        """Return the customer's own day of an instant, as people read it: ``11/19``."""
        day = self.day(instant)
        return f"{day.month}/{day.day}"

    def moment_text(self, instant: datetime) -> str:
        """Return day and time of an instant, as people of this customer read it."""
        return f"{self.day_text(instant)} {clock_text(instant, self.onboarding.zone)}"

    def deadline(self, since: datetime, days: int) -> datetime:
        """Return the end of the business day ``days`` business days after ``since``."""
        return self.end_of_day(self.onboarding.calendar.add_business_days(self.day(since), days))

    def end_of_day(self, day: date) -> datetime:
        """Return the instant at which a business day is over for this customer."""
        return self._at(day, time(self.rules.day_ends))

    def begin_of_day(self, day: date) -> datetime:
        """Return the first instant of a day in the customer's zone."""
        return self._at(day, time())

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def fair_end(self, start: datetime, end: datetime | None) -> datetime | None:
        """Return when a wait for the client's answer ended, without their holidays before it.

        Nobody answers on a holiday: who answers on the first working day after one was late only
        until that holiday. A plain weekend is no holiday.
        """
        if end is None:
            return None
        calendar, day = self.onboarding.calendar, self.day(end) - _ONE_DAY
        holiday = None
        while not calendar.is_business_day(day):
            holiday = day if day.weekday() < _WEEKEND else holiday
            day -= _ONE_DAY
        return end if holiday is None else max(start, self.begin_of_day(holiday))

    def instant(self, text: str) -> datetime | None:
        """Return the instant a detail names, None where it names none; a day begins there."""
        found = parse_instant(text)
        if found is None or len(text) > _DATE:
            return found
        return self.begin_of_day(found.date())

    def messages(self) -> list[Evidence]:
        """Return what was asked and answered, oldest first: without what bounced and machines."""
        both = self.facts.of(Kind.SENT, Kind.RECEIVED)
        return [one for one in both if one.value not in {"bounced", "automatic"}]

    def notice_of(self, request: Evidence) -> Evidence | None:
        """Return the fact by which the client was told of a request: itself, in general.

        Where the mail that carried it came back, it is the next message that arrived; None where
        none did: then nobody was told.
        """
        near = self._mails(request)
        if not near or any(one.value != "bounced" for one in near):
            return request
        later = (one for one in self._sent if one.at > request.at and one.value != "bounced")
        return next(later, None)

    def mail_of(self, request: Evidence) -> Evidence | None:
        """Return the message that went out with a request, where one did: it shows the words."""
        near = [one for one in self._mails(request) if one.value != "bounced"]
        return min(near, key=lambda one: (abs(one.at - request.at), one.identity), default=None)

    def _mails(self, request: Evidence) -> list[Evidence]:
        """Return the messages shortly before and after a request: one of them carried it."""
        around = timedelta(minutes=self.rules.mail_minutes)
        first = bisect_left(self._sent, request.at - around, key=_at)
        last = bisect_right(self._sent, request.at + around, key=_at)
        return self._sent[first:last]

    def delay(
        self,
        code: str,
        start: datetime,
        end: datetime | None,
        trigger: Evidence,
        told: str,
        *,
        notice: Evidence | None = None,
        evidence: Iterable[Evidence | None] = (),
        subject: str = "",
        doubts: tuple[str, ...] = (),
    ) -> Iterator[Delay]:
        """Yield a delay if its code is used and it has begun and lasted; judge what it is worth."""
        rule = self.rule(code)
        if not rule.on or (end is not None and end <= start):
            return
        if start > self.now:
            self.upcoming.append(start)
            return
        if end is not None and end > self.now:  # known already, and not come yet
            self.upcoming.append(end)
            end = None
        given = (notice, trigger, *evidence)
        known = {one.identity: one for one in given if one is not None}.values()
        said = (one.details.get("doubt", "") for one in known)
        doubts = tuple(dict.fromkeys((*doubts, *filter(None, said))))
        status = Status.COUNTED
        if doubts:
            status = Status.REVIEW
        elif rule.party is Party.CLIENT and notice is None:
            status = Status.SUSPECTED
        yield Delay(
            code,
            rule.party,
            subject or trigger.subject,
            start,
            end,
            trigger,
            notice,
            tuple(sorted(known, key=lambda one: (one.at, one.identity))),
            told,
            status,
            doubts,
        )


def _at(fact: Evidence) -> datetime:
    return fact.at


def earliest(*instants: datetime | None) -> datetime | None:
    """Return the first of the instants that are known, None where none is."""
    known = [one for one in instants if one is not None]
    return min(known) if known else None


def _stays(
    facts: Iterable[Evidence], rules: DelayRules, merged: Mapping[str, Evidence]
) -> Iterator[Stay]:
    """Yield the stays of the ticket, without those of tickets that were merged into it."""
    yield from _walk([one for one in facts if one.record not in merged], rules, None)


def _merged_stays(
    facts: Iterable[Evidence], rules: DelayRules, merged: Mapping[str, Evidence]
) -> Iterator[Stay]:
    """Yield the stays of each ticket that was merged into this one, until it was."""
    tickets: dict[str, list[Evidence]] = {}
    for fact in facts:
        if fact.record in merged and fact.at < merged[fact.record].at:
            tickets.setdefault(fact.record, []).append(fact)
    for record, known in tickets.items():
        yield from _walk(known, rules, merged[record])


def _walk(facts: Sequence[Evidence], rules: DelayRules, end: Evidence | None) -> Iterator[Stay]:
    """Yield the times in each stage; a stage that is entered again while there goes on."""
    unknown = StageRule(Clock.NOBODY)
    moves: list[Evidence] = []
    for fact in facts:
        if not moves or moves[-1].value != fact.value:
            moves.append(fact)
    for number, fact in enumerate(moves):
        over = moves[number + 1] if number + 1 < len(moves) else end
        rule = rules.stages.get(fact.value, unknown)
        yield Stay(fact.value, rule, fact.at, None if over is None else over.at, fact, over)

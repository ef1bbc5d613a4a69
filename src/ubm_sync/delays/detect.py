"""From facts to delays: every rule is asked, and what the facts themselves leave open is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from ubm_sync.delays import answers, deliveries, others
from ubm_sync.delays.case import Case, Onboarding
from ubm_sync.delays.days import Days, Span, count_days
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.rules import Clock, DelayRules
from ubm_sync.delays.timeline import timeline
from ubm_sync.evidence import Evidence, Kind

VERSION = "1"  # of the rules; higher whenever the same facts may give other delays

_DETECTORS: tuple[Callable[[Case], Iterator[Delay]], ...] = (
    answers.kickoff,
    answers.rescheduled,
    deliveries.documents,
    deliveries.location_list,
    deliveries.credentials,
    answers.no_reply,
    deliveries.approval,
    deliveries.scope,
    answers.hold,
    others.portal,
    others.authorisation,
    others.bill,
    others.backlog,
    others.priority,
    others.rework,
)


@dataclass(frozen=True, slots=True)
class Found:
    """All delays of an onboarding, and what a person should look at in its facts.

    ``upcoming`` is when the first wait that goes on becomes a delay, None where none does.
    """

    onboarding: Onboarding
    delays: tuple[Delay, ...]
    doubts: tuple[str, ...]
    upcoming: datetime | None = None


def detect(
    onboarding: Onboarding, facts: Iterable[Evidence], rules: DelayRules, now: datetime
) -> Found:
    """Return the delays that the facts known at ``now`` show; the same facts, the same delays.

    Facts may come in any order and more than once; those dated after ``now`` are left out and
    said. Never raises for what people did.
    """
    given = list(facts)
    case = Case(onboarding, timeline(given, now), rules, now)
    live = _live(case)
    onboarding = replace(onboarding, live=live, over=live or _given_up(case))
    seen = (one for detector in _DETECTORS for one in detector(case))
    delays = {one.key: one for one in _until(onboarding.over, seen)}
    ordered = sorted(delays.values(), key=lambda one: (one.start, one.code, one.key))
    upcoming = min(case.upcoming, default=None)
    return Found(onboarding, tuple(ordered), tuple(_doubts(case, given)), upcoming)


def _until(over: datetime | None, delays: Iterable[Delay]) -> Iterator[Delay]:
    """Yield delays, none beyond the end of the onboarding: what goes on then ends with it."""
    for one in delays:
        if over is None or (one.end is not None and one.end <= over):
            yield one
        elif one.start < over:
            yield replace(one, end=over, told=f"{one.told}, until the onboarding was over")


def days_of(found: Found, rules: DelayRules, now: datetime) -> Days:
    """Return the days of an onboarding; only delays that count are in them."""
    onboarding = found.onboarding
    case = Case(onboarding, timeline((), now), rules, now)
    spans = [
        Span(one.key, one.code, one.party, case.day(one.start), _day(case, one.end))
        for one in found.delays
        if one.status is Status.COUNTED
    ]
    return count_days(
        spans,
        case.day(onboarding.started),
        case.day(onboarding.over or onboarding.live or now),
        onboarding.calendar,
        deduct_concurrent=rules.deduct_concurrent,
    )


def _day(case: Case, instant: datetime | None) -> date | None:
    return None if instant is None else case.day(instant)


def _live(case: Case) -> datetime | None:
    """Return when it went live: at the last time, where it was reopened."""
    if case.onboarding.live is not None or not case.main:
        return case.onboarding.live
    last = case.main[-1]
    return last.entered if last.rule.live else None


def _given_up(case: Case) -> datetime | None:
    """Return when it was given up: no more days are counted from then on."""
    last = case.main[-1] if case.main else None
    if last is None or last.stage not in case.rules.stages:
        return case.onboarding.over
    return last.entered if last.rule.clock is Clock.NOBODY else case.onboarding.over


def _doubts(case: Case, given: list[Evidence]) -> Iterator[str]:
    late = sum(1 for one in given if one.at > case.now)
    if late:
        yield f"{late} facts are dated in the future; is a clock wrong?"
    unknown = {stay.stage for stay in case.stays if stay.stage not in case.rules.stages}
    for stage in sorted(unknown):
        yield f'the stage "{stage}" is not known; the time in it is nobody\'s'
    if sum(1 for stay in case.main if stay.rule.live) > 1:
        yield "it was reopened after it went live; the last live date counts"
    yield from _merges(case)
    early = [one for one in case.facts.facts if one.at < case.onboarding.started]
    if any(one.kind is Kind.STAGE for one in early):
        yield "the ticket is older than the start of the onboarding; is the start right?"


def _merges(case: Case) -> Iterator[str]:
    """Yield what is to be said of tickets that were merged, and of those that took another's place.

    What was collected of a ticket stays known whether or not its system still tells it.
    """
    stages = {one.record for one in case.facts.of(Kind.STAGE)}
    merged = {one.subject: one for one in reversed(case.facts.of(Kind.MERGED))}
    for record, fact in merged.items():
        number = record.rpartition("/")[2]
        if record in stages:
            yield (
                f"ticket {number} was merged into it on {case.day(fact.at)}; "
                "the delays of both are counted together"
            )
        else:
            yield f"the history of ticket {number}, merged into it, cannot be read"
    others = len(stages - merged.keys())
    if others > 1:
        yield f"{others} tickets tell its stages; they are read as one that followed the other"

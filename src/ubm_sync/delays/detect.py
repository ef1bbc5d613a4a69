"""From facts to delays: every rule is asked, and what the facts themselves leave open is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from ubm_sync.delays import client, others
from ubm_sync.delays.case import Case, Onboarding
from ubm_sync.delays.days import Days, Span, count_days
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.rules import Clock, DelayRules
from ubm_sync.delays.timeline import timeline
from ubm_sync.evidence import Evidence, Kind

VERSION = "1"  # of the rules; higher whenever the same facts may give other delays

_DETECTORS: tuple[Callable[[Case], Iterator[Delay]], ...] = (
    client.kickoff,
    client.rescheduled,
    client.documents,
    client.location_list,
    client.credentials,
    client.no_reply,
    client.approval,
    client.scope,
    client.hold,
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
    delays = {one.key: one for detector in _DETECTORS for one in detector(case)}
    ordered = sorted(delays.values(), key=lambda one: (one.start, one.code, one.key))
    upcoming = min(case.upcoming, default=None)
    return Found(onboarding, tuple(ordered), tuple(_doubts(case, given)), upcoming)


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
    if case.onboarding.live is not None or not case.stays:
        return case.onboarding.live
    last = case.stays[-1]
    return last.entered if last.rule.live else None


def _given_up(case: Case) -> datetime | None:
    """Return when it was given up: no more days are counted from then on."""
    last = case.stays[-1] if case.stays else None
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
    if sum(1 for stay in case.stays if stay.rule.live) > 1:
        yield "it was reopened after it went live; the last live date counts"
    tickets = {one.record for one in case.facts.of(Kind.STAGE)}
    if len(tickets) > 1:
        yield f"{len(tickets)} tickets were merged; the stages of all of them are read together"
    gaps = (one.details.get("gap", "") for one in case.facts.of(Kind.STAGE))
    yield from dict.fromkeys(filter(None, gaps))
    early = [one for one in case.facts.facts if one.at < case.onboarding.started]
    if any(one.kind is Kind.STAGE for one in early):
        yield "the ticket is older than the start of the onboarding; is the start right?"

"""One look at an onboarding: what is known, what is to be written down, said and shown. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ubm_sync.delays import words
from ubm_sync.delays.case import Case, Onboarding
from ubm_sync.delays.days import Days
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.detect import Found, days_of, detect
from ubm_sync.delays.headline import FIELDS, headline
from ubm_sync.delays.ledger import Basis, Revision, delay_id, revise
from ubm_sync.delays.people import People
from ubm_sync.delays.rules import DelayRules
from ubm_sync.delays.timeline import timeline
from ubm_sync.evidence import Evidence

MOST_NOTES = 3  # of one look; more are one note, so that a first look does not flood a ticket
_ONE_DAY = timedelta(days=1)


class Told(NamedTuple):
    """A note to write: ``event`` makes it unique within its onboarding."""

    event: str
    text: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one look at an onboarding came to.

    ``found`` has the delays as they count now, disputes included. ``revisions`` are to be appended
    to the ledger. ``headline`` is what the ticket's fields should hold (None: empty). ``bound`` is
    what the words of people about single delays mean, to be remembered. ``wake_at``
    is when the same facts may amount to something else, None where they never do.
    """

    found: Found
    days: Days
    revisions: tuple[Revision, ...]
    headline: Mapping[str, str | None]
    notes: tuple[Told, ...]
    doubts: tuple[str, ...]
    wake_at: datetime | None
    bound: Mapping[str, tuple[str, ...]]


def assess(
    onboarding: Onboarding,
    facts: Iterable[Evidence],
    rules: DelayRules,
    now: datetime,
    *,
    known: Mapping[str, Revision],
    people: People,
    basis: Basis,
    other_rules: bool = False,
) -> Assessment:
    """Look at an onboarding; ``known`` is the last revision of each of its delays.

    The same facts, rules and words of people give no revision and no note the second time.
    ``other_rules``: the last look was under other settings. Never raises for what people did.
    """
    seen = detect(onboarding, facts, rules, now)
    calendar = Case(onboarding, timeline((), now), rules, now)
    disputed = people.of(onboarding.ticket, seen.delays, known, calendar.day)
    revisions = revise(
        known, onboarding.ticket, seen.delays, basis, now, disputes=disputed.delays,
        other_rules=other_rules,
    )  # fmt: skip
    found = _disputed(seen, frozenset(disputed.delays))
    days = days_of(found, rules, now)
    shown = headline(found, days, people.override)
    return Assessment(
        found,
        days,
        tuple(revisions),
        {name: shown.get(name) for name in FIELDS},
        tuple(_notes(found, days, revisions, known)),
        (*found.doubts, *people.doubts, *disputed.doubts, *_beyond(people, days)),
        _wake(found, rules, now),
        disputed.bound,
    )


def _beyond(people: People, days: Days) -> Iterator[str]:
    """Yield what is wrong with a manager's number: there are not so many days."""
    if people.override is not None and people.override.days > days.gross:
        yield f"the override is {people.override.days} days, of {days.gross} in all"


def _disputed(found: Found, disputed: frozenset[str]) -> Found:
    """Return what was found, with what is disputed counting for nothing."""
    ticket = found.onboarding.ticket
    delays = (
        replace(one, status=Status.DISPUTED)
        if one.status is Status.COUNTED and delay_id(ticket, one) in disputed
        else one
        for one in found.delays
    )
    return replace(found, delays=tuple(delays))


def _wake(found: Found, rules: DelayRules, now: datetime) -> datetime | None:
    """Return the next threshold or midnight of the customer: in between nothing can change."""
    if found.onboarding.over is not None:
        return None
    case = Case(found.onboarding, timeline((), now), rules, now)
    midnight = case.begin_of_day(case.day(now) + _ONE_DAY)
    return midnight if found.upcoming is None else min(midnight, found.upcoming)


def _notes(
    found: Found, days: Days, revisions: Iterable[Revision], known: Mapping[str, Revision]
) -> Iterator[Told]:
    """Yield a note for each delay that opened, closed or was taken back; of many, one for all."""
    delays = {delay_id(found.onboarding.ticket, one): one for one in found.delays}
    single, concerned = [], []
    for revision in revisions:
        delay = delays.get(revision.delay)
        told = _note(revision, known.get(revision.delay), delay, days)
        if told is None:
            continue
        single.append(told)
        if delay is not None:
            concerned.append((revision.event, delay))
    if len(single) <= MOST_NOTES:
        yield from single
        return
    name = hashlib.sha256(" ".join(one.event for one in single).encode()).hexdigest()[:16]
    yield Told(f"delays:{name}", words.summary(concerned, days, len(single) - len(concerned)))


def _note(
    revision: Revision, last: Revision | None, delay: Delay | None, days: Days
) -> Told | None:
    event = f"delay:{revision.delay}"
    if delay is None:
        return Told(f"{event}:void:{revision.number}", words.voided(revision.code, revision.why))
    span = days.spans.get(delay.key)
    if last is None or last.status is Status.VOID:
        again = f":{revision.number}" if last is not None else ""
        if delay.end is None:
            return Told(f"{event}:opened{again}", words.opened(delay, span, revision.event))
        text = words.found_later(delay, span, days, revision.event)
        return Told(f"{event}:closed{again}", text)
    if last.end is None and delay.end is not None:
        return Told(f"{event}:closed", words.closed(delay, span, days))
    return None

"""Waits for an answer, one after the other; and for many things of one sort, put together.

A hundred rows that are wrong at one time are one delay, not a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ubm_sync.delays.case import Case
from ubm_sync.delays.delay import Delay
from ubm_sync.evidence import Evidence


class Wait(NamedTuple):
    """One of them: ``end`` and ``over`` are None while it goes on."""

    start: datetime
    end: datetime | None
    since: Evidence
    over: Evidence | None


class Round(NamedTuple):
    """A request and its answer, None while there is none."""

    asked: Evidence
    answer: Evidence | None


def rounds(facts: Iterable[Evidence], asks: str, ends: frozenset[str]) -> Iterator[Round]:
    """Yield each request with what answered it; asking again does not begin the wait anew.

    What became void was not needed after all, so that it was never late.
    """
    asked: Evidence | None = None
    for fact in facts:
        if fact.value == asks:
            asked = asked or fact
        elif fact.value == "void":
            asked = None
        elif fact.value in ends and asked is not None:
            yield Round(asked, fact)
            asked = None
    if asked is not None:
        yield Round(asked, None)


def together(
    case: Case, code: str, waits: Iterable[Wait], subject: str, words: str, *, fair: bool = True
) -> Iterator[Delay]:
    """Yield waits that overlap or touch as one delay each; ``fair``: holidays at its end are off.

    A delay is named by the fact its first wait began with.
    """
    waits = list(waits)
    case.upcoming.extend(one.start for one in waits if one.start > case.now and one.end is None)
    begun = sorted(
        (
            one
            for one in waits
            if one.start <= case.now and (one.end is None or one.end > one.start)
        ),
        key=lambda one: (one.start, one.since.ref),
    )
    group: list[Wait] = []
    until = case.now
    for one in begun:
        if group and one.start > until:
            yield from _one(case, code, group, subject, words, fair=fair)
            group = []
        end = one.end or case.now
        until = max(until, end) if group else end
        group.append(one)
    if group:
        yield from _one(case, code, group, subject, words, fair=fair)


def _one(
    case: Case, code: str, group: list[Wait], subject: str, words: str, *, fair: bool
) -> Iterator[Delay]:
    first = group[0]
    ends = [wait.end for wait in group if wait.end is not None]
    end = max(ends) if len(ends) == len(group) else None
    facts = [fact for wait in group for fact in (wait.since, wait.over) if fact is not None]
    yield from case.delay(
        code,
        first.start,
        case.fair_end(first.start, end) if fair else end,
        first.since,
        f"{len(group)} {words} since {case.day_text(first.since.at)} at the earliest",
        notice=first.since,
        evidence=facts,
        subject=subject,
    )

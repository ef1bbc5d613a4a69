"""How many days of an onboarding were delayed, and by whom. Pure.

Everything is counted in whole days of the customer's own calendar, so that a day with 23 or 25
hours is one day. A delay covers the day on which it began and not the day on which it ended, as
``[start, end)``: two delays that touch share no day, one that ends on the day it began has none.

The timeline is cut wherever a delay begins or ends. Each slice belongs to one of four: to the
client alone, to the client and somebody else at once (concurrent), to others alone, or to nobody:
unexplained time is nobody's, never the client's. Days are the union of the intervals, not their
sum. Within the client's own slices the delay that began first gets the days, so that the days of
the single delays add up to the total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.delays.codes import RANK, Party


class Share(StrEnum):
    """Whose a slice of time is."""

    CLIENT = "client"  # the client's alone
    CONCURRENT = "concurrent"  # the client's and somebody else's at once
    OTHER = "other"  # the vendor's, ours, or both
    NOBODY = "unattributed"


class Span(NamedTuple):
    """One delay on the calendar: ``[start, end)``, ``end`` None while it is open."""

    key: str
    code: str
    party: Party
    start: date
    end: date | None


class SpanDays(NamedTuple):
    """What one delay amounts to.

    ``calendar`` and ``business`` days it lasted within the onboarding; ``counted`` of them are the
    client's alone and belong to this delay and to no other.
    """

    calendar: int
    business: int
    counted: int
    open: bool


class Slice(NamedTuple):
    """A stretch of time in which nothing begins or ends: ``[start, end)``, at least a day."""

    start: date
    end: date
    share: Share
    active: tuple[str, ...]  # keys of the delays, in order of precedence

    @property
    def days(self) -> int:
        """Its length in days."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one onboarding.

    ``gross`` = ``client_exclusive`` + ``concurrent`` + ``other`` + ``unattributed``.
    ``client_sum`` adds up the client's delays as if none overlapped another; it is shown beside
    ``client_union`` to say why it is not used. ``net`` is what is left once the client's days are
    taken off. ``by_code`` holds the counted days of the client's codes, ``by_party`` the union of
    each party's delays.
    """

    start: date
    end: date
    client_sum: int
    client_union: int
    client_exclusive: int
    concurrent: int
    other: int
    unattributed: int
    net: int
    spans: Mapping[str, SpanDays]
    slices: tuple[Slice, ...]
    by_code: Mapping[str, int]
    by_party: Mapping[Party, int]

    @property
    def gross(self) -> int:
        """All days of the onboarding."""
        return max(0, (self.end - self.start).days)


def count_days(
    spans: Iterable[Span],
    start: date,
    end: date,
    calendar: BusinessCalendar,
    *,
    deduct_concurrent: bool = False,
) -> Days:
    """Return the days of an onboarding that began on ``start`` and went live on ``end``.

    ``end`` is today where it is not live yet. Of a delay only what lies between the two counts; an
    open one lasts until ``end``. Concurrent days are shown and not taken off, unless
    ``deduct_concurrent``: time that was late for somebody else's reason too is the most disputed.
    Raises ValueError where two spans have one key.
    """
    given = sorted(spans, key=lambda one: (one.start, RANK.get(one.code, len(RANK)), one.key))
    parties = {one.key: one.party for one in given}
    if len(parties) < len(given):
        raise ValueError("Two delays have the same key.")
    clipped = {one.key: _clip(one, start, end) for one in given}
    slices = _slices(given, clipped, parties, start, end)
    total: Counter[Share] = Counter()
    counted: Counter[str] = Counter()
    by_party: Counter[Party] = Counter()
    for piece in slices:
        total[piece.share] += piece.days
        for party in {parties[key] for key in piece.active}:
            by_party[party] += piece.days
        if piece.share is Share.CLIENT:
            counted[piece.active[0]] += piece.days
    client_sum = sum(
        (clipped[one.key][1] - clipped[one.key][0]).days
        for one in given
        if one.party is Party.CLIENT
    )
    exclusive, concurrent = total[Share.CLIENT], total[Share.CONCURRENT]
    deducted = exclusive + (concurrent if deduct_concurrent else 0)
    return Days(
        start,
        max(start, end),
        client_sum,
        by_party[Party.CLIENT],
        exclusive,
        concurrent,
        total[Share.OTHER],
        total[Share.NOBODY],
        max(0, (end - start).days - deducted),
        {one.key: _span_days(one, clipped[one.key], counted, calendar) for one in given},
        tuple(slices),
        _by_code(given, counted),
        dict(by_party),
    )


def _clip(span: Span, start: date, end: date) -> tuple[date, date]:
    """Return the part of a delay that lies within the onboarding; an empty one where none does."""
    begun = max(span.start, start)
    ended = end if span.end is None else min(span.end, end)
    return begun, max(begun, ended)


def _slices(
    spans: Sequence[Span],
    clipped: Mapping[str, tuple[date, date]],
    parties: Mapping[str, Party],
    start: date,
    end: date,
) -> list[Slice]:
    """Sweep over the days at which something begins or ends; ``spans`` are in precedence."""
    if start >= end:
        return []
    begins: dict[date, list[int]] = {start: [], end: []}
    ends: dict[date, list[int]] = {}
    for number, span in enumerate(spans):
        begun, ended = clipped[span.key]
        if begun < ended:
            begins.setdefault(begun, []).append(number)
            ends.setdefault(ended, []).append(number)
    found = []
    current: set[int] = set()
    for begun, ended in pairwise(sorted(begins.keys() | ends.keys())):
        current.difference_update(ends.get(begun, ()))
        current.update(begins.get(begun, ()))
        active = [spans[number].key for number in sorted(current)]
        mine = [key for key in active if parties[key] is Party.CLIENT]
        others = [key for key in active if parties[key] is not Party.CLIENT]
        found.append(Slice(begun, ended, _share(mine, others), (*mine, *others)))
    return found


def _share(mine: Sequence[str], others: Sequence[str]) -> Share:
    if mine:
        return Share.CONCURRENT if others else Share.CLIENT
    return Share.OTHER if others else Share.NOBODY


def _span_days(
    span: Span, clipped: tuple[date, date], counted: Mapping[str, int], calendar: BusinessCalendar
) -> SpanDays:
    begun, ended = clipped
    business = _business_days(begun, ended, calendar)
    return SpanDays((ended - begun).days, business, counted.get(span.key, 0), span.end is None)


def _business_days(begun: date, ended: date, calendar: BusinessCalendar) -> int:
    """Return the business days in ``[begun, ended)``."""
    between = calendar.business_days_between(begun, ended)  # of (begun, ended]
    first, last = calendar.is_business_day(begun), calendar.is_business_day(ended)
    return between + first - last if begun < ended else 0


def _by_code(spans: Iterable[Span], counted: Mapping[str, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for span in spans:
        if span.party is Party.CLIENT:
            found[span.code] += counted.get(span.key, 0)
    return dict(sorted(found.items(), key=lambda item: RANK.get(item[0], len(RANK))))

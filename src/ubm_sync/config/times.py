"""Days, times and working hours as an admin writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from ubm_sync.calendars.presence import DAY, Hours, Span, moment
from ubm_sync.mapping import nearest

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFF = "off"
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{1,2}:[0-9]{2}))?")


def minute_of(text: str) -> int:
    """Return a time of day as minutes, ``24:00`` as 1440; raises ValueError."""
    found = _CLOCK.fullmatch(text.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY:
        raise ValueError(f'"{text.strip()}" is no time of day; write one like 08:00')
    return minute


def span_of(text: str) -> Span:
    """Return ``08:00-17:00`` as minutes; raises ValueError. The end may lie before the start."""
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f'"{text}" is no span of time; write one like 08:00-17:00')
    found = minute_of(start), minute_of(end)
    if found[0] == found[1]:
        raise ValueError(f'"{text}" begins when it ends; write one like 08:00-17:00')
    return found


def spans_of(text: str) -> tuple[Span, ...]:
    """Return the hours of one day, ``08:00-12:00, 13:00-17:00`` or ``off``; raises ValueError."""
    if text.strip().casefold() == OFF:
        return ()
    found = sorted(span_of(part.strip()) for part in text.split(","))
    for start, end in found:
        if end < start:
            raise ValueError(f'"{text}" ends before it begins; split a night shift at 24:00')
    for one, following in pairwise(found):
        if following[0] < one[1]:
            raise ValueError(f'"{text}" has hours that overlap; write each hour once')
    return tuple(found)


def weekdays_of(text: str) -> tuple[int, ...]:
    """Return the days that ``mon`` or ``mon-fri`` names, Monday 0; raises ValueError."""
    first, dash, last = text.strip().casefold().partition("-")
    for word in (first, last) if dash else (first,):
        if word not in WEEKDAYS:
            hint = nearest(word, WEEKDAYS) or "; write mon, tue, wed, thu, fri, sat, sun or mon-fri"
            raise ValueError(f'"{word}" is no day of the week{hint}')
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
    if end < start:
        raise ValueError(f'"{text}" runs backwards; name the earlier day first')
    return tuple(range(start, end + 1))


def hours_of(week: Mapping[str, str]) -> Hours:
    """Return the hours of a week; days that are not named are off, a single day beats a range."""
    found: list[tuple[Span, ...]] = [()] * 7
    for days, spans in sorted(week.items(), key=lambda item: -len(weekdays_of(item[0]))):
        for day in weekdays_of(days):
            found[day] = spans_of(spans)
    return tuple(found)


def _spans(value: str) -> str:
    spans_of(value)
    return value


def _weekdays(value: str) -> str:
    weekdays_of(value)
    return value


def _span(value: str) -> str:
    span_of(value)
    return value


def _moment(value: str) -> str:
    found = _MOMENT.fullmatch(value)
    try:
        if found:
            date.fromisoformat(found[1])
            minute_of(found[2] or "00:00")
            return value
    except ValueError:
        pass
    raise ValueError(
        f'"{value}" is neither a day nor a time; write it as 2026-12-24 or 2026-12-24 14:30'
    )


DaySpan: TypeAlias = Annotated[str, AfterValidator(_span)]
Moment: TypeAlias = Annotated[str, AfterValidator(_moment)]
Week: TypeAlias = dict[
    Annotated[str, AfterValidator(_weekdays)], Annotated[str, AfterValidator(_spans)]
]


def begin_of(text: str, zone: str) -> datetime:
    """Return the instant at which a Moment begins: a day at midnight in ``zone``."""
    day, minute = _parts(text)
    return moment(day, minute or 0, zone)


def end_of(text: str, zone: str) -> datetime:
    """Return the instant before which a Moment ends: a day is inclusive."""
    day, minute = _parts(text)
    return moment(day + timedelta(days=1), 0, zone) if minute is None else moment(day, minute, zone)


def _parts(text: str) -> tuple[date, int | None]:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is not a moment')
    return date.fromisoformat(found[1]), minute_of(found[2]) if found[2] else None

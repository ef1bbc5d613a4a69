"""Lengths of time: a 10-day notice, in 48 hours, within 3 business days, 10 days from 11/16."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.disconnection.calendar_words import words
from ubm_sync.disconnection.mentions import DayAt, Form, Mention, word_at
from ubm_sync.disconnection.numbers import number
from ubm_sync.disconnection.tokens import Token

_GLUED = re.compile(r"(\d{1,3})(h|hr|hrs|d)")
_MOST_DAYS = 400
_HOURS_IN_DAY = 24
_DAYS = words("day days dia dias jour jours")
_HOURS = words("hour hours hr hrs hora horas heures heure h")
_BUSINESS = words("business working habiles")
_OTHER_KINDS = words("calendar more short")
_STARTING = words("from after de")
_BEFORE_SPAN = words(
    "in within en dentro dans only have next about de the under sous less another gives give allow"
)
_AFTER_SPAN = words("left from to or until before remaining otherwise away")
_NOTICES = words(
    "notice notices letter warning tag aviso slip disconnect final disconnection shut shutoff ltr "
    "notification avis cut termination one"
)
_BEFORE_DE = words("aviso avis notificacion notice")
_SAYING = words("says gives allows dice reads")
_PAST = words("last past")


class _Length(NamedTuple):
    days: int
    end: int
    business: bool


def length_or_span(
    tokens: Sequence[Token], index: int, today: date, day_at: DayAt
) -> Mention | None:
    """Return the length or the end of a span that begins at a word, None where none does.

    ``day_at`` reads the day that a span is counted from.
    """
    length = _length(tokens, index)
    if length is None or length.days > _MOST_DAYS:
        return None
    days, end, _ = length
    if word_at(tokens, end) in _STARTING and end + 1 < len(tokens):
        start = day_at(tokens, end + 1, today)
        if start is not None and start.form is Form.DATE:
            return Mention(index, start.end, Form.SPAN, start.day + timedelta(days=days), days)
    if _of_notice(tokens, index, end):
        return Mention(index, end, Form.LENGTH, today, days)
    if _counts_from_now(tokens, index, end):
        return Mention(index, end, Form.SPAN, _after(today, length), days)
    return None


def _length(tokens: Sequence[Token], index: int) -> _Length | None:
    glued = _GLUED.fullmatch(tokens[index].text)
    if glued:
        return _Length(_days(int(glued[1]), glued[2][0]), index + 1, business=False)
    count, at = number(tokens, index)
    business = word_at(tokens, at) in _BUSINESS
    if business or word_at(tokens, at) in _OTHER_KINDS:
        at += 1
    unit = word_at(tokens, at)
    if count < 0 or (unit not in _DAYS and unit not in _HOURS):
        return None
    business = business or word_at(tokens, at + 1) in _BUSINESS
    return _Length(_days(count, "d" if unit in _DAYS else "h"), at + 1, business)


def _days(count: int, unit: str) -> int:
    return count if unit == "d" else -(-count // _HOURS_IN_DAY)


def _after(today: date, length: _Length) -> date:
    if length.business:
        return BusinessCalendar().add_business_days(today, length.days)
    return today + timedelta(days=length.days)


def _of_notice(tokens: Sequence[Token], start: int, end: int) -> bool:
    if word_at(tokens, end) in _NOTICES or word_at(tokens, end + 1) in _NOTICES:
        return True
    before = word_at(tokens, start - 1)
    if before in _SAYING:
        return True
    return before == "de" and word_at(tokens, start - 2) in _BEFORE_DE


def _counts_from_now(tokens: Sequence[Token], start: int, end: int) -> bool:
    before = word_at(tokens, start - 1), word_at(tokens, start - 2)
    following = word_at(tokens, end)
    if before[0] in _PAST or following == "ago" or before == ("the", "for"):
        return False
    return before[0] in _BEFORE_SPAN or before[1] in _BEFORE_SPAN or following in _AFTER_SPAN

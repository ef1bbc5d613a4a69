"""Days named in a text, in words and figures, as people in the US write them.

Everything is read from folded words, so that a date costs no more than the words it is made of.
A day without a year is the one nearest to the day of receipt; "Monday" is the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from ubm_sync.disconnection.calendar_words import COUNTS, MONTHS, NTH, TENS, WEEKDAYS, words
from ubm_sync.disconnection.mentions import Form, Mention, word_at
from ubm_sync.disconnection.numbers import day_number
from ubm_sync.disconnection.relative_days import black_friday, named_day
from ubm_sync.disconnection.spans import length_or_span
from ubm_sync.disconnection.tokens import Token

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
_YEAR = re.compile(r"20\d\d")
_MISREAD = str.maketrans("ol|", "011")
_BACK = timedelta(days=150)  # as far as a date without a year may lie in the past
_LONG_PAST, _SOON = timedelta(days=60), timedelta(days=90)
_MONTHS_IN_YEAR = 12
_OF = words("of de del")
_BETWEEN_DAY_AND_YEAR = words(", de del of")
_BEFORE_ORDINAL = words("the by on until el")
_NO_DAY_AFTER_ORDINAL = words(
    "notice time floor and street st ave avenue quarter one party shutoff shut letter disconnect "
    "page request warning bill invoice"
)
_NOT_A_WEEKDAY_BEFORE = words("valley power on down")
_AMBIGUOUS_WEEKDAYS = words("sun sat mar wed")


def mentions(tokens: Sequence[Token], today: date) -> list[Mention]:
    """Return the days that a sentence names; ``today`` is the local day of receipt."""
    found: list[Mention] = []
    index = 0
    while index < len(tokens):
        here = day_at(tokens, index, today)
        if here is None:
            index += 1
            continue
        if found and _same_day(found[-1], here, tokens):
            found.pop()
        found.append(here)
        index = here.end
    return found


def _same_day(weekday: Mention, day: Mention, tokens: Sequence[Token]) -> bool:
    """Return whether "Monday, November 30" is one day."""
    if weekday.form is not Form.WEEKDAY or day.form is not Form.DATE:
        return False
    return {tokens[n].text for n in range(weekday.end, day.start)} <= {",", "the", "."}


def day_at(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    """Return the day whose name begins at a word, None where none does."""
    text = tokens[index].text.removesuffix("'s")
    if text[:1].isdigit():
        return (
            _in_figures(tokens, index, today)
            or length_or_span(tokens, index, today, day_at)
            or _day_first(tokens, index, today)
        )
    if text in MONTHS:
        return _month_first(tokens, index, today) or _day_first(tokens, index, today)
    if text in WEEKDAYS:
        return _weekday(tokens, index, today)
    if text in NTH or text in COUNTS or text in TENS:
        return length_or_span(tokens, index, today, day_at) or _day_first(tokens, index, today)
    return named_day(tokens, index, today)


def _in_figures(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    text = tokens[index].text.translate(_MISREAD).rstrip(".,:-")
    match = _ISO.fullmatch(text)
    if match:
        return _made(index, index + 1, int(match[1]), int(match[2]), int(match[3]))
    match = _FIGURES.fullmatch(text)
    if not match or (match[2] != "/" and not match[4]):
        return None
    month, day = int(match[1]), int(match[3])
    if month > _MONTHS_IN_YEAR >= day:
        month, day = day, month
    if not match[4]:
        return _nearest(index, index + 1, month, day, today)
    year = int(match[4]) + (0 if len(match[4]) == 4 else 2000)  # noqa: PLR2004 - as written
    found = _made(index, index + 1, year, month, day)
    turned = _made(index, index + 1, year, day, month)
    if found and turned and found.day < today - _LONG_PAST and today <= turned.day <= today + _SOON:
        return turned  # written day first: else it is long past, so it is soon
    return found


def _month_first(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    month, at = MONTHS[tokens[index].text.removesuffix("'s")], index + 1
    while word_at(tokens, at) in {".", "the", "el"}:
        at += 1
    day, end, _ = day_number(tokens, at)
    return _with_year(tokens, index, end, month, day, today) if day else None


def _day_first(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    day, end, ordinal = day_number(tokens, index)
    if not day:
        return None
    at = end
    while word_at(tokens, at) in _OF:
        at += 1
    if month := MONTHS.get(word_at(tokens, at), 0):
        end = at + 1
        if word_at(tokens, end) == "." and _YEAR.fullmatch(word_at(tokens, end + 1)):
            end += 1
        return _with_year(tokens, index, end, month, day, today)
    before, following = word_at(tokens, index - 1), word_at(tokens, end)
    if following in _NO_DAY_AFTER_ORDINAL:
        return None
    if ordinal and (before in _BEFORE_ORDINAL or before in WEEKDAYS):
        return _day_of_month(index, end, day, today)
    if before == "dia" or (before == "el" and tokens[index].text.isdigit() and day > 1):
        return _day_of_month(index, end, day, today)
    return None


def _with_year(
    tokens: Sequence[Token], start: int, end: int, month: int, day: int, today: date
) -> Mention | None:
    at = end
    while word_at(tokens, at) in _BETWEEN_DAY_AND_YEAR:
        at += 1
    year = word_at(tokens, at).translate(_MISREAD)
    if _YEAR.fullmatch(year):
        return _made(start, at + 1, int(year), month, day)
    return _nearest(start, end, month, day, today)


def _made(start: int, end: int, year: int, month: int, day: int) -> Mention | None:
    try:
        return Mention(start, end, Form.DATE, date(year, month, day))
    except ValueError:
        return None


def _nearest(start: int, end: int, month: int, day: int, today: date) -> Mention | None:
    found = _made(start, end, today.year, month, day)
    if found and found.day >= today - _BACK:
        return found
    return _made(start, end, today.year + 1, month, day)


def _day_of_month(start: int, end: int, day: int, today: date) -> Mention | None:
    for ahead in range(3):
        year, month = divmod(today.month - 1 + ahead, _MONTHS_IN_YEAR)
        found = _made(start, end, today.year + year, month + 1, day)
        if found and found.day >= today:
            return found
    return None


def _weekday(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    text = tokens[index].text.removesuffix("'s")
    if text in _AMBIGUOUS_WEEKDAYS and word_at(tokens, index + 1) in _NOT_A_WEEKDAY_BEFORE:
        return None
    if text == "friday" and word_at(tokens, index - 1) == "black":
        return Mention(index - 1, index + 1, Form.DATE, black_friday(today))
    ahead = (WEEKDAYS[text] - today.weekday()) % 7 or 7
    return Mention(index, index + 1, Form.WEEKDAY, today + timedelta(days=ahead))

"""Days by their relation to the day of receipt or by the name of a holiday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ubm_sync.disconnection.calendar_words import WEEKDAYS, words
from ubm_sync.disconnection.mentions import Form, Mention, word_at
from ubm_sync.disconnection.tokens import Token

_TODAY = words("today tonight hoy eod cob tonite aujourd'hui")
_END_OF_DAY = words("eod cob")
_TOMORROW = words(
    "tomorrow tmrw tmw tomorow demain manana 2morrow 2moro tomoro tmr tommorow tommorrow"
)
_MORNING_IN_SPANISH = words("la esta por")  # "por la manana" is in the morning
_YESTERDAY = words("yesterday ayer hier")
_PARTS_OF_TODAY = words("afternoon evening tarde noche am pm")
_FIRST_WORDS = (
    _TODAY | _TOMORROW | _YESTERDAY | words("this esta next end fin thanksgiving christmas xmas")
)
_FRIDAY, _THURSDAY = 4, 3
_NOVEMBER, _DECEMBER = 11, 12


def named_day(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    """Return the day whose name begins at a word, None where none does."""
    text = tokens[index].text.removesuffix("'s")
    if text not in _FIRST_WORDS:
        return None
    before, following = word_at(tokens, index - 1), word_at(tokens, index + 1)
    after_next = word_at(tokens, index + 2)
    if text in _END_OF_DAY and (following in WEEKDAYS or after_next in WEEKDAYS):
        return None
    if text in _TODAY:
        return Mention(index, index + 1, Form.RELATIVE, today)
    if text in _TOMORROW and before not in _MORNING_IN_SPANISH:
        ahead = 2 if before in {"pasado", "after"} else 1
        return Mention(index, index + 1, Form.RELATIVE, today + timedelta(days=ahead))
    if text in _YESTERDAY:
        return Mention(index, index + 1, Form.PAST, today - timedelta(days=1))
    if text in {"this", "esta"} and following in _PARTS_OF_TODAY:
        return Mention(index, index + 2, Form.RELATIVE, today)
    if text == "next" and following == "week":
        monday = today + timedelta(days=7 - today.weekday())
        return Mention(index, index + 2, Form.RELATIVE, monday)
    return _end_of(tokens, index, today) or _holiday(text, before, following, index, today)


def _end_of(tokens: Sequence[Token], index: int, today: date) -> Mention | None:
    """Return the end of the week or of the month: "end of the month", "a fin de mes"."""
    if word_at(tokens, index) not in {"end", "fin"}:
        return None
    at = index + 1
    while word_at(tokens, at) in {"of", "de", "du", "the", "this"}:
        at += 1
    unit = word_at(tokens, at)
    if unit in {"week", "semana"}:
        friday = today + timedelta(days=(_FRIDAY - today.weekday()) % 7)
        return Mention(index, at + 1, Form.RELATIVE, friday)
    if unit in {"month", "mes", "mois"}:
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        return Mention(index, at + 1, Form.RELATIVE, first - timedelta(days=1))
    return None


def _holiday(text: str, before: str, following: str, index: int, today: date) -> Mention | None:
    if text == "thanksgiving":
        day = _thanksgiving(today) - timedelta(days=before == "before")
        return Mention(index, index + 1, Form.DATE, day)
    if text in {"christmas", "xmas"}:
        eve = following == "eve"
        day = date(today.year, _DECEMBER, 24 if eve else 25)
        return Mention(index, index + 1 + eve, Form.DATE, day)
    return None


def black_friday(today: date) -> date:
    """Return the next day after Thanksgiving."""
    return _thanksgiving(today) + timedelta(days=1)


def _thanksgiving(today: date) -> date:
    """Return this year's Thanksgiving, next year's where it is over."""
    day = _fourth_thursday(today.year)
    return day if day >= today - timedelta(days=1) else _fourth_thursday(today.year + 1)


def _fourth_thursday(year: int) -> date:
    first = date(year, _NOVEMBER, 1)
    return first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)

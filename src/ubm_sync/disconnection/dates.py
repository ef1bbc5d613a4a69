"""Days named in a text, in words and figures, as people in the US write them.

Everything is read from folded words, so that a date costs no more than the words it is made of.
A day without a year is the one nearest to the day of receipt; "Monday" is the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.disconnection.tokens import Token

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
_YEAR = re.compile(r"20\d\d")
_DAY = re.compile(r"(\d{1,2})(st|nd|rd|th|er)?")
_SPAN = re.compile(r"(\d{1,3})(h|hr|hrs|d)")
_DIGITS_MISREAD = str.maketrans("ol|", "011")
_BACK = 150  # days by which a date without a year may lie in the past
_LAST_HOUR_DAY = 24
_MOST_DAYS = 400
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january enero ene janvier janv", "feb february febrero fevrier fev",
            "mar march marzo mars", "apr april abril abr avril", "may mayo mai",
            "jun june junio juin", "jul july julio juillet", "aug august agosto ago aout",
            "sep sept september septiembre setiembre septembre",
            "oct october octubre octobre", "nov november noviembre novembre",
            "dec december diciembre dic decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lunes lundi", "tuesday tue tues martes mardi",
            "wednesday wed weds miercoles mercredi", "thursday thu thur thurs jueves jeudi",
            "friday fri viernes vendredi", "saturday sat sabado samedi",
            "sunday sun domingo dimanche",
        )
    )
    for name in names.split()
}  # fmt: skip
_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
_SPANISH = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte"]
_FRENCH = ["zero", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"]
_ORDINALS = ["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"]
_COUNTS = {word: n for words in (_SMALL, _SPANISH, _FRENCH) for n, word in enumerate(words)}
_COUNTS |= {"a": 1, "an": 1, "couple": 2, "forty": 40, "thirty": 30, "fortyeight": 48}
_NTH = {word: n for n, word in enumerate(_ORDINALS)} | {"thirtieth": 30, "primero": 1}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "seventy": 70}
_TODAY = frozenset({"today", "tonight", "hoy", "eod", "cob", "tonite"})
_TOMORROW = frozenset({"tomorrow", "tmrw", "tmw", "tomorow", "demain", "manana", "2morrow", "2moro", "tomoro", "tmr", "tommorow", "tommorrow"})
_DAYS = frozenset({"day", "days", "dia", "dias", "jour", "jours"})
_HOURS = frozenset({"hour", "hours", "hr", "hrs", "hora", "horas", "heures", "heure", "h"})
_WITHIN = frozenset({"in", "within", "en", "dentro", "dans", "only", "have", "next", "about", "de",
                     "the", "under", "sous", "less"})  # fmt: skip
_LEFT = frozenset({"left", "from", "to", "or", "until", "before", "remaining", "otherwise", "away"})
_NOTICES = frozenset(
    {"notice", "notices", "letter", "warning", "tag", "aviso", "slip", "disconnect", "final",
     "disconnection", "shut", "one", "shutoff", "ltr", "notification", "avis", "cut", "termination"}
)  # fmt: skip
_AVISO = frozenset({"aviso", "avis", "notificacion", "notice"})
_SAYING = (["says"], ["gives"], ["allows"], ["dice"], ["reads"])
_PARTS = {"noon": (12, 0), "midday": (12, 0), "mediodia": (12, 0), "midnight": (0, 0)}
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(am|pm|a|p)?")


class Form(StrEnum):
    """How a day was named."""

    DATE = "date"
    WEEKDAY = "weekday"
    RELATIVE = "relative"  # today, tomorrow
    SPAN = "span"  # in 48 hours
    PAST = "past"  # yesterday
    LENGTH = "length"  # a 10-day notice: ``days`` only


class Mention(NamedTuple):
    """A day in a sentence: the words from ``start`` up to ``end``."""

    start: int
    end: int
    form: Form
    day: date
    days: int = 0


def mentions(words: Sequence[Token], today: date) -> list[Mention]:
    """Return the days that a sentence names; ``today`` is the local day of receipt."""
    found: list[Mention] = []
    index = 0
    while index < len(words):
        here = _at(words, index, today)
        if here is None:
            index += 1
            continue
        if found and found[-1].form is Form.WEEKDAY and here.form is Form.DATE:
            between = {words[n].text for n in range(found[-1].end, here.start)}
            if between <= {",", "the", "."}:  # "Monday, November 30": one day
                found.pop()
        found.append(here)
        index = here.end
    return found


def _at(words: Sequence[Token], index: int, today: date) -> Mention | None:
    text = words[index].text.removesuffix("'s")
    first = text[0]
    if first.isdigit():
        return (
            _in_figures(words, index, today)
            or _length_or_span(words, index, today)
            or _day_first(words, index, today)
        )
    if text in _MONTHS:
        return _month_first(words, index, today)
    if text in _WEEKDAYS:
        return _weekday(words, index, today)
    if text in _NTH or text in _TENS:
        found = _day_first(words, index, today)
        if found:
            return found
    if text in _COUNTS or text in _TENS:
        return _length_or_span(words, index, today) or _day_first(words, index, today)
    return _named(words, index, today)


def _in_figures(words: Sequence[Token], index: int, today: date) -> Mention | None:
    text = words[index].text.translate(_DIGITS_MISREAD).rstrip(".,:-")
    match = _ISO.fullmatch(text)
    if match:
        return _made(index, index + 1, int(match[1]), int(match[2]), int(match[3]))
    match = _FIGURES.fullmatch(text)
    if not match or (match[2] != "/" and not match[4]):
        return None
    first, second = int(match[1]), int(match[3])
    month, day = (second, first) if first > 12 >= second else (first, second)  # noqa: PLR2004
    if match[4]:
        year = int(match[4]) if len(match[4]) > 2 else 2000 + int(match[4])  # noqa: PLR2004
        found = _made(index, index + 1, year, month, day)
        turned = _made(index, index + 1, year, day, month)
        if found and turned and _wrong_way_round(found.day, turned.day, today):
            return turned
        return found
    return _nearest(index, index + 1, month, day, today)


def _wrong_way_round(day: date, turned: date, today: date) -> bool:
    """Return whether a date was written day first: else it is long past, so it is soon."""
    return day < today - timedelta(days=60) and today <= turned <= today + timedelta(days=90)


def _number(words: Sequence[Token], index: int) -> tuple[int, int]:
    """Return a number in words or figures and where it ends; (-1, index) where there is none."""
    if index >= len(words):
        return -1, index
    text = words[index].text
    if text.isdigit() and len(text) <= 3:  # noqa: PLR2004
        return int(text), index + 1
    if text in _TENS:
        following = words[index + 1].text if index + 1 < len(words) else ""
        for table in (_COUNTS, _NTH):
            if 0 < table.get(following, 0) < 10:  # noqa: PLR2004
                return _TENS[text] + table[following], index + 2
        return _TENS[text], index + 1
    return _COUNTS.get(text, -1), index + 1


def _day_number(words: Sequence[Token], index: int) -> tuple[int, int, bool]:
    """Return a day of the month, where it ends, and whether it is an ordinal; 0 for none."""
    if index >= len(words):
        return 0, index, False
    text = words[index].text.translate(_DIGITS_MISREAD) if words[index].text[0].isdigit() else ""
    match = _DAY.fullmatch(text.rstrip(","))
    if match and 1 <= int(match[1]) <= 31:  # noqa: PLR2004
        return int(match[1]), index + 1, bool(match[2])
    word = words[index].text
    if word in _NTH:
        return _NTH[word], index + 1, True
    number, end = _number(words, index)
    last = words[end - 1].text if end > index else ""
    if 1 <= number <= 31 and len(word) > 2:  # noqa: PLR2004
        return number, end, last in _NTH
    return 0, index, False


def _month_first(words: Sequence[Token], index: int, today: date) -> Mention | None:
    month, at = _MONTHS[words[index].text], index + 1
    while at < len(words) and words[at].text in {".", "the", "el"}:
        at += 1
    day, end, _ = _day_number(words, at)
    if not day:
        return None
    return _with_year(words, index, end, month, day, today)


def _day_first(words: Sequence[Token], index: int, today: date) -> Mention | None:
    day, end, ordinal = _day_number(words, index)
    if not day:
        return None
    at = end
    while at < len(words) and words[at].text in {"of", "de", "del"}:
        at += 1
    if at < len(words) and words[at].text in _MONTHS:
        month = _MONTHS[words[at].text]
        end = at + 1
        if end < len(words) and words[end].text == "." and end + 1 < len(words):
            end += 1 if _YEAR.fullmatch(words[end + 1].text) else 0
        return _with_year(words, index, end, month, day, today)
    before = words[index - 1].text if index else ""
    following = words[end].text if end < len(words) else ""
    if ordinal and (before in {"the", "by", "on", "until", "el"} or before in _WEEKDAYS):
        if following in {"notice", "time", "floor", "and", "street", "st", "ave", "avenue", "quarter",
                         "one", "party", "shutoff", "shut", "letter", "disconnect", "page"}:  # fmt: skip
            return None
        return _day_of_month(index, end, day, today)
    if before == "dia" or (before == "el" and words[index].text.isdigit() and day > 1):
        return _day_of_month(index, end, day, today)
    return None


def _with_year(
    words: Sequence[Token], start: int, end: int, month: int, day: int, today: date
) -> Mention | None:
    at = end
    while at < len(words) and words[at].text in {",", "de", "del", "of"}:
        at += 1
    if at < len(words):
        year = words[at].text.translate(_DIGITS_MISREAD)
        if _YEAR.fullmatch(year):
            return _made(start, at + 1, int(year), month, day)
    return _nearest(start, end, month, day, today)


def _made(start: int, end: int, year: int, month: int, day: int) -> Mention | None:
    try:
        return Mention(start, end, Form.DATE, date(year, month, day))
    except ValueError:
        return None


def _nearest(start: int, end: int, month: int, day: int, today: date) -> Mention | None:
    for year in (today.year, today.year + 1):
        found = _made(start, end, year, month, day)
        if found and found.day >= today - timedelta(days=_BACK):
            return found
    return found


def _day_of_month(start: int, end: int, day: int, today: date) -> Mention | None:
    for ahead in range(3):
        month = today.month - 1 + ahead
        found = _made(start, end, today.year + month // 12, month % 12 + 1, day)
        if found and found.day >= today:
            return found
    return None


def _weekday(words: Sequence[Token], index: int, today: date) -> Mention | None:
    text = words[index].text
    if text in {"sun", "sat", "mar", "wed"} and index + 1 < len(words):
        if words[index + 1].text in {"valley", "power", "on", "down"}:
            return None
    text = text.removesuffix("'s")
    ahead = (_WEEKDAYS[text] - today.weekday()) % 7 or 7
    start = index
    if text == "friday" and index and words[index - 1].text == "black":
        return Mention(index - 1, index + 1, Form.DATE, _thanksgiving(today) + timedelta(days=1))
    return Mention(start, index + 1, Form.WEEKDAY, today + timedelta(days=ahead))


def _thanksgiving(today: date) -> date:
    for year in (today.year, today.year + 1):
        first = date(year, 11, 1)
        day = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
        if day >= today - timedelta(days=1):
            return day
    return day


def _length_or_span(words: Sequence[Token], index: int, today: date) -> Mention | None:
    glued = _SPAN.fullmatch(words[index].text)
    if glued:
        count, unit, at, business = int(glued[1]), glued[2][0], index + 1, False
    else:
        count, at = _number(words, index)
        if count < 0 or at >= len(words):
            return None
        business = words[at].text in {"business", "working", "habiles"}
        if business or words[at].text in {"calendar", "more", "short"}:
            at += 1
        unit = words[at].text if at < len(words) else ""
        at += 1
        unit = "d" if unit in _DAYS else "h" if unit in _HOURS else ""
        if not unit:
            return None
    days = count if unit == "d" else -(-count // 24)
    if days > _MOST_DAYS:
        return None
    if at < len(words) and words[at].text in {"from", "after", "de"}:
        start = _at(words, at + 1, today) if at + 1 < len(words) else None
        if start is not None and start.form is Form.DATE:
            return Mention(index, start.end, Form.SPAN, start.day + timedelta(days=days), days)
    before = [words[n].text for n in range(max(0, index - 3), index)]
    after = [words[n].text for n in range(at, min(len(words), at + 3))]
    if any(word in _NOTICES for word in after[:2]) or before[-1:] in _SAYING or (
        before[-1:] == ["de"] and any(word in _AVISO for word in before)
    ):
        return Mention(index, at, Form.LENGTH, today, days)
    if any(word in _WITHIN for word in before[-2:]) or any(word in _LEFT for word in after[:1]):
        if before[-1:] == ["last"] or "ago" in after or before[-2:] == ["for", "the"]:
            return None
        end = today + timedelta(days=days)
        if business or (at < len(words) and words[at].text == "habiles"):
            end = BusinessCalendar().add_business_days(today, days)
        return Mention(index, at, Form.SPAN, end, days)
    return None


def _named(words: Sequence[Token], index: int, today: date) -> Mention | None:
    text = words[index].text
    before = words[index - 1].text if index else ""
    following = [words[n].text for n in range(index + 1, min(len(words), index + 4))]
    if text in {"eod", "cob"} and any(word in _WEEKDAYS for word in following[:2]):
        return None
    if text in _TODAY or text == "aujourd'hui":
        return Mention(index, index + 1, Form.RELATIVE, today)
    if text in _TOMORROW and before not in {"la", "esta", "por"}:
        ahead = 2 if before in {"pasado", "after"} else 1
        return Mention(index, index + 1, Form.RELATIVE, today + timedelta(days=ahead))
    if text in {"this", "esta"} and following[:1] and following[0] in {
        "afternoon", "evening", "tarde", "noche", "am", "pm",
    }:  # fmt: skip
        return Mention(index, index + 2, Form.RELATIVE, today)
    if text in {"yesterday", "ayer", "hier"}:
        return Mention(index, index + 1, Form.PAST, today - timedelta(days=1))
    if text == "fin" and following[:2] in (["de", "mes"], ["du", "mois"]):
        return _end_of(["of", "month"], index, today)
    if text == "end" and following[:1] == ["of"]:
        return _end_of(following, index, today)
    if text == "next" and following[:1] == ["week"]:
        return Mention(index, index + 2, Form.RELATIVE, today + timedelta(days=7 - today.weekday()))
    if text == "thanksgiving":
        day = _thanksgiving(today)
        return Mention(index, index + 1, Form.DATE, day - timedelta(days=before == "before"))
    if text in {"christmas", "xmas"}:
        eve = following[:1] == ["eve"]
        return _nearest(index, index + 1 + eve, 12, 25 - eve, today)
    return None


def _end_of(following: list[str], index: int, today: date) -> Mention | None:
    rest = [word for word in following[1:] if word not in {"the", "this"}]
    if rest[:1] == ["week"]:
        ahead = (4 - today.weekday()) % 7
        return Mention(index, index + len(following), Form.RELATIVE, today + timedelta(days=ahead))
    if rest[:1] == ["month"]:
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        return Mention(index, index + len(following), Form.RELATIVE, first - timedelta(days=1))
    return None


def clock(words: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    """Return the time of day (hour, minute) named between two words of a sentence."""
    for index in range(max(0, start), min(len(words), end)):
        text = words[index].text
        if text in _PARTS:
            return _PARTS[text]
        match = _CLOCK.fullmatch(text.rstrip("."))
        if not match:
            continue
        half = match[3] or ""
        if not half and index + 1 < len(words) and words[index + 1].text in {"am", "pm", "a", "p"}:
            half = words[index + 1].text
        before = words[index - 1].text if index else ""
        hour, minute = int(match[1]), int(match[2] or 0)
        if not half and not (match[2] and before in {"at", "by", "around", "las", "before"}):
            continue
        if hour > 24 or minute > 59:  # noqa: PLR2004
            continue
        if half.startswith("p") and hour < 12:  # noqa: PLR2004
            hour += 12
        if half.startswith("a") and hour == 12:  # noqa: PLR2004
            hour = 0
        return hour % 24, minute
    return None

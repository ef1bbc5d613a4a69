"""What stands in cells, and what it means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.model import Binding, FieldType, Mark

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u180e\u00ad"
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?: 0?0:00(?::00)?)?")
_QUOTED = re.compile(r"'(?=[0-9=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20])")
_ZEROS = re.compile(r"0+")
_CENTURY = 100
_EXACT = 2**53
_TWO_DIGITS = 2000


class Kind(StrEnum):
    """What a file says a cell is."""

    TEXT = "text"
    NUMBER = "number"
    FORMULA = "formula"  # its text is data; nothing is ever calculated


class Cell(NamedTuple):
    """A cell as text, and what kind of value the file holds."""

    text: str
    kind: Kind = Kind.TEXT


EMPTY = Cell("")


class Seen(NamedTuple):
    """A value as the service knows it, and what is odd about it."""

    text: str
    mark: Mark | None = None


def trimmed(text: str) -> str:
    """Return ``text`` without white space and invisible characters at its ends.

    Characters that no text has (zero, halves of pairs) are left out everywhere.
    """
    if not text.isascii() or "\0" in text:
        text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    text = text.strip()
    while text and (text[0] in _INVISIBLE or text[-1] in _INVISIBLE):
        text = text.strip(_INVISIBLE).strip()
    return text


def cell_of(value: object, number_format: str = "General") -> Cell:
    """Return a workbook's typed cell as a sheet would show it.

    Days are ISO, whole numbers have no point, and a format of zeros (``00000``) puts back the
    zeros that it shows.
    """
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, int | float):
        return Cell(_number(value, number_format), Kind.NUMBER)
    if isinstance(value, datetime):
        whole = value.time() == time()
        return Cell(value.date().isoformat() if whole else value.isoformat(" ", "minutes"))
    if isinstance(value, date | time):
        return Cell(value.isoformat())
    text = str(value)
    return Cell(text, Kind.FORMULA if text.startswith("=") else Kind.TEXT)


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= _EXACT * 10_000:
            return repr(value)
        value = int(value)
    text = str(value)
    if value >= 0 and _ZEROS.fullmatch(number_format):
        return text.zfill(len(number_format))
    return text


def read_value(binding: Binding, cell: Cell) -> Seen:
    """Return what a cell says of a field; text that does not fit is kept and marked."""
    text = trimmed(cell.text)
    if _QUOTED.match(text):  # the spreadsheet's way of saying that the rest is text
        text = text[1:]
    if not text:
        return Seen("")
    if binding.type is FieldType.CHOICE:
        known = choices_of(binding)
        found = known.get(folded(text))
        return Seen(text, Mark.UNTYPED) if found is None else Seen(found)
    if binding.type is FieldType.DATE:
        day = day_of(text)
        return Seen(text, Mark.UNTYPED) if day is None else Seen(day)
    if binding.type is FieldType.IDENTIFIER and cell.kind is Kind.NUMBER:
        return Seen(text, Mark.NUMERIC)
    return Seen(text)


def choices_of(binding: Binding) -> Mapping[str, str]:
    """Return the choices by their folded words, ours and those of the mapping."""
    return {
        folded(word): one for one in binding.choices for word in (one, binding.encode.get(one, one))
    }


def folded(text: str) -> str:
    """Return words as they are compared: case, spaces and signs do not count."""
    return "".join(one for one in text.casefold() if one.isalnum())


def day_of(text: str) -> str | None:
    """Return a day as ISO, also one written as 12/1/2026; None where it is none."""
    if found := _DATE.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _US_DATE.fullmatch(text):
        month, day, year = (int(part) for part in found.groups())
        year += _TWO_DIGITS if year < _CENTURY else 0
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def is_damaged(new: str, old: str) -> bool:
    """Return whether ``new`` is only what a spreadsheet made of ``old`` when it saved it again.

    Leading zeros go, and long numbers are shortened (``4.47191E+09``): nobody typed that.
    """
    if new == old or not old.isascii() or not old.isdigit():
        return False
    if new == old.lstrip("0"):
        return True
    if "E+" not in new.upper():
        return False
    try:
        shown, digits = float(new), len(new.partition("E")[0].replace(".", ""))
    except ValueError:
        return False
    return f"{float(old):.{max(0, digits - 1)}e}" == f"{shown:.{max(0, digits - 1)}e}"

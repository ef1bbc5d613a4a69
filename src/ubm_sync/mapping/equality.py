"""When two canonical values are the same value, whatever a system made of their spelling.

Systems trim, change case and reformat. Values that are the same here never count as a change,
a conflict or a reason to write (design promise 13).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from ubm_sync.model import FieldType

# Zero-width space, joiners and byte order mark: invisible, and pasted along by accident.
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + _INVISIBLE


def same(field_type: FieldType, a: str | None, b: str | None) -> bool:
    """Return whether two canonical values of one field are the same value; absent equals empty."""
    if a == b:
        return True
    compare = _COMPARABLE[field_type]
    return compare(a or "") == compare(b or "")


def comparable(field_type: FieldType, value: str | None) -> str:
    """Return the text that is equal for exactly the values that are the same.

    It is for comparing and for keys of dictionaries, not for writing anywhere.
    """
    return _COMPARABLE[field_type](value or "")


def _trimmed(value: str) -> str:
    return value.strip(_BLANK)


def _text(value: str) -> str:
    """Bring to Unicode NFC, no blanks at the ends, one space for any run of blanks inside."""
    composed = value if value.isascii() else unicodedata.normalize("NFC", value)
    return " ".join(_trimmed(composed).split())


def _caseless(value: str) -> str:
    """Read as text without case (Unicode: canonical caseless matching)."""
    text = _text(value)
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFD", text).casefold()
    return _text(unicodedata.normalize("NFD", folded).casefold())


def _date(value: str) -> str:
    """Read a calendar day; an instant counts as its day, as dates come from some systems."""
    text = _trimmed(value)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return text


def _instant(value: str) -> str:
    """Read a point in time, whatever zone it is written in; without a zone it is UTC."""
    text = _trimmed(value)
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text


def _number(value: str) -> str:
    """Read a number by its value: 1, 1.0 and 1e0 are the same; no digit is ever rounded away."""
    text = _trimmed(value)
    try:
        sign, digits, exponent = Decimal(text).as_tuple()
    except (ArithmeticError, ValueError):
        return text
    if not isinstance(exponent, int):  # NaN and infinity are words, not numbers
        return text.casefold()
    plain = "".join(map(str, digits)).lstrip("0")
    short = plain.rstrip("0")
    if not short:
        return "0"
    return f"{'-' * sign}{short}e{exponent + len(plain) - len(short)}"


_COMPARABLE: dict[FieldType, Callable[[str], str]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.IDENTIFIER: _trimmed,
    FieldType.CHOICE: _caseless,
    FieldType.DATE: _date,
    FieldType.INSTANT: _instant,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _caseless,
    FieldType.PERSON: _caseless,
    FieldType.STAGE: _caseless,
    FieldType.LINK: _trimmed,
}

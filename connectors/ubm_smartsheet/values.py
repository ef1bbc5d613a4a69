"""Texts and numbers of cells. Pure."""

from __future__ import annotations

from decimal import Decimal

# What people paste along with a value without seeing it: taken off at the ends only.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u180e\u00ad"
_EXACT = 2**53  # beyond it a JSON number has lost digits already


def trimmed(text: str) -> str:
    """Return ``text`` without white space, NBSP and zero-width characters at its ends."""
    text = text.strip()
    while text and (text[0] in _INVISIBLE or text[-1] in _INVISIBLE):
        text = text.strip(_INVISIBLE).strip()
    return text


def shown_number(value: float) -> str:
    """Return a number as a person would see it: 412 for 412.0, else the shortest form."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)


def canonical_number(value: float) -> str:
    """Return the shortest decimal form of a number: ``1.5``, ``7``, never an exponent."""
    text = shown_number(value)
    return format(Decimal(text), "f") if "e" in text else text

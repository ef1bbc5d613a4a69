"""Text that people read, as an admin may write it: it shows something, and all of it is seen."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from unicodedata import category

from pydantic import AfterValidator, StringConstraints


def _words(value: str) -> str:
    """Refuse what shows nothing, and signs that nobody sees."""
    if not value.strip():
        raise ValueError("this is blank; fill it in or delete the line")
    for sign in value:
        if sign in _TURNING or (sign not in "\n\t" and category(sign) == "Cc"):
            text = f"a sign that nobody sees (U+{ord(sign):04X}) stands in this text"
            raise ValueError(f"{text}; type the text anew")
    return value


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise ValueError("this goes over several lines or holds a tab; write it on one line")
    return value


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # the way of writing
Words: TypeAlias = Annotated[str, StringConstraints(min_length=1), AfterValidator(_words)]
Line: TypeAlias = Annotated[Words, AfterValidator(_one_line)]

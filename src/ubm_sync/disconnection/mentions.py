"""A day as it is named in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from ubm_sync.disconnection.tokens import Token


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


DayAt: TypeAlias = Callable[[Sequence[Token], int, date], Mention | None]


def word_at(tokens: Sequence[Token], index: int) -> str:
    """Return the word at ``index``, "" where the sentence has none there."""
    return tokens[index].text if 0 <= index < len(tokens) else ""

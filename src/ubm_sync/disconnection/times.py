"""Times of day: "8am", "5 p.m.", "at 8:30", "noon"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from ubm_sync.disconnection.calendar_words import words
from ubm_sync.disconnection.mentions import word_at
from ubm_sync.disconnection.tokens import Token

_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(am|pm|a|p)?")
_NAMED = {"noon": time(12), "midday": time(12), "mediodia": time(12), "midnight": time(0)}
_HALVES = words("am pm a p")
_BEFORE_TIME = words("at by around las before until")
_NOON = 12


def time_between(tokens: Sequence[Token], start: int, end: int) -> time | None:
    """Return the first time of day between two words of a sentence, None where there is none."""
    for index in range(max(0, start), min(len(tokens), end)):
        found = _NAMED.get(tokens[index].text) or _clock(tokens, index)
        if found is not None:
            return found
    return None


def _clock(tokens: Sequence[Token], index: int) -> time | None:
    match = _CLOCK.fullmatch(tokens[index].text.rstrip("."))
    if not match:
        return None
    half = match[3] or ""
    if not half and word_at(tokens, index + 1) in _HALVES:
        half = word_at(tokens, index + 1)
    if not half and not (match[2] and word_at(tokens, index - 1) in _BEFORE_TIME):
        return None
    hour = int(match[1])
    if half:
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    try:
        return time(hour, int(match[2] or 0))
    except ValueError:
        return None

"""Numbers in words and figures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ubm_sync.disconnection.calendar_words import COUNTS, NTH, TENS
from ubm_sync.disconnection.mentions import word_at
from ubm_sync.disconnection.tokens import Token

_DAY = re.compile(r"(\d{1,2})(st|nd|rd|th|er)?")
_MISREAD = str.maketrans("ol|", "011")
_MOST_DIGITS = 3
_LAST_DAY = 31
_SHORTEST_WORD = 3  # "a" and "un" are no days


def number(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """Return a number and where it ends; (-1, index) where there is none."""
    text = word_at(tokens, index)
    if text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text), index + 1
    if text in TENS:
        following = word_at(tokens, index + 1)
        for table in (COUNTS, NTH):
            if 0 < table.get(following, 0) < 10:  # noqa: PLR2004 - twenty-five, twenty-fifth
                return TENS[text] + table[following], index + 2
        return TENS[text], index + 1
    return COUNTS.get(text, -1), index + 1


def day_number(tokens: Sequence[Token], index: int) -> tuple[int, int, bool]:
    """Return a day of a month, where it ends, and whether it is an ordinal; 0 for none."""
    word = word_at(tokens, index)
    match = _DAY.fullmatch(word.translate(_MISREAD).rstrip(",")) if word[:1].isdigit() else None
    if match and 1 <= int(match[1]) <= _LAST_DAY:
        return int(match[1]), index + 1, bool(match[2])
    if word in NTH:
        return NTH[word], index + 1, True
    found, end = number(tokens, index)
    if 1 <= found <= _LAST_DAY and len(word) >= _SHORTEST_WORD:
        return found, end, word_at(tokens, end - 1) in NTH
    return 0, index, False

"""How account numbers and names of companies are compared, however they are typed.

Two numbers are one account where their keys agree under the same vendor and state; a number alone
says nothing, two vendors may both use it (domain B.5).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Spaces that look like spaces but are not, and characters nobody can see.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\r\n]")
SEPARATORS = " -./_#"
_SEPARATORS = str.maketrans("", "", SEPARATORS)
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_SUFFIXES = frozenset({"inc", "llc", "co", "company", "corp", "corporation", "ltd", "lp", "lc"})


def display(raw: str) -> str:
    """Return the number as people should see it: no invisible characters, no outer spaces.

    A leading apostrophe is the spreadsheet's way of saying "text" and no part of the number.
    """
    if raw.isalnum() and raw.isascii():
        return raw
    text = _ODD_SPACE.sub(" ", _INVISIBLE.sub("", raw)).strip()
    return text[1:].lstrip() if text[:1] in {"'", "\u2019"} else text


def number_key(raw: str) -> str:
    """Return what is compared: upper case, without `` -./_#`` and without leading zeros."""
    if raw.isalnum() and raw.isascii():
        return raw.upper().lstrip("0")
    return display(raw).upper().translate(_SEPARATORS).lstrip("0")


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """Return a name as it is compared: letters and digits only, ``&`` as "and", no company form."""
    text = unicodedata.normalize("NFKD", name).casefold().replace("&", " and ").replace("'", "")
    words = _NOT_WORDS.sub(" ", text).split()
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return "".join(words) or " ".join(text.split())

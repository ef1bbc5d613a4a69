"""Account and meter numbers as they are compared, and how two of them are alike. Pure.

What spreadsheets, scanners and people do to numbers is listed in the domain's data rules: lost
zeros, separators, ``1.04437E+16``, more than 15 digits, check digits, O for 0, a slip of a finger.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from ubm_sync.spelling import display, number_key

_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_POINT_ZERO = re.compile(r"(\d+)\.0+")
_COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.0+)?")
_SEVERAL = re.compile(r"[;|&+\n]|,(?!\d{3}\b)|\s(?:and|or)\s", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Z0-9]+")
_WORDS = re.compile(
    r"^(?:ACCOUNT|ACCT|ACC|A/C|METER|MTR|NUMBER|NO|NUM|NBR|#)\.?\s*"
    r"(?:NUMBER|NO|NUM|NBR|#)?\.?\s*[:#]?\s*(?=.*\d)",
    re.IGNORECASE,
)
_LOOKALIKE = str.maketrans("OQILSBZ", "0011582")
_EXACT = 15  # digits that a spreadsheet keeps
_SHORTEST_TYPO = 6
_SHORTEST_METER = 4
_MOST_ADDED = 3


class Alike(IntEnum):
    """How two account numbers compare, the higher the nearer."""

    DIFFERENT = 0
    UNKNOWN = 1  # one of them is not told
    TYPO = 2  # one digit wrong, missing or two swapped
    PART = 3  # one is the other with a few more characters at one end
    CHECK_DIGIT = 4  # one is the other and one more digit
    DAMAGED = 5  # what is left of one by a spreadsheet fits the other
    LOOKALIKE = 6  # but for letters read for digits
    LISTED = 7  # one of several in the cell
    ZEROS = 8  # but for leading zeros
    FORMAT = 9  # but for separators
    SAME = 10


class Number(NamedTuple):
    """A number as it is compared. ``keys`` are several where the cell held several."""

    shown: str = ""
    compact: str = ""  # without separators, zeros kept
    keys: tuple[str, ...] = ()
    damaged: str = ""  # the digits that a spreadsheet left
    length: int = 0  # digits that the damaged number had, 0 where it is whole

    @property
    def is_known(self) -> bool:
        """Whether anything can be compared."""
        return bool(self.keys or self.damaged)


@lru_cache(maxsize=131072)
def read_number(raw: str) -> Number:
    """Return an account number as it is compared."""
    shown = display(raw)
    if not shown:
        return Number()
    text = _WORDS.sub("", shown).strip() or shown
    if found := _SCIENTIFIC.fullmatch(text.replace(" ", "")):
        first, more, power = found.groups()
        digits = first + (more or "")
        return Number(shown, "", (), digits.rstrip("0") or digits, int(power) + 1)
    if found := _POINT_ZERO.fullmatch(text):
        text = found[1]
    if _COMMAS.fullmatch(text):
        text = text.partition(".")[0].replace(",", "")
    keys = [key for part in _SEVERAL.split(text) if (key := _key(part))]
    compact = _OTHER.sub("", text.upper())
    if compact.isdecimal() and len(compact) > _EXACT and compact[_EXACT:].strip("0") == "":
        return Number(shown, compact, tuple(keys), compact[:_EXACT], len(compact))
    return Number(shown, compact, tuple(dict.fromkeys(keys)))


@lru_cache(maxsize=131072)
def read_meters(raw: str) -> frozenset[str]:
    """Return the keys of the meters in a cell; ones too short to say anything are left out."""
    parts = re.split(r"[;,|&\n]|\s{2,}|\s(?:and|or)\s|/(?=\s)", raw, flags=re.IGNORECASE)
    found = set()
    for part in parts:
        key = _key(_WORDS.sub("", display(part)))
        if len(key) >= _SHORTEST_METER and any(char.isdigit() for char in key):
            found.add(key.translate(_LOOKALIKE) if key[:1].isdigit() else key)
    return frozenset(found)


def compare_numbers(one: Number, other: Number) -> Alike:
    """Return how two numbers compare; the best of all, where a cell holds several."""
    if not (one.is_known and other.is_known):
        return Alike.UNKNOWN
    if one.length or other.length:
        return _damaged(one, other)
    if one.shown == other.shown:
        return Alike.SAME
    several = len(one.keys) > 1 or len(other.keys) > 1
    if set(one.keys) & set(other.keys):
        if several:
            return Alike.LISTED
        return Alike.FORMAT if one.compact == other.compact else Alike.ZEROS
    return max(_compare(mine, theirs) for mine in one.keys for theirs in other.keys)


def _compare(one: str, other: str) -> Alike:
    if _read_alike(one) == _read_alike(other):
        return Alike.LOOKALIKE
    short, long = sorted((one, other), key=len)
    added = len(long) - len(short)
    if len(short) < _SHORTEST_TYPO:
        return Alike.DIFFERENT
    if long.startswith(short) and added == 1:
        return Alike.CHECK_DIGIT
    if 0 < added <= _MOST_ADDED and (long.startswith(short) or long.endswith(short)):
        return Alike.PART
    if OSA.distance(one, other, score_cutoff=1) == 1:
        return Alike.TYPO
    return Alike.DIFFERENT


def _read_alike(key: str) -> str:
    """Return a number with the letters that are read for digits as digits, where it has digits."""
    letters = sum(char.isalpha() for char in key)
    return key.translate(_LOOKALIKE).lstrip("0") if letters <= len(key) // 3 else key


def _damaged(one: Number, other: Number) -> Alike:
    """Compare numbers of which a spreadsheet took digits from one at least."""
    if one.shown == other.shown:
        return Alike.DAMAGED
    if one.length and other.length:
        fits = one.length == other.length and _fits(one.damaged, other.damaged)
        return Alike.DAMAGED if fits or _same_whole(one, other) else Alike.DIFFERENT
    hurt, whole = (one, other) if one.length else (other, one)
    if set(hurt.keys) & set(whole.keys):
        return Alike.FORMAT if hurt.compact == whole.compact else Alike.ZEROS
    for key in whole.keys:
        if key.isdecimal() and len(key) == hurt.length and _rounds_to(key, hurt.damaged):
            return Alike.DAMAGED
    return Alike.DIFFERENT


def _same_whole(one: Number, other: Number) -> bool:
    return bool(set(one.keys) & set(other.keys))


def _fits(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return _rounds_to(long.ljust(len(short), "0"), short)


def _rounds_to(key: str, left: str) -> bool:
    """Return whether a number's first digits are the ones left, rounded or cut off."""
    size = len(left)
    if key[:size] == left:
        return True
    following = key[size : size + 1]
    return following >= "5" and str(int(key[:size]) + 1) == left


def _key(text: str) -> str:
    return _OTHER.sub("", number_key(text)).lstrip("0")

"""Street addresses as they are compared: parsed into parts, each in its one spelling. Pure.

Nothing is guessed: what cannot be told apart stays a word of the street's name, so that two
addresses are the same only where everything that both of them say agrees.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from ubm_sync.locations.regions import city_fits, state_code
from ubm_sync.matching.address_words import (
    DIRECTIONS,
    NAMES,
    NUMBERS,
    ROADS,
    SUFFIXES,
    UNITS,
    ordinal,
)

_BOX = re.compile(r"\bP\.?\s*O\.?\s*(?:BOX|DRAWER)\s*#?\s*(\w+)|\bPOST OFFICE BOX\s*#?\s*(\w+)")
_POINTS = re.compile(r"\b([A-Z])\.(?=[A-Z]\b|\s|$|,)")
_HALF = re.compile(r"^(\d+)\s+1/2\b")
_HOUSE = re.compile(r"(\d+)(?:-(\d+))?([A-Z])?$|([NSEW]\d+[NSEW]?\d*)$")
_GLUED = re.compile(r"^(STE|SUITE|UNIT|APT|BLDG|RM|SPC|FL)(\d+\w*)$")
_NOT_WORD = re.compile(r"[^A-Z0-9#/&-]+")
_UNIT_ID = re.compile(r"[A-Z]?-?\d+(?:ST|ND|RD|TH)?[A-Z]?|[A-Z]|\d+-\d+|[A-Z]\d*-[A-Z0-9]+")
_CORNER = re.compile(r"\s+(?:&|AND|AT|/)\s+")
_KING = re.compile(
    r"(?:DOCTOR|DR)?(?:MARTIN|M)L(?:UTHER)?K(?:ING)?(?:JR)?|(?:DOCTOR|DR)?MLK(?:JR)?"
)
_ZIP, _ZIP4 = 5, 9  # digits
_SHORT, _LONG = 5, 9  # letters of a street's name from which one, or two, may be wrong


class Place(IntEnum):
    """How two addresses compare, the higher the nearer."""

    DIFFERENT = 0
    UNKNOWN = 1  # one of them says too little
    NEAR = 2  # the same building but for a misspelt street or a missing direction
    SAME = 3


class Address(NamedTuple):
    """One address in parts; "" where it does not say.

    ``unit`` are building, floor and suite without those words, in order.
    """

    number: str = ""
    before: str = ""  # direction before the name
    name: str = ""
    suffix: str = ""
    after: str = ""  # direction after it
    unit: tuple[str, ...] = ()
    box: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it names a building or a box somewhere."""
        return bool((self.name or self.box) and (self.zip or self.city))

    @property
    def building(self) -> str:
        """What buildings are found by: number and name, without what is often left out."""
        return f"{self.number}|{self.name[:6]}" if self.name else f"box {self.box}"


@lru_cache(maxsize=131072)
def read_address(
    line_1: str, line_2: str = "", city: str = "", state: str = "", zip_code: str = ""
) -> Address:
    """Return an address as it is compared; every part may be empty or odd."""
    code = state_code(state)
    text = ", ".join(part for part in (_plain(line_1), _plain(line_2)) if part)
    box = ""
    if found := _BOX.search(text):
        box = found[1] or found[2]
        text = text[: found.start()] + text[found.end() :]
    street, unit = _without_unit(text)
    number, before, name, suffix, after = _street(street)
    if not number and (both := _CORNER.split(street)) and len(both) == 2:  # noqa: PLR2004
        name, suffix, before, after = "&".join(sorted(_street(one)[2] for one in both)), "", "", ""
    return Address(
        number, before, name, suffix, after, unit, box, _city(city), code, _zip(zip_code)
    )


def compare_places(one: Address, other: Address) -> Place:
    """Return whether two addresses are of one building; units are compared apart."""
    if not (one.is_known and other.is_known):
        return Place.UNKNOWN
    if bool(one.name) != bool(other.name):
        return Place.UNKNOWN  # a box for the post tells nothing of where the service is used
    if one.state and other.state and one.state != other.state:
        return Place.DIFFERENT
    town = _same_town(one, other)
    if not town:
        return Place.DIFFERENT
    if not (one.name and other.name):
        return Place.SAME if one.box and one.box == other.box else Place.UNKNOWN
    if not _same_number(one.number, other.number):
        return Place.DIFFERENT
    street = _compare_streets(one, other)
    return min(street, town) if street is not Place.DIFFERENT else street


def compare_units(one: Address, other: Address) -> bool | None:
    """Return whether two units are the same; None where one of them is not told."""
    mine, theirs = set(one.unit), set(other.unit)
    if mine == theirs:
        return True
    return None if mine <= theirs or theirs <= mine else False


def _same_town(one: Address, other: Address) -> Place:
    """Return SAME, NEAR where ZIP or city disagree, and DIFFERENT where both do."""
    if one.zip and other.zip and one.zip == other.zip:
        return Place.SAME
    same_city = bool(one.city and other.city) and (
        one.city == other.city or OSA.distance(one.city, other.city) <= len(one.city) // _SHORT
    )
    if not same_city:
        same_city = _city_of(one, other) or _city_of(other, one)
    if not same_city:
        return Place.DIFFERENT
    return Place.NEAR if one.zip and other.zip else Place.SAME


def _city_of(one: Address, other: Address) -> bool:
    """Return whether the city of one is a name of the place of the other's ZIP."""
    return bool(one.city and other.zip) and not one.zip and city_fits(one.city, other.zip)


def _same_number(one: str, other: str) -> bool:
    if one == other:
        return True
    first, _, last = one.partition("-")
    begin, _, end = other.partition("-")
    if last and end:
        return False
    return bool(last or end) and (first == begin if first and begin else False)


def _compare_streets(one: Address, other: Address) -> Place:
    """Return how two streets compare: a missing part is no difference, another one is."""
    best = Place.SAME
    if one.suffix != other.suffix:
        if one.suffix and other.suffix:
            return Place.DIFFERENT
        best = Place.NEAR if one.name.isdecimal() else best
    mine, theirs = {one.before, one.after} - {""}, {other.before, other.after} - {""}
    if mine != theirs:
        if mine and theirs:
            return Place.DIFFERENT
        best = Place.NEAR
    if one.name == other.name:
        return best
    if one.name.isdecimal() or other.name.isdecimal():
        return Place.DIFFERENT
    length = min(len(one.name), len(other.name))
    wrong = OSA.distance(one.name, other.name, score_cutoff=2)
    digits = [char for char in one.name if char.isdecimal()]
    if digits != [char for char in other.name if char.isdecimal()]:
        return Place.DIFFERENT
    near = wrong <= (0 if length < _SHORT else 1 if length < _LONG else 2)
    return Place.NEAR if near else Place.DIFFERENT


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    ascii_only = "".join(char for char in decomposed if not unicodedata.combining(char))
    upper = ascii_only.upper().replace("\u2019", "").replace("'", "")
    return " ".join(_POINTS.sub(r"\1", upper).split())


def _words(text: str) -> list[str]:
    return [word for word in _NOT_WORD.sub(" ", text).split() if word.strip("-/")]


def _without_unit(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without its units, and their own names ("SUITE 200" is "200")."""
    rest: list[str] = []
    found: set[str] = set()
    for piece in text.replace("#", " # ").split(","):
        words: list[str] = []
        for word in _words(piece):
            glued = _GLUED.match(word)
            words += [glued[1], glued[2]] if glued and words + rest else [word]
        while (at := _unit_at(words, first=not rest)) is not None:
            found.add(_unit_name(words[at.name]))
            words = words[: at.start] + words[at.end :]
        rest += words
    return " ".join(rest), tuple(sorted(found))


class _Unit(NamedTuple):
    """Which words name a unit: from ``start`` to before ``end``, by the word at ``name``."""

    start: int
    end: int
    name: int


def _unit_at(words: list[str], *, first: bool) -> _Unit | None:
    """Return where a unit is named; in the first piece the street comes before it."""
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        if at == 0 and first:
            continue
        if UNITS.get(word) == "FL" and ordinal([words[at - 1]])[0] and (at > 1 or not first):
            return _Unit(at - 1, at + 1, at - 1)
        if word == "#" and after:
            return _Unit(at, at + 2, at + 1)
        if word in UNITS and after == "#" and at + 2 < len(words):
            return _Unit(at, at + 3, at + 2)
        if word in UNITS and (_UNIT_ID.fullmatch(after) or after in NUMBERS):
            return _Unit(at, at + 2, at + 1)
    if len(words) == 1 and not first and _UNIT_ID.fullmatch(words[0]):
        return _Unit(0, 1, 0)  # a second line that says only "200"
    return None


def _unit_name(word: str) -> str:
    name = ordinal([word])[0] or NUMBERS.get(word) or word.replace("-", "")
    return name.lstrip("0") or name


def _street(text: str) -> tuple[str, str, str, str, str]:
    words = _words(_HALF.sub(r"\1H", text))
    number = ""
    if words and (found := _HOUSE.match(words[0])) and len(words) > 1:
        low, high, letter, grid = found.groups()
        number = grid or f"{low.lstrip('0') or low}{letter or ''}" + (f"-{high}" if high else "")
        words = words[1:]
    elif len(words) > 1 and words[0] in NUMBERS:
        number, words = NUMBERS[words[0]], words[1:]
    words = [word for word in words if word != "#"]
    words = _numbered_road(words)
    before = after = suffix = ""
    if len(words) > 1 and words[0] in DIRECTIONS and not _is_only_suffix(words[1:]):
        before, words = DIRECTIONS[words[0]], words[1:]
        if len(words) > 1 and before in "NS" and words[0] in {"E", "W", "EAST", "WEST"}:
            before, words = before + words[0][0], words[1:]
    if len(words) > 1 and words[-1] in DIRECTIONS:
        after, words = DIRECTIONS[words[-1]], words[:-1]
    if len(words) > 1 and words[-1] in SUFFIXES:
        suffix, words = SUFFIXES[words[-1]], words[:-1]
    return number, before, _street_name(words), suffix, after


def _is_only_suffix(words: list[str]) -> bool:
    """Return whether only a suffix follows: the direction is the name then, "North Ave"."""
    return len(words) == 1 and words[0] in SUFFIXES


def _numbered_road(words: list[str]) -> list[str]:
    """Return the words with a numbered road in its one spelling, "US HWY 30"."""
    if not any(char.isdecimal() for word in words for char in word):
        return words
    for at in range(min(len(words), 2)):
        split = [part for word in words[at:] for part in word.split("-") if part]
        for way, name in ROADS:
            rest = split[len(way) :]
            if tuple(split[: len(way)]) == way and rest and rest[0].rstrip("NSEWAB").isdecimal():
                joined = f"{name.replace(' ', '')}{rest[0].lstrip('0')}"
                return [*words[:at], joined, *rest[1:]]
    return words


def _street_name(words: list[str]) -> str:
    """Return a street's name in one word: ordinals as numbers, the short words spelled out."""
    words = [part for word in words for part in word.split("-") if part]
    parts: list[str] = []
    at = 0
    while at < len(words):
        number, used = ordinal(words[at:])
        if used:
            parts.append(number)
            at += used
            continue
        word = words[at]
        last = at == len(words) - 1
        parts.append(word if last and len(words) > 1 else NAMES.get(word, SUFFIXES.get(word, word)))
        at += 1
    joined = "".join(part for part in parts if part not in {"&", "AND"})
    return "MLK" if _KING.fullmatch(joined) else joined


@lru_cache(maxsize=16384)
def _city(text: str) -> str:
    words = _words(_plain(text).replace("&", " "))
    spelled = [DIRECTIONS.get(word, NAMES.get(word, word)) for word in words]
    while len(spelled) > 1 and spelled[-1] in {"CITY", "TOWNSHIP", "VILLAGE", "TOWN"}:
        spelled.pop()
    joined = "".join(spelled)
    return {"NYC": "NEWYORK", "LA": "LOSANGELES", "PHILA": "PHILADELPHIA"}.get(joined, joined)


def _zip(text: str) -> str:
    """Return five digits; a spreadsheet drops leading zeros, of ZIP+4 too (domain B.5)."""
    digits = "".join(char for char in text if char.isdecimal())
    if not digits or len(digits) > _ZIP4:
        return ""
    return digits.zfill(_ZIP if len(digits) <= _ZIP else _ZIP4)[:_ZIP]

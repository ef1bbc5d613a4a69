"""Which of several accounts a text means. Pure: accounts that could be meant in, reasons out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ubm_sync.spelling import display, fold, number_key

SHORTEST = 4  # characters of a number, or of the end of one, that say anything
TELLING = 7  # characters that say whose account it is, where nobody else does
CLOSED = "closed"
MOST_CODES = 200  # words of a text that are looked up as codes of a site
_SHORTEST_BRAND = 4
# How a number is hidden but for its end: xxxx1234, **1234, ...1234, ending in 1234.
_HIDDEN = re.compile(
    r"^(?:[#\s-]*(?:[xX]{2,}|[*\u2022\u2026]+|\.{2,})[xX*\u2022\u2026.\s-]*"
    r"|(?:ending|ends)(?:\s+(?:in|with))?\s+)(?=\S*\d)",
    re.IGNORECASE,
)
_NO_CODES = frozenset(
    {"AND", "AT", "CODE", "ID", "IN", "IS", "NO", "NR", "NUM", "NUMBER", "OF", "ON"}
)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PLACE_WORD = re.compile(
    r"(?:store|site|location|loc|unit|shop|branch|restaurant|building|bldg|campus|plant|office"
    r"|tienda|sucursal|local|magasin)\b\s*(?:no\.?|number|num\.?|nr\.?|code|id)?\s*[:#]?\s*#?\s*$"
    r"|#\s*$",
    re.IGNORECASE,
)


class Candidate(NamedTuple):
    """An account that could be meant, as the store has it."""

    number: int  # of the store, not of the utility
    id: str
    customer: str
    vendor: str
    canonical: str
    shown: str  # the utility's number
    key: str  # as it is compared
    location_code: str
    location_name: str
    city: str
    state: str
    status: str


@dataclass(frozen=True)
class Vendors:
    """The vendors a text names, and the other names of those in the store."""

    named: Sequence[str]
    aliases: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def agree(self, one: Candidate) -> bool:
        """Return whether a vendor that is named can be the account's."""
        known = {fold(one.canonical), fold(one.vendor)}
        for state in ("", one.state):
            known |= self.aliases.get((one.canonical, state), frozenset())
        return any(_same(name, known) for name in map(fold, self.named) if name)

    @property
    def said(self) -> str:
        """The first name, for a sentence."""
        return display(self.named[0]) if self.named else ""


def _same(name: str, known: set[str]) -> bool:
    """Return whether a folded name is one of the known ones, or the brand one begins with."""
    if name in known:
        return True
    return len(name) >= _SHORTEST_BRAND and any(one.startswith(name) for one in known if one)


class Typed(NamedTuple):
    """A number as a text has it; ``is_end`` where the text itself hides its beginning."""

    shown: str
    key: str
    is_end: bool


def typed(numbers: Iterable[str]) -> list[Typed]:
    """Return numbers as they are compared, each once; those too short to say anything left out."""
    found: dict[str, Typed] = {}
    for raw in numbers:
        shown = display(raw)
        visible = _HIDDEN.sub("", shown)
        key = number_key(visible)
        if len(key) >= SHORTEST:
            found.setdefault(key, Typed(shown, key, visible != shown))
    return list(found.values())


def by_number(
    one: Typed, found: Sequence[Candidate], vendors: Vendors, customer: str
) -> Iterator[tuple[Candidate, str]]:
    """Yield the accounts with a number, each with how it was recognised.

    Two vendors may use the same number, so one that agrees goes before the others. Where nobody
    knows whose text it is, a short number says nothing, and a vendor that is named must agree.
    """
    if one.is_end or (not customer and len(one.key) < TELLING):
        return
    same = _open_first([each for each in found if each.key == one.key])
    agreeing = [each for each in same if vendors.agree(each)]
    if vendors.named and not customer:
        same = agreeing
    for each in agreeing or same:
        how = f"account number {one.shown}"
        if vendors.named and not agreeing:
            how += f", although the text names {vendors.said}"
        yield each, how


def by_end(
    one: Typed, found: Sequence[Candidate], vendors: Vendors, customer: str
) -> Iterator[tuple[Candidate, str]]:
    """Yield the one account whose number ends so and whose vendor is named; none of several."""
    if not customer and len(one.key) < TELLING:
        return
    ending = [
        each
        for each in found
        if each.key.endswith(one.key) and each.key != one.key and vendors.agree(each)
    ]
    exact = [each for each in found if one.is_end and each.key == one.key and vendors.agree(each)]
    same = _open_first([*ending, *exact])
    if len(same) == 1:
        yield same[0], f"a number that ends in {one.key} with {vendors.said}"


def by_meter(
    one: Typed, found: Sequence[Candidate], customer: str
) -> Iterator[tuple[Candidate, str]]:
    """Yield the accounts that have a meter; supply and delivery may share one."""
    if customer or len(one.key) >= TELLING:
        for each in _open_first(found):
            yield each, f"meter {one.shown}"


class Code(NamedTuple):
    """A word that may be the code of a site; ``introduced`` by a word like store, or by #."""

    text: str
    introduced: bool


def codes(text: str) -> list[Code]:
    """Return the words of a text that may be codes of sites, those that are introduced first."""
    found: dict[str, Code] = {}
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".-_")
        before = text[max(match.start() - 40, 0) : match.start()]
        introduced = bool(_PLACE_WORD.search(before))
        is_code = word.isupper() and word not in _NO_CODES and introduced
        if not is_code and not any(one.isdigit() for one in word):
            continue
        known = found.get(word.upper())
        if known is None or (introduced and not known.introduced):
            found[word.upper()] = Code(word, introduced)
    return sorted(found.values(), key=lambda one: not one.introduced)[:MOST_CODES]


def spellings(code: Code) -> set[str]:
    """Return how a code may be written in the store: with or without leading zeros."""
    plain = {code.text, code.text.upper(), code.text.lower()}
    bare = code.text.lstrip("0")
    if not code.introduced or not bare.isdecimal():
        return plain
    return plain | {bare.zfill(length) for length in range(len(bare), 7)}


def by_site(
    code: Code, found: Sequence[Candidate], vendors: Vendors, text: str
) -> Iterator[tuple[Candidate, str]]:
    """Yield the accounts at a site of which the vendor is named, or the only one there.

    A bare number counts only where the text names the town or the site as well.
    """
    wanted = spellings(code)
    there = _open_first([each for each in found if each.location_code in wanted])
    if not code.introduced:
        there = [each for each in there if _is_named(each, text)]
    agreeing = [each for each in there if vendors.agree(each)]
    if vendors.named:
        for each in agreeing:
            yield each, f"site {each.location_code} with {vendors.said}"
    elif len(there) == 1:
        yield there[0], f"site {there[0].location_code}, its only account"


def _is_named(one: Candidate, text: str) -> bool:
    folded = f" {' '.join(_WORD.findall(text.casefold()))} "
    names = (one.city, re.sub(r"[#\d]+", " ", one.location_name))
    words = (" ".join(_WORD.findall(name.casefold())) for name in names)
    return any(name and f" {name} " in folded for name in words)


def _open_first(found: Sequence[Candidate]) -> list[Candidate]:
    """Return the accounts that are not closed; the closed ones where there is no other."""
    return [one for one in found if one.status != CLOSED] or list(found)

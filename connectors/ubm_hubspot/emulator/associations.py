"""Associations between records: type ids of the vendor, both directions kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Link(NamedTuple):
    """One association type, seen from one side."""

    type_id: int
    source: str
    target: str
    inverse: int
    label: str | None = None  # "Primary" where it marks the primary one


def _pair(
    source: str, target: str, there: int, back: int, label: str | None = None
) -> tuple[Link, Link]:
    return Link(there, source, target, back, label), Link(back, target, source, there, label)


# HubSpot: the numbers are the same in every portal (category HUBSPOT_DEFINED).
LINKS = {
    link.type_id: link
    for pair in (
        _pair("tickets", "companies", 339, 340),
        _pair("tickets", "companies", 26, 25, "Primary"),
        _pair("tickets", "contacts", 16, 15),
        _pair("tickets", "notes", 227, 228),
        _pair("tickets", "tasks", 229, 230),
        _pair("tickets", "meetings", 225, 226),
        _pair("tickets", "emails", 223, 224),
        _pair("companies", "notes", 189, 190),
        _pair("companies", "tasks", 191, 192),
        _pair("companies", "meetings", 187, 188),
        _pair("companies", "emails", 185, 186),
        _pair("contacts", "notes", 201, 202),
        _pair("contacts", "tasks", 203, 204),
        _pair("contacts", "meetings", 199, 200),
        _pair("contacts", "emails", 197, 198),
        _pair("contacts", "companies", 279, 280),
        _pair("contacts", "companies", 1, 2, "Primary"),
        (Link(452, "tickets", "tickets", 452), Link(452, "tickets", "tickets", 452)),
    )
    for link in pair
}
PLAIN = {(link.source, link.target): link for link in LINKS.values() if link.label is None}


def between(source: str, target: str) -> list[Link]:
    """Return the types that lead from ``source`` to ``target``."""
    return [link for link in LINKS.values() if (link.source, link.target) == (source, target)]


class Associations:
    """Who is associated with whom; ids are those of records of any type."""

    def __init__(self) -> None:
        self.links: dict[int, dict[int, tuple[int, ...]]] = {}

    def link(self, source: int, target: int, types: Iterable[Link]) -> bool:
        """Add associations in both directions; returns whether anything is new.

        HubSpot: setting a primary one also creates the unlabelled one.
        """
        new = False
        for link in types:
            plain = PLAIN[link.source, link.target]
            for one in {plain, link}:
                new |= self._add(source, target, one.type_id)
                self._add(target, source, one.inverse)
        return new

    def unlink(self, source: int, target: int, types: Iterable[Link] | None = None) -> bool:
        """Take associations away (None: all of them); returns whether any was there.

        HubSpot: deleting the unlabelled one removes all.
        """
        there = self.links.get(source, {}).get(target, ())
        if types is None or any(link.label is None for link in types):
            gone = set(there)
        else:
            gone = {link.type_id for link in types}
        kept = tuple(type_id for type_id in there if type_id not in gone)
        back = tuple(LINKS[type_id].inverse for type_id in kept)
        self._put(source, target, kept)
        self._put(target, source, back)
        return kept != there

    def of(self, source: int) -> dict[int, tuple[int, ...]]:
        """Return the associated ids with their type ids, in the order they were made."""
        return self.links.get(source, {})

    def move(self, source: int, target: int) -> None:
        """Give all associations of ``source`` to ``target``, as a merge does."""
        for other, types in list(self.of(source).items()):
            if other != target:
                self.link(target, other, [LINKS[type_id] for type_id in types])
            self.unlink(source, other)

    def _add(self, source: int, target: int, type_id: int) -> bool:
        known = self.links.setdefault(source, {})
        types = known.get(target, ())
        if type_id in types:
            return False
        known[target] = _SHARED.setdefault(joined := (*types, type_id), joined)
        return True

    def _put(self, source: int, target: int, types: tuple[int, ...]) -> None:
        known = self.links.get(source)
        if known is None:
            return
        if types:
            known[target] = types
        else:
            known.pop(target, None)


_SHARED: dict[tuple[int, ...], tuple[int, ...]] = {}  # equal tuples are kept once

"""Which utility company a customer means: by alias and state, because names collide.

"PGE" is Pacific Gas & Electric in California and Portland General Electric in Oregon; "Peoples
Gas" names three companies; "FirstEnergy" names none, it is the parent of ten. The list is data
(``data/vendors.csv``: canonical name, aliases, commodities, states, note); what is not on it is a
warning for the manager and never a reason to refuse a row.
"""

from __future__ import annotations

import csv
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from ubm_sync.locations.regions import state_name
from ubm_sync.spelling import fold

_EVERYWHERE = "US"
_SHORTEST_BRAND = 4

# Holding companies: the bill names one of their utilities.
_PARENTS = frozenset(
    [
        "aep",
        "americanelectricpower",
        "avangrid",
        "berkshirehathawayenergy",
        "exelon",
        "firstenergy",
        "nationalgrid",
        "nextera",
        "nexteraenergy",
        "southerncompany",
    ]
)
# Parents whose name stands on bills too: in a state with one such utility it is meant.
_BRANDS = frozenset({"nationalgrid"})


class Match(StrEnum):
    """How well a name was understood."""

    RESOLVED = "resolved"
    AMBIGUOUS = "ambiguous"  # several companies of that name there
    PARENT = "parent"  # a holding company
    UNKNOWN = "unknown"


class Vendor(NamedTuple):
    """One utility company."""

    canonical: str
    keys: tuple[str, ...]
    commodities: frozenset[str]
    states: frozenset[str]

    def serves(self, state: str) -> bool:
        """Return whether the company is known in a state (two letters)."""
        return state in self.states or _EVERYWHERE in self.states


class Resolution(NamedTuple):
    """What a vendor's name means.

    ``canonical`` is "" unless resolved. ``candidates`` are the companies it could be. ``offers``
    is False where the company is known not to sell the commodity.
    """

    match: Match
    canonical: str = ""
    candidates: tuple[str, ...] = ()
    offers: bool = True


@lru_cache(maxsize=65536)
def resolve(name: str, state: str, commodity: str = "") -> Resolution:
    """Return which company ``name`` means in ``state`` (two letters, may be "").

    A commodity decides between companies of one name (DTE has an electric and a gas one).
    """
    key = fold(name)
    if not key:
        return Resolution(Match.UNKNOWN)
    index = _index()
    there = [vendor for vendor in _meant(key, state, index) if vendor.serves(state)]
    if key in _PARENTS and not (key in _BRANDS and len(there) == 1):
        return Resolution(Match.PARENT, candidates=_names(there or index.get(key, [])))
    wanted = commodity.casefold()
    if len(there) > 1 and wanted:
        there = [vendor for vendor in there if wanted in vendor.commodities] or there
    if len(there) == 1:
        vendor = there[0]
        offers = not wanted or wanted in vendor.commodities
        return Resolution(Match.RESOLVED, vendor.canonical, (vendor.canonical,), offers)
    if there:
        return Resolution(Match.AMBIGUOUS, candidates=_names(there))
    elsewhere = index.get(key, [])
    if not state and len(elsewhere) > 1:
        return Resolution(Match.AMBIGUOUS, candidates=_names(elsewhere))
    return Resolution(Match.UNKNOWN, candidates=_names(elsewhere))


def warning(found: Resolution, name: str, state: str, commodity: str) -> str:
    """Return what a manager should look at, "" where all is well."""
    if found.match is Match.RESOLVED:
        if found.offers:
            return ""
        return f"{found.canonical} is not known to sell {commodity.lower()}: please check."
    some = ", ".join(found.candidates[:4])
    if found.match is Match.PARENT:
        hint = f" (for example {some})" if some else ""
        return f'Vendor "{name}" is a parent company: which utility is on the bill{hint}?'
    if found.match is Match.AMBIGUOUS:
        return f'Vendor "{name}" could be {some}: please check the bill.'
    if some:
        where = state_name(state) or "that state"
        return f'Vendor "{name}" is not known in {where} ({some}?): needs review.'
    return f'Vendor "{name}" is not on our list: needs review.'


def _meant(key: str, state: str, index: dict[str, list[Vendor]]) -> list[Vendor]:
    """Return the vendors a folded name can mean: by alias, by alias and state, by brand."""
    found = [*index.get(key, []), *index.get(f"{key}{state.lower()}", [])]
    if len(key) >= _SHORTEST_BRAND:
        found += [vendor for vendor in _vendors() if vendor.keys[0].startswith(key)]
    return list(dict.fromkeys(found))


def _names(vendors: list[Vendor]) -> tuple[str, ...]:
    return tuple(vendor.canonical for vendor in vendors)


@lru_cache(maxsize=1)
def _vendors() -> tuple[Vendor, ...]:
    text = resources.files("ubm_sync.locations").joinpath("data/vendors.csv").read_text("utf-8")
    return tuple(
        Vendor(
            row["canonical"],
            tuple(fold(alias) for alias in (row["canonical"], *_split(row["aliases"]))),
            frozenset(item.casefold() for item in _split(row["commodities"])),
            frozenset(_split(row["states"])),
        )
        for row in csv.DictReader(text.splitlines())
    )


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


@lru_cache(maxsize=1)
def _index() -> dict[str, list[Vendor]]:
    index: dict[str, list[Vendor]] = {}
    for vendor in _vendors():
        for key in dict.fromkeys(vendor.keys):
            index.setdefault(key, []).append(vendor)
    return index

"""What is matched: one existing row, ticket or account, with what is compared of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ubm_sync.locations.regions import state_code
from ubm_sync.locations.vendors import Match, resolve
from ubm_sync.matching.address import Address, read_address
from ubm_sync.matching.numbers import Number, read_meters, read_number
from ubm_sync.model import NOTHING, Values
from ubm_sync.spelling import fold, number_key

_CODE_WORDS = re.compile(
    r"^(?:STORE|LOCATION|LOC|SITE|UNIT|BRANCH|SHOP|NO|NUMBER)[\s.:#-]*(?=.*\d)", re.IGNORECASE
)
_NOT_CODE = re.compile(r"[^A-Z0-9]+")
_TOKEN = re.compile(r"[A-Z0-9][A-Z0-9./_-]{2,}[A-Z0-9]", re.IGNORECASE)
_GROUPS = re.compile(r"\d+(?:[ -]\d+)+")  # 44 7190 8023
_SHORTEST_TOKEN = 5
_CLOSED = frozenset({"closed", "duplicate", "declined"})
_FIELDS = frozenset({"account_number", "vendor", "meter_numbers", "address_1"})


@dataclass(frozen=True, slots=True)
class Item:
    """One record of one place as it is now.

    ``values`` are canonical. ``label`` is what people call it. ``created_at`` orders copies of one
    thing: the one that was there first counts.
    """

    place: str
    ref: str
    values: Values = field(default_factory=lambda: NOTHING)
    label: str = ""
    created_at: datetime | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.label or self.ref


class Vendor(NamedTuple):
    """Who sends the bills: the names it can mean, folded; ``is_sure`` where it is one company."""

    names: frozenset[str] = frozenset()
    shown: str = ""
    is_sure: bool = False
    is_listed: bool = False


class Traits(NamedTuple):
    """What is compared of an item, each in its one spelling."""

    item: Item
    number: Number
    meters: frozenset[str]
    vendor: Vendor
    commodity: str
    bill: str
    address: Address
    code: str
    owner: str  # name on the account, folded
    mentions: frozenset[str]  # number keys in free text, where nothing else is told
    text: str  # that text, folded
    is_closed: bool
    is_automatic: bool  # written by an automation, without a person


def traits(item: Item) -> Traits:
    """Return what is compared of an item."""
    get = item.values.get
    state = state_code(get("state", ""))
    commodity = get("commodity", "").strip().casefold()
    free = "" if _FIELDS & item.values.keys() else f"{get('subject', '')}\n{get('content', '')}"
    return Traits(
        item,
        read_number(get("account_number", "")),
        read_meters(get("meter_numbers", "")),
        _vendor(get("vendor_canonical", "") or get("vendor", ""), state, commodity),
        commodity,
        get("bill_type", "").strip().casefold(),
        read_address(
            get("address_1", ""), get("address_2", ""), get("city", ""), state, get("zip", "")
        ),
        code_key(get("location_code", "")),
        fold(get("name_on_account", "")),
        mentioned(free),
        fold(free) if free.strip() else "",
        bool({get("status", "").casefold(), get("stage", "")} & _CLOSED),
        get("source", "").upper() == "DSS",
    )


@lru_cache(maxsize=65536)
def code_key(code: str) -> str:
    """Return a location code as it is compared: no separators, no lost zeros, no "Store"."""
    return _NOT_CODE.sub("", _CODE_WORDS.sub("", code.strip()).upper()).lstrip("0")


def mentioned(text: str) -> frozenset[str]:
    """Return the keys of everything in a text that can be an account or meter number."""
    found = set()
    for token in (*_TOKEN.findall(text), *_GROUPS.findall(text)):
        key = number_key(token)
        if len(key) >= _SHORTEST_TOKEN and sum(char.isdigit() for char in key) * 2 > len(key):
            found.add(key)
    return frozenset(found)


@lru_cache(maxsize=65536)
def _vendor(name: str, state: str, commodity: str) -> Vendor:
    if not name.strip():
        return Vendor()
    found = resolve(name, state, commodity)
    if found.match is Match.RESOLVED:
        return Vendor(frozenset({fold(found.canonical)}), found.canonical, True, True)
    if found.candidates:
        return Vendor(frozenset({fold(name), *map(fold, found.candidates)}), name, False, True)
    return Vendor(frozenset({fold(name)}), name, True, False)


def values_text(values: Mapping[str, str], *names: str) -> str:
    """Return the values of some fields for a person, those that are there."""
    return ", ".join(value for name in names if (value := values.get(name)))

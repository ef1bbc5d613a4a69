"""Account numbers: as typed, as shown, as compared.

``raw`` stays what the customer typed. Two numbers are one account where their keys agree under
the same vendor and state; a number alone says nothing, two vendors may both use it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ubm_sync.flow import NOWHERE, Site
from ubm_sync.locations import vendors
from ubm_sync.locations.findings import shown
from ubm_sync.locations.regions import state_code
from ubm_sync.locations.secrets import mask
from ubm_sync.model import Customer, Values
from ubm_sync.spelling import fold, number_key

_HOUSE = re.compile(r"\d+[A-Za-z]?\b")


def possible_key(raw: str) -> str:
    """Return the key without its last digit, which for some utilities is a check digit.

    Two numbers that agree only so are for a person to look at, never the same account by rule.
    """
    return number_key(raw)[:-1]


def site(customer: Customer, values: Values) -> Site:
    """Return the location of a row: its code, and its address by ZIP and house number.

    A street is written in many ways, its number is not. Nowhere while code, address or ZIP are
    missing.
    """
    get = values.get
    code, address, zip_code = get("location_code", ""), get("address_1", ""), get("zip", "")
    return _site(customer.key, code, address, zip_code, get("city", ""), get("state", ""))


@lru_cache(maxsize=8192)  # asked twice about each record of a portion
def _site(customer: str, code: str, address: str, zip_code: str, city: str, state: str) -> Site:
    digits = "".join(one for one in zip_code if one.isdecimal())
    if not code or not address or not digits:
        return NOWHERE
    five = (digits.zfill(5) if len(digits) <= 5 else digits.zfill(9))[:5]  # noqa: PLR2004 - ZIP, ZIP+4
    number = _HOUSE.search(address)
    where = number[0] if number else " ".join(address.casefold().split())
    text = ", ".join(shown(mask(part)) for part in (address, city, state) if part)
    return Site(f"{customer}|{code.casefold()}", f"{five} {where.casefold()}", text, told=True)


def account_key(customer: Customer, values: Values) -> str:
    """Return ``customer|vendor|state|key``, "" where vendor, state or number is missing.

    The vendor is its canonical name where the vendor list knows it in that state, so that ComEd
    and Commonwealth Edison meet; else its folded spelling.
    """
    get = values.get
    number, name, state = get("account_number"), get("vendor"), get("state")
    if not number or not name or not state:
        return ""
    return _account_key(customer.key, number, name, state, get("commodity", ""))


@lru_cache(maxsize=8192)  # as above
def _account_key(customer: str, number: str, name: str, typed_state: str, commodity: str) -> str:
    key, state = number_key(number), state_code(typed_state)
    if not key or not state:
        return ""
    found = vendors.resolve(name, state, commodity)
    return f"{customer}|{found.canonical or fold(name)}|{state}|{key}"

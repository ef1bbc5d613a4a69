"""Checks of where a location is: address, city, state, ZIP."""

from __future__ import annotations

import re

from ubm_sync.locations.findings import Checker, shown
from ubm_sync.locations.regions import (
    ZipMatch,
    city_fits,
    read_zip,
    state_code,
    state_name,
    zip_city,
)

_PO_BOX = re.compile(
    r"\b(?:p\.?\s*o\.?\s*box|post\s+office\s+box|apartado(?:\s+postal)?)\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE
)
_CROSSING = re.compile(
    r"[&@/+]|\b(?:and|at|corner|intersection|junction|jct|near|y)\b", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]")


def address(check: Checker) -> None:
    """Check the service address: a number or a crossing, never a post office box."""
    first = check.values.get("address_1", "")
    if first:
        if _PO_BOX.search(first):
            check.error(
                "address_1",
                f'{{}} "{shown(first)}" is a PO Box. Please type the street address there.',
            )
        elif not _NUMBER.search(first) and not _CROSSING.search(first):
            check.error(
                "address_1",
                f'{{}} "{shown(first)}" has no street number. Please type number and street, or a '
                'crossing like "Main St & 1st Ave".',
            )
    second = check.values.get("address_2", "")
    most = check.rules.address_2_length
    if len(second) > most:
        check.error(
            "address_2",
            f"{{}} has {len(second):,} characters. Please shorten it to {most}.",
        )


def region(check: Checker) -> None:
    """Check state, ZIP and city against each other; repair the spelling of state and ZIP."""
    values = check.values
    typed = values.get("state", "")
    code = state_code(typed)
    if typed and not code:
        check.error(
            "state", f'{{}} "{shown(typed)}" is not a US state. Please type its 2 letters, like IL.'
        )
    elif typed:
        check.fix("state", code)
    five = _zip(check, values.get("zip", ""), code)
    _city(check, values.get("city", ""), five)


def _zip(check: Checker, typed: str, code: str) -> str:
    """Check the ZIP; return it repaired, "" where it cannot be used."""
    if not typed:
        return ""
    reading = read_zip(typed, code)
    if reading.match is ZipMatch.FITS:
        check.fix("zip", reading.zip)
        return reading.zip
    if reading.match is ZipMatch.UNLISTED:
        check.fix("zip", reading.zip)
        check.warn("zip", f"{{}} {shown(reading.zip)} is not in our list of ZIPs: please check.")
        return reading.zip
    if reading.match is ZipMatch.OTHER_STATE:
        name = state_name(code)
        article = "an" if name[0] in "AEIO" else "a"
        what = "Please check ZIP and State." if len(typed) >= len("60435") else _ALL_DIGITS
        check.error("zip", f"{{}} {shown(typed)} is not {article} {name} ZIP. {what}")
        return ""
    what = "Please type its 5 digits." if reading.zip else _ALL_DIGITS
    value = shown(typed) if typed.isdigit() else f'"{shown(typed)}"'
    check.error("zip", f"{{}} {value} is not a US ZIP. {what}")
    return ""


_ALL_DIGITS = "Please type all 5 digits."


def _city(check: Checker, city: str, five: str) -> None:
    if not city:
        return
    if not _LETTER.search(city):
        check.error("city", f'{{}} "{shown(city)}" is not a city. Please type its name.')
    elif five and not city_fits(city, five):
        check.warn("city", f'{{}} "{shown(city)}" is not known for ZIP {five} ({zip_city(five)}).')

"""Kinds of values that configuration files hold: addresses, zones, days, states, ids."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, Any, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from ubm_sync.mapping import nearest

_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ "
    "NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR VI GU AS MP"
)
US_STATES = frozenset(_STATES.split())
_ABBREVIATED = {
    f"{letter}{kind}": zone
    for letter, zone in (
        ("E", "America/New_York"),
        ("C", "America/Chicago"),
        ("M", "America/Denver"),
        ("P", "America/Los_Angeles"),
    )
    for kind in ("T", "ST", "DT")
}
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_ID = re.compile(r"[A-Za-z0-9_.:-]+")
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})  # names that say no zone
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones this machine or the tzdata package knows."""
    return frozenset(available_timezones()) - _NO_PLACES


def _zone(value: str) -> str:
    usual = _ABBREVIATED.get(value.upper())
    if usual:
        raise ValueError(f'"{value}" does not say when summer time begins; write "{usual}"')
    if value in zones():
        return value
    hint = nearest(value, zones()) or '; write it as "America/Chicago"'
    raise ValueError(f'there is no time zone "{value}"{hint}')


def _address(value: str) -> str:
    if _ADDRESS.fullmatch(value):
        odd = next((sign for sign in value if not sign.isascii()), "")
        if odd:  # copied from a document, or a letter of another alphabet that looks the same
            raise ValueError(
                f'"{value}" has a sign ("{odd}") that is in no e-mail address; type it anew'
            )
        return value
    raise ValueError(f'"{value}" is not an e-mail address; write one like dana.lee@example.com')


def _day(value: str) -> str:
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise ValueError(f'"{value}" is not a day of the calendar; write it as 2026-12-24')


def _state(value: str) -> str:
    if value in US_STATES:
        return value
    hint = f'; did you mean "{value.upper()}"?' if value.upper() in US_STATES else ""
    raise ValueError(f'"{value}" is not the two letters of a US state{hint}')


def _digits(value: Any) -> Any:
    """Let an id be written without quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _id(value: str) -> str:
    if value.strip() != value:
        raise ValueError(f'"{value}" has blanks around it; delete them')
    if not _ID.fullmatch(value):
        text = "is no id: an id is a number, or letters and digits"
        raise ValueError(f'"{value}" {text}; copy the id alone, no address and no quotation marks')
    return value


Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
Address: TypeAlias = Annotated[str, AfterValidator(_address)]
Day: TypeAlias = Annotated[str, AfterValidator(_day)]
State: TypeAlias = Annotated[str, AfterValidator(_state)]
Id: TypeAlias = Annotated[
    str,
    BeforeValidator(_digits, json_schema_input_type=str | int),
    Field(min_length=1),
    AfterValidator(_id),
]

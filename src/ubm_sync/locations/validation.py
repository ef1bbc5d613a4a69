"""Check one row against the template: every problem at once, in the customer's words.

Pure: the same row on the same day gives the same findings. Nothing typed is ever dropped; a
finding says what to type instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from ubm_sync.calendars import local
from ubm_sync.locations import vendors
from ubm_sync.locations.check_numbers import account_number, meter_numbers
from ubm_sync.locations.check_place import address, region
from ubm_sync.locations.findings import Checker, Findings, shown
from ubm_sync.locations.regions import state_code
from ubm_sync.locations.rules import CHANGE, CLOSE, LocationRules
from ubm_sync.model import Mark, Values

_DEFAULT = LocationRules()
_CODE = re.compile(r"[A-Za-z0-9 ._-]+", re.ASCII)
_OPTIONS_SHOWN = 7
_IDENTIFIERS = ("location_code",)
_UNWRITABLE: Mapping[str, str] = {
    Mark.FORMULA: "holds a formula",
    Mark.LINKED: "is linked from another sheet",
}
_UNSEEN = (
    'We cannot read the column "{}" of this sheet now: it was removed, renamed or changed. Please '
    "put it back; your rows are safe."
)
_OPTIONAL = frozenset(
    ("address_2", "meter_numbers", "service_end", "online_access", "gl_code", "notes")
)


def is_request(request: str, kind: str) -> bool:
    """Return whether a request type is ``kind``, however it is capitalised."""
    return request == kind or (len(request) == len(kind) and request.casefold() == kind.casefold())


def check(
    values: Values,
    marks: Mapping[str, str],
    request: str,
    now: datetime,
    zone: str,
    *,
    rules: LocationRules = _DEFAULT,
    titles: Mapping[str, str] | None = None,
) -> Findings:
    """Return what is wrong with a row.

    ``marks`` are what was noticed about cells, ``request`` the request type, ``zone`` the
    customer's time zone, ``titles`` this customer's column titles. Never raises, whatever was
    typed.
    """
    today = _today(now, zone)
    checker = Checker(values, marks, request, today, rules, titles or rules.titles)
    required = _required(checker)
    absent = [name for name in required if name not in values]
    unseen = [name for name in absent if marks.get(name) == Mark.UNSEEN] if marks else []
    checker.missing = [name for name in absent if name != "account_number" and name not in unseen]
    for name in unseen:
        checker.error(name, _UNSEEN)
    _texts(checker)
    _choices(checker)
    address(checker)
    region(checker)
    _vendor(checker)
    asked = "account_number" in required and "account_number" not in unseen
    if "account_number" in values or asked:
        account_number(checker)
    meter_numbers(checker)
    _dates(checker)
    _own_checks(checker)
    if marks:
        _marks(checker)
    checker.flagged.update(checker.missing)
    if "account_number" in checker.missing:
        order = {name: place for place, name in enumerate(rules.titles)}
        checker.missing.sort(key=lambda name: order.get(name, len(order)))
    always, where_filled = _checked(required)
    return checker.findings(always + len(values.keys() & where_filled))


@lru_cache(maxsize=64)
def _checked(required: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    """Return how many fields are checked in any row, and which others only where they are filled.

    A field may be named as required twice.
    """
    return len(set(required)), _OPTIONAL.difference(required)


@lru_cache(maxsize=64)
def _today(now: datetime, zone: str) -> date:
    """Return the local day; all rows of a cycle are checked at one instant."""
    return local(now, zone).date()


def _required(checker: Checker) -> tuple[str, ...]:
    rules = checker.rules
    if is_request(checker.request, CLOSE):
        return (*rules.required_for_request, "service_end")
    if is_request(checker.request, CHANGE):
        return rules.required_for_request
    if checker.values.get("bill_delivery") in rules.online_access_for:
        return (*rules.required, "online_access")
    return rules.required


def _texts(checker: Checker) -> None:
    values, rules = checker.values, checker.rules
    code = values.get("location_code", "")
    if code and not (len(code) <= rules.code_length[1] and _CODE.fullmatch(code)):
        checker.error(
            "location_code",
            f'{{}} "{shown(code)}" cannot be used. Please type {rules.code_length[0]} to '
            f"{rules.code_length[1]} letters, digits, spaces, dots, dashes or underscores.",
        )
    for field, (fewest, most) in (
        ("location_name", rules.name_length),
        ("name_on_account", rules.person_length),
    ):
        text = values.get(field)
        if text and not fewest <= len(text) <= most:
            checker.error(field, f'{{}} "{shown(text)}" should have {fewest} to {most} characters.')
    for field, most in (("gl_code", rules.gl_length), ("notes", rules.notes_length)):
        text = values.get(field)
        if text and len(text) > most:
            checker.error(
                field, f"{{}} has {len(text):,} characters. Please shorten it to {most:,}."
            )


def _choices(checker: Checker) -> None:
    values = checker.values
    for field, options in checker.rules.choices.items():
        typed = values.get(field)
        if typed is None or field == "state" or typed in options:
            continue  # a state may be spelled out: it is corrected, not refused
        folded = typed.casefold()
        if any(folded == option.casefold() for option in options):
            continue
        some = ", ".join(options[:_OPTIONS_SHOWN])
        more = " or another on the list" if len(options) > _OPTIONS_SHOWN else ""
        checker.error(
            field,
            f'{{}} "{shown(typed)}" is not on the list. Please choose one of: {some}{more}.',
        )


def _own_checks(checker: Checker) -> None:
    """Ask what the mapping asks; a field that is wrong already is not scolded twice."""
    wrong = {one.field for one in checker.errors}
    for field, complaint in checker.rules.checks.items():
        value = checker.values.get(field)
        if value and field not in wrong and (sentence := complaint(value)):
            checker.error(field, sentence)


def _vendor(checker: Checker) -> None:
    name = checker.values.get("vendor")
    if not name:
        return
    state = state_code(checker.values.get("state", ""))
    commodity = checker.values.get("commodity", "")
    found = vendors.resolve(name, state, commodity)
    if found.match is not vendors.Match.RESOLVED or not found.offers:
        text = vendors.warning(found, shown(name), state, shown(commodity))
        checker.warn("vendor", text)


def _dates(checker: Checker) -> None:
    rules = checker.rules
    start = _date(checker, "service_start")
    end = _date(checker, "service_end")
    if start is not None:
        latest = checker.today + timedelta(days=rules.start_limit_days)
        if start.isoformat() < rules.earliest_start:
            checker.error(
                "service_start",
                f"{{}} {start} is before {rules.earliest_start[:4]}. Please check the year.",
            )
        elif start > latest:
            checker.recheck = start - timedelta(days=rules.start_limit_days)
            checker.error(
                "service_start",
                f"{{}} {start} is more than {rules.start_limit_days} days ahead. Please check the "
                "date, or keep the row until then.",
            )
    if start is not None and end is not None and end < start:
        checker.error(
            "service_end", f"{{}} {end} is before Service Start {start}. Please check both dates."
        )


def _date(checker: Checker, field: str) -> date | None:
    typed = checker.values.get(field)
    if not typed:
        return None
    if checker.marks.get(field) != Mark.UNTYPED and (day := _day(typed)) is not None:
        return day
    checker.error(field, f'{{}} "{shown(typed)}" is not a date. Please type it like 12/01/2026.')
    return None


@lru_cache(maxsize=4096)
def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _marks(checker: Checker) -> None:
    for field, mark in checker.marks.items():
        if field not in checker.values or field not in checker.titles:
            continue
        if mark in _UNWRITABLE and field != "request_number":
            checker.warn(
                field, f"{{}} {_UNWRITABLE[mark]}: we read it but cannot correct it there."
            )
        elif mark == Mark.NUMERIC and field in _IDENTIFIERS:
            typed = shown(checker.values[field])
            checker.warn(field, f"{{}} {typed} came as a number: were there leading zeros?")

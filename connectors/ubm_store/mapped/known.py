"""Finding the accounts a text names in a foreign table, which has no index of ours and no bills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, func, or_

from ubm_store.mapped.table import ForeignTable
from ubm_store.recognising import (
    SHORTEST,
    Candidate,
    Code,
    Typed,
    Vendors,
    by_end,
    by_meter,
    by_number,
    by_site,
    codes,
    spellings,
    typed,
)
from ubm_store.seed import known_vendors
from ubm_store.values import meters as split
from ubm_sync.model import Observation
from ubm_sync.ports import KnownAccount
from ubm_sync.spelling import SEPARATORS, fold, number_key

MOST = 50  # accounts that one text is taken to name


def accounts_named(
    connection: Connection,
    table: ForeignTable,
    customer: str,
    numbers: Sequence[str],
    vendors: Sequence[str],
    meters: Sequence[str],
    text: str,
) -> list[KnownAccount]:
    """Return the accounts that a text names (``KnowsAccounts``); of their bills nothing is known.

    A field that has no column in the table is not asked for.
    """
    wanted, hung = typed(numbers), typed(meters)
    sites = codes(text) if customer else []
    conditions = [
        *_conditions(table, "account_number", wanted, ends=True),
        *_conditions(table, "meter_numbers", hung, ends=False),
        *_site_conditions(table, sites),
    ]
    if not conditions:
        return []
    statement = table.rows().where(or_(*conditions))
    if customer:
        statement = statement.where(cast(table.column("customer_key"), Text) == customer)
    rows = connection.execute(statement.order_by(table.column("id"))).all()
    seen = [table.observation("", row) for row in rows]
    found = [(_candidate(number, one), one) for number, one in enumerate(seen)]
    named = Vendors(vendors, _aliases())
    told: dict[int, KnownAccount] = {}  # by the place among the rows
    for pairs in (_by_numbers(wanted, found, named, customer), _by_meters(hung, found, customer)):
        for one, how in pairs:
            told.setdefault(one.number, _known(one, how))
    if not told:
        candidates = [one for one, _ in found]
        for code in sites:
            for one, how in by_site(code, candidates, named, text):
                told.setdefault(one.number, _known(one, how))
    return list(told.values())[:MOST]


def _by_numbers(
    wanted: Sequence[Typed],
    found: Sequence[tuple[Candidate, Observation]],
    vendors: Vendors,
    customer: str,
) -> Iterator[tuple[Candidate, str]]:
    candidates = [one for one, _ in found]
    for one in wanted:
        exact = list(by_number(one, candidates, vendors, customer))
        yield from exact or (
            by_end(one, candidates, vendors, customer) if vendors.named else iter(())
        )


def _by_meters(
    wanted: Sequence[Typed], found: Sequence[tuple[Candidate, Observation]], customer: str
) -> Iterator[tuple[Candidate, str]]:
    for one in wanted:
        having = [
            each
            for each, seen in found
            if one.key in {number_key(meter) for meter in split(seen.values.get("meter_numbers"))}
        ]
        yield from by_meter(one, having, customer)


def _conditions(
    table: ForeignTable, field: str, wanted: Sequence[Typed], *, ends: bool
) -> Iterator[ColumnElement[bool]]:
    binding = table.bindings.get(field)
    if binding is None or not wanted:
        return
    folded: Any = func.upper(cast(table.column_of(binding), Text))
    for separator in SEPARATORS:
        folded = func.replace(folded, separator, "")
    for one in wanted:
        if ends:
            yield folded.endswith(one.key[-SHORTEST:], autoescape=True)
        else:
            yield folded.contains(one.key, autoescape=True)


def _site_conditions(table: ForeignTable, sites: Sequence[Code]) -> Iterator[ColumnElement[bool]]:
    binding = table.bindings.get("location_code")
    if binding is not None and sites:
        words = sorted({word for one in sites for word in spellings(one)})
        yield cast(table.column_of(binding), Text).in_(words)


def _candidate(number: int, seen: Observation) -> Candidate:
    value = seen.values.get
    vendor, state, shown = value("vendor", ""), value("state", ""), value("account_number", "")
    return Candidate(
        number=number,
        id=seen.ref,
        customer=seen.container,
        vendor=vendor,
        canonical=value("vendor_canonical", "") or _canonical(vendor, state),
        shown=shown,
        key=number_key(shown),
        location_code=value("location_code", ""),
        location_name=value("location_name", ""),
        city=value("city", ""),
        state=state,
        status=value("status", ""),
    )


def _known(one: Candidate, how: str) -> KnownAccount:
    return KnownAccount(
        one.id, one.customer, one.canonical or one.vendor, one.shown, one.location_code,
        one.location_name, one.city, one.state, one.status, how,
    )  # fmt: skip


@cache
def _aliases() -> dict[tuple[str, str], frozenset[str]]:
    """Return the other names of the vendors the package knows, by vendor and state."""
    return {
        (one.canonical, state): frozenset(map(fold, one.aliases))
        for one in known_vendors()
        for state in one.states or ("",)
    }


def _canonical(vendor: str, state: str) -> str:
    """Return the one vendor that is called so in a state, "" where none or several are."""
    name = fold(vendor)
    found = [
        one.canonical
        for one in known_vendors()
        if (not one.states or state in one.states)
        and name in {fold(one.canonical), *map(fold, one.aliases)}
    ]
    return found[0] if len(found) == 1 else ""

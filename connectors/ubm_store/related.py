"""The rows around accounts: customers, vendors, locations, meters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ubm_store.drafts import Draft
from ubm_store.schema import Customer, Location, Meter, Vendor, table
from ubm_store.values import meters
from ubm_sync.database import upsert

_CUSTOMER = table(Customer)
_VENDOR = table(Vendor)
_LOCATION = table(Location)
_METER = table(Meter)
_CHUNK = 500

Tags = Mapping[str, Any]  # source, run_id, created_at of rows that this run writes


def tags(run: str, now: datetime) -> dict[str, Any]:
    """Return what every row written by this service carries."""
    return {"source": "SYNC", "run_id": run, "created_at": now}


def add_customers(connection: Connection, names: Mapping[str, str], tag: Tags) -> frozenset[str]:
    """Make sure of the configured customers and return the keys of all in the store."""
    there = set(connection.scalars(select(_CUSTOMER.c.key)))
    missing = [{"key": key, "name": name, **tag} for key, name in names.items() if key not in there]
    if missing:
        connection.execute(upsert(_CUSTOMER, ["key"], update=[]), missing)
    return frozenset(there | names.keys())


def add_vendors(connection: Connection, canonical: Iterable[str], tag: Tags) -> None:
    """Create vendors that nobody has confirmed yet; known ones stay as they are."""
    unknown = [{"canonical": name, "needs_review": True, **tag} for name in canonical]
    if unknown:
        connection.execute(upsert(_VENDOR, ["canonical"], update=[]), unknown)


def put_locations(connection: Connection, drafts: Iterable[Draft], tag: Tags) -> None:
    """Create or update the locations that the drafts touch; the last one of a code counts."""
    locations = {}
    for one in drafts:
        row = one.location()
        if row is not None:
            locations[row["customer_key"], row["code"]] = row
    if not locations:
        return
    names = ["name", "address_1", "address_2", "city", "state", "zip"]
    statement = upsert(
        _LOCATION, ["customer_key", "code"], update=[*names, "changed_at"], only_changed=names
    )
    stamp = {**tag, "changed_at": tag["created_at"]}
    connection.execute(statement, [{**row, **stamp} for row in locations.values()])


def put_meters(connection: Connection, wanted: Mapping[int, str | None], tag: Tags) -> None:
    """Make the meters of these accounts (number -> list as text) be the listed ones.

    A meter that is not listed any more is marked as removed, never deleted: bills refer to it.
    """
    there = {(row.account_number, row.meter_number): row for row in _meters(connection, wanted)}
    listed = {(number, meter) for number, text in wanted.items() for meter in meters(text)}
    new = [
        {"account_number": number, "meter_number": meter, **tag}
        for number, meter in sorted(listed - there.keys())
    ]
    if new:
        connection.execute(_METER.insert(), new)
    moved = [
        {"which": row.id, "removed_at": None if key in listed else tag["created_at"]}
        for key, row in there.items()
        if (row.removed_at is None) != (key in listed)
    ]
    if moved:
        connection.execute(update(Meter).where(_METER.c.id == bindparam("which")), moved)


def _meters(connection: Connection, numbers: Iterable[int]) -> Iterator[Any]:
    wanted = list(numbers)
    columns = (
        _METER.c.id,
        _METER.c.account_number,
        _METER.c.meter_number,
        _METER.c.removed_at,
    )
    for chunk in _chunks(wanted):
        yield from connection.execute(select(*columns).where(columns[1].in_(chunk)))


def _chunks(values: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), _CHUNK):
        yield list(values[start : start + _CHUNK])

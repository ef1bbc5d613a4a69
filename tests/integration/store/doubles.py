"""A store to test with: its connector, its clock, and a person with SQL beside it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from ubm_store import connect
from ubm_store.values import COLUMNS
from ubm_sync.clock import VirtualClock
from ubm_sync.database import open_engine, safe_address
from ubm_sync.model import (
    NOTHING,
    Binding,
    Customer,
    FieldType,
    Observation,
    Outcome,
    Page,
    Place,
    Write,
    Written,
)
from ubm_sync.ports import Connection, Connector, Lane, SetupStep

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HALSTED = Customer("halsted", "Halsted Foods")
AURORA = Customer("aurora", "Aurora University")
TYPES = {
    "service_start": FieldType.DATE,
    "service_end": FieldType.DATE,
    "approved_at": FieldType.INSTANT,
}
PLACE = Place(
    name="account",
    kind="location",
    system="store",
    suffix="",
    bindings=tuple(
        Binding(column, column, TYPES.get(column, FieldType.TEXT)) for column in COLUMNS
    ),
)


class NoBudget:
    """A database has no rate limit."""

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        raise AssertionError(f"{key} {cost} {lane}")

    def penalise(self, key: str, seconds: float) -> None:
        raise AssertionError(f"{key} {seconds}")


class Store:
    """The connector under test and what a test asks of it."""

    def __init__(
        self,
        url: str,
        *,
        place: Place | None = PLACE,
        customers: tuple[Customer, ...] = (HALSTED, AURORA),
        settings: Mapping[str, object] = NOTHING,
    ) -> None:
        self.url = url
        self.address = safe_address(url)
        self.clock = VirtualClock(NOON)
        self.connector: Connector = connect(
            Connection(
                places=(place,) if place else (),
                customers=customers,
                settings={"lock_seconds": 0.05, **settings},
                environment={"UBM_DATABASE_URL": url},
                clock=self.clock,
                budget=NoBudget(),
            )
        )
        self._person: Engine | None = None
        self._opening = threading.Lock()

    def setup(self, *, dry_run: bool = False) -> list[SetupStep]:
        return list(self.connector.ensure(dry_run=dry_run))

    def apply(self, *writes: Write) -> list[Outcome]:
        return list(self.connector.apply(writes))

    def pages(self, *, full: bool = False) -> list[Page]:
        return list(self.connector.observe(full=full))

    def observed(self, *, full: bool = False) -> list[Observation]:
        return [one for page in self.pages(full=full) for one in page.observations]

    def sql(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run one statement as a person would, in a transaction of its own."""
        with self.person.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    @property
    def person(self) -> Engine:
        with self._opening:
            if self._person is None:
                self._person = open_engine(self.url)
            return self._person

    def close(self) -> None:
        self.connector.close()
        if self._person is not None:
            self._person.dispose()


def new(key: str, number: str = "4471908023", /, **values: Written) -> Write:
    """Return the write of a new ComEd account of Halsted Foods."""
    there: dict[str, Written] = {
        "location_code": "0412",
        "location_name": "Joliet #0412",
        "city": "Joliet",
        "state": "IL",
        "vendor": "Commonwealth Edison",
        "vendor_canonical": "ComEd",
        "account_number": number,
        "account_key": number.lstrip("0"),
        "status": "setting_up",
    }
    return Write("account", key, None, "halsted", there | values)


def change(outcome: Outcome, **values: str | None) -> Write:
    """Return a write to the account of an outcome, decided on the version of that outcome."""
    return Write("account", outcome.key, outcome.ref, "halsted", values, outcome.version)

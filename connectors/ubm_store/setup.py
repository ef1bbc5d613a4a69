"""What ``setup`` does for the store: tables, vendors, customers. Doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.engine import make_url

from ubm_store import seed
from ubm_store.migrations import migrate_engine, pending
from ubm_store.related import add_customers, tags
from ubm_store.schema import Customer, table
from ubm_sync.database import clear_errors, for_reading, safe_address
from ubm_sync.errors import Refused
from ubm_sync.ports import SetupStep

_CUSTOMER = table(Customer)
SYSTEM = "store"


def is_absent(url: str) -> bool:
    """Return whether ``url`` is a SQLite file that does not exist: opening it would create it."""
    parsed = make_url(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return bool(file) and file != ":memory:" and not Path(file or "").exists()


class Setup:
    """The steps, one after the other."""

    def __init__(
        self, url: str, customers: Mapping[str, str], open_store: Callable[[], Engine]
    ) -> None:
        self._url = url
        self._address = safe_address(url)
        self._customers = customers
        self._open = open_store

    def preview(self) -> Iterator[SetupStep]:
        """Yield what ``run`` would do, changing nothing; a missing file is not created."""
        if is_absent(self._url):
            yield self._step(f'database "{self._address}"', "would create")
            yield self._step("tables", "would create")
            yield self._vendors(len(seed.known_vendors()), "would create")
            for key in self._customers:
                yield self._step(f'customer "{key}"', "would create")
            return
        engine = for_reading(self._open())
        yield self._step(f'database "{self._address}"', "ok")
        with clear_errors(self._address), engine.connect() as connection:
            try:
                revisions = pending(connection, self._address)
            except Refused as error:
                yield self._step("tables", "problem", str(error))
                return
            yield self._tables(revisions, dry=True)
            if revisions:
                yield self._vendors(len(seed.known_vendors()), "would create")
                for key in self._customers:
                    yield self._step(f'customer "{key}"', "would create")
                return
            vendors, aliases = seed.missing(connection)
            new = bool(vendors or aliases)
            yield self._vendors(len(vendors), "would create" if new else "ok")
            yield from self._customer_steps(connection, dry=True)

    def run(self, now: datetime) -> Iterator[SetupStep]:
        """Do what is missing and yield what was found or done."""
        absent = is_absent(self._url)
        engine = self._open()
        yield self._step(f'database "{self._address}"', "created" if absent else "ok")
        try:
            with clear_errors(self._address):
                revisions = migrate_engine(engine, self._address)
        except Refused as error:
            yield self._step("tables", "problem", str(error))
            return
        yield self._tables(revisions, dry=False)
        with clear_errors(self._address), engine.begin() as connection:
            tag = tags(f"setup-{now:%Y%m%dT%H%M%SZ}", now)
            vendors, aliases = seed.missing(connection)
            seed.plant(connection, tag)
            steps = list(self._customer_steps(connection, dry=False))
            add_customers(connection, self._customers, tag)
            changed = [
                {"which": key, "name": name}
                for key, name in self._customers.items()
                if name and f'customer "{key}"' in {s.what for s in steps if s.state == "changed"}
            ]
            if changed:
                rename = update(_CUSTOMER).where(_CUSTOMER.c.key == bindparam("which"))
                connection.execute(rename, changed)
        new = bool(vendors or aliases)
        yield self._vendors(len(vendors), "created" if new else "ok")
        yield from steps

    def _customer_steps(self, connection: Connection, *, dry: bool) -> Iterator[SetupStep]:
        rows = connection.execute(select(_CUSTOMER.c.key, _CUSTOMER.c.name))
        there: dict[str, str] = {row.key: row.name for row in rows}
        for key, name in self._customers.items():
            what = f'customer "{key}"'
            if key not in there:
                yield self._step(what, "would create" if dry else "created")
            elif there[key] != name:
                detail = f'name "{there[key]}" to "{name}"'
                yield self._step(what, "would change" if dry else "changed", detail)
            else:
                yield self._step(what, "ok")

    def _tables(self, revisions: tuple[str, ...], *, dry: bool) -> SetupStep:
        if not revisions:
            return self._step("tables", "ok", self._address)
        word = "create" if revisions[0] == "0001" else "change"
        state = f"would {word}" if dry else f"{word}d"
        return self._step("tables", state, f"{self._address}: {', '.join(revisions)}")

    def _vendors(self, count: int, state: str) -> SetupStep:
        return self._step("vendors", state, f"{count} of {len(seed.known_vendors())} missing")

    @staticmethod
    def _step(what: str, state: str, detail: str = "") -> SetupStep:
        return SetupStep(SYSTEM, what, state, detail)

"""Accounts written in bulk: a few statements over many rows, one transaction per batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from ubm_store.drafts import Draft, batches, draft, refused
from ubm_store.landing import land
from ubm_store.reads import ACTOR, CHUNK, Position, Stored, newest, rows_with, stored
from ubm_store.related import (
    Tags,
    add_customers,
    add_vendors,
    put_locations,
    put_meters,
    tags,
)
from ubm_store.schema import Account, ChangeCounter, table
from ubm_store.values import COLUMNS, Fields
from ubm_sync.clock import Clock
from ubm_sync.database import clear_errors
from ubm_sync.errors import SyncError, Temporary
from ubm_sync.model import Outcome, Result, Write

BATCH = 1_000
LOCK_SECONDS = 10
ACCOUNT_LOCK = 7_021_446_302  # the triggers of the migration "0003" take the same one

_ACCOUNT = table(Account)


class Writer:
    """Writes accounts of one place."""

    def __init__(
        self,
        engine: Engine,
        address: str,
        fields: Fields,
        customers: Mapping[str, str],
        clock: Clock,
        *,
        patience: float = LOCK_SECONDS,
    ) -> None:
        self._engine = engine
        self._address = address
        self._fields = fields
        self._customers = customers  # key -> name
        self._clock = clock
        self._patience = max(1, round(patience * 1000))  # milliseconds; 0 would be for ever
        self.wrote: list[tuple[Position, int]] = []  # numbers taken: (before the first, last)

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Yield one outcome per write. Raises Temporary, NoAccess where nothing more can be sent.

        The same write sent twice is one account with one id.
        """
        run = ""
        for batch in batches(writes, BATCH):
            with self._engine.connect() as connection:
                committing = False
                try:
                    with clear_errors(self._address):
                        transaction = connection.begin()
                        before = self._lock(connection)
                        now = self._clock.now()
                        run = run or f"{now:%Y%m%dT%H%M%SZ}-{before.revision}"
                        outcomes, last = self._write(connection, batch, before, run, now)
                        committing = True
                        transaction.commit()
                except SyncError as error:
                    if not committing:
                        raise
                    yield from self._read_back(batch)
                    raise Temporary(str(error)) from error
            self.wrote.append((before, last))
            yield from outcomes

    def _lock(self, connection: Connection) -> Position:
        """Keep other writers out until the end of the transaction; return the last number."""
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{self._patience}ms'"))
            connection.execute(select(func.pg_advisory_xact_lock(ACCOUNT_LOCK)))
        return newest(connection)  # a new statement, so it sees what the last writer committed

    def _write(
        self,
        connection: Connection,
        batch: Sequence[Write],
        before: Position,
        run: str,
        now: datetime,
    ) -> tuple[list[Outcome], int]:
        """Return the outcomes and the last change number taken."""
        tag = tags(run, now)
        customers = add_customers(connection, self._customers, tag)
        find = _Finder(connection, batch)
        outcomes: list[Outcome] = []
        drafts: list[Draft] = []
        for write in batch:
            decided = draft(write, self._fields, find(write), customers)
            if isinstance(decided, Outcome):
                outcomes.append(decided)
            else:
                drafts.append(decided)
        if not drafts:
            return outcomes, before.revision
        last = before.revision + len(drafts)
        connection.execute(update(ChangeCounter).values(revision=last))
        for number, one in enumerate(drafts, start=before.revision + 1):
            one.revision = number
        named = {str(one.columns.get("vendor_canonical") or "") for one in drafts}
        add_vendors(connection, sorted(named - {""}), tag)
        landed = land(
            connection,
            drafts,
            lambda some: _send(connection, some, tag),
            lambda one, error: self._refused(connection, one, error),
            self._address,
        )
        return [*outcomes, *landed], last

    def _refused(self, connection: Connection, one: Draft, error: DBAPIError) -> Outcome:
        """Say why the database refused one account: as a rule it is there already."""
        other = _twin(connection, one)
        if other is None:
            said = str(error.orig).partition("\n")[0]
            return refused(one.write, f"the store does not take this account ({said})")
        name = " ".join(filter(None, map(one.cell, ("vendor_canonical", "state"))))
        number = one.cell("account_number") or one.cell("account_key")
        return refused(
            one.write,
            f"the {name} account {number} is already in the store as {other}",
            at_fault=(self._fields.field_of("account_number"),),
        )

    def _read_back(self, batch: Sequence[Write]) -> Iterator[Outcome]:
        """Yield what is known of a batch whose commit was not answered.

        The writes that did not land get no outcome: they count as not sent.
        """
        try:
            with clear_errors(self._address), self._engine.connect() as connection:
                find = _Finder(connection, batch)
                found = [(write, find(write)) for write in batch]
        except SyncError as error:
            for write in batch:
                yield Outcome(write.place, write.key, Result.UNKNOWN, reason=str(error))
            return
        for write, there in found:
            if there is not None and there.sync_id == write.key:
                decided = draft(write, self._fields, there, {there.cells["customer_key"] or ""})
                if isinstance(decided, Outcome) and decided.result is Result.LANDED:
                    yield decided


class _Finder:
    """The accounts that a batch may be about: by id, else by the identity of the record."""

    def __init__(self, connection: Connection, batch: Sequence[Write]) -> None:
        refs = [write.ref for write in batch if write.ref is not None]
        keys = [write.key for write in batch]
        self._by_id = {one.id: one for one in _stored(connection, "id", refs)}
        by_key = _stored(connection, "sync_id", keys)
        self._by_key = {one.sync_id: one for one in by_key}

    def __call__(self, write: Write) -> Stored | None:
        there = self._by_id.get(write.ref) if write.ref is not None else None
        return there or self._by_key.get(write.key)


def _stored(connection: Connection, name: str, values: Sequence[str]) -> Iterator[Stored]:
    for start in range(0, len(values), CHUNK):
        yield from map(stored, rows_with(connection, name, values[start : start + CHUNK]))


def _twin(connection: Connection, one: Draft) -> str | None:
    """Return the id of the live account that has the same number with the same vendor."""
    c = _ACCOUNT.c
    wanted = select(c.id).where(
        c.customer_key == one.cell("customer_key"),
        c.vendor_canonical == one.cell("vendor_canonical"),
        func.coalesce(c.state, "") == (one.cell("state") or ""),
        c.account_key == one.cell("account_key"),
        func.coalesce(c.status, "") != "closed",
    )
    if one.before is not None:
        wanted = wanted.where(c.number != one.before.number)
    found: str | None = connection.scalar(wanted)
    return found


def _send(connection: Connection, drafts: Sequence[Draft], tag: Tags) -> list[Outcome]:
    """Send drafts in as few statements as possible and return their outcomes."""
    put_locations(connection, drafts, tag)
    # changes first: an account that is closed makes room for a new one
    _change(connection, [(one, one.before.number) for one in drafts if one.before], tag)
    ids = _insert(connection, [one for one in drafts if one.before is None], tag)
    wanted: dict[int, str | None] = {}
    outcomes = []
    for one in drafts:
        number, ref = (one.before.number, one.before.id) if one.before else ids[one.write.key]
        outcomes.append(one.landed(ref))
        if "meter_numbers" in one.columns:
            wanted[number] = one.cell("meter_numbers")
    put_meters(connection, wanted, tag)
    return outcomes


def _change(connection: Connection, drafts: Iterable[tuple[Draft, int]], tag: Tags) -> None:
    """Update accounts by their numbers; one statement for all that change the same columns."""
    by_columns: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one, number in drafts:
        row = {**one.columns, **_stamp(one, tag), "which": number}
        by_columns[tuple(sorted(row))].append(row)
    statement = update(_ACCOUNT).where(_ACCOUNT.c.number == bindparam("which"))
    for changed in by_columns.values():
        connection.execute(statement, changed)


def _insert(
    connection: Connection, drafts: Sequence[Draft], tag: Tags
) -> dict[str, tuple[int, str]]:
    """Insert accounts and return ``sync_id -> (number, id)``."""
    if not drafts:
        return {}
    empty = dict.fromkeys(COLUMNS)
    connection.execute(
        insert(_ACCOUNT),
        [
            {
                **empty,
                **one.columns,
                "sync_id": one.write.key,
                "source": one.columns.get("source") or tag["source"],
                "run_id": tag["run_id"],
                "created_at": tag["created_at"],
                **_stamp(one, tag),
            }
            for one in drafts
        ],
    )
    c = _ACCOUNT.c
    taken = c.revision.between(drafts[0].revision, drafts[-1].revision)
    found = connection.execute(select(c.sync_id, c.number, c.id).where(taken))
    return {row.sync_id: (row.number, row.id) for row in found}


def _stamp(one: Draft, tag: Tags) -> dict[str, Any]:
    """Return what says that this service made the change: the triggers read it."""
    return {
        "revision": one.revision,
        "changed_at": tag["created_at"],
        "changed_by": ACTOR,
        "changed_source": tag["source"],
        "changed_run": tag["run_id"],
    }

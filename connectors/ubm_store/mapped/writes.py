"""Writing accounts into a foreign table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, update
from sqlalchemy.exc import DBAPIError

from ubm_store.drafts import batches, refused, sentence
from ubm_store.landing import land
from ubm_store.mapped.table import ForeignTable, stored_as
from ubm_sync.database import clear_errors
from ubm_sync.errors import SyncError, Temporary
from ubm_sync.model import Observation, Outcome, Result, Write

BATCH = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One row to insert (``ref`` is None) or to update.

    ``known``: it was read as it is, so that its new version hides no edit of another field.
    """

    write: Write
    columns: Mapping[str, Any]
    faults: Mapping[str, str]
    ref: str | None
    known: bool = True


class ForeignWriter:
    """Inserts and updates rows, each found by its id or by the identity of its record."""

    def __init__(self, engine: Engine, address: str, table: ForeignTable) -> None:
        self._engine = engine
        self._address = address
        self._table = table

    def apply(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Yield one outcome per write. Raises Temporary, NoAccess if no more can be sent."""
        for batch in batches(writes, BATCH):
            committing = False
            try:
                with clear_errors(self._address), self._engine.connect() as connection:
                    transaction = connection.begin()
                    outcomes = self._write(connection, batch)
                    committing = True
                    transaction.commit()
            except SyncError as error:
                if not committing:
                    raise
                # sending a write again is safe: the record's identity is unique in the table
                for write in batch:
                    yield Outcome(write.place, write.key, Result.UNKNOWN, reason=str(error))
                raise Temporary(str(error)) from error
            yield from outcomes

    def _write(self, connection: Connection, batch: Sequence[Write]) -> list[Outcome]:
        there = self._there(connection, batch)
        outcomes: list[Outcome] = []
        changes: list[Change] = []
        for write in batch:
            decided = self._decide(write, there.get(write.ref or "") or there.get(write.key))
            if isinstance(decided, Outcome):
                outcomes.append(decided)
            else:
                changes.append(decided)
        landed = land(
            connection, changes, lambda some: self._send(connection, some), _refuse, self._address
        )
        return [*outcomes, *landed]

    def _decide(self, write: Write, before: Observation | None) -> Change | Outcome:
        columns, faults = self._table.encode(write.values)
        name = self._table.column("sync_id").name
        if before is None and write.ref is not None:
            return refused(write, f"the table has no account {write.ref}")
        if before is not None and before.key not in {None, write.key}:
            return refused(write, f"account {before.ref} belongs to another record")
        if faults and not columns:
            return refused(write, sentence(faults), at_fault=tuple(faults))
        if before is None:
            customer = self._table.column("customer_key")
            columns.setdefault(customer.name, stored_as(customer.type, write.container))
            return Change(write, {**columns, name: write.key}, faults, None)
        if before.key is not None and self._has(before, write, faults):
            known = write.expected == before.version
            return _landed(Change(write, {}, faults, before.ref, known=known), before)
        if write.expected and write.expected != before.version:
            reason = f"account {before.ref} was changed in the meantime; it is read again first"
            return refused(write, reason, permanent=False, stale=True)
        known = write.expected == before.version
        return Change(write, {**columns, name: write.key}, faults, before.ref, known=known)

    @staticmethod
    def _has(before: Observation, write: Write, faults: Mapping[str, str]) -> bool:
        """Return whether the row holds already what the write wants."""
        return all(
            before.values.get(name, "") == (value or "")
            for name, value in write.values.items()
            if name not in faults and name != "sync_id"
        )

    def _send(self, connection: Connection, changes: Sequence[Change]) -> list[Outcome]:
        for one in changes:
            if one.ref is None:
                connection.execute(insert(self._table.table).values(**one.columns))
            else:
                column = self._table.column("id")
                statement = update(self._table.table).where(
                    column == stored_as(column.type, one.ref)
                )
                connection.execute(statement.values(**one.columns))
        there = self._there(connection, [one.write for one in changes])
        return [_landed(one, there[one.write.key]) for one in changes]

    def _there(self, connection: Connection, batch: Sequence[Write]) -> dict[str, Observation]:
        """Return the rows a batch is about, by id and by identity."""
        ids, keys = self._table.column("id"), self._table.column("sync_id")
        refs = []
        for write in batch:
            try:
                refs.append(stored_as(ids.type, write.ref or ""))
            except ValueError:
                continue  # no such id can be in the table
        wanted = self._table.rows()
        rows = [
            *connection.execute(wanted.where(keys.in_([write.key for write in batch]))),
            *connection.execute(wanted.where(ids.in_(refs))),
        ]
        found: dict[str, Observation] = {}
        for row in rows:
            seen = self._table.observation(batch[0].place, row)
            found[seen.ref] = seen
            found[seen.key or seen.ref] = seen
        return found


def _refuse(one: Change, error: DBAPIError) -> Outcome:
    said = str(error.orig).partition("\n")[0]
    return refused(one.write, f"the table does not take this account ({said})")


def _landed(one: Change, after: Observation) -> Outcome:
    return Outcome(
        one.write.place,
        one.write.key,
        Result.LANDED,
        ref=after.ref,
        version=after.version if one.known else "",
        landed=frozenset(one.write.values.keys() - one.faults.keys()) if one.faults else None,
        reason=sentence(one.faults),
        permanent=bool(one.faults),
        at_fault=tuple(one.faults),
        created=one.ref is None,
    )

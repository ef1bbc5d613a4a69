"""A chain of entries in which nothing can be changed, dropped or moved unseen.

Each row holds the hash of the row before it and its own hash over that and everything in the row.
Number and hash of the last row stand in a row of their own, so that a chain cut at its end is found
as well. Whoever can rewrite the whole database can rewrite the chain too: keep ``last_hash``
somewhere else (the service logs it) to find even that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Insert,
    Integer,
    Row,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    insert,
    select,
)
from sqlalchemy import update as change

from ubm_sync.errors import Refused
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import metadata

PAGE = 100  # rows read at once; a body may be some hundred kilobytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold, and what was found there."""

    seq: int
    reason: str


def chain_table(name: str, *columns: Column[Any]) -> Table:
    """Return the table of a chain: what every entry has, and its own columns."""
    return Table(
        name,
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 without a gap
        Column("at", BigInteger, nullable=False),  # microseconds, as they are hashed
        *columns,
        Column("body", Text, nullable=False),  # JSON text, as it is hashed
        Column("prev_hash", Text, nullable=False),
        Column("hash", Text, nullable=False),
    )


def head_table(name: str) -> Table:
    """Return the table that holds where a chain ends."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
        Column("count", BigInteger, nullable=False),
        Column("hash", Text, nullable=False),
    )


class Chain(Repository):
    """The chain in one table; ``hashed`` are its columns in the order they are hashed."""

    name: ClassVar[str]  # "audit log", in messages
    table: ClassVar[Table]
    head: ClassVar[Table]
    hashed: ClassVar[tuple[str, ...]]
    _end: ClassVar[Select[int, str]]
    _locked: ClassVar[Select[int, str]]
    _add: ClassVar[Insert]
    _move: ClassVar[Update]

    def __init_subclass__(cls) -> None:
        """Build the statements that every entry needs, once for each chain."""
        cls._end = select(cls.head.c.count, cls.head.c.hash)
        cls._locked = cls._end.with_for_update()
        cls._add = insert(cls.table)
        cls._move = change(cls.head).values(count=bindparam("number"), hash=bindparam("link"))

    def last_hash(self) -> str:
        """Return the hash of the newest entry, "" while there is none."""
        head = self._head()
        return head[1] if head is not None else ""

    def hold(self) -> None:
        """Let nobody else append until this transaction ends: what is read now stays true."""
        self._head(lock=True)

    def verify(self) -> Broken | None:
        """Check the whole chain; return the first place where it is broken, None if it holds."""
        number, link = 0, ""
        for rows in self._pages():
            for row in rows:
                if broken := self._misfit(row, number, link):
                    return broken
                number, link = row.seq, row.hash
            if broken := self._unproven(rows):
                return broken
        return self._cut(number, link)

    def holds(self, known: str) -> bool:
        """Return whether an entry has this hash: one noted elsewhere proves all before it."""
        statement = select(self.table.c.seq).where(self.table.c.hash == known).limit(1)
        return self._connection.execute(statement).first() is not None

    def _chain(self, entries: Iterable[Mapping[str, Any]]) -> list[int]:
        """Append entries (every hashed column but ``seq``) in this order; return their numbers.

        Appending is serialised until the transaction ends (SQLite has one writer; on PostgreSQL
        the head row is locked). Raises Refused where the head is gone.
        """
        head = self._head(lock=True)
        if head is None:
            raise Refused(
                f"The {self.name} has lost its head, so nothing can be appended to it; "
                "restore the state database from a backup."
            )
        number, link = head
        rows: list[dict[str, Any]] = []
        for entry in entries:
            number += 1
            row = {"seq": number, **entry, "prev_hash": link}
            link = self._hash(row)
            rows.append(row | {"hash": link})
        if rows:
            self._write(self._add, rows)
            self._connection.execute(self._move, {"number": number, "link": link})
        return [row["seq"] for row in rows]

    def _hash(self, row: Mapping[str, Any]) -> str:
        """Return the SHA-256 of the hash before and of the row's other columns as a JSON list."""
        content = orjson.dumps([row[name] for name in self.hashed])
        return hashlib.sha256(row["prev_hash"].encode() + content).hexdigest()

    def _misfit(self, row: Row[Any], number: int, link: str) -> Broken | None:
        if row.seq != number + 1:
            return Broken(number + 1, f"Entry {number + 1} is missing.")
        if row.prev_hash != link:
            return Broken(row.seq, f"Entry {row.seq} does not follow the entry before it.")
        if row.hash != self._hash(row._asdict()):
            return Broken(row.seq, f"Entry {row.seq} was changed after it was written.")
        return None

    def _unproven(self, rows: list[Row[Any]]) -> Broken | None:  # noqa: ARG002 - for chains with more
        """Return what is wrong with what lies beside these rows and is part of the chain."""
        return None

    def _head(self, *, lock: bool = False) -> tuple[int, str] | None:
        row = self._connection.execute(self._locked if lock else self._end).first()
        return None if row is None else (row[0], row[1])

    def _pages(self) -> Iterator[list[Row[Any]]]:
        last = 0
        while True:
            columns = self.table.c
            page = select(self.table).where(columns.seq > last).order_by(columns.seq).limit(PAGE)
            rows = list(self._connection.execute(page).all())
            yield rows
            if len(rows) < PAGE:
                return
            last = rows[-1].seq

    def _cut(self, number: int, link: str) -> Broken | None:
        """Compare the end of the chain with the head."""
        head = self._head()
        if head == (number, link):
            return None
        if head is None:
            return Broken(number, "The record of the log's end is missing.")
        if head[0] > number:
            return Broken(number + 1, f"Entries {number + 1} to {head[0]} are missing at the end.")
        return Broken(number, "The record of the log's end does not fit the last entry.")

"""The audit log: a chain of entries in which nothing can be changed, dropped or moved unseen.

Each row holds the hash of the row before it and its own hash over that and everything in the row.
Number and hash of the last row stand in a row of their own, so that a log cut at its end is found
as well. Whoever can rewrite the whole database can rewrite the chain too: keep ``last_hash``
somewhere else (the service logs it) to find even that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Integer, Row, Table, Text, func, insert, or_, select
from sqlalchemy import update as change

from ubm_sync.errors import Refused
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import Json, clean, instant, json_text, metadata, microseconds

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 without a gap
    Column("at", BigInteger, nullable=False),  # microseconds, as they are hashed
    Column("run", Text, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),  # JSON text, as it is hashed
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("count", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

PAGE = 100  # rows read at once; a body may be some hundred kilobytes


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be remembered for good.

    ``run`` is the id of the run it belongs to ("" for none), ``subject`` a sync_id or "", ``body``
    anything that can be JSON.
    """

    at: datetime
    run: str
    actor: str
    action: str
    subject: str
    body: Json


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry as it stands in the log."""

    seq: int
    at: datetime
    run: str
    actor: str
    action: str
    subject: str
    body: Json
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold, and what was found there."""

    seq: int
    reason: str


class Audit(Repository):
    """The log, appended to and read."""

    def append(self, entries: Iterable[Entry]) -> list[int]:
        """Append entries in this order; return their numbers.

        Appending is serialised until the transaction ends (SQLite has one writer; on PostgreSQL
        the head row is locked). Raises Refused where the head is gone.
        """
        head = self._head(lock=True)
        if head is None:
            raise Refused(
                "The audit log has lost its head, so nothing can be appended to it; "
                "restore the state database from a backup."
            )
        number, link = head
        rows = []
        for entry in entries:
            number += 1
            rows.append(_row(number, link, entry))
            link = rows[-1]["hash"]
        if rows:
            self._write(insert(audit), rows)
            self._connection.execute(change(audit_head).values(count=number, hash=link))
        return [row["seq"] for row in rows]

    def last_hash(self) -> str:
        """Return the hash of the newest entry, "" while there is none."""
        head = self._head()
        return head[1] if head is not None else ""

    def verify(self) -> Broken | None:
        """Check the whole chain; return the first place where it is broken, None if it holds."""
        number, link = 0, ""
        for row in self._all():
            if row.seq != number + 1:
                return Broken(number + 1, f"Entry {number + 1} is missing.")
            number = row.seq
            if row.prev_hash != link:
                return Broken(number, f"Entry {number} does not follow the entry before it.")
            if row.hash != _hash(row._asdict()):
                return Broken(number, f"Entry {number} was changed after it was written.")
            link = row.hash
        return self._cut(number, link)

    def holds(self, known: str) -> bool:
        """Return whether an entry has this hash: one noted elsewhere proves all before it."""
        statement = select(audit.c.seq).where(audit.c.hash == known).limit(1)
        return self._connection.execute(statement).first() is not None

    def mentioning(self, text: str, limit: int | None = None) -> Iterator[Logged]:
        """Yield entries whose subject is ``text`` or whose body contains it, newest first."""
        find = func.instr if self._connection.dialect.name == "sqlite" else func.strpos
        statement = (
            select(audit)
            .where(or_(audit.c.subject == text, find(audit.c.body, text) > 0))
            .order_by(audit.c.seq.desc())
            .limit(limit)
        )
        return (_logged(row) for row in self._connection.execute(statement))

    def of_run(self, run: str) -> Iterator[Logged]:
        """Yield the entries of one run in the order they were written."""
        statement = select(audit).where(audit.c.run == run).order_by(audit.c.seq)
        return (_logged(row) for row in self._connection.execute(statement))

    def last(self, number: int) -> list[Logged]:
        """Return the newest entries, newest first."""
        statement = select(audit).order_by(audit.c.seq.desc()).limit(number)
        return [_logged(row) for row in self._connection.execute(statement)]

    def _head(self, *, lock: bool = False) -> tuple[int, str] | None:
        statement = select(audit_head.c.count, audit_head.c.hash)
        if lock:
            statement = statement.with_for_update()
        row = self._connection.execute(statement).first()
        return None if row is None else (row[0], row[1])

    def _all(self) -> Iterator[Row[*tuple[Any, ...]]]:
        last = 0
        while True:
            page = select(audit).where(audit.c.seq > last).order_by(audit.c.seq).limit(PAGE)
            rows = self._connection.execute(page).all()
            yield from rows
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


def _row(number: int, link: str, entry: Entry) -> dict[str, Any]:
    row = {
        "seq": number,
        "at": microseconds(entry.at),
        "run": clean(entry.run),
        "actor": clean(entry.actor),
        "action": clean(entry.action),
        "subject": clean(entry.subject),
        "body": json_text(entry.body),
        "prev_hash": link,
    }
    return row | {"hash": _hash(row)}


def _hash(row: dict[str, Any]) -> str:
    """Return the SHA-256 of the hash before and of the row's other columns as a JSON list."""
    names = ("seq", "at", "run", "actor", "action", "subject", "body")
    content = orjson.dumps([row[name] for name in names])
    return hashlib.sha256(row["prev_hash"].encode() + content).hexdigest()


def _logged(row: Row[*tuple[Any, ...]]) -> Logged:
    return Logged(
        row.seq,
        instant(row.at),
        row.run,
        row.actor,
        row.action,
        row.subject,
        orjson.loads(row.body),
        row.hash,
    )

"""The audit log: what was intended and what came of it, as a chain (see ``chain``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, Row, Text, func, or_, select

from ubm_sync.state.chain import Chain, chain_table, head_table
from ubm_sync.state.schema import Json, clean, instant, json_text, microseconds

audit = chain_table(
    "audit",
    Column("run", Text, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
)
audit_head = head_table("audit_head")


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


class Audit(Chain):
    """The log, appended to and read."""

    name = "audit log"
    table = audit
    head = audit_head
    hashed = ("seq", "at", "run", "actor", "action", "subject", "body")

    def append(self, entries: Iterable[Entry]) -> list[int]:
        """Append entries in this order; return their numbers.

        Appending is serialised until the transaction ends. Raises Refused where the head is gone.
        """
        return self._chain(_row(entry) for entry in entries)

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


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "at": microseconds(entry.at),
        "run": clean(entry.run),
        "actor": clean(entry.actor),
        "action": clean(entry.action),
        "subject": clean(entry.subject),
        "body": json_text(entry.body),
    }


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

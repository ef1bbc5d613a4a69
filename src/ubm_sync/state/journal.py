"""The journal: what is about to be sent, written down before, and what became of it, after.

An intent and its outcome are entries of the audit log; the journal adds only which intents have no
outcome yet. One entry holds a whole batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, select, text, update
from sqlalchemy import insert as add

from ubm_sync.clock import Clock
from ubm_sync.state.audit import Audit, Entry, audit
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import Json, instant, metadata

UNANSWERED = text("outcome IS NULL")
ACTOR = "ubm-sync"

journal = Table(
    "journal",
    metadata,
    Column("intent", BigInteger, primary_key=True, autoincrement=False),  # audit.seq
    Column("run", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("outcome", BigInteger),  # audit.seq
    Index("ix_journal_unanswered", "intent", sqlite_where=UNANSWERED, postgresql_where=UNANSWERED),
)


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that was about to be sent."""

    id: int
    run: str
    system: str
    at: datetime
    body: Json


class Journal(Repository):
    """Intents and their outcomes."""

    def __init__(self, connection: Connection, clock: Clock, log: Audit) -> None:
        super().__init__(connection, clock)
        self._log = log

    def intent(self, run: str, system: str, writes: Json, at: datetime | None = None) -> int:
        """Write down what will be sent to ``system``; commit before sending. Returns its id."""
        body = {"system": system, "writes": writes}
        number = self._append(at, run, "intent", body)
        row = {"intent": number, "run": run, "system": system}
        self._connection.execute(add(journal), row)
        return number

    def outcome(self, intent: int, outcomes: Json, at: datetime | None = None) -> int:
        """Write down what became of an intent; returns the number of the audit entry.

        Raises ValueError for an intent that was never written.
        """
        return self._close(intent, "outcome", {"outcomes": outcomes}, at)

    def abandon(self, intent: int, at: datetime | None = None) -> int:
        """Close an intent whose outcome will never be known (a crash): observation tells it."""
        return self._close(intent, "abandoned", {}, at)

    def open_intents(self) -> list[Intent]:
        """Return the intents without an outcome, oldest first: after a crash, what was in hand."""
        statement = (
            select(journal.c.intent, journal.c.run, journal.c.system, audit.c.at, audit.c.body)
            .join(audit, audit.c.seq == journal.c.intent)
            .where(UNANSWERED)
            .order_by(journal.c.intent)
        )
        return [
            Intent(row[0], row[1], row[2], instant(row[3]), orjson.loads(row[4])["writes"])
            for row in self._connection.execute(statement)
        ]

    def _close(self, intent: int, action: str, body: dict[str, Json], at: datetime | None) -> int:
        statement = select(journal.c.run, journal.c.system).where(journal.c.intent == intent)
        row = self._connection.execute(statement).first()
        if row is None:
            raise ValueError(f"There is no intent {intent} in the journal.")
        content = {"intent": intent, "system": row.system, **body}
        number = self._append(at, row.run, action, content)
        self._connection.execute(
            update(journal).where(journal.c.intent == intent).values(outcome=number)
        )
        return number

    def _append(self, at: datetime | None, run: str, action: str, body: Json) -> int:
        entry = Entry(at or self._clock.now(), run, ACTOR, action, "", body)
        return self._log.append([entry])[0]

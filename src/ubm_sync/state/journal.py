"""The journal: what is about to be sent, written down before, and what became of it, after.

An intent and its outcome are entries of the audit log; the journal adds which intents have no
outcome yet, and which records an intent is about. One entry holds a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Table,
    Text,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy import insert as add

from ubm_sync.clock import Clock
from ubm_sync.state.audit import Audit, Entry, audit
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import Json, instant, json_text, metadata

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

# What makes "why is this value here" a look-up: the log's entries hold thousands of records each.
journal_record = Table(
    "journal_record",
    metadata,
    Column("sync_id", Text, primary_key=True),
    Column("intent", BigInteger, primary_key=True, autoincrement=False),  # audit.seq
    sqlite_with_rowid=False,
)

_MENTION = "INSERT INTO journal_record (sync_id, intent) SELECT one.value, :intent FROM "
MENTION = {  # one statement for thousands of rows: a first sync writes one for each record
    "sqlite": text(f"{_MENTION} json_each(:ids) AS one"),
    "postgresql": text(f"{_MENTION} json_array_elements_text(CAST(:ids AS json)) AS one"),
}
ADD = add(journal)
_one = journal.c.intent == bindparam("of_intent")
OF_INTENT = select(journal.c.run, journal.c.system).where(_one)
CLOSE = update(journal).where(_one).values(outcome=bindparam("number"))
OPEN = (
    select(journal.c.intent, journal.c.run, journal.c.system, audit.c.at, audit.c.body)
    .join(audit, audit.c.seq == journal.c.intent)
    .where(UNANSWERED)
    .order_by(journal.c.intent)
)
OUTCOME = audit.alias("answer")
STORY = (
    select(
        journal.c.intent,
        journal.c.run,
        journal.c.system,
        audit.c.at,
        audit.c.body,
        journal.c.outcome,
        OUTCOME.c.body.label("answer"),
    )
    .join(audit, audit.c.seq == journal.c.intent)
    .outerjoin(OUTCOME, OUTCOME.c.seq == journal.c.outcome)
)
OF_STORY = STORY.where(_one)
ALL_LATER = select(journal.c.intent).where(journal.c.intent > bindparam("after"))
LATER = (
    select(journal_record.c.intent)
    .distinct()
    .where(journal_record.c.sync_id.in_(bindparam("many", expanding=True)))
    .where(journal_record.c.intent > bindparam("after"))
)


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that was about to be sent."""

    id: int
    run: str
    system: str
    at: datetime
    body: Json


@dataclass(frozen=True, slots=True)
class Told:
    """An intent with what became of it; ``outcome`` is None while nobody knows."""

    intent: int
    run: str
    system: str
    at: datetime
    body: Json
    outcome: int | None
    outcomes: Json


class Journal(Repository):
    """Intents and their outcomes."""

    def __init__(self, connection: Connection, clock: Clock, log: Audit) -> None:
        super().__init__(connection, clock)
        self._log = log

    def intent(
        self,
        run: str,
        system: str,
        writes: Json,
        at: datetime | None = None,
        records: Iterable[str] = (),
    ) -> int:
        """Write down what will be sent to ``system``; commit before sending. Returns its id.

        ``records`` are the sync_ids it is about, each once.
        """
        body = {"system": system, "writes": writes}
        number = self._append(at, run, "intent", body)
        row = {"intent": number, "run": run, "system": system}
        self._connection.execute(ADD, row)
        if ids := list(records):
            mention = MENTION[self._connection.dialect.name]
            self._connection.execute(mention, {"intent": number, "ids": json_text(ids)})
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
        return [
            Intent(row[0], row[1], row[2], instant(row[3]), orjson.loads(row[4])["writes"])
            for row in self._connection.execute(OPEN)
        ]

    def about(self, sync_id: str) -> list[Told]:
        """Return what was ever to be written of one record, newest first."""
        mine = journal_record.c.sync_id == sync_id
        statement = STORY.join(journal_record, journal_record.c.intent == journal.c.intent)
        statement = statement.where(mine).order_by(journal.c.intent.desc())
        return [_told(row) for row in self._connection.execute(statement)]

    def of_run(self, run: str) -> list[int]:
        """Return the numbers of a run's intents, in the order they were written."""
        written = (audit.c.run == run) & (audit.c.action == "intent")
        statement = select(audit.c.seq).where(written).order_by(audit.c.seq)
        return list(self._connection.scalars(statement))

    def told(self, intent: int) -> Told:
        """Return one intent with its outcome. Raises ValueError for one never written."""
        row = self._connection.execute(OF_STORY, {"of_intent": intent}).first()
        if row is None:
            raise ValueError(f"There is no intent {intent} in the journal.")
        return _told(row)

    def later(self, after: int, ids: Iterable[str] | None = None) -> list[int]:
        """Return the intents after entry ``after`` about any of these records (None: all)."""
        if ids is None:
            return sorted(self._connection.scalars(ALL_LATER, {"after": after}))
        return sorted({row.intent for row in self._rows_in(LATER, ids, {"after": after})})

    def _close(self, intent: int, action: str, body: dict[str, Json], at: datetime | None) -> int:
        row = self._connection.execute(OF_INTENT, {"of_intent": intent}).first()
        if row is None:
            raise ValueError(f"There is no intent {intent} in the journal.")
        content = {"intent": intent, "system": row.system, **body}
        number = self._append(at, row.run, action, content)
        self._connection.execute(CLOSE, {"of_intent": intent, "number": number})
        return number

    def _append(self, at: datetime | None, run: str, action: str, body: Json) -> int:
        entry = Entry(at or self._clock.now(), run, ACTOR, action, "", body)
        return self._log.append([entry])[0]


def _told(row: Any) -> Told:
    return Told(
        row.intent,
        row.run,
        row.system,
        instant(row.at),
        orjson.loads(row.body)["writes"],
        row.outcome,
        orjson.loads(row.answer).get("outcomes") if row.answer is not None else None,
    )

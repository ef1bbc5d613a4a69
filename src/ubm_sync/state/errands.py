"""What must be sent for cases: notes, tasks, the joining of tickets; each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, Table, Text, bindparam, select, text, update

from ubm_sync.database import upsert
from ubm_sync.state.outbox import NoteState
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, Json, JsonText, Moment, metadata

OPEN = text("state IN ('queued', 'unknown')")

errand = Table(
    "errand",
    metadata,
    Column("key", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("rank", Text, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("done_at", Moment),
    Index("ix_errand_open", "rank", "at", "key", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_errand_case_id", "case_id"),
)


class ErrandKind(StrEnum):
    """What is to be sent."""

    NOTE = "note"
    TASK = "task"
    JOINING = "joining"


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to send: ``ref`` is the ticket.

    ``rank`` sorts by urgency. ``body`` is what the kind needs. ``state`` is a ``NoteState``.
    """

    key: str
    case_id: str
    kind: ErrandKind
    ref: str
    rank: str
    body: Json
    at: datetime
    state: NoteState = NoteState.QUEUED
    reason: str = ""
    done_at: datetime | None = None


_columns = errand.c
_NAMES = ("key", "case_id", "kind", "ref", "rank", "body", "at", "state", "reason", "done_at")
WHOLE = select(*(_columns[name] for name in _NAMES))
QUEUE = upsert(errand, ["key"], update=[])
WAITING = WHOLE.where(OPEN).order_by(_columns.rank, _columns.at, _columns.key)
OF_CASES = WHOLE.where(_columns.case_id.in_(bindparam("many", expanding=True)))
MARK = (
    update(errand)
    .where(_columns.key.in_(bindparam("many", expanding=True)))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        done_at=bindparam("when", type_=Moment),
    )
)


class Errands(Repository):
    """What is to be sent, by the key that names the event."""

    def queue(self, errands: Iterable[Errand]) -> None:
        """Ask for something; a key that was ever asked for is left as it is."""
        self._write(QUEUE, [{name: getattr(one, name) for name in _NAMES} for one in errands])

    def waiting(self, limit: int) -> list[Errand]:
        """Return what is still to be sent, most urgent first."""
        rows = self._connection.execute(WAITING.limit(limit))
        return [_errand(row) for row in rows]

    def of_cases(self, cases: Iterable[str]) -> list[Errand]:
        """Return everything that was asked for these cases, in the order of time."""
        found = [_errand(row) for row in self._rows_in(OF_CASES, cases)]
        return sorted(found, key=lambda one: (one.at, one.key))

    def mark(
        self,
        keys: Iterable[str],
        state: NoteState,
        reason: str = "",
        at: datetime | None = None,
    ) -> None:
        """Set the state; ``reason`` tells why one failed, ``at`` when one was done."""
        others: dict[str, Any] = {"new_state": state.value, "why": reason, "when": at}
        self._change_in(MARK, keys, others)


def _errand(row: Any) -> Errand:
    return Errand(
        row.key,
        row.case_id,
        ErrandKind(row.kind),
        row.ref,
        row.rank,
        row.body,
        row.at,
        NoteState(row.state),
        row.reason,
        row.done_at,
    )

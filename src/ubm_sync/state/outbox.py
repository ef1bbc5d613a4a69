"""The outbox: notes to people, each written once however often it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Table,
    Text,
    bindparam,
    exists,
    func,
    select,
    text,
    tuple_,
    update,
)

from ubm_sync.state.observations import observation
from ubm_sync.state.repository import Bulk, Repository
from ubm_sync.state.schema import CleanText, Moment, clean, metadata, microseconds

OPEN = text("state IN ('queued', 'unknown')")

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("sync_id", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("body", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", CleanText, nullable=False),
    Index("ix_outbox_open", "at", "key", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_outbox_sync_id", "sync_id"),
)


class NoteState(StrEnum):
    """Where a note stands."""

    QUEUED = "queued"
    UNKNOWN = "unknown"  # it may be there: read back before sending again
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A note that can be written now: its place exists, ``ref`` says where."""

    key: str
    place: str
    ref: str
    text: str
    at: datetime
    sync_id: str
    state: NoteState


QUEUE = Bulk(outbox, ["key"], kept=[column.name for column in outbox.columns])
MARK = (
    update(outbox)
    .where(outbox.c.key.in_(bindparam("many", expanding=True)))
    .values(state=bindparam("new_state"), reason=bindparam("why"))
)
_there = observation.c
WAITING = (
    select(
        outbox.c.key, outbox.c.place, outbox.c.body, outbox.c.at, outbox.c.sync_id, outbox.c.state
    )
    .where(OPEN)
    .where(
        exists().where(
            _there.sync_id == outbox.c.sync_id, _there.place == outbox.c.place, _there.gone == ""
        )
    )
    .order_by(outbox.c.at, outbox.c.key)
    .limit(bindparam("most"))
)
AFTER = WAITING.where(
    tuple_(outbox.c.at, outbox.c.key)
    > tuple_(bindparam("after_at", type_=Moment), bindparam("after_key", type_=Text))
)
REFS = (
    select(_there.sync_id, _there.place, _there.ref)
    .where(_there.sync_id.in_(bindparam("many", expanding=True)), _there.gone == "")
    # where several refs carry one record the newest comes last and wins
    .order_by(func.coalesce(_there.modified_at, 0))
)


class Outbox(Repository):
    """Notes by their key, which names the event they tell of."""

    def queue(self, key: str, sync_id: str, place: str, text: str, at: datetime) -> None:
        """Ask for a note; a key that was ever asked for is left as it is."""
        state = NoteState.QUEUED.value
        self._later(QUEUE, (key, sync_id, place, clean(text), microseconds(at), state, ""))

    def waiting(self, limit: int, after: Waiting | None = None) -> list[Waiting]:
        """Return queued and unknown notes, oldest first, whose place exists by now.

        At most ``limit``, from the one behind ``after``: thousands wait after a bulk edit.
        """
        given: dict[str, Any] = {"most": limit}
        if after is not None:
            given |= {"after_at": after.at, "after_key": after.key}
        rows = self._connection.execute(WAITING if after is None else AFTER, given).all()
        refs = {(one[0], one[1]): one[2] for one in self._rows_in(REFS, (row[4] for row in rows))}
        return [
            Waiting(key, place, refs[sync_id, place], body, at, sync_id, NoteState(state))
            for key, place, body, at, sync_id, state in rows
        ]

    def mark(self, keys: Iterable[str], state: str, reason: str = "") -> None:
        """Set the state of notes (a ``NoteState``); ``reason`` tells why one failed."""
        others = {"new_state": NoteState(state).value, "why": reason}
        self._change_in(MARK, keys, others)

    def counts(self) -> dict[str, int]:
        """Return how many notes are in each state that occurs."""
        statement = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

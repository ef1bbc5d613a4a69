"""Decisions of people, from the command that took them to the cycle that carries them out.

A command never changes a record itself: a cycle at work would write over it what it read before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Table, Text, bindparam, delete, func, insert, select

from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, metadata

decision = Table(
    "decision",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("sync_id", Text, nullable=False, index=True),
    Column("key", CleanText, nullable=False),
    Column("value", CleanText, nullable=False),
)

COLUMNS = decision.c.number, decision.c.sync_id, decision.c.key, decision.c.value
NEXT = select(*COLUMNS).order_by(decision.c.number).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about a record: what its memory shall hold under ``key``."""

    number: int
    sync_id: str
    key: str
    value: str


class Decisions(Repository):
    """What people decided and no cycle has taken over yet, in the order it was decided."""

    def add(self, decided: Iterable[tuple[str, str, str]]) -> None:
        """Add ``(sync_id, key, value)``; a later one for the same key replaces the earlier."""
        rows = [{"sync_id": one[0], "key": one[1], "value": one[2]} for one in decided]
        self._write(insert(decision), rows)

    def next(self, limit: int) -> Sequence[Decided]:
        """Return the oldest ones."""
        return [Decided(*row) for row in self._connection.execute(NEXT, {"most": limit})]

    def done(self, upto: int) -> None:
        """Remove the ones up to this number: a cycle has taken them over."""
        self._connection.execute(delete(decision).where(decision.c.number <= upto))

    def waiting(self, ids: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
        """Return ``{sync_id: {key: value}}`` of these records, None: of all."""
        statement = select(*COLUMNS).order_by(decision.c.number)
        if ids is None:
            rows: Iterable[tuple[int, str, str, str]] = (
                tuple(row) for row in self._connection.execute(statement)
            )
        else:
            many = decision.c.sync_id.in_(bindparam("many", expanding=True))
            rows = self._rows_in(statement.where(many), ids)
        found: dict[str, dict[str, str]] = {}
        for _, sync_id, key, value in rows:
            found.setdefault(sync_id, {})[key] = value
        return found

    def count(self) -> int:
        """Return how many wait."""
        return int(self._connection.scalar(select(func.count()).select_from(decision)) or 0)

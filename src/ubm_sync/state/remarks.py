"""What people wrote into cells that are read as words, until the flow that listens has read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Table, Text, bindparam, select, text, update

from ubm_sync.state.repository import Bulk, Repository
from ubm_sync.state.schema import CleanText, Moment, clean, metadata, microseconds

WAITING = text("waiting")

remark = Table(
    "remark",
    metadata,
    Column("place", Text, primary_key=True),
    Column("sync_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("text", CleanText, nullable=False),
    Column("at", Moment),
    Column("by", CleanText, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Index("ix_remark_waiting", "place", "sync_id", sqlite_where=WAITING, postgresql_where=WAITING),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """The words of one cell of one record; ``at`` is when the record was last changed."""

    place: str
    sync_id: str
    field: str
    text: str
    at: datetime | None
    by: str


_columns = remark.c
HEAR = Bulk(remark, ["place", "sync_id", "field"])
WANTED = select(
    _columns.place, _columns.sync_id, _columns.field, _columns.text, _columns.at, _columns.by
).where(WAITING)
READ = (
    update(remark)
    .where(_columns.sync_id.in_(bindparam("many", expanding=True)), WAITING)
    .where(_columns.place == bindparam("at_place"))
    .values(waiting=False)
)


class Remarks(Repository):
    """Remarks by record and field; a new one takes the place of the last."""

    def hear(self, remarks: Iterable[Remark]) -> None:
        """Have these read."""
        HEAR.run(self._connection, [_row(one) for one in remarks])

    def waiting(self, limit: int) -> list[Remark]:
        """Return what nobody read yet."""
        statement = WANTED.order_by(_columns.place, _columns.sync_id).limit(limit)
        return [Remark(*row) for row in self._connection.execute(statement)]

    def read(self, place: str, sync_ids: Iterable[str]) -> None:
        """Note that the remarks of these records were read."""
        self._change_in(READ, sync_ids, {"at_place": place})


def _row(one: Remark) -> tuple[Any, ...]:
    at = None if one.at is None else microseconds(one.at)
    return (one.place, one.sync_id, one.field, clean(one.text), at, clean(one.by), True)

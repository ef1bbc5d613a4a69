"""Doubts: fields that somebody may have set between a look and a write, until history tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Column, Index, Table, Text, bindparam, delete, func, select

from ubm_sync.database import upsert
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, metadata


class Doubt(NamedTuple):
    """A field that somebody may have set between our look and our write; "" is an empty value.

    ``origin`` names the places that the written value came from, joined by a space.
    """

    sync_id: str
    place: str
    ref: str
    container: str
    field: str
    seen: str
    written: str
    origin: str = ""


doubt = Table(
    "doubt",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),  # the oldest one is looked up first
    Column("sync_id", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("container", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("seen", CleanText, nullable=False),
    Column("written", CleanText, nullable=False),
    Column("origin", Text, nullable=False),
    Index("uq_doubt_place_ref_field_written", "place", "ref", "field", "written", unique=True),
    Index("ix_doubt_place_number", "place", "number"),
)

_KEY = ("place", "ref", "field", "written")
_columns = doubt.c
COLUMNS = tuple(_columns[name] for name in Doubt._fields)
ADD = upsert(doubt, _KEY, update=["sync_id", "container", "seen", "origin"])
PLACES = select(_columns.place).distinct()
OLDEST = (
    select(*COLUMNS)
    .where(_columns.place == bindparam("at_place"))
    .order_by(_columns.number)
    .limit(bindparam("most"))
)
DROP = delete(doubt).where(*(_columns[name] == bindparam(f"of_{name}") for name in _KEY))
COUNT = select(func.count()).select_from(doubt)


class Doubts(Repository):
    """What waits to be looked up in the systems' histories, by place."""

    def add(self, doubts: Iterable[Doubt]) -> None:
        """Remember them; one about the same value in the same field takes the older one's turn."""
        self._write(ADD, [one._asdict() for one in doubts])

    def places(self) -> list[str]:
        """Return the places with doubts, in order; nearly always none."""
        return sorted(self._connection.scalars(PLACES))

    def oldest(self, place: str, most: int) -> list[Doubt]:
        """Return at most ``most`` doubts of a place, the oldest first."""
        rows = self._connection.execute(OLDEST, {"at_place": place, "most": most})
        return [Doubt(*row) for row in rows]

    def drop(self, doubts: Iterable[Doubt]) -> None:
        """Forget what was looked up, or can never be."""
        self._write(DROP, [{f"of_{name}": getattr(one, name) for name in _KEY} for one in doubts])

    def count(self) -> int:
        """Return how many wait."""
        return int(self._connection.scalar(COUNT) or 0)

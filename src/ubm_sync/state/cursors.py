"""Cursors: where each system's reading continues."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, bindparam, select

from ubm_sync.database import upsert
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import metadata

cursor = Table(
    "cursor",
    metadata,
    Column("system", Text, primary_key=True),
    Column("position", Text, nullable=False),
)

GET = select(cursor.c.position).where(cursor.c.system == bindparam("of_system"))
PUT = upsert(cursor, ["system"])


class Cursors(Repository):
    """One opaque text per system."""

    def get(self, system: str) -> str | None:
        """Return the position stored last, None where the system was never read."""
        return self._connection.scalar(GET, {"of_system": system})

    def put(self, system: str, text: str) -> None:
        """Store the position, in the same transaction as what was learned on the way to it."""
        self._write(PUT, [{"system": system, "position": text}])

"""Small facts: settings by key."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, bindparam, select

from ubm_sync.database import upsert
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, metadata

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", CleanText, nullable=False),
)

GET = select(meta.c.value).where(meta.c.key == bindparam("of_key"))
PUT = upsert(meta, ["key"])


class Meta(Repository):
    """Text by key."""

    def get(self, key: str) -> str | None:
        """Return the text, None where there is none."""
        found: str | None = self._connection.scalar(GET, {"of_key": key})
        return found

    def put(self, key: str, value: str) -> None:
        """Store the text."""
        self._write(PUT, [{"key": key, "value": value}])

"""Small facts: settings by key, and the versions of the mapping that were in effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Table, Text, bindparam, select

from ubm_sync.database import upsert
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, Json, JsonText, Moment, metadata

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", CleanText, nullable=False),
)

mapping_version = Table(
    "mapping_version",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", CleanText, nullable=False),
    Column("body", JsonText, nullable=False),
)

GET = select(meta.c.value).where(meta.c.key == bindparam("of_key"))
PUT = upsert(meta, ["key"])


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A mapping that came into effect; ``body`` is enough to bring it back."""

    number: int
    hash: str
    at: datetime
    by: str
    body: Json


class Meta(Repository):
    """Text by key."""

    def get(self, key: str) -> str | None:
        """Return the text, None where there is none."""
        found: str | None = self._connection.scalar(GET, {"of_key": key})
        return found

    def put(self, key: str, value: str) -> None:
        """Store the text."""
        self._write(PUT, [{"key": key, "value": value}])


class MappingVersions(Repository):
    """The history of the mapping; the newest is in effect."""

    def add(self, digest: str, at: datetime, by: str, body: Json) -> bool:
        """Note a mapping that comes into effect; return False where it already is."""
        newest = self.last(1)
        if newest and newest[0].hash == digest:
            return False
        row = {"hash": digest, "at": at, "by": by, "body": body}
        self._write(mapping_version.insert(), [row])
        return True

    def last(self, number: int) -> Sequence[MappingVersion]:
        """Return the newest versions, newest first."""
        statement = select(mapping_version).order_by(mapping_version.c.number.desc())
        return [
            MappingVersion(row.number, row.hash, row.at, row.by, row.body)
            for row in self._connection.execute(statement.limit(number))
        ]

    def get(self, digest: str) -> MappingVersion | None:
        """Return the newest version with this hash, or one whose hash begins so."""
        return next((one for one in self.last(1_000) if one.hash.startswith(digest)), None)

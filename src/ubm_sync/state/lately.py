"""What was seen lately: records as they were planned, to play them through another mapping.

One row holds a whole portion, compressed; it is written in the transaction that plans it anyway.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, func, insert, select

from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, Json, Moment, json_text, metadata

seen_lately = Table(
    "seen_lately",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

_columns = seen_lately.c
QUICK = 1  # zlib's level: a third larger than the best, and four times as fast


@dataclass(frozen=True, slots=True)
class Seen:
    """Records of one kind as they were planned at an instant, under a mapping (its hash)."""

    at: datetime
    kind: str
    mapping: str
    records: Sequence[Json]


class Lately(Repository):
    """What was seen, oldest first."""

    def keep(self, seen: Seen) -> None:
        """Store one portion."""
        body = zlib.compress(json_text(list(seen.records)).encode(), QUICK)
        row = {
            "at": seen.at, "kind": seen.kind, "mapping": seen.mapping,
            "count": len(seen.records), "body": body,
        }  # fmt: skip
        self._write(insert(seen_lately), [row])

    def since(self, at: datetime) -> Iterator[Seen]:
        """Yield what was seen from an instant on."""
        numbers = select(_columns.number).where(_columns.at >= at).order_by(_columns.number)
        for number in list(self._connection.scalars(numbers)):
            statement = select(_columns.at, _columns.kind, _columns.mapping, _columns.body)
            row = self._connection.execute(statement.where(_columns.number == number)).first()
            if row is not None:
                records = orjson.loads(zlib.decompress(bytes(row.body)))
                yield Seen(row.at, row.kind, row.mapping, records)

    def oldest(self) -> datetime | None:
        """Return when the oldest that is kept was seen."""
        found: datetime | None = self._connection.scalar(select(func.min(_columns.at)))
        return found

    def forget(self, before: datetime) -> int:
        """Drop what was seen before an instant; return how many portions."""
        return self._connection.execute(delete(seen_lately).where(_columns.at < before)).rowcount

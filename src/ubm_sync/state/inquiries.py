"""Everything that came in and was read: what it was taken for, and what became of it.

Nothing that arrives is without a row here: it led to a case, or the row says why it did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from dataclasses import field as default
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Float, Index, Table, Text, bindparam, func, select

from ubm_sync.database import upsert
from ubm_sync.model import nothing
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, Json, JsonText, Moment, metadata

inquiry = Table(
    "inquiry",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("phrase", CleanText, nullable=False),
    Column("customer", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("found", JsonText, nullable=False),
    Column("arrived", Moment, nullable=False),
    Column("heard_at", Moment),
    Column("read_at", Moment),
    Column("messages", JsonText, nullable=False),
    Column("again_at", Moment, index=True),
    Index("ix_inquiry_case_id", "case_id"),
    Index("ix_inquiry_arrived", "arrived"),
)


@dataclass(slots=True)
class Inquiry:
    """One ticket or one remark in a row, as it was last read.

    ``source`` names it for good (``ticket:REF``, ``row:SYNC_ID``). ``digest`` is of the texts that
    were read, ``version`` the ticket's. ``category`` "" means that it was not read yet. ``found``
    is what the reading said, for people who ask. ``case_id`` is the case it belongs to; without
    one ``reason`` says why. ``heard_at`` is when the customer last wrote, by the ticket;
    ``messages`` are those that were read. ``again_at``: look then, changed or not.
    """

    source: str
    ref: str
    arrived: datetime
    digest: str = ""
    version: str = ""
    category: str = ""
    phrase: str = ""
    customer: str = ""
    case_id: str = ""
    reason: str = ""
    confidence: float = 0.0
    found: Json = default(default_factory=nothing)
    heard_at: datetime | None = None
    read_at: datetime | None = None
    messages: Sequence[str] = ()
    again_at: datetime | None = None


NAMES = tuple(one.name for one in fields(Inquiry))
_columns = inquiry.c
_many: Any = bindparam("many", expanding=True)
WHOLE = select(*(_columns[name] for name in NAMES))
LOAD = WHOLE.where(_columns.source.in_(_many))
OF_CASES = WHOLE.where(_columns.case_id.in_(_many)).order_by(_columns.arrived, _columns.source)
SAVE = upsert(inquiry, ["source"])


class Inquiries(Repository):
    """What came in, by its source."""

    def load(self, sources: Iterable[str]) -> dict[str, Inquiry]:
        """Return the known ones among these."""
        return {row.source: Inquiry(*row) for row in self._rows_in(LOAD, sources)}

    def of_cases(self, cases: Iterable[str]) -> list[Inquiry]:
        """Return what led to these cases, oldest first."""
        return [Inquiry(*row) for row in self._rows_in(OF_CASES, cases)]

    def save(self, inquiries: Iterable[Inquiry]) -> None:
        """Insert or replace them as a whole."""
        self._write(SAVE, [{name: getattr(one, name) for name in NAMES} for one in inquiries])

    def unread(self, before: datetime) -> list[Inquiry]:
        """Return what came in before an instant and could not be read yet."""
        statement = WHOLE.where(_columns.read_at.is_(None), _columns.arrived < before)
        rows = self._connection.execute(statement.order_by(_columns.arrived))
        return [Inquiry(*row) for row in rows]

    def again(self, now: datetime, limit: int) -> list[str]:
        """Return the refs of tickets to look at again now."""
        statement = select(_columns.ref).where(_columns.again_at <= now).limit(limit)
        return list(self._connection.scalars(statement.order_by(_columns.again_at)))

    def counts(self, since: datetime) -> dict[str, int]:
        """Return how much of each category came in since an instant."""
        statement = (
            select(_columns.category, func.count())
            .where(_columns.arrived >= since)
            .group_by(_columns.category)
        )
        return {str(row[0]): int(row[1]) for row in self._connection.execute(statement)}

"""What waits for a person's choice, and every value that was replaced or put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime

from sqlalchemy import Column, Index, Select, Table, Text, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, JsonText, Moment, metadata

OPEN = text("closed_at IS NULL")

conflict = Table(
    "conflict",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("sync_id", Text, nullable=False, index=True),
    Column("field", Text, nullable=False),
    Column("base", CleanText),
    Column("sides", JsonText, nullable=False),  # place -> value
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("how", CleanText, nullable=False),
    Column("closed_by", CleanText, nullable=False),
    Index(  # one open conflict per field
        "uq_conflict_open",
        "sync_id",
        "field",
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

kept_value = Table(
    "kept_value",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("sync_id", Text, nullable=False, index=True),
    Column("field", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("value", CleanText),
    Column("reason", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("typed_by", CleanText),
)


@dataclass(frozen=True, slots=True)
class ConflictState:
    """A conflict, open while ``closed_at`` is None; ``values`` maps each place to its value."""

    sync_id: str
    field: str
    base: str | None
    values: Mapping[str, str | None]
    opened_at: datetime
    closed_at: datetime | None = None
    how: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A value somebody typed that is in no system any more; None where they emptied the field."""

    sync_id: str
    field: str
    place: str
    value: str | None
    reason: str
    at: datetime
    by: str | None
    id: int = default(default=0, compare=False)


_open = insert_or(conflict)
OPEN_ONE = _open.on_conflict_do_update(
    index_elements=["sync_id", "field"],
    index_where=OPEN,
    set_={"base": _open.excluded.base, "sides": _open.excluded.sides},
)
CLOSE = (
    update(conflict)
    .where(OPEN, conflict.c.sync_id == bindparam("of_id"), conflict.c.field == bindparam("of"))
    .values(closed_at=bindparam("now"), how=bindparam("means"), closed_by=bindparam("person"))
)
ALL = select(
    conflict.c.sync_id,
    conflict.c.field,
    conflict.c.base,
    conflict.c.sides,
    conflict.c.opened_at,
    conflict.c.closed_at,
    conflict.c.how,
    conflict.c.closed_by,
).order_by(conflict.c.opened_at, conflict.c.id)
OF_RECORDS = ALL.where(OPEN, conflict.c.sync_id.in_(bindparam("many", expanding=True)))
KEEP = insert(kept_value)
KEPT = select(
    kept_value.c.sync_id,
    kept_value.c.field,
    kept_value.c.place,
    kept_value.c.value,
    kept_value.c.reason,
    kept_value.c.at,
    kept_value.c.typed_by,
    kept_value.c.id,
).order_by(kept_value.c.at, kept_value.c.id)


class Conflicts(Repository):
    """Fields that wait for a decision."""

    def open(
        self,
        sync_id: str,
        field: str,
        base: str | None,
        values: Mapping[str, str | None],
        at: datetime,
    ) -> None:
        """Open a conflict; an open one of this field takes the new values, keeping its date."""
        row = {
            "sync_id": sync_id,
            "field": field,
            "base": base,
            "sides": dict(values),
            "opened_at": at,
            "how": "",
            "closed_by": "",
        }
        self._later(OPEN_ONE, row)

    def close(self, sync_id: str, field: str, how: str, by: str, at: datetime) -> None:
        """Close the open conflict of a field; nothing happens where there is none."""
        row = {"of_id": sync_id, "of": field, "now": at, "means": how, "person": by}
        self._later(CLOSE, row)

    def list(self, *, open_only: bool = True) -> Sequence[ConflictState]:
        """Return the conflicts, oldest first."""
        return self._found(ALL.where(OPEN) if open_only else ALL)

    def of(self, sync_id: str, field: str) -> Sequence[ConflictState]:
        """Return every conflict a field of a record ever had, oldest first."""
        mine = (conflict.c.sync_id == sync_id) & (conflict.c.field == field)
        return self._found(ALL.where(mine))

    def for_records(self, ids: Iterable[str]) -> dict[str, Sequence[ConflictState]]:
        """Return the open conflicts of these records that have any."""
        found: dict[str, Sequence[ConflictState]] = {}
        for row in self._rows_in(OF_RECORDS, ids):
            found[row.sync_id] = [*found.get(row.sync_id, ()), ConflictState(*row)]
        return found

    def _found(self, statement: Select[*tuple[object, ...]]) -> Sequence[ConflictState]:
        rows = self._connection.execute(statement)
        return [
            ConflictState(
                row.sync_id,
                row.field,
                row.base,
                row.sides,
                row.opened_at,
                row.closed_at,
                row.how,
                row.closed_by,
            )
            for row in rows
        ]


class KeptValues(Repository):
    """Values that were typed and are shown nowhere any more: never thrown away."""

    def add(
        self,
        sync_id: str,
        field: str,
        place: str,
        value: str | None,
        reason: str,
        at: datetime | None = None,
        by: str | None = None,
    ) -> None:
        """Keep one value, once; ``at`` is now if it is not known."""
        same = KEPT.where(
            kept_value.c.sync_id == sync_id,
            kept_value.c.field == field,
            kept_value.c.place == place,
            kept_value.c.reason == reason,
            kept_value.c.value.is_(None) if value is None else kept_value.c.value == value,
        )
        if self._connection.execute(same.limit(1)).first() is not None:
            return
        row = {
            "sync_id": sync_id,
            "field": field,
            "place": place,
            "value": value,
            "reason": reason,
            "at": at or self._clock.now(),
            "typed_by": by,
        }
        self._later(KEEP, row)

    def list(self, sync_id: str | None = None) -> Sequence[Kept]:
        """Return the kept values of one record or of all, oldest first."""
        statement = KEPT if sync_id is None else KEPT.where(kept_value.c.sync_id == sync_id)
        return [Kept(*row) for row in self._connection.execute(statement)]

    def get(self, number: int) -> Kept | None:
        """Return one kept value by its number."""
        row = self._connection.execute(KEPT.where(kept_value.c.id == number)).first()
        return None if row is None else Kept(*row)

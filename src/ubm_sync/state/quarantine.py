"""The quarantine: what could not be worked on, kept whole until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint, bindparam, delete, select
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import insert

from ubm_sync.state.records import record
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import ROW_NUMBER, CleanText, Json, JsonText, Moment, metadata

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("system", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("subject", CleanText, nullable=False),  # the ref, or the sync_id where there is none
    Column("ref", CleanText),
    Column("sync_id", Text, index=True),
    Column("reason", CleanText, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    UniqueConstraint("place", "subject"),
)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One thing set aside: why, since when, how often it was tried, and what it was."""

    id: int
    system: str
    place: str
    ref: str | None
    sync_id: str | None
    reason: str
    body: Json
    first_at: datetime
    last_at: datetime
    tries: int


_put = insert(quarantine)
PUT = _put.on_conflict_do_update(
    index_elements=["place", "subject"],
    set_={
        "system": _put.excluded.system,
        "ref": _put.excluded.ref,
        "sync_id": _put.excluded.sync_id,
        "reason": _put.excluded.reason,
        "body": _put.excluded.body,
        "last_at": _put.excluded.last_at,
        "tries": quarantine.c.tries + 1,
    },
)
ALL = select(
    quarantine.c.id,
    quarantine.c.system,
    quarantine.c.place,
    quarantine.c.ref,
    quarantine.c.sync_id,
    quarantine.c.reason,
    quarantine.c.body,
    quarantine.c.first_at,
    quarantine.c.last_at,
    quarantine.c.tries,
).order_by(quarantine.c.first_at, quarantine.c.id)
_many: Any = bindparam("many", expanding=True)
SOME = ALL.where(quarantine.c.id.in_(_many))
REMOVE = delete(quarantine).where(quarantine.c.id.in_(_many))
MENDED = delete(quarantine).where(
    quarantine.c.sync_id == bindparam("of"), quarantine.c.place.in_(_many)
)
FREE = (
    change(record)
    .where(record.c.sync_id.in_(_many))
    .values(quarantined="", dirty=bindparam("again"))
)


class Quarantine(Repository):
    """Things set aside, by number."""

    def put(
        self,
        system: str,
        place: str,
        ref: str | None,
        sync_id: str | None,
        reason: str,
        body: Json,
        at: datetime,
    ) -> None:
        """Set something aside; the same ``(place, ref or sync_id)`` again counts as a try.

        Raises ValueError where neither ``ref`` nor ``sync_id`` says what it is.
        """
        subject = ref or sync_id
        if not subject:
            raise ValueError("What is set aside needs a ref or a sync_id.")
        row = {
            "system": system,
            "place": place,
            "subject": subject,
            "ref": ref,
            "sync_id": sync_id,
            "reason": reason,
            "body": body if body is not None else {},
            "first_at": at,
            "last_at": at,
            "tries": 1,
        }
        self._later(PUT, row)

    def list(self) -> Sequence[Quarantined]:
        """Return everything set aside, oldest first."""
        return [Quarantined(*tuple(row)) for row in self._rows()]

    def retry(self, ids: Iterable[int] | None = None) -> Sequence[Quarantined]:
        """Let go of these (None: all): their records are decided again at the next chance.

        Returns what was let go, so that refs without a record can be read again.
        """
        return self._let_go(ids, again=True)

    def drop(self, ids: Iterable[int]) -> Sequence[Quarantined]:
        """Give these up: their records are left alone until somebody changes them.

        Returns what was dropped, so that it can be written to the audit log.
        """
        return self._let_go(ids, again=False)

    def mended(self, sync_id: str, places: Iterable[str]) -> None:
        """Forget what was refused of a record in these places: it arrived, or is not wanted."""
        self._change_in(MENDED, places, {"of": sync_id})

    def _rows(self) -> Iterable[Any]:
        return self._connection.execute(ALL)

    def _let_go(self, ids: Iterable[int] | None, *, again: bool) -> Sequence[Quarantined]:
        rows: Iterable[Any] = self._rows() if ids is None else self._rows_in(SOME, ids)
        found = [Quarantined(*tuple(row)) for row in rows]
        records = [one.sync_id for one in found if one.sync_id is not None]
        self._change_in(FREE, records, {"again": again})
        self._change_in(REMOVE, [one.id for one in found])
        return found

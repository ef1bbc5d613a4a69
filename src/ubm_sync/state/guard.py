"""What the guard remembers: stops with the changes behind them, approvals, and what was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from ubm_sync.database import upsert
from ubm_sync.errors import NotThere, Refused
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, Json, JsonText, Moment, metadata

guard_stop = Table(
    "guard_stop",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("sample", JsonText, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("stopped_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("approved_by", CleanText),
    Column("canary", JsonText, nullable=False),
    Column("proven", Boolean, nullable=False),
    Column("revoked", CleanText, nullable=False),
)

guard_item = Table(
    "guard_item",
    metadata,
    Column("stop", Text, primary_key=True),
    Column("sync_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)

guard_use = Table(
    "guard_use",
    metadata,
    Column("run", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("count", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class GuardStop:
    """Changes of one field that wait for an approval, or have one.

    ``count`` changes wait; ``limit`` is what may be written without an approval, of which ``used``
    was when it stopped. ``sample`` is a list of ``{record, label, place, before, after}``. The
    ``fingerprint`` names exactly these changes under this ``mapping``. ``canary`` are the records
    written first, ``proven`` says that they were read back as they were meant, ``revoked`` why an
    approval is no longer one.
    """

    id: str
    fingerprint: str
    customer: str
    system: str
    field: str
    kind: str
    count: int
    limit: int
    used: int
    sample: Json
    mapping: str
    stopped_at: datetime
    approved_at: datetime | None = None
    approved_by: str | None = None
    canary: Json = ()
    proven: bool = False
    revoked: str = ""


_GROUP = (guard_use.c.customer, guard_use.c.system, guard_use.c.field, guard_use.c.kind)
SAVE = upsert(guard_stop, ["id"])
ALL = select(guard_stop).order_by(guard_stop.c.stopped_at, guard_stop.c.id)
OPEN = ALL.where(guard_stop.c.approved_at.is_(None))
ITEMS = select(guard_item.c.stop, guard_item.c.sync_id, guard_item.c.digest)
FORGET = delete(guard_item).where(
    guard_item.c.stop == bindparam("of"),
    guard_item.c.sync_id.in_(bindparam("many", expanding=True)),
)
ADD = upsert(guard_item, ["stop", "sync_id"])
OLDER = delete(guard_use).where(guard_use.c.at <= bindparam("before"))
USED = select(*_GROUP, func.sum(guard_use.c.count)).group_by(*_GROUP)
USE = upsert(guard_use, ["run", "customer", "system", "field", "kind"])


class GuardStops(Repository):
    """Stops with their changes, and how much was written lately."""

    def save(self, stops: Iterable[GuardStop]) -> None:
        """Store stops, new or changed."""
        self._write(SAVE, [_row(one) for one in stops])

    def remove(self, stop: str) -> None:
        """Forget a stop: its changes were written or are not wanted any more."""
        self._connection.execute(delete(guard_stop).where(guard_stop.c.id == stop))
        self._connection.execute(delete(guard_item).where(guard_item.c.stop == stop))

    def add_items(self, stop: str, digests: Mapping[str, str]) -> None:
        """Note the changes a stop is for: record -> digest of its change."""
        rows = [
            {"stop": stop, "sync_id": sync_id, "digest": digest}
            for sync_id, digest in digests.items()
        ]
        self._write(ADD, rows)

    def remove_items(self, stop: str, sync_ids: Iterable[str]) -> None:
        """Take records out of a stop."""
        self._change_in(FORGET, sync_ids, {"of": stop})

    def items(self) -> dict[str, dict[str, str]]:
        """Return stop -> record -> digest of its change, of all stops."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for stop, sync_id, digest in self._connection.execute(ITEMS):
            found[stop][sync_id] = digest
        return found

    def use(self, run: str, at: datetime, counts: Mapping[tuple[str, str, str, str], int]) -> None:
        """Note how many records a run has written so far, by customer, system, field and kind."""
        names = ("customer", "system", "field", "kind")
        rows = [
            {"run": run, "at": at, "count": count, **dict(zip(names, group, strict=True))}
            for group, count in counts.items()
        ]
        self._write(USE, rows)

    def used(self, since: datetime) -> dict[tuple[str, str, str, str], int]:
        """Return what was written after ``since``, by group, and forget what is older."""
        self._connection.execute(OLDER, {"before": since})
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in self._rows(USED)}

    def approve(self, prefix: str, by: str, at: datetime) -> GuardStop:
        """Let the changes of one stop pass; ``prefix`` is enough of its fingerprint.

        Raises NotThere if no open stop begins so, Refused if several do.
        """
        matching = [one for one in self.list() if one.fingerprint.startswith(prefix)]
        if not matching:
            raise NotThere(
                f'No stop that waits for approval begins with "{prefix}"; '
                "one that grew since it was shown has another id."
            )
        if len(matching) > 1:
            names = ", ".join(one.fingerprint for one in matching)
            raise Refused(f'"{prefix}" could mean {names}; give more of the fingerprint.')
        self._connection.execute(
            update(guard_stop)
            .where(guard_stop.c.id == matching[0].id)
            .values(approved_at=at, approved_by=by, revoked="", canary=[], proven=False)
        )
        return matching[0]

    def list(self, *, approved: bool = False) -> Sequence[GuardStop]:
        """Return the stops that wait for approval, oldest first; with ``approved`` all of them."""
        return self._found(ALL if approved else OPEN)

    def _rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return self._connection.execute(statement).all()

    def _found(self, statement: Select[*tuple[Any, ...]]) -> Sequence[GuardStop]:
        return [GuardStop(*tuple(row)) for row in self._rows(statement)]


def _row(stop: GuardStop) -> dict[str, Any]:
    names = {"limit": "allowed"}  # a word of SQL
    return {names.get(one.name, one.name): getattr(stop, one.name) for one in fields(stop)}

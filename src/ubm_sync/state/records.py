"""Records: the base all systems agreed on, what the flow remembers, when to decide again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Executable,
    Index,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
    update,
)

from ubm_sync.flow import Rival
from ubm_sync.state.repository import Bulk, Pick, Repository
from ubm_sync.state.schema import (
    CleanText,
    JsonText,
    Moment,
    clean,
    instant,
    json_text,
    json_value,
    metadata,
    microseconds,
)

DIRTY = text("dirty AND quarantined = ''")
ASLEEP = text("NOT dirty AND quarantined = '' AND wake_at IS NOT NULL")
MEETING = text("account_key <> ''")

record = Table(
    "record",
    metadata,
    Column("sync_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("base", JsonText, nullable=False),
    Column("memory", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("label", CleanText, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("account_key", CleanText, nullable=False),
    Column("wake_at", Moment),
    Column("dirty", Boolean, nullable=False),
    Column("quarantined", CleanText, nullable=False),
    Index("ix_record_customer_kind_status", "customer", "kind", "status"),
    # three small indexes: they hold only the rows that somebody will ask for
    Index("ix_record_dirty", "created_at", "sync_id", sqlite_where=DIRTY, postgresql_where=DIRTY),
    Index("ix_record_wake_at", "wake_at", sqlite_where=ASLEEP, postgresql_where=ASLEEP),
    Index("ix_record_account_key", "account_key", sqlite_where=MEETING, postgresql_where=MEETING),
)


@dataclass(slots=True)
class RecordState:
    """What the service remembers of one record.

    ``base`` are the shared values all systems last agreed on, ``memory`` the flow's own notes.
    ``status``, ``label``, ``accepted`` and ``account_key`` are what other records see of it.
    ``dirty``: decide at the next chance; ``wake_at``: decide then. ``quarantined``: the reason why
    it is left alone, "" where it is not.
    """

    sync_id: str
    kind: str
    customer: str
    created_at: datetime
    base: Mapping[str, str]
    memory: Mapping[str, str]
    status: str = ""
    label: str = ""
    accepted: bool = False
    account_key: str = ""
    wake_at: datetime | None = None
    dirty: bool = True
    quarantined: str = ""


class Due(NamedTuple):
    """A record waiting for a decision; sorts oldest first."""

    created_at: datetime
    sync_id: str
    customer: str
    kind: str


_many = record.c.sync_id.in_(bindparam("many", expanding=True))
SAVE = Bulk(record, ["sync_id"])
LOAD = Pick(select(record), record.c.sync_id)
EXISTS = Pick(select(record.c.sync_id), record.c.sync_id)
CUSTOMER = Pick(select(record.c.sync_id, record.c.customer), record.c.sync_id)
OF_CUSTOMERS = select(record.c.sync_id).where(
    record.c.customer.in_(bindparam("many", expanding=True))
)
MARK = update(record).where(_many).values(dirty=True)
MARK_CUSTOMER = (
    update(record)
    .where(record.c.customer == bindparam("of_customer"), ~record.c.dirty)
    .values(dirty=True)
)
MARK_KIND = (
    update(record).where(record.c.kind == bindparam("of_kind"), ~record.c.dirty).values(dirty=True)
)
RIVALS = Pick(
    select(record.c.account_key, *(record.c[field.name] for field in fields(Rival))),
    record.c.account_key,
    also=MEETING,
)
_position = record.c.created_at, record.c.sync_id
_waiting = select(*_position, record.c.customer, record.c.kind).order_by(*_position)
_behind = tuple_(*_position) > tuple_(
    bindparam("after_at", type_=Moment), bindparam("after_id", type_=Text)
)
WAITS = _waiting.where(record.c.sync_id == bindparam("of_id"))
# Both kinds have an index of their own, so none is scanned.
WAITING = (
    _waiting.where(DIRTY).limit(bindparam("most")),
    _waiting.where(ASLEEP, record.c.wake_at <= bindparam("now", type_=Moment)).limit(
        bindparam("most")
    ),
)
AFTER = tuple(one.where(_behind) for one in WAITING)
COUNTS = select(record.c.customer, record.c.status, func.count()).group_by(
    record.c.customer, record.c.status
)
OF_KIND = COUNTS.where(record.c.kind == bindparam("of_kind"))


class Records(Repository):
    """The records of all customers, by ``sync_id``."""

    def load(self, ids: Iterable[str]) -> dict[str, RecordState]:
        """Return the known ones among ``ids``."""
        return {row[0]: _state(row) for row in LOAD.rows(self._connection, ids)}

    def of(self, customers: Iterable[str]) -> list[str]:
        """Return the ids of all records of some customers."""
        return [row[0] for row in self._rows_in(OF_CUSTOMERS, customers)]

    def customers(self, ids: Iterable[str]) -> dict[str, str]:
        """Return whose the known ones among ``ids`` are: ``{sync_id: customer}``."""
        return dict(CUSTOMER.rows(self._connection, ids))

    def exists(self, ids: Iterable[str]) -> set[str]:
        """Return which of ``ids`` are known."""
        return {row[0] for row in EXISTS.rows(self._connection, ids)}

    def save(self, states: Iterable[RecordState]) -> None:
        """Insert or replace records as a whole."""
        SAVE.run(self._connection, [_row(state) for state in states])

    def mark_dirty(self, ids: Iterable[str]) -> None:
        """Have these records decided again at the next chance; unknown ids are ignored."""
        self._change_in(MARK, ids)

    def mark_customer_dirty(self, customer: str) -> None:
        """Have all records of a customer decided again at the next chance."""
        self._connection.execute(MARK_CUSTOMER, {"of_customer": customer})

    def mark_kind_dirty(self, kind: str) -> None:
        """Have all records of a kind decided again at the next chance."""
        self._connection.execute(MARK_KIND, {"of_kind": kind})

    def due(
        self,
        now: datetime,
        limit: int,
        after: str | None = None,
        customers: Collection[str] | None = None,
        kind: str | None = None,
    ) -> list[str]:
        """Return ids of records to decide, oldest first, at most ``limit``.

        These are the dirty ones and those whose ``wake_at`` has come, without the quarantined.
        ``customers`` are the ones to work on (None: all): leave the paused ones out. ``after`` is
        the last id of the page before. ``kind`` leaves out the other kinds of records. Raises
        ValueError where ``after`` is no record.
        """
        start = self._position(after) if after is not None else None
        found: list[str] = []
        while len(found) < limit:
            page = self._waiting(now, limit, start)
            found += (one.sync_id for one in page if _wanted(one, customers, kind))
            if len(page) < limit:
                break
            start = page[-1]
        return found[:limit]

    def rivals(self, account_keys: Iterable[str]) -> dict[str, list[Rival]]:
        """Return all records that have one of these account keys, by key, oldest first.

        The asking record is among them.
        """
        found: dict[str, list[Rival]] = {}
        rows = RIVALS.rows(self._connection, map(clean, account_keys))
        for key, sync_id, customer, label, status, accepted, created in rows:
            rival = Rival(sync_id, customer, label, status, bool(accepted), instant(created))
            found.setdefault(key, []).append(rival)
        for group in found.values():
            group.sort(key=attrgetter("created_at", "sync_id"))
        return found

    def counts(
        self, customer: str | None = None, kind: str | None = None
    ) -> dict[str, dict[str, int]]:
        """Return how many records have each status: ``{customer: {status: n}}``."""
        statement = COUNTS if kind is None else OF_KIND
        if customer is not None:
            statement = statement.where(record.c.customer == customer)
        counts: dict[str, dict[str, int]] = {}
        for name, status, number in self._connection.execute(statement, {"of_kind": kind}):
            counts.setdefault(name, {})[status] = number
        return counts

    def _position(self, sync_id: str) -> Due:
        row = self._connection.execute(WAITS, {"of_id": sync_id}).first()
        if row is None:
            raise ValueError(f'There is no record "{sync_id}" to continue after.')
        return Due(*row)

    def _waiting(self, now: datetime, limit: int, start: Due | None) -> list[Due]:
        """Return one page of both kinds, the dirty ones and those whose time has come."""
        given: dict[str, Any] = {"most": limit, "now": now}
        if start is not None:
            given |= {"after_at": start.created_at, "after_id": start.sync_id}
        pages = (self._page(one, given) for one in (WAITING if start is None else AFTER))
        return list(islice(merge(*pages), limit))

    def _page(self, statement: Executable, given: Mapping[str, Any]) -> Iterator[Due]:
        return (Due(*row) for row in self._connection.execute(statement, given))


def _state(row: tuple[Any, ...]) -> RecordState:
    """Return a record as ``_row`` stored it."""
    sync_id, kind, customer, created, base, memory, status, label, accepted, *rest = row
    account_key, wake_at, dirty, quarantined = rest
    return RecordState(
        sync_id,
        kind,
        customer,
        instant(created),
        json_value(base),
        json_value(memory),
        status,
        label,
        bool(accepted),
        account_key,
        None if wake_at is None else instant(wake_at),
        bool(dirty),
        quarantined,
    )


def _row(state: RecordState) -> tuple[Any, ...]:
    return (
        state.sync_id,
        state.kind,
        state.customer,
        microseconds(state.created_at),
        json_text(state.base),
        json_text(state.memory),
        state.status,
        clean(state.label),
        state.accepted,
        clean(state.account_key),
        None if state.wake_at is None else microseconds(state.wake_at),
        state.dirty,
        clean(state.quarantined),
    )


def _wanted(one: Due, customers: Collection[str] | None, kind: str | None) -> bool:
    """Filter here and not in SQL: a list of customers is long, and few are paused."""
    return (customers is None or one.customer in customers) and (kind is None or one.kind == kind)

"""Accounts as observations: what changed since a change number, everything, or single ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, func, select, type_coerce

from ubm_store.schema import Account, ChangeCounter, table
from ubm_store.values import COLUMNS, INSTANTS, Fields, as_text, instant
from ubm_sync.model import Observation

PAGE = 2_000
ACTOR = "ubm-sync"  # who an account says it was changed by, where the service did it
CHUNK = 500  # values of one IN (...)

_ACCOUNT = table(Account)
_COUNTER = table(ChangeCounter)
_HEAD = 8  # columns before the ones of COLUMNS
NEWEST = select(_COUNTER.c.identity, _COUNTER.c.revision)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come: the last change number seen, and in which database."""

    identity: str = ""
    revision: int = 0

    @classmethod
    def read(cls, cursor: str | None) -> Position:
        """Return the position a cursor stands for, the beginning for None or foreign text."""
        identity, _, revision = (cursor or "").rpartition(":")
        return cls(identity, int(revision)) if revision.isdecimal() else cls()

    def __str__(self) -> str:
        return f"{self.identity}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Stored:
    """An account as it is in the table: every cell as text, in the order of ``COLUMNS``."""

    number: int
    id: str
    sync_id: str | None
    revision: int
    cells: Mapping[str, str | None]


def newest(connection: Connection) -> Position:
    """Return the change number given last; every one up to it is committed and visible."""
    row = connection.execute(NEWEST).one()
    return Position(row.identity, row.revision)


class Reader:
    """Turns rows into observations of one place."""

    def __init__(self, place: str, fields: Fields) -> None:
        self._place = place
        self._fields = fields

    def changed(self, connection: Connection, after: int, until: int) -> list[Observation]:
        """Return at most ``PAGE`` accounts whose change number is in (after, until], in order."""
        statement = _changed(sqlite=_is_sqlite(connection))
        found = connection.execute(statement, {"after": after, "until": until})
        return [self.observation(row) for row in found]

    def listed(self, connection: Connection, after: int) -> tuple[list[Observation], int]:
        """Return at most ``PAGE`` accounts with a number above ``after``, and the last number."""
        statement = _listed(sqlite=_is_sqlite(connection))
        found = connection.execute(statement, {"after": after}).all()
        return [self.observation(row) for row in found], found[-1][0] if found else after

    def fetched(self, connection: Connection, refs: Sequence[str]) -> Iterator[list[Observation]]:
        """Yield the accounts with these ids; an id that is not there is left out."""
        for start in range(0, len(refs), CHUNK):
            found = rows_with(connection, "id", refs[start : start + CHUNK])
            yield [self.observation(row) for row in found]

    def observation(self, row: Sequence[Any]) -> Observation:
        """Return one row of ``_rows`` as an observation; only the account's own columns count."""
        _, ref, sync_id, customer, revision, created, changed, by, *cells = row
        decoded = self._fields.decode(cells)
        return Observation(
            place=self._place,
            ref=ref,
            key=sync_id,
            container=customer,
            version=str(revision),
            values=decoded.values,
            marks=decoded.marks,
            created_at=_moment(created),
            modified_at=_moment(changed),
            modified_by="" if by == ACTOR else by,  # "": the service itself
        )


def rows_with(connection: Connection, name: str, values: Sequence[str]) -> Sequence[Any]:
    """Return the accounts with one of these values in a column, as ``_rows`` reads them."""
    statement = _with(name, sqlite=_is_sqlite(connection))
    return connection.execute(statement, {"many": list(values)}).all()


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


@cache
def _changed(*, sqlite: bool) -> Select[Any]:
    revision = _ACCOUNT.c.revision
    between = revision > bindparam("after"), revision <= bindparam("until")
    return _rows(sqlite=sqlite).where(*between).order_by(revision).limit(PAGE)


@cache
def _listed(*, sqlite: bool) -> Select[Any]:
    number = _ACCOUNT.c.number
    return _rows(sqlite=sqlite).where(number > bindparam("after")).order_by(number).limit(PAGE)


@cache
def _with(name: str, *, sqlite: bool) -> Select[Any]:
    return _rows(sqlite=sqlite).where(_ACCOUNT.c[name].in_(bindparam("many", expanding=True)))


def _rows(*, sqlite: bool) -> Select[Any]:
    """Return the statement that reads accounts with every cell as text.

    SQLite lets a person store anything in any column, so nothing is left to the driver's types: a
    date that is none must not keep the other accounts from being read.
    """
    c = _ACCOUNT.c
    moments = [type_coerce(m, Text) if sqlite else m for m in (c.created_at, c.changed_at)]
    return select(
        c.number,
        c.id,
        c.sync_id,
        c.customer_key.label("container"),
        c.revision,
        *moments,
        c.changed_by,
        *(_cell(name, sqlite=sqlite) for name in COLUMNS),
    )


def stored(row: Sequence[Any]) -> Stored:
    """Return one row of ``_rows`` for comparing with what a write wants."""
    number, ref, sync_id, _, revision, _, _, _, *cells = row
    texts = {name: as_text(cell) for name, cell in zip(COLUMNS, cells, strict=True)}
    for name in INSTANTS:
        texts[name] = as_text(_moment(texts[name])) or texts[name]
    return Stored(number, ref, sync_id, revision, texts)


def _cell(name: str, *, sqlite: bool) -> Any:
    column = _ACCOUNT.c[name]
    if name in INSTANTS and not sqlite:
        # ISO 8601 in UTC, as the other database stores it
        return (cast(func.timezone("UTC", column), Text) + "Z").label(name)
    return (type_coerce(column, Text) if name in INSTANTS else cast(column, Text)).label(name)


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        return instant(value)
    except (ValueError, TypeError):
        return None

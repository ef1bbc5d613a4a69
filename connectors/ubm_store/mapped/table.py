"""A foreign account table: its columns, its rows as text, the types of its values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Select,
    Table,
    Text,
    select,
    type_coerce,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from ubm_store.values import NO_DATE, NO_INSTANT, as_text, incoming, instant, outgoing, parsed
from ubm_sync.errors import Refused
from ubm_sync.model import Binding, Mark, Observation, Written

MEANINGS = ("id", "sync_id", "customer_key")
BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Names:
    """The names an admin gave: of the table and of the columns with a meaning of their own."""

    table: str
    columns: Mapping[str, str]

    @classmethod
    def of(cls, settings: Mapping[str, object], place: Mapping[str, str]) -> Names | None:
        """Return the names in ``systems.store``, None where it names no table.

        Without a name of its own, ``sync_id`` is the mapping's ``identity`` of the place.
        """
        name = settings.get("table")
        if not name:
            return None
        columns = settings.get("columns")
        given = columns if isinstance(columns, Mapping) else {}
        own = {str(key): str(value) for key, value in given.items()}
        return cls(str(name), {"sync_id": place.get("identity", "sync_id"), **own})

    def column(self, meaning: str) -> str:
        """Return the name of a column; without one it is called by its meaning."""
        return self.columns.get(meaning, meaning)


class ForeignTable:
    """The table as found in the database, and the fields of the mapping that live in it."""

    def __init__(self, connection: Connection, names: Names, bindings: Sequence[Binding]) -> None:
        self.names = names
        self.table = _reflected(connection, names.table)
        self.missing = tuple(
            name for name in map(names.column, MEANINGS) if name not in self.table.columns
        )
        there = [b for b in bindings if (b.external or b.field) in self.table.columns]
        self.unknown = tuple(b.field for b in bindings if b not in there and b.field != "sync_id")
        self.bindings = {b.field: b for b in there}
        changed = names.columns.get("changed_at", "")
        self.changed_at = self.table.columns.get(changed)
        self._sqlite = connection.dialect.name == "sqlite"

    def column(self, meaning: str) -> Column[Any]:
        """Return the column that has a meaning of its own: id, sync_id, customer_key."""
        found: Column[Any] = self.table.columns[self.names.column(meaning)]
        return found

    def column_of(self, binding: Binding) -> Column[Any]:
        """Return the column that a field lives in."""
        found: Column[Any] = self.table.columns[binding.external or binding.field]
        return found

    def rows(self) -> Select[Any]:
        """Return the statement for id, sync_id, customer and every field, as untyped as can be."""
        columns = [
            *map(self.column, MEANINGS),
            *map(self.column_of, self.bindings.values()),
        ]
        return select(
            *(
                # SQLite may hold any value in any column, so its own types are not trusted
                (type_coerce(column, Text) if self._sqlite else column).label(f"c{number}")
                for number, column in enumerate(columns)
            )
        )

    def observation(self, place: str, row: Sequence[Any]) -> Observation:
        """Return one row of ``rows``; its version is a digest of what the mapping can see."""
        ref, sync_id, customer, *cells = row
        values: dict[str, str] = {}
        marks: dict[str, str] = {}
        for (name, binding), cell in zip(self.bindings.items(), cells, strict=True):
            text, mark = _shown(self.column_of(binding).type, cell)
            if text and binding.readable:
                values[name], foreign = incoming(binding, text)
                if mark or foreign:
                    marks[name] = mark or foreign
        seen = "\x1f".join(f"{name}={value}" for name, value in sorted(values.items()))
        return Observation(
            place=place,
            ref=as_text(ref) or "",
            key=as_text(sync_id),
            container=as_text(customer) or "",
            version=hashlib.blake2b(seen.encode(), digest_size=8).hexdigest(),
            values=values,
            marks=marks,
        )

    def encode(self, values: Mapping[str, Written]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values by column name, and the fields that cannot go in with the reason."""
        columns: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for name, value in values.items():
            binding = self.bindings.get(name)
            if binding is None:
                if name != "sync_id":
                    faults[name] = f'the table has no column for "{name}"'
                continue
            column = self.column_of(binding)
            try:
                text = outgoing(binding, value)
                columns[column.name] = None if text is None else stored_as(column.type, text)
            except ValueError as error:
                faults[name] = str(error)
        return columns, faults


def stored_as(kind: TypeEngine[Any], text: str) -> Any:
    """Return text as a value of a column's type. Raises ValueError."""
    if isinstance(kind, Boolean):
        return parsed(lambda word: BOOLEANS[word.lower()], text, "is neither true nor false")
    if isinstance(kind, Date):
        return parsed(date.fromisoformat, text, NO_DATE)
    if isinstance(kind, DateTime):
        moment = parsed(instant, text, NO_INSTANT)
        return moment if kind.timezone else moment.replace(tzinfo=None)
    if isinstance(kind, Integer):
        return parsed(int, text, "is not a whole number")
    if isinstance(kind, Numeric):
        return parsed(Decimal, text, "is not a number")
    return text


def _shown(kind: TypeEngine[Any], cell: Any) -> tuple[str, str]:
    """Return ``(canonical text, mark)`` of a cell."""
    if cell is None or cell == "":
        return "", ""
    if isinstance(kind, Boolean):
        return ("true" if cell in {True, "1", "true"} else "false"), ""
    if isinstance(cell, Decimal | float):
        return _number(Decimal(str(cell))), ""
    text = str(cell)
    if isinstance(cell, datetime):
        return as_text(cell if cell.tzinfo else cell.replace(tzinfo=UTC)) or "", ""
    try:
        if isinstance(kind, DateTime):
            return as_text(instant(text)) or "", ""
        if isinstance(kind, Date):
            return date.fromisoformat(text).isoformat(), ""
    except ValueError:
        return text, Mark.UNTYPED
    return text, ""


def _number(value: Decimal) -> str:
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _reflected(connection: Connection, name: str) -> Table:
    schema, _, table = name.rpartition(".")
    try:
        return Table(table, MetaData(), schema=schema or None, autoload_with=connection)
    except NoSuchTableError:
        raise Refused(
            f'The database has no table "{name}"; correct systems.store.table in config.'
        ) from None

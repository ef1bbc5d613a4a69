"""The base of the repositories: a connection inside one transaction, and bulk statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Executable, Select, Table, TextClause

from ubm_sync.clock import Clock
from ubm_sync.database import upsert
from ubm_sync.state.schema import chunks, json_text


class Bulk:
    """An upsert of whole rows, compiled once per kind of database and given plain tuples.

    For the tables of which every record has rows: SQLAlchemy's preparation of each row would cost
    more than SQLite's work on it. Values must be as they are stored, in the order of the table's
    columns; those named in ``kept`` stay as they are in a row that is there.
    """

    def __init__(
        self, table: Table, key_columns: Sequence[str], kept: Collection[str] = ()
    ) -> None:
        self._names = [column.name for column in table.columns]
        others = [name for name in self._names if name not in {*key_columns, *kept}]
        self._statement = upsert(table, key_columns, update=others)
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the rows; none is no statement at all."""
        if not rows:
            return
        dialect = connection.dialect
        if dialect.name not in self._texts:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._names)
            self._texts[dialect.name] = str(compiled)
        values: Any = rows
        if not dialect.positional:
            values = [dict(zip(self._names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(self._texts[dialect.name], values)


class Pick:
    """A SELECT by any number of values of one column, the counterpart of ``Bulk``.

    ``also`` is a column or a condition that must be true besides; ``within`` is a column that must
    be equal to a value given with each look-up. Rows come as plain tuples, values as they are
    stored.
    """

    def __init__(
        self,
        statement: Select[Any],
        column: Column[Any],
        also: Column[bool] | TextClause | None = None,
        within: Column[str] | None = None,
    ) -> None:
        conditions = [] if also is None else [str(also)]
        if within is not None:
            conditions.append(f"{within} = {{0}}")
        whole = f"{statement} WHERE {' AND '.join([*conditions, str(column)])}"
        self._texts = {
            "sqlite": f"{whole} IN (SELECT value FROM json_each({{0}}))".format("?"),  # noqa: S608 - no value in it
            "postgresql": f"{whole} = ANY({{0}})".format("%s"),
        }

    def rows(
        self, connection: Connection, values: Iterable[str], *within: str
    ) -> list[tuple[Any, ...]]:
        """Return the rows with one of these values, in no order."""
        wanted: Any = list(dict.fromkeys(values))
        if not wanted:
            return []
        name = connection.dialect.name
        if name == "sqlite":  # takes no list as a parameter
            wanted = json_text(wanted)
        found: Any = connection.exec_driver_sql(self._texts[name], (*within, wanted))
        rows: list[tuple[Any, ...]] = found.cursor.fetchall()
        found.close()
        return rows


class Repository:
    """One aggregate's rows, read and written within the transaction it was made in.

    Single rows that callers hand over one by one are collected (``_later``) and written by one
    statement: before the next statement of the same repository, and before the commit.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._raw = connection
        self._clock = clock
        self._collected: list[tuple[Executable | Bulk, list[Any]]] = []

    @property
    def _connection(self) -> Connection:
        """The connection, with everything collected written: no statement overtakes another."""
        if self._collected:
            self.flush()
        return self._raw

    def flush(self) -> None:
        """Write what was collected."""
        collected, self._collected = self._collected, []
        for statement, rows in collected:
            if isinstance(statement, Bulk):
                statement.run(self._raw, rows)
            else:
                self._raw.execute(statement, rows)

    def _later(self, statement: Executable | Bulk, row: dict[str, Any] | tuple[Any, ...]) -> None:
        """Collect one row (a tuple for ``Bulk``); rows of the same statement go together."""
        if not self._collected or self._collected[-1][0] is not statement:
            self._collected.append((statement, []))
        self._collected[-1][1].append(row)

    def _write(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        """Run one statement for many rows (an empty list is no statement at all)."""
        if rows:
            self._connection.execute(statement, rows)

    def _rows_in(
        self,
        statement: Executable,
        values: Iterable[object],
        others: Mapping[str, Any] | None = None,
    ) -> Iterator[Any]:
        """Yield the rows of a statement with ``IN (:many)`` for any number of values.

        The rows are the statement's own, tuples with names: only it knows their columns.
        """
        for part in chunks(dict.fromkeys(values)):
            yield from self._connection.execute(statement, {**(others or {}), "many": part})

    def _change_in(
        self,
        statement: Executable,
        values: Iterable[object],
        others: Mapping[str, Any] | None = None,
    ) -> None:
        """Run an UPDATE or DELETE with ``IN (:many)`` for any number of values."""
        for part in chunks(dict.fromkeys(values)):
            self._connection.execute(statement, {**(others or {}), "many": part})

"""The base of the repositories: a connection inside one transaction, and bulk statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Executable

from ubm_sync.state.schema import chunks


class Repository:
    """One aggregate's rows, read and written within the transaction it was made in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _write(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        """Run one statement for many rows (an empty list is no statement at all)."""
        if rows:
            self._connection.execute(statement, rows)

    def _rows_in(
        self,
        statement: Executable,
        values: Iterable[str],
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
        values: Iterable[str],
        others: Mapping[str, Any] | None = None,
    ) -> None:
        """Run an UPDATE or DELETE with ``IN (:many)`` for any number of values."""
        for part in chunks(dict.fromkeys(values)):
            self._connection.execute(statement, {**(others or {}), "many": part})

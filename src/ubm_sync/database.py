"""What every SQL database of the service shares: engines, column types, upserts, clear errors.

SQLite and PostgreSQL behave alike through this module. On SQLite every writing transaction starts
with ``BEGIN IMMEDIATE``: a transaction that reads first and locks later fails with "database is
locked" as soon as two processes do it, and no busy timeout helps it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    String,
    Table,
    Text,
    create_engine,
    event,
    or_,
)
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
)
from sqlalchemy.pool import PoolProxiedConnection, StaticPool
from sqlalchemy.types import TypeDecorator, TypeEngine

from ubm_sync.errors import NoAccess, NotThere, Refused, SyncError, Temporary

CONNECT_SECONDS = 10
CACHE_KIBIBYTES = 8_192  # most of a portion of records, so that its pages are written about once
BUSY_MILLISECONDS = 10_000
STATEMENTS = 500  # that SQLite's driver keeps prepared: a cycle runs more than its usual 128


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC.

    SQLite keeps it as text of one width (``2026-11-21T09:40:00.000000Z``), so that comparing the
    text compares the instants; PostgreSQL as ``timestamptz``. A naive datetime is refused.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use the native type where there is one."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the driver is given."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A stored instant needs a time zone, {value.isoformat()} has none.")
        instant = value.astimezone(UTC)
        return instant_text(instant) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).astimezone(UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return] # the driver's datetime


class JsonText(TypeDecorator[Any]):
    """JSON kept as text, keys sorted: equal values are equal text in every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the text; ``None`` stays NULL."""
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the decoded value."""
        return None if value is None else orjson.loads(value)


def instant_text(instant: datetime) -> str:
    """Return an aware UTC datetime as 27 characters, microseconds and ``Z`` included."""
    return f"{instant.strftime('%Y-%m-%dT%H:%M:%S')}.{instant.microsecond:06d}Z"


def upsert(
    table: Table,
    key_columns: Sequence[str],
    *,
    update: Sequence[str] | None = None,
    only_changed: bool | Sequence[str] = False,
) -> Insert:
    """Return ``INSERT ... ON CONFLICT (key_columns) DO UPDATE`` for SQLite and PostgreSQL.

    ``update`` names the columns taken from the new row (default: all but the keys; empty: an
    existing row stays as it is). ``only_changed`` leaves rows alone in which these columns (True:
    all updated ones) are equal. Execute it with a list of dicts: ``.values([...])`` is ten times
    slower. Both databases share the clause, so PostgreSQL's statement compiles for either.
    """
    statement = insert(table)
    names = [c.name for c in table.columns if c.name not in key_columns]
    names = names if update is None else list(update)
    if not names:
        return statement.on_conflict_do_nothing(index_elements=list(key_columns))
    new = statement.excluded
    compared = names if only_changed is True else (only_changed or ())
    differs = [table.c[name].is_distinct_from(new[name]) for name in compared]
    return statement.on_conflict_do_update(
        index_elements=list(key_columns),
        set_={name: new[name] for name in names},
        where=or_(*differs) if differs else None,
    )


class OurSqlite(SQLiteDialect_pysqlite):
    """SQLite whose transactions begin by themselves; the driver's begin too late or not at all.

    In the dialect and not in a listener: an engine with a listener asks for others at every
    statement, which takes as long as the statement.
    """

    supports_statement_cache = True
    begin = "begin immediate"

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin a transaction."""
        raw: Any = dbapi_connection.driver_connection
        raw.execute(self.begin)

    @cached_property
    def for_reading(self) -> OurSqlite:
        """The same where transactions only read."""
        view = copy(self)
        view.begin = "begin"
        return view


registry.register("sqlite.ours", __name__, "OurSqlite")


def open_engine(url: str, *, writer: bool = True) -> Engine:
    """Return an engine for ``sqlite:///...`` or ``postgresql://...`` that has connected once.

    A SQLite file's folder is created. ``writer=False`` gives an engine that cannot change data.
    Raises Refused (unusable address, unusable file), NoAccess, NotThere, Temporary (unreachable or
    locked); no message contains the password.
    """
    parsed = _parsed(url)
    name = safe_address(url)
    try:
        make = _sqlite if parsed.get_backend_name() == "sqlite" else _postgresql
        engine = make(parsed, writer=writer)
    except OSError as error:
        raise Refused(
            f'The folder of the database "{name}" cannot be created ({error.strerror}); '
            "correct the address or the folder's permissions."
        ) from error
    try:
        with clear_errors(name), engine.connect():
            pass
    except SyncError:
        engine.dispose()
        raise
    return engine


def for_reading(engine: Engine) -> Engine:
    """Return a view of ``engine`` (same pool) whose transactions do not take the write lock."""
    view = engine.execution_options(reading=True)
    if isinstance(engine.dialect, OurSqlite):
        view.dialect = engine.dialect.for_reading
    return view


def safe_address(url: str) -> str:
    """Return ``url`` without its password and options, for messages."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return url.partition(":")[0] + ":..."


@contextmanager
def clear_errors(address: str) -> Iterator[None]:
    """Turn a driver's error that is about the database as a whole into one of ours.

    Errors about data (a violated constraint, a wrong statement) pass unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        ours = as_sync_error(error, address)
        if ours is None:
            raise
        raise ours from error


def as_sync_error(error: DBAPIError, address: str) -> SyncError | None:
    """Return what a driver's error means for the caller, None where it is about the data."""
    if isinstance(error, IntegrityError | DataError):
        return None  # its text may hold anything a person typed
    text = str(error.orig).strip().partition("\n")[0]
    remedy = _REMEDIES.get(_trouble(error, text.lower()))
    if remedy is None:
        return None
    kind, sentence = remedy
    return kind(sentence.format(where=f'the database "{address}"', text=text))


_REMEDIES: dict[str, tuple[type[SyncError], str]] = {
    "login": (NoAccess, "No access to {where}: user or password is wrong; correct the URL."),
    "absent": (NotThere, "There is no {where}; create it or correct the URL."),
    "damaged": (Refused, "The file of {where} is damaged or no SQLite file; restore a backup."),
    "right": (NoAccess, "No right to change {where} ({text}); grant it to this service's user."),
    "file": (NoAccess, "The file of {where} cannot be opened; check its folder and permissions."),
    "tables": (NotThere, "Tables are missing in {where} ({text}); run ubm-sync setup."),
    "locked": (Temporary, "Another program holds {where} locked; trying again is safe."),
    "lost": (Temporary, "No connection to {where} ({text}); check that the server runs."),
}

# What a driver says where it has no code, in the order of asking.
_WORDS = (
    ("login", ("password authentication", "no password supplied")),
    ("damaged", ("not a database", "malformed")),
    ("right", ("readonly",)),
    ("file", ("unable to open database file", "disk i/o error")),
    ("tables", ("no such table",)),
    ("locked", ("locked", "busy")),
)

# PostgreSQL's error codes, whole ones before classes (appendix A of its manual).
_STATES = {
    "3D000": "absent",
    "42501": "right",
    "25006": "right",
    "42P01": "tables",
    "55P03": "locked",
    "28": "login",
    "40": "locked",  # serialisation failure, deadlock
    "08": "lost",
    "53": "lost",  # out of connections, memory, disk
    "57": "lost",  # shut down, cancelled
}


def _trouble(error: DBAPIError, lowered: str) -> str:
    """Return the kind of trouble with the database as a whole, "" where there is none."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _STATES.get(state) or _STATES.get(state[:2]) or ""
    for kind, words in _WORDS:
        if any(word in lowered for word in words):
            return kind
    if isinstance(error.orig, sqlite3.Error):
        return ""
    if 'database "' in lowered and "does not exist" in lowered:
        return "absent"
    unreached = type(error.orig).__name__ in {"OperationalError", "InterfaceError"}
    return "lost" if unreached or error.connection_invalidated else ""


def _parsed(url: str) -> URL:
    """Return the URL with the driver this service uses."""
    wish = "use sqlite:///path/to/file.db or postgresql://user:password@host/name"
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise Refused(f'"{safe_address(url)}" is not a database address; {wish}.') from None
    if backend not in {"sqlite", "postgresql"}:
        raise Refused(f'This service does not know databases of the kind "{backend}"; {wish}.')
    return parsed.set(drivername="sqlite+ours" if backend == "sqlite" else "postgresql+psycopg")


def _sqlite(url: URL, *, writer: bool) -> Engine:
    options: dict[str, Any] = {"connect_args": {"cached_statements": STATEMENTS}}
    if url.database in {None, "", ":memory:"}:  # one connection, or each thread has its own data
        options["poolclass"] = StaticPool
        options["connect_args"]["check_same_thread"] = False
    elif url.database and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def configure(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the standard library must not begin transactions by itself
        raw.execute(f"pragma busy_timeout={BUSY_MILLISECONDS}")
        raw.execute("pragma foreign_keys=on")
        if not writer:
            raw.execute("pragma query_only=on")
            return
        if raw.execute("pragma journal_mode").fetchone()[0] == "delete":
            # two programs that open a new file at once: one of them is told that it is locked
            with suppress(sqlite3.OperationalError):
                raw.execute("pragma journal_mode=wal")
        raw.execute("pragma synchronous=normal")
        raw.execute(f"pragma cache_size=-{CACHE_KIBIBYTES}")

    return engine if writer else for_reading(engine)


def _postgresql(url: URL, *, writer: bool) -> Engine:
    session = "-c timezone=utc" + ("" if writer else " -c default_transaction_read_only=on")
    wanted = {"options": session, "connect_timeout": CONNECT_SECONDS}
    arguments = {name: value for name, value in wanted.items() if name not in url.query}
    try:
        return create_engine(url, pool_pre_ping=True, connect_args=arguments)
    except ModuleNotFoundError:
        raise Refused(
            "A PostgreSQL database needs the driver psycopg; install ubm-sync[postgres]."
        ) from None

"""The shared rate budget: one reservation row per key, in a database all processes share.

The generic cell rate algorithm: the row holds the instant at which everything reserved so far will
have been paid for at the allowed rate. A reservation moves it on and is told how long to wait, so
first come is first served and nobody polls. "N calls in W seconds" is kept strictly with a burst B
and a rate of (N - B) / W: no window of W seconds then sees more than N.

Lanes: only URGENT may use the whole burst. The others leave a part of it untouched, the larger the
less they matter, so that an urgent call finds room at once while a backfill runs at full rate.

On SQLite the rows live in a file of their own beside the state (``state.budget.db``): a
reservation must never wait for a big transaction of the state, least of all for one that its own
thread holds. They are worth nothing after a minute, so there are no migrations and no fsync.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Executable,
    MetaData,
    Table,
    Text,
    bindparam,
    case,
    cast,
    create_engine,
    event,
    extract,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from ubm_sync.clock import Clock, SystemClock
from ubm_sync.database import BUSY_MILLISECONDS, clear_errors, open_engine, safe_address
from ubm_sync.ports import Lane
from ubm_sync.state.schema import microseconds
from ubm_sync.state.store import State

SECOND = 1_000_000  # microseconds
SET_BACK = 5 * SECOND  # clocks of one machine never differ so much: it was set back
LOCK = 0x75626D42756467  # "ubmBudg": any number of our own, the same in all processes

# The part of the burst a lane may use
SHARE = {Lane.URGENT: 1.0, Lane.PERSON: 0.8, Lane.RETRY: 0.6, Lane.BACKFILL: 0.4, Lane.AUDIT: 0.2}

budget = Table(
    "rate_reservation",
    MetaData(),
    Column("key", Text, primary_key=True),
    Column("paid_at", BigInteger, nullable=False),  # microseconds since 1970
    Column("booked_at", BigInteger, nullable=False),  # when it was said last, by the same clock
)


class Limit(NamedTuple):
    """At most ``calls`` in any ``seconds``, of which ``burst`` may come at once.

    ``burst`` is at least 1 and less than ``calls`` (a limit of one call has a burst of one).
    """

    calls: int
    seconds: float
    burst: int

    @property
    def spacing(self) -> float:
        """Microseconds one call costs at the steady rate."""
        return self.seconds * SECOND / max(self.calls - self.burst, 1)


class UnlimitedBudget:
    """A budget without limits: for systems that have none, and for tests."""

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:  # noqa: ARG002 - the port's signature
        """Return 0: nobody waits."""
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        """Do nothing."""


class SharedBudget:
    """Implements ``ports.Budget`` on a database; safe to share between threads.

    ``limits`` maps a prefix of keys to ``(calls, seconds, burst)``; the longest prefix counts, a
    key without one has no limit (but ``penalise`` holds it up too). On PostgreSQL the database's
    clock is used, unless ``clock`` is a virtual one.
    """

    def __init__(
        self,
        where: State | str,
        limits: Mapping[str, tuple[int, float, int]],
        clock: Clock | None = None,
    ) -> None:
        self._limits = {prefix: _checked(prefix, Limit(*one)) for prefix, one in limits.items()}
        self._clock = clock or SystemClock()
        url = where.url if isinstance(where, State) else where
        self._address = safe_address(url)
        self._engine = _engine(url)
        self._own_clock = self._engine.dialect.name == "sqlite" or not isinstance(
            self._clock, SystemClock
        )
        self._reserve, self._penalise = _statements(own_clock=self._own_clock)
        self._known: dict[str, Limit | None] = {}
        self._lock = threading.Lock()
        self._open: Connection | None = None
        with self._lock:
            self._connection()

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        """Book ``cost`` calls on ``key`` and return the seconds to wait before sending them.

        Book no more calls together than the limit's burst, or a window may see the surplus.
        Raises Temporary where the database cannot be reached.
        """
        limit = self._limit(key)
        if limit is None:
            return max(self._run(self._reserve, key, 0), 0) / SECOND
        ahead = self._run(self._reserve, key, round(cost * limit.spacing))
        # never less room than the calls booked together need: they go out at one moment, and
        # a part of them counted to the time before it would let a window overflow
        room = max(SHARE[lane] * limit.burst, min(cost, limit.burst)) * limit.spacing
        return max(ahead - room, 0.0) / SECOND

    def penalise(self, key: str, seconds: float) -> None:
        """Make every user of ``key`` wait at least ``seconds``: the other side said stop."""
        limit = self._limit(key)
        burst = limit.burst * limit.spacing if limit is not None else 0.0
        self._run(self._penalise, key, round(seconds * SECOND + burst))

    def close(self) -> None:
        """Release the connection."""
        with self._lock:
            self._drop()
        self._engine.dispose()

    def _limit(self, key: str) -> Limit | None:
        if key not in self._known:
            fitting = [prefix for prefix in self._limits if key.startswith(prefix)]
            self._known[key] = self._limits[max(fitting, key=len)] if fitting else None
        return self._known[key]

    def _run(self, statement: Executable, key: str, amount: int) -> int:
        """Run one statement; return by how many microseconds ``key`` is booked ahead of now."""
        row: dict[str, Any] = {"key": key, "amount": amount}
        with self._lock, clear_errors(self._address):
            if self._own_clock:
                row["now"] = microseconds(self._clock.now())
            try:
                ahead: int = self._connection().execute(statement, row).scalar_one()
            except DBAPIError:
                self._drop()  # a broken connection must not stay for the next one
                raise
        return ahead

    def _connection(self) -> Connection:
        if self._open is None:
            with clear_errors(self._address):
                self._open = self._engine.connect()
                _create(self._open)
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _checked(prefix: str, limit: Limit) -> Limit:
    possible = limit.calls >= 1 and limit.seconds > 0
    if not possible or not 1 <= limit.burst < max(limit.calls, 2):
        raise ValueError(
            f'The limit of "{prefix}" is not usable: {limit.calls} calls in {limit.seconds} '
            f"seconds with a burst of {limit.burst}; the burst must be at least 1 and less than "
            "the calls."
        )
    return limit


def _statements(*, own_clock: bool) -> tuple[Executable, Executable]:
    """Return the statements of ``reserve`` and ``penalise``; both answer with booked minus now."""
    amount = bindparam("amount", type_=BigInteger)
    now: Any = bindparam("now", type_=BigInteger)
    if not own_clock:
        now = cast(extract("epoch", func.clock_timestamp()) * SECOND, BigInteger)
    new = insert(budget).values(key=bindparam("key"), paid_at=now + amount, booked_at=now)
    there, booked = budget.c.paid_at, budget.c.booked_at
    # Where the clock was set back, what is owed stays as long as it was, and no longer.
    paid = case((booked > now + SET_BACK, now + there - booked), else_=there)
    reserve = new.on_conflict_do_update(
        index_elements=["key"],
        set_={"paid_at": case((paid > now, paid), else_=now) + amount, "booked_at": now},
    )
    penalise = new.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "paid_at": case((paid > now + amount, paid), else_=now + amount),
            "booked_at": now,
        },
    )
    return reserve.returning(there - now), penalise.returning(there - now)


def _engine(url: str) -> Engine:
    """Return an engine whose statements are transactions of their own."""
    if not url.startswith("sqlite"):
        return open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    parsed = make_url(url)
    if parsed.database not in {None, "", ":memory:"}:
        file = Path(parsed.database or "").with_suffix(".budget.db")
        file.parent.mkdir(parents=True, exist_ok=True)
        parsed = parsed.set(database=str(file))
    # one connection behind a lock, used by whichever thread comes
    arguments = {"check_same_thread": False}
    engine = create_engine(parsed, isolation_level="AUTOCOMMIT", connect_args=arguments)

    @event.listens_for(engine, "connect")
    def configure(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(f"pragma busy_timeout={BUSY_MILLISECONDS}")
        with suppress(sqlite3.OperationalError):  # another process is doing the same right now
            raw.execute("pragma journal_mode=wal")
        raw.execute("pragma synchronous=off")

    return engine


def _create(connection: Connection) -> None:
    """Create the table where it is missing; several processes may do so at once."""
    create = CreateTable(budget, if_not_exists=True)
    if connection.dialect.name == "sqlite":
        connection.execute(create)
        return
    # 3 ms a call otherwise: a reservation lost in a power cut was not used either
    connection.exec_driver_sql("SET synchronous_commit = off")
    connection.execute(select(func.pg_advisory_lock(LOCK)))
    try:
        connection.execute(create)
    finally:
        connection.execute(select(func.pg_advisory_unlock(LOCK)))

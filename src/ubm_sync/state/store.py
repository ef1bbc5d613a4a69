"""The state database: opening it, and transactions whose parts are the repositories."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from ubm_sync.clock import Clock, SystemClock
from ubm_sync.database import clear_errors, for_reading, open_engine, safe_address
from ubm_sync.state.audit import Audit
from ubm_sync.state.conflicts import Conflicts, KeptValues
from ubm_sync.state.cursors import Cursors
from ubm_sync.state.decisions import Decisions
from ubm_sync.state.delay_cases import DelayCases
from ubm_sync.state.delays import DelayLedger
from ubm_sync.state.disconnections import Disconnections
from ubm_sync.state.doubts import Doubts
from ubm_sync.state.errands import Errands
from ubm_sync.state.evidence import DelayFacts
from ubm_sync.state.guard import GuardStops
from ubm_sync.state.inquiries import Inquiries
from ubm_sync.state.journal import Journal
from ubm_sync.state.lately import Lately
from ubm_sync.state.leases import Leases
from ubm_sync.state.matches import Matches
from ubm_sync.state.meta import Meta
from ubm_sync.state.migrate import migrate
from ubm_sync.state.observations import Observations
from ubm_sync.state.outbox import Outbox
from ubm_sync.state.problems import Problems
from ubm_sync.state.quarantine import Quarantine
from ubm_sync.state.records import Records
from ubm_sync.state.remarks import Remarks
from ubm_sync.state.repository import Repository
from ubm_sync.state.runs import Runs
from ubm_sync.state.sites import Sites
from ubm_sync.state.versions import Versions

AnyRepository = TypeVar("AnyRepository", bound=Repository)
DEFAULT_URL = "sqlite:///var/state.db"


class Part(Generic[AnyRepository]):
    """One repository of a transaction, made when it is first asked for: most are not."""

    def __init__(self, kind: type[AnyRepository]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tx: Tx, owner: type | None = None) -> AnyRepository:
        made = vars(tx)[self._name] = self._kind(tx.connection, tx.clock)
        return made


class Tx:
    """One transaction; each part is the repository of one aggregate."""

    records = Part(Records)
    observations = Part(Observations)
    cursors = Part(Cursors)
    outbox = Part(Outbox)
    audit = Part(Audit)
    conflicts = Part(Conflicts)
    kept = Part(KeptValues)
    decisions = Part(Decisions)
    sites = Part(Sites)
    doubts = Part(Doubts)
    quarantine = Part(Quarantine)
    problems = Part(Problems)
    runs = Part(Runs)
    guard = Part(GuardStops)
    leases = Part(Leases)
    delays = Part(DelayLedger)
    facts = Part(DelayFacts)
    cases = Part(DelayCases)
    disconnections = Part(Disconnections)
    inquiries = Part(Inquiries)
    errands = Part(Errands)
    remarks = Part(Remarks)
    meta = Part(Meta)
    versions = Part(Versions)
    lately = Part(Lately)
    matches = Part(Matches)

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock

    @cached_property
    def journal(self) -> Journal:
        """The journal, which writes into the log."""
        return Journal(self.connection, self.clock, self.audit)

    def flush(self) -> None:
        """Write what the repositories still hold; done before every commit."""
        for part in vars(self).values():
            if isinstance(part, Repository):
                part.flush()


class State:
    """The service's memory; safe to share between threads, one transaction each."""

    def __init__(self, url: str, engine: Engine, clock: Clock) -> None:
        self.url = url
        self._engine = engine
        self._reading = _read_only(engine)
        self._clock = clock
        self._address = safe_address(url)
        self._here = threading.local()
        self._check: Callable[[Tx], None] | None = None

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Give a writing transaction: committed at the end, undone by any exception.

        On SQLite there is one at a time (others wait), so nothing slow belongs inside: no request
        to another system. Raises Temporary (locked, unreachable), NoAccess, and RuntimeError for a
        transaction inside another one of the same thread, which would wait for itself.
        """
        if getattr(self._here, "writing", False):
            raise RuntimeError("This thread is in a transaction of the state already.")
        self._here.writing = True
        try:
            with clear_errors(self._address), self._engine.begin() as connection:
                tx = Tx(connection, self._clock)
                if self._check is not None:
                    self._check(tx)
                yield tx
                tx.flush()
        finally:
            self._here.writing = False

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """Give a consistent view that waits for no writer; do not write in it."""
        with clear_errors(self._address), self._reading.begin() as connection:
            yield Tx(connection, self._clock)

    def fenced(self, check: Callable[[Tx], None]) -> State:
        """Return a view on the same connections whose transactions begin with ``check``.

        What ``check`` raises undoes the transaction, so that nobody commits who may not.
        """
        view = copy(self)
        view._check = check  # noqa: SLF001 - a copy of this one
        return view

    def close(self) -> None:
        """Release all connections."""
        self._engine.dispose()


def open_state(url: str = DEFAULT_URL, clock: Clock | None = None) -> State:
    """Open the state, creating or migrating its tables first.

    ``url`` is ``sqlite:///path`` or ``postgresql://...``. ``clock`` dates what is stored without
    an instant of its own. Several processes may open at once: one migrates, the others wait.
    Raises Refused, NoAccess, NotThere, Temporary with a sentence each.
    """
    engine = open_engine(url)
    try:
        with clear_errors(safe_address(url)):
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return State(url, engine, clock or SystemClock())


def _read_only(engine: Engine) -> Engine:
    view = for_reading(engine)
    if engine.dialect.name == "sqlite":
        return view
    return view.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

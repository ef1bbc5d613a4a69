"""The service while it runs: cycles, and taking over what an admin edits meanwhile.

Files are looked at before each cycle. What reads well replaces what was there before; what does not
is said in the log and in ``status``, and the last good version goes on: of a customer whose file
has a mistake, or of everything where the service's own file or a mapping has one.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from ubm_sync.app import Application
from ubm_sync.config import Configuration, Environment
from ubm_sync.dispatch.lane import Round
from ubm_sync.errors import ConfigError, SyncError
from ubm_sync.model import Problem
from ubm_sync.sync.cycle import Engine, Report

SCOPE = "configuration"
MOST_TOLD = 5  # mistakes in one problem
log = structlog.get_logger(__name__)

Stamp = tuple[tuple[str, int, int], ...]  # path, time of change, size


class Source(Protocol):
    """Where what is configured stands."""

    def moved(self, environment: Environment) -> bool:
        """Return whether it says something else than when this was asked last."""
        ...

    def read(self) -> tuple[Environment, Configuration]:
        """Return what it says now; raises SyncError where it has a mistake."""
        ...


class Files:
    """The files an admin edits; ``load`` reads the environment again."""

    def __init__(self, environment: Environment, load: Callable[[], Environment]) -> None:
        self._load = load
        self._stamp = _stamp(environment)
        self._content = _content(self._stamp)

    def moved(self, environment: Environment) -> bool:
        """Look at times and sizes first, and at contents only where those changed."""
        stamp = _stamp(environment)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        before, self._content = self._content, _content(stamp)
        return self._content != before

    def read(self) -> tuple[Environment, Configuration]:
        """Read all of them."""
        environment = self._load()
        return environment, Application(environment).configuration


class Live:
    """An application that may change between two cycles.

    ``load`` reads the environment again; ``changed`` is told the application that is used from
    then on. ``source`` is asked instead of the files, if given.
    """

    def __init__(
        self,
        app: Application,
        load: Callable[[], Environment] | None = None,
        changed: Callable[[Application], None] = lambda _app: None,
        source: Source | None = None,
    ) -> None:
        self._app = app
        self._source = source or Files(app.environment, load or (lambda: app.environment))
        self._changed = changed
        self._engine: Engine = app.engine()
        self._dispatcher = app.dispatcher()
        self._at_desk = threading.Lock()  # the lane has its own thread
        self._say(app.configuration)

    @property
    def app(self) -> Application:
        """The application in use."""
        return self._app

    @property
    def engine(self) -> Engine:
        """The engine in use."""
        return self._engine

    def cycle(self, *, full: bool = False) -> Report | None:
        """Run one cycle on what is configured now; a failing one is tried again at its time."""
        started = time.monotonic()
        try:
            self.refresh()
            return self._engine.cycle(full=full)
        except SyncError as error:
            log.warning("cycle failed", error=str(error), seconds=time.monotonic() - started)
            return None

    def dispatch(self) -> Round | None:
        """Look at the help desk once, beside a cycle; a failing look is tried again at its time."""
        with self._at_desk:
            if self._dispatcher is None:
                return None
            try:
                return self._dispatcher.round()
            except SyncError as error:
                log.warning("disconnections not looked at", error=str(error))
                return None

    def check_unrouted(self) -> None:
        """Say in the log what came in and reached nobody, or that there is nothing."""
        with self._at_desk:
            if self._dispatcher is not None:
                self._dispatcher.daily()

    def refresh(self) -> bool:
        """Take over edited files; return whether another configuration is used from now on."""
        if not self._source.moved(self._app.environment):
            return False
        try:
            environment, read = self._source.read()
            other = self._app.renewed(environment, last_good(read, self._app.configuration))
            engine, dispatcher = other.engine(), other.dispatcher()
        except SyncError as error:
            found = error.flaws if isinstance(error, ConfigError) else (error,)
            log.warning("configuration not taken over", flaws=[str(one) for one in found])
            self._tell(str(one) for one in found)
            return False
        before, self._app, self._engine = self._app, other, engine
        with self._at_desk:
            lane, self._dispatcher = self._dispatcher, dispatcher
        if lane is not None:
            lane.close()
        before.close(but_state=True)
        self._changed(other)
        log.info(
            "configuration taken over",
            customers=len(other.customers),
            flaws=[str(one) for one in other.configuration.flaws],
        )
        self._say(other.configuration)
        return True

    def close(self) -> None:
        """Release what the application in use opened, but not the state."""
        if self._dispatcher is not None:
            self._dispatcher.close()
        self._app.close(but_state=True)

    def _say(self, configuration: Configuration) -> None:
        self._tell(str(flaw) for flaw in configuration.flaws)

    def _tell(self, flaws: Iterable[str]) -> None:
        """Make what is wrong with the files known to ``status``, or that it is over."""
        several = list(flaws)
        problems = []
        if several:
            more = len(several) - MOST_TOLD
            texts = [*several[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
            text = f"The last good version goes on: {'; '.join(texts)}"
            problems.append(Problem(SCOPE, "not_taken_over", text))
        with self._app.state.transaction() as tx:
            tx.problems.replace({SCOPE}, problems, self._app.clock.now())


def last_good(found: Configuration, before: Configuration) -> Configuration:
    """Return ``found``, with the earlier version of each customer whose file has a mistake."""
    wrong = {flaw.file for flaw in found.flaws}
    there = {customer.key for customer in found.customers}
    kept = [
        customer
        for customer in before.customers
        if customer.key not in there and str(before.files[customer.key]) in wrong
    ]
    sheets = {customer.sheet for customer in found.customers if customer.sheet}
    kept = [customer for customer in kept if customer.sheet not in sheets]
    if not kept:
        return found
    files = {**found.files, **{one.key: before.files[one.key] for one in kept}}
    return replace(found, customers=(*found.customers, *kept), files=files)


def _stamp(environment: Environment) -> Stamp:
    folders = (environment.config, environment.config / "customers", environment.mappings)
    paths = [path for folder in folders for path in sorted(folder.glob("*.y*ml"))]
    if environment.file is not None:
        paths.append(environment.file)
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue  # it has just gone
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _content(stamp: Stamp) -> str:
    digest = hashlib.sha256()
    for name, _, _ in stamp:
        digest.update(name.encode() + b"\0")
        try:
            digest.update(Path(name).read_bytes() + b"\0")
        except OSError:
            digest.update(b"?")
    return digest.hexdigest()

"""The service while it runs: cycles, and taking over what an admin edits meanwhile.

Files are looked at twice a second, and taken over together once none of them was saved for a
moment: editors write several files one after the other. What reads well comes into force; what does
not, or waits for a second name, is said in the log, in ``status`` and in a file beside the edited
ones, and the version in force goes on. A cycle that is under way gives way, and the next one works
with what is new.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog

from ubm_sync.app import Application
from ubm_sync.config import Environment, write_text
from ubm_sync.dispatch.lane import Dispatcher, Round
from ubm_sync.errors import ConfigError, SyncError
from ubm_sync.model import Problem
from ubm_sync.sync.cycle import Engine, Report
from ubm_sync.versions.files import Folders, stamp
from ubm_sync.versions.found import Files, Found, told_effect

SCOPE = "configuration"
MOST_TOLD = 5  # mistakes in one problem
log = structlog.get_logger(__name__)

SETTLED = 2.0  # seconds without a save, after which the files are taken for complete
RETRY_AFTER = 30.0  # seconds until a change that could not be measured is measured again
NOTICE = "NOT-IN-USE.txt"  # beside the edited files, while they are not what is used


class Source(Protocol):
    """Where what is configured stands."""

    def moved(self, environment: Environment) -> bool:
        """Return whether it says something else than when this was asked last."""
        ...

    def read(self) -> tuple[Environment, Found]:
        """Return what it says now; raises SyncError where it has a mistake."""
        ...


class Edited:
    """The files an admin edits, and the state that says which version of them is in force.

    ``load`` reads the environment again. ``settled`` is how long nothing may have been saved.
    """

    def __init__(
        self, app: Application, load: Callable[[], Environment], settled: float = 0.0
    ) -> None:
        self._app = app
        self._load = load
        self._settled = settled
        self._stamp = self._stamp_now(app.environment)
        self._moved_at = float("-inf")
        self._hashed: tuple[object, str] = (None, "")
        self._known: tuple[str, object] = self._said()
        self._variables = _content(app.environment)
        self._environment = app.environment

    def moved(self, environment: Environment) -> bool:
        """Look at times and sizes first, and at contents only once those stand still."""
        now = time.monotonic()
        stamp_now = self._stamp_now(environment)
        if stamp_now != self._stamp:
            self._stamp, self._moved_at = stamp_now, now
        if now - self._moved_at < self._settled:
            return False
        return self._said() != self._known

    def read(self) -> tuple[Environment, Found]:
        """Read all of them; the environment is another one only where its variables changed."""
        self._known = self._said()
        environment = self._load()
        if (variables := _content(environment)) != self._variables:
            self._variables, self._environment = variables, environment
        app = self._app.renewed(self._environment, self._app.found)
        try:
            found = app.keeper.take_up(app.clock.now(), app.measured)
        finally:
            app.close(but_state=True)
        self._known = (self._known[0], self._in_state())
        if found.files is Files.WAITING and found.waiting is None:
            self._known = ("", None)
            self._moved_at = time.monotonic() + RETRY_AFTER
        return self._environment, found

    def _said(self) -> tuple[str, object]:
        """Return what would be another thing after an edit: of the files, and of the state."""
        if self._hashed[0] != self._stamp:
            self._hashed = (self._stamp, self._digest())
        return self._hashed[1], self._in_state()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for name, *_ in self._stamp:
            digest.update(name.encode() + b"\0")
            try:
                digest.update(Path(name).read_bytes() + b"\0")
            except OSError:
                digest.update(b"?")
        return digest.hexdigest()

    def _in_state(self) -> object:
        with self._app.state.reading() as tx:
            return tx.versions.marks()

    def _stamp_now(self, environment: Environment) -> tuple[tuple[str, int, int, int], ...]:
        folders = Folders(environment.config, environment.mappings)
        return stamp(folders, [environment.file] if environment.file is not None else [])


class Live:
    """An application that may change between two cycles.

    ``load`` reads the environment again; ``changed`` is told the application that is used from
    then on. ``source`` is asked instead of the files, if given. ``settled`` is how long nothing may
    have been saved before files are taken over.
    """

    def __init__(
        self,
        app: Application,
        load: Callable[[], Environment] | None = None,
        changed: Callable[[Application], None] = lambda _app: None,
        source: Source | None = None,
        settled: float = 0.0,
    ) -> None:
        self._app = app
        self._changed = changed
        found = app.take_up() if source is None else None
        self._has_files = source is None
        self._source = source or Edited(app, load or (lambda: app.environment), settled)
        self._engine: Engine = app.engine()
        self._dispatcher = app.dispatcher()
        self._at_desk = threading.Lock()  # the lane has its own thread
        self._reading = threading.Lock()  # so does who looks at the files
        self._trouble = ""  # why the files could not be looked at last time
        self._turn = threading.Lock()  # held while a cycle works: nothing is exchanged then
        if found is not None:
            self._say(found)
        else:
            self._tell([], app.configuration.flaws)

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
        with self._turn:
            try:
                if (other := self._other()) is not None:
                    self._exchange(*other)
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
        """Take over edited files; return whether another configuration is used from now on.

        A cycle that is under way is asked to give way and waited for.
        """
        try:
            other = self._other()
        except SyncError as error:
            if str(error) != self._trouble:  # it is looked at twice a second
                log.warning("configuration not looked at", error=str(error))
            self._trouble = str(error)
            return False
        self._trouble = ""
        if other is None:
            return False
        self._engine.give_way()
        with self._turn:
            self._exchange(*other)
        return True

    def _other(self) -> tuple[Application, Engine, Dispatcher | None] | None:
        """Return what is to be used instead, ready to work; None where nothing is."""
        if not self._reading.acquire(blocking=False):
            return None  # somebody looks already
        try:
            begun = self._app.held != self._app.held_now()  # somebody let a customer begin
            if not begun and not self._source.moved(self._app.environment):
                return None
            try:
                environment, found = self._source.read()
                if not begun and self._is_in_use(environment, found):
                    self._say(found)
                    return None
                other = self._app.renewed(environment, found)
                made = other, other.engine(), other.dispatcher()
            except SyncError as error:
                told = error.flaws if isinstance(error, ConfigError) else (error,)
                log.warning("configuration not taken over", flaws=[str(one) for one in told])
                self._tell(told, ())
                return None
            self._say(found)
            return made
        finally:
            self._reading.release()

    def _is_in_use(self, environment: Environment, found: Found) -> bool:
        """Return whether this process works with it already."""
        version = found.version.number if found.version is not None else 0
        return environment is self._app.environment and version == self._app.version != 0

    def _exchange(self, other: Application, engine: Engine, dispatcher: Dispatcher | None) -> None:
        before, self._app, self._engine = self._app, other, engine
        with self._at_desk:
            lane, self._dispatcher = self._dispatcher, dispatcher
        if lane is not None:
            lane.close()
        before.close(but_state=True)
        self._changed(other)
        log.info(
            "configuration taken over",
            version=other.version,
            customers=len(other.customers),
            flaws=[str(one) for one in other.configuration.flaws],
        )

    def close(self) -> None:
        """Release what the application in use opened, but not the state."""
        if self._dispatcher is not None:
            self._dispatcher.close()
        self._app.close(but_state=True)

    def _say(self, found: Found) -> None:
        """Say how the files stand, where they are not what is used."""
        if found.files is Files.REFUSED:
            log.warning("configuration not taken over", flaws=[str(one) for one in found.flaws])
            self._tell(found.flaws, ())
        elif found.files is Files.WAITING:
            text = waiting_text(found)
            number = found.waiting.number if found.waiting is not None else None
            log.warning("configuration waits for a second name", version=number)
            self._tell([text], (), "waits")
        else:
            self._tell((), found.configuration.flaws)

    def _tell(
        self, refused: Sequence[object], flaws: Sequence[object], code: str = "not_taken_over"
    ) -> None:
        """Make known to ``status`` and beside the files what is not in use, or that it is over."""
        told = [str(one) for one in (*refused, *flaws)]
        problems = []
        if told:
            text = f"The last good version goes on: {'; '.join(_first(told))}"
            problems.append(Problem(SCOPE, code, text))
        with self._app.state.transaction() as tx:
            tx.problems.replace({SCOPE}, problems, self._app.clock.now())
        if self._has_files:
            _leave_notice(self._app.environment.config, told)


def waiting_text(found: Found) -> str:
    """Say what waits for whose name, and what to do."""
    version = found.waiting
    if version is None:
        return "The edited files wait for a second name; the next cycle measures what they change."
    return (
        f"Version {version.number}, saved by {version.by}, waits for a second name because "
        f"{told_effect(version)}. Look at it with ubm-sync mapping diff {version.number}, then "
        f"another person: ubm-sync mapping approve {version.number} --by NAME"
    )


def _first(told: Sequence[str]) -> list[str]:
    more = len(told) - MOST_TOLD
    return [*told[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]


def _leave_notice(folder: Path, told: Iterable[str]) -> None:
    """Tell whoever edits the files, where they look; take it away when it is over.

    Where the folder cannot be written, the log and ``status`` tell it alone.
    """
    lines = list(told)
    with suppress(OSError):
        if lines:
            text = "The service goes on with the last good version, because:\n\n"
            write_text(folder / NOTICE, text + "".join(f"{line}\n" for line in lines))
        else:
            (folder / NOTICE).unlink(missing_ok=True)


def _content(environment: Environment) -> str:
    """Return a hash of the file of variables; of the process's own there is only one."""
    digest = hashlib.sha256()
    if environment.file is not None:
        with suppress(OSError):
            digest.update(environment.file.read_bytes())
    return digest.hexdigest()

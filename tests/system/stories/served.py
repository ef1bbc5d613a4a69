"""What a forked process becomes: the service, or commands, with an end at a chosen statement."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import Connection, Engine, event
from tests.system.stories.exchange import TOO_LATE
from typer.main import get_command

from ubm_sync import logs
from ubm_sync.app import Application
from ubm_sync.cli.context import guarded
from ubm_sync.cli.main import app as command_line
from ubm_sync.cli.working import jobs
from ubm_sync.clock import ShiftedClock
from ubm_sync.config import Environment, phrases
from ubm_sync.disconnection import Message, read
from ubm_sync.live import Live
from ubm_sync.scheduler import Service
from ubm_sync.sync.report import Report

EVERY = 0.02  # seconds from one cycle to the next
HURRY = 100.0  # how much faster pauses pass
APART = timedelta(seconds=6)  # what passes from one cycle to the next by the service's clock


class HurriedClock(ShiftedClock):
    """The machine's clock, on which the pauses that a vendor asks for pass faster."""

    def sleep(self, seconds: float) -> None:
        """Wait a part of it and let the rest have passed."""
        super().sleep(seconds / HURRY)
        self.advance(timedelta(seconds=seconds * (1 - 1 / HURRY)))


class _Line(HTTPAdapter):
    """The way to the emulators, on which an answer comes too late where the story says so.

    Measured by the time of day, a slow machine would have time-outs that nobody planned.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send, and wait as long as it takes."""
        answer = super().send(request, *args, **{**kwargs, "timeout": None})
        if TOO_LATE in answer.headers:
            answer.close()
            raise requests.ReadTimeout("the answer came too late", request=request)
        return answer


@dataclass(frozen=True, slots=True)
class Order:
    """How to start a process.

    No ``commands``: the service, as ``ubm-sync run`` (which allows no cycle below a second).
    ``ahead``: seconds by which its clock is ahead. ``signal_at``: ``[what, number, signal]``, the
    process sends itself a signal right before its n-th ``statement`` or ``commit``, or after its
    n-th commit (``committed``).
    """

    folder: str
    variables: Mapping[str, str]
    log: str
    commands: tuple[tuple[str, ...], ...] = ()
    ahead: float = 0.0
    signal_at: tuple[str, int, int] | None = None
    output: str = ""

    def document(self) -> dict[str, Any]:
        """Return the order as JSON values."""
        return asdict(self)


@cache
def _command_line() -> Any:
    return get_command(command_line)


def _application(variables: Mapping[str, str], ahead: float = 0.0) -> Application:
    clock = HurriedClock(timedelta(seconds=ahead))
    app = Application(Environment(variables, {}), clock=clock)
    connectors: dict[str, Any] = dict(app.connectors)
    for system in (connectors["hubspot"].client.transport, connectors["smartsheet"]):
        system.mount(_Line())
    return app


def warm(variables: Mapping[str, str], folder: str) -> None:
    """Import and use what a service and the commands use, and leave nothing open.

    What is configured, the grammar and the certificates are read once: each process would spend
    more time on them than on all that it does here.
    """
    vars(ssl)["create_default_context"] = cache(ssl.create_default_context)
    logs.configure(level="info", stream=sys.stderr)
    app = _application(variables)
    grammar = app.configuration.phrases.grammar()
    vars(phrases)["extended"] = lambda _extension: grammar
    read(Message("", "Our power is shut off today.", app.clock.now(), "America/Chicago"), grammar)
    engine = app.engine()
    for _ in range(3):
        engine.cycle()
    app.close()
    os.environ.update(variables)
    with contextlib.chdir(folder), contextlib.redirect_stdout(sys.stderr):
        for words in (("verify-log",), ("status", "--json")):
            _code(words)


class _Unhurried(Live):
    """Lets time pass behind each cycle: what is held back for seconds is not held back for many."""

    def cycle(self, *, full: bool = False) -> Report | None:
        """Run one cycle; one that another instance's lease keeps out takes no time."""
        report = super().cycle(full=full)
        clock = self.app.clock
        if isinstance(clock, HurriedClock) and (report is None or not report.skipped):
            clock.advance(APART)
        return report


def become(order: Order) -> NoReturn:
    """Be that process until it ends."""
    code = 99
    try:
        _move_in(order)
        code = _commands(order) if order.commands else _service(order)
    except BaseException:  # noqa: BLE001 - nothing of the zygote may go on in here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _move_in(order: Order) -> None:
    for number, name in ((0, os.devnull), (1, order.output or order.log), (2, order.log)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(name, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(order.folder)
    os.environ.update(order.variables)
    if order.signal_at is not None:
        what, number, which = order.signal_at
        _Fuse(what, number, which)


def _service(order: Order) -> int:
    app = _application(order.variables, order.ahead)
    logs.configure(level="info", secrets=app.secrets(), stream=sys.stderr)
    live = _Unhurried(app)
    try:
        Service(jobs(app, every=EVERY, live=live), app.stop).run()
    finally:
        live.close()
        app.close()
    return 0


def _commands(order: Order) -> int:
    """Run commands one after the other; return the code of the last."""
    code = 0
    for words in order.commands:
        code = _code(words)
        print(f"\x1e{code}", flush=True)  # noqa: T201 - ends the output of one command
    return code


def _code(words: tuple[str, ...]) -> int:
    try:
        return guarded(lambda: _command_line()(list(words), prog_name="ubm-sync"))
    except SystemExit as end:
        return int(end.code or 0)


@dataclass(slots=True)
class _Fuse:
    """Sends this process a signal at a statement or commit, on whichever database."""

    what: str
    left: int
    number: int
    _committed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        event.listen(Engine, "begin", self._begin)

    def _statement(self, *_: object) -> None:
        self._pass("statement")

    def _commit(self, _connection: Connection) -> None:
        self._pass("commit")
        self._committed = True

    def _begin(self, _connection: Connection) -> None:
        if self._committed:
            self._committed = False
            self._pass("committed")

    def _pass(self, what: str) -> None:
        if what == self.what:
            self.left -= 1
            if self.left == 0:
                # To this thread: it would go on for a moment if another one took the signal.
                signal.pthread_kill(threading.get_ident(), signal.Signals(self.number))

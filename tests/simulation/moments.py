"""The moments at which anything may happen: around each request, at each commit.

Requests pass through ``Line`` instead of a socket, statements through a ``Watch`` beside the
driver, so nothing of the service is replaced.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, ClassVar

import requests
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from tests.simulation.lean import LeanConnection, lean

from ubm_sync.database import for_reading
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.server import InProcessAdapter

READS = ("/search", "/batch/read")  # requests that read, though their method is POST
WRITING = "writing"
TIMEOUT = 60.0  # seconds the service waits for an answer
LOCKED, FULL = "database is locked", "database or disk is full"


class Killed(BaseException):
    """The process ends here, as by kill -9."""


Passed = Callable[[str, bool], None]  # the moment's name, whether people can act now


class Line(InProcessAdapter):
    """An emulator without sockets that says before and after each request what passes."""

    def __init__(self, emulator: Emulator, passed: Passed, heard: Callable[..., None]) -> None:
        super().__init__(emulator)
        self._name = emulator.name
        self._passed = passed
        self._heard = heard

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Let others act, send, and let others act again before the answer arrives."""
        path = (request.path_url or "").partition("?")[0]
        reads = request.method == "GET" or path.endswith(READS)
        what = f"{'reading' if reads else WRITING} {self._name}"
        self._passed(f"before {what}", True)
        try:
            answer = super().send(request, *args, **{**kwargs, "timeout": TIMEOUT})
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout):
                self._emulator.clock.sleep(TIMEOUT)
            self._heard(self._name, request, type(error).__name__, b"")
            raise
        self._heard(self._name, request, str(answer.status_code), answer.content)
        self._passed(f"after {what}", True)
        return answer


class Watch:
    """Hears of the begin and commit of one database and may make them fail.

    It stands in the engine's dialect and in its connections: listening to the engine's events
    makes every statement twice as slow. The end of a transaction that only read is no moment:
    whoever dies there dies as well at the moment before or after it.
    """

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self.passed: Passed = _nothing
        self.fails: Callable[[str, str], str] = _never
        lean(engine, type("Watched", (_Watched,), {"watch": self}))
        for dialect in (engine.dialect, for_reading(engine).dialect):
            vars(dialect).update(
                do_begin=self._begin(dialect.do_begin),
                do_execute=self._execute(dialect.do_execute),
                do_executemany=self._execute(dialect.do_executemany),
            )

    def forget(self) -> None:
        """Belong to nobody."""
        self.passed, self.fails = _nothing, _never

    def commit(self) -> None:
        """Let happen what happens right before something is stored."""
        if words := self.fails(self.name, "commit"):
            raise OperationalError("COMMIT", None, sqlite3.OperationalError(words))
        self.passed(f"commit {self.name}", False)

    def _begin(self, do: Callable[..., None]) -> Callable[..., None]:
        def begin(connection: Any) -> None:
            self._strike("begin")
            do(connection)

        return begin

    def _execute(self, do: Callable[..., None]) -> Callable[..., None]:
        def execute(cursor: Any, statement: str, *values: Any) -> None:
            self._strike(statement[:6].lower())
            do(cursor, statement, *values)

        return execute

    def _strike(self, what: str) -> None:
        if words := self.fails(self.name, what):
            raise sqlite3.OperationalError(words)


class _Watched(LeanConnection):
    """A connection that tells its watch of a commit before it begins; it may end there."""

    watch: ClassVar[Watch]

    def _commit_impl(self) -> None:
        self.watch.commit()
        super()._commit_impl()


def _nothing(_name: str, _people: bool) -> None:
    pass


def _never(_name: str, _what: str) -> str:
    return ""

"""Doubles that die: connectors and state that end the process at a chosen moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ubm_sync.model import Note, Outcome, Page, Past, Spot, Write
from ubm_sync.ports import Connector, ProvesAbsence, Remembers, SetupStep
from ubm_sync.state import State, Tx


class Killed(BaseException):
    """The process ends here."""


class Fuse:
    """Counts the moments at which a process may end, and ends it at one of them.

    ``meanwhile`` is called at each moment: people do not wait for the service.
    """

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile
        self._left: int | None = None
        self.burnt = ""

    def light(self, moments: int) -> None:
        """Let the process end after so many moments."""
        self._left = moments

    def put_out(self) -> None:
        """Let it live."""
        self._left = None

    def moment(self, name: str) -> None:
        """Pass a moment; raises Killed where it is the last one."""
        self._meanwhile()
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left, self.burnt = None, name
            raise Killed(name)


class MortalConnector:
    """A connector that may die before and after each of its answers."""

    def __init__(self, connector: Connector, fuse: Fuse) -> None:
        self.name = connector.name
        self._connector = connector
        self._fuse = fuse

    def _each(self, what: str, items: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        self._fuse.moment(f"before {what} {self.name}")
        for item in items():
            self._fuse.moment(f"while {what} {self.name}")
            yield item
        self._fuse.moment(f"after {what} {self.name}")

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        return self._connector.ensure(dry_run=dry_run)

    def resume(self, cursor: str | None) -> None:
        self._connector.resume(cursor)

    def cursor(self) -> str:
        return self._connector.cursor()

    def observe(self, *, full: bool) -> Iterator[Page]:
        return self._each("reading", lambda: self._connector.observe(full=full))

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        return self._each("fetching from", lambda: self._connector.fetch(place, refs))

    def list_again(self, place: str, container: str) -> None:
        if isinstance(self._connector, ProvesAbsence):
            self._connector.list_again(place, container)

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        if not isinstance(self._connector, ProvesAbsence):
            return None
        self._fuse.moment(f"before missing rows are read from {self.name}")
        return self._connector.absent(place, container, refs)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        if not isinstance(self._connector, Remembers):
            return ()
        remembering = self._connector
        return self._each("looking back in", lambda: remembering.history(place, spots))

    def person(self, by: str) -> str | None:
        return self._connector.person(by) if isinstance(self._connector, Remembers) else None

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        return self._each("writing", lambda: self._connector.apply(writes))

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        return self._each("noting in", lambda: self._connector.annotate(notes))

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        return self._connector.noted(notes)

    def close(self) -> None:
        self._connector.close()


class MortalState:
    """A state that may die right before and right after a commit."""

    def __init__(self, state: State, fuse: Fuse) -> None:
        self._state = state
        self._fuse = fuse

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        with self._state.transaction() as tx:
            yield tx
            self._fuse.moment("before a commit")
        self._fuse.moment("after a commit")

    def fenced(self, check: Callable[[Tx], None]) -> Any:
        return MortalState(self._state.fenced(check), self._fuse)

    def reading(self) -> AbstractContextManager[Tx]:
        return self._state.reading()

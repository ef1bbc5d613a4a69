"""A double that lets people act before, between and after the answers of a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ubm_sync.model import Note, Outcome, Page, Past, Spot, Write
from ubm_sync.ports import Connector, ProvesAbsence, Remembers, SetupStep


class Interrupted:
    """A connector around whose answers ``meanwhile`` is called: people do not wait for us."""

    def __init__(self, connector: Connector, meanwhile: Callable[[], None]) -> None:
        self.name = connector.name
        self._connector = connector
        self._meanwhile = meanwhile

    def _each(self, items: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        self._meanwhile()
        for item in items():
            self._meanwhile()
            yield item
        self._meanwhile()

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        return self._connector.ensure(dry_run=dry_run)

    def resume(self, cursor: str | None) -> None:
        self._connector.resume(cursor)

    def cursor(self) -> str:
        return self._connector.cursor()

    def observe(self, *, full: bool) -> Iterator[Page]:
        return self._each(lambda: self._connector.observe(full=full))

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        return self._each(lambda: self._connector.fetch(place, refs))

    def list_again(self, place: str, container: str) -> None:
        if isinstance(self._connector, ProvesAbsence):
            self._connector.list_again(place, container)

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        if not isinstance(self._connector, ProvesAbsence):
            return None
        self._meanwhile()
        return self._connector.absent(place, container, refs)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        if not isinstance(self._connector, Remembers):
            return ()
        remembering = self._connector
        return self._each(lambda: remembering.history(place, spots))

    def person(self, by: str) -> str | None:
        return self._connector.person(by) if isinstance(self._connector, Remembers) else None

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        return self._each(lambda: self._connector.apply(writes))

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        return self._each(lambda: self._connector.annotate(notes))

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        return self._connector.noted(notes)

    def close(self) -> None:
        self._connector.close()

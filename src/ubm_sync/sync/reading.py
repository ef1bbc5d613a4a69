"""One round of reading: what every system shows now is stored, what is missing is followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

import structlog

from ubm_sync.errors import NEXT_CYCLE, Stopping, SyncError, with_next_step
from ubm_sync.model import Problem
from ubm_sync.ports import Connector
from ubm_sync.state import State
from ubm_sync.sync.ingest import Ingest, Seen
from ubm_sync.sync.sight import ACCESS, EVERYTHING

log = structlog.get_logger(__name__)

Progress: TypeAlias = Callable[[str, int, int | None], None]


class Reading:
    """Reads all systems once; one that cannot be read holds up no other."""

    def __init__(
        self,
        state: State,
        connectors: Mapping[str, Connector],
        ingest: Ingest,
        progress: Progress,
    ) -> None:
        self._state = state
        self._connectors = connectors
        self._ingest = ingest
        self._progress = progress

    def round(self, *, full: bool, now: datetime) -> tuple[Seen, list[str]]:
        """Return what was seen, and a sentence for each system that could not be read."""
        total, problems = Seen(), []
        for name, connector in self._connectors.items():
            seen = Seen()
            try:
                self._read(name, connector, seen, full=full, now=now)
            except SyncError as error:
                text = with_next_step(error, NEXT_CYCLE)
                problems.append(f"{name}: {text}")
                log.warning("system not readable", system=name, error=str(error))
                with self._state.transaction() as tx:
                    if not isinstance(error, Stopping):  # to be told to stop is no problem
                        scope = f"{name}/{ACCESS}"
                        tx.problems.replace({scope}, [Problem(scope, "no_access", text)], now)
                    connector.resume(tx.cursors.get(name))  # a page not taken is read again
            total.add(seen)
        return total, problems

    def _read(
        self, name: str, connector: Connector, seen: Seen, *, full: bool, now: datetime
    ) -> None:
        complete = set[str]()
        whole = full or self._must_read_all(name)
        for page in connector.observe(full=whole):
            self._ingest.take(page, connector, now, seen)
            complete |= page.complete
            self._progress(f"reading {name}", seen.observed, None)
        seen.vanished = self._ingest.absence.look(connector, seen.listed, complete, now)
        self._accessible(name, connector, now, whole=whole)

    def _must_read_all(self, name: str) -> bool:
        """Return whether fields of a system came back that only reading everything shows."""
        with self._state.reading() as tx:
            return bool(tx.cursors.get(f"{name}{EVERYTHING}"))

    def _accessible(self, name: str, connector: Connector, now: datetime, *, whole: bool) -> None:
        """Note that a system could be read: what was said about its access is over."""
        scope = f"{name}/{ACCESS}"
        with self._state.transaction() as tx:
            if any(problem.scope == scope for problem in tx.problems.list()):
                tx.problems.replace({scope}, [], now)
            tx.cursors.put(name, connector.cursor())
            if whole:
                tx.cursors.put(f"{name}{EVERYTHING}", "")

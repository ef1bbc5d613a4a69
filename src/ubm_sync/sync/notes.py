"""Notes for people leave through an outbox: each event is said once, whatever is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import structlog

from ubm_sync.errors import LeaseLost, SyncError
from ubm_sync.model import Note, Result
from ubm_sync.ports import Connector
from ubm_sync.state import NoteState, State, Waiting
from ubm_sync.sync.rules import Rules

log = structlog.get_logger(__name__)

TOGETHER = 2_000  # notes in memory at once


class NoteClerk:
    """Takes waiting notes from the outbox to their places."""

    def __init__(
        self,
        state: State,
        connectors: Mapping[str, Connector],
        rules: Mapping[str, Rules],
    ) -> None:
        self._state = state
        self._connectors = connectors
        self._system = {
            name: place.system for one in rules.values() for name, place in one.places.items()
        }
        self._down: set[str] = set()

    def deliver(self, limit: int) -> int:
        """Send at most ``limit`` notes whose place exists; return how many arrived.

        A note without an answer is looked for before it is sent again. Notes are taken from the
        outbox some at a time; a system that takes none any more is asked again in the next cycle.
        """
        arrived, last = 0, None
        self._down.clear()
        for size in _parts(limit):
            with self._state.reading() as tx:
                waiting = tx.outbox.waiting(size, last)
            if not waiting:
                break
            last = waiting[-1]
            arrived += self._take(waiting)
        return arrived

    def _take(self, waiting: Sequence[Waiting]) -> int:
        by_system: defaultdict[str, list[Note]] = defaultdict(list)
        unsure: set[str] = set()
        for one in waiting:
            system = self._system[one.place]
            if system in self._down:
                continue
            by_system[system].append(Note(one.key, one.place, one.ref, one.text, one.at))
            if one.state is NoteState.UNKNOWN:
                unsure.add(one.key)
        return sum(self._send(name, notes, unsure) for name, notes in by_system.items())

    def _send(self, system: str, notes: list[Note], unsure: set[str]) -> int:
        connector = self._connectors[system]
        arrived: list[str] = []
        failed: dict[str, str] = {}
        try:
            doubtful = [note for note in notes if note.key in unsure]
            there = connector.noted(doubtful) if doubtful else frozenset()
            arrived.extend(there)
            # Sent without an answer is the state until the answer is stored: a crash in between
            # must lead to a look, not to a second note.
            fresh = [note for note in notes if note.key not in there]
            with self._state.transaction() as tx:
                tx.outbox.mark([note.key for note in fresh], NoteState.UNKNOWN, "")
            for outcome in connector.annotate(fresh):
                if outcome.result is Result.LANDED:
                    arrived.append(outcome.key)
                elif outcome.result is Result.REFUSED and outcome.permanent:
                    failed[outcome.key] = outcome.reason
        except LeaseLost:
            raise
        except SyncError as error:
            self._down.add(system)
            log.warning("notes wait", system=system, error=str(error))
        with self._state.transaction() as tx:
            tx.outbox.mark(arrived, NoteState.SENT, "")
            for key, reason in failed.items():
                tx.outbox.mark([key], NoteState.FAILED, reason)
            tx.cursors.put(system, connector.cursor())
        return len(arrived)


def _parts(limit: int) -> Iterator[int]:
    """Yield the sizes of the parts that make ``limit``."""
    for start in range(0, limit, TOGETHER):
        yield min(TOGETHER, limit - start)

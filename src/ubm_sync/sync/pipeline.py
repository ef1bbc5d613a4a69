"""Portions of records one after the other, each planned while the one before is under way.

Most of the time that sending takes is spent waiting for the other systems. So the next portion is
planned meanwhile, in the caller's thread, while a second thread sends. Nothing else happens at the
same time: a portion is settled before the next one is sent, so that the reading positions stored
with it are its own and the lease is prolonged right before every sending. Portions hold different
records and are settled in the order in which they were planned, and planning counts the records
under way as just decided; so no decision is made on less than it would have been otherwise.
Where there is nothing to plan meanwhile everything runs in the caller's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple, TypeAlias

from ubm_sync.clock import Clock
from ubm_sync.state import State
from ubm_sync.sync.work import Portion, Work

STEPS = 5  # canary, create, follow up, tell: more than any flow needs in one cycle


class Batch(NamedTuple):
    """Records to be decided, as of ``now``, for the ``step``th time in this cycle."""

    ids: Sequence[str]
    now: datetime
    step: int = 1


More: TypeAlias = Callable[[], Batch | None]  # the next due records; None: no more, for now


class Due:
    """The due records of one kind, oldest first, ``size`` at a time."""

    def __init__(
        self, state: State, clock: Clock, kind: str, customers: Collection[str], size: int
    ) -> None:
        self._state = state
        self._clock = clock
        self._kind = kind
        self._customers = customers
        self._size = size
        self._after: str | None = None

    def portion(self) -> list[str]:
        """Return the next ids; none where nothing is due now after the last ones."""
        with self._state.reading() as tx:
            now = self._clock.now()
            ids = tx.records.due(now, self._size, self._after, self._customers, self._kind)
        if ids:
            self._after = ids[-1]
        return ids


class Pipeline:
    """Takes all due records of one kind through one cycle."""

    def __init__(self, work: Work, more: More, *, ahead: bool = True) -> None:
        self._work = work
        self._more = more
        self._ahead = ahead  # False: nothing is planned meanwhile, one thread does it all
        self._again: deque[Batch] = deque()  # what follows up goes first

    def run(self) -> None:
        """Go on until nothing is due any more; raises LeaseLost."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="sending") as sender:
            while (batch := self._next()) is not None:
                self._stream(batch, sender)

    def _stream(self, batch: Batch, sender: ThreadPoolExecutor) -> None:
        """Take a batch and all that are due behind it through their steps."""
        work = self._work
        portion = work.prepare(batch.ids, batch.now)
        while self._ahead and (after := self._next()) is not None:
            sending = sender.submit(work.send, portion)
            following = work.prepare(after.ids, after.now, portion)
            sending.result()
            self._settle(batch, portion)
            batch, portion = after, following
        work.send(portion)
        self._settle(batch, portion)

    def _next(self) -> Batch | None:
        return self._again.popleft() if self._again else self._more()

    def _settle(self, batch: Batch, portion: Portion) -> None:
        ids = self._work.settle(portion)
        if ids and batch.step < STEPS:
            self._again.append(Batch(ids, batch.now, batch.step + 1))

"""The delayed copy that searches look at.

A change becomes visible when its time has come; until then the search shows the record as it was.
The copy is kept in the order of modification, so a search for what changed lately costs what it
finds, not what the portal holds.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

_REMEMBERED = 16  # answered queries kept for their next pages


class Snapshot(NamedTuple):
    """One record at one moment: its id, instants in milliseconds, and values."""

    id: int
    created: int
    modified: int
    values: dict[str, str]


Ids: TypeAlias = list[int]


class SearchIndex:
    """What a search of one object type sees."""

    def __init__(self) -> None:
        self.shown: dict[int, Snapshot] = {}
        self.generation = 0
        self._by_modified: list[tuple[int, int]] = []
        self._pending: list[tuple[int, int, int, Snapshot | None]] = []
        self._sequence = 0
        self._answers: OrderedDict[bytes, tuple[int, Ids]] = OrderedDict()

    def note(self, record: int, snapshot: Snapshot | None, visible_at: int, now: int) -> None:
        """Take a change that is found from ``visible_at`` on; None: the record is archived."""
        self.settle(now)
        if visible_at <= now:
            self._show(record, snapshot)
            return
        self._sequence += 1
        heapq.heappush(self._pending, (visible_at, self._sequence, record, snapshot))

    def settle(self, now: int) -> None:
        """Show every change whose time has come."""
        while self._pending and self._pending[0][0] <= now:
            _, _, record, snapshot = heapq.heappop(self._pending)
            self._show(record, snapshot)

    def _show(self, record: int, snapshot: Snapshot | None) -> None:
        self.generation += 1
        if snapshot is None:
            self.shown.pop(record, None)
            return
        before = self.shown.get(record)
        if before is not None and before.modified > snapshot.modified:
            return  # an older change that was kept back longer
        self.shown[record] = snapshot
        entry = (snapshot.modified, record)
        ordered = self._by_modified
        if not ordered or ordered[-1] < entry:
            ordered.append(entry)
        elif ordered[position := bisect_left(ordered, entry)] != entry:
            ordered.insert(position, entry)
        if len(ordered) > 2 * len(self.shown) + 1_000:
            self._by_modified = sorted((one.modified, one.id) for one in self.shown.values())

    def since(self, modified: int | None) -> Iterator[Snapshot]:
        """Yield what is shown, oldest modification first, from ``modified`` (inclusive) on."""
        start = 0 if modified is None else bisect_left(self._by_modified, (modified, 0))
        shown = self.shown
        for at, record in self._by_modified[start:] if start else self._by_modified:
            snapshot = shown.get(record)
            if snapshot is not None and snapshot.modified == at:
                yield snapshot

    def answered(self, query: bytes) -> Ids | None:
        """Return the ids found for ``query`` before, if nothing changed since."""
        known = self._answers.get(query)
        if known is None or known[0] != self.generation:
            return None
        self._answers.move_to_end(query)
        return known[1]

    def remember(self, query: bytes, found: Ids) -> None:
        """Keep an answer for the query's next pages."""
        self._answers[query] = (self.generation, found)
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)

"""The delayed copy that searches look at.

A change becomes visible when its time has come; until then the search shows the record as it was.
The copy is kept in the order of modification, so a search for what changed lately costs what it
finds, not what the portal holds.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

_REMEMBERED = 16  # answered queries kept for their next pages
_CHANGES_KEPT = 20_000  # changes by which an answered query can be brought up to date


class Snapshot(NamedTuple):
    """One record at one moment: its id, instants in milliseconds, and values."""

    id: int
    created: int
    modified: int
    values: dict[str, str]


Test: TypeAlias = Callable[[Snapshot], bool]
Position: TypeAlias = tuple[int, int]  # modification time and id


class _Found:
    """What one query found, in the order of modification, as of a number of changes."""

    __slots__ = ("changes", "modified", "ordered")

    def __init__(self, ordered: list[Position], changes: int) -> None:
        self.ordered = ordered
        self.modified: dict[int, int] | None = None  # by id; made when first needed
        self.changes = changes

    def replace(self, record: int, snapshot: Snapshot | None) -> None:
        if self.modified is None:
            self.modified = {ref: at for at, ref in self.ordered}
        before = self.modified.pop(record, None)
        if before is not None:
            del self.ordered[bisect_left(self.ordered, (before, record))]
        if snapshot is not None:
            insort(self.ordered, (snapshot.modified, record))
            self.modified[record] = snapshot.modified


class SearchIndex:
    """What a search of one object type sees."""

    def __init__(self) -> None:
        self.shown: dict[int, Snapshot] = {}
        self._by_modified: list[Position] = []
        self._pending: list[tuple[int, int, int, Snapshot | None]] = []
        self._sequence = 0
        self._changed: list[int] = []  # ids in the order their changes were shown
        self._answers: OrderedDict[bytes, _Found] = OrderedDict()

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
        self._changed.append(record)
        if len(self._changed) > _CHANGES_KEPT:
            self._changed.clear()
            self._answers.clear()
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

    def _matching(self, since: int | None, test: Test) -> list[Position]:
        start = 0 if since is None else bisect_left(self._by_modified, (since, 0))
        known = self.shown.get
        return [
            position
            for position in (self._by_modified[start:] if start else self._by_modified)
            if (one := known(position[1])) is not None
            and one.modified == position[0]  # else: it was modified again since
            and test(one)
        ]

    def find(self, query: bytes, since: int | None, test: Test) -> list[Position]:
        """Return what passes ``test`` in the order of modification, from ``since`` on.

        ``query`` names the test: what it found before is brought up to date, not found again.
        """
        found = self._answers.get(query)
        if found is None:
            found = _Found(self._matching(since, test), len(self._changed))
            self._answers[query] = found
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
            return found.ordered
        self._answers.move_to_end(query)
        for record in dict.fromkeys(self._changed[found.changes :]):
            snapshot = self.shown.get(record)
            found.replace(record, snapshot if snapshot is not None and test(snapshot) else None)
        found.changes = len(self._changed)
        return found.ordered

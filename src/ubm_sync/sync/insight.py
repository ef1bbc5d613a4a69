"""Fields that could not be seen and can be now: a column that is back, a field newly mapped."""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.model import Observation
from ubm_sync.state import Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.attaching import first_seen, meet
from ubm_sync.sync.noticed import went_with_column
from ubm_sync.sync.rules import PlaceRule


class InSight:
    """What came into sight in the records of one place."""

    def __init__(self, rule: PlaceRule) -> None:
        self._rule = rule
        self._back: dict[str, Mapping[str, str]] = {}
        self._met: list[tuple[str, Observation, frozenset[str]]] = []

    def see(self, sync_id: str, old: Observation, new: Observation) -> None:
        """Note what a record shows that was out of sight when it was seen last."""
        if lost := went_with_column(old, new):
            self._back[sync_id] = lost
        if names := first_seen(old, new):
            self._met.append((sync_id, new, names))

    def store(self, tx: Tx) -> None:
        """Store what follows.

        Values that went with their column are no edit, and are written again. With what is seen
        for the first time nothing was agreed.
        """
        if not (self._back or self._met):
            return
        records = tx.records.load({*self._back, *(sync_id for sync_id, _, _ in self._met)})
        for sync_id, back in self._back.items():
            if record := records.get(sync_id):
                prefix = f"{book.BACK}{self._rule.name}."
                lost = {f"{prefix}{name}": value for name, value in back.items()}
                record.memory = {**record.memory, **lost}
                record.dirty = True
        for sync_id, seen, names in self._met:
            if record := records.get(sync_id):
                base, memory = record.base, record.memory
                record.base, record.memory = meet(self._rule, seen, base, memory, names)
                record.dirty = True
        tx.records.save(records.values())

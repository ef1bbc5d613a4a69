"""Records that have the same account key, in the state and in the portion in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ubm_sync.flow import Rival
from ubm_sync.state import RecordState, Tx


class Rivals:
    """Who else has the same account key: in the state, and in the portion in hand."""

    def __init__(self, tx: Tx, records: Mapping[str, RecordState], keys: Mapping[str, str]) -> None:
        stored = tx.records.rivals(sorted(set(keys.values()))) if keys else {}
        groups: defaultdict[str, dict[str, Rival]] = defaultdict(dict)
        for key, group in stored.items():
            for one in group:
                if keys.get(one.sync_id, key) == key:
                    groups[key][one.sync_id] = one
        for sync_id, key in keys.items():
            record = records[sync_id]
            groups[key].setdefault(
                sync_id,
                Rival(
                    sync_id,
                    record.customer,
                    record.label,
                    record.status,
                    record.accepted,
                    record.created_at,
                ),
            )
        self._groups = groups

    def of(self, sync_id: str, key: str) -> tuple[Rival, ...]:
        """Return the other records with this key."""
        if not key:
            return ()
        group = self._groups[key]
        if len(group) == 1:
            return ()
        return tuple(one for other, one in group.items() if other != sync_id)

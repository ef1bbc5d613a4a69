"""Records that have the same account key: in the state, under way, and in the portion in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from ubm_sync.flow import Rival
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync.plan import RecordPlan


class Rivals:
    """Who else has the same account key.

    Records under way count as they were just decided: the state does not know it yet. ``keys_once``
    are keys that some of the records have instead if they are accepted now.
    """

    def __init__(
        self,
        tx: Tx,
        records: Mapping[str, RecordState],
        keys: Mapping[str, str],
        under_way: Sequence[RecordPlan] = (),
        keys_once: Collection[str] = (),
    ) -> None:
        wanted = {*keys.values(), *keys_once}
        decided = {plan.subject.sync_id: plan.decision.account_key for plan in under_way}
        stored = tx.records.rivals(sorted(wanted)) if wanted else {}
        groups: defaultdict[str, dict[str, Rival]] = defaultdict(dict)
        for key, group in stored.items():
            for one in group:
                if one.sync_id not in decided and keys.get(one.sync_id, key) == key:
                    groups[key][one.sync_id] = one
        for plan in under_way:
            if (key := plan.decision.account_key) in wanted:
                groups[key][plan.subject.sync_id] = _rival(plan)
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
        self._keys = keys
        self._keys_once = frozenset(keys_once)

    def of(self, sync_id: str, key: str) -> tuple[Rival, ...]:
        """Return the other records with this key."""
        if not key:
            return ()
        group = self._groups[key]
        if len(group) == 1 and sync_id in group:
            return ()
        return tuple(one for other, one in group.items() if other != sync_id)

    def decided(self, plan: RecordPlan) -> None:
        """Let the records that are decided after this one know what became of it.

        Two that are accepted at once would else both be given the same account.
        """
        sync_id, key = plan.subject.sync_id, plan.decision.account_key
        group = self._groups.get(key)
        if group is not None and (len(group) > 1 or key in self._keys_once):
            group[sync_id] = _rival(plan)
        before = self._keys.get(sync_id, key)
        if before != key and self._keys_once:
            self._groups[before].pop(sync_id, None)


def _rival(plan: RecordPlan) -> Rival:
    subject, decision = plan.subject, plan.decision
    return Rival(
        subject.sync_id,
        subject.customer.key,
        decision.label,
        decision.status,
        decision.accepted,
        subject.created_at,
    )

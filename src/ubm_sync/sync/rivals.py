"""Records that have the same account key: in the state, under way, and in the portion in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ubm_sync.flow import Rival
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync.plan import RecordPlan


class Rivals:
    """Who else has the same account key.

    Records under way count as they were just decided: the state does not know it yet.
    """

    def __init__(
        self,
        tx: Tx,
        records: Mapping[str, RecordState],
        keys: Mapping[str, str],
        under_way: Sequence[RecordPlan] = (),
    ) -> None:
        wanted = set(keys.values())
        decided = {plan.subject.sync_id: plan.decision.account_key for plan in under_way}
        stored = tx.records.rivals(sorted(wanted)) if keys else {}
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

    def of(self, sync_id: str, key: str) -> tuple[Rival, ...]:
        """Return the other records with this key."""
        if not key:
            return ()
        group = self._groups[key]
        if len(group) == 1:
            return ()
        return tuple(one for other, one in group.items() if other != sync_id)

    def decided(self, plan: RecordPlan) -> None:
        """Let the records that are decided after this one know what became of it.

        Two that are accepted at once would else both be given the same account.
        """
        group = self._groups.get(plan.decision.account_key)
        if group is not None and len(group) > 1:
            group[plan.subject.sync_id] = _rival(plan)


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

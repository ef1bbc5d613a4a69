"""Records that name the same location: one code of a customer should be one address.

A flow says of each record where it is (``Site``) and is told where else the same location is said
to be. Whoever is concerned by a change is decided again, so the order of changes does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ubm_sync.flow import NOWHERE, Site
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync.plan import RecordPlan


class Neighbours:
    """Where else the locations of some records are said to be.

    Records under way count as they were just decided, records in hand as they read now; of those,
    one that was decided before and has no site (it is out of the procedure) does not count.
    """

    def __init__(
        self,
        tx: Tx,
        records: Mapping[str, RecordState],
        sites: Mapping[str, Site],
        under_way: Sequence[RecordPlan] = (),
    ) -> None:
        keys = {one.key for one in sites.values() if one.key}
        stored = dict(tx.sites.around(sorted(keys))) if keys else {}
        now = {plan.subject.sync_id: plan.decision.site for plan in under_way} if keys else {}
        now |= {
            sync_id: one
            for sync_id, one in sites.items()
            if sync_id in stored or not records[sync_id].status
        }
        self._places: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for one in {**stored, **now}.values():
            if one.key in keys:
                places = self._places[one.key]
                places[one.place] = min(one.shown, places.get(one.place, one.shown))

    def of(self, one: Site) -> tuple[str, ...]:
        """Return the other addresses of a record's location, in order."""
        places = self._places.get(one.key)
        if not places or places.keys() <= {one.place}:
            return ()
        return tuple(sorted(shown for place, shown in places.items() if place != one.place))


def settle_sites(tx: Tx, plans: Sequence[RecordPlan]) -> set[str]:
    """Store where these records are now; return the records that this concerns.

    Only what moved is written, and only what is at another address than something that moved is
    concerned: a thousand new rows that agree concern nobody.
    """
    decided = {plan.subject.sync_id: plan.decision.site for plan in plans}
    before = tx.sites.load(decided)
    moved = {key: one for key, one in decided.items() if before.get(key, NOWHERE) != one}
    if not moved:
        return set()
    tx.sites.save(moved)
    touched: defaultdict[str, set[str]] = defaultdict(set)
    for sync_id, one in moved.items():
        for end in (one, before.get(sync_id, NOWHERE)):
            if end.key:
                touched[end.key].add(end.place)
    concerned = {
        sync_id
        for sync_id, one in tx.sites.around(sorted(touched))
        if one.told and touched[one.key] - {one.place}
    }
    tx.records.mark_dirty(sorted(concerned))
    return concerned

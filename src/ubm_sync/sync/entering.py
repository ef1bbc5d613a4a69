"""Records that begin where a person entered them by hand, and not in the intake.

Such a record carries no identity yet. It says which company it is about; the customer of that
company is whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ubm_sync.model import Customer, Observation
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync.identity import mint

COMPANY = "company"


def enter(
    tx: Tx,
    kind: str,
    fresh: Sequence[Observation],
    by_company: Mapping[str, Customer],
    now: datetime,
) -> int:
    """Begin a record for each that carries no identity; return how many are new.

    The same one gets the same identity again, whoever sees it first.
    """
    bound: list[tuple[str, Observation]] = []
    begun: dict[str, RecordState] = {}
    for one in fresh:
        customer = by_company.get(one.values.get(COMPANY, ""))
        if one.key is not None or one.gone or customer is None:
            continue
        created_at = one.created_at or now
        sync_id = mint(one.place, one.ref, created_at)
        bound.append((sync_id, one))
        begun[sync_id] = RecordState(sync_id, kind, customer.key, created_at, {}, {})
    if not bound:
        return 0
    existing = tx.records.exists(list(begun))
    tx.records.save([record for key, record in begun.items() if key not in existing])
    tx.observations.save(bound)
    tx.records.mark_dirty([key for key in begun if key in existing])
    return len(begun) - len(existing)

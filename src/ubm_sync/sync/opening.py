"""The record of each customer's onboarding, which no system shows before this service makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ubm_sync.state import RecordState, Tx


def open_onboardings(tx: Tx, customers: Iterable[str], now: datetime) -> None:
    """Add the onboardings of these customers (keys) that are not known yet."""
    wanted = {f"onboarding-{key}": key for key in customers}
    there = tx.records.exists(list(wanted))
    tx.records.save(
        [
            RecordState(sync_id, "onboarding", key, now, {}, {})
            for sync_id, key in wanted.items()
            if sync_id not in there
        ]
    )

"""Records and observations to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ubm_sync.model import Observation
from ubm_sync.state import RecordState

NOON = datetime(2026, 11, 20, 18, 0, 0, 123_456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def record(sync_id: str, **changes: Any) -> RecordState:
    """A record of Acme, created at noon and waiting for a decision."""
    values: dict[str, Any] = {
        "sync_id": sync_id,
        "kind": "location",
        "customer": "acme",
        "created_at": NOON,
        "base": {"city": "Springfield"},
        "memory": {"valid_at": "2026-11-20T18:00:00Z"},
        "status": "Draft",
        "label": f"LOC-{sync_id}",
    }
    return RecordState(**values | changes)


def seen(ref: str, **changes: Any) -> Observation:
    """A row of Acme's sheet."""
    values: dict[str, Any] = {
        "place": "row",
        "ref": ref,
        "key": None,
        "container": "sheet-1",
        "version": "1",
        "values": {"city": "Springfield"},
        "created_at": NOON,
        "modified_at": NOON,
    }
    return Observation(**values | changes)

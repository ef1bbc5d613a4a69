"""What people decide by command: conflicts, and what was set aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ubm_sync.state import Entry, Quarantined, Tx
from ubm_sync.sync import notebook as book


def resolve_conflict(tx: Tx, sync_id: str, field: str, choice: str) -> bool:
    """Decide an open conflict: ``choice`` is a place, or ``=VALUE``; False where none is open.

    The next cycle writes the chosen value everywhere and keeps the other.
    """
    conflicts = tx.conflicts.for_records([sync_id]).get(sync_id, ())
    if not any(one.field == field for one in conflicts):
        return False
    record = tx.records.load([sync_id])[sync_id]
    record.memory = {**record.memory, book.DECIDE + field: choice}
    record.dirty = True
    tx.records.save([record])
    return True


def retry(tx: Tx, ids: Iterable[int] | None) -> list[Quarantined]:
    """Let what was set aside be tried again (None: everything); return what it was."""
    released = list(tx.quarantine.retry(ids))
    _forget(tx, released)
    return released


def _forget(tx: Tx, released: list[Quarantined]) -> None:
    """Forget that values and writes were refused, so that they are sent again."""
    by_record = {one.sync_id for one in released if one.sync_id is not None}
    records = tx.records.load(by_record)
    for record in records.values():
        record.memory = {
            key: value
            for key, value in record.memory.items()
            if not key.startswith((book.HELD, book.REFUSED))
        }
        record.quarantined = ""
        record.dirty = True
    tx.records.save(records.values())


def drop(tx: Tx, ids: Iterable[int], by: str, at: datetime) -> list[Quarantined]:
    """Give up what was set aside; what it was stays in the audit."""
    dropped = list(tx.quarantine.drop(ids))
    tx.audit.append(
        [Entry(at, "", by, "quarantine dropped", one.sync_id or "", _told(one)) for one in dropped]
    )
    return dropped


def _told(one: Quarantined) -> dict[str, str | None]:
    return {"system": one.system, "place": one.place, "ref": one.ref, "reason": one.reason}

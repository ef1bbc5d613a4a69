"""What people decide by command: conflicts, earlier values, and what was set aside.

A command leaves its decision in the state; the next cycle takes it over into the records it is
about, under its lease: a cycle at work would write over what a command changed in a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ubm_sync.errors import Refused
from ubm_sync.state import Entry, Kept, Quarantined, State, Tx
from ubm_sync.sync import notebook as book

FORGET = "!forget"  # instead of a key of the notebook: what was refused may be sent again
PORTION = 2_500  # decisions taken over in one transaction


def take(state: State) -> None:
    """Take over what was decided since the last cycle; the records it is about become due."""
    more = True
    while more:
        with state.transaction() as tx:
            decided = tx.decisions.next(PORTION)
            more = len(decided) == PORTION
            if not decided:
                return
            records = tx.records.load([one.sync_id for one in decided])
            for one in decided:
                if (record := records.get(one.sync_id)) is None:
                    continue
                record.memory = taken(record.memory, {one.key: one.value})
                if one.key == FORGET:
                    record.quarantined = ""
                record.dirty = True
            tx.records.save(records.values())
            tx.decisions.done(decided[-1].number)


def taken(memory: Mapping[str, str], decided: Mapping[str, str]) -> dict[str, str]:
    """Return a record's memory as it is once decisions about it are taken over."""
    after = _forgotten(memory) if FORGET in decided else {**memory}
    after.update((key, value) for key, value in decided.items() if key != FORGET)
    return after


def add(tx: Tx, decided: Iterable[tuple[str, str, str]]) -> None:
    """Leave decisions ``(sync_id, key of the notebook, entry)`` for the next cycle."""
    items = list(decided)
    tx.decisions.add(items)
    tx.records.mark_dirty([sync_id for sync_id, _, _ in items])


def resolve_conflict(tx: Tx, sync_id: str, field: str, choice: str, by: str) -> bool:
    """Decide an open conflict: ``choice`` is a place, or ``=VALUE``; False where none is open.

    The next cycle writes the chosen value everywhere and keeps the other.
    """
    conflicts = tx.conflicts.for_records([sync_id]).get(sync_id, ())
    if not any(one.field == field for one in conflicts):
        return False
    add(tx, [(sync_id, book.DECIDE + field, book.packed(choice, by))])
    return True


def bring_back(tx: Tx, kept: Kept, shared: Mapping[str, frozenset[str]], by: str) -> None:
    """Have a kept value written everywhere; ``shared`` are the shared fields by kind of record.

    Raises Refused where it cannot be.
    """
    record = tx.records.load([kept.sync_id]).get(kept.sync_id)
    if record is None or kept.field not in shared.get(record.kind, ()):
        raise Refused(
            f"{kept.field} is filled in by the service, so an earlier value cannot stand there; "
            "change what it follows from."
        )
    conflicts = tx.conflicts.for_records([kept.sync_id]).get(kept.sync_id, ())
    if any(one.field == kept.field for one in conflicts):
        raise Refused(
            f"{kept.field} waits for a decision; take it with ubm-sync conflicts resolve "
            f"{kept.sync_id} {kept.field} --value."
        )
    wanted = book.Restore(
        kept.value, record.base.get(kept.field), by, f"kept value {kept.id} brought back"
    )
    add(tx, [(kept.sync_id, book.RESTORE + kept.field, wanted.entry())])


def retry_later(tx: Tx, ids: Iterable[int] | None) -> list[Quarantined]:
    """Have the next cycle try what was set aside (None: everything); return what it was."""
    released = list(tx.quarantine.retry(ids))
    add(tx, [(one.sync_id, FORGET, "") for one in released if one.sync_id is not None])
    return released


def retry(tx: Tx, ids: Iterable[int] | None) -> list[Quarantined]:
    """Let a cycle try again what was set aside (None: everything); return what it was."""
    released = list(tx.quarantine.retry(ids))
    _forget(tx, released)
    return released


def _forget(tx: Tx, released: list[Quarantined]) -> None:
    """Forget that values and writes were refused, so that they are sent again."""
    by_record = {one.sync_id for one in released if one.sync_id is not None}
    records = tx.records.load(by_record)
    for record in records.values():
        record.memory = _forgotten(record.memory)
        record.quarantined = ""
        record.dirty = True
    tx.records.save(records.values())


def _forgotten(memory: Mapping[str, str]) -> dict[str, str]:
    """Return a record's memory without what was refused."""
    refused = (book.HELD, book.REFUSED)
    return {key: value for key, value in memory.items() if not key.startswith(refused)}


def drop(tx: Tx, ids: Iterable[int], by: str, at: datetime) -> list[Quarantined]:
    """Give up what was set aside; what it was stays in the audit."""
    dropped = list(tx.quarantine.drop(ids))
    tx.audit.append(
        [Entry(at, "", by, "quarantine dropped", one.sync_id or "", _told(one)) for one in dropped]
    )
    return dropped


def _told(one: Quarantined) -> dict[str, str | None]:
    return {"system": one.system, "place": one.place, "ref": one.ref, "reason": one.reason}

"""What the service writes into rows: compared and set in one transaction, so nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ubm_files.layout import Form
from ubm_files.register import Entry, Session
from ubm_files.taking import new_row, written
from ubm_files.values import day_of
from ubm_sync.model import FieldType, Outcome, Ref, Result, Write

_CHANGED = "The row was changed meanwhile; it is read again first."
_GONE = "The row is not in the list any more; nothing was written."
_NOBODY = "No customer without a sheet has this list; check the customer's file."


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows they are, and how they are shown."""

    container: str
    form: Form


def apply(
    session: Session, writes: Sequence[Write], owners: Mapping[str, Owner], now: datetime
) -> Iterator[Outcome]:
    """Carry writes out and yield one outcome each; ``owners`` by container and by key."""
    by_ref = {row.ref: row for row in session.named("ref", [w.ref for w in writes if w.ref])}
    fresh = [write.key for write in writes if write.ref is None]
    by_key = {(row.container, row.key): row for row in session.named("key", fresh)}
    numbers: dict[str, int] = {}
    save: dict[str, Entry] = {}
    ended: list[tuple[Write, Entry | None, Outcome]] = []
    for write in writes:
        owner = owners.get(write.container)
        if owner is None:
            ended.append((write, None, _refused(write, _NOBODY)))
            continue
        made = False
        if write.ref is not None:
            row = by_ref.get(write.ref)
        else:
            row = by_key.get((owner.container, write.key))
            if row is not None and write.doubtful:
                ended.append((write, None, _stale(write, row.ref)))
                continue
            if row is None:
                number = numbers.get(owner.container) or session.last_number(owner.container)
                numbers[owner.container] = number + 1
                row, made = new_row(owner.form, owner.container, number + 1, now, ""), True
        if row is None or row.container != owner.container:
            ended.append((write, None, _refused(write, _GONE, stale=True)))
            continue
        row = save.get(row.ref, row)
        if _is_late(write, row):
            ended.append((write, None, _stale(write, row.ref)))
            continue
        faults = _faults(write, owner.form)
        known = made or write.expected == str(row.version)
        taken = {name: value for name, value in write.values.items() if name not in faults}
        texts = {name: value for name, value in taken.items() if not isinstance(value, Ref)}
        after = replace(written(row, texts), key=write.key)
        save[row.ref] = after
        by_key[owner.container, write.key] = after
        landed = frozenset(texts) if len(texts) < len(write.values) else None
        outcome = Outcome(
            write.place,
            write.key,
            Result.LANDED,
            row.ref,
            landed=landed,
            reason=" ".join(dict.fromkeys(faults.values())),
            at_fault=tuple(faults),
            reasons=faults,
            created=made,
        )
        ended.append((write, after if known and not made else None, outcome))
    session.save(save.values())
    for _, row, outcome in ended:
        yield outcome if row is None else outcome._replace(version=str(save[row.ref].version))


def _is_late(write: Write, row: Entry) -> bool:
    """Return whether a field shows a value by now that the decision did not see."""
    if write.ref is None or write.expected == str(row.version):
        return False
    return any(row.values.get(name) != seen for name, seen in write.careful.items())


def _faults(write: Write, form: Form) -> dict[str, str]:
    """Return the fields a row cannot hold as they are meant, with a sentence each."""
    faults: dict[str, str] = {}
    for name, value in write.values.items():
        binding = form.bindings.get(name)
        if binding is None or not binding.writable:
            faults[name] = f'"{name}" is not a column that the service writes.'
        elif isinstance(value, Ref):
            faults[name] = f'"{name}" waits for another system.'
        elif value is None:
            continue
        elif binding.type is FieldType.DATE and day_of(value) != value:
            faults[name] = f'"{value}" is not a day, as column "{form.titles[name]}" needs one.'
    return faults


def _refused(write: Write, reason: str, *, stale: bool = False) -> Outcome:
    return Outcome(
        write.place,
        write.key,
        Result.REFUSED,
        write.ref,
        reason=reason,
        permanent=True,
        stale=stale,
    )


def _stale(write: Write, ref: str) -> Outcome:
    return Outcome(write.place, write.key, Result.REFUSED, ref, reason=_CHANGED, stale=True)

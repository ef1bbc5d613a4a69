"""What a write means for one account: decided before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ubm_store.reads import Stored
from ubm_store.values import Fields, as_text
from ubm_sync.model import Outcome, Problem, Result, Write

LOCATION_COLUMNS = {
    "location_name": "name",
    "address_1": "address_1",
    "address_2": "address_2",
    "city": "city",
    "state": "state",
    "zip": "zip",
}


@dataclass(slots=True)
class Draft:
    """One account to insert (``before`` is None) or to change.

    ``columns`` are only the ones that differ. ``revision`` is filled in when numbers are taken.
    """

    write: Write
    columns: Mapping[str, Any]
    faults: Mapping[str, str]
    before: Stored | None
    revision: int = 0

    def cell(self, column: str) -> str | None:
        """Return the text of a column after the write."""
        if column in self.columns:
            return as_text(self.columns[column])
        return None if self.before is None else self.before.cells.get(column)

    def location(self) -> dict[str, Any] | None:
        """Return the row of the account's location if the write touches it."""
        touched = self.columns.keys() & {*LOCATION_COLUMNS, "location_code", "customer_key"}
        code = self.cell("location_code")
        if not touched or code is None:
            return None
        row: dict[str, Any] = {"customer_key": self.cell("customer_key"), "code": code}
        return row | {name: self.cell(column) for column, name in LOCATION_COLUMNS.items()}

    def landed(self, ref: str) -> Outcome:
        """Return the outcome of this draft once it is committed."""
        known = self.before is None or _is_known(self.write, self.before)
        version = str(self.revision) if known else ""
        return landed(self.write, self.faults, ref, version, created=self.before is None)


def draft(
    write: Write, fields: Fields, before: Stored | None, customers: Collection[str]
) -> Draft | Outcome:
    """Return what to send, or the outcome where nothing has to be sent or it cannot be."""
    encoded = fields.encode(write.values)
    faults = encoded.faults
    columns = dict(encoded.columns)
    if before is None:
        if write.ref is not None:
            return refused(write, f"the store has no account {write.ref}")
        columns["customer_key"] = columns.get("customer_key") or write.container
    elif before.sync_id not in {None, write.key}:
        return refused(write, f"account {before.id} belongs to another record")
    customer = columns.get("customer_key", before.cells["customer_key"] if before else None)
    if customer not in customers:
        reason = f'there is no customer "{customer or ""}"; add it to the configuration'
        return refused(write, reason, at_fault=(fields.field_of("customer_key"),))
    if faults and not encoded.columns:
        return refused(write, sentence(faults), at_fault=tuple(faults))
    if before is None:
        return Draft(write, columns, faults, None)
    changes = {n: v for n, v in columns.items() if as_text(v) != before.cells[n]}
    if before.sync_id is None:
        changes["sync_id"] = write.key
    if not changes:
        version = str(before.revision) if _is_known(write, before) else ""
        return landed(write, faults, before.id, version, created=False)
    if reason := _stale(write, before):
        return refused(write, reason, permanent=False, stale=True, ref=before.id)
    return Draft(write, changes, faults, before)


def _is_known(write: Write, before: Stored) -> bool:
    """Return whether the account was read as it is, so that its new version hides no edit."""
    return write.expected == str(before.revision)


def _stale(write: Write, before: Stored) -> str:
    """Return why the account must be read first, "" where it need not."""
    if write.doubtful:
        return f"the account is there already as {before.id}; it is read first"
    if write.expected and write.expected != str(before.revision):
        return f"account {before.id} was changed in the meantime; it is read again first"
    return ""


def landed(
    write: Write, faults: Mapping[str, str], ref: str, version: str, *, created: bool
) -> Outcome:
    """Return the outcome of a write that is in the store, the faulty fields left out.

    ``version`` is "" where somebody may have changed other fields since the account was read.
    """
    return Outcome(
        write.place,
        write.key,
        Result.LANDED,
        ref=ref,
        version=version,
        landed=frozenset(write.values.keys() - faults.keys()) if faults else None,
        reason=sentence(faults),
        permanent=bool(faults),
        at_fault=tuple(faults),
        created=created,
    )


def refused(
    write: Write,
    reason: str,
    *,
    permanent: bool = True,
    at_fault: tuple[str, ...] = (),
    stale: bool = False,
    ref: str | None = None,
) -> Outcome:
    """Return the outcome of a write that the store does not take."""
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    return Outcome(
        write.place,
        write.key,
        Result.REFUSED,
        ref=write.ref or ref,
        reason=sentence,
        permanent=permanent,
        at_fault=at_fault,
        stale=stale,
    )


def batches(writes: Iterable[Write], size: int) -> Iterator[list[Write]]:
    """Yield the writes in batches of at most ``size`` in which no account comes twice."""
    batch: list[Write] = []
    seen: set[str] = set()
    for write in writes:
        names = {write.key, write.ref or write.key}
        if len(batch) == size or names & seen:
            yield batch
            batch, seen = [], set()
        batch.append(write)
        seen |= names
    if batch:
        yield batch


def no_column(scope: str, fields: tuple[str, ...]) -> tuple[Problem, ...]:
    """Return the problem of a mapping that names columns the accounts do not have."""
    if not fields:
        return ()
    text = f"The accounts have no column for {', '.join(fields)}; correct the mapping."
    return (Problem(scope, "no_column", text, fields=fields),)


def sentence(faults: Mapping[str, str]) -> str:
    """Return why some fields could not go in."""
    return "; ".join(f"{name}: {why}" for name, why in faults.items())

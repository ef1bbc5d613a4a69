"""Outcomes of row writes. Pure."""

from __future__ import annotations

from ubm_smartsheet.encode import Row
from ubm_sync.model import Outcome, Result, Write


def landed(row: Row, ref: str | None, version: str, *, created: bool = False) -> Outcome:
    """Return the outcome of a row that was taken, with the fields it had to leave out."""
    write = row.write
    fields = frozenset(name for name in row.cells if name in write.values)
    return Outcome(
        write.place,
        write.key,
        Result.LANDED,
        ref=ref,
        version=version,
        landed=fields if row.faults else None,
        reason=row.reasons,
        at_fault=tuple(row.faults),
        reasons=dict(row.faults),
        created=created,
    )


def refused(
    write: Write,
    reason: str,
    *,
    permanent: bool = False,
    at_fault: tuple[str, ...] = (),
    stale: bool = False,
) -> Outcome:
    """Return the outcome of a write that was not taken; ``stale``: see ``Outcome``."""
    return Outcome(
        write.place,
        write.key,
        Result.REFUSED,
        ref=write.ref,
        landed=frozenset(),
        reason=reason,
        permanent=permanent,
        at_fault=at_fault,
        stale=stale,
    )


def nothing_left(row: Row) -> Outcome:
    """Return the outcome of a row of which no cell may be written."""
    if not row.faults:
        return Outcome(row.write.place, row.write.key, Result.LANDED, ref=row.write.ref)
    outcome = refused(row.write, row.reasons, permanent=row.lasting, at_fault=tuple(row.faults))
    return outcome._replace(reasons=dict(row.faults))


def unknown(write: Write, reason: str) -> Outcome:
    """Return the outcome of a write that may have landed."""
    return Outcome(
        write.place, write.key, Result.UNKNOWN, ref=write.ref, landed=frozenset(), reason=reason
    )

"""Outcomes of row writes, and which rows an answer means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ubm_smartsheet.encode import Row
from ubm_sync.model import Outcome, Result, Write

_NOTHING: Mapping[str, Any] = {}


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
        created=created,
    )


def refused(
    write: Write, reason: str, *, permanent: bool = False, at_fault: tuple[str, ...] = ()
) -> Outcome:
    """Return the outcome of a write that was not taken."""
    return Outcome(
        write.place,
        write.key,
        Result.REFUSED,
        ref=write.ref,
        landed=frozenset(),
        reason=reason,
        permanent=permanent,
        at_fault=at_fault,
    )


def nothing_left(row: Row) -> Outcome:
    """Return the outcome of a row of which no cell may be written."""
    if not row.faults:
        return Outcome(row.write.place, row.write.key, Result.LANDED, ref=row.write.ref)
    return refused(row.write, row.reasons, permanent=row.lasting, at_fault=tuple(row.faults))


def unknown(write: Write, reason: str) -> Outcome:
    """Return the outcome of a write that may have landed."""
    return Outcome(
        write.place, write.key, Result.UNKNOWN, ref=write.ref, landed=frozenset(), reason=reason
    )


def position(detail: object, rows: Sequence[Row]) -> int | None:
    """Return which row an error's detail means, by id or by index; None where it names none."""
    if not isinstance(detail, dict):
        return None
    for index, row in enumerate(rows):
        if row.write.ref is not None and str(detail.get("rowId")) == row.write.ref:
            return index
    named = detail.get("index")
    return named if isinstance(named, int) and 0 <= named < len(rows) else None


def failures(answer: Mapping[str, Any], rows: Sequence[Row]) -> dict[int, Mapping[str, Any]]:
    """Return the refused rows of a partial success: position -> the vendor's error."""
    failed: dict[int, Mapping[str, Any]] = {}
    for item in answer.get("failedItems") or ():
        where = position(item, rows)
        if where is not None:
            failed[where] = item.get("error") or _NOTHING
    return failed


def batches(rows: Sequence[Row], size: int) -> list[list[Row]]:
    """Return batches of at most ``size`` in which no row is twice, in order for each row.

    The vendor takes a row once in a request.
    """
    parts: list[list[Row]] = []
    after: dict[str, int] = {}  # row -> the first batch it may still go into
    first_open = 0
    for row in rows:
        ref = row.write.ref or row.write.key
        number = max(after.get(ref, 0), first_open)
        while number < len(parts) and len(parts[number]) >= size:
            number += 1
        if number >= len(parts):
            parts.append([])
            number = len(parts) - 1
        parts[number].append(row)
        after[ref] = number + 1
        while first_open < len(parts) and len(parts[first_open]) >= size:
            first_open += 1
    return parts

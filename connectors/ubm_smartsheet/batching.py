"""Rows in batches: how they are parted, and which rows an answer means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ubm_smartsheet.encode import Row
from ubm_smartsheet.outcomes import refused
from ubm_sync.errors import Refused
from ubm_sync.model import Outcome

Failed: TypeAlias = Callable[[Row, Mapping[str, Any]], Iterator[Outcome]]
Send: TypeAlias = Callable[[Sequence[Row]], Iterator[Outcome]]
MOST_DIVISIONS = 100  # further requests for refused batches in one round of one sheet
_NOTHING: Mapping[str, Any] = {}


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
        parts[number].append(row)
        after[ref] = number + 1
        while first_open < len(parts) and len(parts[first_open]) >= size:
            first_open += 1
    return parts


def answered(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of an answer; it may be one object, a list, nothing or null."""
    result = answer.get("result")
    listed = [result] if isinstance(result, dict) else result or []
    return [one for one in listed if isinstance(one, dict) and "id" in one]


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


class Divider:
    """Parts batches that were refused as a whole; bounded, so that a refusal of everything ends."""

    def __init__(self, times: int = MOST_DIVISIONS) -> None:
        self._left = times

    def divide(
        self, rows: Sequence[Row], error: Refused, send: Send, failed: Failed
    ) -> Iterator[Outcome]:
        """Part a refused batch so that the row at fault delays no other.

        The row that the error names goes to ``failed`` and the rest to ``send``; where it names
        none, both halves are sent, until the row at fault is alone. Smartsheet: 5xxx are states of
        the account or the sheet; such a refusal of a whole request is nobody's fault.
        """
        named = position(error.detail, rows)
        if (named is None and error.code.startswith("5")) or not self.spend(1):
            for row in rows:
                yield refused(row.write, str(error))
            return
        if len(rows) == 1:
            yield from failed(rows[0], _problem(error))
        elif named is None:
            middle = len(rows) // 2
            yield from send(rows[:middle])
            yield from send(rows[middle:])
        else:
            yield from failed(rows[named], _problem(error))
            yield from send([row for index, row in enumerate(rows) if index != named])

    def spend(self, requests: int) -> bool:
        """Book further requests; False where too many were needed already."""
        self._left -= requests
        return self._left >= 0


def _problem(error: Refused) -> Mapping[str, Any]:
    """Return a refusal of a whole request in the form of one of a single row."""
    detail = error.detail if isinstance(error.detail, dict) else _NOTHING
    return {"errorCode": error.code or 0, "message": detail.get("message") or str(error)}

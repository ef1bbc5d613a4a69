"""Which sheet a row is in: eight bytes a row, rebuilt by every full listing, never stored.

Smartsheet: a row keeps its id as long as it stays in its sheet; moved to another one it gets a
new id. So a row that no listing of this process shows is only looked for in sheets not listed yet.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable


class RowIndex:
    """Row ids by sheet."""

    def __init__(self) -> None:
        self._listed: dict[str, array[int]] = {}
        self._seen: dict[str, set[int]] = {}  # since the listing

    def listed(self, sheet: str, rows: Iterable[int]) -> None:
        """Take over a full listing of a sheet."""
        self._listed[sheet] = array("q", sorted(rows))
        self._seen.pop(sheet, None)

    def saw(self, sheet: str, rows: Iterable[int]) -> None:
        """Take in single rows of a sheet."""
        new = [row for row in rows if not self._in_listing(sheet, row)]
        if new:
            self._seen.setdefault(sheet, set()).update(new)

    def where(self, row: int) -> str | None:
        """Return the sheet a row was last seen in."""
        for sheet, seen in self._seen.items():
            if row in seen:
                return sheet
        return next((sheet for sheet in self._listed if self._in_listing(sheet, row)), None)

    def is_listed(self, sheet: str) -> bool:
        """Return whether all rows of a sheet are known."""
        return sheet in self._listed

    def clear(self) -> None:
        """Forget everything."""
        self._listed.clear()
        self._seen.clear()

    def _in_listing(self, sheet: str, row: int) -> bool:
        rows = self._listed.get(sheet)
        if rows is None:
            return False
        place = bisect_left(rows, row)
        return place < len(rows) and rows[place] == row

"""A look before a write: Smartsheet has no If-Match, so what people changed is read first.

A write to cells that people edit too (``Write.careful``) costs one request, once for a sheet and
round of writes: for the rows in question, whose answer names the sheet's version too. More rows
than one request holds are read only where the sheet's version says that somebody changed it since,
or where it moved by more steps than rows were shown: an answer may have left out what was edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ubm_smartsheet.client import Client
from ubm_smartsheet.cursor import SheetState
from ubm_smartsheet.encode import Row
from ubm_smartsheet.reading import Reader
from ubm_smartsheet.versions import fixed_fields
from ubm_sync.model import Mark, Observation, Write

CHANGED = "changed meanwhile"
GONE = "row not found"
_WRITTEN_ELSEWHERE = frozenset({Mark.FORMULA, Mark.LINKED})


class Found(NamedTuple):
    """What a look showed: rows that changed, the sheet's version, how long that holds.

    ``late`` says by id why a row must not be written. Version 0 and None: nothing had to be looked
    at.
    """

    late: Mapping[str, str]
    version: int
    until: datetime | None


NOTHING = Found({}, 0, None)


class Look:
    """Reads what rows are about to be written over."""

    def __init__(self, client: Client, reader: Reader, state: SheetState) -> None:
        self._client = client
        self._reader = reader
        self._state = state

    def late(self, rows: Sequence[Row]) -> Found:
        """Look for rows whose careful cells somebody changed since they were read.

        Raises as ``Client.get``.
        """
        careful = {str(row.write.ref): row.write for row in rows if is_careful(row)}
        if not careful:
            return NOTHING
        version = self._version() if len(careful) > self._reader.rows_at_once else 0
        if version and version == self._state.version and not self._state.doubtful:
            return Found({}, version, self._client.transport.look_holds_until())
        shown: dict[str, Observation] = {}
        for page, at in self._reader.look_at(self._state.id, list(careful)):
            version = version or at
            shown |= {seen.ref: seen for seen in page.observations if seen.ref in careful}
        # A row that the answer leaves out was not looked at: deleted, or what is there is not told.
        late = {ref: GONE for ref in careful if ref not in shown}
        late |= {ref: CHANGED for ref, seen in shown.items() if _is_late(careful[ref], seen)}
        return Found(late, version, self._client.transport.look_holds_until())

    def _version(self) -> int:
        answer = self._client.get("read version", f"/sheets/{self._state.id}/version")
        return int(answer.get("version") or 0)


def is_careful(row: Row) -> bool:
    """Return whether a row's write changes cells that people set too."""
    return any(name in row.cells for name in row.write.careful)


def _is_late(write: Write, seen: Observation) -> bool:
    """Return whether a cell shows what was not seen, be it what is wanted, or calculates it."""
    fixed = fixed_fields(write.expected)
    for name, before in write.careful.items():
        if seen.values.get(name) != before:
            return True
        if seen.marks.get(name) in _WRITTEN_ELSEWHERE and name not in fixed:
            return True
    return False

"""Whether what was read of a sheet is enough, and whether it belongs together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ubm_smartsheet.cursor import SheetState


class Listing:
    """Whether the pages of one listing belong together."""

    def __init__(self) -> None:
        self.pages = 0
        self.created: dict[int, str] = {}  # row id -> creation time
        self.newest = ""
        self._states: set[tuple[object, object]] = set()
        self._last_gave = 1
        self._total = 0

    def take(self, body: Mapping[str, Any]) -> None:
        """Count one page in."""
        had = len(self.created)
        for row in body["rows"]:
            self.created[row["id"]] = row["createdAt"]
            self.newest = max(self.newest, row["modifiedAt"])
        self.pages += 1
        self._last_gave = len(self.created) - had
        self._total = int(body.get("totalRowCount") or 0)
        self._states.add((body.get("version"), self._total))

    @property
    def is_over(self) -> bool:
        """Whether another page would bring nothing: all there, nothing new, or all in vain."""
        if self.pages == 0:
            return False
        return len(self.created) >= self._total or self._last_gave == 0 or len(self._states) > 1

    @property
    def is_whole(self) -> bool:
        """Whether every row of one and the same version of the sheet was seen."""
        return len(self._states) == 1 and len(self.created) == self._total


def is_settled(state: SheetState, entry: Mapping[str, Any] | None) -> bool:
    """Return whether a sheet needs no request: unchanged, or known to be out of reach."""
    if entry is None:
        return state.lost
    return (
        not state.lost
        and not state.again
        and state.version != 0
        and entry.get("version") == state.version
    )

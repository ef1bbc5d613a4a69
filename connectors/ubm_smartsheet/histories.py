"""What one cell held before: the dearest request there is, for the few cells in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ubm_smartsheet.client import Client
from ubm_smartsheet.reading import Reader
from ubm_sync.errors import NotThere
from ubm_sync.model import Past, Spot
from ubm_sync.ports import Lane

COST = 10  # Smartsheet: cell history counts as ten requests
LOOKED_BACK = 50  # values of a cell; what was written over is among the newest


class Histories:
    """Reads cell histories."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def read(self, spot: Spot) -> Sequence[Past] | None:
        """Return the values of a cell, the newest first; none for what is not there any more.

        None where its sheet cannot be read either. Raises NoAccess, Temporary.
        """
        sheet = spot.container
        try:
            if not self._reader.state(sheet).columns:
                self._reader.learn(sheet)
            column = self._reader.state(sheet).columns.get(spot.field)
            if column is None:
                return ()
            path = f"/sheets/{sheet}/rows/{spot.ref}/columns/{column.id}/history"
            query = {"include": "objectValue", "level": "2", "pageSize": str(LOOKED_BACK)}
            body = self._client.get("cell history", path, query, lane=Lane.AUDIT, cost=COST)
        except NotThere:
            return () if self._is_shared(sheet) else None
        decoder = self._reader.decoder(sheet)
        return [_past(cell, decoder.cell(spot.field, cell)) for cell in body["data"]]

    def _is_shared(self, sheet: str) -> bool:
        """Return whether a sheet is there: Smartsheet says the same of a row and of a sheet."""
        try:
            self._client.get("read version", f"/sheets/{sheet}/version")
        except NotThere:
            return False
        return True


def _past(cell: dict[str, Any], value: str | None) -> Past:
    by = cell.get("modifiedBy") or {}
    at = cell.get("modifiedAt")
    return Past(
        value,
        by.get("email") or by.get("name"),
        datetime.fromisoformat(at) if at else None,
    )

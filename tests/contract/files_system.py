"""The register of rows without a sheet on a real database, and the customer who drops files."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from tests.contract.system import System, installed, shipped_place

from ubm_sync.database import open_engine
from ubm_sync.ports import Connector


class Files(System):
    """The rows of one customer; ``folder`` is where files are dropped."""

    name = "files"

    def __init__(self, url: str, folder: Path) -> None:
        self.place = replace(shipped_place("row"), system=self.name)
        self.samples = {
            "location_name": ("Joliet #0412", "Elgin & Söhne <1>"),
            "notes": ("first line\nsecond line", "other"),
            "account_number": ("0045-118", "007"),
            "commodity": ("Electric", "Natural gas"),
            "service_start": ("2026-12-01", "2027-01-31"),
        }
        self.url = url
        self.folder = folder
        self._drops = 0
        super().__init__()

    def made(self) -> Connector:
        self.customer = replace(self.customer, intake="csv", folder=str(self.folder))
        return installed(self.name, self, {"UBM_SYNC_STATE_URL": self.url})

    def edit(self, ref: str, field: str, value: str | None) -> None:
        """Change a cell of the result file and save it; another process takes it in."""
        colleague: Any = self.connect()
        colleague.finish()
        seen = next(iter(colleague.fetch(self.place.name, [ref]))).observations[0]
        path = self.folder / "requests.csv.result.csv"
        text = path.read_text(encoding="utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
        (line,) = [one for one in lines if one["UBM Sync ID"] == seen.key]
        line[next(one.external for one in self.place.bindings if one.field == field)] = value or ""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(line))
        writer.writeheader()
        writer.writerows(lines)
        path.write_text(out.getvalue(), encoding="utf-8-sig")
        self._drops += 1
        os.utime(path, (self.clock.now().timestamp() - 3600 - self._drops,) * 2)
        list(colleague.observe(full=False))

    def records(self) -> int:
        return int(self._ask("SELECT count(*) FROM intake_row")[0])

    def notes(self, ref: str) -> Sequence[str]:
        return self._ask("SELECT body FROM intake_note WHERE ref = :ref", ref=ref)

    def _ask(self, statement: str, **given: str) -> list[str]:
        url = self.url
        if url.startswith("sqlite"):
            url = f"{url.removesuffix('.db')}.intake.db"
        engine = open_engine(url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement), given).scalars())
        finally:
            engine.dispose()

"""Sites: which location each record names, and at which address, to be found by its code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Boolean, Column, Table, Text, bindparam, delete, select

from ubm_sync.database import upsert
from ubm_sync.flow import Site
from ubm_sync.state.repository import Repository
from ubm_sync.state.schema import CleanText, metadata

site = Table(
    "site",
    metadata,
    Column("sync_id", Text, primary_key=True),
    Column("key", CleanText, nullable=False, index=True),
    Column("place", CleanText, nullable=False),
    Column("shown", CleanText, nullable=False),
    Column("told", Boolean, nullable=False),
)

COLUMNS = tuple(site.c[name] for name in ("sync_id", *Site._fields))
LOAD = select(*COLUMNS).where(site.c.sync_id.in_(bindparam("many", expanding=True)))
AROUND = select(*COLUMNS).where(site.c.key.in_(bindparam("many", expanding=True)))
SAVE = upsert(site, ["sync_id"], update=list(Site._fields))
DROP = delete(site).where(site.c.sync_id.in_(bindparam("many", expanding=True)))


class Sites(Repository):
    """The sites of records that have one."""

    def load(self, ids: Iterable[str]) -> dict[str, Site]:
        """Return the sites of these records; a record without one is left out."""
        return {row[0]: Site(*row[1:]) for row in self._rows_in(LOAD, ids)}

    def around(self, keys: Iterable[str]) -> Iterator[tuple[str, Site]]:
        """Yield every record, and its site, that has one of these keys."""
        for row in self._rows_in(AROUND, keys):
            yield row[0], Site(*row[1:])

    def save(self, sites: Mapping[str, Site]) -> None:
        """Replace the sites of these records; one without a key is dropped."""
        rows = [{"sync_id": sync_id, **one._asdict()} for sync_id, one in sites.items() if one.key]
        self._write(SAVE, rows)
        self._change_in(DROP, [sync_id for sync_id, one in sites.items() if not one.key])

"""Sites: which location each record names, and at which address, to be found by its code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Table, Text, bindparam, delete, select

from ubm_sync.flow import Site
from ubm_sync.state.repository import Bulk, Pick, Repository
from ubm_sync.state.schema import CleanText, clean, metadata

site = Table(
    "site",
    metadata,
    Column("sync_id", Text, primary_key=True),
    Column("key", CleanText, nullable=False, index=True),
    Column("place", CleanText, nullable=False),
    Column("shown", CleanText, nullable=False),
    Column("told", Boolean, nullable=False),
)

LOAD = Pick(select(site), site.c.sync_id)
AROUND = Pick(select(site), site.c.key)
SAVE = Bulk(site, ["sync_id"])
DROP = delete(site).where(site.c.sync_id.in_(bindparam("many", expanding=True)))


class Sites(Repository):
    """The sites of records that have one."""

    def load(self, ids: Iterable[str]) -> dict[str, Site]:
        """Return the sites of these records; a record without one is left out."""
        return {row[0]: _site(row) for row in LOAD.rows(self._connection, ids)}

    def around(self, keys: Iterable[str]) -> Iterator[tuple[str, Site]]:
        """Yield every record, and its site, that has one of these keys."""
        for row in AROUND.rows(self._connection, map(clean, keys)):
            yield row[0], _site(row)

    def save(self, sites: Mapping[str, Site]) -> None:
        """Replace the sites of these records; one without a key is dropped."""
        rows = [_row(sync_id, one) for sync_id, one in sites.items() if one.key]
        SAVE.run(self._connection, rows)
        self._change_in(DROP, [sync_id for sync_id, one in sites.items() if not one.key])


def _row(sync_id: str, one: Site) -> tuple[str, str, str, str, bool]:
    return (sync_id, clean(one.key), clean(one.place), clean(one.shown), one.told)


def _site(row: tuple[Any, ...]) -> Site:
    """Return a site as ``_row`` stored it."""
    _, key, place, shown, told = row
    return Site(key, place, shown, bool(told))

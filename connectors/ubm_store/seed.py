"""The vendors the package knows, from its own table of names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sqlalchemy import Connection, select

from ubm_store.related import Tags
from ubm_store.schema import Vendor, VendorAlias, table
from ubm_sync.database import upsert

_VENDOR = table(Vendor)
_ALIAS = table(VendorAlias)
EVERYWHERE = "US"


@dataclass(frozen=True, slots=True)
class KnownVendor:
    """One row of ``data/vendor_aliases.csv``; no states means everywhere."""

    canonical: str
    aliases: tuple[str, ...]
    commodities: tuple[str, ...]
    states: tuple[str, ...]
    note: str


@cache
def known_vendors() -> tuple[KnownVendor, ...]:
    """Return the vendors of the package's table, in its order."""
    text = resources.files("ubm_store").joinpath("data/vendor_aliases.csv").read_text("utf-8")
    return tuple(
        KnownVendor(
            row["canonical"],
            _parts(row["aliases"]),
            _parts(row["commodities"]),
            tuple(state for state in _parts(row["states"]) if state != EVERYWHERE),
            row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def missing(connection: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the vendor rows and alias rows that the store lacks; what it has stays as it is."""
    vendors = set(connection.scalars(select(_VENDOR.c.canonical)))
    columns = (_ALIAS.c.alias, _ALIAS.c.state, _ALIAS.c.vendor_canonical)
    aliases = {tuple(row) for row in connection.execute(select(*columns))}
    return (
        [_vendor(one) for one in known_vendors() if one.canonical not in vendors],
        [
            {"alias": alias, "state": state, "vendor_canonical": one.canonical}
            for one in known_vendors()
            for alias in one.aliases
            for state in one.states or ("",)
            if (alias, state, one.canonical) not in aliases
        ],
    )


def plant(connection: Connection, tag: Tags) -> None:
    """Add the missing vendors and aliases."""
    vendors, aliases = missing(connection)
    if vendors:
        connection.execute(
            upsert(_VENDOR, ["canonical"], update=[]), [{**row, **tag} for row in vendors]
        )
    if aliases:
        keys = ["alias", "state", "vendor_canonical"]
        connection.execute(upsert(_ALIAS, keys, update=[]), [{**row, **tag} for row in aliases])


def _vendor(one: KnownVendor) -> dict[str, Any]:
    return {
        "canonical": one.canonical,
        "commodities": "; ".join(one.commodities) or None,
        "states": "; ".join(one.states) or None,
        "note": one.note or None,
        "needs_review": False,
    }


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())

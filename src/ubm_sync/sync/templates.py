"""The versions of the template of an intake, as the state remembers them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from ubm_sync.state import Tx
from ubm_sync.template import KeepsTemplate, Version, noted


def known_versions(tx: Tx, system: str) -> tuple[Version, ...]:
    """Return the versions of a system's template that were in effect, the oldest first."""
    stored = json.loads(tx.meta.get(_key(system)) or "[]")
    return tuple(
        Version(one["number"], one["fingerprint"], one["since"], tuple(one["traits"]))
        for one in stored
    )


def note_versions(tx: Tx, connectors: Iterable[object], now: datetime) -> None:
    """Remember the templates that the mapping asks for now; one that is known keeps its number."""
    for connector in connectors:
        if isinstance(connector, KeepsTemplate):
            note_version(tx, connector, now)


def note_version(tx: Tx, connector: KeepsTemplate, now: datetime) -> Version:
    """Remember one connector's template; return its version."""
    before = known_versions(tx, connector.name)
    versions, current = noted(before, connector.template(), now)
    if versions != before:
        text = json.dumps([one._asdict() for one in versions], ensure_ascii=False)
        tx.meta.put(_key(connector.name), text)
    return current


def _key(system: str) -> str:
    return f"template/{system}"

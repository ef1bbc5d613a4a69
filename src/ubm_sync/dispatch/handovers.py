"""The list of tickets that somebody else has now because their owner left (domain A41)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypedDict

import orjson

from ubm_sync.state import Tx

RECENT = timedelta(days=30)  # that the list goes back
_KEY = "disconnections:handed over"

# What the list says of one ticket: e-mails, and the instant as ISO text. "from" is a keyword.
HandedOver = TypedDict("HandedOver", {"at": str, "ticket": str, "from": str, "to": str})


def handed_over(tx: Tx, now: datetime) -> list[HandedOver]:
    """Return the tickets that changed hands in the last 30 days, newest first."""
    known: list[HandedOver] = orjson.loads(tx.meta.get(_KEY) or "[]")
    return [one for one in known if now - datetime.fromisoformat(one["at"]) < RECENT]


def list_handovers(tx: Tx, done: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Put tickets on the list, each with its owner before and after."""
    new = [
        HandedOver({"at": now.isoformat(), "ticket": ref, "from": before, "to": after})
        for ref, before, after in done
    ]
    if new:
        tx.meta.put(_KEY, orjson.dumps([*new, *handed_over(tx, now)]).decode())

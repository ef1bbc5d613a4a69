"""What a start does before the first cycle: continue where the last process ended."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from ubm_sync.ports import Connector
from ubm_sync.state import Tx
from ubm_sync.sync import notebook as book

log = structlog.get_logger(__name__)


def recover(tx: Tx, connectors: Mapping[str, Connector]) -> int:
    """Resume every connector; return how many unanswered intents of a crash were found.

    What such an intent wanted to write may be there or not. Its records are planned again from
    what is observed, and the values it held are remembered, so that seeing one of them is not
    taken for an edit by a person.
    """
    for name, connector in connectors.items():
        connector.resume(tx.cursors.get(name))
    intents = tx.journal.open_intents()
    values: dict[str, dict[str, str]] = {}
    for intent in intents:
        for name in intent.body.get("creates", ()):
            values.setdefault(name.partition(" ")[2].partition(":")[0], {})
        for name, fields in intent.body.get("updates", {}).items():
            place, _, key = name.partition(" ")
            sent = values.setdefault(key.partition(":")[0], {})
            for field, (_, after, _) in fields.items():
                if after is not None:
                    late = after.startswith("<") and after.endswith(">")
                    sent[f"{book.SENT}{place}.{field}"] = book.LATER if late else after
    if values:
        records = tx.records.load(list(values))
        for sync_id, record in records.items():
            record.memory = {**record.memory, **values[sync_id]}
            record.dirty = True
        tx.records.save(records.values())
        log.warning("unfinished writes found", intents=len(intents), records=len(records))
    for intent in intents:
        tx.journal.abandon(intent.id)
    return len(intents)

"""What a start does before the first cycle: continue where the last process ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from ubm_sync.ports import Connector
from ubm_sync.state import Doubt, RecordState, Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.causes import CORRECTED
from ubm_sync.sync.noticed import to_read_again
from ubm_sync.sync.rules import Rules

log = structlog.get_logger(__name__)


def recover(tx: Tx, connectors: Mapping[str, Connector], rules: Collection[Rules]) -> int:
    """Resume every connector; return how many unanswered intents of a crash were found.

    What such an intent wanted to write may be there or not. Its records are planned again from
    what is observed, and the values it held are remembered, so that seeing one of them is not
    taken for an edit by a person. A record it wanted to create is looked for before it is created.
    """
    for name, connector in connectors.items():
        connector.resume(tx.cursors.get(name))
    intents = tx.journal.open_intents()
    if not intents:
        return 0
    places = {place.name: place for one in rules for place in one.places.values()}
    main = {place: one.main for one in rules for place in one.places}
    unanswered = _Unanswered(rules)
    for intent in intents:
        creates = intent.body.get("creates", ())
        for name in creates:
            held = creates[name][0] if isinstance(creates, Mapping) else None
            unanswered.create(name, held)
        for name, fields in intent.body.get("updates", {}).items():
            unanswered.update(name, fields)
        tx.journal.abandon(intent.id)
    records = tx.records.load(list(unanswered.entries))
    seen = tx.observations.load([sync_id for sync_id, _, _ in unanswered.created])
    for sync_id, place, held in unanswered.created:
        record, there = records.get(sync_id), seen.get(sync_id, {}).get(main[place])
        values = held
        if held is None and record is not None and there is not None:  # an old log does not tell
            values = {**there.values, **record.base}
        if values is not None:
            own = places[place].service if held is not None else ()
            sent = {name: values.get(name) for name in (*places[place].shared, *own)}
            unanswered.sent(sync_id, place, sent, may_lack=True)
    _doubt(tx, unanswered, rules)
    for sync_id, record in records.items():
        record.memory = unanswered.added(sync_id, record)
        record.dirty = True
    tx.records.save(records.values())
    log.warning("unfinished writes found", intents=len(intents), records=len(records))
    return len(intents)


def _doubt(tx: Tx, unanswered: _Unanswered, rules: Iterable[Rules]) -> None:
    """Have what was updated read again, and the fields that people set too looked up.

    Somebody may have come in between.
    """
    places = {name: place for one in rules for name, place in one.places.items()}
    seen = tx.observations.load({sync_id for sync_id, _, _, _ in unanswered.updated})
    found = []
    unread = {}
    for sync_id, place, field, (before, after, *_) in unanswered.updated:
        there = seen.get(sync_id, {}).get(place)
        if there is not None and not there.gone:
            unread[sync_id, place] = replace(there, version=to_read_again(there.version))
        if there is not None and field in places[place].people:
            values = (before or "", after or "")
            found.append(Doubt(sync_id, place, there.ref, there.container, field, *values))
    tx.observations.save([(sync_id, there) for (sync_id, _), there in unread.items()])
    tx.doubts.add(found)


class _Unanswered:
    """What a process left open: entries for the notebooks of its records."""

    def __init__(self, rules: Iterable[Rules]) -> None:
        self._shared = {rule.name: rule for one in rules for rule in one.shared}
        self.updated: list[tuple[str, str, str, Sequence[str | None]]] = []
        self.entries: dict[str, dict[str, str]] = {}
        self.created: list[tuple[str, str, Mapping[str, str | None] | None]] = []
        self.corrected: dict[str, list[tuple[str, str, str | None]]] = {}  # place, field, before

    def create(self, name: str, held: Mapping[str, str | None] | None) -> None:
        """Remember a create, named ``PLACE KEY``, and the values it held where they are known."""
        place, sync_id = _named(name)
        self.entries.setdefault(sync_id, {})[book.MADE + place] = "sent"
        self.created.append((sync_id, place, held))

    def update(self, name: str, fields: Mapping[str, Sequence[Any]]) -> None:
        """Remember an update; ``fields`` maps a field to ``[before, after, ...]``."""
        place, sync_id = _named(name)
        self.updated += [(sync_id, place, field, told) for field, told in fields.items()]
        sent = {field: entry[1] for field, entry in fields.items() if entry[0] != entry[1]}
        self.sent(sync_id, place, sent)  # the others are secrets: masked where they stood
        self.corrected.setdefault(sync_id, []).extend(
            (place, field, entry[0]) for field, entry in fields.items() if entry[2] == CORRECTED
        )

    def added(self, sync_id: str, record: RecordState) -> dict[str, str]:
        """Return a record's memory with its entries.

        What was corrected where a person had typed it, or put back there, stays that person's.
        """
        memory = record.memory
        theirs = {
            f"{book.SENT}{place}.{field}"
            for place, field, before in self.corrected.get(sync_id, ())
            if before != record.base.get(field)
            and self._shared[field].may_write(place, accepted=record.accepted)
        }
        for where, over in book.entries(memory, book.OVER):  # what was typed is put back
            if self.entries[sync_id].get(book.SENT + where) == book.unpacked(over, 1)[0]:
                theirs.add(book.SENT + where)
        together = dict(memory)
        for name, value in self.entries[sync_id].items():
            if name in theirs:
                continue
            known = memory.get(name) if name.startswith(book.SENT) else None
            together[name] = book.also(known, value)
        return together

    def sent(
        self, sync_id: str, place: str, values: Mapping[str, str | None], *, may_lack: bool = False
    ) -> None:
        """Remember values that may be there; a create may have left out any of its fields."""
        entries = self.entries.setdefault(sync_id, {})
        for field, value in values.items():
            late = value is not None and value.startswith("<") and value.endswith(">")
            text = book.LATER if late else value or ""
            where = f"{book.SENT}{place}.{field}"
            entries[where] = book.also("", text) if may_lack else text


def _named(name: str) -> tuple[str, str]:
    place, _, key = name.partition(" ")
    return place, key.partition(":")[0]

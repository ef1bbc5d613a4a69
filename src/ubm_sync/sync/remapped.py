"""Fields that a changed mapping puts into a place: what is there already was never agreed to.

What was seen of such a place says nothing about the field, and an empty field there was emptied by
nobody. So it counts as out of sight until it is read, and then as met for the first time. It is
noted as fresh in each record that is there already: the guard lets nothing be written into it
before a person looked (``sync/fresh.py``).

Of a field that a mapping takes out of a place each record notes what was agreed there. When it
comes back it is no stranger: who typed there meanwhile, and who did elsewhere, can be told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ubm_sync.model import Mark, Observation
from ubm_sync.state import Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.attaching import leave
from ubm_sync.sync.noticed import to_read_again
from ubm_sync.sync.rules import PlaceRule, Rules
from ubm_sync.sync.sight import EVERYTHING

KNOWN = "mapped fields"  # what the state says of every place: its fields under the last mapping
DECIDED = "mapping decided by"  # what it says of every kind: the hash of its last mapping


def adopt(tx: Tx, rules: Iterable[Rules]) -> None:
    """Have the fields read that a mapping puts into a place where the one before had them not.

    And have noted what was agreed of those that it takes out.

    Every record of a kind whose mapping changed is read and decided again: what the change does is
    done now, as the rehearsal of it showed, not when somebody happens to touch a record. A state
    that remembers no mapping takes this one for the one before.
    """
    rules = list(rules)
    _take_again(tx, rules)
    places = {name: place for one in rules for name, place in one.places.items()}
    said = json.dumps({name: sorted(place.fields) for name, place in sorted(places.items())})
    before = tx.meta.get(KNOWN)
    if before == said:
        return
    known = json.loads(before) if before else {}
    for name, place in places.items():
        had = frozenset(known.get(name, place.fields))
        if gone := had - place.fields:
            _take_out(tx, place, gone)
        if fresh := place.fields - had:
            _out_of_sight(tx, place, fresh)
    tx.meta.put(KNOWN, said)


def _take_again(tx: Tx, rules: Iterable[Rules]) -> None:
    """Have the records of each kind whose mapping changed read with it, and decided by it."""
    versions = {one.kind: one.version for one in rules}
    said = json.dumps(versions, sort_keys=True)
    before = tx.meta.get(DECIDED)
    if before == said:
        return
    known = json.loads(before) if before else versions
    for one in rules:
        if known.get(one.kind, one.version) == one.version:
            continue
        tx.records.mark_kind_dirty(one.kind)
        for place in one.places.values():
            tx.observations.save(
                (sync_id, replace(seen, version=to_read_again(seen.version)))
                for sync_id, seen in tx.observations.all_of(place.name)
            )
            tx.cursors.put(f"{place.system}{EVERYTHING}", "1")
    tx.meta.put(DECIDED, said)


def _take_out(tx: Tx, place: PlaceRule, gone: frozenset[str]) -> None:
    there = tx.observations.all_of(place.name)
    records = tx.records.load([sync_id for sync_id, _ in there])
    for sync_id, seen in there:
        if record := records.get(sync_id):
            record.memory = leave(place.name, seen, record.base, record.memory, gone)
    tx.records.save(records.values())


def _out_of_sight(tx: Tx, place: PlaceRule, fresh: frozenset[str]) -> None:
    marks = dict.fromkeys(fresh, Mark.UNSEEN)
    there = tx.observations.all_of(place.name)
    tx.observations.save((sync_id, _unread(seen, fresh, marks)) for sync_id, seen in there)
    records = tx.records.load([sync_id for sync_id, _ in there])
    noted = dict.fromkeys((f"{book.FRESH}{place.name}.{name}" for name in sorted(fresh)), "")
    for record in records.values():
        record.memory = {**record.memory, **noted}
    tx.records.save(records.values())
    tx.cursors.put(f"{place.system}{EVERYTHING}", "1")


def _unread(seen: Observation, fresh: frozenset[str], marks: Mapping[str, str]) -> Observation:
    values = {name: value for name, value in seen.values.items() if name not in fresh}
    again = to_read_again(seen.version)
    return replace(seen, values=values, marks={**seen.marks, **marks}, version=again)

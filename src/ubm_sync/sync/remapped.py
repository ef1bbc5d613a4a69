"""Fields that a changed mapping puts into a place: what is there already was never agreed to.

What was seen of such a place says nothing about the field, and an empty field there was emptied by
nobody. So it counts as out of sight until it is read, and then as met for the first time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ubm_sync.model import Mark, Observation
from ubm_sync.state import Tx
from ubm_sync.sync.noticed import to_read_again
from ubm_sync.sync.rules import PlaceRule, Rules
from ubm_sync.sync.sight import EVERYTHING

KNOWN = "mapped fields"  # what the state says of every place: its fields under the last mapping


def adopt(tx: Tx, rules: Iterable[Rules]) -> None:
    """Have the fields read that a mapping puts into a place where the one before had them not.

    A state that remembers no mapping takes this one for the one before.
    """
    places = {name: place for one in rules for name, place in one.places.items()}
    said = json.dumps({name: sorted(place.fields) for name, place in sorted(places.items())})
    before = tx.meta.get(KNOWN)
    if before == said:
        return
    known = json.loads(before) if before else {}
    for name, place in places.items():
        if fresh := place.fields - set(known.get(name, place.fields)):
            _out_of_sight(tx, place, fresh)
    tx.meta.put(KNOWN, said)


def _out_of_sight(tx: Tx, place: PlaceRule, fresh: frozenset[str]) -> None:
    marks = dict.fromkeys(fresh, Mark.UNSEEN)
    tx.observations.save(
        (sync_id, _unread(seen, fresh, marks))
        for sync_id, seen in tx.observations.all_of(place.name)
    )
    tx.cursors.put(f"{place.system}{EVERYTHING}", "1")


def _unread(seen: Observation, fresh: frozenset[str], marks: Mapping[str, str]) -> Observation:
    values = {name: value for name, value in seen.values.items() if name not in fresh}
    again = to_read_again(seen.version)
    return replace(seen, values=values, marks={**seen.marks, **marks}, version=again)

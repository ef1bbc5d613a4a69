"""Looking back after writes: whoever was written over unseen is found in the system's history.

Neither vendor can compare and set. A connector says of an outcome that somebody may have come in
between (``Outcome.contested``); such fields, and those whose answer was lost, wait in the state
until their system was asked what they held before. That costs nothing where nothing is in doubt,
and as many calls a cycle as the connector allows itself where something is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from ubm_sync.errors import SyncError
from ubm_sync.model import NOTHING, Observation, Past, Spot
from ubm_sync.ports import Connector, Remembers
from ubm_sync.state import Doubt, State, Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.noticed import Mask
from ubm_sync.sync.rules import PlaceRule, Rules
from ubm_sync.sync.typed import had_seen_ours, has_not_seen_it, is_same, overwritten, was_typed_over

log = structlog.get_logger(__name__)

MOST = 5_000  # fields looked up in one cycle; a connector may allow itself fewer
REASON = "written over before it was seen"


class LookBack:
    """Asks the systems about fields in doubt, and has what was written over decided again."""

    def __init__(
        self,
        state: State,
        connectors: Mapping[str, Connector],
        rules: Iterable[Rules],
        mask: Mask = lambda _values: NOTHING,
    ) -> None:
        self._state = state
        self._mask = mask
        self._connectors = connectors
        self._places = {name: place for one in rules for name, place in one.places.items()}

    def look(self, now: datetime) -> int:
        """Return how many values were found that somebody had typed unseen."""
        with self._state.reading() as tx:
            waiting = {place: tx.doubts.oldest(place, MOST) for place in tx.doubts.places()}
        found = 0
        for place, doubts in waiting.items():
            rule = self._places.get(place)
            connector: object = rule and self._connectors[rule.system]
            if rule is None or not isinstance(connector, Remembers):  # nobody can tell
                self._settle(doubts, [], now)
                continue
            try:
                found += self._ask(rule, connector, doubts, now)
            except SyncError as error:  # they wait for the next cycle
                log.warning("histories not read", place=place, error=str(error))
        return found

    def _ask(
        self, rule: PlaceRule, connector: Remembers, doubts: Sequence[Doubt], now: datetime
    ) -> int:
        """Look up the doubts of one place, as many of them as the connector answers now."""
        answers = dict(connector.history(rule.name, list(dict.fromkeys(map(_spot, doubts)))))
        done = [one for one in doubts if _spot(one) in answers]
        lost: list[tuple[Doubt, Past, bool]] = []
        replaced: list[Doubt] = []
        for one in done:
            past = answers[_spot(one)]
            if was_typed_over(one, past, rule):
                replaced.append(one)
            if typed := overwritten(one, past, rule):
                by = connector.person(typed.by) if typed.by else None
                newer = had_seen_ours(one, past, typed, rule)
                lost.append((one, self._masked(one, typed._replace(by=by)), newer))
        self._settle(done, lost, now, replaced)
        return len(lost)

    def _settle(
        self,
        done: Sequence[Doubt],
        lost: Sequence[tuple[Doubt, Past, bool]],
        now: datetime,
        replaced: Sequence[Doubt] = (),
    ) -> None:
        with self._state.transaction() as tx:
            for doubt in replaced:
                self._landed(tx, doubt)
            for doubt, typed, newer in lost:
                self._keep(tx, doubt, typed, now, newer=newer)
            tx.doubts.drop(done)

    def _masked(self, doubt: Doubt, typed: Past) -> Past:
        """Return what may be stored of a typed value: no secrets, as of everything observed."""
        shown = {} if typed.value is None else self._mask({doubt.field: typed.value})
        return typed._replace(value=shown[doubt.field]) if doubt.field in shown else typed

    def _landed(self, tx: Tx, doubt: Doubt) -> None:
        """Know that our value was there, where that was open: what came after it is newer."""
        where = f"{doubt.place}.{doubt.field}"
        record = tx.records.load([doubt.sync_id]).get(doubt.sync_id)
        if record is None or doubt.field not in self._places[doubt.place].shared:
            return
        sent = book.any_of(record.memory.get(book.SENT + where))
        if not sent or sent[-1] != doubt.written:
            return  # it is known, or something else was sent since
        memory = {key: one for key, one in record.memory.items() if key != book.SENT + where}
        record.memory = {**memory, book.PUT + where: doubt.written}
        record.dirty = True
        tx.records.save([record])

    def _keep(self, tx: Tx, doubt: Doubt, typed: Past, now: datetime, *, newer: bool) -> None:
        """Keep a typed value; where ours still stands, have it decided as it was before ours.

        ``newer``: it was typed over ours, and is decided as what came after it.
        """
        place, name, sync_id = doubt.place, doubt.field, doubt.sync_id
        tx.kept.add(sync_id, name, place, typed.value, REASON, typed.at or now, typed.by)
        log.info("written over", place=place, field=name, ref=doubt.ref)
        record = tx.records.load([sync_id]).get(sync_id)
        seen = tx.observations.load([sync_id]).get(sync_id, {})
        there = seen.get(place)
        if record is None or there is None or there.gone or there.ref != doubt.ref:
            return
        ours = there.values.get(name, "")
        if not is_same(self._places[place], name, ours, doubt.written):
            return  # somebody set it since, and had seen ours
        where = f"{place}.{name}"
        drop = {book.PUT + where, book.SENT + where}
        memory = {key: value for key, value in record.memory.items() if key not in drop}
        memory[book.OVER + where] = book.packed(typed.value, ours, typed.by)
        shared = name in self._places[place].shared
        moved = doubt.origin and record.base.get(name, "") == doubt.written
        if shared and newer:
            memory[book.PUT + where] = ours
        elif shared and has_not_seen_it(doubt):
            memory[book.PUT + where] = book.UNFILLED
        elif shared and moved:
            base = {key: value for key, value in record.base.items() if key != name}
            record.base = {**base, name: doubt.seen} if doubt.seen else base
            memory |= self._no_edits(doubt, ours, seen)
        record.memory = memory
        record.dirty = True
        tx.records.save([record])

    def _no_edits(self, doubt: Doubt, ours: str, seen: Mapping[str, Observation]) -> dict[str, str]:
        """Say of our value in other places that nobody typed it, but where it came from.

        What was typed over it there since is newer, whatever was agreed before.
        """
        name, origin = doubt.field, doubt.origin.split()
        return {
            f"{book.PUT}{place}.{name}": ours
            for place, one in seen.items()
            if place != doubt.place
            and name in (rule := self._places[place]).fields
            and not (place in origin and is_same(rule, name, one.values.get(name), ours))
        }


def _spot(doubt: Doubt) -> Spot:
    return Spot(doubt.ref, doubt.container, doubt.field)

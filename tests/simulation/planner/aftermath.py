"""What the service does after a kill, and about writes that somebody may have come between.

In the engine this stands in ``recovery`` and ``lookback``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.simulation.planner.knowledge import MASKED, SECRET, Knowledge

from ubm_sync.model import Ref, Values, Written
from ubm_sync.state import Doubt
from ubm_sync.sync import notebook as book
from ubm_sync.sync import typed as typing
from ubm_sync.sync.noticed import to_read_again


class Aftermath(Knowledge):
    """Takes unanswered writes up again, and looks back at fields in doubt."""

    __slots__ = ()

    def recover(self) -> None:
        """Take every write of a killed cycle for one without an answer."""
        entries: dict[str, str] = {}
        doubts = []
        for write, before in self.intents:
            place = write.place
            rule = self.rules.places[place]
            if before is None:
                entries[book.MADE + place] = "sent"
                told: dict[str, object] = {name: write.values.get(name) for name in rule.shared}
            else:
                told = {
                    name: value
                    for name, value in write.values.items()
                    if before.get(name) != value and not self._is_theirs(place, name, value, before)
                }
                there = self.seen[place]
                if not there.gone:
                    again = replace(there, version=to_read_again(there.version))
                    self.seen = {**self.seen, place: again}
                for name, value in write.values.items():
                    if name in rule.people:
                        seen, written = before.get(name) or "", typing.text_of(value)
                        doubts.append(
                            Doubt(self.sync_id, place, there.ref, "", name, seen, written)
                        )
            for name, sent in told.items():
                text = book.LATER if isinstance(sent, Ref) else sent or ""
                where = f"{book.SENT}{place}.{name}"
                entries[where] = str(text) if before is not None else book.also("", str(text))
        memory = dict(self.memory)
        for name, text in entries.items():
            known = memory.get(name) if name.startswith(book.SENT) else None
            memory[name] = book.also(known, text)
        self.memory = memory
        self.intents = []
        self.doubt(doubts)
        self.dirty = True

    def _is_theirs(self, place: str, name: str, value: Written, before: Values) -> bool:
        """Return whether a value was corrected where it was typed, or put back there."""
        over = self.memory.get(f"{book.OVER}{place}.{name}")
        if over is not None and book.unpacked(over, 1)[0] == typing.text_of(value):
            return True
        if name not in self.corrected or before.get(name) == self.base.get(name):
            return False
        return self.house.shared[name].may_write(place, accepted=self.accepted)

    def doubt(self, doubts: Iterable[Doubt]) -> None:
        """Have these fields looked up."""
        known = {(one.place, one.ref, one.field, one.written): one for one in self.doubts}
        for one in doubts:
            known[one.place, one.ref, one.field, one.written] = one
        self.doubts = list(known.values())

    def look_back(self) -> None:
        """Ask the places what fields in doubt held before."""
        doubts, self.doubts = self.doubts, []
        for doubt in doubts:
            spot = self.world.spots.get(doubt.place)
            past = [] if spot is None else spot.past.get(doubt.field, [])
            past, rule = past[::-1], self.rules.places[doubt.place]
            lost = typing.overwritten(doubt, past, rule)
            if lost is None:
                continue
            newer = typing.had_seen_ours(doubt, past, lost, rule)
            place, name = doubt.place, doubt.field
            if lost.value is not None and lost.value.lstrip().startswith(SECRET):
                lost = lost._replace(value=MASKED)
            self.kept.add(name, place, lost.value, "written over before it was seen")
            there = self.seen.get(place)
            if there is None or there.gone:
                continue
            ours = there.values.get(name, "")
            if not typing.is_same(rule, name, ours, doubt.written):
                continue
            where = f"{place}.{name}"
            drop = {book.PUT + where, book.SENT + where}
            memory = {key: value for key, value in self.memory.items() if key not in drop}
            memory[book.OVER + where] = book.packed(lost.value, ours, lost.by)
            moved = doubt.origin and self.base.get(name, "") == doubt.written
            if newer and name in rule.shared:
                memory[book.PUT + where] = ours
            elif name in rule.shared and typing.has_not_seen_it(doubt):
                memory[book.PUT + where] = book.UNFILLED
            elif moved and name in rule.shared:
                base = {key: value for key, value in self.base.items() if key != name}
                self.base = {**base, name: doubt.seen} if doubt.seen else base
                memory |= self._no_edits(doubt, ours)
            self.memory = memory
            self.dirty = True

    def _no_edits(self, doubt: Doubt, ours: str) -> dict[str, str]:
        name, origin = doubt.field, doubt.origin.split()
        return {
            f"{book.PUT}{place}.{name}": ours
            for place, one in self.seen.items()
            if place != doubt.place
            and name in (rule := self.rules.places[place]).fields
            and not (place in origin and typing.is_same(rule, name, one.values.get(name), ours))
        }

"""What the service knows of one record, and how it takes over what places show.

In the engine this stands in ``ingest``, with dicts for tables here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from tests.simulation.planner.flows import SmallFlow
from tests.simulation.planner.mappings import House
from tests.simulation.planner.world import World

from ubm_sync.model import Customer, Observation, Values, Write
from ubm_sync.state import Doubt
from ubm_sync.sync import notebook as book
from ubm_sync.sync.noticed import as_it_was, unseen, went_with_column, without_secrets
from ubm_sync.sync.rules import PlaceRule

SYNC_ID = "r1"
ACME = Customer("acme", "Acme Foods", sheet="1")
SECRET, MASKED = "pw ", "(hidden)"
Intent: TypeAlias = tuple[Write, Values | None]  # what was there before, None: a create
NONE: frozenset[str] = frozenset()


class Kept:
    """Kept values of one record, each once: (field, place, value, reason)."""

    __slots__ = ("_known", "items")

    def __init__(self) -> None:
        self.items: list[tuple[str, str, str | None]] = []
        self._known: set[tuple[str, str, str | None, str]] = set()

    def add(self, field: str, place: str, value: str | None, reason: str) -> None:
        """Keep a value."""
        one = (field, place, value, reason)
        if one not in self._known:
            self._known.add(one)
            self.items.append((field, place, value))


class Knowledge:
    """What is stored of one record; ``intents`` are writes whose outcomes are not."""

    __slots__ = (
        "base", "blind", "conflicts", "corrected", "customer", "dirty", "doubts", "flow", "house",
        "intents", "kept", "memory", "minute", "rules", "seen", "shut", "sync_id", "world",
    )  # fmt: skip

    def __init__(
        self,
        house: House,
        flow: SmallFlow,
        world: World,
        sync_id: str = SYNC_ID,
        customer: Customer = ACME,
    ) -> None:
        self.sync_id = sync_id
        self.customer = customer
        self.house = house
        self.rules = house.rules
        self.flow = flow
        self.world = world
        self.base: dict[str, str] = {}
        self.memory: dict[str, str] = {}
        self.seen: dict[str, Observation] = {}
        self.blind: dict[str, frozenset[str]] = {}
        self.shut: frozenset[str] = NONE
        self.dirty = True
        self.kept = Kept()
        self.conflicts: dict[str, Mapping[str, str | None]] = {}
        self.doubts: list[Doubt] = []
        self.intents: list[Intent] = []
        self.corrected: frozenset[str] = NONE  # fields that the intents correct
        self.minute = 0

    @property
    def accepted(self) -> bool:
        """Return whether the flow accepted the record."""
        return self.flow.accepted(self.memory)

    def observe(self, place: str, *, again: bool = False) -> bool:
        """Take over what a place shows; return whether there is anything."""
        spot = self.world.spots.get(place)
        if spot is None:
            return False
        old = self.seen.get(place)
        if old is not None and not again and not spot.gone and old.version == str(spot.version):
            return True
        new = self.world.look(place)
        assert new is not None
        new = without_secrets(new, _mask)
        if old is None:
            if new.key is not None or place == self.rules.main:
                self._admit(place, new)
        elif new.gone:
            if old.gone != new.gone:
                self._take(old, replace(old, gone=new.gone, version=new.gone))
        else:
            self._take(old, self._as_known(old, new))
        return True

    def _admit(self, place: str, new: Observation) -> None:
        """Take over what was never seen before."""
        self.seen = {**self.seen, place: unseen(None, new, self.blind.get(place, NONE))}
        self.dirty = True
        if new.key is None:
            service = self.rules.places[place].service
            for name in [name for name in new.values if name in service]:
                self.kept.add(name, place, new.values[name], "put back")

    def _as_known(self, old: Observation, new: Observation) -> Observation:
        """Return what is there with what cannot be read as it was last known."""
        place = old.place
        unread = self.rules.places[place].write_only
        kept = {name: old.values[name] for name in unread if name in old.values}
        if kept:
            new = replace(new, values={**new.values, **kept})
        new = unseen(old, new, self.blind.get(place, NONE))
        if old.marks and (lost := went_with_column(old, new)):
            back = {f"{book.BACK}{place}.{name}": value for name, value in lost.items()}
            self.memory = {**self.memory, **back}
            self.dirty = True
        return new

    def _take(self, old: Observation, new: Observation) -> None:
        rule = self.rules.places[old.place]
        same = not _differs(old, new)
        self.seen = {**self.seen, old.place: as_it_was(old, new) if same else new}
        if old.version and same:
            return
        self.dirty = True
        ours = not old.version and new.modified_by == ""
        if not new.gone and not ours and rule.service:
            self._service_edits(rule, old, new)

    def _service_edits(self, rule: PlaceRule, old: Observation, new: Observation) -> None:
        memory = dict(self.memory)
        for name in sorted(rule.service):
            before, after = old.values.get(name), new.values.get(name)
            if before == after or name in rule.write_only:
                continue
            if before is not None and after is not None and rule.same[name](before, after):
                continue
            where = f"{rule.name}.{name}"
            sent = book.any_of(memory.get(book.SENT + where))
            value = after or ""
            if value not in sent[:-1]:
                memory.pop(book.SENT + where, None)
            if value not in sent and book.LATER not in sent:
                memory[book.TYPED + where] = book.packed(after, before, new.modified_by)
                self.kept.add(name, rule.name, after, "put back")
        self.memory = memory

    def look_away(self, place: str) -> None:
        """Mark what can not be read any more in what was seen."""
        there = self.seen.get(place)
        if there is not None:
            hidden = self.blind.get(place, NONE)
            known = {name for name, mark in there.marks.items() if mark == "unseen"}
            self.seen = {**self.seen, place: unseen(there, there, hidden - known)}
        self.dirty = True

    def forget_refusals(self) -> None:
        """Let what was refused be tried again: something was mended."""
        self.memory = {
            key: value
            for key, value in self.memory.items()
            if not key.startswith((book.HELD, book.REFUSED))
        }
        self.dirty = True


def _differs(old: Observation, new: Observation) -> bool:
    return (
        old.values != new.values
        or old.marks != new.marks
        or old.gone != new.gone
        or old.key != new.key
    )


def _mask(values: Values) -> Values:
    return {name: MASKED for name, value in values.items() if value.lstrip().startswith(SECRET)}

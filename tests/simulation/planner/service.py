"""The service around the pure core, without I/O: what it reads, plans, sends, settles, remembers.

This is the part that in the engine stands in ``ingest``, ``work``, ``logbook``, ``recovery``,
``asking`` and ``lookback``, for one record and with dicts for tables. Whatever decides is the
engine's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, TypeAlias

from tests.simulation.planner.case import Fault
from tests.simulation.planner.flows import SmallFlow
from tests.simulation.planner.mappings import House
from tests.simulation.planner.world import MINUTES, NOON, Down, Killed, World

from ubm_sync.model import Customer, Observation, Outcome, Ref, Result, Values, Write, Written
from ubm_sync.state import Doubt
from ubm_sync.sync import notebook as book
from ubm_sync.sync import plan as planning
from ubm_sync.sync import settle as settling
from ubm_sync.sync import typed as typing
from ubm_sync.sync.causes import decider
from ubm_sync.sync.noticed import (
    as_it_was,
    to_read_again,
    unseen,
    went_with_column,
    without_secrets,
)
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.rules import PlaceRule
from ubm_sync.sync.settle import Settled

SYNC_ID = "r1"
ACME = Customer("acme", "Acme Foods", sheet="1")
STEPS = 5  # as the pipeline of the engine
SECRET, MASKED = "pw ", "(hidden)"
Intent: TypeAlias = tuple[Write, Values | None]  # what was there before, None: a create
_NONE: frozenset[str] = frozenset()


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


class Watch(Protocol):
    """Who looks at everything that is decided."""

    def planned(self, service: Service, subject: Subject, plan: RecordPlan) -> None:
        """Look at a plan before it is sent."""

    def settled(
        self,
        service: Service,
        plan: RecordPlan,
        settled: Settled,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Look at what is known after it."""

    def typed_between(self, place: str, field: str, value: str | None) -> None:
        """Have somebody type while the service is at work."""


class Service:
    """What the service knows of one record, and one cycle of its work."""

    __slots__ = (
        "arrived", "base",
        "blind",
        "conflicts",
        "corrected",
        "customer",
        "cycles",
        "dirty",
        "doubts",
        "flow",
        "house",
        "intents",
        "kept",
        "kills",
        "memory",
        "minute",
        "outcomes",
        "plans",
        "rules",
        "seen",
        "shut",
        "sync_id",
        "told",
        "watch",
        "world",
        "worn_out",
    )  # fmt: skip

    def __init__(
        self,
        house: House,
        flow: SmallFlow,
        world: World,
        watch: Watch,
        sync_id: str = SYNC_ID,
        customer: Customer = ACME,
    ) -> None:
        self.sync_id = sync_id
        self.customer = customer
        self.house = house
        self.rules = house.rules
        self.flow = flow
        self.world = world
        self.watch = watch
        self.base: dict[str, str] = {}
        self.memory: dict[str, str] = {}
        self.seen: dict[str, Observation] = {}
        self.blind: dict[str, frozenset[str]] = {}
        self.shut: frozenset[str] = _NONE
        self.dirty = True
        self.kept = Kept()
        self.conflicts: dict[str, Mapping[str, str | None]] = {}
        self.told: set[tuple[str, str, str | None]] = set()
        self.doubts: list[Doubt] = []
        self.intents: list[Intent] = []
        self.corrected: frozenset[str] = _NONE  # fields that the intents correct
        self.outcomes: Mapping[str, Outcome] = {}  # of the last plan
        self.arrived = 0  # writes that had arrived before the last plan was sent
        self.minute = 0
        self.cycles = 0
        self.plans = 0
        self.kills = 0
        self.worn_out = False  # a record was decided again and again in one cycle

    @property
    def accepted(self) -> bool:
        """Return whether the flow accepted the record."""
        return self.flow.accepted(self.memory)

    # ------------------------------------------------------------------------------- a cycle

    def cycle(self, trouble: Mapping[str, Fault], unread: frozenset[str] = _NONE) -> None:
        """Read, decide, write, settle; ``unread`` places are not read in this cycle."""
        self.cycles += 1
        if self.intents:
            self._recover()
        for place in self.house.names:
            if place not in unread:
                self.observe(place)
        if self.doubts:
            self._look_back()
        left = dict(trouble)
        try:
            step = 1
            while self.dirty and self.rules.main in self.seen and self._work(left):
                step += 1
                self.dirty = True
                if step > STEPS:
                    self.worn_out = True
                    break
        except Killed:
            self.kills += 1
            self.world.never.clear()  # nobody heard of it
            self.world.held.clear()

    def subject(self) -> Subject:
        """Return the record as it is planned."""
        memory, notebook = book.split(self.memory)
        return Subject(
            self.sync_id,
            self.customer,
            NOON,
            self.base,
            memory,
            notebook,
            self.seen,
            self.blind,
            self.shut,
        )

    def plan(self, subject: Subject) -> RecordPlan:
        """Return the plan of the record."""
        merged = planning.merge_subject(self.rules, self.flow, subject)
        return planning.plan_record(self.rules, self.flow, subject, merged, MINUTES[self.minute])

    def _work(self, trouble: dict[str, Fault]) -> bool:
        """Plan, send and settle; return whether the record is decided again in this cycle."""
        return self.carry_out(self.decide(), trouble)

    def decide(self) -> RecordPlan:
        """Return what is to be done now."""
        self.plans += 1
        subject = self.subject()
        plan = self.plan(subject)
        if plan.decision.follow_up:
            plan = _creates_first(plan)
        self.watch.planned(self, subject, plan)
        return plan

    def carry_out(self, plan: RecordPlan, trouble: dict[str, Fault]) -> bool:
        """Send and settle; return whether the record is decided again in this cycle."""
        self._keep_typed(plan)
        if plan.writes:
            seen = self.seen
            self.arrived = len(self.world.arrived)
            self.intents = [
                (one, None if one.ref is None else seen[one.place].values) for one in plan.writes
            ]
            self.corrected = frozenset(plan.decision.fixes)
            sent, outcomes = self._send(plan, trouble)
        else:
            sent, outcomes = {}, {}
        settled = settling.settle(self.rules, plan, sent, outcomes, MINUTES[self.minute])
        self.watch.settled(self, plan, settled, outcomes)
        self.intents = []
        self.outcomes = outcomes
        return self._store(plan, settled, sent, outcomes)

    def _store(
        self,
        plan: RecordPlan,
        settled: Settled,
        sent: Mapping[str, Write],
        outcomes: Mapping[str, Outcome],
    ) -> bool:
        was_accepted = self.accepted
        self.base, self.memory, self.dirty = settled.base, settled.memory, settled.again
        self.dirty |= self.accepted != was_accepted
        if settled.observations:
            self.seen = {**self.seen, **{one.place: one for one in settled.observations}}
        for name in settled.closed:
            self.conflicts.pop(name, None)
        for conflict in plan.merged.conflicts:
            self.conflicts[conflict.field] = conflict.values
        self.told.update((one.field, one.place, one.typed) for one in plan.edits)
        goes_on = False
        if outcomes:
            self._doubt(typing.doubts(self.rules, plan, sent, outcomes))
            places = self.rules.places
            for write in plan.writes:
                outcome = outcomes.get(write.place)
                if outcome is not None and outcome.result is Result.LANDED:
                    signals = places[write.place].signals
                    goes_on |= plan.decision.follow_up or (
                        write.ref is not None and not signals.isdisjoint(write.values)
                    )
        for place, write in settled.ask.items():
            goes_on |= self._ask(place, write, outcomes[place])
        return goes_on

    def _ask(self, place: str, write: Write, outcome: Outcome) -> bool:
        """Read again what a late write met; return whether it was there."""
        if self.observe(place, again=True):
            return True
        entry = settling.refusal(replace(write, expected=""), outcome.reason)
        self.memory = {**self.memory, book.REFUSED + place: entry}
        if (there := self.seen.get(place)) is not None:
            self.seen = {**self.seen, place: replace(there, version="")}
        return False

    # ------------------------------------------------------------------------------- sending

    def _send(
        self, plan: RecordPlan, trouble: dict[str, Fault]
    ) -> tuple[dict[str, Write], dict[str, Outcome]]:
        """Send the writes system by system; after one that did not land the others wait."""
        sent: dict[str, Write] = {}
        outcomes: dict[str, Outcome] = {}
        places, world = self.rules.places, self.world
        system, is_stuck, is_down, was_stuck = "", False, "", False
        refs = {place: one.ref for place, one in self.seen.items()}
        for planned in plan.writes:
            place = planned.place
            if places[place].system != system:
                system, was_stuck = places[place].system, is_stuck
            if was_stuck:
                continue
            waiting = planning.references(planned)
            write = planning.resolve(planned, waiting, refs) if waiting else planned
            if write is None or is_down == system:
                is_stuck = True
                continue
            sent[place] = write
            fault = trouble.get(place, ())
            if fault and fault[0] != "down":
                del trouble[place]
            try:
                outcome = world.write(write, fault, self.watch.typed_between)
            except Down:
                is_down, is_stuck = system, True
                continue
            outcomes[place] = outcome
            if outcome.result is Result.LANDED:
                if outcome.ref:
                    refs[place] = outcome.ref
            else:
                is_stuck = True
        return sent, outcomes

    def _keep_typed(self, plan: RecordPlan) -> None:
        """Keep what the writes take away; what is decided and told outlives a kill."""
        merged, keep = plan.merged, self.kept.add
        for name, wanted in merged.restored.items():
            for write in plan.writes:
                if name in write.values:
                    keep(name, write.place, wanted.instead_of, wanted.why)
                    break
        void = [
            book.RESTORE + name
            for name, _ in book.entries(plan.subject.notebook, book.RESTORE)
            if name not in merged.restored
        ]
        if void:
            self.memory = {key: one for key, one in self.memory.items() if key not in void}
        if not (merged.edits or merged.lost or merged.decided):
            return
        for edit in merged.edits:
            keep(edit.field, edit.place, edit.typed, "put back")
        for lost in merged.lost:
            keep(lost.field, lost.place, lost.value, lost.reason)
        entries = {
            f"{book.TYPED}{one.place}.{one.field}": book.packed(one.typed, one.kept, one.by)
            for one in merged.edits
        }
        for name, value in merged.decided.items():
            entries[book.DECIDE + name] = book.chosen(value, decider(plan, name))
        self.memory = {**self.memory, **entries}

    # ------------------------------------------------------------------------------- reading

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
        self.seen = {**self.seen, place: unseen(None, new, self.blind.get(place, _NONE))}
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
        new = unseen(old, new, self.blind.get(place, _NONE))
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
            hidden = self.blind.get(place, _NONE)
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

    # ----------------------------------------------------------------- after a kill, afterwards

    def _recover(self) -> None:
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
                        doubts.append(Doubt(SYNC_ID, place, there.ref, "", name, seen, written))
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
        self._doubt(doubts)
        self.dirty = True

    def _is_theirs(self, place: str, name: str, value: Written, before: Values) -> bool:
        """Return whether a value was corrected where it was typed, or put back there."""
        over = self.memory.get(f"{book.OVER}{place}.{name}")
        if over is not None and book.unpacked(over, 1)[0] == typing.text_of(value):
            return True
        if name not in self.corrected or before.get(name) == self.base.get(name):
            return False
        return self.house.shared[name].may_write(place, accepted=self.accepted)

    def _doubt(self, doubts: object) -> None:
        known = {(one.place, one.ref, one.field, one.written): one for one in self.doubts}
        for one in doubts:  # type: ignore[attr-defined]
            known[one.place, one.ref, one.field, one.written] = one
        self.doubts = list(known.values())

    def _look_back(self) -> None:
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


def _creates_first(plan: RecordPlan) -> RecordPlan:
    creates = tuple(write for write in plan.writes if write.ref is None)
    return plan._replace(writes=creates, withheld=True) if creates else plan


def _differs(old: Observation, new: Observation) -> bool:
    return (
        old.values != new.values
        or old.marks != new.marks
        or old.gone != new.gone
        or old.key != new.key
    )


def _mask(values: Values) -> Values:
    return {name: MASKED for name, value in values.items() if value.lstrip().startswith(SECRET)}

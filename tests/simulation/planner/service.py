"""One cycle of the service around the pure core, without I/O: plan, send, settle, remember.

In the engine this stands in ``work``, ``sending``, ``logbook`` and ``asking``. Whatever decides is
the engine's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from tests.simulation.planner.aftermath import Aftermath
from tests.simulation.planner.case import Fault
from tests.simulation.planner.flows import SmallFlow
from tests.simulation.planner.knowledge import ACME, NONE, SYNC_ID
from tests.simulation.planner.mappings import House
from tests.simulation.planner.world import MINUTES, NOON, Down, Killed, World

from ubm_sync.model import Customer, Outcome, Result, Write
from ubm_sync.sync import notebook as book
from ubm_sync.sync import plan as planning
from ubm_sync.sync import settle as settling
from ubm_sync.sync import subjects
from ubm_sync.sync import typed as typing
from ubm_sync.sync.causes import decided
from ubm_sync.sync.plan import RecordPlan, Subject, creates_first
from ubm_sync.sync.settle import Settled

STEPS = 5  # as the pipeline of the engine


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


class Service(Aftermath):
    """The service at work on one record."""

    __slots__ = ("arrived", "kills", "outcomes", "plans", "told", "watch", "worn_out")

    def __init__(
        self,
        house: House,
        flow: SmallFlow,
        world: World,
        watch: Watch,
        sync_id: str = SYNC_ID,
        customer: Customer = ACME,
    ) -> None:
        super().__init__(house, flow, world, sync_id, customer)
        self.watch = watch
        self.told: set[tuple[str, str, str | None]] = set()
        self.outcomes: Mapping[str, Outcome] = {}  # of the last plan
        self.arrived = 0  # writes that had arrived before the last plan was sent
        self.plans = 0
        self.kills = 0
        self.worn_out = False  # a record was decided again and again in one cycle

    # ------------------------------------------------------------------------------- a cycle

    def cycle(self, trouble: Mapping[str, Fault], unread: frozenset[str] = NONE) -> None:
        """Read, decide, write, settle; ``unread`` places are not read in this cycle."""
        if self.intents:
            self.recover()
        for place in self.house.names:
            if place not in unread:
                self.observe(place)
        if self.doubts:
            self.look_back()
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
        merged = subjects.merge_subject(self.rules, self.flow, subject)
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
            plan = creates_first(plan)
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
            self.doubt(typing.doubts(self.rules, plan, sent, outcomes))
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
        for name in merged.decided:
            entries |= decided(plan, name)
        self.memory = {**self.memory, **entries}

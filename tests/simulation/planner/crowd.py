"""Many records at once under a guard: how much passes, what waits, and what an approval lets go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from tests.simulation.planner.flows import ACCEPTED, SmallFlow
from tests.simulation.planner.knowledge import ACME
from tests.simulation.planner.mappings import POOL, House, house
from tests.simulation.planner.service import Service
from tests.simulation.planner.world import MINUTES, Spot, World

from ubm_sync.model import Customer, FieldType, Observation, Outcome, Result
from ubm_sync.state import GuardStop
from ubm_sync.sync.guard import Booking, Guard
from ubm_sync.sync.limits import Group, GuardRule, GuardSettings, Kind, Threshold
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.settle import Settled
from ubm_sync.sync.stops import Held, compare

OTHER = Customer("other", "Other Foods", sheet="2")
WINDOW = 60  # minutes; what is written in it is counted together
MOST_CYCLES = 12
FIRST = {
    FieldType.TEXT: "7",
    FieldType.IDENTIFIER: "7",
    FieldType.NUMBER: "7",
    FieldType.CHOICE: "Gas",
    FieldType.DATE: "2026-01-07",
    FieldType.BOOLEAN: "true",
    FieldType.PERSON: "p7@x.us",
}


class Crowd(NamedTuple):
    """Records of two customers, one field of which is changed in many of them."""

    number: int
    house: int
    limit: int
    field: str
    place: str
    records: int
    others: int  # records of another customer, with one change
    waves: tuple[tuple[int, bool], ...]  # how many records are edited, cleared


def draw_crowd(number: int, seed: int) -> Crowd:
    """Return the crowd with a number; its edits count where they are typed."""
    drawn = Random(seed * 1_000_003 + number)  # noqa: S311 - repeatable, not secret
    random = drawn.random
    while True:
        made = house(int(random() * POOL))
        spots = [
            (name, place)
            for name, rule in made.shared.items()
            for place in sorted(rule.writers_once_accepted)
            if made.types[name] in {"text", "identifier", "number"}
        ]
        if spots:
            break
    field, place = spots[int(random() * len(spots))]
    waves = tuple((1 + int(random() * 4), random() < 0.25) for _ in range(1 + int(random() * 3)))
    return Crowd(
        number, made.number, int(random() * 4), field, place, 2 + int(random() * 4), 1, waves
    )


class Quiet:
    """Looks at nothing: a crowd is judged by what is written."""

    def planned(self, service: Service, subject: Subject, plan: RecordPlan) -> None:
        """Nothing to look at."""

    def settled(
        self,
        service: Service,
        plan: RecordPlan,
        settled: Settled,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Nothing to look at."""

    def typed_between(self, place: str, field: str, value: str | None) -> None:
        """Nobody comes in between."""


class CrowdPlay:
    """A crowd at work: cycles under a guard, then approvals until nothing waits."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.house = house(crowd.house)
        floor = Threshold(0.0, crowd.limit)
        rule = GuardRule(changes=floor, clears=floor)
        self.settings = GuardSettings(window=timedelta(minutes=WINDOW), canary=2, default=rule)
        flow = SmallFlow(self.house)
        self.members = {
            **{
                f"r{one}": _member(self.house, flow, f"r{one}", ACME)
                for one in range(crowd.records)
            },
            **{
                f"o{one}": _member(self.house, flow, f"o{one}", OTHER)
                for one in range(crowd.others)
            },
        }
        self.minute = 0
        self.stops: list[GuardStop] = []
        self.items: dict[str, dict[str, str]] = {}
        self.used: list[tuple[int, Group, int]] = []
        self.written: list[tuple[int, Group, str, bool]] = []  # when, what, record, approved
        self.wrong = ""
        self.facts: list[object] = []

    def run(self) -> None:
        """Have the waves typed, and let the service work until nothing waits."""
        crowd = self.crowd
        names = list(self.members)
        other = names[crowd.records]
        self._type([other], "9")
        for made, (count, clears) in enumerate(crowd.waves):
            self._type(names[: min(count, crowd.records)], None if clears else f"8{made}")
            self.cycle()
        self.others_done = self._agree([other])
        for _ in range(MOST_CYCLES):
            if not self.stops and self._agree(names):
                break
            now = self._now()
            self.stops = [
                one if one.approved_at else replace(one, approved_at=now, approved_by="priya")
                for one in self.stops
            ]
            self.cycle()

    def _type(self, names: Iterable[str], value: str | None) -> None:
        for name in names:
            world = self.members[name].world
            world.minute = self.minute
            world.edit(self.crowd.place, self.crowd.field, value, self.minute, "somebody")

    def _now(self) -> datetime:
        return MINUTES[self.minute]

    def cycle(self) -> None:
        """Read, plan all, ask the guard, send what it lets pass, and settle."""
        self.minute += 10
        guard = self._guard()
        waiting = []
        for member in self.members.values():
            member.world.minute = member.minute = self.minute
            for place in self.house.names:
                member.observe(place)
            if member.dirty:
                waiting.append(member)
        for _ in range(5):
            waiting = self._portion(guard, waiting)
            if not waiting:
                break
        self.used = [one for one in self.used if one[0] > self.minute - WINDOW]
        self.used += [(self.minute, group, count) for group, count in guard.spent.items()]
        self.stops = [one.stop for one in guard.stops if not one.over]
        self.items = {one.stop.id: dict(one.items) for one in guard.stops if not one.over}

    def _guard(self) -> Guard:
        used: Counter[Group] = Counter()
        for at, group, count in self.used:
            if at > self.minute - WINDOW:
                used[group] += count
        records = {ACME.key: self.crowd.records, OTHER.key: self.crowd.others}
        return Guard(
            self.house.rules.places,
            self.settings,
            records,
            mapping="m",
            now=self._now(),
            used=used,
            stops=self.stops,
            items=self.items,
        )

    def _portion(self, guard: Guard, members: list[Service]) -> list[Service]:
        """Take these records through one step; return those that are decided again."""
        plans = guard.judge([one.decide() for one in members])
        booking = guard.book(plans)
        again = []
        outcomes: dict[str, Mapping[str, Outcome]] = {}
        for member, plan in zip(members, plans, strict=True):
            if member.carry_out(plan, {}):
                again.append(member)
            outcomes[member.sync_id] = member.outcomes
            self._count(plan, member.outcomes, booking)
        guard.conclude(booking, outcomes)
        released = self._prove(guard, booking)
        return [one for one in members if one in again or one.sync_id in released]

    def _prove(self, guard: Guard, booking: Booking) -> set[str]:
        """Read the canaries back, as the gate does; return the records that may follow."""
        seen = {
            (place, spot.ref): self._shown(member, place)
            for member in self.members.values()
            for place, spot in member.world.spots.items()
        }
        for held in list(guard.stops):
            stop = held.stop
            if stop.approved_at is None or stop.proven or not stop.canary:
                continue
            agreed, wrong = compare(stop.canary, seen, self.house.rules.places)
            if wrong:
                self.wrong = wrong
            held.prove(agreed=agreed > 0)
        return {sync_id for sync_id, held in booking.deferred if held.stop.proven}

    def _shown(self, member: Service, place: str) -> Observation:
        there = member.world.look(place)
        assert there is not None
        return there

    def _count(self, plan: RecordPlan, outcomes: Mapping[str, Outcome], booking: Booking) -> None:
        """Count what landed, by what the design counts and not by what the guard says."""
        found: dict[tuple[str, str], bool] = {}
        customer, sync_id = plan.subject.customer.key, plan.subject.sync_id
        for write in plan.writes:
            outcome = outcomes.get(write.place)
            if outcome is None or outcome.result is not Result.LANDED or write.ref is None:
                continue
            place = self.house.place(write.place)
            self.facts.append((sync_id, write.place, list(write.values.items())))
            for name in write.values.keys() & set(place.shared):
                spot = (place.system, name)
                found[spot] = found.get(spot, False) or write.values[name] is None
        for (system, name), clears in found.items():
            group = Group(customer, system, name, Kind.CLEAR if clears else Kind.CHANGE)
            known = booking.sent.get((group, sync_id))
            approved = known is not None and isinstance(known[1], Held)
            self.written.append((self.minute, group, sync_id, approved))

    def _agree(self, names: Iterable[str]) -> bool:
        rule = self.house.shared[self.crowd.field]
        for name in names:
            spots = self.members[name].world.spots
            values = [spots[place].values.get(rule.name) for place in rule.places]
            if not all(rule.equal(values[0], value) for value in values[1:]):
                return False
        return True

    @property
    def all_agree(self) -> bool:
        """Return whether every record shows one value everywhere."""
        return self._agree(self.members)


def _member(house: House, flow: SmallFlow, sync_id: str, customer: Customer) -> Service:
    world = World(house)
    member = Service(house, flow, world, Quiet(), sync_id, customer)
    member.memory = {ACCEPTED: "yes"}
    for place in house.names:
        suffix = house.place(place).suffix
        values = {
            name: FIRST[house.types[name]]
            for name, rule in house.shared.items()
            if place in rule.places
        }
        key = f"{sync_id}:{suffix}" if suffix else sync_id
        world.spots[place] = Spot(f"{place}-{sync_id}", key, values, 0)
        member.base.update(values)
        member.observe(place)
        if unread := house.place(place).write_only & values.keys():
            there = member.seen[place]
            known = {name: values[name] for name in unread}
            member.seen[place] = replace(there, values={**there.values, **known})
    member.dirty = False
    return member

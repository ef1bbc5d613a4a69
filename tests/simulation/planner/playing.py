"""Plays one case to its end and asks every law on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from tests.simulation.planner.case import Case
from tests.simulation.planner.end_laws import AT_THE_END, MOST_QUIET
from tests.simulation.planner.mappings import APPROVE
from tests.simulation.planner.plan_laws import OF_ENDINGS, OF_PLANS, OF_SOME_PLANS
from tests.simulation.planner.service import Service
from tests.simulation.planner.stage import Stage
from tests.simulation.planner.world import MINUTES

from ubm_sync.model import Outcome, Write
from ubm_sync.sync import notebook as book
from ubm_sync.sync import settle as settling
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.settle import Settled

TWINS = 1  # bits of the sample that are zero where a case is played without its last trouble too
BETWEEN = frozenset({"early", "race"})


class Broken(Exception):
    """A law was broken: ``law`` names it, the text says how."""

    def __init__(self, law: str, text: str) -> None:
        super().__init__(f"{law}: {text}")
        self.law = law
        self.text = text


class Play(Stage):
    """One case on its way, with the laws."""

    __slots__ = ("counts", "facts", "final", "quiet_writes", "sample", "twin")

    def __init__(self, case: Case, counts: dict[str, int], story: list[str] | None = None) -> None:
        super().__init__(case, story)
        self.counts = counts
        self.sample = case.sample
        self.twin: Play | None = None  # the same case without the trouble of its last cycle
        self.facts: list[tuple[Write, ...]] = []
        self.quiet_writes: list[int] = []
        self.final: dict[str, dict[str, str | None]] = {}

    def run(self) -> None:
        """Play the case; raises Broken."""
        self.act()
        self._rest()

    def settle(self, plan: RecordPlan) -> Settled:
        """Return what would be known after a plan that writes nothing."""
        return settling.settle(self.house.rules, plan, {}, {}, MINUTES[self.service.minute])

    def leave(self) -> None:
        """Let go of the service, which holds the one who watches it."""
        if self.twin is not None:
            self.twin.leave()
        del self.service.watch

    def _rest(self) -> None:
        service, world = self.service, self.world
        for number in range(MOST_QUIET + 1):
            before = len(world.arrived)
            world.minute = service.minute = self.next_minute()
            service.cycle({})
            self.quiet_writes.append(len(world.arrived) - before)
            if number and not self.quiet_writes[-1] and not service.dirty and not service.doubts:
                break
        self.final = _final(self)
        if self.sample & TWINS == 0 and (twin := _without_trouble(self.case)) is not None:
            self.twin = Play(twin, {})
            self.twin.run()
        for law in AT_THE_END:
            self._ask(law, law(self))

    # ------------------------------------------------------------------------- law by law

    def _ask(self, law: Any, verdict: str | bool) -> None:
        if verdict is True:
            name = law.__name__
            self.counts[name] = self.counts.get(name, 0) + 1
        elif verdict is not False:
            raise Broken(law.__name__, verdict)

    def planned(self, service: Service, subject: Subject, plan: RecordPlan) -> None:
        """Ask the laws of a plan."""
        if plan.writes:
            self.facts.append(plan.writes)
        if self.story is not None:
            self.story += _told(plan)
        counts = self.counts
        for law in OF_PLANS:
            verdict = law(service, subject, plan)
            if verdict is True:
                name = law.__name__
                counts[name] = counts.get(name, 0) + 1
            elif verdict is not False:
                raise Broken(law.__name__, str(verdict))
        if not (self.sample + service.plans) & 7:
            for dear in OF_SOME_PLANS:
                self._ask(dear, dear(service, subject, plan))

    def settled(
        self,
        service: Service,
        plan: RecordPlan,
        settled: Settled,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Ask the laws of what is known after the writes."""
        if self.story is not None:
            for place, one in outcomes.items():
                self.story.append(f"  {place}: {one.result} {one.reason}")
        counts = self.counts
        for law in OF_ENDINGS:
            verdict = law(service, plan, settled, outcomes)
            if verdict is True:
                name = law.__name__
                counts[name] = counts.get(name, 0) + 1
            elif verdict is not False:
                raise Broken(law.__name__, str(verdict))

    @property
    def trace(self) -> int:
        """Return a number that is the same for everything that was written and ended the same."""
        end = [
            (place, spot.version, spot.gone, sorted(spot.values.items()))
            for place, spot in sorted(self.world.spots.items())
        ]
        written = [
            [(write.place, list(write.values.items())) for write in writes] for writes in self.facts
        ]
        memory = sorted(self.service.memory.items())
        return crc32(repr((end, memory, self.service.kept.items, written)).encode())


def _told(plan: RecordPlan) -> list[str]:
    lines = [f"  planned: {write.place} {dict(write.values)}" for write in plan.writes]
    conflicts = plan.merged.conflicts
    return lines + [f"  in conflict: {one.field} {dict(one.values)}" for one in conflicts]


def _without_trouble(case: Case) -> Case | None:
    """Return the case with a calm last cycle before which people typed in another order.

    None where nothing went wrong in it, or people came in between.
    """
    steps = case.steps
    if any(step[0] == "sign" and step[2] == APPROVE for step in steps):
        return None  # who may type what changes with the plan that accepts it
    if not steps or steps[-1][0] != "cycle":
        return None
    _, faults, unread = steps[-1]
    if (not faults and not unread) or any(fault[0] in BETWEEN for _, fault in faults):
        return None
    start = len(steps) - 1
    while start and steps[start - 1][0] == "edit":
        start -= 1
    typed = sorted(steps[start:-1], key=lambda step: step[1], reverse=True)
    return case._replace(steps=(*steps[:start], *typed, ("cycle", (), ())), sample=TWINS)


def _final(play: Play) -> dict[str, dict[str, str | None]]:
    """Return field -> place -> value of the places that must agree in the end."""
    found: dict[str, dict[str, str | None]] = {}
    accepted = play.service.accepted
    for name, rule in play.house.shared.items():
        here: dict[str, str | None] = {}
        for place in rule.places:
            spot = play.world.spots.get(place)
            if spot is None or spot.gone or name in spot.marks:
                continue
            writable = name in play.house.place(place).writable
            if not writable and f"{book.BACK}{place}.{name}" in play.service.memory:
                continue  # it went with its column and can not be written again
            if writable or rule.may_write(place, accepted=accepted):
                here[place] = spot.values.get(name)
        found[name] = here
    return found

"""Plays a story: carries out its steps one after the other and holds the end to the promises."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.simulation import twin
from tests.simulation.ending import bring_to_rest
from tests.simulation.evidence import Memory, writes
from tests.simulation.hands import Act
from tests.simulation.model import Ending, Model
from tests.simulation.moments import WRITING, Killed
from tests.simulation.oracle import complaints
from tests.simulation.people import People
from tests.simulation.planning import plan_and_apply
from tests.simulation.remapping import UNMAPPED, Remap, mappings
from tests.simulation.steps import (
    Backup,
    Calm,
    Cycle,
    Plan,
    PutBack,
    Restart,
    Skew,
    Step,
    Story,
    Wait,
)
from tests.simulation.trouble import Trouble, Troubles
from tests.simulation.world import World

from ubm_sync.config.service import Clears
from ubm_sync.live import Live
from ubm_sync.sync.cycle import Report


@dataclass(frozen=True, slots=True)
class Result:
    """How a story ended: ``trace`` is the same whenever the same story is run."""

    story: Story
    trace: str
    complaints: tuple[str, ...]
    told: tuple[str, ...]
    counts: Counter[str]


def run(story: Story) -> Result:
    """Play a story and hold its end against the promises."""
    world = World()
    try:
        ending, found = _play(world, story)
        if twin.has_twin(story):
            other = World()
            try:
                found += twin.differences(ending, _play(other, twin.without_kills(story))[0])
            finally:
                other.close()
        for text in found:
            world.say(text)
        return Result(story, world.trace, tuple(found), tuple(world.told), world.counts)
    finally:
        world.close()


def _play(world: World, story: Story) -> tuple[Ending, list[str]]:
    stage = Stage(world, story)
    for step in story.steps:
        stage.do(step)
    ending = bring_to_rest(
        world,
        stage.troubles,
        stage.model,
        stage.memory,
        stage.broke,
        guarded="floor" in story.traits,
    )
    return ending, [*stage.complaints, *complaints(stage.model, ending)]


class Stage:
    """Carries out steps in one world."""

    def __init__(self, world: World, story: Story) -> None:
        self.world = world
        self.model = Model()
        self.memory = Memory()
        self.people = People(world, self.model)
        self.troubles = Troubles(world, story.seed)
        self.troubles.climate(story.climate)
        self.broke: list[str] = []
        self.complaints: list[str] = []
        self._backup: sqlite3.Connection | None = None
        self._remapped: frozenset[str] = frozenset()
        if "mapping" in story.traits:
            self._remap(Remap(story.traits["mapping"]))
        world.poisonous = bool(story.traits.get("poisonous", False))
        world.same_machine = bool(story.traits.get("same_machine", True))
        world.busy_from = story.traits.get("busy_from")
        self.model.busy = world.busy_from is not None
        adjust(world, self.model, story.traits)
        switches = world.hubspot.switches
        self.model.lagging = bool(switches.search_lag or switches.search_lag_jitter)

    def do(self, step: Step) -> None:  # noqa: C901 - a table of steps
        """Carry out one step."""
        match step:
            case Act():
                self.people.do(step)
            case Wait():
                self.world.clock.sleep(step.seconds)
            case Skew():
                self.world.clocks[step.instance].skew = timedelta(seconds=step.seconds)
                self.model.jumped = True
                self.world.say(f"the clock of instance {step.instance} is {step.seconds} s ahead")
            case Cycle():
                self._cycle(step)
            case Trouble():
                self.troubles.begin(step)
                self.model.quiet = self.model.untroubled = False
            case Calm():
                self.troubles.calm()
                self.model.quiet = True
            case Restart():
                self.world.say(f"instance {step.instance} is started again")
                self.world.end(step.instance)
            case Backup():
                self._backup = self.world.state.copied()
                self.model.copied_away()
                self.world.say("the state is copied away")
            case PutBack():
                self._put_back()
            case Plan():
                self._plan(step)
            case Remap():
                self._remap(step)
        self.world.counts[f"step: {type(step).__name__}"] += 1

    def _put_back(self) -> None:
        if self._backup is None:
            return
        self.memory.read(self.world, replaced=True)
        self.model.put_back(self.world.clock.now().timestamp())
        self.world.restore_state(self._backup)
        self.world.say("the state is replaced by the older copy")

    def _remap(self, step: Remap) -> None:
        self._remapped ^= {step.change}
        self.world.remapped = True
        self.world.configure(mappings=mappings(self._remapped))
        self.model.remapped(
            {
                (name, place)
                for change in self._remapped & UNMAPPED.keys()
                for name, places in [UNMAPPED[change]]
                for place in places
            }
        )
        verb = "says" if step.change in self._remapped else "does not say any more"
        self.world.say(f"the mapping {verb}: {step.change}")

    def _plan(self, step: Plan) -> None:
        self.model.cycles += 1
        for text in plan_and_apply(self.world, self.people, step.between):
            self.world.say(text)
            self.complaints.append(text)
        self.model.worked(whole=False)

    def _cycle(self, step: Cycle) -> None:
        self.model.cycles += 1
        alone = step.kill is None and step.rival is None and not step.meanwhile
        self.model.untroubled &= alone
        self.model.killed |= step.kill is not None
        calm = alone and self.model.quiet and not (self.model.lagging or self.model.restorations)
        moments, began = Moments(self, step), self.model.so_far
        self.world.passed = moments.passed
        report = None
        try:
            report = self.attempt(step.instance, full=step.full)
        finally:
            self.world.passed = _nothing
        self.complaints += moments.complaints()
        ended = report is not None and not report.skipped
        self.model.worked(whole=calm and ended, since=began if ended else None)

    def attempt(self, instance: int, *, full: bool = False) -> Report | None:
        """Run a cycle; one that breaks down is a complaint."""

        def work(service: Live) -> Report:
            return service.engine.cycle(full=full)

        try:
            return self.world.working(instance, work)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            self.broke.append(f"a cycle broke down: {type(error).__name__}: {error}")
            self.world.say(self.broke[-1])
        return None


class Moments:
    """Numbers the moments of one cycle and lets happen what the step says."""

    def __init__(self, stage: Stage, step: Cycle) -> None:
        self._stage = stage
        self._step = step
        self._meanwhile = sorted(step.meanwhile, key=lambda one: one[0])
        self._rival = step.rival
        self._number = self._writes = 0
        self._since = stage.model.so_far
        self._before: int | None = None  # writes of this instance until the other one wrote

    def passed(self, name: str, people: bool) -> None:
        """Pass one moment; raises Killed at the last one and whatever is tried after it."""
        self._number += 1
        self._writes += name.startswith(f"before {WRITING}")
        if people:
            now = self._writes if self._step.late else self._number
            while self._meanwhile and self._meanwhile[0][0] <= now:
                self._let_act(name, self._meanwhile.pop(0)[1])
            if self._rival is not None and self._rival <= self._number:
                self._rival = None
                self._let_work()
        if self._step.kill is not None and self._number >= self._step.kill:
            raise Killed(name)  # whichever thread heard it first: none of them gets any further

    def complaints(self) -> Iterator[str]:
        """Yield that this instance went on writing after the other one had taken over and written.

        A request that was on its way by then is none of these.
        """
        later = 0 if self._before is None else self._writes - self._before
        if later:
            yield (
                f"one at a time: instance {self._step.instance} wrote {later} times after the "
                "other one had taken over"
            )

    def _let_act(self, name: str, act: Act) -> None:
        world, model = self._stage.world, self._stage.model
        world.passed = _nothing
        world.say(f"(at moment {self._number} of the cycle, {name})")
        model.quiet, before = False, model.quiet
        self._stage.people.do(act)
        model.quiet = before
        world.passed = self.passed

    def _let_work(self) -> None:
        world, step = self._stage.world, self._step
        world.passed = _nothing
        world.say(f"instance {step.instance} stands still for {step.pause} s")
        world.clock.sleep(step.pause)
        before = writes(world)
        self._stage.attempt(1 - step.instance)
        if step.pause > 0:
            self._stage.model.stood_still(self._since, world.clock.now().timestamp())
        if writes(world) > before:
            self._before = self._writes
        world.passed = self.passed


def _nothing(_name: str, _people: bool) -> None:
    pass


def adjust(world: World, model: Model, traits: dict[str, Any]) -> None:
    """Change the configuration as the story's traits say."""
    if "floor" in traits:
        model.floor = traits["floor"]
        low = Clears(share=0.0, floor=model.floor)
        changed = {"floor": model.floor, "share": 0.0, "clears": low}
        guard = world.configuration.service.guard.model_copy(update=changed)
        service = world.configuration.service.model_copy(update={"guard": guard})
        world.configure(service=service)

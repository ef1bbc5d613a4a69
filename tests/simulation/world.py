"""One seed's world: the vendors, the databases, and up to two instances of the service.

A world begins as the template left it. The service's instances are the real thing: its wiring, its
connectors, its engine; only sockets and threads are missing.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import requests
from sqlalchemy.exc import OperationalError
from tests.simulation.instance import started
from tests.simulation.moments import FULL, Killed, Line, Passed, Watch
from tests.simulation.template import Template, template

from ubm_sync.clock import VirtualClock
from ubm_sync.errors import SyncError
from ubm_sync.flow import Decision, Flow, Situation
from ubm_sync.live import Live
from ubm_sync.model import Customer, Values
from ubm_sync.state import State
from ubm_sync.sync.cycle import Report

POISON = "POISON"


class PoisonedFlow:
    """A flow that breaks down over a record that carries the word, while it is poisonous."""

    def __init__(self, flow: Flow, world: World) -> None:
        self.kind = flow.kind
        self.account_key = flow.account_key
        self.site = flow.site
        self.accepted = flow.accepted
        self._flow = flow
        self._world = world

    def decide(self, situation: Situation, now: datetime) -> Decision:
        """Decide as the real one does, or break down."""
        if self._world.poisonous and POISON in situation.values.get("notes", ""):
            raise ArithmeticError("poisoned")
        return self._flow.decide(situation, now)


@dataclass(slots=True)
class Skewed:
    """The clock of the machine the service runs on: the world's, set wrong by ``skew``."""

    clock: VirtualClock
    skew: timedelta = timedelta()

    def now(self) -> datetime:
        """Return what this machine takes for now."""
        return self.clock.now() + self.skew

    def sleep(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.clock.sleep(seconds)


@dataclass
class World:
    """Everything one seed plays in; ``told`` is its story in plain words."""

    template: Template = field(default_factory=template)
    told: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    poisonous: bool = False
    cut_off: bool = False  # a cycle ended as its disk was full: nobody knows what it was answered
    remapped: bool = False  # the mapping was changed: what it adds to records must be approved
    busy_from: int | None = None  # writes from which a cycle is a busy one; None: as shipped
    same_machine: bool = True  # a killed instance is seen to be gone, or only its lease runs out
    passed: Passed = lambda _name, _people: None

    def __post_init__(self) -> None:
        start = self.template
        self.clock = VirtualClock(start.started)
        self.hubspot, self.smartsheet = start.emulators(self.clock)
        self.configuration = start.configuration
        self.clients = start.clients
        self.state, self.store = start.state, start.store
        self.state.restore()
        self.store.restore()
        self.state_clock, self.store_clock = watches()
        self.clocks = (Skewed(self.clock), Skewed(self.clock))
        self.services: list[Live | None] = [None, None]
        self._holders = ["", ""]
        self._gone: set[str] = set()
        self._started = 0
        self._trace = hashlib.sha256()
        self.lines = {
            emulator.name: Line(emulator, self._moment, self._heard)
            for emulator in (self.hubspot, self.smartsheet)
        }
        self._memory = State("sqlite://", self.state.engine, self.clocks[0])
        self.budget = start.budget_for(self.clocks[0])
        for watch in watches():
            watch.passed = self._moment

    def close(self) -> None:
        """Let go of what the next seed uses."""
        for watch in watches():
            watch.forget()

    # ------------------------------------------------------------------------------------- telling

    @property
    def emulators(self) -> Mapping[str, Any]:
        """The vendors by the name of their system."""
        return {"hubspot": self.hubspot, "smartsheet": self.smartsheet}

    def say(self, text: str) -> None:
        """Add a line to the story."""
        line = f"{self.clock.now():%d %H:%M:%S} {text}"
        self.told.append(line)
        self.note(line)

    def note(self, text: str) -> None:
        """Let something go into the trace only."""
        self._trace.update(text.encode() + b"\n")

    @property
    def trace(self) -> str:
        """The hash of everything that happened so far."""
        return self._trace.hexdigest()[:16]

    def _heard(
        self, name: str, request: requests.PreparedRequest, status: str, content: bytes
    ) -> None:
        body = request.body or b""
        sent = zlib.crc32(body.encode() if isinstance(body, str) else body)
        path = request.path_url
        self.note(f"{name} {request.method} {path} {sent} {status} {zlib.crc32(content)}")

    def _moment(self, name: str, people: bool) -> None:
        self.passed(name, people)

    # --------------------------------------------------------------------------------- the service

    def service(self, number: int) -> Live:
        """Return an instance, started if need be, with the configuration of now."""
        service = self.services[number]
        if service is None:
            self._started += 1
            self._holders[number] = f"instance {number} start {self._started}"
            service = self.services[number] = started(self, number, self._holders[number])
        service.refresh()
        return service

    def flows(self, flows: Mapping[str, Flow]) -> dict[str, Flow]:
        """Return the flows as they decide in this world."""
        return {**flows, "location": PoisonedFlow(flows["location"], self)}

    def is_gone(self, holder: str) -> bool:
        """Return whether a process is known to have ended."""
        return self.same_machine and holder in self._gone

    def end(self, number: int) -> None:
        """End an instance, as a process ends that is killed or stopped."""
        if self.services[number] is not None:
            self._gone.add(self._holders[number])
        self.services[number] = None

    def cycle(self, number: int, *, full: bool = False) -> Report | None:
        """Run one cycle of an instance; None where it was killed or could not be run."""
        return self.working(number, lambda service: service.engine.cycle(full=full))

    def working(self, number: int, work: Callable[[Live], Report]) -> Report | None:
        """Let an instance do something, and say how it ended."""
        try:
            return self._working(number, work)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """End transactions that a process left open when it was interrupted: it is gone.

        One connection serves all here, and what is collected late would end another one's.
        """
        for database in (self.state, self.store):
            if database.raw.in_transaction:
                gc.collect()
                database.raw.rollback()

    def _working(self, number: int, work: Callable[[Live], Report]) -> Report | None:
        try:
            report = work(self.service(number))
        except Killed as end:
            self.end(number)
            self.say(f"instance {number} is killed at {end}")
            return None
        except SyncError as error:
            self.say(f"instance {number} gives up this cycle: {error}")
            return None
        except OperationalError as error:
            if str(error.orig) != FULL:
                raise
            self.cut_off = True
            self.say(f"instance {number} fails: {FULL}")
            return None
        self.say(f"instance {number} has done a cycle: {_short(report)}")
        return report

    @property
    def memory(self) -> State:
        """The service's state, as a command opens it."""
        return self._memory

    def configure(self, **changed: Any) -> None:
        """Change what is configured; the instances take it over at their next cycle."""
        self.configuration = replace(self.configuration, **changed)

    def customers(self, change: Callable[[Customer], Customer]) -> None:
        """Change customers' files."""
        self.configure(customers=tuple(change(one) for one in self.configuration.customers))

    def restore_state(self, image: sqlite3.Connection) -> None:
        """Put an older backup of the state in place; the service is not running meanwhile."""
        for number in range(len(self.services)):
            self.end(number)
        self.state.restore(image)


@cache
def watches() -> tuple[Watch, Watch]:
    """Return the watches of this process's state and store."""
    made = template()
    return Watch("state", made.state.engine), Watch("store", made.store.engine)


def _short(report: Report) -> str:
    summary = report.summary()
    del summary["run"]
    return ", ".join(f"{name} {value}" for name, value in summary.items() if value) or "nothing"


__all__ = ["POISON", "Killed", "Values", "World"]

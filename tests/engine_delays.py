"""A house with onboardings, and a system that tells what was done in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.engine_house import DESK, MAPPINGS, House, SimpleFlow
from tests.unit.delays.facts import at

from ubm_sync.clock import VirtualClock
from ubm_sync.delays.rules import DelayRules
from ubm_sync.evidence import Evidence
from ubm_sync.memory import MemoryConnector, MemorySystem
from ubm_sync.model import Observation
from ubm_sync.onboarding import OnboardingFlow
from ubm_sync.ports import Asked, Change, Changes, Connector, Hearing, Testimony
from ubm_sync.state import Line
from ubm_sync.sync.cycle import Engine
from ubm_sync.sync.delaying import DelayPolicy
from ubm_sync.sync.rules import compile_rules

ACME = "onboarding-acme"


@dataclass
class Script:
    """What a witness has to tell, by customer; ``calls`` are the onboardings it told of."""

    facts: dict[str, list[Evidence]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails: Exception | None = None  # raised after the first onboarding was told
    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)  # tickets, by customer

    def add(self, customer: str, *facts: Evidence) -> None:
        self.facts.setdefault(customer, []).extend(facts)


class TellingConnector(MemoryConnector):
    """A memory system that tells what was done, and who set a field."""

    def __init__(self, system: MemorySystem, script: Script) -> None:
        super().__init__(system)
        self._script = script

    def testify(self, asked: Sequence[Asked], mark: str | None) -> Iterator[Hearing]:
        for one in asked:
            told = self._script.facts.get(one.customer, [])
            version = str(hash(tuple((fact.identity, str(fact.details)) for fact in told)))
            if one.known == version:
                continue
            self._script.calls.append(one.customer)
            merged = self._script.merged.get(one.customer, ())
            yield Hearing((Testimony(one.ticket, version, tuple(told), merged),))
            if self._script.fails is not None:
                raise self._script.fails
        if mark is None:
            yield Hearing(mark="looked")

    def authors(
        self, seen: Sequence[Observation], fields: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Changes]:
        found: dict[str, Changes] = {}
        for one in seen:
            past = self.system.past[one.place, one.ref]
            found[one.ref] = {name: _changes(name, past) for name in fields[one.ref]}
        return found


def _changes(name: str, past: Sequence[Observation]) -> list[Change]:
    changes: list[Change] = []
    for one in past:
        value = one.values.get(name)
        if value != (changes[0].value if changes else None) and one.modified_at is not None:
            changes.insert(0, Change(value, one.modified_at, one.modified_by or "", True))
    return changes


@dataclass
class Onboardings(House):
    """A house whose desk tells what was done; ``policy`` is how delays are judged."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(at("2026-09-01")))
    policy: DelayPolicy = field(default_factory=lambda: DelayPolicy(DelayRules(), "usual"))
    script: Script = field(default_factory=Script)

    def start(self, holder: str = "first") -> Engine:
        """Start a new process of the service on the same state and systems."""
        connectors: dict[str, Connector] = {
            name: TellingConnector(system, self.script) if name == DESK else MemoryConnector(system)
            for name, system in self.systems.items()
        }
        kinds = ("location", "onboarding")
        self.engine = Engine(
            state=self.state,
            connectors=connectors,
            rules={kind: compile_rules(MAPPINGS[kind]) for kind in kinds},
            flows={"location": SimpleFlow(), "onboarding": OnboardingFlow()},
            customers={one.key: one for one in self.customers},
            clock=self.clock,
            holder=holder,
            settings=replace(self.settings, delays=self.policy),
        )
        return self.engine

    def until(self, when: str) -> None:
        """Let time pass until a moment of the customer's, then run cycles until nothing happens."""
        self.clock.sleep((at(when) - self.clock.now()).total_seconds())
        self.settle()

    def ticket(self, customer: str = "acme") -> Mapping[str, str]:
        """Return the fields of a customer's onboarding ticket."""
        tickets = self.systems[DESK].see("onboarding").values()
        return next(one for one in tickets if one["customer_key"] == customer)

    def say(self, by: str = "dana@example.com", **values: str | None) -> None:
        """Set fields of the first customer's ticket as a manager would."""
        self.clock.sleep(1)
        seen = self.systems[DESK].see("onboarding")
        ref = next(ref for ref, one in seen.items() if one["customer_key"] == "acme")
        self.systems[DESK].edit("onboarding", ref, values, by=by)

    def lines(self, onboarding: str = ACME) -> list[Line]:
        """Return the ledger of an onboarding."""
        with self.state.reading() as tx:
            return tx.delays.of(onboarding)

    def notes(self) -> list[str]:
        """Return the notes on onboarding tickets."""
        return [one.text for one in self.systems[DESK].notes if one.place == "onboarding"]

    def verified(self) -> bool:
        """Whether the ledger holds."""
        with self.state.reading() as tx:
            return tx.delays.verify() is None

    def now(self) -> datetime:
        return self.clock.now()

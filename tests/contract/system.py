"""What the contract needs of an external system besides its connector: a person who works in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar

from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.faults import Fault
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Customer, FieldType, Observation, Outcome, Page, Place, Write, Written
from ubm_sync.ports import Connection, Connector, Lane

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CSM = "dana@ubm.example"
COLLEAGUE = "priya@ubm.example"
MAPPINGS = Path(__file__).parents[2] / "mappings"


@cache
def shipped_place(name: str) -> Place:
    """Return a place as the shipped mapping describes it."""
    return load_mappings(MAPPINGS)["location"].place(name)


class System(ABC):
    """One external system with one customer in it, and a person beside the connector.

    ``place`` is where its records live, ``typed`` a text field people type, ``wrong`` a field with
    a value the system cannot hold. ``samples`` has two values for one field of every type the
    place has.
    """

    name: ClassVar[str]
    place: Place
    typed = "location_name"
    wrong = ("service_start", "some day")
    samples: Mapping[str, tuple[str, str]]

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.customer = Customer(key="halsted", name="Halsted Foods", csm=CSM, csm_name="Dana Lee")
        self._made: list[Connector] = []
        self.connector = self.connect()

    def connect(self) -> Connector:
        """Return a new connector, as a new process would have it."""
        self._made.append(self.made())
        return self._made[-1]

    @abstractmethod
    def made(self) -> Connector:
        """Make a connector."""

    @abstractmethod
    def edit(self, ref: str, field: str, value: str | None) -> None:
        """Change one field as a person does; None empties it."""

    @abstractmethod
    def records(self) -> int:
        """Return how many records a person sees."""

    @abstractmethod
    def notes(self, ref: str) -> Sequence[str]:
        """Return the notes a person sees on a record."""

    def values(self, number: int) -> dict[str, str]:
        """Return the values of a new record."""
        return {
            "location_code": f"{number:04}",
            "location_name": f"Joliet #{number:04}",
            "city": "Joliet",
            "state": "IL",
            "vendor": "ComEd",
            "account_number": f"44719{number:05}",
        }

    def set_up(self) -> None:
        """Make the system ready for records."""
        for step in self.connector.ensure(dry_run=False):
            assert step.state != "problem", step
        self.read()

    def later(self, seconds: float = 30.0) -> None:
        """Let so much time pass that the system shows every change."""
        self.clock.advance(timedelta(seconds=seconds))

    def restarted(self) -> Connector:
        """Return a connector that knows only what the last one stored."""
        connector = self.connect()
        connector.resume(self.connector.cursor())
        return connector

    def read(self, connector: Connector | None = None, *, full: bool = False) -> Reading:
        """Return one reading, by the connector of this system if no other is given."""
        self.later()
        return Reading((connector or self.connector).observe(full=full))

    def fetch(self, *refs: str) -> Reading:
        """Return a reading of single records."""
        self.later()
        return Reading(self.connector.fetch(self.place.name, refs))

    def new(self, number: int, **values: Written) -> Write:
        """Return the write of a new record."""
        here = {binding.field for binding in self.place.bindings}
        given = {name: value for name, value in self.values(number).items() if name in here}
        return Write(self.place.name, key(number), None, self.customer.key, given | values)

    def change(self, outcome: Outcome, **values: Written) -> Write:
        """Return the write of changed fields, decided on what is there now."""
        assert outcome.ref is not None
        seen = self.fetch(outcome.ref).of(outcome.ref)
        return Write(
            self.place.name, outcome.key, outcome.ref, seen.container, values, seen.version
        )

    def careful(self, outcome: Outcome, **values: Written) -> Write:
        """Return the same for fields that people edit too."""
        assert outcome.ref is not None
        seen = self.fetch(outcome.ref).of(outcome.ref).values
        write = self.change(outcome, **values)
        return replace(write, careful={name: seen.get(name) for name in values})

    def apply(self, *writes: Write) -> dict[str, Outcome]:
        """Apply writes; every one has exactly one outcome."""
        self.later()
        outcomes = list(self.connector.apply(writes))
        assert sorted(one.key for one in outcomes) == sorted(one.key for one in writes)
        return {one.key: one for one in outcomes}

    def add(self, number: int = 1, **values: Written) -> Outcome:
        """Create one record."""
        return self.apply(self.new(number, **values))[key(number)]

    def close(self) -> None:
        """Release everything."""
        for connector in self._made:
            connector.close()


class Remote(System):
    """A system behind a connection that can fail."""

    secret: str  # the token; it must never be shown

    @abstractmethod
    def fail(self, fault: Fault, *, on_write: bool = True, times: int = 1) -> None:
        """Let the next ``times`` requests that write (or that read) records go wrong."""

    @abstractmethod
    def fail_note(self) -> None:
        """Let the answer to the next note be lost."""

    @abstractmethod
    def revoke(self) -> None:
        """Take the token's rights away."""


class Reading:
    """What one round of observing gave."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self.pages = list(pages)
        self.all = [one for page in self.pages for one in page.observations]
        self.live = {one.ref: one for one in self.all if not one.gone}
        self.complete = frozenset[str]().union(*(page.complete for page in self.pages))

    @property
    def versions(self) -> set[tuple[str, str]]:
        """Return what was seen, so that seeing it again is told from news."""
        return {(one.ref, one.version) for one in self.all}

    def of(self, ref: str | None) -> Observation:
        """Return one record as last seen."""
        assert ref is not None
        return self.live[ref]


class NoLimit:
    """A budget without limit."""

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        """Make nobody wait."""
        del key, cost, lane
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        """Forget it: the connector itself must wait."""


def installed(name: str, system: System, environment: Mapping[str, str]) -> Connector:
    """Return the connector that is installed under ``name``."""
    (entry,) = entry_points(group="ubm_sync.connectors", name=name)
    connector: Connector = entry.load()(
        Connection(
            places=(system.place,),
            customers=(system.customer,),
            settings={},
            environment=environment,
            clock=system.clock,
            budget=NoLimit(),
        )
    )
    return connector


def key(number: int) -> str:
    """Return the identity of record ``number``."""
    return f"019ab2c0-0000-7000-8000-{number:012}"


def types_of(place: Place) -> set[FieldType]:
    """Return the types of the fields that can be written and read back."""
    return {one.type for one in place.bindings if one.readable and one.writable} - {FieldType.LINK}

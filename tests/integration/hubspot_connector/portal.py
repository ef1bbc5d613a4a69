"""A portal played in this process, and the connector on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ubm_hubspot.connector import HubSpotConnector
from ubm_hubspot.emulator import HubSpotEmulator, create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.server import InProcessAdapter
from ubm_sync.model import (
    Binding,
    Customer,
    FieldType,
    Observation,
    Outcome,
    Page,
    Place,
    Stage,
    Write,
)
from ubm_sync.ports import Connection, Lane

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CSM = "dana@ubm.example"
URL = "http://hubspot.example"

TICKET = Place(
    "ticket",
    "location",
    "hubspot",
    "",
    (
        Binding("subject", "subject"),
        Binding("content", "content", FieldType.LONG_TEXT),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("owner", "hubspot_owner_id", FieldType.PERSON),
        Binding("company", "company", FieldType.LINK, readable=False),
        Binding("vendor", "ubm_vendor", label="Vendor"),
        Binding("account_number", "ubm_account_number", FieldType.IDENTIFIER),
        Binding(
            "commodity", "ubm_commodity", FieldType.CHOICE, choices=("Electric", "Gas", "Water")
        ),
        Binding(
            "approval",
            "ubm_approval",
            FieldType.CHOICE,
            choices=("approve", "decline"),
        ),
        Binding("service_start", "ubm_service_start", FieldType.DATE),
        Binding("checked_at", "ubm_checked_at", FieldType.INSTANT),
        Binding("meters", "ubm_meters", FieldType.NUMBER),
        Binding("online_access", "ubm_online_access", FieldType.BOOLEAN),
        Binding("notes", "ubm_notes", FieldType.LONG_TEXT),
    ),
    "New locations",
    (
        Stage("waiting_for_csm", "Waiting for CSM"),
        Stage("approved", "Approved"),
        Stage("active", "Active", closed=True),
    ),
)
ENROLMENT = Place(
    "enrolment",
    "location",
    "hubspot",
    "enrolment",
    (
        Binding("subject", "subject"),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("vendor", "ubm_vendor"),
    ),
    "Data Services",
    (Stage("requested", "Requested"), Stage("enrolled", "Enrolled", closed=True)),
)
ONBOARDING = Place(
    "onboarding",
    "onboarding",
    "hubspot",
    "",
    (
        Binding("subject", "subject"),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("rows_valid", "ubm_rows_valid", FieldType.NUMBER),
    ),
    "Onboarding",
    (Stage("open", "Open"),),
)
PLACES = (ONBOARDING, TICKET, ENROLMENT)


class Unlimited:
    """A budget that counts and never makes anybody wait, but after a penalty."""

    def __init__(self) -> None:
        self.penalties: list[tuple[str, float]] = []
        self.keys: set[str] = set()
        self.lanes: set[Lane] = set()

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        del cost
        self.keys.add(key)
        self.lanes.add(lane)
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        self.penalties.append((key, seconds))


class Portal:
    """The emulator and a connector on it, on one virtual clock."""

    def __init__(
        self,
        *,
        settings: Mapping[str, Any] | None = None,
        places: tuple[Place, ...] = PLACES,
        customers: tuple[Customer, ...] = (),
        start: datetime = START,
        desk: Place | None = None,
        **switches: Any,
    ) -> None:
        self.places = places
        self.desk = desk
        self.customers = customers
        self.clock = VirtualClock(start)
        fast = {"search_lag": 0.0, "per_ten_seconds": 0, "search_per_second": 0}
        self.emulator: HubSpotEmulator = create(clock=self.clock, **{**fast, **switches})
        self.budget = Unlimited()
        self.settings = {"concurrency": 1, **(settings or {})}
        self.act("add_owner", email=CSM, firstName="Dana", lastName="Lee")
        self.connector = self.connect()

    def connect(self, cursor: str | None = None, **environment: str) -> HubSpotConnector:
        """Return a new connector, as after a restart."""
        connection = Connection(
            places=self.places,
            customers=self.customers,
            settings=self.settings,
            environment={**self.emulator.environment(URL), **environment},
            clock=self.clock,
            budget=self.budget,
            desk=self.desk,
        )
        connector = HubSpotConnector(connection)
        connector.client.transport.mount(InProcessAdapter(self.emulator))
        connector.resume(cursor)
        return connector

    def restart(self) -> None:
        """Replace the connector by one that knows only the cursor."""
        self.connector = self.connect(self.connector.cursor())

    def setup(self) -> None:
        """Run set-up and the first reading."""
        list(self.connector.ensure(dry_run=False))
        self.read()

    def act(self, do: str, **order: Any) -> Any:
        """Do what a person does."""
        return self.emulator.act({"do": do, "who": CSM, **order})

    def see(self, ref: str | None) -> Any:
        """Return what a person sees of a ticket."""
        return self.act("see_ticket", id=ref)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))

    def pages(self, *, full: bool = False) -> list[Page]:
        """Return the pages of one reading."""
        return list(self.connector.observe(full=full))

    def read(self, *, full: bool = False) -> dict[str, Observation]:
        """Return one reading by ref, the last observation of each."""
        return {seen.ref: seen for page in self.pages(full=full) for seen in page.observations}

    def fault(self, fault: Fault, path: str = "", times: int | None = 1, rate: float = 1.0) -> None:
        """Make requests go wrong from now on."""
        self.emulator.faults.rules[:] = [Rule(fault, rate=rate, path=path, times=times)]

    def heal(self) -> None:
        """Let everything go right again."""
        self.emulator.faults.rules.clear()

    def calls(self) -> int:
        """Return how many requests were made so far."""
        return sum(self.emulator.counts.values())

    def apply(self, *writes: Write) -> dict[str, Outcome]:
        """Apply writes and return the outcomes by key."""
        return {outcome.key: outcome for outcome in self.connector.apply(writes)}

    def add(self, key: str, **values: str) -> Outcome:
        """Create one ticket."""
        return self.apply(new(key, **values))[key]


def new(key: str, place: str = "ticket", **values: str | None) -> Write:
    """Return the write of a new ticket."""
    begin = {"ticket": "waiting_for_csm", "enrolment": "requested", "onboarding": "open"}[place]
    return Write(place, key, None, "acme", {"subject": key, "stage": begin, **values})


def change(outcome: Outcome, **values: str | None) -> Write:
    """Return the write of changed fields of a ticket that landed."""
    return Write(outcome.place, outcome.key, outcome.ref, "tickets", values, outcome.version)


def many(count: int) -> Iterator[Write]:
    """Yield writes of ``count`` new tickets."""
    return (new(f"key-{index:05d}", vendor=f"Vendor {index}") for index in range(count))


def words(pages: Iterable[Page]) -> list[str]:
    """Return the problems of pages as text."""
    return [problem.text for page in pages for problem in page.problems]

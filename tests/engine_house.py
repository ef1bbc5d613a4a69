"""A small house around the engine: three systems in memory, one simple flow, a virtual clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ubm_sync.clock import VirtualClock
from ubm_sync.flow import NOWHERE, Decision, NoteDraft, Site, Situation
from ubm_sync.mapping import load_mappings
from ubm_sync.memory import MemoryConnector, MemorySystem
from ubm_sync.model import Customer, Ref, Values, Written
from ubm_sync.ports import Connector
from ubm_sync.state import State, open_state
from ubm_sync.sync.cycle import Engine, EngineSettings, Report
from ubm_sync.sync.rules import compile_rules

ROOT = Path(__file__).parents[1]
START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
ACME = Customer("acme", "Acme Foods", company="77", sheet="S1", csm="dana@example.com")
BETA = Customer("beta", "Beta Stores", company="78", sheet="S2", csm="dana@example.com")
MAPPINGS = load_mappings(ROOT / "mappings")
INTAKE, DESK, STORE = (
    MAPPINGS["location"].place(place).system for place in ("row", "ticket", "account")
)


class SimpleFlow:
    """A ticket for a row with an account number, an account once the ticket is approved."""

    kind = "location"

    def account_key(self, customer: Customer, values: Values) -> str:
        number = values.get("account_number")
        return f"{customer.key}|{number}" if number else ""

    def site(self, customer: Customer, values: Values) -> Site:
        del customer, values
        return NOWHERE

    def accepted(self, memory: Values) -> bool:
        return "approved" in memory

    def decide(self, situation: Situation, now: datetime) -> Decision:
        del now
        values = situation.values
        if values.get("account_number") == "poison":
            raise RuntimeError("this record cannot be decided")
        memory = dict(situation.memory)
        ticket = situation.observed.get("ticket")
        if ticket is not None and ticket.values.get("approval") == "approve":
            memory["approved"] = "yes"
        valid = "account_number" in values
        rival = next((one for one in situation.rivals if one.accepted), None)
        status = "Needs information"
        present: set[str] = set()
        if valid:
            status = "Waiting for CSM"
            present.add("ticket")
        if rival is not None:
            status = "Duplicate"
        elif "approved" in memory:
            status = "Setting up"
            present.add("account")
        row: dict[str, Written] = {"sync_status": status}
        if situation.edits:
            row["sync_message"] = "; ".join(
                f"{edit.field} was put back" for edit in situation.edits
            )
        if "ticket" in present or ticket is not None:
            row["ticket"] = Ref("ticket")
        asked: dict[str, Written] = {} if situation.conflicts else {"conflict_decision": None}
        notes: list[NoteDraft] = []
        if "account" in present:
            row["ubm_account_id"] = Ref("account")
            notes.append(NoteDraft("created", "ticket", "Created in UBM."))
        return Decision(
            frozenset(present),
            {
                "row": row,
                "ticket": {"subject": f"New location {values.get('location_code')}", **asked},
            },
            memory,
            status,
            values.get("request_number", "row"),
            accepted="approved" in memory,
            account_key=self.account_key(situation.customer, values),
            notes=tuple(notes),
        )


@dataclass
class House:
    """Everything an engine needs, in memory but for its state."""

    url: str
    customers: tuple[Customer, ...] = (ACME, BETA)
    settings: EngineSettings = field(default_factory=EngineSettings)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))

    def __post_init__(self) -> None:
        mapping = MAPPINGS["location"]
        self.systems = {
            name: MemorySystem(name, mapping.places_of(name), self.clock, prefix=f"{name[0]}-")
            for name in (INTAKE, DESK, STORE)
        }
        self.state: State = open_state(self.url)
        self.engine = self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.state.close()

    def start(self, holder: str = "first") -> Engine:
        """Start a new process of the service on the same state and systems."""
        mapping = MAPPINGS["location"]
        connectors: Mapping[str, Connector] = {
            name: MemoryConnector(system) for name, system in self.systems.items()
        }
        self.engine = Engine(
            state=self.state,
            connectors=connectors,
            rules={"location": compile_rules(mapping)},
            flows={"location": SimpleFlow()},
            customers={one.key: one for one in self.customers},
            clock=self.clock,
            holder=holder,
            settings=self.settings,
        )
        return self.engine

    def add_row(self, number: str | None, *, customer: Customer = ACME, **values: str) -> str:
        """Add a row as the customer would."""
        cells = {"location_code": "0412", **values}
        if number is not None:
            cells["account_number"] = number
        self.clock.sleep(1)
        return self.systems[INTAKE].put("row", cells, container=customer.sheet, by="customer")

    def cycle(self, *, full: bool = False) -> Report:
        """Let a minute pass and run a cycle."""
        self.clock.sleep(60)
        return self.engine.cycle(full=full)

    def settle(self, limit: int = 5) -> int:
        """Run cycles until nothing is written; return how many wrote something."""
        for number in range(limit):
            report = self.cycle()
            if not report.landed and not report.notes:
                return number
        raise AssertionError("the engine does not come to rest")

    def rows(self) -> dict[str, Mapping[str, str]]:
        return self.systems[INTAKE].see("row")

    def tickets(self) -> dict[str, Mapping[str, str]]:
        return self.systems[DESK].see("ticket")

    def accounts(self) -> dict[str, Mapping[str, str]]:
        return self.systems[STORE].see("account")

    def approve(self, ticket: str) -> None:
        """Approve as the manager would."""
        self.clock.sleep(1)
        self.systems[DESK].edit("ticket", ticket, {"approval": "approve"}, by="dana")

"""The whole service in one process: both emulators, the account store, state, and the people.

The emulators answer the real connectors without sockets (or on loopback with ``served=True``), and
one clock serves all: nothing waits. People act and see in the words of their own pages.

    with Stack(tmp_path) as stack:
        row = stack.type_row(Location="Joliet")   # a valid row of the first customer
        stack.settle()                            # cycles until nothing is written any more
        stack.approve(stack.ticket())
        assert stack.row(row)["Sync Status"] == "Setting up"
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from ubm_hubspot.emulator.emulator import HubSpotEmulator
from ubm_smartsheet.emulator.emulator import SmartsheetEmulator
from ubm_sync.app import Application
from ubm_sync.clock import ShiftedClock, VirtualClock
from ubm_sync.config import Configuration, Environment, write_customer
from ubm_sync.dispatch.lane import Dispatcher, Round
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.server import InProcessAdapter, Server
from ubm_sync.model import Customer
from ubm_sync.ports import Connector
from ubm_sync.sync.cycle import Engine, Report

ROOT = Path(__file__).parents[1]
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday morning in Chicago
MANAGER, SERVICES = "dana@example.com", "sam@example.com"
LOCATIONS, ENROLMENTS, ONBOARDINGS = "New locations", "Data Services", "Onboarding"
MINUTE = 60.0
LIMIT = re.compile(r"calls: \d+, seconds: \d+, burst: \d+")  # in service.yaml

# A row without a flaw, in the words of the sheet.
ROW: Mapping[str, str] = {
    "Request Type": "Add location",
    "Location Code": "'0412",
    "Location Name": "Joliet #0412",
    "Address 1": "1450 W Jefferson St",
    "City": "Joliet",
    "State": "IL",
    "ZIP": "60435",
    "Utility Vendor": "ComEd",
    "Commodity": "Electric",
    "Account Number": "4471908023",
    "Bill Type": "Full service",
    "Name on Account": "Halsted Foods LLC",
    "Service Start": "2026-12-01",
    "Bill Delivery": "Online portal",
    "Online Access": "Provided via secure link",
}


@dataclass(slots=True)
class Client:
    """A customer with a sheet and a person who types into it."""

    key: str
    name: str
    person: str
    company: str = ""
    sheet: int = 0


def clients() -> tuple[Client, ...]:
    """Return the two customers of every stack."""
    return (
        Client("halsted", "Halsted Foods", "jsmith@halsted.example"),
        Client("oakmont", "Oakmont Schools", "mlopez@oakmont.example"),
    )


@dataclass(slots=True)
class Skewed:
    """The clock of the service's machine: that of the vendors, set wrong by ``skew``."""

    clock: VirtualClock | ShiftedClock
    stack: Stack

    def now(self) -> datetime:
        """Return what this machine takes for now."""
        return self.clock.now() + self.stack.skew

    def sleep(self, seconds: float) -> None:
        """Let time pass for everybody."""
        self.clock.sleep(seconds)


class _Mounted(Application):
    """An application whose connectors reach the emulators of a stack, without sockets if it can."""

    def __init__(self, stack: Stack, environment: Environment, **given: Any) -> None:
        super().__init__(environment, **given)
        self._stack = stack

    def connect(self, name: str, permit: Callable[[], None] | None = None) -> Connector:
        connector: Any = super().connect(name, permit)
        if not self._stack.served and name in self._stack.emulators:
            adapter = InProcessAdapter(self._stack.emulators[name])
            if name == "hubspot":
                connector.client.transport.mount(adapter)
            else:
                connector.mount(adapter)
        made: Connector = connector
        return made


@dataclass(slots=True)
class Stack:
    """Everything between a typed row and an enrolled account; leaves nothing behind.

    ``state_url`` and ``store_url`` default to SQLite files in ``folder``. ``switches`` are those of
    the emulators, by their name and the switch's name. ``prepared=False`` leaves out set-up and
    customers. ``configuration`` is what new processes are given instead of reading the files, which
    takes longer than everything else they do.
    """

    folder: Path
    state_url: str = ""
    store_url: str = ""
    switches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    served: bool = False
    prepared: bool = True
    configuration: Configuration | None = None
    clock: VirtualClock | ShiftedClock = field(default_factory=lambda: VirtualClock(START))
    skew: timedelta = timedelta()  # how far the service's own clock is ahead of the vendors'
    clients: tuple[Client, ...] = field(default_factory=clients)
    hubspot: HubSpotEmulator = field(init=False)
    smartsheet: SmartsheetEmulator = field(init=False)
    variables: dict[str, str] = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack)
    _app: Application | None = None
    _engine: Engine | None = None
    _dispatcher: Dispatcher | None = None

    def __enter__(self) -> Self:
        self.hubspot = HubSpotEmulator(self.clock)
        self.smartsheet = SmartsheetEmulator(self.clock)
        for name, given in self.switches.items():
            self.switch(name, **given)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("config", "mappings"):
            shutil.copytree(ROOT / name, self.folder / name)
        self.variables = {
            "UBM_DATABASE_URL": self.store_url or f"sqlite:///{self.folder / 'ubm.db'}",
            "UBM_SYNC_STATE_URL": self.state_url or f"sqlite:///{self.folder / 'state.db'}",
            "UBM_SYNC_CONFIG": str(self.folder / "config"),
            "UBM_SYNC_MAPPINGS": str(self.folder / "mappings"),
        }
        for emulator in self.emulators.values():
            url = f"http://{emulator.name}.example"
            if self.served:
                url = self._open.enter_context(Server(emulator)).url
            self.variables |= emulator.environment(url)
        if self.prepared and self.served:
            with self._without_limits():
                self.prepare()
        elif self.prepared:
            self.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._open.close()

    # ------------------------------------------------------------------------------- the service

    @property
    def emulators(self) -> dict[str, Emulator]:
        """The emulators by the name of their system."""
        return {"hubspot": self.hubspot, "smartsheet": self.smartsheet}

    @property
    def app(self) -> Application:
        """The running service; a new process of it after ``stop``."""
        if self._app is None:
            clock = Skewed(self.clock, self)
            self._app = _Mounted(self, Environment(self.variables, {}), clock=clock)
            if self.configuration is not None:
                vars(self._app)["configuration"] = self.configuration
        return self._app

    @property
    def dispatcher(self) -> Dispatcher:
        """The lane of disconnections of the running service."""
        if self._dispatcher is None:
            self._dispatcher = self.app.dispatcher()
        assert self._dispatcher is not None
        return self._dispatcher

    def look(self, after: float = MINUTE) -> Round:
        """Let ``after`` seconds pass and look at the help desk once."""
        self.wait(after)
        return self.dispatcher.round()

    @property
    def engine(self) -> Engine:
        """The engine of the running service."""
        if self._engine is None:
            self._engine = self.app.engine()
        return self._engine

    def stop(self) -> None:
        """End the service as a process ends; the next use starts it again on the same state."""
        if self._app is not None:
            self._app.close()
        self._app = self._engine = self._dispatcher = None

    def prepare(self) -> None:
        """Set every system up and let managers and customers enter."""
        for email, first in ((MANAGER, "Dana"), (SERVICES, "Sam")):
            self.hubspot.act({"do": "add_owner", "email": email, "firstName": first})
        self.set_up()
        for client in self.clients:
            self.enter(client)
        self.stop()

    @contextmanager
    def _without_limits(self) -> Iterator[None]:
        """Let the service and the vendors forget their rate limits: by a real clock they wait."""
        path = self.folder / "config" / "service.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(LIMIT.sub("calls: 100000, seconds: 1, burst: 50000", text), "utf-8")
        usual = {name: one.switches for name, one in self.emulators.items()}
        self.switch("hubspot", per_ten_seconds=0, search_per_second=0)
        self.switch("smartsheet", per_minute=0)
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")
            for name, switches in usual.items():
                self.emulators[name].switches = switches

    def set_up(self) -> None:
        """Do what ``ubm-sync setup`` does; a problem is an error."""
        for connector in self.app.connectors.values():
            for step in connector.ensure(dry_run=False):
                assert step.state != "problem", step

    def enter(self, client: Client) -> None:
        """Add a customer as ``ubm-sync customer add --share`` does."""
        sheets: Any = self.app.connectors["smartsheet"]
        self.smartsheet.act({"do": "add_user", "email": client.person})
        client.company = str(self.desk("create_company", name=client.name)["id"])
        client.sheet = int(sheets.create_sheet(f"{client.name} locations", [client.person]))
        customer = Customer(
            key=client.key,
            name=client.name,
            company=client.company,
            sheet=str(client.sheet),
            csm=MANAGER,
            csm_name="Dana Lee",
        )
        write_customer(self.folder / "config" / "customers" / f"{client.key}.yaml", customer)

    def cycle(self, *, full: bool = False, after: float = MINUTE) -> Report:
        """Let ``after`` seconds pass and run one cycle."""
        self.wait(after)
        return self.engine.cycle(full=full)

    def settle(self, most: int = 12) -> list[Report]:
        """Run cycles until one writes and says nothing; more than ``most`` are an error."""
        reports = []
        for _ in range(most):
            reports.append(self.cycle())
            if not reports[-1].landed and not reports[-1].notes:
                return reports
        raise AssertionError(f"no rest after {most} cycles: {reports[-1].summary()}")

    def switch(self, system: str, **given: object) -> None:
        """Set behaviours of an emulator that nobody has verified (see its ``Switches``)."""
        emulator = self.emulators[system]
        emulator.switches = replace(emulator.switches, **given)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))

    def writes(self) -> Counter[str]:
        """Return how often each writing route was called so far, over both emulators."""
        total: Counter[str] = Counter()
        for emulator in self.emulators.values():
            for route, count in emulator.counts.items():
                method, _, path = route.partition(" ")
                if method != "GET" and not path.endswith(("/search", "/batch/read")):
                    total[f"{emulator.name} {route}"] += count
        return total

    def problems(self) -> list[str]:
        """Return what ``ubm-sync status`` would tell an admin is wrong."""
        with self.app.state.reading() as tx:
            return [problem.text for problem in tx.problems.list()]

    def refusals(self) -> list[tuple[str, str]]:
        """Return ``(place, reason)`` of what ``ubm-sync quarantine list`` shows."""
        with self.app.state.reading() as tx:
            return [(one.place, one.reason) for one in tx.quarantine.list()]

    def rests(self) -> dict[str, int]:
        """Return what one more cycle writes or says: nothing, at rest."""
        report = self.cycle()
        return {**report.landed, **({"notes": report.notes} if report.notes else {})}

    def kept_anywhere(self, text: str) -> list[str]:
        """Return the files of the service that hold ``text``, and the tickets that show it.

        What the vendors keep of their own (cell and property history) is not counted.
        """
        self.stop()
        files = [one for one in self.folder.rglob("*") if one.is_file()]
        found = [one.name for one in files if text.encode() in one.read_bytes()]
        for pipeline in (LOCATIONS, ENROLMENTS, ONBOARDINGS):
            found += [
                ticket["id"]
                for ticket in self.tickets(pipeline)
                if text in str((ticket["properties"], ticket["notes"]))
            ]
        return found

    # ------------------------------------------------------------------------- people in the sheet

    def sheet_does(self, do: str, client: Client | None = None, **order: object) -> Any:
        """Act as the customer in its sheet (as ``who``, where given)."""
        client = client or self.clients[0]
        return self.smartsheet.act({"sheet": client.sheet, "who": client.person, **order, "do": do})

    def admin_does(self, do: str, client: Client | None = None, **order: object) -> Any:
        """Change a customer's sheet as its administrator: columns, options, access."""
        client = client or self.clients[0]
        return self.smartsheet.act({"sheet": client.sheet, **order, "do": do})

    def type_row(self, cells: Mapping[str, Any] | None = None, client: Client | None = None) -> int:
        """Add a row as the customer: ``ROW`` with ``cells``; None leaves a cell empty."""
        given = {title: value for title, value in {**ROW, **(cells or {})}.items() if value}
        row: int = self.sheet_does("add_row", client, cells=given)["row"]
        return row

    def edit_row(self, row: int, cells: Mapping[str, Any], client: Client | None = None) -> None:
        """Change cells as the customer; None empties one."""
        self.sheet_does("edit_row", client, row=row, cells=dict(cells))

    def row(self, row: int, client: Client | None = None) -> dict[str, str]:
        """Return a row as the customer sees it, by column title."""
        cells: dict[str, str] = self.sheet_does("see_row", client, row=row)["cells"]
        return cells

    def rows(self, client: Client | None = None) -> dict[int, dict[str, str]]:
        """Return all rows as the customer sees them."""
        return {one["row"]: one["cells"] for one in self.sheet_does("see_sheet", client)}

    # ------------------------------------------------------------------------ people at the tickets

    def desk(self, do: str, who: str | None = MANAGER, **order: object) -> Any:
        """Act in the ticket system as a manager."""
        return self.hubspot.act({"who": who, **order, "do": do})

    def tickets(self, pipeline: str = LOCATIONS, **where: str) -> list[dict[str, Any]]:
        """Return tickets as people see them."""
        found: list[dict[str, Any]] = self.desk("find_tickets", pipeline=pipeline, where=where)
        return found

    def ticket(self, row: int | None = None, pipeline: str = LOCATIONS) -> dict[str, Any]:
        """Return the only ticket, or the one of a row of the first customer."""
        where = {}
        if row is not None:
            number = self.row(row)["Request #"]
            where = {"ubm_request_number": number, "ubm_customer_key": self.clients[0].key}
        found = self.tickets(pipeline, **where)
        assert len(found) == 1, [one["properties"].get("subject") for one in found]
        return found[0]

    def ticket_id(self, row: int) -> str:
        """Return the id of a row's ticket, as the customer sees it."""
        return self.row(row)["HubSpot Ticket"].removeprefix("#")

    def drop_property(self, name: str) -> None:
        """Delete a ticket property, as an administrator of the portal."""
        client: Any = self.app.connectors["hubspot"]
        operation = client.client.crm.properties.core_api.archive
        client.client.call("delete property", operation, "tickets", name)

    def edit_ticket(self, ticket: Mapping[str, Any], **properties: str) -> None:
        """Change properties as the manager; an empty text clears one."""
        self.desk("edit_ticket", id=ticket["id"], properties=properties)

    def approve(self, *tickets: Mapping[str, Any]) -> None:
        """Approve tickets as the manager, from a list."""
        ids = [one["id"] for one in tickets]
        self.desk("bulk_edit", ids=ids, properties={"ubm_approval": "approve"})

    def enrol(self, *tickets: Mapping[str, Any]) -> None:
        """Say as Data Services that accounts are enrolled; all of them by default."""
        ids = [one["id"] for one in tickets or self.tickets(ENROLMENTS)]
        self.desk("bulk_move", SERVICES, ids=ids, stage="Enrolled")

    def activate(self, row: int) -> None:
        """Take one valid row all the way to Active."""
        self.settle()
        self.approve(self.ticket(row))
        self.settle()
        self.enrol()
        self.settle()
        assert self.row(row)["Sync Status"] == "Active", self.row(row)

    # --------------------------------------------------------------------------- the account store

    def accounts(self) -> list[dict[str, str]]:
        """Return the accounts of the store as the service reads them, with their ids as ``ref``."""
        found = []
        for page in self.app.connectors["store"].observe(full=True):
            found += [
                {"ref": one.ref, **one.values}
                for one in page.observations
                if one.place == "account"
            ]
        return found

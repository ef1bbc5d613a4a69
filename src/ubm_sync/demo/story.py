"""The story of the demo, step by step; a step counts only when people see its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ubm_sync.app import Application
from ubm_sync.cli import screen
from ubm_sync.demo.cast import (
    CLIENTS,
    DANA,
    HALSTED,
    LAKESHORE,
    PINE,
    PRIYA,
    ROWS,
    SERVICES,
    Client,
)
from ubm_sync.demo.people import People
from ubm_sync.errors import Refused

PATIENCE = 90.0  # seconds a result may take
SHOWN = ("request_number", "location_name", "account_number", "zip", "sync_status", "sync_message")


class StepFailed(Refused):
    """A step of the demo did not really happen."""


@dataclass
class Story:
    """Plays the people and checks what they see."""

    app: Application
    people: People
    rows: dict[str, int] = field(default_factory=dict)  # "halsted/joliet" -> row

    def tell(self) -> None:
        """Play everything; raises StepFailed at the first thing that did not happen."""
        for chapter in self.chapters():
            chapter()

    def chapters(self) -> Iterator[Callable[[], None]]:
        """Yield the chapters in order."""
        yield self.customers_type
        yield self.customer_corrects
        yield self.managers_decide
        yield self.services_enrol
        yield self.store_closes
        yield self.edits_flow
        yield self.conflict_waits
        yield self.everything_agrees

    def customers_type(self) -> None:
        """Rows of every sort arrive in three sheets."""
        screen.heading("Three customers type their locations")
        for client in CLIENTS:
            for name, cells in ROWS[client.key].items():
                self.rows[f"{client.key}/{name}"] = self.people.type_row(client, cells)
        self.expect(
            "a complete row waits for its manager", self.status("halsted/joliet", "Waiting for CSM")
        )
        self.expect(
            "a vendor's other name is understood",
            self.status("halsted/naperville", "Waiting for CSM"),
        )
        self.expect("a ZIP of another state is explained", self.says("halsted/wrong zip", "90210"))
        self.expect("a half-typed row is left in peace", self.status("halsted/half typed", "Draft"))
        self.expect(
            "the same account a second time is refused",
            self.says("halsted/twice", "already on row"),
        )
        self.expect(
            "a lost leading zero is put back",
            lambda: self.cell("lakeshore/hartford", "zip") == "06103",
        )
        self.expect(
            "a password is masked at once",
            lambda: "Winter2026" not in self.cell("pine/store 3", "notes"),
        )
        for client in CLIENTS:
            self.show_rows(client)
        self.show_tickets("Tickets of the managers")

    def customer_corrects(self) -> None:
        """Let the customer follow the message in the row."""
        screen.heading("Halsted corrects the ZIP")
        self.people.edit_row(HALSTED, self.rows["halsted/wrong zip"], {"zip": "60120"})
        self.expect(
            "the corrected row waits for its manager",
            self.status("halsted/wrong zip", "Waiting for CSM"),
        )

    def managers_decide(self) -> None:
        """Approve a list at once, decline one with a reason."""
        screen.heading("The managers approve in their ticket list, and decline one")
        good = [t["id"] for t in self.people.tickets() if t["values"]["location_code"] != "LF-11"]
        declined = [t["id"] for t in self.people.tickets(location_code="LF-11")]
        self.people.edit_tickets(DANA, good, approval="approve")
        self.people.edit_tickets(
            PRIYA,
            declined,
            approval="decline",
            decline_reason="this account belongs to the landlord.",
        )
        for name in (
            "halsted/joliet",
            "halsted/naperville",
            "halsted/wrong zip",
            "lakeshore/hartford",
            "pine/store 3",
            "pine/store 5",
        ):
            self.expect(f"{name} is set up", self.status(name, "Setting up"))
        self.expect("the declined row says who and why", self.says("lakeshore/landlord", "Priya"))
        self.expect("the accounts are in the store", lambda: len(self.accounts()) == len(good))
        self.expect(
            "Data Services is asked once for each",
            lambda: len(self.people.tickets("enrolment")) == len(good),
        )
        self.show_accounts()

    def services_enrol(self) -> None:
        """Let Data Services answer by moving its tickets."""
        screen.heading("Data Services enrols them")
        ids = [ticket["id"] for ticket in self.people.tickets("enrolment")]
        self.people.move_tickets(SERVICES, ids, "enrolment", "enrolled")
        for name in ("halsted/joliet", "lakeshore/hartford", "pine/store 5"):
            self.expect(f"{name} is active", self.status(name, "Active"))
        self.expect(
            "the onboarding ticket counts the rows",
            lambda: self.onboarding(HALSTED).get("properties", {}).get("ubm_rows_active") == "3",
        )
        for client in CLIENTS:
            self.show_rows(client)

    def store_closes(self) -> None:
        """Close a store: the same row asks for it."""
        screen.heading("Pine Street closes a store")
        row = self.rows["pine/store 5"]
        self.people.edit_row(PINE, row, {"request_type": "Close", "service_end": "2026-12-31"})
        ticket = self.ticket_of("pine/store 5")
        self.expect(
            "the manager is asked again", lambda: bool(self.ticket_of("pine/store 5")["notes"])
        )
        self.expect(
            "the row says what happens",
            lambda: self.cell("pine/store 5", "sync_status") in {"Waiting for CSM", "Closing"},
        )
        if self.cell("pine/store 5", "sync_status") == "Waiting for CSM":
            self.people.edit_tickets(DANA, [ticket["id"]], approval="approve")
        self.expect("the account is closing", self.status("pine/store 5", "Closing"))
        closing = [
            one["id"]
            for one in self.people.tickets("enrolment")
            if one["values"]["location_code"] == "PS-5" and one["stage"] != "Enrolled"
        ]
        self.people.move_tickets(SERVICES, closing, "enrolment", "enrolled")
        self.expect("the account is closed", self.status("pine/store 5", "Closed"))
        self.show_rows(PINE)

    def edits_flow(self) -> None:
        """Show edits of both sides, and an owned field that is put back with its message."""
        screen.heading("Later edits flow by who owns the field")
        ticket = self.ticket_of("halsted/naperville")
        self.people.edit_tickets(DANA, [ticket["id"]], location_name="Naperville Downtown 0418")
        self.expect(
            "a field edited on the ticket arrives in the sheet",
            lambda: self.cell("halsted/naperville", "location_name") == "Naperville Downtown 0418",
        )
        number = self.cell("halsted/joliet", "account_number")
        self.people.edit_row(
            HALSTED, self.rows["halsted/joliet"], {"account_number": "'9999000011"}
        )
        self.expect(
            "an account number the store owns is put back",
            lambda: self.cell("halsted/joliet", "account_number") == number,
        )
        self.expect("and the row says so", self.says("halsted/joliet", "put back"))
        self.people.edit_row(HALSTED, self.rows["halsted/naperville"], {"gl_code": "6410-0418"})
        self.expect(
            "a customer's edit arrives on the ticket",
            lambda: self.ticket_of("halsted/naperville")["values"]["gl_code"] == "6410-0418",
        )
        self.show_rows(HALSTED)

    def conflict_waits(self) -> None:
        """Both change one field before either sees the other: nobody's value is lost."""
        screen.heading("A true conflict waits for a decision")
        ticket = self.ticket_of("lakeshore/hartford")
        self.people.edit_row(LAKESHORE, self.rows["lakeshore/hartford"], {"gl_code": "7000-A"})
        self.people.edit_tickets(PRIYA, [ticket["id"]], gl_code="7000-B")
        self.expect("the conflict is open", lambda: len(self.conflicts()) == 1)
        self.expect(
            "the sheet keeps its value",
            lambda: self.cell("lakeshore/hartford", "gl_code") == "7000-A",
        )
        self.expect(
            "the ticket keeps its value and shows both",
            lambda: "7000-A" in self.ticket_of("lakeshore/hartford")["values"]["conflict"],
        )
        screen.say(self.ticket_of("lakeshore/hartford")["values"]["conflict"])

    def everything_agrees(self) -> None:
        """Nothing doubled, nothing lost, the log is whole."""
        screen.heading("At the end")
        tickets = self.people.tickets()
        keys = [ticket["properties"]["ubm_sync_id"] for ticket in tickets]
        self.expect("no ticket is doubled", lambda: len(keys) == len(set(keys)))
        with self.app.state.reading() as tx:
            broken = tx.audit.verify()
            runs = tx.runs.last(1)
        self.expect("the log is whole", lambda: broken is None)
        self.show_tickets("Tickets of the managers")
        self.show_accounts()
        screen.say(f"The service ran {runs[0].id.removeprefix('run-')} cycles.")

    def expect(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until people see it; raises StepFailed after a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if holds():
                    break
            except (LookupError, IndexError):
                pass  # not there yet
            if time.monotonic() > deadline:
                raise StepFailed(f"This did not happen within {PATIENCE:.0f} s: {what}.")
            time.sleep(0.2)
        screen.say(f"  ok  {what}", "green")

    def status(self, name: str, wanted: str) -> Callable[[], bool]:
        """Return a test of a row's status."""
        return lambda: self.cell(name, "sync_status") == wanted

    def says(self, name: str, text: str) -> Callable[[], bool]:
        """Return a test of a row's message."""
        return lambda: text in self.cell(name, "sync_message")

    def cell(self, name: str, column: str) -> str:
        """Return what a customer sees in one cell."""
        client = next(one for one in CLIENTS if name.startswith(one.key + "/"))
        return self.people.rows(client)[self.rows[name]].get(column) or ""

    def ticket_of(self, name: str) -> dict[str, Any]:
        """Return the manager's ticket of a row."""
        ref = self.cell(name, "ticket").lstrip("#")
        return next(one for one in self.people.tickets() if one["id"] == ref)

    def onboarding(self, client: Client) -> dict[str, Any]:
        """Return the onboarding ticket of a customer."""
        place = self.app.configuration.mappings["onboarding"].place("onboarding")
        return self.people.onboarding(place.pipeline, f"Onboarding {client.name}")

    def conflicts(self) -> list[Any]:
        """Return the open conflicts."""
        with self.app.state.reading() as tx:
            return list(tx.conflicts.list())

    def accounts(self) -> list[dict[str, str]]:
        """Return the accounts in the store, read through its own connector."""
        store = self.app.configuration.mappings["location"].place("account").system
        connector = self.app.connect(store)
        try:
            connector.resume(None)
            return [
                {"id": one.ref, **one.values}
                for page in connector.observe(full=True)
                for one in page.observations
            ]
        finally:
            connector.close()

    def show_rows(self, client: Client) -> None:
        """Show a customer's sheet as the customer sees it."""
        rows = self.people.rows(client).values()
        screen.table(
            f"{client.name}: the sheet",
            [self.people.title(name) for name in SHOWN],
            [[row.get(name, "") for name in SHOWN] for row in rows],
        )

    def show_tickets(self, title: str) -> None:
        """Show the managers' tickets with their latest note."""
        screen.table(
            title,
            ("ticket", "subject", "stage", "owner", "notes", "latest note"),
            [
                (t["id"], t["values"]["subject"], t["stage"], t["owner"], len(t["notes"]),
                 t["notes"][-1] if t["notes"] else "")
                for t in self.people.tickets()
            ],
        )  # fmt: skip

    def show_accounts(self) -> None:
        """Show the accounts in the store."""
        names = (
            "id",
            "vendor_canonical",
            "account_number",
            "location_name",
            "status",
            "data_services",
        )
        screen.table(
            "Accounts in the store",
            [name.replace("_", " ") for name in names],
            [[one.get(name, "") for name in names] for one in self.accounts()],
        )

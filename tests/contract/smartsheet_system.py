"""A customer's sheet over real HTTP, and the customer who types in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.contract.system import CSM, Remote, installed, shipped_place

from ubm_smartsheet.connector import SheetConnector
from ubm_smartsheet.emulator import create
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.server import Server
from ubm_sync.model import Binding, FieldType
from ubm_sync.ports import Connector

CUSTOMER = "jsmith@halsted.example"
EXTRA = (  # the types no column of the shipped mapping has
    Binding("meter_count", "Meters", FieldType.NUMBER),
    Binding("checked_at", "Checked", FieldType.INSTANT),
    Binding("critical", "Critical", FieldType.BOOLEAN),
    Binding("contact", "Contact", FieldType.PERSON),
)
WRITES = r"^(POST|PUT) .*/sheets/\d+/rows$"
READS = r"^GET .*/sheets"
NOTES = r"^POST .*/discussions$"


class Sheet(Remote):
    """One customer's sheet, made from the template."""

    name = "smartsheet"

    def __init__(self) -> None:
        place = shipped_place("row")
        self.place = replace(place, bindings=(*place.bindings, *EXTRA))
        self.samples = {
            "location_name": ("Joliet #0412", "Elgin & Söhne <1>"),
            "notes": ("first line\nsecond line", "other"),
            "account_number": ("0045-118", "007"),
            "ticket": ("18840211", "18840212"),
            "commodity": ("Electric", "Natural gas"),
            "service_start": ("2026-12-01", "2027-01-31"),
            "checked_at": ("2026-12-01T09:40:00Z", "2026-12-02T10:00:00Z"),
            "meter_count": ("12", "0.5"),
            "critical": ("true", "false"),
            "contact": (CSM, CUSTOMER),
        }
        self._server: Server | None = None
        super().__init__()
        self.act("add_user", email=CUSTOMER, name="J. Smith")
        list(self.connector.ensure(dry_run=False))
        assert isinstance(self.connector, SheetConnector)
        sheet = self.connector.create_sheet("Halsted Foods", [CUSTOMER])
        self.customer = replace(self.customer, sheet=sheet)
        self.connector = self.connect()

    @property
    def server(self) -> Server:
        if self._server is None:
            self.emulator = create(clock=self.clock)
            self._server = Server(self.emulator)
            self._server.__enter__()
        return self._server

    def made(self) -> Connector:
        environment = self.server.emulator.environment(self.server.url)
        self.secret = environment["SMARTSHEET_ACCESS_TOKEN"]
        return installed(self.name, self, environment)

    def act(self, do: str, **order: Any) -> Any:
        return self.server.emulator.act({"do": do, **order})

    def edit(self, ref: str, field: str, value: str | None) -> None:
        (title,) = [one.external for one in self.place.bindings if one.field == field]
        sheet, cells = int(self.customer.sheet), {title: value}
        self.act("edit_row", who=CUSTOMER, sheet=sheet, row=int(ref), cells=cells)

    def records(self) -> int:
        return len(self.act("see_sheet", sheet=int(self.customer.sheet)))

    def notes(self, ref: str) -> Sequence[str]:
        threads = self.emulator.state.sheet(int(self.customer.sheet)).discussions.values()
        return [one.text for each in threads if each.row == int(ref) for one in each.comments]

    def fail(self, fault: Fault, *, on_write: bool = True, times: int = 1) -> None:
        path = WRITES if on_write else READS
        self.server.emulator.faults.rules[:] = [Rule(fault, path=path, times=times)]

    def fail_note(self) -> None:
        self.server.emulator.faults.rules[:] = [Rule(Fault.DROP, path=NOTES, times=1)]

    def revoke(self) -> None:
        self.act("revoke_token")

    def close(self) -> None:
        super().close()
        self.server.__exit__()

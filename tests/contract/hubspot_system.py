"""A portal over real HTTP, and the manager who works in it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.contract.system import COLLEAGUE, CSM, Remote, installed, shipped_place

from ubm_hubspot.emulator import create
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.server import Server
from ubm_sync.model import Binding, FieldType
from ubm_sync.ports import Connector

EXTRA = (  # the types no field of the shipped mapping has in this place
    Binding("meter_count", "ubm_meter_count", FieldType.NUMBER),
    Binding("checked_at", "ubm_checked_at", FieldType.INSTANT),
    Binding("critical", "ubm_critical", FieldType.BOOLEAN),
)
WRITES = r"^(POST|PATCH|PUT) .*tickets.*/(batch/(upsert|update|create))?$"
READS = r"tickets/(search|batch/read)|GET .*tickets"
NOTES = r"^POST .*notes/batch/create"


class Portal(Remote):
    """One portal with one company and two managers."""

    name = "hubspot"
    wrong = ("commodity", "Plutonium")

    def __init__(self) -> None:
        place = shipped_place("ticket")
        self.place = replace(place, bindings=(*place.bindings, *EXTRA))
        self.samples = {
            "location_name": ("Joliet #0412", "Elgin & Söhne <1>"),
            "notes": ("first line\nsecond line", "other"),
            "account_number": ("0045-118", "007"),
            "commodity": ("Electric", "Natural gas"),
            "priority": ("high", "low"),
            "service_start": ("2026-12-01", "2027-01-31"),
            "checked_at": ("2026-12-01T09:40:00Z", "2026-12-02T10:00:00Z"),
            "meter_count": ("12", "0.5"),
            "critical": ("true", "false"),
            "stage": ("waiting_for_csm", "setting_up"),
            "owner": (CSM, COLLEAGUE),
        }
        self._server: Server | None = None
        super().__init__()
        self.later(0.125)  # a change at a whole second is read, and told, once more
        for email in (CSM, COLLEAGUE):
            self.act("add_owner", email=email)

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = Server(create(clock=self.clock))
            self._server.__enter__()
        return self._server

    def values(self, number: int) -> dict[str, str]:
        return {**super().values(number), "subject": f"Add location {number:04}"}

    def made(self) -> Connector:
        environment = self.server.emulator.environment(self.server.url)
        self.secret = environment["HUBSPOT_ACCESS_TOKEN"]
        return installed(self.name, self, environment)

    def act(self, do: str, **order: Any) -> Any:
        return self.server.emulator.act({"do": do, **order})

    def edit(self, ref: str, field: str, value: str | None) -> None:
        (name,) = [one.external for one in self.place.bindings if one.field == field]
        self.act("edit_ticket", id=ref, who=CSM, properties={name: value or ""})

    def records(self) -> int:
        return len(self.act("find_tickets"))

    def notes(self, ref: str) -> Sequence[str]:
        shown = self.act("see_ticket", id=ref)["notes"]
        return [html.unescape(note.replace("<br>", "\n")) for note in shown]

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

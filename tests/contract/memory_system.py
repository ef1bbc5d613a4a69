"""The system in memory, and the person in it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.contract.system import System

from ubm_sync.memory import MemoryConnector, MemorySystem
from ubm_sync.model import Binding, FieldType, Place
from ubm_sync.ports import Connector

SAMPLES = {
    FieldType.TEXT: ("Joliet #0412", "Elgin #0413"),
    FieldType.LONG_TEXT: ("one\ntwo", "three"),
    FieldType.IDENTIFIER: ("0045-118", "007"),
    FieldType.CHOICE: ("Electric", "Water"),
    FieldType.DATE: ("2026-12-01", "2027-01-31"),
    FieldType.INSTANT: ("2026-12-01T09:40:00Z", "2026-12-02T10:00:00Z"),
    FieldType.NUMBER: ("12", "0.5"),
    FieldType.BOOLEAN: ("true", "false"),
}


class Memory(System):
    """Records in a dictionary."""

    name = "memory"

    def __init__(self) -> None:
        fields = {f"a_{one}": one for one in SAMPLES} | {
            "location_name": FieldType.TEXT,
            "service_start": FieldType.DATE,
        }
        bindings = tuple(Binding(name, name, kind) for name, kind in fields.items())
        self.place = Place("record", "location", self.name, "", bindings)
        self.samples = {f"a_{one}": values for one, values in SAMPLES.items()}
        self._system: MemorySystem | None = None
        super().__init__()
        self.system.refuse["record", "service_start"] = "not a date"

    @property
    def system(self) -> MemorySystem:
        if self._system is None:
            self._system = MemorySystem(self.name, (self.place,), self.clock)
        return self._system

    def made(self) -> Connector:
        return MemoryConnector(self.system)

    def edit(self, ref: str, field: str, value: str | None) -> None:
        self.system.edit(self.place.name, ref, {field: value}, by="jsmith")

    def records(self) -> int:
        return len(self.system.see(self.place.name))

    def notes(self, ref: str) -> Sequence[str]:
        return [note.text for note in self.system.notes if note.ref == ref]

"""kill -9 of ``template apply`` at each of its requests: applied again, everything ends the same.

The command is a process of its own, the vendor outlives it. It is killed while a request is on its
way (nothing happened), and while its answer is (it happened, and nobody knows).
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.system.commands import Office
from tests.system.conftest import office_in

from ubm_sync.emulation.faults import Fault, Faults, Rule

COLUMNS = ("title", "type", "options", "locked", "hidden", "validation", "description", "primary")
WRITES = ("PUT", "POST", "DELETE")
APPLY = ("template", "apply", "--customer", "halsted")
PATIENCE = 60.0  # seconds


@dataclass(slots=True)
class Executioner(Faults):
    """Kills a process when its request with a number arrives: before it takes effect, or after."""

    number: int = 0
    takes_effect: bool = False
    victim: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)  # the requests that came
    ready: threading.Event = field(default_factory=threading.Event)

    def draw(self, method: str, path: str) -> Rule | None:  # noqa: ARG002 - as its base has it
        self.lines.append(method)
        if len(self.lines) != self.number:
            return None
        assert self.ready.wait(PATIENCE)
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait(PATIENCE)
        return Rule(Fault.DROP if self.takes_effect else Fault.RESET)


@dataclass(slots=True)
class Sheet:
    """A sheet that its admin changed in every way that can be mended, and how it was then."""

    office: Office
    saved: Path
    rows: list[int]

    def as_drifted(self) -> None:
        """Have everything as it was before any mending."""
        self.office.world.smartsheet.load(self.saved)

    def seen(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return columns in their order, and rows by title: what people and programs see."""
        world = self.office.world
        sheet = world.smartsheet.state.sheets[world.clients[0].sheet]
        columns = [{name: getattr(one, name) for name in COLUMNS} for one in sheet.columns]
        titles = {one.id: one.title for one in sheet.columns}
        rows = [
            {titles[at]: repr(cell) for at, cell in row.cells.items() if at in titles}
            for row in sheet.order
        ]
        return columns, rows

    def applied(self, *, number: int, takes_effect: bool) -> list[str]:
        """Apply the template in a process that is killed at a request; return its requests."""
        emulator = self.office.world.smartsheet
        before = emulator.faults
        emulator.faults = guard = Executioner(number=number, takes_effect=takes_effect)
        try:
            process = self.office.run.process(*APPLY)
            guard.victim = process
            guard.ready.set()
            process.communicate(timeout=PATIENCE)
        finally:
            emulator.faults = before
        return guard.lines


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sheet]:
    with office_in(tmp_path_factory.mktemp("w"), prepared=True) as office:
        world = office.world
        config = world.folder / "config" / "service.yaml"  # hundreds of commands in a minute
        limits = "calls: 285, seconds: 60, burst: 60"
        text = config.read_text(encoding="utf-8")
        assert limits in text
        free = text.replace(limits, "calls: 100000, seconds: 60, burst: 10000")
        config.write_text(free, encoding="utf-8")
        world.switch("smartsheet", per_minute=0)
        world.stop()
        rows = [
            world.type_row({"Address 2": "Suite 200", "Notes": "Ring the bell"}),
            world.type_row({"Location Code": "'0500", "Account Number": "5582016634"}),
        ]
        world.settle()
        for do, order in (
            ("add_column", {"column": {"title": "Remarks", "type": "TEXT_NUMBER"}}),
            ("rename_column", {"title": "Notes", "to": "-"}),
            ("rename_column", {"title": "Address 2", "to": "Notes"}),
            ("rename_column", {"title": "-", "to": "Address 2"}),
            ("delete_column", {"title": "Meter Number(s)"}),
            ("retype_column", {"title": "Service Start", "type": "TEXT_NUMBER"}),
            ("drop_option", {"title": "Bill Delivery", "option": "EDI"}),
            ("unlock_column", {"title": "Sync Message"}),
        ):
            world.admin_does(do, **order)
        world.edit_row(rows[0], {"Remarks": "ours alone"})
        world.settle()
        world.stop()
        saved = office.run.folder / "drifted.json"
        world.smartsheet.save(saved)
        yield Sheet(office, saved, rows)


def moments(requests: list[str]) -> Iterator[tuple[int, bool]]:
    """Yield the number of each request at which a kill differs from one at another request.

    With whether that request takes effect. A reading changes nothing anywhere, so only the first
    one after a change is told apart from the change: by then its answer had come.
    """
    for number, method in enumerate(requests, start=1):
        if method in WRITES:
            yield number, False
            yield number, True
        elif number == 1 or requests[number - 2] in WRITES:
            yield number, False


def test_applied_again_after_a_kill_at_any_request_everything_ends_the_same(sheet: Sheet) -> None:
    requests = sheet.applied(number=0, takes_effect=False)
    columns, rows = whole = sheet.seen()
    assert {"Meter Number(s)", "Remarks"} <= {one["title"] for one in columns}
    assert "Ring the bell" in rows[0]["Notes"]
    assert "ours alone" in rows[0]["Remarks"]
    assert (requests.count("POST"), requests.count("PUT")) >= (1, 6)

    for number, takes_effect in moments(requests):
        sheet.as_drifted()
        assert len(sheet.applied(number=number, takes_effect=takes_effect)) == number

        again = sheet.office.run(*APPLY)

        where = f"{requests[number - 1]}, request {number}, {takes_effect=}"
        assert again.code == 0, (where, again.text)
        assert sheet.seen() == whole, where

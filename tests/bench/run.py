"""One run: a number of rows taken through the whole procedure, measured phase by phase."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.rows import TITLES, rows
from tests.bench.world import MANAGER, ROOT, Emulator, Service, World

LARGEST_SHEET = 20_000
MOST_CYCLES = 8  # after which a phase counts as not coming to rest
EDITS = 1_000
TOGETHER = 100  # tickets that get one time of change when many are edited at once
QUIET = 5  # idle cycles; the middle one counts
LATER = 900  # seconds
APPROVING = 4.0  # times the first sync that approving and enrolling take together


@dataclass(slots=True)
class Phase:
    """What one phase cost; ``bound`` is the number of calls it cannot do without (0: not said)."""

    name: str
    changes: int
    bound: int = 0
    cycles: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    emulators: float = 0.0
    slowest: float = 0.0  # cycle
    peak: float = 0.0
    written: int = 0
    notes: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """The phases of one run, and the floor of its first phase."""

    records: int
    sheets: int
    phases: list[Phase] = field(default_factory=list)
    floor: dict[str, float] = field(default_factory=dict)
    skipped: str = ""  # phases left out to end in time


class Bench:
    """Drives people, service and measurements."""

    def __init__(
        self,
        world: World,
        records: int,
        say: Callable[[str], None],
        deadline: float = math.inf,
    ) -> None:
        self._world = world
        self._say = say
        self._deadline = deadline
        self._sheets = [
            min(LARGEST_SHEET, records - start) for start in range(0, records, LARGEST_SHEET)
        ]
        self.run = Run(records, len(self._sheets))
        self._ids: list[int] = []
        self._row_ids: list[list[int]] = []

    def go(self) -> Run:
        """Go through all phases."""
        number = self.run.records
        self.set_up()
        with Service(self._world.folder) as service:
            kept = self._world.folder / "answers"
            service.ask("keep", str(kept))
            self._phase(service, "first sync", number, self._least_calls(), at_most=1)
            service.ask("keep")
            self.run.floor = self._floor([Path(f"{kept}.{n}") for n in ("smartsheet", "hubspot")])
            self._phase(service, "notes on the new tickets", number)
            self._quiet(service)
            if self._has_time():
                self._approve()
                self._phase(service, "all approved", number)
                self._enrol()
                self._phase(service, "all enrolled", number)
            self._rest(service)
            self._edit(1)
            self._phase(service, "one edit on each side", 2 * len(self._ids))
            self._quiet(service)
            edits = min(EDITS, number // 10)
            self._edit(edits // len(self._ids))
            self._phase(service, f"{edits:,} edits on each side", 2 * edits, at_most=1)
            self._quiet(service)
        return self.run

    def set_up(self) -> None:
        """Set the service up and have the customers type their rows."""
        self._ids = self._world.prepare(len(self._sheets))
        self._type_rows()

    def _has_time(self) -> bool:
        """Return whether approving and enrolling everything ends in time, going by the first."""
        enough = time.monotonic() + APPROVING * self.run.phases[0].wall < self._deadline
        self.run.skipped = "" if enough else "all approved, all enrolled"
        return enough

    def _rest(self, service: Service) -> None:
        """Let everything come to rest and some time pass.

        The vendors' clocks are moved, so that what was just written is not recent any more.
        """
        self._phase(service, "until it rests", 0)
        for emulator in (self._world.hubspot, self._world.smartsheet):
            emulator.control("clock", {"advance": LATER})

    def _quiet(self, service: Service) -> None:
        """Measure a cycle with nothing to do."""
        self._rest(service)
        cycles = []
        for _ in range(QUIET):
            self._phase(service, "nothing changed", 0, 2, at_most=1)
            cycles.append(self.run.phases.pop())
        self.run.phases.append(sorted(cycles, key=lambda one: one.wall)[QUIET // 2])

    def _least_calls(self) -> int:
        per_sheet = sum(2 * math.ceil(size / 500) for size in self._sheets)
        return per_sheet + math.ceil(self.run.records / 100)

    def _type_rows(self) -> None:
        today = datetime.now(UTC).date()
        for number, (sheet, size) in enumerate(zip(self._ids, self._sheets, strict=True)):
            found = self._world.smartsheet.act(
                do="load_rows",
                sheet=sheet,
                columns=list(TITLES),
                rows=list(rows(number, size, today)),
            )
            self._row_ids.append(found["rows"])

    def _phase(
        self, service: Service, name: str, changes: int, bound: int = 0, at_most: int = MOST_CYCLES
    ) -> None:
        """Run cycles until one writes nothing, or ``at_most``; the last idle one is not counted."""
        self._say(f"{self.run.records:,} records: {name}")
        phase = Phase(name, changes, bound)
        emulators = (self._world.hubspot, self._world.smartsheet)
        while phase.cycles < at_most:
            before = _calls(emulators), _cpu(emulators)
            cycle = service.ask("cycle")
            idle = not cycle["written"] and not cycle["notes"]
            if idle and phase.cycles:
                break
            self._count(phase, cycle)
            phase.calls += _calls(emulators) - before[0]
            phase.emulators += _cpu(emulators) - before[1]
            if idle:
                break
        self.run.phases.append(phase)

    @staticmethod
    def _count(phase: Phase, cycle: dict[str, Any]) -> None:
        phase.cycles += 1
        phase.wall += cycle["wall"]
        phase.cpu += cycle["cpu"]
        phase.slowest = max(phase.slowest, cycle["wall"])
        phase.peak = max(phase.peak, cycle["peak"])
        phase.written += sum(cycle["written"].values())
        phase.notes += cycle["notes"]
        for name in ("conflicts", "refused", "quarantined", "restored"):
            if cycle[name]:
                phase.problems.append(f"{cycle[name]} {name}")
        phase.problems += cycle["problems"] + cycle["stops"]

    def _floor(self, kept: Sequence[Path]) -> dict[str, float]:
        """Measure the floor in a process of its own, as the service is."""
        database = self._world.folder / "floor.db"
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.floor", str(database), *map(str, kept)],
            check=True,
            capture_output=True,
            cwd=ROOT,
        )
        for path in kept:
            path.unlink()
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def _refs(self, place: str) -> list[str]:
        """Return the ids of a place's records, as the service knows them."""
        with closing(sqlite3.connect(self._world.folder / "var" / "state.db")) as state:
            query = "select ref from observation where place = ? order by ref"
            return [row[0] for row in state.execute(query, (place,))]

    def _approve(self) -> None:
        for ids in _parts(self._refs("ticket")):
            self._world.hubspot.act(
                do="bulk_edit", ids=ids, properties={"ubm_approval": "approve"}, who=MANAGER
            )

    def _enrol(self) -> None:
        for ids in _parts(self._refs("enrolment")):
            self._world.hubspot.act(do="bulk_move", ids=ids, stage="Enrolled", who=MANAGER)

    def _edit(self, each: int) -> None:
        """Edit ``each`` rows from the top of each sheet, and as many tickets of other rows."""
        for sheet, refs in zip(self._ids, self._row_ids, strict=True):
            edits = [
                {"row": ref, "cells": {"Location Name": f"Renamed store {each}-{count}"}}
                for count, ref in enumerate(refs[:each])
            ]
            self._world.smartsheet.act(do="edit_rows", sheet=sheet, rows=edits)
        changed = {str(ref) for refs in self._row_ids for ref in refs[:each]}
        with closing(sqlite3.connect(self._world.folder / "var" / "state.db")) as state:
            pairs = state.execute(
                "select t.ref, r.ref from observation t join observation r using (sync_id) "
                "where t.place = 'ticket' and r.place = 'row' order by t.sync_id desc"
            ).fetchall()
        tickets = [ticket for ticket, row in pairs if row not in changed]
        for ids in _parts(tickets[: each * len(self._ids)]):
            self._world.hubspot.act(
                do="bulk_edit", ids=ids, properties={"ubm_gl_code": f"GL-{each}"}, who=MANAGER
            )


def _parts(refs: Sequence[str]) -> list[Sequence[str]]:
    return [refs[start : start + TOGETHER] for start in range(0, len(refs), TOGETHER)]


def _calls(emulators: Sequence[Emulator]) -> Counter[str]:
    return sum((emulator.calls() for emulator in emulators), Counter[str]())


def _cpu(emulators: Sequence[Emulator]) -> float:
    return sum(emulator.cpu() for emulator in emulators)

"""kill -9 at any moment ends like no kill at all; SIGTERM ends at once and loses nothing.

The emulators are processes of their own and outlive the service, as the real systems do.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.bench.world import start_emulator
from tests.databases import PostgresServer
from tests.stack import ENROLMENTS, LOCATIONS, ROW

from ubm_sync.app import Application
from ubm_sync.config import Environment, write_customer
from ubm_sync.model import Customer
from ubm_sync.state import open_state

ROOT = Path(__file__).parents[2]
MANAGER, PERSON = "dana@example.com", "jsmith@halsted.example"
SHEETS, DESK = "smartsheet", "hubspot"
ROWS = 60
PATIENCE = 90.0  # seconds


class Scene:
    """Emulators as processes, one customer, and the service as a command."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self._service: subprocess.Popen[bytes] | None = None
        self._emulators = {DESK: start_emulator(DESK, 3), SHEETS: start_emulator(SHEETS, 2)}
        shutil.copytree(ROOT / "config", folder / "config")
        service = folder / "config" / "service.yaml"
        quick = service.read_text(encoding="utf-8").replace("sync_every: 20", "sync_every: 1")
        service.write_text(quick, encoding="utf-8")
        self.variables = {
            "UBM_DATABASE_URL": f"sqlite:///{folder / 'ubm.db'}",
            "UBM_SYNC_STATE_URL": f"sqlite:///{folder / 'state.db'}",
            "UBM_SYNC_CONFIG": str(folder / "config"),
            "UBM_SYNC_MAPPINGS": str(ROOT / "mappings"),
            **variables,
        }
        for emulator in self._emulators.values():
            self.variables |= emulator.variables
        self.env_file = folder / "service.env"
        text = "".join(f"{name}={value}\n" for name, value in self.variables.items())
        self.env_file.write_text(text, encoding="utf-8")
        self.sheet = ""

    def act(self, system: str, who: str, do: str, **order: object) -> Any:
        """Act as a person in one of the systems."""
        return self._emulators[system].act(who=who, do=do, **order)

    def prepare(self) -> None:
        """Set every system up and let the customer enter."""
        self.act(DESK, MANAGER, "add_owner", email=MANAGER, firstName="Dana")
        self.act(SHEETS, PERSON, "add_user", email=PERSON)
        company = self.act(DESK, MANAGER, "create_company", name="Halsted Foods")["id"]
        app = Application(Environment.load({}, self.env_file))
        for connector in app.connectors.values():
            assert all(step.state != "problem" for step in connector.ensure(dry_run=False))
        sheets: Any = app.connectors[SHEETS]
        self.sheet = sheets.create_sheet("Halsted Foods locations", [PERSON])
        app.close()
        customer = Customer(
            "halsted",
            "Halsted Foods",
            company=str(company),
            sheet=self.sheet,
            csm=MANAGER,
            csm_name="Dana Lee",
        )
        write_customer(self.folder / "config" / "customers" / "halsted.yaml", customer)

    def close(self) -> None:
        self.kill()
        for emulator in self._emulators.values():
            emulator.process.terminate()
            emulator.process.communicate()

    # ------------------------------------------------------------------------------- the service

    def start(self) -> None:
        """Start ``ubm-sync run``."""
        command = [sys.executable, "-m", "ubm_sync", "--env-file", str(self.env_file), "run"]
        with (self.folder / "service.log").open("ab") as log:
            self._service = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env=_clean(os.environ)
            )

    def kill(self) -> None:
        """Kill the service; nothing in it may say good-bye."""
        if self._service is not None:
            self._service.kill()
            self._service.wait()
            self._service = None

    def terminate(self) -> tuple[int, float]:
        """Ask the service to stop; return its exit code and the seconds it took."""
        assert self._service is not None
        begun = time.monotonic()
        self._service.send_signal(signal.SIGTERM)
        code = self._service.wait(timeout=PATIENCE)
        self._service = None
        return code, time.monotonic() - begun

    def calls(self) -> int:
        """Return how many requests both emulators have answered."""
        return sum(sum(one.calls().values()) for one in self._emulators.values())

    def writes(self) -> int:
        """Return how many of them wrote something."""
        return sum(
            count
            for emulator in self._emulators.values()
            for route, count in emulator.calls().items()
            if not route.startswith("GET") and not route.endswith(("/search", "/batch/read"))
        )

    def kill_after(self, requests_more: int) -> None:
        """Start the service and kill it once it has sent so many requests."""
        goal = self.calls() + requests_more
        self.start()
        wait_for(lambda: self.calls() >= goal, every=0.002)
        self.kill()

    def rest(self) -> None:
        """Wait until nothing is written for two cycles."""
        last, since = -1, time.monotonic()
        deadline = since + PATIENCE
        while time.monotonic() - since < 3.0:
            assert time.monotonic() < deadline, "the service does not come to rest"
            time.sleep(0.1)
            if (now := self.writes()) != last:
                last, since = now, time.monotonic()

    # ------------------------------------------------------------------------------------- people

    def type_rows(self) -> None:
        rows = [
            {**ROW, "Account Number": f"77{number:06}", "Location Code": f"'{number:04}"}
            for number in range(ROWS)
        ]
        self.act(SHEETS, PERSON, "add_rows", sheet=int(self.sheet), rows=rows)

    def rows(self) -> list[dict[str, str]]:
        seen = self.act(SHEETS, PERSON, "see_sheet", sheet=int(self.sheet))
        return [one["cells"] for one in seen]

    def tickets(self, pipeline: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.act(
            DESK, MANAGER, "find_tickets", pipeline=pipeline, where={}
        )
        return found

    def approve(self) -> None:
        ids = [one["id"] for one in self.tickets(LOCATIONS)]
        values = {"ubm_approval": "approve"}
        self.act(DESK, MANAGER, "bulk_edit", ids=ids, properties=values)

    def enrol(self) -> None:
        ids = [one["id"] for one in self.tickets(ENROLMENTS)]
        self.act(DESK, MANAGER, "bulk_move", ids=ids, stage="Enrolled")


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    ours = ("UBM_", "HUBSPOT_", "SMARTSHEET_")
    return {name: value for name, value in environment.items() if not name.startswith(ours)}


def wait_for(happened: Callable[[], bool], *, every: float = 0.1) -> None:
    """Return once something has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(every)


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Scene]:
    variables = {}
    if database_url.startswith("postgresql"):
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.database() as store:
            variables = {"UBM_SYNC_STATE_URL": database_url, "UBM_DATABASE_URL": store}
            yield from _scene(tmp_path, variables)
    else:
        yield from _scene(tmp_path, variables)


def _scene(folder: Path, variables: Mapping[str, str]) -> Iterator[Scene]:
    scene = Scene(folder, variables)
    try:
        scene.prepare()
        yield scene
    finally:
        scene.close()


def test_a_service_killed_again_and_again_ends_like_one_that_was_not(scene: Scene) -> None:
    chance = random.Random(scene.variables["UBM_SYNC_STATE_URL"].partition(":")[0])  # noqa: S311
    scene.type_rows()
    for _ in range(3):
        scene.kill_after(chance.randrange(1, 10))
    scene.start()
    wait_for(lambda: len(scene.tickets(LOCATIONS)) >= ROWS)
    scene.rest()
    scene.kill()
    scene.approve()
    for _ in range(3):
        scene.kill_after(chance.randrange(1, 12))
    scene.start()
    wait_for(lambda: len(scene.tickets(ENROLMENTS)) >= ROWS)
    scene.rest()
    scene.enrol()
    wait_for(lambda: all(row["Sync Status"] == "Active" for row in scene.rows()))
    scene.rest()
    code, seconds = scene.terminate()

    assert code == 0
    assert seconds < 5
    for pipeline in (LOCATIONS, ENROLMENTS):
        tickets = scene.tickets(pipeline)
        assert len({one["properties"]["ubm_sync_id"] for one in tickets}) == len(tickets) == ROWS
        notes = [Counter(map(str, one["notes"])) for one in tickets]
        assert {many for each in notes for many in each.values()} <= {1}
    rows = scene.rows()
    assert len(rows) == ROWS
    assert len({row["UBM Account ID"] for row in rows}) == ROWS
    by_row = {row["Account Number"]: row["UBM Account ID"] for row in rows}
    assert by_row == {
        one["properties"]["ubm_account_number"]: one["properties"]["ubm_account_id"]
        for one in scene.tickets(LOCATIONS)
    }
    state = open_state(scene.variables["UBM_SYNC_STATE_URL"])
    with state.reading() as tx:
        assert tx.audit.verify() is None
        assert not tx.conflicts.list()
        # The instant of an approval is decided anew after a kill, over the one that landed.
        assert {one.field for one in tx.kept.list()} <= {"approved_at"}
        assert not tx.quarantine.list()
    state.close()


def test_a_service_told_to_stop_in_the_middle_of_its_work_loses_nothing(scene: Scene) -> None:
    scene.type_rows()
    goal = scene.calls() + 3
    scene.start()
    wait_for(lambda: scene.calls() >= goal, every=0.002)
    code, seconds = scene.terminate()

    assert code == 0
    assert seconds < 10
    scene.start()
    wait_for(lambda: all(row["Sync Status"] == "Waiting for CSM" for row in scene.rows()))
    scene.rest()  # and then again while it only waits
    code, seconds = scene.terminate()
    assert code == 0
    assert seconds < 5
    assert len(scene.tickets(LOCATIONS)) == ROWS

"""``ubm-sync run`` as a process: begins at once, takes edits over, survives trouble, stops well."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from tests.system.commands import Office

PASSWORD = "Summer2026!secret"  # typed by a customer into a cell
PATIENCE = 120.0


@contextmanager
def running(office: Office, *words: str) -> Iterator[Service]:
    """Run the service with a cycle every second until the block ends."""
    file = office.run.folder / "config" / "service.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("sync_every: 20 ", "sync_every: 1 "), encoding="utf-8")
    with (office.run.folder / "service.log").open("w") as log:
        process = subprocess.Popen(
            [*office.run.command(*words), "run"],
            cwd=office.run.folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    service = Service(process, office.run.folder / "service.log")
    try:
        yield service
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Service:
    """A running service and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def lines(self) -> list[dict[str, Any]]:
        """Return the log so far; each line must be JSON."""
        text = self._log.read_text(encoding="utf-8")
        return [orjson.loads(line) for line in text.splitlines(keepends=True) if line[-1:] == "\n"]

    def events(self) -> list[str]:
        """Return the events of the log so far."""
        return [line["event"] for line in self.lines()]

    def until(self, met: Callable[[], object]) -> None:
        """Wait until something is so; raises AssertionError where it does not become so."""
        deadline = time.monotonic() + PATIENCE
        while not met():
            assert self.process.poll() is None, self._log.read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < deadline, self._log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)

    def stop(self) -> tuple[int, float]:
        """Ask it to stop; return its exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        return code, time.monotonic() - began


def test_the_service_works_at_once_stops_well_and_tells_no_secret(office: Office) -> None:
    world = office.world
    row = world.type_row({"Notes": f"portal login kim / password: {PASSWORD}"})
    with running(office, "--log-level", "debug") as service:
        service.until(lambda: world.row(row)["Sync Status"] == "Waiting for CSM")
        world.approve(world.ticket(row))
        service.until(lambda: world.row(row)["Sync Status"] == "Setting up")
        code, seconds = service.stop()

    assert code == 0
    assert seconds < 5
    events = service.events()
    assert events[:2] == ["configuration in force", "service started"]
    assert events[-1] == "service stopped"
    assert not any(line["level"] in {"error", "critical"} for line in service.lines())
    assert office.run("status", "--json").json["lag_seconds"] < PATIENCE
    assert office.run("why", "smartsheet", str(row), "notes").code == 0
    folder = office.run.folder
    secrets = [
        PASSWORD,
        *(v for name, v in world.variables.items() if name.endswith(("TOKEN", "SECRET"))),
    ]
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "service.env"]
    told = [
        f"{secret[:4]}... in {path.name}"
        for path in files
        for secret in secrets
        if secret.encode() in path.read_bytes()
    ]
    assert told == []


def test_edits_are_taken_over_and_mistakes_are_not(office: Office) -> None:
    world, run = office.world, office.run
    file = run.folder / "config" / "customers" / "oakmont.yaml"
    good = file.read_text(encoding="utf-8")
    run("customer", "pause", "oakmont")
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        row = world.type_row(client=world.clients[1])
        run("customer", "resume", "oakmont")
        service.until(lambda: world.row(row, world.clients[1])["Sync Status"] == "Waiting for CSM")
        assert "configuration taken over" in service.events()

        file.write_text(good.replace("csm:", "cms:"), encoding="utf-8")
        service.until(lambda: "oakmont.yaml" in _problems(office))
        other = world.type_row({"Account Number": "4471908025"}, world.clients[1])
        service.until(
            lambda: world.row(other, world.clients[1])["Sync Status"] == "Waiting for CSM"
        )

        service_file = run.folder / "config" / "service.yaml"
        text = service_file.read_text(encoding="utf-8")
        service_file.write_text(text.replace("share: 0.3", "shar: 0.3"), encoding="utf-8")
        service.until(lambda: "shar" in _problems(office))
        assert "configuration not taken over" in service.events()
        service_file.write_text(text, encoding="utf-8")
        file.write_text(good, encoding="utf-8")
        service.until(lambda: _problems(office) == "")
        assert service.stop()[0] == 0


def test_a_revoked_token_and_a_dead_server_are_seen_and_heal(office: Office) -> None:
    world, run = office.world, office.run
    good = world.variables
    with running(office) as service:
        service.until(lambda: "cycle done" in service.events())
        run.variables({**good, "HUBSPOT_ACCESS_TOKEN": "pat-na1-revoked"})
        service.until(lambda: "refused the access token" in _problems(office))
        row = world.type_row()
        run.variables({**good, "HUBSPOT_BASE_URL": "http://127.0.0.1:9"})
        service.until(lambda: "cannot be reached" in _problems(office))

        run.variables(good)
        service.until(lambda: world.row(row)["Sync Status"] == "Waiting for CSM")
        service.until(lambda: _problems(office) == "")
        assert service.stop()[0] == 0
    assert len(world.tickets()) == 1


def _problems(office: Office) -> str:
    return " ".join(one["text"] for one in office.run("status", "--json").json["problems"])

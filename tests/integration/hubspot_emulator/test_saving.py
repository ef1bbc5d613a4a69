"""A portal kept in a file, and the command that serves one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from tests.integration.hubspot_emulator.support import Bench, modified_since

from ubm_hubspot.emulator import create
from ubm_hubspot.emulator.__main__ import main
from ubm_hubspot.emulator.saving import FORMAT
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.command import Keeper


def twin(bench: Bench, path: Path) -> Bench:
    """Save the portal and return another that loaded the file."""
    bench.emulator.save(path)
    clock = VirtualClock(bench.clock.now())
    emulator = create(clock=clock, per_ten_seconds=0, search_lag=0.0)
    emulator.load(path)
    return Bench(emulator, clock, "", None, bench.pipeline, bench.stages)


@pytest.fixture
def busy(bench: Bench) -> Bench:
    bench.act("add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    ids = bench.upsert("k1", "k2", "k3", "k4")
    company = bench.act("create_company", name="Acme")["id"]
    bench.client.crm.associations.v4.basic_api.create(
        "tickets",
        ids["k1"],
        "companies",
        company,
        [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 26}],
    )
    bench.act("add_note", id=ids["k1"], text="Hello", who="ann@example.com")
    bench.act("edit_ticket", id=ids["k1"], who="ann@example.com", properties={"content": "x"})
    bench.act("archive_ticket", id=ids["k2"])
    bench.act("merge_tickets", primary=ids["k3"], other=ids["k4"])
    bench.act("drop_option", property="ubm_approval", value="decline")
    bench.client.crm.properties.core_api.archive("tickets", "ubm_approval")
    bench.act("subscribe", url="http://x", subscriptions=[{"type": "ticket.creation"}])
    return bench


def views(bench: Bench) -> list[Any]:
    """Return what the API and people see of everything."""
    shown: list[Any] = [
        bench.call("POST", "/crm/v3/objects/tickets/search", modified_since(0))[1],
        bench.act("find_tickets", where={}),
        bench.act("summary"),
    ]
    history = "propertiesWithHistory=content&associations=companies"
    for path, query in (
        ("objects/tickets", history),
        ("objects/tickets", "archived=true"),
        ("objects/companies", "properties=name"),
        ("objects/notes", "properties=hs_note_body"),
        ("owners", ""),
        ("pipelines/tickets", ""),
        ("properties/tickets", ""),
        ("properties/tickets", "archived=true"),
        ("properties/tickets/groups", ""),
    ):
        shown.append(bench.call("GET", f"/crm/v3/{path}", query=query)[1])
    return shown


def test_a_loaded_portal_shows_what_the_saved_one_showed(busy: Bench, tmp_path: Path) -> None:
    copy = twin(busy, tmp_path / "portal.json")
    assert views(copy) == views(busy)
    assert copy.emulator.webhooks.subscriptions == {("ticket.creation", ""): 90_001}


def test_a_loaded_portal_goes_on_without_repeating_ids(busy: Bench, tmp_path: Path) -> None:
    copy = twin(busy, tmp_path / "portal.json")
    known = {one["id"] for one in copy.act("find_tickets", where={})}
    status, body, _ = copy.call(
        "POST",
        "/crm/v3/objects/tickets/batch/upsert",
        {
            "inputs": [
                {"id": key, "idProperty": "ubm_sync_id", "properties": {"subject": "New"}}
                for key in ("k1", "k9")
            ]
        },
    )
    assert status == 200
    by_key = {one["properties"]["ubm_sync_id"]: one for one in body["results"]}
    assert by_key["k1"]["id"] in known
    assert by_key["k1"]["new"] is False
    assert by_key["k9"]["id"] not in known


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b'{"format": 99}', b'{"format": 1}'])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "portal.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="holds no portal"):
        create().load(path)


def test_a_save_leaves_no_other_file(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "portal.json"
    bench.emulator.save(path)
    bench.emulator.save(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_portal_is_saved_only_after_changes(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "portal.json"
    keeper = Keeper(bench.emulator, path, idle_exit=0.0)
    keeper.save()
    first = path.read_bytes()
    path.unlink()
    keeper.save()
    assert not path.exists(), "nothing changed"
    bench.upsert("k1")
    keeper.save()
    assert path.read_bytes() != first


def test_the_last_change_is_saved_when_told_to_stop(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "portal.json"
    stop = threading.Event()
    stop.set()
    bench.upsert("k1")
    Keeper(bench.emulator, path, idle_exit=0.0).keep(stop)
    copy = create()
    copy.load(path)
    assert copy.act({"do": "find_tickets", "where": {"ubm_sync_id": "k1"}})


def test_the_command_says_why_it_cannot_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "portal.json"
    path.write_text("not json")
    assert main(["--data", str(path)]) == 1
    assert "holds no portal" in capsys.readouterr().err


def serve(path: Path, *more: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ubm_hubspot.emulator", "--port", "0", "--data", str(path), *more],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(3)]
    return process, dict(line.split("=", 1) for line in lines)


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_the_command_keeps_its_portal_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "portal.json"
    process, variables = serve(path)
    url = variables["HUBSPOT_BASE_URL"]
    headers = {"Authorization": f"Bearer {variables['HUBSPOT_ACCESS_TOKEN']}"}
    given = {"properties": {"subject": "Kept"}}
    made = requests.post(
        f"{url}/crm/v3/objects/tickets", json=given, headers=headers, timeout=5
    ).json()
    stop(process)
    assert orjson.loads(path.read_bytes())["format"] == FORMAT
    process, variables = serve(path)
    url = variables["HUBSPOT_BASE_URL"]
    found = requests.get(
        f"{url}/crm/v3/objects/tickets/{made['id']}", headers=headers, timeout=5
    ).json()
    stop(process)
    assert found["properties"]["subject"] == "Kept"


def test_the_command_ends_when_nobody_asks_any_more(tmp_path: Path) -> None:
    path = tmp_path / "portal.json"
    process, _ = serve(path, "--idle-exit", "0.1")
    assert process.wait(timeout=20) == 0
    assert process.stdout is not None
    process.stdout.close()
    assert path.exists()

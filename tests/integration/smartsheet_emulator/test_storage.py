from __future__ import annotations

import signal
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import requests
from tests.integration.smartsheet_emulator.playground import (
    ANN,
    Book,
    Playground,
    Server,
    opened,
    played,
)

from ubm_smartsheet.emulator import create


def filled(play: Playground) -> Book:
    book = opened(play)
    first, second, third = book.add(
        {"location_code": "0412", "state": "IL", "online": True},
        {"location_code": 7, "contact": ANN},
        {"location_code": "gone"},
    )
    play.raw("PUT", f"{book.path}/rows", {"id": second, "parentId": first, "locked": True})
    play.act("edit_row", who=ANN, sheet=book.id, row=first, cells={"State": "WI"})
    play.act("comment", who=ANN, sheet=book.id, row=first, text="Hello")
    play.act("delete_row", sheet=book.id, row=third)
    play.act("copy_sheet", sheet=book.id, name="Copy")
    hook = {
        "name": "rows",
        "callbackUrl": "https://sync.example/hook",
        "scope": "sheet",
        "scopeObjectId": book.id,
        "events": ["*.*"],
        "version": 1,
    }
    play.raw("POST", "/webhooks", hook)
    return book


def everything(play: Playground, book: Book) -> list[bytes]:
    first = book.read()["rows"][0]["id"]
    history = f"{book.path}/rows/{first}/columns/{book.columns['State']}/history"
    query = "level=2&include=objectValue,writerInfo,source,discussions,sheetVersion,comments"
    paths = ["/users", "/sheets", book.path, history, f"{book.path}/discussions", "/webhooks"]
    return [play.raw("GET", path, query=query).body for path in paths]


def test_a_saved_state_comes_back_whole(tmp_path: Path) -> None:
    play = Playground(played(), "")
    book = filled(play)
    path = tmp_path / "new folder" / "sheets.state"
    play.emulator.save(path)

    again = Playground(played(), "")
    again.emulator.load(path)
    other = Book(again, book.id, book.columns)

    assert everything(again, other) == everything(play, book)
    assert again.token == play.token
    assert [file.name for file in path.parent.iterdir()] == ["sheets.state"]


def test_play_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    play = Playground(played(), "")
    book = filled(play)
    play.emulator.save(tmp_path / "state")
    again = Playground(played(), "")
    again.emulator.load(tmp_path / "state")
    other = Book(again, book.id, book.columns)

    assert other.add({"location_code": "next"}) == book.add({"location_code": "next"})
    assert other.read() == book.read()


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b'{"form":0}\n')

    with pytest.raises(ValueError, match="another version"):
        played().load(tmp_path / "state")


def test_the_entry_point_makes_an_emulator() -> None:
    (entry,) = entry_points(group="ubm_sync.emulators", name="smartsheet")

    emulator = entry.load()(seed=1, per_minute=5)

    assert emulator.name == "smartsheet"
    assert emulator.switches.per_minute == 5
    with pytest.raises(TypeError):
        create(no_such_switch=1)


def started(data: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    command = [sys.executable, "-m", "ubm_smartsheet.emulator", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines = [process.stdout.readline().strip() for _ in range(2)]
    return process, dict(line.split("=", 1) for line in lines)


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with Server(played()) as server:
        command = [
            sys.executable,
            "-m",
            "ubm_smartsheet.emulator",
            "--port",
            server.url.rpartition(":")[2],
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("The emulator cannot start: ")
    assert done.stderr.count("\n") == 1


def test_the_command_serves_until_interrupted_and_keeps_its_data(tmp_path: Path) -> None:
    data = tmp_path / "state"
    process, environment = started(data)
    base, token = environment["SMARTSHEET_BASE_URL"], environment["SMARTSHEET_ACCESS_TOKEN"]
    assert base.endswith("/2.0")
    body = {"name": "Kept", "columns": [{"title": "N", "type": "TEXT_NUMBER", "primary": True}]}
    headers = {"Authorization": f"Bearer {token}"}
    requests.post(f"{base}/sheets", json=body, headers=headers, timeout=5).raise_for_status()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 0

    process, environment = started(data)
    listed = requests.get(
        f"{environment['SMARTSHEET_BASE_URL']}/sheets", headers=headers, timeout=5
    ).json()
    process.terminate()
    process.communicate(timeout=10)

    assert [sheet["name"] for sheet in listed["data"]] == ["Kept"]

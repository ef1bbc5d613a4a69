"""The commands about disconnections: with nothing there, unreachable systems, a narrow screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.stack import ROOT
from tests.system.commands import Terminal

from ubm_sync.clock import SystemClock
from ubm_sync.disconnection.values import Category, DeadlineKind
from ubm_sync.dispatch.unrouted import LOOKED
from ubm_sync.routing.case import Case, case_id
from ubm_sync.state import State, open_state

NOBODY_THERE = "http://127.0.0.1:9"


@pytest.fixture
def run(tmp_path: Path) -> Terminal:
    for name in ("config", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    terminal = Terminal(tmp_path)
    terminal.variables(
        {
            "UBM_DATABASE_URL": f"sqlite:///{tmp_path / 'ubm.db'}",
            "UBM_SYNC_STATE_URL": f"sqlite:///{tmp_path / 'state.db'}",
            "HUBSPOT_BASE_URL": NOBODY_THERE,
            "HUBSPOT_ACCESS_TOKEN": "x",
            "SMARTSHEET_BASE_URL": NOBODY_THERE,
            "SMARTSHEET_ACCESS_TOKEN": "y",
        }
    )
    return terminal


@pytest.fixture
def state(run: Terminal) -> Iterator[State]:
    state = open_state(f"sqlite:///{run.folder / 'state.db'}", SystemClock())
    yield state
    state.close()


def test_with_nothing_there_they_say_so(run: Terminal) -> None:
    assert "Disconnections: none" in run("disconnections", "list").out
    assert run("disconnections", "list", "--json").json == []
    unrouted = run("report", "unrouted")
    assert (unrouted.code, unrouted.out.strip()) == (0, "Unrouted: 0")
    missing = run("disconnections", "show", "4711")
    assert missing.code != 0
    assert "`ubm-sync disconnections list --all`" in " ".join(missing.text.split())


def test_a_service_that_does_not_run_is_no_good_news(run: Terminal, state: State) -> None:
    with state.transaction() as tx:
        tx.meta.put(LOOKED, (datetime.now(UTC) - timedelta(hours=9)).isoformat())
    told = run("report", "unrouted")
    assert told.code == 3
    assert "The help desk" in told.text
    assert "it was not read since" in " ".join(told.text.split())


def test_on_a_narrow_screen_ids_are_whole(
    run: Terminal, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    case = Case(
        case_id("ticket:18840000063"),
        "ticket:18840000063",
        Category.URGENT,
        datetime.now(UTC),
        deadline=date(2026, 12, 8),
        deadline_kind=DeadlineKind.STATED,
        pay_by=date(2026, 12, 4),
        numbers=("4471908023",),
        vendor="ComEd",
        ticket="18840000063",
        owner="somebody@example.com",
    )
    with state.transaction() as tx:
        tx.disconnections.save([case])
    lines = run("disconnections", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    (row,) = [line for line in lines if case.name in line]
    assert "18840000063" in row
    assert "Fri 12/04" in row

"""The chapters of the demo with clocks of their own: what they show really happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stack import ROOT
from tests.system.commands import Terminal

from ubm_sync.demo.desk_tale import START as MONDAY
from ubm_sync.demo.help_desk import HelpDesk
from ubm_sync.demo.hundred_days import PAGES, START, HundredDays
from ubm_sync.demo.story import StepFailed
from ubm_sync.demo.virtual import VirtualStage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[VirtualStage]:
    with VirtualStage(tmp_path / "onboarding", START) as stage:
        stage.open(ROOT / "config", ROOT / "mappings")
        yield stage


def test_a_hundred_days_come_to_what_they_must_and_the_page_says_why(
    stage: VirtualStage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    HundredDays(stage).tell()
    said = capsys.readouterr().out
    run = Terminal(tmp_path)
    answer = run.plain("--env-file", str(stage.env_file), "delays", "list", "--json").json
    whole = run.plain("--env-file", str(stage.env_file), "verify-log")
    page = (stage.folder / PAGES / "riverbend.html").read_text(encoding="utf-8")

    assert "ok  day 100: 25 of the client alone, 8 shared, net 75" in said
    assert said.count("note on the ticket: Client-caused delay opened") == 3
    assert said.count("note on the ticket: Delay closed") == 5
    (riverbend,) = answer["onboardings"]
    assert (riverbend["gross_days"], riverbend["client_exclusive"], riverbend["net_days"]) == (
        100, 25, 75
    )  # fmt: skip
    assert whole.code == 0
    assert "60 bill copies requested 9/3, due 9/10, received 10/1." in page


def test_what_does_not_happen_ends_the_demo(stage: VirtualStage) -> None:
    rules = stage.folder / "config" / "delays.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("CL-DOCS: {on: true", "CL-DOCS: {on: false"), encoding="utf-8")

    with pytest.raises(StepFailed, match=r"On day 9 this was not so: .*they are late"):
        HundredDays(stage).tell()


def test_five_notices_reach_somebody_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with VirtualStage(tmp_path / "desk", MONDAY) as stage:
        stage.open(ROOT / "config", ROOT / "mappings")
        HelpDesk(stage).tell()
        run = Terminal(tmp_path)
        env = ("--env-file", str(stage.env_file))
        listed = run.plain(*env, "disconnections", "list", "--all", "--json").json
        shown = run.plain(*env, "disconnections", "show", listed[0]["name"])
        left = run.plain(*env, "report", "unrouted")
        whole = run.plain(*env, "verify-log")
    said = capsys.readouterr().out

    assert "ok  the daily check: unrouted 0" in said
    assert said.count("note: Acknowledged: ") == 5
    assert [one["outcome"] for one in listed].count("acknowledged") == 5
    assert {one["category"] for one in listed} == {"urgent_disconnect", "close_account"}
    assert "What happened" in shown.out
    assert (left.code, left.out) == (0, "Unrouted: 0\n")
    assert whole.code == 0


def test_a_notice_nobody_gets_ends_the_demo(tmp_path: Path) -> None:
    with VirtualStage(tmp_path / "desk", MONDAY) as stage:
        stage.open(ROOT / "config", ROOT / "mappings")
        lane = stage.folder / "config" / "disconnections.yaml"
        text = lane.read_text(encoding="utf-8")
        lane.write_text(text.replace("first: 30", "first: 300"), encoding="utf-8")
        with pytest.raises(StepFailed, match=r"10:31: priya\.nair@example\.com is told"):
            HelpDesk(stage).tell()

"""``delays.yaml``: every rule can be changed, nothing must be, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.config.folders import Folders, make

from ubm_sync.config import DelaySettings, load_configuration
from ubm_sync.delays.codes import CODES, Party
from ubm_sync.delays.rules import Clock, CodeRule, DelayRules, StageRule

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return make(tmp_path)


def write(folders: Folders, text: str) -> DelaySettings:
    (folders.root / "config" / "delays.yaml").write_text(text, encoding="utf-8")
    return folders.load().delays


def test_without_the_file_everything_is_as_the_rules_have_it(folders: Folders) -> None:
    assert folders.load().delays == DelaySettings(DelayRules())


def test_the_file_that_is_shipped_says_what_is_so_anyway() -> None:
    shipped = load_configuration(ROOT / "config", ROOT / "mappings").delays

    assert shipped == DelaySettings()
    text = (ROOT / "config" / "delays.yaml").read_text()
    assert all(f"{key}:" in text for key in (*CODES, *DelayRules().stages))


def test_only_what_is_named_is_changed(folders: Folders) -> None:
    found = write(
        folders,
        "goal_days: 75\n"
        "deduct_concurrent: true\n"
        "codes:\n"
        "  CL-NOREPLY: {threshold: 5}\n"
        "  IN-PRIORITY: {on: false, party: vendor}\n"
        "stages:\n"
        "  account_setup: {longest: null}\n"
        "  quality_check: {clock: internal, longest: 4}\n",
    ).rules

    usual = DelayRules()
    assert (found.goal_days, found.deduct_concurrent, found.day_ends) == (75, True, usual.day_ends)
    assert found.codes["CL-NOREPLY"] == CodeRule(True, 5, Party.CLIENT)
    assert found.codes["IN-PRIORITY"] == CodeRule(False, 0, Party.VENDOR)
    assert found.codes["CL-DOCS"] == usual.codes["CL-DOCS"]
    assert found.stages["account_setup"] == StageRule(Clock.INTERNAL, None)
    assert found.stages["quality_check"] == StageRule(Clock.INTERNAL, 4)
    assert found.stages["live"] == usual.stages["live"]


def test_the_digest_changes_with_the_rules_and_not_with_the_goal(folders: Folders) -> None:
    usual = write(folders, "goal_days: 90\n").digest

    assert write(folders, "goal_days: 100\n").digest == usual
    assert write(folders, "day_ends: 18\n").digest != usual
    assert write(folders, "codes: {CL-DOCS: {threshold: 3}}\n").digest != usual


def test_the_address_of_a_page_names_customer_and_ticket(folders: Folders) -> None:
    found = write(folders, 'log_url: "https://r.example/{customer}.html#{ticket}"\n')

    assert found.address("halsted", "501") == "https://r.example/halsted.html#501"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("goal: 90\n", 1, 1, 'unknown key "goal"'),
        ("goal_days: ninety\n", 1, 12, "a whole number belongs here"),
        ("day_ends: 24\n", 1, 11, "this must be at most 23"),
        ("codes:\n  CL-NOREPY: {on: false}\n", 2, 3, 'did you mean "CL-NOREPLY"?'),
        ("codes:\n  CL-DOCS: {threshold: -1}\n", 2, 24, "this must be at least 0"),
        ("codes:\n  CL-DOCS: {party: customer}\n", 2, 20, '"customer" is not one of'),
        ("codes:\n  CL-DOCS: {on: maybe}\n", 2, 17, "true or false belongs here"),
        ("stages:\n  live: {clok: nobody}\n", 2, 10, 'did you mean "clock"?'),
        ("log_url: reports\n", 1, 10, "begins with https://"),
        ('log_url: "https://r.example/{name}"\n', 1, 10, '"{name}" is not known here'),
        ("- 1\n", 1, 1, "a block of keys belongs here"),
        ("", 1, 1, "this file is empty"),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    folders: Folders, text: str, line: int, column: int, message: str
) -> None:
    (folders.root / "config" / "delays.yaml").write_text(text, encoding="utf-8")
    (flaw,) = folders.flaws()

    assert (flaw.file, flaw.line, flaw.column) == ("config/delays.yaml", line, column)
    assert message in flaw.message


def test_a_stage_the_mapping_does_not_have_is_named(tmp_path: Path) -> None:
    folders = make(tmp_path)
    shipped = (ROOT / "mappings" / "onboarding.yaml").read_text()
    (tmp_path / "mappings" / "onboarding.yaml").write_text(shipped.replace("hubspot", "desk", 1))
    (tmp_path / "config" / "delays.yaml").write_text("stages:\n  acount_setup: {longest: 3}\n")
    (flaw,) = folders.flaws()

    assert flaw.line == 2
    assert 'there is no stage in the mapping "acount_setup"; did you mean' in flaw.message

"""``report`` as people use it: a table, one document, one sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.system.commands import Terminal

ROWS = (
    "id,label,subject,body,notes\n"
    "1,urgent_disconnect,Gas,ComEd will shut off the power on 12/01.,deadline=2026-12-01\n"
    "2,urgent_disconnect,Lunch,See you at noon.,\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Terminal:
    terminal = Terminal(tmp_path)
    terminal.variables({})
    (tmp_path / "labelled.csv").write_text(ROWS, encoding="utf-8")
    return terminal


def test_without_a_name_the_reports_are_listed(run: Terminal) -> None:
    done = run("report")

    assert done.code == 0
    assert "disconnection-quality" in done.out


def test_the_table_names_what_was_missed(run: Terminal) -> None:
    done = run("report", "disconnection-quality", "labelled.csv", "--deadlines")

    assert done.code == 0
    assert "noticed (urgent or possible): 1 of 2 (50.0%)" in done.out
    assert "Lunch" in done.out
    assert "deadline as the notes say: 1 of 1" in done.out


def test_the_same_for_programs(run: Terminal) -> None:
    done = run("report", "disconnection-quality", "labelled.csv", "--json")

    assert done.json["recall"] == {"count": 1, "of": 2, "rate": 0.5}
    assert [one["id"] for one in done.json["misses"]] == ["2"]


def test_the_configured_phrases_are_read_with(run: Terminal) -> None:
    folder = run.folder / "config"
    folder.mkdir()
    text = 'phrases: {cut-hard: ["see you"]}\nweights: {cut: 0.9}\nthresholds: {rules_insist: 0}\n'
    (folder / "disconnection_phrases.yaml").write_text(text, encoding="utf-8")

    done = run("report", "disconnection-quality", "labelled.csv", "--json")

    assert done.json["recall"]["count"] == 2


def test_what_is_wrong_with_the_phrases_is_said(run: Terminal) -> None:
    folder = run.folder / "config"
    folder.mkdir()
    (folder / "disconnection_phrases.yaml").write_text("phrases: {cut-hart: [x]}\n", "utf-8")

    done = run("report", "disconnection-quality", "labelled.csv")

    assert done.code == 1
    assert 'did you mean "cut-hard"' in done.err


def test_a_file_that_is_not_there_is_one_sentence(run: Terminal) -> None:
    done = run("report", "disconnection-quality", "nothing.csv")

    assert done.code == 1
    assert done.err == (
        "nothing.csv cannot be read (No such file or directory); give the path of a CSV file.\n"
    )

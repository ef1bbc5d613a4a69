"""No mistake of the corpus passes, and each is named where it stands; no good file is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.doctor.corpus import BAD, GOOD, LOCATIONS, Slip, changed, folder

from ubm_sync.app import Application
from ubm_sync.clock import VirtualClock
from ubm_sync.config import Environment, examine_coverage
from ubm_sync.errors import ConfigError, Flaw

NOW = datetime(2026, 12, 1, 16, tzinfo=UTC)


def flaws_of(root: Path) -> list[Flaw]:
    """Return what is wrong with the files under ``root``, with paths relative to it."""
    variables = {
        "UBM_SYNC_CONFIG": str(root / "config"),
        "UBM_SYNC_MAPPINGS": str(root / "mappings"),
    }
    app = Application(Environment(variables, {}), clock=VirtualClock(NOW), tolerant=False)
    try:
        found = app.configuration
        flaws = examine_coverage(found.coverage, found.coverage_source, found.customers, NOW)
    except ConfigError as error:
        flaws = list(error.flaws)
    return [
        Flaw(str(Path(one.file).relative_to(root)), one.line, one.column, one.message)
        for one in flaws
    ]


def apply(root: Path, slip: Slip) -> tuple[int, int]:
    """Make the slip in the files under ``root``; return where its mark stood."""
    path = root / slip.file
    text, line, column = changed(path.read_text(encoding="utf-8"), slip)
    path.write_bytes(text.encode())
    return line, column


@pytest.mark.parametrize("name", BAD)
def test_a_slip_is_named_where_it_stands(tmp_path: Path, name: str) -> None:
    slip = BAD[name]
    where = apply(folder(tmp_path), slip)
    if name == "a direction against its writers":
        path = tmp_path / LOCATIONS
        text = path.read_text()
        path.write_text(text.replace("ticket: ubm_zip", "ticket: {name: ubm_zip, direction: out}"))

    flaws = flaws_of(tmp_path)

    assert flaws
    assert any(slip.words in flaw.message for flaw in flaws), flaws
    if where != (0, 0):
        assert any((one.file, one.line, one.column) == (slip.file, *where) for one in flaws), flaws
    assert all(one.line > 0 for one in flaws), flaws
    assert all("\n" not in one.message for one in flaws), flaws
    assert not any("0123abcd-4567" in one.message for one in flaws), flaws


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_not_refused(tmp_path: Path, name: str) -> None:
    apply(folder(tmp_path), GOOD[name])

    assert flaws_of(tmp_path) == []


@pytest.mark.parametrize("text", ["---\n", "null\n", "~\n", "# nothing\n", ""])
def test_a_file_that_says_nothing_is_no_customer(tmp_path: Path, text: str) -> None:
    (folder(tmp_path) / "config/customers/bakery.yaml").write_text(text, encoding="utf-8")

    assert [str(one) for one in flaws_of(tmp_path)] == [
        "config/customers/bakery.yaml:1:1: this file is empty; fill it in or delete it"
    ]


def test_a_file_of_another_kind_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = folder(tmp_path) / "config/customers/bakery.yaml"
    path.write_bytes(b"closures:\n" + b"- 2026-12-24\n" * 100_000)

    (flaw,) = flaws_of(tmp_path)

    assert "this file is too large (1.3 MB of at most 0.5 MB)" in flaw.message


def test_a_link_to_nothing_and_another_ending_are_named_and_editors_notes_are_not(
    tmp_path: Path,
) -> None:
    customers = folder(tmp_path) / "config/customers"
    (customers / "bakery.yaml").symlink_to(tmp_path / "gone.yaml")
    (customers / "diner.YAML").write_text("key: diner\n", encoding="utf-8")
    (customers / ".halsted.yaml").write_text("key: [", encoding="utf-8")

    assert [(one.file, one.message) for one in flaws_of(tmp_path)] == [
        ("config/customers/bakery.yaml", "this link leads to no file; delete or correct it"),
        ("config/customers/diner.YAML", "this file is not read; rename it to .yaml"),
    ]


def test_what_is_wrong_with_a_step_is_said_once(tmp_path: Path) -> None:
    row = "row: {name: ZIP, settings: {column: TEXT_NUMBER, width: 80}}"
    slip = Slip(LOCATIONS, row, row.replace("ZIP,", "ZIP, transform: [{zero_pad: §0}],"))
    line, column = apply(folder(tmp_path), slip)

    assert flaws_of(tmp_path) == [
        Flaw(LOCATIONS, line, column, "this must be at least 1 (found 0)")
    ]


@pytest.mark.parametrize(
    ("halsted", "acme", "words"),
    [
        ("drop", "./drop/", "is also in"),
        ("drop", "drop/archive", "lies inside the other"),
        ("drop/acme", "drop", "lies inside the other"),
        ("drop", "link", "through a link; each customer has its own"),
        ("drop/acme", "link", "lies inside the other through a link"),
        ("link/acme", "drop", "lies inside the other through a link"),
    ],
)
def test_no_customers_folder_lies_in_another_ones(
    tmp_path: Path, halsted: str, acme: str, words: str
) -> None:
    root = folder(tmp_path)
    (root / "config/customers/drop").mkdir()
    (root / "config/customers/link").symlink_to("drop")
    for name, place in (("halsted", halsted), ("acme", acme)):
        path = root / f"config/customers/{name}.yaml"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(("sheet:", "intake:"))]
        path.write_text("\n".join([*kept, "intake: csv", f"folder: {place}", ""]))

    found = flaws_of(root)

    assert [one.file for one in found] == [
        "config/customers/acme.yaml", "config/customers/halsted.yaml"
    ]  # fmt: skip
    assert all(words in one.message for one in found)


def test_the_corpora_are_large_enough() -> None:
    assert len(BAD) >= 60
    assert len(GOOD) >= 20

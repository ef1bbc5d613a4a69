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


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_not_refused(tmp_path: Path, name: str) -> None:
    apply(folder(tmp_path), GOOD[name])

    assert flaws_of(tmp_path) == []


def test_the_corpora_are_large_enough() -> None:
    assert len(BAD) >= 60
    assert len(GOOD) >= 20

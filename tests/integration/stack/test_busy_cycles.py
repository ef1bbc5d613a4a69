"""A cycle that writes many records: counts, notes and delays follow in the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.stack import ONBOARDINGS, Stack

ROWS = 12


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack") as stack:
        stack.engine.settings = replace(stack.engine.settings, busy_from=ROWS // 2)
        yield stack


def test_a_first_sync_of_many_records_rests_after_two_cycles(stack: Stack) -> None:
    """Promise 1: at most two cycles write after the last edit, however many records there are."""
    for number in range(ROWS):
        stack.type_row({"Account Number": f"44719080{number:02}"})

    reports = [stack.cycle() for _ in range(4)]

    assert [sum(one.landed.values()) > 0 for one in reports] == [True, True, False, False]
    assert [one.notes for one in reports] == [0, ROWS, 0, 0]
    told = [one["properties"] for one in stack.tickets(ONBOARDINGS)]
    assert [one["ubm_client_delay_days"] for one in told] == ["0", "0"]

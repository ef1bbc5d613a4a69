"""What the sheet itself says about rows that listings do not show."""

from __future__ import annotations

import pytest
from tests.integration.smartsheet_connector.world import World

from ubm_smartsheet.settings import read_settings
from ubm_sync.emulation.faults import Fault
from ubm_sync.ports import ProvesAbsence


def deleted(world: World, *rows: str) -> None:
    for row in rows:
        world.act("delete_row", sheet=int(world.sheet), row=int(row))


def test_only_rows_that_are_not_there_are_proven_absent() -> None:
    world = World()
    rows = world.load(5)
    world.observe(full=True)
    deleted(world, *rows[:2])

    assert isinstance(world.connector, ProvesAbsence)
    assert world.connector.absent("row", world.sheet, rows) == frozenset(rows[:2])


def test_a_row_that_a_list_leaves_out_is_asked_for_alone() -> None:
    world = World()
    rows = world.load(3)
    world.observe(full=True)
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$", times=None)

    assert world.connector.absent("row", world.sheet, rows) == frozenset()


def test_of_a_great_many_rows_only_some_are_tried() -> None:
    world = World()
    rows = world.load(250)
    world.observe(full=True)
    deleted(world, *rows)
    before = world.calls

    assert world.connector.absent("row", world.sheet, rows) == frozenset(rows)
    tried = read_settings({}).rows_proven
    assert world.calls - before == 3 + tried + 1


def test_a_list_that_was_wrong_about_a_great_many_proves_nothing() -> None:
    world = World()
    rows = world.load(30)
    world.observe(full=True)
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$", times=None)

    assert world.connector.absent("row", world.sheet, rows) is None


@pytest.mark.parametrize("status", [403, 404])
def test_a_sheet_out_of_reach_says_nothing_about_its_rows(status: int) -> None:
    world = World(lost_access=status)
    rows = world.load(2)
    world.observe(full=True)
    world.act("lose_access", sheet=int(world.sheet))

    assert world.connector.absent("row", world.sheet, rows) is None


def test_a_sheet_of_no_customer_says_nothing() -> None:
    assert World().connector.absent("row", "1", ["2"]) is None


def test_a_sheet_is_listed_in_full_where_that_is_asked_for() -> None:
    world = World()
    world.load(2)
    world.observe(full=True)
    assert not world.observe().complete
    world.connector.list_again("row", world.sheet)
    again = world.connect()
    again.resume(world.connector.cursor())  # a new process does not forget it
    world.connector = again

    assert world.observe().complete == {world.sheet}
    assert not world.observe().complete

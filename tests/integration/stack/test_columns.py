"""What administrators do to a sheet's columns is never taken for customers emptying their cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.stack import Stack

from ubm_sync.config import set_paused

COLUMN = "GL / Cost Center"


def make_anew(stack: Stack) -> None:
    """Delete a column and add it again, as an administrator does: it is empty then."""
    stack.admin_does("delete_column", title=COLUMN)
    stack.admin_does("add_column", column={"title": COLUMN, "type": "TEXT_NUMBER"})


def test_a_column_deleted_and_added_anew_between_two_cycles_gets_its_values_back(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path) as stack:
        row = stack.type_row()
        stack.settle()
        stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
        stack.settle()
        make_anew(stack)
        stack.settle()

        assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
        assert stack.row(row)[COLUMN] == "7000"


def test_so_does_one_deleted_and_added_anew_while_its_customer_was_paused(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path) as stack:
        row = stack.type_row()
        stack.settle()
        stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
        stack.settle()
        customer = stack.folder / "config" / "customers" / f"{stack.clients[0].key}.yaml"
        set_paused(customer, paused=True)
        stack.stop()
        stack.settle()
        make_anew(stack)
        stack.edit_row(row, {"City": "Elgin"})
        stack.settle()
        set_paused(customer, paused=False)
        stack.stop()
        stack.settle()

        assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
        assert (stack.row(row)[COLUMN], stack.row(row)["City"]) == ("7000", "Elgin")
        assert stack.ticket()["properties"]["ubm_city"] == "Elgin"


@pytest.mark.parametrize("missed", [False, True])
def test_a_column_of_ours_that_was_added_anew_is_nobody_s_edit(
    tmp_path: Path, *, missed: bool
) -> None:
    words = ["Not requested", "Requested", "Enrolled", "Problem"]
    column = {"title": "Data Services", "type": "PICKLIST", "options": words, "locked": True}
    with Stack(tmp_path) as stack:
        row = stack.type_row()
        stack.settle()
        before = stack.row(row)
        stack.admin_does("delete_column", title="Data Services")
        if missed:
            stack.settle()
        stack.admin_does("add_column", column=column)
        stack.settle()

        after = stack.row(row)
        assert after["Data Services"] == before["Data Services"]
        assert after["Sync Message"] == before["Sync Message"]


def test_what_is_typed_into_the_new_column_at_once_counts(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        row = stack.type_row({COLUMN: "6410"})
        stack.settle()
        make_anew(stack)
        stack.edit_row(row, {COLUMN: "7000"})
        stack.settle()

        assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
        assert stack.row(row)[COLUMN] == "7000"


def test_a_ticket_made_while_a_property_was_missing_has_the_value_once_it_is_back(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path) as stack:
        stack.type_row()
        stack.settle()
        stack.drop_property("ubm_gl_code")
        stack.edit_ticket(stack.ticket(), ubm_address_2="Suite 2")
        stack.settle()
        assert any("ubm_gl_code" in one for one in stack.problems())
        row = stack.type_row({COLUMN: "6410", "Account Number": "4471908099"})
        stack.settle()
        assert "ubm_gl_code" not in stack.ticket(row)["properties"]

        stack.set_up()
        stack.cycle()  # finds it back, so that everything is read in the next one
        stack.settle()

        assert stack.ticket(row)["properties"]["ubm_gl_code"] == "6410"
        assert stack.row(row)[COLUMN] == "6410"

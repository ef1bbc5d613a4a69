"""Rows, sheets and tickets that are not there any more, over the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stack import ONBOARDINGS, Stack

CUSTOMER = "halsted"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack") as stack:
        yield stack


def pass_time(stack: Stack, minutes: int) -> int:
    """Run a cycle each minute; return how many rows became a question."""
    return sum(stack.cycle().vanished for _ in range(minutes))


def questions(stack: Stack) -> int:
    """Return how often managers were asked about a vanished row."""
    return sum(str(one["notes"]).count("We kept everything") for one in stack.tickets())


def statuses(stack: Stack) -> dict[str, str]:
    """Return the status of each record, by its label."""
    with stack.app.state.reading() as tx:
        ids = [sync_id for sync_id, _ in tx.observations.all_of("ticket")]
        records = tx.records.load(ids).values()
        return {one.label: one.status for one in records if one.kind == "location"}


def test_the_manager_is_asked_once_and_may_close_the_account(stack: Stack) -> None:
    row = stack.type_row()
    stack.type_row({"Account Number": "4471908099"})
    stack.activate(row)
    ticket = stack.ticket(row)
    stack.sheet_does("delete_row", row=row)

    assert pass_time(stack, 9) == 0
    assert pass_time(stack, 4) == 1
    assert pass_time(stack, 10) == 0
    assert questions(stack) == 1
    stack.edit_ticket(ticket, ubm_row_decision="close")
    stack.settle()
    assert statuses(stack)["LOC-00001"] == "Closing"
    asked = [one for one in stack.tickets("Data Services") if one["stage"] == "Requested"]
    stack.enrol(*asked)
    stack.settle()
    assert statuses(stack)["LOC-00001"] == "Closed"
    assert [one["status"] for one in stack.accounts()] == ["closed"]


def test_a_restored_row_withdraws_the_question_and_goes_on(stack: Stack) -> None:
    row = stack.type_row()
    stack.type_row({"Account Number": "4471908099"})
    stack.activate(row)
    ticket = stack.ticket(row)["id"]
    stack.sheet_does("delete_row", row=row)
    pass_time(stack, 15)
    assert questions(stack) == 1
    back = stack.sheet_does("restore_row", row=row)["row"]
    stack.settle()

    assert stack.row(back)["Sync Status"] == "Active"
    assert stack.ticket_id(back) == ticket
    assert "is back" in str([one["notes"] for one in stack.tickets() if one["id"] == ticket])
    stack.edit_row(back, {"GL / Cost Center": "6410"})
    stack.settle()
    assert pass_time(stack, 15) == 0
    assert len(stack.accounts()) == 1
    assert {one["gl_code"] for one in stack.accounts()} == {"6410"}


def test_a_row_restored_after_the_mapping_changed_is_told_what_it_missed(stack: Stack) -> None:
    row = stack.type_row()
    stack.type_row({"Account Number": "4471908099"})
    stack.settle()
    stack.edit_ticket(stack.ticket(row), ubm_notes="call first")
    stack.sheet_does("delete_row", row=row)
    stack.cycle()

    mapping = stack.folder / "mappings" / "locations.yaml"
    mapping.write_text(mapping.read_text().replace("label: GL / cost center", "label: GL code"))
    stack.stop()
    stack.cycle()
    back = stack.sheet_does("restore_row", row=row)["row"]
    stack.settle()

    assert stack.row(back)["Notes"] == "call first"


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("moves", [True, False])
def test_a_row_restored_at_once_is_no_question(tmp_path: Path, *, keeps: bool, moves: bool) -> None:
    switches = {"smartsheet": {"restored_rows_keep_ids": keeps, "delete_moves_version": moves}}
    with Stack(tmp_path / "stack", switches=switches) as stack:
        row = stack.type_row()
        stack.type_row({"Account Number": "4471908099"})
        stack.settle()
        ticket = stack.ticket(row)["id"]
        stack.sheet_does("delete_row", row=row)
        pass_time(stack, 3)
        back = stack.sheet_does("restore_row", row=row)["row"]

        assert pass_time(stack, 20) == 0
        stack.cycle(full=True)
        assert stack.ticket_id(back) == ticket
        assert len(stack.tickets()) == 2


def test_many_deleted_rows_are_one_question_that_a_list_answers(stack: Stack) -> None:
    rows = [stack.type_row({"Account Number": f"44719080{n:02}"}) for n in range(20)]
    stack.settle()
    tickets = {row: stack.ticket(row) for row in rows[:12]}
    for row in rows[:12]:
        stack.sheet_does("delete_row", row=row)
    assert pass_time(stack, 15) == 12

    assert questions(stack) == 0
    told = [text for text in stack.problems() if "12 rows of Halsted Foods vanished" in text]
    assert len(told) == 1
    notes = [one["notes"] for one in stack.tickets(ONBOARDINGS)]
    assert str(notes).count("12 rows of Halsted Foods vanished") == 1
    ids = [one["id"] for one in tickets.values()]
    stack.desk("bulk_edit", ids=ids[:11], properties={"ubm_row_decision": "close"})
    stack.desk("bulk_edit", ids=ids[11:], properties={"ubm_row_decision": "keep"})
    stack.settle()

    assert stack.problems() == []
    assert sorted(one["stage"] for one in stack.tickets()).count("Not accepted") == 11


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("loses", "gets_back"), [("lose_access", "regain_access"), ("revoke_token", "restore_token")]
)
def test_what_is_out_of_reach_loses_no_row(
    tmp_path: Path, loses: str, gets_back: str, status: int
) -> None:
    switches = {"smartsheet": {"lost_access": status}}
    with Stack(tmp_path / "stack", switches=switches) as stack:
        row, other = stack.type_row(), stack.type_row({"Account Number": "4471908099"})
        stack.settle()
        stack.admin_does(loses)
        pass_time(stack, 15)
        stack.cycle(full=True)

        assert len(stack.problems()) == 1
        with stack.app.state.reading() as tx:
            assert tx.observations.absent("row") == {}
        stack.admin_does(gets_back)
        assert pass_time(stack, 15) == 0
        assert stack.problems() == []
        assert {stack.row(one)["Sync Status"] for one in (row, other)} == {"Waiting for CSM"}
        assert questions(stack) == 0


def test_a_question_waits_while_its_sheet_is_out_of_reach(stack: Stack) -> None:
    row, _ = stack.type_row(), stack.type_row({"Account Number": "4471908099"})
    stack.settle()
    stack.sheet_does("delete_row", row=row)
    pass_time(stack, 3)
    stack.admin_does("lose_access")
    assert pass_time(stack, 30) == 0
    stack.stop()
    stack.admin_does("regain_access")

    assert pass_time(stack, 3) == 1


@pytest.mark.parametrize("merged_listed", [True, False])
def test_an_archived_ticket_that_comes_back_goes_on(tmp_path: Path, *, merged_listed: bool) -> None:
    switches = {"hubspot": {"merged_listed_as_archived": merged_listed}}
    with Stack(tmp_path / "stack", switches=switches) as stack:
        row = stack.type_row()
        stack.settle()
        ticket = stack.ticket(row)
        stack.desk("archive_ticket", id=ticket["id"])
        for _ in range(3):
            stack.cycle(full=True)
        assert stack.tickets() == []
        assert stack.row(row)["Sync Status"] == "Problem on our side"
        stack.desk("restore_ticket", id=ticket["id"])
        stack.cycle(full=True)
        stack.settle()

        assert [one["id"] for one in stack.tickets()] == [ticket["id"]]
        assert stack.row(row)["Sync Status"] == "Waiting for CSM"

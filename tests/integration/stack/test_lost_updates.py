"""What people type between the service's look and its write is never written over unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.stack.interrupted import Interrupted
from tests.stack import Stack

DESK = "hubspot"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack") as stack:
        yield stack


def test_an_edit_on_the_ticket_that_no_search_shows_yet_is_not_written_over(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.wait(60)
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")  # the search shows it two seconds later
    stack.cycle(after=0)

    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    assert stack.row(row)["GL / Cost Center"] == "6410"
    told = stack.ticket()["properties"]["ubm_conflict"]
    assert "6410" in told
    assert "7000" in told


def test_the_manager_s_choice_ends_such_a_conflict(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.wait(60)
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_conflict_decision="keep_ticket")
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "7000"
    with stack.app.state.reading() as tx:
        assert [one.value for one in tx.kept.list()] == ["6410"]


def test_an_edit_in_the_row_made_after_it_was_read_is_not_written_over(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    stack.wait(60)
    moments: list[str] = []

    def customer_types_once() -> None:
        if not moments:
            stack.edit_row(row, {"GL / Cost Center": "6410"})
        moments.append("passed")

    engine = stack.engine
    engine.connectors = {
        name: Interrupted(one, customer_types_once) if name == DESK else one
        for name, one in sorted(engine.connectors.items(), reverse=True)  # the sheets first
    }
    stack.cycle(after=0)
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "6410"
    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    assert "6410" in stack.ticket()["properties"]["ubm_conflict"]


def test_an_edit_of_another_cell_holds_nothing_up(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.wait(60)
    stack.edit_ticket(stack.ticket(), ubm_notes="call first")
    stack.cycle(after=0)

    assert stack.ticket()["properties"]["ubm_gl_code"] == "6410"
    stack.settle()
    assert stack.row(row)["Notes"] == "call first"


def test_a_stage_moved_meanwhile_is_not_moved_back(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.approve(stack.ticket())
    stack.wait(60)
    stack.desk("move_ticket", id=stack.ticket()["id"], stage="Not accepted")
    stack.cycle(after=0)
    stack.settle()

    assert stack.ticket()["stage"] == "Not accepted"
    assert stack.row(row)["Sync Status"] == "Setting up"  # the account was made before the look
    assert any("account exists" in str(note) for note in stack.ticket()["notes"])


def test_only_writes_over_what_people_type_are_looked_at_first(stack: Stack) -> None:
    stack.type_row()
    for emulator in stack.emulators.values():
        emulator.counts.clear()
    stack.settle()

    assert not [route for route in stack.smartsheet.counts if "version" in route]


def test_a_thousand_changes_on_each_side_take_few_calls(tmp_path: Path) -> None:
    count = 200  # per hundred: a look and a write each at the desk
    with Stack(tmp_path / "stack", switches={DESK: {"search_lag": 0.0}}) as stack:
        (stack.folder / "config" / "service.yaml").write_text(
            (stack.folder / "config" / "service.yaml")
            .read_text(encoding="utf-8")
            .replace("floor: 100", "floor: 1000"),
            encoding="utf-8",
        )
        rows = [stack.type_row({"Account Number": f"77{n:06}"}) for n in range(count)]
        stack.settle()
        for row in rows:
            stack.edit_row(row, {"GL / Cost Center": f"G{row}"})
        ids = [one["id"] for one in stack.tickets()]
        stack.desk("bulk_edit", ids=ids, properties={"ubm_notes": "call first"})
        stack.wait(60)
        for emulator in stack.emulators.values():
            emulator.counts.clear()
        stack.cycle(after=0)
        desk, sheet = sum(stack.hubspot.counts.values()), sum(stack.smartsheet.counts.values())

        assert {one["properties"]["ubm_gl_code"] for one in stack.tickets()} == {
            f"G{row}" for row in rows
        }
        assert desk <= 2 + 3 * count / 100, stack.hubspot.counts
        assert sheet <= 4, stack.smartsheet.counts


def test_a_ticket_whose_identity_was_emptied_gets_it_back(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    identity = stack.ticket(row)["properties"]["ubm_sync_id"]
    stack.edit_ticket(stack.ticket(row), ubm_sync_id="", ubm_approval="approve", ubm_gl_code="7000")
    stack.settle()

    (ticket,) = stack.tickets()
    assert ticket["properties"]["ubm_sync_id"] == identity
    assert stack.row(row)["GL / Cost Center"] == "7000"
    assert stack.row(row)["Sync Status"] == "Setting up"
    assert len(stack.accounts()) == 1


def test_what_is_emptied_on_a_ticket_before_another_is_merged_into_it_stays_empty(
    tmp_path: Path,
) -> None:
    with Stack(tmp_path / "stack", switches={DESK: {"merge_makes_new_record": True}}) as stack:
        row = stack.type_row({"GL / Cost Center": "6410"})
        other = stack.type_row({"Account Number": "990011223"})
        stack.settle()
        ticket = stack.ticket(row)
        stack.edit_ticket(ticket, ubm_gl_code="")
        stack.desk("merge_tickets", primary=ticket["id"], other=stack.ticket(other)["id"])
        stack.settle()

        assert stack.row(row)["GL / Cost Center"] == ""
        assert not stack.ticket(row)["properties"].get("ubm_gl_code")

"""What people type in the moment between the service's look and its write is found afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.stack.interloper import let_in
from tests.stack import MANAGER, Stack

from ubm_sync.emulation.faults import Fault, Faults, Rule

DESK, SHEETS = "hubspot", "smartsheet"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "stack", switches={DESK: {"search_lag": 0.0}}) as stack:
        yield stack


def kept(stack: Stack) -> list[tuple[str, str | None, str | None]]:
    with stack.app.state.reading() as tx:
        return [(one.place, one.value, one.by) for one in tx.kept.list()]


def shown(stack: Stack, row: int) -> tuple[str, str]:
    return stack.row(row)["GL / Cost Center"], stack.ticket()["properties"]["ubm_gl_code"]


def slow_down(stack: Stack, system: str, path: str) -> None:
    """Have a system ask for a pause, longer than a look holds, at the next such request."""
    stack.switch(DESK, retry_after=True)
    rule = Rule(Fault.THROTTLE, path=path, times=1)
    stack.emulators[system].faults = Faults(rules=[rule])


@pytest.mark.parametrize("loses_answer", [False, True])
def test_what_is_typed_on_the_ticket_right_before_our_write(
    stack: Stack, *, loses_answer: bool
) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    person = let_in(
        stack, DESK, lambda: stack.edit_ticket(ticket, ubm_gl_code="7000"),
        loses_answer=loses_answer,
    )  # fmt: skip
    stack.settle()

    assert person.acted == 1
    assert stack.row(row)["GL / Cost Center"] == "6410"
    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    told = stack.ticket()["properties"]["ubm_conflict"]
    assert "6410" in told
    assert "7000" in told
    assert ("ticket", "7000", MANAGER) in kept(stack)
    stack.edit_ticket(ticket, ubm_conflict_decision="keep_ticket")
    stack.settle()
    assert stack.row(row)["GL / Cost Center"] == "7000"
    assert stack.rests() == {}


@pytest.mark.parametrize("loses_answer", [False, True])
def test_what_is_typed_in_the_row_right_before_our_write(
    stack: Stack, *, loses_answer: bool
) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    person = let_in(
        stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": "6410"}),
        loses_answer=loses_answer,
    )  # fmt: skip
    stack.settle()

    assert person.acted == 1
    assert stack.row(row)["GL / Cost Center"] == "6410"
    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    assert "6410" in stack.ticket()["properties"]["ubm_conflict"]
    assert ("row", "6410", stack.clients[0].person) in kept(stack)
    stack.edit_ticket(stack.ticket(), ubm_conflict_decision="keep_row")
    stack.settle()
    assert stack.ticket()["properties"]["ubm_gl_code"] == "6410"
    assert stack.rests() == {}


def test_what_is_typed_on_the_ticket_over_a_write_that_is_sent_again_is_newer(
    stack: Stack,
) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    person = let_in(
        stack, DESK, lambda: stack.edit_ticket(ticket, ubm_gl_code="7000"),
        loses_answer=True, afterwards=True,
    )  # fmt: skip
    stack.settle()

    assert person.acted == 1
    assert shown(stack, row) == ("7000", "7000")
    assert not stack.ticket()["properties"].get("ubm_conflict")
    assert stack.rests() == {}


def test_what_is_typed_into_a_ticket_whose_creation_was_not_answered_is_never_written_over(
    stack: Stack,
) -> None:
    stack.settle()
    row = stack.type_row({"GL / Cost Center": "6410"})
    person = let_in(
        stack, DESK, lambda: stack.edit_ticket(stack.tickets()[0], ubm_gl_code="7000"),
        loses_answer=True, afterwards=True, makes=True,
    )  # fmt: skip
    stack.settle()

    assert person.acted == 1
    assert shown(stack, row) == ("7000", "7000")
    assert kept(stack) == []
    assert stack.rests() == {}


def test_what_is_typed_in_the_row_over_a_write_that_is_sent_again_is_newer(stack: Stack) -> None:
    row = stack.type_row()
    stack.activate(row)
    stack.edit_ticket(stack.ticket(row), ubm_gl_code="6410")
    person = let_in(
        stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": "7000"}),
        loses_answer=True, afterwards=True,
    )  # fmt: skip
    stack.settle()

    assert person.acted == 1
    assert shown(stack, row) == ("7000", "7000")
    assert stack.accounts()[0]["gl_code"] == "7000"
    assert not stack.ticket()["properties"].get("ubm_conflict")
    assert stack.rests() == {}


def test_what_is_typed_on_the_ticket_while_our_write_waits_is_not_written_over(
    stack: Stack,
) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    person = let_in(stack, DESK, lambda: stack.edit_ticket(ticket, ubm_gl_code="7000"))
    slow_down(stack, DESK, "POST .*/batch/update$")
    stack.settle()

    assert person.acted == 1
    assert shown(stack, row) == ("6410", "7000")
    assert "6410" in stack.ticket()["properties"]["ubm_conflict"]
    assert kept(stack) == []


def test_what_is_typed_in_the_row_while_our_write_waits_is_not_written_over(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    person = let_in(stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": "6410"}))
    slow_down(stack, SHEETS, "PUT .*/rows$")
    stack.settle()

    assert person.acted == 1
    assert shown(stack, row) == ("6410", "7000")
    assert "6410" in stack.ticket()["properties"]["ubm_conflict"]
    assert kept(stack) == []


@pytest.mark.parametrize("system", [DESK, SHEETS])
def test_a_write_that_waited_too_long_is_made_in_the_same_cycle(stack: Stack, system: str) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.edit_ticket(stack.ticket(), ubm_notes="seen")
    slow_down(stack, system, "POST .*/batch/update$" if system == DESK else "PUT .*/rows$")
    stack.cycle()

    assert stack.ticket()["properties"]["ubm_gl_code"] == "6410"
    assert stack.row(row)["Notes"] == "seen"


def test_two_sides_that_fill_in_what_was_empty_leave_nothing_missing(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_row(row, {"Name on Account": None})
    stack.settle()
    assert "Name on Account" in stack.row(row)["Sync Message"]
    stack.edit_row(row, {"Name on Account": "Halsted LLC"})
    stack.edit_ticket(stack.ticket(), ubm_name_on_account="Halsted Inc")
    stack.settle()

    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    assert "Halsted Inc" in stack.ticket()["properties"]["ubm_conflict"]
    stack.approve(stack.ticket())
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    stack.edit_ticket(stack.ticket(), ubm_conflict_decision="keep_ticket")
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Setting up"
    assert stack.row(row)["Name on Account"] == "Halsted Inc"
    assert stack.rests() == {}


def test_a_cell_that_is_emptied_right_before_our_write_is_a_conflict_too(stack: Stack) -> None:
    row = stack.type_row({"GL / Cost Center": "1000"})
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    let_in(stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": None}))
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == ""
    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    assert stack.ticket()["properties"]["ubm_conflict"]


@pytest.mark.parametrize("typed", ["7000", "1000"])
def test_who_typed_what_we_wrote_or_had_seen_lost_nothing(stack: Stack, typed: str) -> None:
    row = stack.type_row({"GL / Cost Center": "1000"})
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    let_in(stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": typed}))
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "7000"
    assert kept(stack) == []
    assert "ubm_conflict" not in stack.ticket()["properties"]


def test_an_edit_of_another_row_in_that_moment_is_looked_up_and_forgotten(stack: Stack) -> None:
    row, other = stack.type_row(), stack.type_row({"Account Number": "4471908099"})
    stack.settle()
    stack.edit_ticket(stack.ticket(row), ubm_gl_code="7000")
    let_in(stack, SHEETS, lambda: stack.edit_row(other, {"Notes": "call first"}))
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "7000"
    assert kept(stack) == []
    assert sum(n for route, n in stack.smartsheet.counts.items() if "history" in route) == 1


def test_an_edit_made_after_ours_was_visible_stays(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    let_in(stack, SHEETS, lambda: stack.edit_row(row, {"GL / Cost Center": "6410"}))
    stack.cycle()
    stack.edit_row(row, {"GL / Cost Center": "8000"})
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "8000"
    assert stack.ticket()["properties"]["ubm_gl_code"] == "8000"
    assert ("row", "6410", stack.clients[0].person) in kept(stack)


def test_a_decision_made_right_before_our_write_to_the_ticket_counts(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"City": None})  # the ticket moves to Needs information
    let_in(stack, DESK, lambda: stack.desk("move_ticket", id=ticket["id"], stage="Not accepted"))
    stack.settle()

    assert stack.row(row)["Sync Status"] == "Not accepted"
    assert stack.ticket()["stage"] == "Not accepted"


class Killed(BaseException):
    """The process ends here."""


def kill_after_write(stack: Stack, meanwhile: Callable[[], None], *, makes: bool = False) -> None:
    """Run a cycle that is killed once its write to a ticket has its effect.

    ``meanwhile`` comes right before it. ``makes``: the write makes the ticket.
    """
    adapter = let_in(stack, DESK, meanwhile, makes=makes)
    send = adapter.send

    def dying(*args: object, **options: object) -> object:
        before = adapter.acted
        answer = send(*args, **options)  # type: ignore[arg-type]
        if adapter.acted != before:
            raise Killed
        return answer

    vars(adapter)["send"] = dying
    with pytest.raises(Killed):
        stack.cycle()
    stack.stop()


def test_a_process_that_is_killed_in_that_moment_finds_it_at_its_start(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})

    kill_after_write(stack, lambda: stack.edit_ticket(ticket, ubm_gl_code="7000"))
    stack.settle()

    assert stack.row(row)["GL / Cost Center"] == "6410"
    assert stack.ticket()["properties"]["ubm_gl_code"] == "7000"
    assert "6410" in stack.ticket()["properties"]["ubm_conflict"]


def test_what_is_typed_over_a_write_whose_process_was_killed_is_newer(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})

    kill_after_write(stack, lambda: None)
    stack.edit_ticket(ticket, ubm_gl_code="7000")
    stack.settle()

    assert shown(stack, row) == ("7000", "7000")
    assert not stack.ticket()["properties"].get("ubm_conflict")


def test_what_is_typed_into_a_ticket_whose_making_was_cut_off_is_newer(stack: Stack) -> None:
    stack.settle()
    row = stack.type_row({"GL / Cost Center": "6410"})

    kill_after_write(stack, lambda: None, makes=True)
    stack.edit_ticket(stack.tickets()[0], ubm_gl_code="7000")
    stack.settle()

    assert shown(stack, row) == ("7000", "7000")
    assert not stack.ticket()["properties"].get("ubm_conflict")
    assert stack.rests() == {}


def test_what_was_typed_on_both_sides_meanwhile_still_waits_for_a_person(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    ticket = stack.ticket()
    stack.edit_row(row, {"GL / Cost Center": "6410"})

    kill_after_write(stack, lambda: None)
    stack.edit_ticket(ticket, ubm_gl_code="7000")
    stack.edit_row(row, {"GL / Cost Center": "6420"})
    stack.settle()

    assert shown(stack, row) == ("6420", "7000")
    assert "6420" in stack.ticket()["properties"]["ubm_conflict"]


def test_nothing_is_looked_up_in_sheets_where_nobody_came_in_between(stack: Stack) -> None:
    stack.type_row()
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_gl_code="7000")
    stack.settle()

    assert not [route for route in stack.smartsheet.counts if "history" in route]
    for emulator in stack.emulators.values():
        emulator.counts.clear()
    stack.cycle()
    assert sum(stack.hubspot.counts.values()) + sum(stack.smartsheet.counts.values()) == 2


def test_an_approval_that_was_taken_back_counts_for_nothing_though_the_search_still_shows_it(
    stack: Stack,
) -> None:
    row = stack.type_row()
    stack.settle()
    stack.switch(DESK, search_lag=30.0)
    stack.approve(stack.ticket())
    stack.wait(40)
    stack.edit_ticket(stack.ticket(), ubm_approval="")

    stack.cycle(after=1)
    stack.wait(40)
    stack.settle()

    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    assert (stack.accounts(), stack.rests()) == ([], {})
    stack.approve(stack.ticket())
    stack.wait(40)
    stack.settle()
    assert len(stack.accounts()) == 1


def test_what_the_manager_typed_since_counts_though_the_search_still_shows_less(
    stack: Stack,
) -> None:
    """The customer types what the manager has just typed over: both said something else."""
    row = stack.type_row()
    stack.settle()
    stack.switch(DESK, search_lag=30.0)
    stack.edit_ticket(stack.ticket(), ubm_gl_code="6410")
    stack.wait(40)
    stack.edit_ticket(stack.ticket(), ubm_gl_code="6500")
    stack.edit_row(row, {"GL / Cost Center": "6410"})

    stack.cycle(after=1)

    told = stack.ticket()["properties"]["ubm_conflict"]
    assert ("6410" in told, "6500" in told) == (True, True)
    stack.wait(40)
    stack.edit_ticket(stack.ticket(), ubm_conflict_decision="keep_row")
    stack.wait(40)
    stack.settle()
    assert (shown(stack, row), stack.rests()) == (("6410", "6410"), {})


def test_a_decline_counts_though_the_search_still_shows_the_approval(stack: Stack) -> None:
    row = stack.type_row()
    stack.settle()
    stack.switch(DESK, search_lag=30.0)
    stack.approve(stack.ticket())
    stack.wait(40)
    declined = {"ubm_approval": "decline", "ubm_decline_reason": "no contract"}
    stack.edit_ticket(stack.ticket(), **declined)

    stack.cycle(after=1)
    stack.wait(40)
    stack.settle()

    assert (stack.row(row)["Sync Status"], stack.accounts()) == ("Not accepted", [])


def test_a_password_that_the_search_does_not_show_yet_is_masked(
    stack: Stack, tmp_path: Path
) -> None:
    stack.type_row()
    stack.settle()
    stack.switch(DESK, search_lag=30.0)
    stack.edit_ticket(stack.ticket(), ubm_notes="see below")
    stack.wait(40)
    stack.edit_ticket(stack.ticket(), ubm_notes="password: Tr0ub4dor&3")

    stack.cycle(after=1)
    files = [one for one in (tmp_path / "stack").rglob("state.db*") if one.is_file()]
    assert files
    assert not any(b"Tr0ub4dor" in one.read_bytes() for one in files)

"""A row that vanished: the manager is asked, the answer is carried out, a return takes it back."""

from __future__ import annotations

import pytest
from tests.unit.locations.world import PLAIN, World, rival

ALONE, MANY = {"row": "alone"}, {"row": "many"}


def asked(world: World) -> int:
    return sum("We kept everything" in note for note in world.notes)


def test_a_vanished_row_is_asked_about_each_time_it_vanishes() -> None:
    world = World()
    world.settle()
    world.vanished = ALONE
    decision = world.settle()
    assert "row" not in decision.values
    assert asked(world) == 1
    assert not decision.answered

    world.vanished = {}
    world.settle()
    assert sum("is back" in note for note in world.notes) == 1
    world.vanished = ALONE
    world.settle()
    assert asked(world) == 2


def test_rows_that_vanished_together_are_not_asked_about_one_by_one() -> None:
    world = World()
    world.settle()
    world.vanished = MANY
    world.settle()
    world.vanished = {}
    world.settle()

    assert asked(world) == 0
    assert not any("is back" in note for note in world.notes)


def test_without_an_answer_nothing_changes() -> None:
    world = World()
    world.active()
    before = world.observed["ticket"].values
    world.vanished = ALONE
    world.later(days=400)
    world.settle()

    assert world.observed["ticket"].values == before


@pytest.mark.parametrize("how", [ALONE, MANY])
def test_a_request_nobody_accepted_is_closed_by_the_answer(how: dict[str, str]) -> None:
    world = World()
    world.settle()
    world.vanished = how
    world.settle()
    world.person(row_decision="close")
    decision = world.settle()

    assert (decision.status, world.stage) == ("Not accepted", "declined")
    assert "row_decision" not in world.observed["ticket"].values
    assert decision.answered == {"row"}
    assert sum("meant to go" in note for note in world.notes) == 1


def test_an_account_is_closed_by_the_answer_with_its_final_bill() -> None:
    world = World()
    world.active()
    world.vanished = ALONE
    world.settle()
    world.person(row_decision="close")
    decision = world.settle()
    assert (decision.status, world.stage) == ("Closing", "closing")
    assert world.observed["enrolment"].values["stage"] == "requested"

    world.person("enrolment", stage="enrolled")
    decision = world.settle()
    assert decision.status == "Closed"
    assert world.observed["account"].values["status"] == "closed"


def test_an_answer_to_keep_changes_nothing_but_ends_the_question() -> None:
    world = World()
    world.active()
    world.vanished = ALONE
    world.settle()
    world.person(row_decision="keep")
    decision = world.settle()

    assert decision.status == "Active"
    assert decision.answered == {"row"}
    assert "row_decision" not in world.observed["ticket"].values
    assert sum(note.startswith("Kept") for note in world.notes) == 1


def test_the_last_answer_counts() -> None:
    world = World()
    world.active()
    world.vanished = ALONE
    world.settle()
    world.person(row_decision="close")
    world.settle()
    world.person(row_decision="keep")

    assert world.settle().status == "Active"
    assert world.observed["enrolment"].values["stage"] == "enrolled"


def test_a_row_that_comes_back_takes_the_answer_back() -> None:
    world = World()
    world.settle()
    world.vanished = ALONE
    world.settle()
    world.person(row_decision="close")
    world.settle()
    world.vanished = {}
    world.settle()

    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")


def test_a_closing_account_is_open_again_when_its_row_comes_back() -> None:
    world = World()
    world.active()
    world.vanished = ALONE
    world.settle()
    world.person(row_decision="close")
    world.settle()
    world.vanished = {}
    world.settle()

    assert world.status == "Active"
    assert world.observed["enrolment"].values["stage"] == "enrolled"
    assert world.notes[-1].endswith('What "Close" began is taken back: LOC-00142 goes on.')


def test_a_decision_about_a_row_that_is_there_is_cleared() -> None:
    world = World()
    world.active()
    world.person(row_decision="close")
    world.settle()

    assert world.status == "Active"
    assert "row_decision" not in world.observed["ticket"].values


def test_the_manager_is_told_which_row_was_typed_instead() -> None:
    world = World()
    world.active()
    world.vanished = ALONE
    world.rivals = (rival("LOC-00150", "Duplicate", accepted=False, age=-1, sync_id="zz"),)
    world.settle()

    assert sum("typed again as LOC-00150" in note for note in world.notes) == 1


def test_nobody_is_asked_about_a_row_without_a_ticket() -> None:
    world = World({**PLAIN, "city": ""})
    world.rivals = (rival(),)
    world.cycle()
    world.vanished = ALONE
    decision = world.cycle()

    assert decision.answered == {"row"}
    assert world.notes == []

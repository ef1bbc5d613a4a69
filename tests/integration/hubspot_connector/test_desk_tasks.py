"""Tasks and notes: made once, whatever becomes of the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.hubspot_connector.helpdesk import BO, CSM, HelpDesk
from tests.integration.hubspot_connector.portal import START

from ubm_sync.desk import Task
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.model import Note, Result

BODY = "Call them before 5 pm:\n- account <12-3> & meter"


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


def task(ref: str, key: str = "k", minutes: int = 30, **more: Any) -> Task:
    given = {"owner": BO, "subject": "Acknowledge: shut-off", "body": BODY, "urgent": True}
    return Task(key, ref, due=START + timedelta(minutes=minutes), **{**given, **more})


def test_a_task_stands_in_a_persons_list_and_on_the_ticket(desk: HelpDesk) -> None:
    ref = desk.write_in()

    outcome = desk.assign(task(ref), task(ref, "later", 90, urgent=False))["k"]

    assert (outcome.result, outcome.place) == (Result.LANDED, "desk")
    mine = desk.act("see_tasks", who=BO)
    assert [(one["subject"], one["priority"], one["tickets"]) for one in mine] == [
        ("Acknowledge: shut-off", "HIGH", [ref]),
        ("Acknowledge: shut-off", "", [ref]),
    ]
    assert mine[0]["id"] == outcome.ref
    assert mine[0]["due"] == "2026-11-23T09:30:00.000Z"
    assert mine[0]["body"] == BODY.replace("&", "&amp;").replace("<", "&lt;").replace(
        ">", "&gt;"
    ).replace("\n", "<br>")
    (first, _) = desk.see(ref)["tasks"]
    assert (first["owner"], first["hs_task_status"], first["hs_task_type"]) == (
        BO, "NOT_STARTED", "TODO",
    )  # fmt: skip
    assert desk.act("see_tasks", who=CSM) == []


def test_tasks_are_found_again_whatever_became_of_them(desk: HelpDesk) -> None:
    ref, other = desk.write_in(), desk.write_in()
    made = desk.assign(task(ref))["k"].ref
    desk.act("finish_task", id=made, who=BO)

    asked = [
        task(ref),
        task(ref, "another time", 31),
        task(ref, "other words", subject="x"),
        task(other, "other ticket"),
    ]

    assert desk.connector.assigned(asked) == {"k"}
    assert desk.connector.assigned([]) == frozenset()


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS, Fault.HTML, Fault.ERROR])
def test_a_task_with_a_lost_answer_is_looked_for_not_sent_again(
    desk: HelpDesk, fault: Fault
) -> None:
    ref = desk.write_in()
    desk.fault(fault, "tasks/batch/create", times=None)

    outcome = desk.assign(task(ref))["k"]
    desk.heal()
    there = desk.connector.assigned([task(ref)])

    assert outcome.result is Result.UNKNOWN
    assert bool(there) is (len(desk.see(ref)["tasks"]) == 1)
    assert bool(there) is (fault in {Fault.DROP, Fault.ODD_SUCCESS})


def test_a_part_of_the_tasks_may_fail(desk: HelpDesk) -> None:
    ref = desk.write_in()
    tasks = [task(ref, f"k{index}", index) for index in range(20)]
    desk.fault(Fault.PARTIAL, "tasks/batch/create")

    outcomes = desk.assign(*tasks)

    landed = {key for key, one in outcomes.items() if one.result is Result.LANDED}
    assert len(outcomes) == 20
    assert 0 < len(landed) < 20
    assert not any(one.permanent for one in outcomes.values())
    assert desk.connector.assigned(tasks) == landed


def test_a_throttled_task_is_made_once(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.fault(Fault.THROTTLE, "tasks/batch/create", times=2)

    assert desk.assign(task(ref))["k"].result is Result.LANDED
    assert len(desk.see(ref)["tasks"]) == 1


def test_a_task_for_nobody_is_refused_and_stops_no_other(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.act("deactivate_owner", email=CSM)

    outcomes = desk.assign(
        task(ref, "left", owner=CSM),
        task("404", "gone"),
        *(task(ref, f"k{i}", i) for i in range(9)),
    )

    left, gone = outcomes.pop("left"), outcomes.pop("gone")
    assert (left.result, left.permanent, left.at_fault) == (Result.REFUSED, True, ("owner",))
    assert CSM in left.reason
    assert gone.result is Result.REFUSED
    assert {one.result for one in outcomes.values()} == {Result.LANDED}


def test_somebody_who_leaves_meanwhile_is_looked_up_again(desk: HelpDesk) -> None:
    ref = desk.write_in()
    assert desk.connector.knows(BO)
    desk.act("deactivate_owner", email=BO)

    assert desk.assign(task(ref))["k"].result is Result.REFUSED
    assert desk.see(ref)["tasks"] == []
    assert not desk.connector.knows(BO)


def test_a_body_that_is_too_long_is_cut(desk: HelpDesk) -> None:
    ref = desk.write_in()

    assert desk.assign(task(ref, body="<" * 70_000))["k"].result is Result.LANDED

    (seen,) = desk.see(ref)["tasks"]
    assert len(seen["hs_task_body"]) <= 65_536
    assert seen["hs_task_body"].endswith("&lt; [...]")


def test_250_tasks_are_three_calls(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.poll()
    desk.assign(task(ref, "first", 999))
    before = desk.calls()

    outcomes = desk.assign(*(task(ref, f"k{index}", index) for index in range(250)))

    assert {one.result for one in outcomes.values()} == {Result.LANDED}
    assert desk.calls() - before == 3


def note(ref: str, key: str = "n", place: str = "desk", text: str = "Routed to Bo.") -> Note:
    return Note(key, place, ref, text, START)


def test_notes_of_the_desk_are_attached_and_found_again(desk: HelpDesk) -> None:
    desk.read()
    record = str(desk.add("0198-a").ref)
    ref = desk.write_in()
    notes = [note(ref), note(record, "r", "ticket", "Of a record")]

    outcomes = list(desk.connector.annotate(notes))

    assert [(one.key, one.place, one.result) for one in outcomes] == [
        ("n", "desk", Result.LANDED),
        ("r", "ticket", Result.LANDED),
    ]
    asked = [*notes, note(ref, "never", text="Never said")]
    assert desk.connector.noted(asked) == {"n", "r"}
    assert desk.see(ref)["notes"] == ["Routed to Bo."]


def test_a_note_with_a_lost_answer_is_looked_for(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.fault(Fault.DROP, "notes")

    (outcome,) = desk.connector.annotate([note(ref)])

    assert outcome.result is Result.UNKNOWN
    assert desk.connector.noted([note(ref)]) == {"n"}


@pytest.mark.parametrize("kind", ["notes", "tasks"])
def test_without_the_permission_each_is_refused_for_now(desk: HelpDesk, kind: str) -> None:
    ref = desk.write_in()
    desk.switch(missing_scopes=(kind,))

    outcomes = [
        *desk.connector.annotate([note(ref)] if kind == "notes" else []),
        *desk.connector.assign([task(ref)] if kind == "tasks" else []),
    ]

    (outcome,) = outcomes
    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)
    assert "permission" in outcome.reason


def test_one_short_listing_of_owners_makes_nobody_a_leaver(desk: HelpDesk) -> None:
    desk.assign(task(desk.write_in()))  # from now on the desk's own list is asked
    assert desk.connector.knows(BO)
    for _ in range(2):
        desk.emulator.faults.rules[:] = [Rule(Fault.SHORT, path="/owners", times=1)]
        desk.later(3600)
        assert desk.connector.knows(BO)
        assert desk.connector.knows(CSM)
        desk.heal()
    desk.act("deactivate_owner", email=BO)
    desk.later(3600)
    assert not desk.connector.knows(BO)
    assert desk.connector.knows(CSM)


def test_who_was_not_taken_once_is_looked_up_at_once(desk: HelpDesk) -> None:
    ref = desk.write_in()
    assert desk.connector.knows(BO)
    desk.emulator.faults.rules[:] = [Rule(Fault.PARTIAL, path="tasks", times=1)]
    assert desk.assign(task(ref))["k"].result is not Result.LANDED
    desk.heal()
    assert desk.assign(task(ref, "again"))["again"].result is Result.LANDED

"""Strange events, played as people would: who is told what, that nothing is lost, that it heals."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.stack import ENROLMENTS, LOCATIONS, MANAGER, ONBOARDINGS, SERVICES, Stack
from tests.system.people import PHASES, onboarding_notes, ready

from ubm_sync.reports.status import service_status

QUARTER = 16 * 60.0  # seconds after which archived tickets have been listed again

# -------------------------------------------------------------------------------- tickets


@pytest.mark.parametrize("phase", ["waiting", "active"])
def test_archived_ticket_is_not_made_again_and_comes_back(stack: Stack, phase: str) -> None:
    row = ready(stack, phase)
    ticket = stack.ticket(row)
    stack.desk("archive_ticket", id=ticket["id"])
    stack.wait(QUARTER)
    stack.settle()
    assert stack.tickets() == []
    if phase == "waiting":
        assert stack.row(row)["Sync Status"] == "Problem on our side"
        assert stack.row(row)["Sync Message"] == (
            f"We hit a problem and are on it (ticket {ticket['id']}). Nothing for you to do."
        )
        with stack.app.state.reading() as tx:
            found = service_status(tx, stack.app.clock.now(), stack.app.configuration)
        assert found["waits_for"] == {"the administrator": 1}
    else:
        assert stack.row(row)["Sync Status"] == "Active"
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    stack.desk("restore_ticket", id=ticket["id"])
    stack.wait(QUARTER)
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    assert stack.row(row)["Sync Status"] == ("Active" if phase == "active" else "Waiting for CSM")
    assert stack.refusals() == []


def test_archived_onboarding_ticket_stays_archived(stack: Stack) -> None:
    stack.desk("archive_ticket", id=stack.tickets(ONBOARDINGS)[0]["id"])
    stack.wait(QUARTER)
    stack.type_row()
    stack.settle()
    assert len(stack.tickets(ONBOARDINGS)) == 1


@pytest.mark.parametrize("new_record", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_merged_ticket_makes_its_row_a_duplicate(
    stack: Stack, new_record: bool, listed: bool
) -> None:
    stack.switch("hubspot", merge_makes_new_record=new_record, merged_listed_as_archived=listed)
    row = ready(stack, "waiting")
    other = ready(stack, "waiting", {"Account Number": "999888777", "Location Code": "'77"})
    remains = stack.desk(
        "merge_tickets", primary=stack.ticket(row)["id"], other=stack.ticket(other)["id"]
    )["id"]
    stack.settle()
    stack.wait(QUARTER)
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    assert stack.row(row)["HubSpot Ticket"] == f"#{remains}"
    assert stack.row(other)["Sync Status"] == "Duplicate"
    assert stack.row(other)["Sync Message"] == (
        f"Dana Lee joined this with another request (ticket {remains})."
    )
    stack.edit_row(other, {"Notes": "why?"})
    stack.edit_row(row, {"Notes": "thanks"})
    stack.settle()
    assert [one["properties"]["ubm_notes"] for one in stack.tickets()] == ["thanks"]


def test_ticket_in_another_pipeline_is_told_once_and_goes_on(stack: Stack) -> None:
    row = ready(stack, "waiting")
    ticket = stack.ticket(row)
    stack.desk("move_ticket", id=ticket["id"], pipeline=ENROLMENTS, stage="Requested")
    stack.settle()
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    moved = stack.tickets(ENROLMENTS)[0]
    assert moved["stage"] == "Requested"
    assert moved["properties"]["ubm_city"] == "Rockdale"
    assert len([note for note in moved["notes"] if "is not ours" in note]) == 1
    stack.approve(moved)
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Setting up"


@pytest.mark.parametrize("phase", ["waiting", "active"])
def test_deleted_ticket_property_empties_no_cell_and_is_filled_when_it_is_back(
    stack: Stack, phase: str
) -> None:
    row = ready(stack, phase, {"GL / Cost Center": "GL-7"})
    stack.drop_property("ubm_gl_code")
    stack.edit_ticket(stack.ticket(row), ubm_city="Rockdale")
    stack.settle()
    assert stack.row(row)["GL / Cost Center"] == "GL-7"
    assert stack.row(row)["City"] == "Rockdale"
    [problem] = stack.problems()
    assert problem == (
        'The HubSpot ticket property "ubm_gl_code" (GL / cost center) is missing; run '
        "`ubm-sync setup hubspot`."
    )
    stack.edit_row(row, {"GL / Cost Center": "GL-8"})
    stack.settle()
    stack.set_up()
    stack.wait(3_700)
    stack.cycle()
    stack.settle()
    assert stack.row(row)["GL / Cost Center"] == "GL-8"
    assert stack.ticket(row)["properties"]["ubm_gl_code"] == "GL-8"
    assert stack.problems() == []


def test_deleted_stage_holds_only_the_stage_and_heals(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.settle()
    stack.desk("delete_stage", pipeline=LOCATIONS, stage="Active")
    stack.enrol()
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Active"
    assert (
        "Stage could not be set in HubSpot yet. The administrator is told what to mend; then it "
        "is set by itself."
    ) in stack.ticket(row)["notes"]
    stack.set_up()
    stack.wait(3_700)
    stack.settle()
    assert stack.ticket(row)["stage"] == "Active"


def test_renamed_stage_is_the_same_stage_while_the_service_runs(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.desk("rename_stage", pipeline=LOCATIONS, stage="Setting up", to="Set-up")
    stack.approve(stack.ticket(row))
    stack.settle()
    assert stack.ticket(row)["stage"] == "Set-up"
    stack.stop()
    stack.wait(4_000)
    stack.settle()
    [problem] = stack.problems()
    assert problem == (
        'The HubSpot pipeline "New locations" has no stage "Setting up"; rename it back in HubSpot '
        "or run `ubm-sync setup hubspot`."
    )
    assert stack.ticket(row)["stage"] == "Set-up"


def test_ticket_of_a_manager_who_left_waits_for_an_owner_and_gets_one(stack: Stack) -> None:
    ready(stack, "waiting")
    stack.desk("deactivate_owner", email=MANAGER)
    row = stack.type_row({"Account Number": "999888777"})
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    assert stack.ticket(row)["owner"] == ""
    assert not any("Owner" in note for note in stack.ticket(row)["notes"])
    [problem, _] = stack.problems()  # the other customer has the same manager
    assert problem == (
        f"The tickets of Halsted Foods have no owner: HubSpot has no active user {MANAGER}; name "
        'an active one as its manager or backup, or under "people" in service.yaml.'
    )
    stack.desk("add_owner", who=SERVICES, email=MANAGER)
    stack.wait(3_700)
    stack.settle()
    assert stack.ticket(row)["owner"] == MANAGER
    assert stack.problems() == []
    assert stack.refusals() == []


def test_lead_owns_the_tickets_of_a_manager_who_left(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        service = stack.folder / "config" / "service.yaml"
        text = service.read_text(encoding="utf-8")
        service.write_text(text.replace("  # lead: lead@example.com", f"  lead: {SERVICES}"))
        stack.desk("deactivate_owner", who=SERVICES, email=MANAGER)
        row = stack.type_row()
        stack.settle()
        assert stack.desk("see_ticket", SERVICES, id=stack.ticket_id(row))["owner"] == SERVICES


# --------------------------------------------------------------------------------- access


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("system", ["hubspot", "smartsheet"])
def test_revoked_token_is_one_sentence_and_everything_waits(
    stack: Stack, phase: str, system: str
) -> None:
    row = ready(stack, phase)
    revoke = stack.desk if system == "hubspot" else stack.admin_does
    revoke("revoke_token")
    stack.edit_row(row, {"City": "Rockdale"})
    for ticket in stack.tickets():
        stack.edit_ticket(ticket, ubm_notes="from the manager")
    for _ in range(3):
        stack.cycle()
    name = {"hubspot": "HubSpot", "smartsheet": "Smartsheet"}[system]
    assert len(stack.problems()) == 1
    assert stack.problems()[0] == (
        f"{name} refused the access token; put a valid one in {system.upper()}_ACCESS_TOKEN."
    )
    revoke("restore_token")
    stack.settle()
    assert stack.problems() == []
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    if phase != "draft":
        assert stack.row(row)["Notes"] == "from the manager"


@pytest.mark.parametrize("status", [404, 403])
def test_lost_access_deletes_nothing_and_stops_nobody_else(stack: Stack, status: int) -> None:
    stack.switch("smartsheet", lost_access=status)
    row = ready(stack, "waiting")
    stack.admin_does("lose_access")
    stack.edit_ticket(stack.ticket(row), ubm_notes="from the manager")
    other = stack.type_row({"Account Number": "5554041234"}, stack.clients[1])
    stack.settle()
    for _ in range(3):
        stack.cycle(full=True)
    assert stack.row(other, stack.clients[1])["Sync Status"] == "Waiting for CSM"
    [problem] = stack.problems()
    assert "is not accessible with the service's token; nothing in it is taken as" in problem
    assert problem in onboarding_notes(stack)[0]
    assert not any("no longer in" in note for one in stack.tickets() for note in one["notes"])
    stack.admin_does("regain_access")
    stack.settle()
    assert stack.problems() == []
    assert stack.row(row)["Notes"] == "from the manager"


def test_deleted_sheet_closes_nothing(stack: Stack) -> None:
    ready(stack, "active")
    stack.admin_does("delete_sheet")
    stack.settle()
    for _ in range(3):
        stack.cycle(full=True)
    assert [one["status"] for one in stack.accounts()] == ["active"]
    assert [one["stage"] for one in stack.tickets()] == ["Active"]
    assert len(onboarding_notes(stack)) == 1


def test_sheet_of_nobody_is_left_alone(stack: Stack) -> None:
    made: Any = stack.smartsheet.act(
        {"do": "copy_sheet", "sheet": stack.clients[0].sheet, "name": "Stray"}
    )
    stray = made["sheet"]
    stack.smartsheet.act({"do": "add_row", "sheet": stray, "cells": {"Location Name": "Stray"}})
    stack.cycle(full=True)
    assert stack.tickets() == []


# ----------------------------------------------------------------------------------- rows


def test_copied_row_is_a_request_of_its_own(stack: Stack) -> None:
    row = ready(stack, "waiting")
    copy = stack.sheet_does("copy_row", row=row)["row"]
    stack.settle()
    assert stack.row(copy)["Sync Status"] == "Duplicate"
    assert stack.row(copy)["UBM Sync ID"] not in {"", stack.row(row)["UBM Sync ID"]}
    stack.edit_row(copy, {"Account Number": "999888777"})
    stack.settle()
    assert stack.row(copy)["Sync Status"] == "Waiting for CSM"
    assert len(stack.tickets()) == 2


@pytest.mark.parametrize("same_id", [True, False])
def test_deleted_row_is_asked_about_once_and_may_come_back(stack: Stack, same_id: bool) -> None:
    stack.switch("smartsheet", restored_rows_keep_ids=same_id)
    row = ready(stack, "active")
    stack.sheet_does("delete_row", row=row)
    stack.settle()
    for _ in range(4):
        stack.cycle(full=True, after=700)  # longer than the quiet time
    asked = [note for note in stack.ticket()["notes"] if "is no longer in Smartsheet" in note]
    assert len(asked) == 1
    assert [one["status"] for one in stack.accounts()] == ["active"]
    back = stack.sheet_does("restore_row", row=row)["row"]
    stack.settle()
    stack.edit_row(back, {"City": "Rockdale"})
    stack.settle()
    assert stack.ticket()["properties"]["ubm_city"] == "Rockdale"
    assert len(stack.accounts()) == 1


def test_row_typed_again_makes_no_second_account(stack: Stack) -> None:
    row = ready(stack, "active")
    stack.sheet_does("delete_row", row=row)
    again = stack.type_row()
    stack.settle()
    assert stack.row(again)["Sync Status"] == "Duplicate"
    assert stack.row(again)["Sync Message"] == (
        "This account is already on row LOC-00001 (Active). If that is wrong, add a note."
    )
    assert len(stack.accounts()) == 1
    assert len(stack.tickets()) == 1


def test_row_moved_to_another_customer_brings_no_identity_along(stack: Stack) -> None:
    row = ready(stack, "waiting")
    there = stack.clients[1]
    stack.admin_does("share_sheet", there, email=stack.clients[0].person, level="EDITOR")
    moved = stack.sheet_does("move_row", row=row, to=there.sheet)["row"]
    stack.settle()
    for _ in range(3):
        stack.cycle(full=True)
    assert stack.row(moved, there)["Sync Status"] == "Waiting for CSM"
    owners = sorted(one["properties"]["ubm_customer_key"] for one in stack.tickets())
    assert owners == ["halsted", "oakmont"]


# -------------------------------------------------------------------------------- approval


def test_two_rows_for_one_account_approved_together_make_one_account(stack: Stack) -> None:
    row = ready(stack, "waiting")
    other = ready(stack, "waiting", {"Account Number": "999888777"})
    stack.edit_row(other, {"Account Number": "4471908023"})
    stack.approve(*stack.tickets())
    stack.settle()
    assert len(stack.accounts()) == 1
    assert len(stack.tickets(ENROLMENTS)) == 1
    assert stack.row(row)["Sync Status"] == "Setting up"
    assert stack.row(other)["Sync Status"] == "Duplicate"


def test_approval_taken_back_before_the_account_exists_creates_nothing(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.edit_ticket(stack.ticket(row), ubm_approval="")
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Waiting for CSM"
    assert stack.accounts() == []


def test_approval_taken_back_too_late_is_told(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.settle()
    stack.edit_ticket(stack.ticket(row), ubm_approval="decline")
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Setting up"
    notes = stack.ticket(row)["notes"]
    assert len([note for note in notes if "so it was not taken back" in note]) == 1


def test_approved_row_that_is_not_valid_waits_and_is_carried_out_by_itself(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.edit_row(row, {"ZIP": "6043"})
    stack.approve(stack.ticket(row))
    stack.settle()
    assert stack.accounts() == []
    assert stack.row(row)["Sync Status"] == "Needs information"
    notes = stack.ticket(row)["notes"]
    assert len([note for note in notes if note.startswith("Approve is noted but not")]) == 1
    stack.edit_row(row, {"ZIP": "60435"})
    stack.settle()
    assert stack.row(row)["Sync Status"] == "Setting up"


def test_customer_edits_while_the_manager_approves(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    assert [one["city"] for one in stack.accounts()] == ["Rockdale"]
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"


def test_number_changed_while_the_manager_approves_is_a_change_request(stack: Stack) -> None:
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.edit_row(row, {"Account Number": "4471908099"})
    stack.settle()
    assert [one["account_number"] for one in stack.accounts()] == ["4471908023"]
    assert stack.row(row)["Account Number"] == "4471908023"
    assert stack.row(row)["Sync Message"].startswith(
        "Account Number is kept by us once the account exists; we put back 4471908023. You typed "
        "4471908099. Dana Lee was told."
    )
    notes = stack.ticket(row)["notes"]
    assert len([note for note in notes if note.startswith("Change request: ")]) == 1


@pytest.mark.parametrize("wrong", ["12", "4471908023"])
def test_number_that_an_approval_waited_for_is_the_accounts(stack: Stack, wrong: str) -> None:
    ready(stack, "waiting")
    row = ready(stack, "waiting", {"Account Number": "999888777"})
    stack.edit_row(row, {"Account Number": wrong})
    stack.settle()
    stack.approve(stack.ticket(row))
    stack.settle()
    assert stack.accounts() == []
    stack.edit_row(row, {"Account Number": "4471908099"})
    stack.settle()
    assert [one["account_number"] for one in stack.accounts()] == ["4471908099"]
    assert stack.row(row)["Account Number"] == "4471908099"
    assert stack.row(row)["Sync Message"] == "Account created. Online enrollment under way."
    assert stack.ticket(row)["properties"]["ubm_account_number"] == "4471908099"


def test_number_put_back_at_the_approval_is_still_nobody_elses(stack: Stack) -> None:
    """Another row is typed with the approved number, and one with the number that was put back."""
    row = ready(stack, "waiting")
    stack.approve(stack.ticket(row))
    stack.edit_row(row, {"Account Number": "4471908099"})
    same = stack.type_row({"Location Code": "'77"})
    other = stack.type_row({"Account Number": "4471908099", "Location Code": "'78"})
    stack.settle()
    assert [one["account_number"] for one in stack.accounts()] == ["4471908023"]
    assert stack.row(same)["Sync Status"] == "Duplicate"
    assert stack.row(other)["Sync Status"] == "Waiting for CSM"


@pytest.mark.parametrize("phase", ["waiting", "active"])
def test_clock_set_back_an_hour_delays_nothing(stack: Stack, phase: str) -> None:
    row = ready(stack, phase)
    begun = stack.clock.now()
    stack.skew = -timedelta(hours=1)
    stack.edit_row(row, {"City": "Rockdale"})
    stack.settle()
    assert stack.ticket(row)["properties"]["ubm_city"] == "Rockdale"
    stack.edit_ticket(stack.ticket(row), ubm_notes="after the clock")
    stack.settle()
    assert stack.row(row)["Notes"] == "after the clock"
    other = stack.type_row({"Account Number": "999888777"})
    stack.settle()
    assert stack.row(other)["Sync Status"] == "Waiting for CSM"
    assert stack.clock.now() - begun < timedelta(minutes=10)  # no call waited for the old time


@pytest.mark.parametrize(
    ("decision", "kept"), [("keep_row", "4471908023"), ("keep_ticket", "7788990011")]
)
def test_a_number_that_ticket_and_ubm_changed_is_decided_on_the_ticket(
    stack: Stack, decision: str, kept: str
) -> None:
    row = stack.type_row()
    stack.activate(row)
    stack.stop()
    with closing(sqlite3.connect(stack.folder / "ubm.db")) as store:
        store.execute("UPDATE account SET account_number = '5519044871'")
        store.commit()
    stack.edit_ticket(stack.ticket(row), ubm_account_number="7788990011")
    stack.settle()

    assert stack.ticket(row)["properties"]["ubm_conflict"] == (
        'Account Number: UBM says "5519044871", the row says "4471908023", this ticket says '
        '"7788990011" (before: "4471908023").'
    )
    stack.edit_ticket(stack.ticket(row), ubm_conflict_decision=decision)
    stack.settle()
    properties = stack.ticket(row)["properties"]
    assert not properties.get("ubm_conflict")
    assert properties["ubm_account_number"] == kept
    assert (stack.row(row)["Account Number"], stack.accounts()[0]["account_number"]) == (kept, kept)

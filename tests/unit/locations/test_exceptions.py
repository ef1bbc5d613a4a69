from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.locations.world import PLAIN, World, rival

from ubm_sync.flow import Conflict, Edit
from ubm_sync.locations import LocationRules
from ubm_sync.locations.states import is_request_label

CLOSE = PLAIN | {"request_type": "Close", "service_end": "2026-12-31"}


def test_the_accepted_row_keeps_the_account_whoever_came_first() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.rivals = (rival(status="Waiting for CSM", accepted=False, age=300),)

    world.settle()

    assert world.status == "Setting up"


def test_of_two_new_rows_the_first_one_keeps_the_account() -> None:
    first, second = World(), World()
    first.rivals = (rival(status="Duplicate", accepted=False, age=-1),)
    second.rivals = (rival(status="Waiting for CSM", accepted=False, age=1),)

    first.cycle()
    second.cycle()

    assert (first.status, second.status) == ("Waiting for CSM", "Duplicate")


def test_rows_of_one_instant_are_told_apart_by_their_identity() -> None:
    world = World()
    world.rivals = (rival(status="Waiting for CSM", accepted=False, age=0, sync_id="a"),)
    world.cycle()
    assert world.status == "Duplicate"

    world = World()
    world.rivals = (rival(status="Waiting for CSM", accepted=False, age=0, sync_id="z"),)
    world.cycle()
    assert world.status == "Waiting for CSM"


def test_a_duplicate_is_freed_when_the_other_row_lets_go() -> None:
    world = World()
    world.rivals = (rival(),)
    world.settle()
    world.rivals = ()

    world.settle()

    assert world.status == "Waiting for CSM"
    assert world.stage == "waiting_for_csm"


def test_a_closed_account_may_be_opened_again() -> None:
    world = World()
    world.rivals = (rival(status="Closed"),)

    world.settle()

    assert world.status == "Waiting for CSM"
    checks = str(world.observed["ticket"].values["checks"])
    assert checks.endswith(
        "Warning: LOC-00098 had this account and was closed; approving this row makes a new "
        "account in UBM, the closed one stays as it is."
    )
    world.approve()
    world.rivals = ()
    world.settle()
    assert world.observed["ticket"].values["checks"] == checks


@pytest.mark.parametrize(
    "other",
    [
        {"status": "Closed", "customer": "oakmont"},
        {"status": "Not accepted", "accepted": False},
        {"status": "Closed", "label": "close request LOC-00007"},
    ],
)
def test_nobody_is_told_of_an_account_that_was_never_closed(other: dict[str, Any]) -> None:
    world = World()
    world.rivals = (rival(**other),)

    world.settle()

    assert "was closed" not in str(world.observed["ticket"].values["checks"])


def test_a_customer_who_contradicts_reaches_the_manager() -> None:
    world = World()
    world.rivals = (rival(),)
    world.settle()

    world.edit(notes="No, this is the second meter room")

    assert world.status == "Duplicate"
    assert world.stage == "duplicate"
    assert any("no duplicate of row LOC-00098" in note for note in world.notes)


def test_approving_a_duplicate_says_why_nothing_happens() -> None:
    world = World()
    world.cycle()
    world.rivals = (rival(),)
    world.settle()
    world.approve()

    assert world.status == "Duplicate"
    assert "account" not in world.observed
    assert any("not carried out yet: This account is already on row" in n for n in world.notes)


def test_another_customers_account_is_for_the_manager_only() -> None:
    world = World()
    world.rivals = (rival(customer="aurora", label="LOC-00007"),)
    world.settle()

    assert world.status == "Waiting for CSM"
    assert "aurora" not in world.message
    assert "LOC-00007" not in world.message
    assert sum("on file for another customer" in note for note in world.notes) == 1


def test_a_close_row_needs_an_account_we_know() -> None:
    world = World(CLOSE)
    world.cycle()

    assert world.status == "Needs information"
    assert world.message == (
        "We have no open account 4471908023 with ComEd to close. Please check Account Number, "
        "Utility Vendor and State."
    )


def test_a_close_row_needs_a_last_day() -> None:
    world = World(PLAIN | {"request_type": "Close"}, age_minutes=31)
    world.rivals = (rival(),)
    world.cycle()

    assert world.message == "Missing: Service End."


def test_a_close_row_runs_the_same_way_in_reverse() -> None:
    world = World(CLOSE)
    world.rivals = (rival(),)
    decision = world.cycle()
    assert world.status == "Waiting for CSM"
    assert is_request_label(decision.label, "close")
    assert "final bill" in world.notes[-1]

    decision = world.approve()
    assert not decision.accepted
    assert "account" not in decision.present
    assert world.status == "Closing"
    assert world.message == "Final bill requested for Dec 31."
    assert world.observed["enrolment"].values["subject"].startswith("Close 0412")

    world.person("enrolment", stage="enrolled")
    world.settle()
    assert (world.status, world.stage) == ("Closed", "closed")
    assert world.message == "Closed. Last day of service: Dec 31."


def test_an_account_follows_the_close_request_of_another_row() -> None:
    world = World()
    world.active()
    closing = rival("close request LOC-00150", "Closing", accepted=False, age=-5)
    world.rivals = (replace(closing, status="Waiting for CSM"),)
    world.settle()
    assert world.status == "Active"

    world.rivals = (closing,)
    world.settle()
    assert (world.status, world.stage) == ("Closing", "closing")
    assert world.message == "This account is being closed (close request LOC-00150)."
    assert world.observed["account"].values["status"] == "closing"

    world.rivals = (replace(closing, status="Closed"),)
    world.settle()
    assert (world.status, world.stage) == ("Closed", "closed")
    assert world.observed["account"].values["status"] == "closed"


def test_an_old_close_request_does_not_close_a_reopened_account() -> None:
    world = World()
    world.rivals = (
        rival("close request LOC-00050", "Closed", accepted=False, age=100),
        rival(status="Closed", age=400),
    )
    world.active()

    assert world.status == "Active"


def test_the_row_that_added_the_account_may_close_it() -> None:
    world = World()
    world.active()

    world.edit(request_type="Close", service_end="2026-12-31")
    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")
    assert world.message == (
        "We will close this account after Dec 31. Dana Lee will review by Tue Nov 24."
    )
    assert "approval" not in world.observed["ticket"].values
    assert world.observed["account"].values["status"] == "active"

    world.approve()
    assert (world.status, world.stage) == ("Closing", "closing")
    assert world.message == "Final bill requested for Dec 31."
    assert world.observed["enrolment"].values["stage"] == "requested"
    assert world.observed["enrolment"].values["subject"].startswith("Close")

    world.person("enrolment", stage="enrolled")
    world.settle()
    assert (world.status, world.stage) == ("Closed", "closed")
    assert world.observed["account"].values["status"] == "closed"

    world.edit(request_type="Add location")
    assert world.status == "Closed"
    assert world.message == "Closed. Last day of service: Dec 31. To open it again, add a new row."


def test_a_refused_close_leaves_the_account_active() -> None:
    world = World()
    world.active()
    world.edit(request_type="Close", service_end="2026-12-31")
    world.person(approval="decline", decline_reason="the lease runs on.")
    world.settle()

    assert (world.status, world.stage) == ("Active", "active")
    assert world.message == "We did not close this account. Dana: the lease runs on."


def test_a_move_to_approved_agrees_to_no_close_that_was_refused() -> None:
    world = World()
    world.active()
    world.edit(request_type="Close", service_end="2026-12-31")
    world.person(approval="decline", decline_reason="the lease runs on.")
    world.settle()
    world.person(stage="approved")
    world.settle()

    assert world.status == "Active"
    assert world.observed["account"].values["status"] == "active"


def test_a_close_that_was_a_mistake_can_be_undone() -> None:
    world = World()
    world.active()
    world.edit(request_type="Close", service_end="2026-12-31")
    world.approve()

    world.edit(request_type="Add location")
    world.settle()

    assert (world.status, world.stage) == ("Active", "active")
    assert world.observed["enrolment"].values["stage"] == "enrolled"


def test_a_change_row_is_done_when_the_manager_says_so() -> None:
    world = World(PLAIN | {"request_type": "Change"})
    world.rivals = (rival(),)
    world.cycle()
    world.approve()
    assert world.status == "Approved"
    assert "enrolment" not in world.observed
    world.person(stage="active")

    world.settle()

    assert (world.status, world.message) == ("Active", "Done Nov 20.")


def test_an_edit_of_a_kept_field_is_told_on_both_sides() -> None:
    world = World()
    world.active()
    edit = Edit("account_number", "row", "99", "4471908023", "jsmith@halsted")

    world.cycle(edits=[edit])
    assert world.message.startswith(
        "Account Number is kept by us once the account exists; we put back 4471908023. "
        "You typed 99. Dana Lee was told."
    )
    world.cycle(edits=[edit])
    assert sum("from 4471908023 to 99" in note for note in world.notes) == 1

    world.cycle(edits=[replace(edit, typed="98")])
    assert sum("Change request" in note for note in world.notes) == 2


def test_a_notice_ends_with_the_next_edit_or_after_some_days() -> None:
    edit = Edit("sync_status", "row", "Active", "Waiting for CSM")
    world = World()
    world.settle()
    decision = world.cycle(edits=[edit])
    notice = "Sync Status is filled in by us; we put it back."
    assert world.message.startswith(notice)
    assert decision.wake_at == world.now + timedelta(days=7)
    world.later(days=6)
    world.cycle()
    assert world.message.startswith(notice)
    world.edit(gl_code="12")
    assert notice not in world.message

    world.cycle(edits=[edit])
    world.later(days=7)
    world.cycle()
    assert notice not in world.message


def test_edits_elsewhere_are_told_to_the_manager() -> None:
    world = World()
    world.active()
    world.cycle(
        edits=[
            Edit("address_1", "account", "1 Elm St", "1450 W Jefferson St", "operator"),
            Edit("sync_status", "ticket", "Closed", "Active", None),
        ]
    )

    first, second = world.notes[-2:]
    assert first == (
        'operator changed Address 1 in UBM to "1 Elm St". It was put back to '
        '"1450 W Jefferson St": if "1 Elm St" is right, change it on this ticket.'
    )
    assert second.endswith('was put back to "Active": it is filled in by the service.')


def test_a_conflict_shows_both_values_and_how_to_decide() -> None:
    world = World()
    world.cycle()
    values = {"row": "1 Elm St", "ticket": "2 Elm St"}
    world.conflicts = (Conflict("address_1", "1450 W Jefferson St", values),)
    world.settle()

    text = (
        'Address 1: the row says "1 Elm St", this ticket says "2 Elm St" '
        '(before: "1450 W Jefferson St").'
    )
    assert world.observed["ticket"].values["conflict"] == text
    assert sum(note.startswith(text) for note in world.notes) == 1

    world.conflicts = ()
    world.person(conflict_decision="keep_row")
    world.settle()
    assert "conflict" not in world.observed["ticket"].values
    assert "conflict_decision" not in world.observed["ticket"].values


def test_a_conflict_with_ubm_shows_its_value_and_what_the_row_shows() -> None:
    world = World()
    world.cycle()
    row, seen = "4471908023", world.observed["row"]
    world.observed["row"] = replace(seen, values={**seen.values, "account_number": row})
    sides = {"account": "5519044871", "ticket": "7"}
    world.conflicts = (Conflict("account_number", None, sides),)
    world.settle()

    assert world.observed["ticket"].values["conflict"] == (
        f'Account Number: UBM says "5519044871", the row says "{row}", this ticket says "7" '
        "(before: (empty))."
    )
    world.conflicts = (Conflict("account_number", None, {**sides, "account": row}),)
    world.settle()
    assert world.observed["ticket"].values["conflict"] == (
        f'Account Number: the row says "{row}", this ticket says "7" (before: (empty)).'
    )


def test_an_approval_waits_while_a_field_that_an_account_needs_was_never_agreed() -> None:
    world = World()
    world.cycle()
    sides = {"row": "Halsted LLC", "ticket": "Halsted Inc"}
    world.conflicts = (Conflict("name_on_account", None, sides),)
    world.person(approval="approve")
    world.settle()

    assert "account" not in world.observed
    assert world.status == "Waiting for CSM"
    (told,) = [note for note in world.notes if "not carried out yet" in note]
    assert "Name on Account" in told

    world.conflicts = ()
    world.settle()
    assert "account" in world.observed


def test_an_approval_does_not_wait_for_a_field_that_an_account_can_do_without() -> None:
    world = World()
    world.cycle()
    world.conflicts = (Conflict("gl_code", None, {"row": "1", "ticket": "2"}),)
    world.person(approval="approve")
    world.settle()

    assert "account" in world.observed


def test_a_ticket_in_a_foreign_pipeline_is_left_alone() -> None:
    world = World()
    world.settle()
    seen = world.observed["ticket"]
    values = {k: v for k, v in seen.values.items() if k != "stage"}
    world.observed["ticket"] = replace(seen, values=values, marks={"stage": "foreign"})

    decision = world.settle()

    assert "stage" not in decision.values["ticket"]
    assert sum("not ours" in note for note in world.notes) == 1
    world.approve()
    assert world.status == "Setting up"


def test_an_archived_ticket_puts_the_request_on_hold() -> None:
    world = World()
    world.settle()
    world.observed["ticket"] = replace(world.observed["ticket"], gone="archived")

    decision = world.settle()

    assert decision.present == {"row"}
    assert world.status == "Problem on our side"
    assert world.message == (
        "We hit a problem and are on it (ticket 18840211). Nothing for you to do."
    )
    world.observed["ticket"] = replace(world.observed["ticket"], gone="")
    world.settle()
    assert world.status == "Waiting for CSM"


def test_an_archived_ticket_of_a_live_account_changes_nothing() -> None:
    world = World()
    world.active()
    world.observed["ticket"] = replace(world.observed["ticket"], gone="archived")

    world.settle()

    assert world.status == "Active"


def test_a_merged_ticket_points_to_the_one_it_went_into() -> None:
    world = World()
    world.settle()
    world.observed["ticket"] = replace(world.observed["ticket"], gone="merged:999")

    world.settle()

    assert world.status == "Duplicate"
    assert world.message == "Dana Lee joined this with another request (ticket 999)."
    assert world.observed["row"].values["ticket"] == "999"


def test_a_refused_account_is_our_problem_and_the_manager_knows_why() -> None:
    world = World()
    world.cycle()
    world.person(approval="approve")
    world.troubles = {"account": "an account with this number exists already"}
    for _ in range(3):
        decision = world.cycle(lands=("row", "ticket"))

    assert world.status == "Problem on our side"
    assert "account" in decision.present
    assert sum("exists already" in note for note in world.notes) == 1


def test_what_an_administrator_must_mend_is_no_text_for_a_manager() -> None:
    world = World()
    world.cycle()
    world.troubles = {
        "ticket.priority": '"URGENT" is not an option of the property "p"; run `ubm-sync setup x`.',
        "ticket.owner": "there is no active user with this e-mail",
        "row.city": "the text is too long.",
    }
    world.notes.clear()

    world.cycle()

    city, priority = sorted(world.notes)
    assert city.startswith("City could not be written to the sheet: the text is too long. It is")
    assert priority == (
        "Priority could not be set in the ticket system yet. The administrator is told what to "
        "mend; then it is set by itself."
    )


def test_a_password_is_masked_everywhere_and_told() -> None:
    world = World(PLAIN | {"notes": "Portal user bob, pw: Hunter2!x"})
    decision = world.cycle()

    assert decision.fixes == {"notes": "Portal user bob, pw: ••••••"}
    assert world.message.startswith(
        "A password seems to be in Notes. We did not copy it anywhere and masked it here. Please "
        "delete it and use the secure link."
    )
    assert "Hunter2" not in repr(decision)
    assert world.observed["ticket"].values["checks"] == (
        "Checks passed: 15 of 16. Warning: a password seemed to be in Notes; it was masked."
    )
    assert sum("was masked and copied nowhere" in note for note in world.notes) == 1
    world.settle()
    assert world.message.startswith("A password")

    world.edit(notes="")
    assert world.message == "Looks complete. Dana Lee will review by Tue Nov 24."


def test_a_correction_is_told_until_the_customer_changes_the_cell() -> None:
    world = World(PLAIN | {"state": "Illinois", "zip": "604351234"})
    decision = world.cycle()

    assert decision.fixes == {"state": "IL", "zip": "60435-1234"}
    assert decision.account_key == "halsted|ComEd|IL|4471908023"
    world.settle()
    assert world.message == (
        "Looks complete. Dana Lee will review by Tue Nov 24. "
        'We changed State "Illinois" to IL. We changed ZIP "604351234" to 60435-1234.'
    )
    assert (
        'Checks passed: 13 of 15. Warning: State "Illinois" corrected to IL.'
        in (world.observed["ticket"].values["checks"])
    )
    world.edit(zip="60435")
    assert "ZIP" not in world.message


def test_what_others_removed_is_not_made_again_but_told() -> None:
    world = World()
    world.cycle()
    world.approve()
    for place, text in (("enrolment", "The ticket of Data Services"), ("account", "The account")):
        world.observed[place] = replace(world.observed[place], gone="archived")
        decision = world.settle()
        assert place not in decision.present
        assert sum(note.startswith(f"{text} ") for note in world.notes) == 1

    assert world.status == "Problem on our side"


def test_closing_without_asking_again_is_a_setting() -> None:
    world = World(rules=LocationRules(close_needs_approval=False))
    world.active()

    world.edit(request_type="Close", service_end="2026-12-31")

    assert world.status == "Closing"
    assert world.observed["enrolment"].values["stage"] == "requested"

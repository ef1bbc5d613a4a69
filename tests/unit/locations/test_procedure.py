from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.locations.world import HALSTED, NOW, PLAIN, World, rival

from ubm_sync.calendars import parse_instant
from ubm_sync.locations import DuplicatePolicy, LocationRules
from ubm_sync.locations.adopting import adopted
from ubm_sync.model import Ref


def at(world: World, step: str) -> datetime:
    instant = parse_instant(world.memory[step])
    assert instant is not None
    return instant


def test_a_started_row_is_left_in_peace() -> None:
    world = World({"request_type": "Add location", "location_code": "0412"})

    decision = world.cycle()

    assert (world.status, world.message) == ("Draft", "")
    assert decision.wake_at == NOW + timedelta(minutes=30)
    assert decision.present == {"row"}
    assert not decision.notes


def test_a_row_left_incomplete_is_told_everything_at_once() -> None:
    values = {k: v for k, v in PLAIN.items() if k != "service_start"} | {"zip": "6043"}
    world = World(values)
    world.later(minutes=30)

    world.cycle()

    assert world.status == "Needs information"
    assert world.message == (
        "ZIP 6043 is not an Illinois ZIP. Please type all 5 digits. Also missing: Service Start."
    )
    assert "ticket" not in world.observed


def test_a_complete_row_waits_for_the_manager() -> None:
    world = World()

    decision = world.cycle()

    assert world.status == "Waiting for CSM"
    assert world.message == "Looks complete. Dana Lee will review by Tue Nov 24."
    assert decision.values["row"]["ticket"] == Ref("ticket")
    assert decision.account_key == "halsted|ComEd|IL|4471908023"
    assert decision.label == "LOC-00142"
    ticket = world.observed["ticket"].values
    assert ticket["stage"] == "waiting_for_csm"
    assert ticket["owner"] == "dana@ubm.example"
    assert ticket["company"] == "55"
    assert ticket["priority"] == "medium"
    assert ticket["subject"] == "Add 0412 Joliet #0412 - ComEd electric 4471908023 (Halsted Foods)"
    (note,) = world.notes
    assert note == (
        "New location request LOC-00142 from jsmith@halsted (the sheet, 09:12 CT): add 0412 Joliet "
        "#0412, ComEd electric 4471908023. Checks passed: 15 of 15. "
        'Set "Approval" to "Approve" to create it in UBM and ask Data Services to enroll. Nothing '
        "is created until you do."
    )
    assert ticket["content"].startswith(note)
    assert "Account Number: 4471908023" in ticket["content"]


def test_an_approved_row_becomes_an_account_and_then_active() -> None:
    world = World()
    world.cycle()
    world.later(minutes=28)
    world.person(approval="approve")

    decision = world.cycle()

    assert decision.present == {"row", "ticket", "account", "enrolment"}
    assert decision.status == "Approved"
    assert decision.accepted
    assert decision.values["enrolment"]["ubm_account_id"] == Ref("account")
    account = decision.values["account"]
    assert account["approved_by"] == "dana@ubm.example"
    assert account["approved_at"] == "2026-11-20T15:40:00Z"
    assert account["vendor_canonical"] == "ComEd"
    assert account["account_key"] == "halsted|ComEd|IL|4471908023"
    assert (account["status"], account["source"]) == ("setting_up", "SYNC")

    world.cycle()
    row = world.observed["row"].values
    assert world.status == "Setting up"
    assert world.message == "Account created. Online enrollment under way."
    assert (row["ubm_account_id"], row["data_services"]) == ("UBM-0091234", "Requested")
    assert row["ticket"] == "18840211"
    assert world.notes[-1] == (
        "Created in UBM: UBM-0091234 (09:40). Data Services asked to enroll (09:40). "
        "I will tell you when enrolled."
    )

    world.later(days=10)
    world.person("enrolment", stage="enrolled")
    world.cycle()
    assert (world.status, world.stage) == ("Active", "active")
    assert world.message == "Done Nov 30. First bill expected in about 30 days."
    assert world.observed["account"].values["status"] == "active"
    assert world.observed["account"].values["data_services"] == "Enrolled"
    assert world.notes[-1].startswith("Data Services enrolled UBM-0091234 (Nov 30, 09:40 CT).")


def test_a_cycle_killed_after_the_account_was_made_leaves_its_approval_as_it_was_written() -> None:
    world = World()
    world.cycle()
    world.person(approval="approve")
    memory = world.memory
    world.cycle(lands=["account"])
    approved = world.observed["account"].values["approved_at"]
    world.memory = dict(memory)  # nothing of that cycle was remembered
    made = world.observed["account"].created_at
    assert made is not None
    world.observed["account"] = replace(
        world.observed["account"], created_at=made + timedelta(seconds=1)
    )
    world.later(minutes=1)

    decision = world.settle()

    assert decision.values["account"]["approved_at"] == approved
    assert decision.values["account"]["approved_by"] == "dana@ubm.example"


def test_each_step_has_its_instant_in_order() -> None:
    world = World()
    world.active()

    steps = ["valid_at", "ticket_at", "approved_at", "account_at", "requested_at", "enrolled_at"]
    assert [at(world, step) for step in steps] == sorted(at(world, step) for step in steps)


def test_a_finished_enrolment_keeps_the_description_it_was_asked_with() -> None:
    world = World()
    world.active()
    before = dict(world.observed["enrolment"].values)

    world.edit(gl_code="GL-6100")
    world.settle()

    after = world.observed["enrolment"].values
    assert (after["subject"], after["content"]) == (before["subject"], before["content"])


def test_moving_the_ticket_to_approved_approves() -> None:
    world = World()
    world.cycle()
    world.person(stage="approved")

    world.settle()

    assert world.status == "Setting up"
    assert world.memory["approved_by"] == "dana@ubm.example"


def test_declining_gives_the_reason_to_the_customer() -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason="this account belongs to the landlord.")

    world.settle()

    assert (world.status, world.stage) == ("Not accepted", "declined")
    assert world.message == "Dana: this account belongs to the landlord."
    assert "account" not in world.observed


@pytest.mark.parametrize("name", ["Dana: ", "dana lee : "])
def test_a_reason_that_begins_with_the_managers_name_names_her_once(name: str) -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason=f"{name}note: the landlord pays.")

    world.settle()

    assert world.message == "Dana: note: the landlord pays."


def test_a_reason_without_a_full_stop_runs_into_no_other_sentence() -> None:
    world = World(PLAIN | {"zip": "604351234"})
    world.cycle()
    world.person(approval="decline", decline_reason="this account belongs to the landlord")

    world.settle()

    assert world.message == (
        'Dana: this account belongs to the landlord. We changed ZIP "604351234" to 60435-1234.'
    )


def test_a_decline_without_a_reason_asks_for_one_once() -> None:
    world = World()
    world.cycle()
    world.person(stage="declined")
    world.settle()

    assert world.message == "Dana Lee did not accept this and will tell you why."
    assert sum("Decline reason" in note for note in world.notes) == 1

    world.person(decline_reason="wrong company.")
    world.settle()
    assert world.message == "Dana: wrong company."


def test_a_declined_request_can_be_taken_up_again() -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason="no")
    world.settle()
    world.person(approval="approve")

    world.settle()

    assert world.status == "Setting up"


def test_a_customer_who_changes_a_declined_row_is_heard() -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason="no")
    world.settle()

    world.edit(name_on_account="Halsted Foods Inc")

    assert world.status == "Not accepted"
    assert (
        "The customer changed this row after it was declined (Name on Account)" in (world.notes[-1])
    )


def test_a_correction_of_ours_is_no_further_edit_by_the_customer() -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason="no contract")
    world.cycle()
    world.values["zip"] = "604351234"
    for _ in range(2):  # the correction is there in the second, and not agreed on yet
        world.cycle(changed={"zip": ("row",)})

    assert world.values["zip"] == "60435-1234"
    assert sum("after it was declined (ZIP)" in note for note in world.notes) == 1


def test_what_a_manager_changes_in_a_declined_request_is_not_said_of_its_customer() -> None:
    world = World()
    world.cycle()
    world.person(approval="decline", decline_reason="no")
    world.settle()

    world.values |= {"name_on_account": "Halsted Foods Inc", "notes": "see the lease"}
    world.cycle(changed={"name_on_account": ("row",), "notes": ("ticket",)})

    assert "after it was declined (Name on Account)" in world.notes[-1]


def test_a_row_that_turns_invalid_keeps_its_ticket() -> None:
    world = World()
    world.cycle()

    world.edit(zip="20022")

    assert (world.status, world.stage) == ("Needs information", "needs_information")
    assert world.message == "ZIP 20022 is not an Illinois ZIP. Please check ZIP and State."
    world.edit(zip="60435")
    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")


def test_approving_an_incomplete_row_waits_until_it_is_complete() -> None:
    world = World()
    world.cycle()
    world.edit(zip="20022")
    world.person(approval="approve")
    world.settle()

    assert world.status == "Needs information"
    assert "account" not in world.observed
    assert sum("not carried out yet: ZIP 20022" in note for note in world.notes) == 1

    world.edit(zip="60435")
    world.settle()
    assert world.status == "Setting up"


def test_an_approval_can_be_taken_back_until_the_account_exists() -> None:
    world = World()
    world.cycle()
    world.person(approval="approve")
    world.cycle(lands=("row", "ticket"))
    assert world.status == "Approved"
    world.person(approval=None)

    world.cycle(lands=("row", "ticket"))

    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")
    assert world.notes[-1] == (
        "Approval taken back before the account existed. Nothing was created."
    )
    assert "approved_at" not in world.memory


def test_moving_the_ticket_back_takes_an_approval_back() -> None:
    world = World()
    world.cycle()
    world.person(stage="approved")
    world.cycle(lands=("row", "ticket"))
    world.person(stage="waiting_for_csm")

    world.cycle(lands=("row", "ticket"))

    assert world.status == "Waiting for CSM"


def test_who_moves_the_ticket_back_and_approves_it_in_words_has_approved() -> None:
    world = World()
    world.cycle()
    world.person(stage="approved")
    world.cycle(lands=("row", "ticket"))
    world.person(stage="waiting_for_csm", approval="approve")

    world.settle()

    assert world.status == "Setting up"


def test_an_account_that_exists_is_not_taken_back() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.person(approval="decline", decline_reason="sorry")
    world.settle()

    assert world.status == "Setting up"
    assert sum("so it was not taken back" in note for note in world.notes) == 1


def test_an_approval_that_is_cleared_once_the_account_exists_is_answered() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.person(approval=None)
    world.settle()

    assert world.status == "Setting up"
    assert sum("so it was not taken back" in note for note in world.notes) == 1


def test_a_late_decline_in_two_ways_at_once_is_answered_once() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.person(approval="decline", decline_reason="sorry", stage="declined")
    world.settle()

    assert sum("so it was not taken back" in note for note in world.notes) == 1


@pytest.mark.parametrize("killed", [False, True])
def test_who_approves_what_was_declined_is_not_told_that_it_was_not_taken_back(
    *, killed: bool
) -> None:
    world = World()
    world.cycle()
    world.person(stage="declined", decline_reason="sorry")
    world.settle()
    world.person(stage="approved")
    if killed:  # after the account was made, which the next cycle finds
        memory, notes = world.memory, list(world.notes)
        world.cycle(lands=["account"])
        world.memory = dict(adopted(memory, world.observed["account"]))
        world.notes = notes
    world.settle()

    assert world.status == "Setting up"
    assert not any("so it was not taken back" in note for note in world.notes)


def test_skipping_stages_creates_nothing() -> None:
    world = World()
    world.cycle()
    world.person(stage="active")
    world.settle()

    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")
    said = [note for note in world.notes if note.startswith("Nothing was created by moving")]
    assert said == [
        (
            'Nothing was created by moving the ticket to "Active". To approve, set "Approval" to '
            '"Approve" or move the ticket to Approved.'
        )
    ]


@pytest.mark.parametrize("killed", [False, True])
def test_who_skips_stages_and_approves_at_once_is_not_told_that_nothing_was_created(
    *, killed: bool
) -> None:
    world = World()
    world.cycle()
    world.person(stage="active", approval="approve")
    if killed:  # after the account was made
        memory, notes = world.memory, list(world.notes)
        world.cycle(lands=["account"])
        world.memory, world.notes = memory, notes
    world.settle()

    assert world.status == "Setting up"
    assert not any(note.startswith("Nothing was created") for note in world.notes)


def test_who_skips_stages_of_an_approved_request_that_waits_is_told() -> None:
    world = World()
    world.cycle()
    world.edit(account_number="")
    world.person(stage="active", approval="approve")
    world.settle()

    assert world.status == "Needs information"
    assert sum(note.startswith("Nothing was created by moving") for note in world.notes) == 1


def test_a_manager_may_ask_the_customer_by_moving_the_ticket() -> None:
    world = World()
    world.cycle()
    world.person(stage="needs_information")
    world.settle()

    assert (world.status, world.stage) == ("Needs information", "needs_information")
    assert world.message == "Dana Lee has a question about this row and will contact you."

    world.edit(notes="It is the back building")
    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")


def test_a_ticket_moved_on_by_a_person_is_not_moved_back() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.person(stage="closing")

    world.settle()

    assert world.stage == "closing"


def test_data_services_may_have_a_problem() -> None:
    world = World()
    world.cycle()
    world.approve()
    world.person("enrolment", stage="problem")
    world.settle()

    assert world.status == "Setting up"
    assert world.observed["row"].values["data_services"] == "Problem"
    assert world.message.endswith("Nothing for you to do.")
    assert sum("reports a problem" in note for note in world.notes) == 1


def test_what_an_account_needs_after_approval_is_told_but_takes_nothing_away() -> None:
    world = World()
    world.active()

    world.edit(city=None)

    assert (world.status, world.message) == ("Active", "Missing: City.")


def test_last_synced_moves_only_with_the_row() -> None:
    world = World()
    world.cycle()
    first = world.observed["row"].values["last_synced"]
    assert first == "2026-11-20 09:12 CT"
    world.later(hours=5)

    decision = world.cycle()

    assert decision.values["row"]["last_synced"] == first
    world.person(approval="approve")
    world.cycle()
    assert world.observed["row"].values["last_synced"] == "2026-11-20 14:12 CT"


def test_an_edit_on_the_ticket_shows_as_synced_on_the_row() -> None:
    world = World()
    world.cycle()
    world._see("row", world.values)
    world.later(hours=5)
    world.values["gl_code"] = "6410"

    decision = world.cycle(changed={"gl_code": ("ticket",)})

    assert decision.values["row"]["last_synced"] == "2026-11-20 14:12 CT"


def test_a_description_a_person_wrote_stays() -> None:
    world = World()
    world.settle()
    world.person(content="Call Bob first.", subject="Joliet")

    world.edit(gl_code="99")

    assert world.observed["ticket"].values["content"] == "Call Bob first."
    assert world.observed["ticket"].values["subject"] == "Joliet"


def test_a_description_nobody_touched_follows_the_row() -> None:
    world = World()
    world.settle()

    world.edit(account_number="4471908099")

    assert "Account Number: 4471908099" in world.observed["ticket"].values["content"]


def test_an_owner_chosen_by_a_person_stays() -> None:
    world = World()
    world.cycle()
    world.person(owner="priya@ubm.example")

    assert world.cycle().values["ticket"]["owner"] == "priya@ubm.example"
    assert "priority" not in world.cycle().values["ticket"]


def test_a_customer_without_a_manager_is_served_by_the_team() -> None:
    world = World(customer=HALSTED.__class__("x", "X"))
    world.cycle()

    assert world.message == "Looks complete. Our team will review by Tue Nov 24."


@pytest.mark.parametrize("policy", list(DuplicatePolicy))
def test_a_duplicate_names_the_row_that_has_the_account(policy: DuplicatePolicy) -> None:
    world = World(rules=LocationRules(duplicates=policy))
    world.rivals = (rival(),)

    world.settle()

    assert world.status == "Duplicate"
    assert world.message == (
        "This account is already on row LOC-00098 (Active). If that is wrong, add a note."
    )
    assert ("ticket" in world.observed) is (policy is DuplicatePolicy.TICKET)


def test_a_duplicate_is_not_told_its_own_number() -> None:
    """A customer who gets a sheet has rows of an earlier list, which was numbered from 1 too."""
    world = World(PLAIN | {"request_number": "LOC-00098"})
    world.rivals = (rival(),)

    world.settle()

    assert world.message.startswith("This account is already on another row (Active).")


def test_a_start_too_far_ahead_is_looked_at_again_in_time() -> None:
    world = World(PLAIN | {"service_start": "2027-08-01"})

    decision = world.cycle()

    assert world.status == "Needs information"
    assert decision.wake_at is not None
    world.now = decision.wake_at
    world.cycle()
    assert world.status == "Waiting for CSM"


@pytest.mark.parametrize("stage", ["needs_information", "duplicate", "waiting_for_csm"])
def test_a_stage_found_after_memory_was_lost_decides_nothing(stage: str) -> None:
    world = World()
    world.settle()
    world.memory = {}
    world.person(stage=stage)

    world.settle()

    assert (world.status, world.stage) == ("Waiting for CSM", "waiting_for_csm")


def test_an_active_record_is_recognised_after_memory_was_lost() -> None:
    world = World()
    world.active()
    told = len(world.notes)
    world.memory = {}

    world.settle()

    assert (world.status, world.stage) == ("Active", "active")
    assert world.observed["account"].values["status"] == "active"
    assert len(world.notes) >= told

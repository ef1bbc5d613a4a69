from __future__ import annotations

from dataclasses import replace

import pytest
from tests.integration.hubspot_connector.portal import (
    CSM,
    Portal,
    change,
    many,
    new,
    words,
)

from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Mark, Result, Spot


@pytest.fixture
def portal() -> Portal:
    portal = Portal()
    portal.setup()
    return portal


def test_a_quiet_cycle_is_one_request(portal: Portal) -> None:
    portal.apply(*many(30))
    for _ in range(4):
        portal.later(20)
        portal.read()
    before = portal.calls()

    portal.later(20)

    assert portal.read() == {}
    assert portal.calls() == before + 1


def test_a_quiet_cycle_after_a_restart_is_one_request(portal: Portal) -> None:
    portal.apply(*many(30))
    for _ in range(2):
        portal.later(20)
        portal.read()
    portal.restart()
    before = portal.calls()

    portal.later(20)

    assert portal.read() == {}
    assert portal.calls() == before + 1


def test_an_edit_is_seen_in_the_next_cycle(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    portal.later(20)
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Ameren"})

    found = portal.read()[str(ticket.ref)]

    assert found.values["vendor"] == "Ameren"
    assert found.key == "k"
    assert found.version > ticket.version


def test_what_was_created_needs_no_second_look(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    portal.later(20)

    assert portal.read() == {}
    (page,) = portal.connector.fetch("ticket", [str(ticket.ref)])
    assert page.observations[0].version == ticket.version


def test_a_ticket_without_an_identity_is_shown_and_nobody_s_company_is_asked_for(
    portal: Portal,
) -> None:
    ticket = portal.add("k", vendor="ComEd")
    portal.later(20)
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_sync_id": ""})
    before = portal.calls()

    (page,) = portal.pages()

    assert [(one.ref, one.key) for one in page.observations] == [(ticket.ref, None)]
    assert not page.problems
    assert portal.calls() - before == 1


def test_an_edit_just_before_our_own_update_is_not_lost(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    portal.later(20)
    portal.read()
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_account_number": "0045"})
    outcome = portal.apply(change(ticket, vendor="Ameren"))["k"]
    portal.later(20)

    found = portal.read()[str(ticket.ref)]

    assert found.values["account_number"] == "0045"
    assert found.version != outcome.version


def test_an_index_older_than_our_own_write_shows_nothing() -> None:
    portal = Portal(search_lag=30.0)
    portal.setup()
    ticket = portal.add("k", vendor="ComEd")
    portal.later(60)
    portal.read()
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_account_number": "0045"})
    portal.later(29)
    portal.apply(change(ticket, vendor="Ameren"))
    portal.later(2)

    assert portal.read() == {}  # the index shows the edit, but not our write yet
    portal.later(30)
    found = portal.read()[str(ticket.ref)]
    assert (found.values["vendor"], found.values["account_number"]) == ("Ameren", "0045")


def test_a_second_change_within_one_whole_second_is_not_lost() -> None:
    portal = Portal(whole_seconds=True)
    portal.setup()
    ticket = portal.add("k", vendor="ComEd")
    portal.later(60)
    portal.read()
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Ameren"})
    portal.later(0.4)
    first = portal.read()[str(ticket.ref)]
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_account_number": "0045"})
    portal.later(0.4)
    assert portal.read() == {}  # the same time of change
    portal.restart()
    portal.later(20)

    second = portal.read()[str(ticket.ref)]

    assert second.values["account_number"] == "0045"
    assert second.version != first.version  # or nobody would compare the values
    portal.later(20)
    before = portal.calls()
    assert portal.read() == {}
    assert portal.calls() - before == 1


def test_an_edit_in_the_second_in_which_a_ticket_was_made_is_not_lost() -> None:
    portal = Portal(whole_seconds=True)
    portal.setup()
    ticket = portal.add("k", vendor="ComEd")
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_approval": "approve"})
    found = {}
    for _ in range(3):
        portal.later(20)
        found.update(portal.read())

    assert found[str(ticket.ref)].values["approval"] == "approve"


def test_bulk_edits_of_2000_tickets_are_seen_in_one_cycle(portal: Portal) -> None:
    portal.apply(*many(2_000))
    portal.later(20)
    portal.read()
    portal.act(
        "bulk_edit", where={"ubm_vendor": "Vendor 7"}, properties={"ubm_approval": "approve"}
    )
    portal.act("bulk_move", where={"subject": "key-00008"}, stage="Approved")
    portal.later(20)

    found = portal.read()

    assert len(found) == 2
    assert {one.values.get("approval") for one in found.values()} == {"approve", None}


def test_a_late_index_loses_no_edit() -> None:
    portal = Portal(search_lag=1.0, search_lag_jitter=100.0)
    portal.setup()
    tickets = portal.apply(*many(300))
    for _ in range(12):
        portal.later(20)
        portal.read()
    refs = {str(one.ref) for one in tickets.values()}
    for ref in sorted(refs):
        portal.act("edit_ticket", id=ref, properties={"ubm_vendor": "edited"})
    found = {}
    for _ in range(50):
        portal.later(20)
        found.update(portal.read())

    assert {ref for ref, one in found.items() if one.values.get("vendor") == "edited"} == refs


def test_an_archived_ticket_is_found_within_the_reconciling_time(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.later(20)
    portal.read()
    portal.act("archive_ticket", id=ticket.ref)
    portal.later(901)

    found = portal.read()[str(ticket.ref)]

    assert (found.gone, found.key, found.place) == ("archived", "k", "ticket")


def test_a_restored_ticket_is_seen_again(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.act("archive_ticket", id=ticket.ref)
    portal.later(901)
    portal.read()
    portal.act("restore_ticket", id=ticket.ref)
    portal.later(20)

    assert portal.read(full=True)[str(ticket.ref)].gone == ""


@pytest.mark.parametrize("makes_new", [False, True])
def test_a_merged_ticket_lives_on_in_the_other(makes_new: bool) -> None:
    portal = Portal(merge_makes_new_record=makes_new)
    portal.setup()
    first, second = portal.add("one"), portal.add("two")
    portal.later(20)
    portal.read()
    portal.act("merge_tickets", primary=first.ref, other=second.ref)
    portal.later(20)

    found = portal.read()

    (primary,) = (one for one in found.values() if not one.gone)
    assert found[str(second.ref)].gone == f"merged:{primary.ref}"
    assert found[str(second.ref)].key is None
    again = {
        one.ref: one
        for page in portal.connector.fetch("ticket", [str(second.ref)])
        for one in page.observations
    }
    assert again[str(second.ref)].gone == f"merged:{primary.ref}"


def test_a_merged_ticket_in_the_bin_is_said_to_be_merged() -> None:
    portal = Portal(merged_listed_as_archived=True)
    portal.setup()
    first, second = portal.add("one"), portal.add("two")
    portal.act("merge_tickets", primary=first.ref, other=second.ref)
    portal.later(20)

    found = portal.read(full=True)[str(second.ref)]

    assert (found.gone, found.key) == (f"merged:{first.ref}", "two")


@pytest.mark.parametrize("full", [False, True])
def test_an_index_that_is_late_brings_no_ticket_back_that_left(full: bool) -> None:
    portal = Portal(search_lag=30.0, merge_makes_new_record=True)
    portal.setup()
    first, second = portal.add("one"), portal.add("two")
    portal.later(60)
    portal.read()
    portal.act("merge_tickets", primary=first.ref, other=second.ref)
    pages = portal.connector.fetch("ticket", [str(first.ref)])  # as after a refused write
    assert [one.gone[:7] for page in pages for one in page.observations] == ["merged:"]

    shown = [portal.read(full=full)]
    portal.restart()
    shown += [portal.read(full=full), portal.read(full=full)]

    assert not any(str(first.ref) in found for found in shown)


def test_a_ticket_that_left_and_came_back_at_once_is_seen_again() -> None:
    portal = Portal(search_lag=30.0)
    portal.setup()
    ticket = portal.add("k")
    portal.later(60)
    portal.read()
    portal.act("archive_ticket", id=ticket.ref)
    list(portal.connector.fetch("ticket", [str(ticket.ref)]))
    portal.act("restore_ticket", id=ticket.ref)

    assert portal.read()[str(ticket.ref)].gone == ""
    assert portal.read() == {}


def test_a_full_reading_shows_everything_and_says_so(portal: Portal) -> None:
    tickets = portal.apply(*many(450))
    gone = portal.add("gone")
    portal.act("archive_ticket", id=gone.ref)
    portal.act("create_ticket", properties={"subject": "of somebody else"})
    portal.later(20)

    pages = portal.pages(full=True)

    found = {one.ref: one for page in pages for one in page.observations}
    assert set(found) == {str(one.ref) for one in (*tickets.values(), gone)}
    assert found[str(gone.ref)].gone == "archived"
    assert pages[-1].complete == {"tickets"}
    assert all(one.container == "tickets" for one in found.values())


def test_a_full_reading_shows_what_the_index_does_not_yet() -> None:
    portal = Portal(search_lag=60.0)
    portal.setup()
    ticket = portal.add("k")

    assert str(ticket.ref) in portal.read(full=True)


def test_a_listing_that_leaves_records_out_is_not_complete(portal: Portal) -> None:
    portal.apply(*many(300))
    portal.restart()
    portal.later(20)
    portal.fault(Fault.SHORT, "search", times=None)

    pages = portal.pages(full=True)

    assert not any(page.complete for page in pages)


def test_a_first_full_reading_spares_the_first_search_the_past(portal: Portal) -> None:
    portal.apply(*many(600))
    fresh = portal.connect()
    portal.connector = fresh
    portal.later(20)
    portal.read(full=True)
    portal.later(20)
    before = portal.calls()

    assert portal.read() == {}
    assert portal.calls() - before <= 4


def test_the_first_reading_resumes_where_it_was_killed(portal: Portal) -> None:
    portal.apply(*many(1_000))
    portal.connector = portal.connect()
    portal.later(20)
    reading = portal.connector.observe(full=False)
    next(reading)
    seen = {one.ref for one in next(reading).observations}
    del reading
    portal.restart()

    rest = set(portal.read())

    assert len(seen | rest) == 1_000
    assert len(rest) <= 801


def test_a_first_full_reading_that_was_killed_leaves_nothing_out(portal: Portal) -> None:
    portal.apply(*many(700))
    portal.connector = portal.connect()
    portal.later(20)
    reading = portal.connector.observe(full=True)
    seen = {one.ref for _ in range(3) for one in next(reading).observations}
    del reading
    portal.restart()

    assert 0 < len(seen) < 700
    assert len(seen | set(portal.read())) == 700


def test_people_and_stages_are_told_by_their_names(portal: Portal) -> None:
    ticket = portal.add("k", owner=CSM)
    portal.act("move_ticket", id=ticket.ref, stage="Approved")
    portal.later(20)

    found = portal.read()[str(ticket.ref)]

    assert (found.values["stage"], found.values["owner"]) == ("approved", CSM)


def test_a_new_colleague_is_known_at_once(portal: Portal) -> None:
    ticket = portal.add("k", owner=CSM)
    portal.later(20)
    portal.act("add_owner", email="Late@ubm.example", firstName="L", lastName="L")

    outcome = portal.apply(change(ticket, owner="late@ubm.example"))["k"]

    assert outcome.result is Result.LANDED
    assert portal.see(ticket.ref)["owner"] == "Late@ubm.example"
    portal.later(20)
    assert portal.read()[str(ticket.ref)].values["owner"] == "late@ubm.example"


def test_a_stranger_is_looked_up_once_a_minute(portal: Portal) -> None:
    ticket = portal.add("k")
    stranger = change(ticket, owner="who@ubm.example")
    calls = []
    for pause in (0, 20, 20, 20):
        portal.later(pause)
        before = portal.calls()
        portal.apply(stranger)
        calls.append(portal.calls() - before)

    assert calls == [1, 0, 0, 1]


def test_names_that_could_not_be_read_are_read_in_the_next_cycle(portal: Portal) -> None:
    ticket = portal.add("k", owner=CSM)
    portal.connector = portal.connect()
    portal.later(20)
    portal.fault(Fault.ERROR, "owners", times=None)
    with pytest.raises(Temporary):
        portal.read()
    portal.heal()
    portal.later(20)

    assert portal.read()[str(ticket.ref)].values["owner"] == CSM


def test_a_renamed_stage_is_the_same_stage_until_a_restart(portal: Portal) -> None:
    ticket = portal.add("k", stage="approved")
    portal.act("rename_stage", pipeline="New locations", stage="Approved", to="OK")
    portal.later(3_700)
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "V"})

    pages = portal.pages()

    assert any('no stage "Approved"' in text for text in words(pages))
    (found,) = (one for page in pages for one in page.observations)
    assert found.values["stage"] == "approved"


def test_what_was_only_looked_up_is_shown_by_the_search_all_the_same(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.later(20)
    portal.read()
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "typed"})
    list(portal.connector.fetch("ticket", [str(ticket.ref)]))

    assert portal.read()[str(ticket.ref)].values["vendor"] == "typed"


def test_a_ticket_moved_to_another_pipeline_keeps_its_place(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.act("move_ticket", id=ticket.ref, stage="New", pipeline="Support Pipeline")
    portal.later(20)

    found = portal.read()[str(ticket.ref)]

    assert found.place == "ticket"
    assert found.marks == {"stage": Mark.FOREIGN}
    assert "stage" not in found.values


def test_the_owner_of_a_ticket_may_have_left(portal: Portal) -> None:
    ticket = portal.add("k", owner=CSM)
    portal.act("deactivate_owner", email=CSM)
    portal.connector = portal.connect()
    portal.later(20)

    assert portal.read()[str(ticket.ref)].values["owner"] == CSM


def test_each_place_has_its_tickets(portal: Portal) -> None:
    outcomes = portal.apply(
        new("0198"), new("0198:enrolment", "enrolment"), new("onboarding-acme", "onboarding")
    )
    portal.connector = portal.connect()
    portal.later(20)

    found = {one.key: one.place for one in portal.read().values()}

    assert all(one.result is Result.LANDED for one in outcomes.values())
    assert found == {
        "0198": "ticket",
        "0198:enrolment": "enrolment",
        "onboarding-acme": "onboarding",
    }


def test_a_portal_without_set_up_says_what_is_missing() -> None:
    portal = Portal()

    pages = portal.pages()

    assert any('"ubm_sync_id"' in text and "missing" in text for text in words(pages))
    assert any(problem.blocks for page in pages for problem in page.problems)


def test_a_renamed_stage_is_told_within_the_checking_time(portal: Portal) -> None:
    portal.act("rename_stage", pipeline="New locations", stage="Approved", to="OK")
    portal.later(3_700)

    assert any('no stage "Approved"' in text for text in words(portal.pages()))


def test_a_revoked_token_is_told_and_nothing_is_lost(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Ameren"})
    portal.act("revoke_token")
    with pytest.raises(NoAccess, match="HUBSPOT_ACCESS_TOKEN"):
        portal.read()
    portal.act("restore_token")
    portal.later(20)

    assert portal.read()[str(ticket.ref)].values["vendor"] == "Ameren"


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.HTML, Fault.GARBLED, Fault.RESET])
def test_trouble_of_hubspots_own_is_temporary(portal: Portal, fault: Fault) -> None:
    ticket = portal.add("k")
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Ameren"})
    portal.fault(fault, times=None)
    with pytest.raises(Temporary):
        portal.read()
    portal.heal()

    assert portal.read()[str(ticket.ref)].values["vendor"] == "Ameren"


def test_single_tickets_are_read_again(portal: Portal) -> None:
    live, gone = portal.add("live"), portal.add("gone")
    portal.act("archive_ticket", id=gone.ref)
    refs = [str(live.ref), str(gone.ref), "999", "no id"]

    found = {
        one.ref: one.gone for page in portal.connector.fetch("x", refs) for one in page.observations
    }

    assert found == {str(live.ref): "", str(gone.ref): "archived"}


def test_several_requests_may_be_in_flight() -> None:
    portal = Portal(settings={"concurrency": 4})
    portal.setup()
    outcomes = portal.apply(*many(950))
    portal.restart()
    refs = [str(one.ref) for one in outcomes.values()]

    found = [
        one.ref for page in portal.connector.fetch("ticket", refs) for one in page.observations
    ]

    assert sorted(found) == sorted(refs)


@pytest.mark.parametrize("version", ["", "2026-03"])
def test_both_forms_of_the_paths_serve(version: str) -> None:
    portal = Portal(settings={"api_version": version})
    portal.setup()
    ticket = portal.add("k", owner=CSM)
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Ameren"})
    portal.later(20)

    assert portal.read()[str(ticket.ref)].values["vendor"] == "Ameren"
    assert str(ticket.ref) in portal.read(full=True)


def test_a_search_keeps_to_its_own_budget(portal: Portal) -> None:
    portal.read()
    kinds = {key.partition(":")[0] for key in portal.budget.keys}

    assert kinds == {"hubspot", "hubspot-search"}


def test_a_ticket_that_an_answer_leaves_unsaid_is_not_taken_for_one_that_left(
    portal: Portal,
) -> None:
    ticket = portal.add("k", vendor="ComEd")
    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=1)

    (page, *_) = portal.connector.fetch("ticket", [str(ticket.ref)])
    assert [one.ref for one in page.observations] == [ticket.ref]

    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=None)
    *_, page = portal.connector.fetch("ticket", [str(ticket.ref)])  # asked for by itself
    assert [one.ref for one in page.observations] == [ticket.ref]


def test_a_history_that_an_answer_leaves_unsaid_is_no_empty_one(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    spot = Spot(str(ticket.ref), "", "vendor")
    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=1)

    ((_, past),) = portal.connector.history("ticket", [spot])
    assert [one.value for one in past] == ["ComEd"]

    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=None)
    assert not list(portal.connector.history("ticket", [spot]))  # it waits for an answer


def test_a_history_that_may_not_be_read_is_no_empty_one(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    spot = Spot(str(ticket.ref), "", "vendor")
    usual = portal.emulator.switches
    portal.emulator.switches = replace(usual, missing_scopes=("tickets",))

    with pytest.raises(NoAccess):
        list(portal.connector.history("ticket", [spot]))
    portal.emulator.switches = usual
    ((_, past),) = portal.connector.history("ticket", [spot])
    assert [one.value for one in past] == ["ComEd"]


def test_a_merged_ticket_in_the_bin_is_no_archived_one_to_a_service_that_just_started() -> None:
    portal = Portal(merged_listed_as_archived=True)
    portal.setup()
    live, gone = portal.add("live"), portal.add("gone")
    portal.act("merge_tickets", primary=live.ref, other=gone.ref)
    portal.restart()

    pages = list(portal.connector.fetch("ticket", [str(gone.ref)]))

    assert [one.gone for page in pages for one in page.observations] == [f"merged:{live.ref}"]

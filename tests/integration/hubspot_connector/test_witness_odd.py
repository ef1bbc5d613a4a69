"""Odd things people and portals do: never an error, never a wrong fact without a mark."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_connector.desk import Desk, at, short

from ubm_hubspot.connector import HubSpotConnector
from ubm_sync.delays.delay import Status
from ubm_sync.emulation.faults import Fault
from ubm_sync.emulation.server import Server
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.evidence import Kind, Side
from ubm_sync.ports import Connection, Witness

JO = "jo@halsted.example"
SLOT, LATER = "2026-10-06T15:00:00Z", "2026-10-13T15:00:00Z"


def problems(desk: Desk) -> dict[str, str]:
    desk.mark = None
    return {one.scope: one.text for part in desk.hear() for one in part.problems}


def test_a_mail_that_bounced_asked_nothing_and_an_automatic_answer_is_none() -> None:
    desk = Desk()
    desk.move("2026-11-02", "waiting_on_customer")
    lost = desk.do("2026-11-02 10:00", "send_message", subject="Bills")
    desk.do("2026-11-02 11:00", "bounce", lost)
    desk.do("2026-11-03", "send_message", subject="Bills again")
    desk.do("2026-11-03 09:02", "receive_message", contact=JO, automatic=True, subject="Away")
    desk.do("2026-11-16", "receive_message", contact=JO, subject="Re: Bills again")

    assert {one.value for one in desk.facts(Kind.SENT) if one.at < at("2026-11-03")} == {"bounced"}
    assert [one.value for one in desk.facts(Kind.RECEIVED)].count("reply") == 3
    (silence,) = (one for one in desk.found("2026-12-01").delays if one.code == "CL-NOREPLY")
    assert silence.told.startswith("asked 11/3 (email), no reply by 11/6")


def test_without_mail_objects_the_ticket_s_own_properties_tell() -> None:
    desk = Desk(email_objects="off")
    desk.move("2026-11-02", "waiting_on_customer")
    desk.do("2026-11-02 10:00", "send_message")
    desk.do("2026-11-16", "receive_message", contact=JO)

    assert short(desk.facts(Kind.SENT)) == [("2026-11-02", "delivered")]
    codes = [one.code for one in desk.found("2026-12-01").delays if one.end is not None]
    assert "CL-NOREPLY" in codes


def test_without_message_properties_the_mail_tells_and_the_lack_is_said() -> None:
    desk = Desk(message_properties=False)
    desk.do("2026-11-02", "send_message", subject="Bills")

    assert short(desk.facts(Kind.SENT)) == [("2026-11-02", "delivered")]
    assert "hs_last_message_sent_at" in problems(desk)["hubspot/facts/tickets"]


@pytest.mark.parametrize(
    "switches",
    [
        {"missing_scopes": ("emails", "meetings", "tasks")},
        {"missing_objects": ("emails", "meetings", "tasks")},
    ],
)
def test_what_may_not_be_read_means_fewer_facts_and_a_problem_each(switches: Any) -> None:
    desk = Desk()
    desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    desk.do("2026-09-04", "send_message", subject="W-9")
    desk.switch(**switches)

    facts = desk.facts()

    assert {one.kind for one in facts} == {Kind.STAGE, Kind.SENT}
    assert set(problems(desk)) == {
        f"hubspot/facts/{kind}" for kind in ("emails", "meetings", "tasks")
    }


def test_what_may_be_read_again_is_read_for_every_onboarding() -> None:
    desk = Desk()
    desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    desk.switch(missing_scopes=("tasks",))
    desk.hear()
    desk.switch(missing_scopes=())
    desk.later(400)

    (heard, _) = desk.hear()

    assert Kind.ITEM in {one.kind for one in heard.testimonies[0].facts}


def test_a_token_that_may_read_nothing_is_an_error() -> None:
    desk = Desk()
    desk.act("revoke_token")

    with pytest.raises(NoAccess):
        desk.hear()


def test_a_portal_out_of_order_is_temporary_and_half_an_answer_is_none() -> None:
    desk = Desk(settings={"attempts": 1})
    desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    desk.fault(Fault.PARTIAL, "batch/read")
    with pytest.raises(Temporary):
        desk.hear()
    desk.fault(Fault.HTML, "batch/read")
    with pytest.raises(Temporary):
        desk.hear()

    desk.heal()

    assert Kind.ITEM in {one.kind for one in desk.facts()}


def test_an_onboarding_that_did_not_move_costs_no_call() -> None:
    desk = Desk()
    desk.hear()
    before = desk.calls()

    assert desk.hear() == []
    assert desk.calls() == before


def test_a_task_that_changed_without_its_ticket_is_found_at_the_next_look() -> None:
    desk = Desk()
    task = desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    desk.hear()
    desk.do("2026-09-03 12:00", "receive_item", task)

    told = [fact for part in desk.hear() for one in part.testimonies for fact in one.facts]

    assert [one.value for one in told if one.kind is Kind.ITEM] == ["requested", "received"]


def test_tickets_that_were_merged_tell_the_facts_of_both_and_are_marked() -> None:
    desk = Desk()
    other = desk.open("halsted", "2026-09-02")
    desk.move("2026-09-05", "gathering_documents", other)
    desk.do("2026-09-06", "send_message", other, subject="Bills")
    desk.do("2026-09-07", "merge_tickets", primary=desk.ticket, other=other)
    desk.switch(merged_listed_as_archived=True)

    facts = desk.facts(Kind.STAGE, Kind.SENT)

    assert {one.record for one in facts if one.kind is Kind.STAGE} == {
        f"tickets/{desk.ticket}", f"tickets/{other}",
    }  # fmt: skip
    assert Kind.SENT in {one.kind for one in facts}
    assert any("merged" in doubt for doubt in desk.found("2026-09-20").doubts)


@pytest.mark.parametrize("new_record", [False, True])
def test_a_merge_is_a_fact_with_its_time_and_ends_the_other_ticket_s_stages(
    *, new_record: bool
) -> None:
    desk = Desk()
    desk.switch(merge_makes_new_record=new_record)
    other = desk.open("halsted", "2026-09-02")
    remains = desk.do("2026-09-07", "merge_tickets", primary=desk.ticket, other=other)
    desk.owner = {remains: "halsted"}

    told = desk.facts(Kind.MERGED, ref=remains)

    assert {one.subject.rpartition("/")[2] for one in told} == {desk.ticket, other} - {remains}
    assert {one.at.date() for one in told} == {at("2026-09-07").date()}
    assert {one.record for one in told} == {f"tickets/{remains}"}


def test_a_merged_ticket_that_cannot_be_read_is_said_unless_its_facts_were_collected() -> None:
    desk = Desk()
    other = desk.open("halsted", "2026-09-02")
    collected = desk.facts(ref=other)
    desk.do("2026-09-07", "merge_tickets", primary=desk.ticket, other=other)
    lost = f"the history of ticket {other}, merged into it, cannot be read"

    assert lost in desk.found("2026-09-20").doubts
    assert lost not in desk.found("2026-09-20", *collected).doubts


def test_a_clock_of_ours_that_was_set_back_has_everything_read_again() -> None:
    desk = Desk()
    desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    desk.hear()
    desk.mark = str(desk.mark).replace('"at":1', '"at":2')  # a look in the future

    assert [len(part.testimonies) for part in desk.hear()] == [1, 0]


def test_many_onboardings_are_read_by_fifty_and_a_look_at_none_is_three_searches() -> None:
    desk = Desk()
    others = [desk.open("halsted", "2026-09-02") for _ in range(119)]
    for ref in others[:10]:
        desk.do("2026-09-03", "ask_item", ref, subject="Document: W-9", due="2026-09-10")
    desk.hear()
    desk.later(2000)  # what was done is older than the overlap
    before = desk.calls()
    desk.mark = None
    desk.known.clear()

    told = [one for part in desk.hear() for one in part.testimonies]
    first = desk.calls() - before
    desk.later(1000)
    again = desk.hear()

    assert len(told) == 120
    assert first <= 3 + 3 + 2  # associations, tickets by 50, the tasks of the first ones
    assert [part.testimonies for part in again] == [()]
    assert desk.calls() - before - first == 3


def test_a_stage_that_was_deleted_keeps_its_meaning_while_it_is_remembered() -> None:
    desk = Desk()
    desk.move("2026-09-03", "gathering_documents")
    desk.facts()
    desk.move("2026-09-20", "account_setup")
    desk.act("delete_stage", pipeline="Onboarding", stage="Gathering documents")
    desk.connector.check()

    assert "gathering_documents" in [one.value for one in desk.facts(Kind.STAGE)]
    desk.restart()
    assert "gathering_documents" in [one.value for one in desk.facts(Kind.STAGE)]
    desk.connector = desk.connect(None)
    assert any("is not known" in doubt for doubt in desk.found("2026-09-25").doubts)


def test_a_reopened_ticket_tells_both_live_dates() -> None:
    desk = Desk()
    for when, key in (
        ("2026-10-01", "live"),
        ("2026-10-05", "first_bills"),
        ("2026-10-20", "live"),
    ):
        desk.move(when, key)

    found = desk.found("2026-11-01")

    assert found.onboarding.live is not None
    assert found.onboarding.live.date() == at("2026-10-20").date()
    assert any("reopened" in doubt for doubt in found.doubts)


def test_mail_on_the_tickets_of_two_customers_counts_for_none_unseen() -> None:
    """A contact of two companies: HubSpot logs a mail on every open ticket of the contact."""
    desk = Desk()
    aurora = desk.open("aurora", "2026-09-02")
    both = [desk.act("create_company", name=name)["id"] for name in ("Halsted", "Aurora")]
    desk.act("create_contact", email=JO, companies=both)
    desk.move("2026-11-02", "waiting_on_customer")
    desk.act("send_message", id=desk.ticket, subject="Which bills?", also=[aurora], to=JO)

    (silence,) = (one for one in desk.found("2026-12-01").delays if one.code == "CL-NOREPLY")

    assert silence.status is Status.REVIEW
    assert silence.doubts == ("it is on the tickets of aurora and halsted",)


def test_a_colleague_s_mail_is_no_answer() -> None:
    desk = Desk()
    desk.do("2026-09-03", "receive_message", contact="dana@ubm.example", subject="Fwd: bills")

    mails = [one for one in desk.facts(Kind.RECEIVED) if one.record.startswith("emails/")]

    assert mails == []


@pytest.mark.parametrize(
    ("order", "side", "status"),
    [
        ({"contact": JO}, Side.CLIENT, Status.COUNTED),
        ({"who": "dana@ubm.example"}, Side.US, None),
    ],
)
def test_a_meeting_is_moved_by_whoever_moved_it(
    order: dict[str, str], side: Side, status: Status | None
) -> None:
    desk = Desk()
    meeting = desk.do("2026-10-01", "book_meeting", title="Review", at=SLOT)
    desk.do("2026-10-05", "move_meeting", meeting, at=LATER, outcome="RESCHEDULED", **order)
    desk.do("2026-10-13 11:00", "hold_meeting", meeting)

    moves = [one for one in desk.facts(Kind.MEETING) if one.value == "rescheduled"]
    delays = [one for one in desk.found("2026-10-20").delays if one.code == "CL-RESCHED"]

    assert [(one.side, one.details["slot"]) for one in moves] == [
        (side, "2026-10-06T15:00:00.000Z")
    ]
    assert [one.status for one in delays] == ([status] if status else [])


def test_a_meeting_moved_by_a_source_nobody_knows_is_only_suspected() -> None:
    desk = Desk(contact_change_source="AUTOMATION_PLATFORM")
    meeting = desk.do("2026-10-01", "book_meeting", at=SLOT)
    desk.do("2026-10-05", "cancel_meeting", meeting, contact=JO)

    (delay,) = (one for one in desk.found("2026-10-20").delays if one.code == "CL-RESCHED")

    assert delay.status is Status.SUSPECTED


def test_a_meeting_in_another_zone_is_counted_by_the_customer_s_own_day() -> None:
    desk = Desk()
    meeting = desk.do("2026-10-01", "book_meeting", at="2026-10-06T12:30:00+09:00")
    desk.do("2026-10-06", "miss_meeting", meeting)

    (delay,) = (one for one in desk.found("2026-10-20").delays if one.code == "CL-RESCHED")

    assert delay.start == at("2026-10-05 22:30")
    assert "10/5" in delay.told


def test_a_history_that_is_cut_off_is_doubted_only_where_it_was_never_read_whole() -> None:
    desk = Desk()
    desk.switch(history_limit=2)
    desk.move("2026-09-03", "gathering_documents")
    desk.move("2026-10-20", "account_setup")

    never_read = desk.facts(Kind.STAGE)
    assert "before 2026-09-03 is not kept" in never_read[0].details["doubt"]
    assert any(one.status is Status.REVIEW for one in desk.found("2026-12-01").delays)

    desk = Desk()
    desk.move("2026-09-03", "gathering_documents")
    desk.hear()
    desk.switch(history_limit=2)
    desk.move("2026-09-20", "account_setup")
    assert not [one for one in desk.facts(Kind.STAGE, again=True) if "doubt" in one.details]


def test_what_a_ticket_waits_for_is_an_item_with_its_day() -> None:
    desk = Desk()
    desk.edit("2026-09-03", ubm_waiting_for="GL mapping", ubm_due_at="2026-09-10")
    desk.edit("2026-09-21", ubm_waiting_for="")
    desk.edit("2026-10-01", ubm_waiting_for="W-9")
    desk.edit("2026-10-02", ubm_priority_reason="another launch")
    desk.edit("2026-10-09", ubm_priority_reason="")
    desk.edit("2026-10-10", ubm_accounts_contracted="120", ubm_replanned_at="2026-10-15")

    items = [(one.value, one.details.get("due", "")) for one in desk.facts(Kind.ITEM)]
    assert items == [("requested", "2026-09-10"), ("accepted", ""), ("requested", "")]
    assert [one.value for one in desk.facts(Kind.PRIORITY)] == ["set", "cleared"]
    sizes = {one.details.get("replanned", "") for one in desk.facts(Kind.SCOPE)}
    assert sizes == {"", "2026-10-15"}
    codes = [(one.code, one.status) for one in desk.found("2026-10-12").delays]
    assert ("CL-DOCS", Status.COUNTED) in codes  # the day of the first one is not the second's
    assert ("CL-DOCS", Status.SUSPECTED) in codes


def test_who_did_it_is_told_by_name() -> None:
    desk = Desk()
    desk.do("2026-09-03", "ask_item", subject="document: W-9", due="2026-09-10T22:00:00Z")

    (asked,) = desk.facts(Kind.ITEM)

    assert (asked.actor, asked.side) == ("dana@ubm.example", Side.US)
    assert (asked.details["text"], asked.details["due"]) == ("W-9", "2026-09-10")


def test_over_real_sockets_the_same_is_told() -> None:
    desk = Desk()
    desk.do("2026-09-03", "ask_item", subject="Document: W-9", due="2026-09-10")
    expected = desk.facts()
    with Server(desk.emulator) as server:
        connector = HubSpotConnector(
            Connection(
                places=desk.places,
                customers=desk.customers,
                settings={"concurrency": 1},
                environment=desk.emulator.environment(server.url),
                clock=desk.clock,
                budget=desk.budget,
            )
        )
        assert isinstance(connector, Witness)
        asked = [one._replace(known="") for one in desk.asked()]
        heard = list(connector.testify(asked, None))
        connector.close()

    facts = [fact for part in heard for one in part.testimonies for fact in one.facts]
    assert sorted(facts, key=lambda one: (one.at, one.identity)) == expected

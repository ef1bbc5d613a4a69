"""A notice reaches the right person with everything they need, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.integration.dispatch.lane import DANA, LEA, OMAR, PRIYA, TEAM, Lane

from ubm_sync.calendars.presence import Period, Person
from ubm_sync.disconnection import Category
from ubm_sync.dispatch.gathering import Account

MINUTE = timedelta(minutes=1)
NOTICE = (
    "We received a disconnect notice from ComEd today for acct 4471908023. "
    "Shutoff is scheduled for 12/08/2026. Please pay and confirm."
)


def test_a_notice_gets_owner_priority_fields_note_and_task(lane: Lane) -> None:
    lane.accounts = (
        Account(
            "UBM-0091234",
            "halsted",
            "ComEd",
            "4471908023",
            "0412 Joliet",
            "Last actual bill in UBM: 10/28/2026 $1,204.11; not on hold (UBM-0091234).",
        ),
    )
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77")
    done = lane.round()
    ticket = lane.desk.pages[ref].ticket
    assert (ticket.owner, ticket.priority) == (DANA, "urgent")
    assert ticket.values["ticket_type"] == "urgent_disconnect"
    assert ticket.values["deadline"] == "2026-12-08"
    assert ticket.values["deadline_kind"] == "stated"
    assert ticket.values["pay_by"] == "2026-12-04"
    assert ticket.values["accounts"] == "UBM-0091234; 4471908023"
    assert ticket.values["customer_key"] == "halsted"
    assert ticket.values["routed_to"] == DANA
    (note,) = lane.desk.notes_of(ref)
    for words in (
        "DISCONNECTION - act by Fri 12/04.",
        "Customer: Halsted Foods.",
        "Site 0412 Joliet.",
        "ComEd acct 4471908023.",
        "Shutoff stated 12/08/2026; pay by Fri 12/04 to post in time.",
        "Why: ",
        "Last actual bill in UBM: 10/28/2026 $1,204.11",
        "Routed to Dana Lee (account CSM).",
        f"Not acknowledged by 10:35 -> {PRIYA} (backup).",
        "To acknowledge:",
    ):
        assert words in note
    (task,) = lane.desk.pages[ref].tasks
    assert task.owner == DANA
    assert task.due == datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
    assert (done.read, done.unrouted, done.problems) == (1, 0, [])


def test_the_next_rounds_say_nothing_again(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77")
    lane.round()
    for _ in range(5):
        lane.wait(1)
    assert len(lane.desk.notes_of(ref)) == len(lane.desk.tasks_of(ref)) == 1
    assert lane.desk.calls["annotate"] == 1
    assert lane.desk.calls["file"] == 1


def test_a_ticket_about_something_else_is_left_alone(lane: Lane) -> None:
    ref = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.round()
    page = lane.desk.pages[ref]
    assert (page.ticket.owner, page.ticket.priority, page.notes, page.tasks) == ("", "", [], [])
    with lane.reading() as tx:
        inquiry = tx.inquiries.load([f"ticket:{ref}"])[f"ticket:{ref}"]
    assert inquiry.category == "other"
    assert inquiry.reason


def test_a_request_to_close_is_no_emergency(lane: Lane) -> None:
    text = "Store 0311 in Dubuque closes 12/31. Please have electric and gas disconnected."
    ref = lane.desk.write_in("Please disconnect service at our closed store", text, company="77")
    lane.round()
    ticket = lane.desk.pages[ref].ticket
    assert (ticket.owner, ticket.priority) == (DANA, "medium")
    assert ticket.values["ticket_type"] == "close_account"
    assert lane.desk.notes_of(ref)[0].startswith("CLOSE REQUEST - no emergency")
    assert lane.desk.tasks_of(ref) == []
    lane.wait(60 * 24)
    assert len(lane.desk.notes_of(ref)) == 1


def test_a_priority_is_never_lowered(lane: Lane) -> None:
    text = "Store 0311 closes 12/31. Please have electric disconnected."
    ref = lane.desk.write_in("Disconnect request", text, company="77", priority="high")
    lane.round()
    assert lane.desk.pages[ref].ticket.priority == "high"


def test_a_priority_that_somebody_lowered_stays_lower(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77")
    lane.round()
    lane.desk.set(ref, "priority", "low", DANA)
    lane.wait(31)
    assert lane.desk.pages[ref].ticket.priority == "low"


def test_whom_a_person_chose_stays_the_owner(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77", owner=LEA, by_person=True)
    lane.round()
    assert lane.desk.pages[ref].ticket.owner == LEA
    assert lane.desk.tasks_of(ref) == [LEA]


def test_whom_a_workflow_chose_gives_way_to_the_manager(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77", owner=OMAR)
    lane.round()
    assert lane.desk.pages[ref].ticket.owner == DANA


def test_whom_somebody_chose_later_is_not_undone(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77")
    lane.round()
    lane.desk.set(ref, "owner", OMAR, LEA)
    for _ in range(3):
        lane.wait(31)
    assert lane.desk.pages[ref].ticket.owner == OMAR


def test_an_owner_chosen_by_hand_who_is_off_has_company(lane: Lane) -> None:
    off = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC), "leave")
    lane.team = replace(TEAM, people=(Person(LEA, absences=(off,)),))
    lane.restart()
    ref = lane.desk.write_in("NOTICE", NOTICE, company="77", owner=LEA, by_person=True)
    lane.round()
    assert lane.desk.pages[ref].ticket.owner == LEA
    assert lane.desk.tasks_of(ref) == [LEA, DANA]


def test_on_christmas_eve_with_both_away_somebody_on_call_has_it_at_once(lane: Lane) -> None:
    lane.clock.set(datetime(2026, 12, 24, 16, 0, tzinfo=UTC))
    away = Period(datetime(2026, 12, 23, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC), "holidays")
    people = (Person(DANA, absences=(away,)), Person(PRIYA, absences=(away,)))
    lane.team = replace(TEAM, people=people)
    lane.restart()
    ref = lane.desk.write_in("NOTICE", "Power goes off 12/28 per ComEd notice.", company="77")
    lane.round()
    assert lane.desk.pages[ref].ticket.owner == OMAR
    assert "(on call)" in lane.desk.notes_of(ref)[0]


def test_a_customer_nobody_knows_reaches_somebody(lane: Lane) -> None:
    ref = lane.desk.write_in("shut off notice", "PG&E shuts off our power on 12/10/2026.")
    lane.round()
    assert lane.desk.pages[ref].ticket.owner == OMAR
    assert "Customer: not known." in lane.desk.notes_of(ref)[0]


def test_a_company_that_is_linked_later_brings_the_manager(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE)
    lane.round()
    assert lane.case_of(ref).owner != DANA
    told = len(lane.desk.notes_of(ref))
    lane.desk.pages[ref].companies = ("77",)  # changes nothing about the ticket itself
    lane.wait(1.1)
    page = lane.desk.pages[ref]
    assert page.ticket.owner == DANA
    assert page.ticket.values["customer_key"] == "halsted"
    assert "it is known now whose it is." in lane.desk.notes_of(ref)[-1]
    assert "Customer: Halsted Foods." in lane.desk.notes_of(ref)[-1]
    lane.wait(1.1)
    assert len(lane.desk.notes_of(ref)) == told + 1
    assert [task.owner for task in page.tasks].count(DANA) == 1


def test_whoever_took_a_notice_of_nobodys_keeps_it(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE)
    lane.round()
    lane.wait(3)
    lane.desk.answer(ref, PRIYA)
    lane.wait(1.1)
    assert lane.case_of(ref).outcome == "acknowledged"
    notes = lane.desk.notes_of(ref)
    lane.desk.pages[ref].companies = ("77",)
    lane.desk.set(ref, "subject", "Shutoff", OMAR)
    lane.wait(1.1)
    assert lane.case_of(ref).customer == "halsted"
    assert lane.case_of(ref).outcome == "acknowledged"
    assert lane.desk.notes_of(ref) == notes


def test_an_account_number_tells_whose_ticket_it_is(lane: Lane) -> None:
    lane.accounts = (Account("UBM-1", "riverbend", "ComEd", "4471908023", "", ""),)
    ref = lane.desk.write_in("shut off notice", NOTICE)
    lane.round()
    page = lane.desk.pages[ref]
    assert page.ticket.values["customer_key"] == "riverbend"
    assert page.companies == ("78",)


def test_a_possible_one_is_asked_about_and_a_yes_makes_it_urgent(lane: Lane) -> None:
    read = lane.reader
    lane.reader = lambda message: replace(read(message), category=Category.POSSIBLE)
    lane.restart()
    ref = lane.desk.write_in("Letter", NOTICE, company="77")
    lane.round()
    ticket = lane.desk.pages[ref].ticket
    assert (ticket.priority, ticket.values["ticket_type"]) == ("high", "possible_disconnect")
    assert "Is this a disconnection?" in lane.desk.notes_of(ref)[0]
    lane.clock.advance(MINUTE)
    lane.desk.set(ref, "ticket_type", "urgent_disconnect", DANA)
    lane.wait(1)
    assert lane.desk.pages[ref].ticket.priority == "urgent"
    assert "DISCONNECTION - act by" in lane.desk.notes_of(ref)[1]
    assert lane.case_of(ref).category is Category.URGENT


def test_a_no_ends_it(lane: Lane) -> None:
    ref = lane.desk.write_in("DISCONNECT NOTICE", NOTICE, company="77")
    lane.round()
    lane.clock.advance(MINUTE)
    lane.desk.set(ref, "ticket_type", "billing_question", DANA)
    for _ in range(6):
        lane.wait(31)
    assert lane.case_of(ref).outcome == "no"
    assert lane.desk.pages[ref].ticket.values["ticket_type"] == "billing_question"
    assert len(lane.desk.notes_of(ref)) == 2
    assert lane.desk.tasks_of(ref) == [DANA]


def test_a_possible_one_is_never_told_to_the_director(lane: Lane) -> None:
    read = lane.reader
    lane.reader = lambda message: replace(read(message), category=Category.POSSIBLE)
    lane.restart()
    ref = lane.desk.write_in("Letter", NOTICE, company="77")
    for _ in range(40):
        lane.wait(31)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA, LEA]


def test_a_secret_in_a_message_reaches_no_note(lane: Lane) -> None:
    text = "Power is off at store 12! ComEd portal login is jsmith password: Tr0ub4dor&3 please"
    ref = lane.desk.write_in("Power is off, non payment", text, company="77")
    lane.round()
    everything = " ".join(lane.desk.notes_of(ref)) + str(lane.desk.pages[ref].ticket.values)
    assert "Tr0ub4dor" not in everything
    with lane.reading() as tx:
        assert "Tr0ub4dor" not in str(tx.inquiries.load([f"ticket:{ref}"]))

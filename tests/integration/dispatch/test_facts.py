"""One notice is one case; new facts begin it anew; what a person does is never undone."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.dispatch.lane import DANA, PRIYA, Lane

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."


def test_two_tickets_about_one_notice_are_one_case(lane: Lane) -> None:
    first = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(hours=1))
    again = "Fwd: ComEd acct 4471-908-023 will be disconnected on 12/10/2026!!"
    second = lane.desk.write_in("Fwd: shut off", again, company="77")
    lane.round()
    lane.wait(1)
    assert lane.case_of(first).id == lane.case_of(second).id
    assert lane.desk.tasks_of(second) == []
    (note,) = lane.desk.notes_of(second)
    assert f"The same notice as ticket {first}" in note
    assert lane.desk.pages[second].ticket.owner == DANA
    assert len(lane.cases()) == 1


def test_two_tickets_that_come_at_once_are_one_case_too(lane: Lane) -> None:
    refs = [lane.desk.write_in("NOTICE", FAR, company="77") for _ in range(3)]
    lane.round()
    lane.wait(1)
    assert len(lane.cases()) == 1
    assert sum(len(lane.desk.tasks_of(ref)) for ref in refs) == 1


def test_a_later_date_is_a_second_notice(lane: Lane) -> None:
    lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    later = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/29/2026."
    second = lane.desk.write_in("NOTICE", later, company="77")
    lane.round()
    assert len(lane.cases()) == 2
    assert lane.desk.tasks_of(second) == [DANA]


def test_the_same_number_of_another_customer_is_another_case(lane: Lane) -> None:
    lane.desk.write_in("NOTICE", FAR, company="77")
    lane.desk.write_in("NOTICE", FAR, company="78")
    lane.round()
    assert len(lane.cases()) == 2


def test_notices_without_an_account_are_not_taken_for_one(lane: Lane) -> None:
    for _ in range(2):
        lane.desk.write_in("Help", "They are threatening to cut us off.", company="77")
    lane.round()
    assert len(lane.cases()) == 2


def test_an_answer_on_any_of_its_tickets_acknowledges_it(lane: Lane) -> None:
    first = lane.desk.write_in("NOTICE", FAR, company="77")
    second = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=5))
    other = second if lane.case_of(first).ticket == first else first
    lane.desk.answer(other, DANA)
    for _ in range(4):
        lane.wait(31)
    assert lane.case_of(first).outcome == "acknowledged"
    assert PRIYA not in lane.desk.tasks_of(first) + lane.desk.tasks_of(second)


def test_a_message_that_the_power_is_off_now_begins_it_anew(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=3))
    lane.desk.answer(ref, DANA)
    lane.wait(1)
    assert lane.case_of(ref).outcome == "acknowledged"
    lane.clock.advance(timedelta(days=2))
    lane.desk.reply(ref, "They just turned our power off, the store is dark!")
    lane.wait(1)
    case = lane.case_of(ref)
    assert (case.outcome, case.turn) == ("", 2)
    assert lane.desk.notes_of(ref)[-1].startswith("NEW FACTS: the service is off now")
    assert lane.desk.tasks_of(ref) == [DANA, DANA, PRIYA]


def test_a_first_message_about_a_bill_then_a_notice(lane: Lane) -> None:
    ref = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.round()
    lane.clock.advance(timedelta(hours=3))
    lane.desk.reply(ref, FAR)
    lane.wait(1)
    assert lane.desk.pages[ref].ticket.priority == "urgent"


def test_a_message_that_is_shown_later_than_it_is_announced_is_read(lane: Lane) -> None:
    ref = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.round()
    lane.clock.advance(timedelta(hours=3))
    at = lane.clock.now()
    lane.desk.announce(ref)
    lane.round()
    lane.desk.show(ref, FAR, at - timedelta(seconds=20))
    lane.wait(1)
    assert lane.desk.pages[ref].ticket.priority == "urgent"
    calls = lane.desk.calls["dossiers"]
    for _ in range(20):
        lane.wait(1)
    assert lane.desk.calls["dossiers"] <= calls + 2


def test_a_second_message_that_comes_a_minute_after_the_first_is_waited_for(lane: Lane) -> None:
    ref = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=1))
    lane.desk.announce(ref)
    at = lane.clock.now()
    lane.wait(0.5)
    lane.desk.show(ref, "ComEd shut off the power at store 0412. Please help.", at)
    lane.wait(1.1)
    assert lane.desk.pages[ref].ticket.owner == DANA


def test_an_announced_message_that_never_comes_is_not_waited_for_for_ever(lane: Lane) -> None:
    ref = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.round()
    lane.clock.advance(timedelta(hours=3))
    lane.desk.announce(ref)
    for _ in range(20):
        lane.wait(1)
    calls = lane.desk.calls["dossiers"]
    for _ in range(20):
        lane.wait(1)
    assert lane.desk.calls["dossiers"] == calls


def test_thanks_change_nothing(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=3))
    lane.desk.reply(ref, "Thanks, talk to you soon.")
    lane.wait(1)
    assert len(lane.desk.notes_of(ref)) == 1
    assert lane.case_of(ref).category == "urgent_disconnect"


def test_a_deadline_somebody_corrected_stays(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.set(ref, "deadline", "2026-12-09", DANA)
    for _ in range(3):
        lane.wait(31)
    assert lane.desk.pages[ref].ticket.values["deadline"] == "2026-12-09"


def test_a_closed_ticket_ends_it_and_a_message_after_that_begins_it_anew(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=3))
    lane.desk.move(ref, "closed", DANA, closed=True)
    lane.wait(1)
    assert lane.case_of(ref).outcome in {"closed", "acknowledged"}
    lane.wait(1)
    lane.clock.advance(timedelta(hours=20))
    lane.desk.reply(ref, "The lights are out, ComEd cut us off for the unpaid bill!")
    lane.wait(1)
    assert lane.case_of(ref).outcome == ""
    assert lane.desk.notes_of(ref)[-1].startswith("NEW FACTS")


def test_a_merged_ticket_takes_its_case_along(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    other = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.wait(1)
    lane.desk.merge(other, ref)
    lane.wait(31)
    assert lane.case_of(other).ticket == other
    assert PRIYA in lane.desk.tasks_of(other)


def test_the_ticket_that_remains_says_what_the_merged_one_said(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    other = lane.desk.write_in("Bill copy", "Please send the October bill.", company="77")
    lane.wait(1)
    said = dict(lane.desk.pages[ref].ticket.values)
    lane.desk.merge(other, ref)  # nobody says whether the values go along
    lane.wait(31)
    ticket = lane.desk.pages[other].ticket
    assert (ticket.owner, ticket.priority) == (DANA, "urgent")
    now = {"routed_to": f"{DANA}, {PRIYA}", "escalation_level": "1"}
    assert {name: ticket.values.get(name, "") for name in said} == said | now
    lane.desk.set(other, "deadline", "2026-12-30", DANA)
    lane.wait(1)
    assert lane.desk.pages[other].ticket.values["deadline"] == "2026-12-30"


def test_an_archived_ticket_is_asked_for_again_and_then_given_up(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.archive(ref)
    lane.wait(31)
    (case,) = lane.cases()
    assert case.outcome == ""
    lane.wait(11)
    (case,) = lane.cases()
    assert case.outcome == "closed"

"""What people and systems do that nobody planned: answers taken back, nobody there, odd texts."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.dispatch.lane import DANA, LEA, PRIYA, Lane

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."


def test_a_no_is_about_what_was_written_before_it(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.set(ref, "ticket_type", "billing_question", DANA)
    lane.wait(5)
    assert lane.case_of(ref).outcome == "no"
    lane.desk.reply(ref, "The power is off now! ComEd disconnected us.")
    for _ in range(3):
        lane.wait(16)
    assert lane.case_of(ref).outcome == ""
    assert lane.desk.tasks_of(ref) == [DANA, DANA, PRIYA, LEA]
    assert lane.desk.pages[ref].ticket.values["ticket_type"] == "billing_question"


def test_with_nobody_to_own_it_the_ticket_says_so_until_somebody_can(lane: Lane) -> None:
    everybody = set(lane.desk.people)
    lane.desk.people.clear()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    for _ in range(5):
        lane.wait(4)
    (note,) = lane.desk.notes_of(ref)
    assert "DISCONNECTION - act by Fri 12/04." in note
    assert "Nobody who could own it can sign in" in note
    assert lane.round().unrouted == 1
    lane.desk.people |= everybody
    lane.wait(6)
    assert lane.desk.pages[ref].ticket.owner == DANA
    assert lane.desk.tasks_of(ref) == [DANA]
    assert lane.round().unrouted == 0


def test_an_owner_who_left_when_the_next_level_is_due_is_not_told_again(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=31))
    lane.desk.leaves(DANA)
    for _ in range(3):
        lane.round()
        lane.clock.advance(timedelta(minutes=1))
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA]
    assert len(lane.desk.notes_of(ref)) == 2
    assert lane.desk.pages[ref].ticket.owner == PRIYA

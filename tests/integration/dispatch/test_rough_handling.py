"""What people and systems do that nobody planned: answers taken back, nobody there, odd texts."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.integration.dispatch.lane import DANA, DREW, HALSTED, LEA, PRIYA, Lane

from ubm_sync.clock import VirtualClock
from ubm_sync.desk import Channel
from ubm_sync.disconnection.values import Category, Message, Reading
from ubm_sync.dispatch.gathering import Account, Reader
from ubm_sync.routing.decide import renew

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
    assert "Nobody is named for it who can sign in" in note
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


def test_a_restored_ticket_is_followed_up_again(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    page = lane.desk.pages[ref]
    lane.desk.archive(ref)
    for _ in range(6):
        lane.wait(10)
    assert lane.case_of(ref).outcome == "closed"
    lane.desk.pages[ref] = page
    lane.desk.set(ref, "priority", "urgent", DANA)
    for _ in range(13):
        lane.wait(10)
    assert lane.desk.tasks_of(ref) == [DANA, DANA, PRIYA, LEA, DREW]
    assert "was archived and is back" in lane.desk.notes_of(ref)[1]


def test_a_ticket_that_is_not_to_be_seen_now_and_then_is_not_given_up(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    for _ in range(2):
        page = lane.desk.pages.pop(ref)
        with lane.state.transaction() as tx:
            tx.disconnections.stir([lane.case_of(ref).id])
        lane.wait(1)
        lane.desk.pages[ref] = page
        lane.wait(11)
    assert lane.case_of(ref).outcome == ""
    assert lane.case_of(ref).trouble == ""


def test_one_number_at_two_utilities_is_two_notices(lane: Lane) -> None:
    lane.meant = {"ComEd": "Commonwealth Edison", "Nicor Gas": "Nicor"}
    lane.restart()
    first = lane.desk.write_in("NOTICE", FAR, company="77")
    second = lane.desk.write_in("NOTICE", FAR.replace("ComEd", "Nicor Gas"), company="77")
    third = lane.desk.write_in("NOTICE", FAR.replace("ComEd ", ""), company="77")
    lane.round()
    assert lane.case_of(first).id != lane.case_of(second).id
    assert lane.case_of(third).id in {lane.case_of(first).id, lane.case_of(second).id}


def test_a_certain_notice_on_another_ticket_makes_a_possible_one_urgent(lane: Lane) -> None:
    asked = "Could our power be cut? acct 4471908023, we are past due."
    lane.reader = by_word(asked=Category.POSSIBLE, otherwise=lane.reader)
    lane.restart()
    ref = lane.desk.write_in("asked", asked, company="77")
    lane.round()
    assert lane.case_of(ref).category is Category.POSSIBLE
    lane.desk.write_in("NOTICE", "ComEd disconnect notice for acct 4471908023.", company="77")
    lane.wait(1)
    (case,) = lane.cases()
    assert case.category is Category.URGENT
    assert lane.desk.pages[case.ticket].ticket.priority == "urgent"


@pytest.mark.parametrize(
    ("kind", "headline"),
    [(Category.POSSIBLE, "POSSIBLE DISCONNECTION"), (Category.CLOSE, "CLOSE REQUEST")],
)
def test_words_on_a_closed_ticket_are_seen_by_somebody(
    lane: Lane, kind: Category, headline: str
) -> None:
    lane.reader = by_word(asked=kind, otherwise=lane.reader)
    lane.restart()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.move(ref, "closed", DANA, closed=True)
    lane.wait(5)
    lane.desk.reply(ref, "asked")
    lane.wait(5)
    note = lane.desk.notes_of(ref)[-1]
    assert headline in note
    assert "As of" not in note
    assert lane.case_of(ref).outcome == ""


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.FORM, Channel.OTHER])
def test_nobody_is_said_to_be_answered_who_was_not(lane: Lane, channel: Channel) -> None:
    lane.visible = True
    lane.rules = replace(lane.rules, official=frozenset({Channel.EMAIL}))
    lane.restart()
    ref = lane.desk.write_in("NOTICE", FAR, company="77", channel=channel)
    lane.round()
    (note,) = lane.desk.notes_of(ref)
    assert "was told" not in note
    assert "sheet" not in note
    assert "Suggested reply" in note


def test_a_text_that_cannot_be_judged_goes_to_a_person_and_stops_nothing(lane: Lane) -> None:
    lane.reader = by_word(asked=None, otherwise=lane.reader)
    lane.restart()
    odd = lane.desk.write_in("asked", "What is this?", company="77")
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]
    assert "could not be judged by the service: please read it" in lane.desk.notes_of(odd)[0]


@pytest.mark.parametrize(
    "around",
    ["a\0b", "\ud800", "\U0001f525" * 900, "\n" * 60_000, " " * 60_000, "\r\n" * 30_000],
    ids=["nul", "half a character", "pictures", "lines", "blanks", "carriage returns"],
)
def test_odd_characters_around_a_notice_do_not_hide_it(lane: Lane, around: str) -> None:
    ref = lane.desk.write_in("NOTICE", f"{around} {FAR}{around}", company="77")
    started = time.monotonic()
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]
    assert lane.case_of(ref).deadline == date(2026, 12, 8)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("by", "stays"), [(DANA, "critical"), ("", "urgent")])
def test_a_priority_of_the_portals_own_stays_where_a_person_gave_it(
    lane: Lane, by: str, stays: str
) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77", priority="critical")
    lane.desk.set(ref, "priority", "critical", by)
    lane.round()
    assert lane.desk.pages[ref].ticket.priority == stays


def test_a_task_whose_person_is_not_taken_is_tried_until_the_case_is_somebody_elses(
    lane: Lane,
) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.desk.unassignable = {DANA}
    lane.round()
    assert lane.wait(16).unrouted == 1
    lane.desk.unassignable = set()
    assert lane.wait(1).unrouted == 0
    assert lane.desk.tasks_of(ref) == [DANA]


def test_what_a_leaver_was_not_told_is_no_matter_once_another_one_was(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.desk.unassignable = {DANA}
    lane.round()
    lane.desk.leaves(DANA)
    lane.wait(2)
    assert lane.wait(16).unrouted == 0
    assert lane.desk.tasks_of(ref) == [PRIYA]


def test_an_archived_ticket_that_nothing_wakes_is_noticed_all_the_same(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    for _ in range(15):
        lane.wait(10)
    assert lane.case_of(ref).wake_at is None
    lane.desk.archive(ref)
    for _ in range(8):
        lane.wait(10)
    assert lane.case_of(ref).outcome == "closed"
    assert lane.round().unrouted == 0


def test_what_is_being_shut_off_is_not_called_off(lane: Lane) -> None:
    ref = lane.desk.write_in("HELP", "ComEd is outside right now shutting us off!", company="77")
    lane.round()
    (note,) = lane.desk.notes_of(ref)
    assert "BEING SHUT OFF NOW - act now." in note
    assert "off already" not in note
    assert lane.desk.pages[ref].tasks[0].subject.startswith("Being shut off: Halsted Foods")


def test_tomorrow_is_the_customers_whoever_it_turns_out_to_be(lane: Lane) -> None:
    there = replace(HALSTED, key="pacific", company="79", zone="America/Los_Angeles")
    lane.customers = (*lane.customers, there)
    lane.accounts = (Account("U1", "pacific", "Pacific Power", "5550001234"),)
    lane.restart()
    lane.clock.advance(datetime(2026, 11, 24, 7, 0, tzinfo=UTC) - lane.clock.now())
    ref = lane.desk.write_in("NOTICE", "Disconnect notice acct 5550001234: shut off tomorrow.")
    lane.round()
    assert lane.case_of(ref).customer == "pacific"
    assert lane.case_of(ref).deadline == date(2026, 11, 24)  # it is Monday, 11 p.m., there


def test_a_day_in_thousands_of_years_costs_nobody_time(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR.replace("12/08/2026", "12/31/9999"), company="77")
    started = time.monotonic()
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]
    assert time.monotonic() - started < 2


def test_a_ticket_that_breaks_the_reading_is_unrouted_and_stops_nothing(lane: Lane) -> None:
    lane.meant = _Broken()
    lane.restart()
    odd = lane.desk.write_in("NOTICE", FAR.replace("ComEd", "Nicor Gas"), company="77")
    ref = lane.desk.write_in("NOTICE", FAR, company="78")
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]
    assert lane.wait(16).unrouted == 1
    with lane.reading() as tx:
        (problem,) = [one for one in tx.problems.list() if one.code == "unrouted"]
    assert f"Ticket {odd}: it was not read yet" in problem.text
    lane.meant = {}
    lane.restart()
    assert lane.wait(2).unrouted == 0
    assert lane.desk.tasks_of(odd) == [DANA]


def test_a_case_that_cannot_be_decided_is_unrouted_and_stops_nothing(lane: Lane) -> None:
    lane.rules = replace(lane.rules, official=frozenset({Channel.EMAIL}), reply="{nobody}")
    lane.restart()
    odd = lane.desk.write_in("NOTICE", FAR, company="77", channel=Channel.CHAT)
    ref = lane.desk.write_in("NOTICE", FAR, company="78")
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]
    assert lane.wait(16).unrouted == 1
    lane.rules = replace(lane.rules, reply="{who}")
    lane.restart()
    lane.wait(6)
    assert lane.desk.tasks_of(odd) == [DANA]
    assert lane.wait(1).unrouted == 0


class _Broken(dict[str, str]):
    """Names that cannot be looked up."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        if name == "Nicor Gas":
            raise KeyError(name)
        return default


@pytest.mark.parametrize("ahead", [-20, 20])
def test_a_clock_that_is_wrong_mistakes_no_sign(lane: Lane, ahead: int) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.wait(1)
    lane.desk.move(ref, "triage", DANA)  # before it is routed: no sign
    ours = VirtualClock(lane.clock.now() + timedelta(minutes=ahead))
    desks, lane.clock = lane.clock, ours
    with lane.state.transaction() as tx:
        case = lane.case_of(ref)
        renew(case, "")
        tx.disconnections.save([case])
    lane.restart()
    lane.round()
    assert lane.case_of(ref).outcome == ""
    for clock in (ours, desks):
        clock.advance(timedelta(minutes=5))
    lane.round()
    assert lane.case_of(ref).outcome == ""
    lane.desk.move(ref, "in_progress", DANA)
    lane.round()
    assert lane.case_of(ref).outcome == "acknowledged"


def by_word(asked: Category | None, otherwise: Reader) -> Reader:
    """A reader that takes texts with "asked" for ``asked`` (None: it breaks), others as usual."""

    def read(message: Message) -> Reading:
        if "asked" not in f"{message.subject} {message.body}":
            return otherwise(message)
        if asked is None:
            raise ValueError("no such day")
        return Reading(asked, 0.5, "asked", accounts=("4471908023",))

    return read

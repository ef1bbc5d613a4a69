"""Until somebody has it in hand the next one is told: each level once, at its time (domain C.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.dispatch.lane import DANA, DREW, LEA, OMAR, PRIYA, TEAM, Lane

from ubm_sync.dispatch.handovers import handed_over
from ubm_sync.dispatch.lane import Round

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."
NEAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 11/24/2026."
OFF = "ComEd turned our power off this morning for non payment, acct 4471908023."


def times_of(lane: Lane, ref: str, start: datetime) -> list[tuple[str, float]]:
    """Who was told of a ticket, and how many minutes after it came."""
    case = lane.case_of(ref)
    return [(one.email, round((one.at - start) / timedelta(minutes=1))) for one in case.told]


def every_minute(lane: Lane, minutes: int) -> list[Round]:
    return [lane.wait(1) for _ in range(minutes)]


def test_backup_lead_and_director_after_30_60_and_120_minutes(lane: Lane) -> None:
    start = lane.clock.now()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    every_minute(lane, 150)
    assert times_of(lane, ref, start) == [(DANA, 0), (PRIYA, 30), (LEA, 60), (DREW, 120)]
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA, LEA, DREW]
    assert len(lane.desk.notes_of(ref)) == 4
    ticket = lane.desk.pages[ref].ticket
    assert ticket.values["escalation_level"] == "3"
    assert ticket.owner == DANA


def test_at_night_the_first_wait_is_an_hour_and_somebody_on_call_begins(lane: Lane) -> None:
    lane.clock.set(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))  # 22:00 in Chicago
    start = lane.clock.now()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    every_minute(lane, 160)
    assert times_of(lane, ref, start) == [(OMAR, 0), (PRIYA, 60), (LEA, 90), (DREW, 150)]


def test_what_is_off_already_is_told_in_half_the_time_and_to_the_backup_at_once(
    lane: Lane,
) -> None:
    start = lane.clock.now()
    ref = lane.desk.write_in("Power is off", OFF, company="77")
    lane.round()
    every_minute(lane, 60)
    assert times_of(lane, ref, start) == [(DANA, 0), (PRIYA, 0), (LEA, 15), (DREW, 45)]
    assert lane.desk.notes_of(ref)[0].startswith("SERVICE IS OFF - act now.")
    assert lane.desk.pages[ref].ticket.values["deadline_kind"] == "already_off"


def test_a_deadline_within_two_business_days_begins_at_level_1(lane: Lane) -> None:
    start = lane.clock.now()
    ref = lane.desk.write_in("NOTICE", NEAR, company="77")
    lane.round()
    assert times_of(lane, ref, start) == [(DANA, 0), (PRIYA, 0)]
    assert "Told at once as well" in lane.desk.notes_of(ref)[0]
    every_minute(lane, 95)
    assert times_of(lane, ref, start)[2:] == [(LEA, 30), (DREW, 90)]


@pytest.mark.parametrize("sign", ["answer", "move", "field", "own"])
def test_it_stops_when_somebody_takes_it(lane: Lane, sign: str) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=12))
    if sign == "answer":
        lane.desk.answer(ref, DANA)
    elif sign == "move":
        lane.desk.move(ref, "in_progress", DANA)
    elif sign == "field":
        lane.desk.set(ref, "acknowledged_at", "2026-11-23T16:17:00Z", DANA)
    else:
        lane.desk.set(ref, "owner", LEA, LEA)
    every_minute(lane, 150)
    case = lane.case_of(ref)
    assert case.outcome == "acknowledged"
    assert case.acknowledged_at is not None
    assert lane.desk.tasks_of(ref) == [DANA]
    assert len(lane.desk.notes_of(ref)) == 2
    assert "12 minutes after it was routed" in lane.desk.notes_of(ref)[1]
    assert lane.desk.pages[ref].ticket.values["acknowledged_at"]


def test_a_receipt_and_a_workflow_are_no_sign(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(seconds=20))
    lane.desk.answer(ref, "no-reply@ubm.example", automatic=True)
    lane.desk.move(ref, "triage")
    lane.wait(31)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA]


def test_a_sign_that_comes_while_the_service_is_down_is_seen_first(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(minutes=29))
    lane.desk.answer(ref, DANA)
    lane.clock.advance(timedelta(hours=9))
    lane.restart()
    lane.round()
    assert lane.desk.tasks_of(ref) == [DANA]


def test_after_a_night_down_everybody_whose_time_has_come_is_told_once(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.clock.advance(timedelta(hours=9))
    lane.restart()
    lane.round()
    lane.wait(1)
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA, LEA, DREW]
    assert len(lane.desk.notes_of(ref)) == 4


def test_after_a_night_down_the_earliest_deadline_comes_first(lane: Lane) -> None:
    days = ["12/09", "12/03", "12/15", "12/07"]
    refs = [
        lane.desk.write_in(
            "NOTICE",
            f"ComEd disconnect notice for acct 447190802{n}, shutoff is scheduled for {day}/2026.",
            company="77",
        )
        for n, day in enumerate(days)
    ]
    lane.clock.advance(timedelta(hours=10))
    lane.round()
    assert lane.desk.told == [refs[1], refs[3], refs[0], refs[2]]


def test_people_who_cannot_sign_in_are_passed_over(lane: Lane) -> None:
    lane.desk.leaves(PRIYA)
    start = lane.clock.now()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    every_minute(lane, 130)
    told = times_of(lane, ref, start)
    assert PRIYA not in [email for email, _ in told]
    assert len({email for email, _ in told}) == len(told)
    assert told[-1][0] == DREW


def test_nobody_left_to_tell_is_unrouted(lane: Lane) -> None:
    lane.team = replace(TEAM, on_call=(), lead="", director="")
    lane.restart()
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    last = every_minute(lane, 140)[-1]
    assert lane.desk.tasks_of(ref) == [DANA, PRIYA]
    assert last.unrouted == 1
    with lane.reading() as tx:
        (problem,) = [one for one in tx.problems.list() if one.code == "unrouted"]
    assert "everybody was told and nobody acknowledged it" in problem.text


def test_the_owner_who_leaves_is_replaced_and_everything_begins_anew(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.leaves(DANA)
    lane.wait(2)
    lane.wait(1)
    assert lane.desk.pages[ref].ticket.owner == PRIYA
    assert "cannot sign in any more" in lane.desk.notes_of(ref)[1]
    now = lane.clock.now()
    with lane.reading() as tx:
        (told,) = handed_over(tx, now)
        assert handed_over(tx, now + timedelta(days=31)) == []
    assert (told["ticket"], told["from"], told["to"]) == (ref, DANA, PRIYA)

"""Whatever is lost, down or killed: everybody is told, and told once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from tests.integration.dispatch.lane import DANA, LEA, MORNING, PRIYA, Lane

from ubm_sync.dispatch.handovers import handed_over
from ubm_sync.errors import Stopping
from ubm_sync.state import State, Tx

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."


class Killed(BaseException):
    """The process ends here."""


def told(lane: Lane, ref: str) -> tuple[int, list[str]]:
    return len(lane.desk.notes_of(ref)), lane.desk.tasks_of(ref)


@pytest.mark.parametrize("call", ["annotate", "assign", "file"])
def test_a_lost_answer_costs_no_second_note_or_task(lane: Lane, call: str) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.desk.lost.add(call)
    for _ in range(3):
        lane.round()
        lane.clock.advance(timedelta(minutes=1))
    assert told(lane, ref) == (1, [DANA])
    assert lane.desk.pages[ref].ticket.owner == DANA


def test_a_desk_that_is_down_for_an_hour(lane: Lane) -> None:
    first = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    lane.desk.down = True
    second = lane.desk.write_in("NOTICE", FAR.replace("8023", "9999"), company="78")
    for _ in range(60):
        done = lane.wait(1)
        assert done.problems
    lane.desk.down = False
    lane.round()
    assert lane.desk.tasks_of(first) == [DANA, PRIYA, LEA]
    assert told(lane, second) == (1, [DANA])
    with lane.reading() as tx:
        assert [one for one in tx.problems.list() if one.scope == "disconnections"] == []


def test_a_desk_that_is_down_is_said_in_status(lane: Lane) -> None:
    lane.desk.down = True
    lane.round()
    with lane.reading() as tx:
        (problem,) = [one for one in tx.problems.list() if one.scope == "disconnections"]
    assert "does not answer" in problem.text


def test_a_service_that_is_asked_to_stop_has_no_trouble(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")

    def stop(_refs: object) -> None:
        raise Stopping("the desk")

    monkeypatch.setattr(lane.desk, "dossiers", stop)
    assert lane.round().problems == []
    with lane.reading() as tx:
        assert [one for one in tx.problems.list() if one.scope == "disconnections"] == []
    monkeypatch.undo()
    lane.wait(1)
    assert told(lane, ref) == (1, [DANA])


@pytest.mark.parametrize("at", range(1, 12))
def test_a_kill_at_any_commit_changes_nothing(
    lane: Lane, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    other = lane.desk.write_in("NOTICE", FAR, company="77")
    count = 0
    flush = Tx.flush

    def killing(tx: Tx) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Killed
        flush(tx)

    monkeypatch.setattr(Tx, "flush", killing)
    with suppress(Killed):
        lane.round()
    monkeypatch.setattr(Tx, "flush", flush)
    lane.clock.advance(timedelta(minutes=6))  # the lease of the dead one runs out
    lane.dispatcher = lane.another("two")
    lane.round()
    lane.wait(1)
    main, joined = (ref, other) if lane.case_of(ref).ticket == ref else (other, ref)
    assert told(lane, main) == (1, [DANA])
    assert told(lane, joined) == (1, [])


def test_two_instances_tell_once(lane: Lane) -> None:
    second = lane.another("two")
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    second.round()
    lane.wait(31)
    second.round()
    assert told(lane, ref) == (2, [DANA, PRIYA])


def test_one_at_work_keeps_the_other_out(lane: Lane) -> None:
    state: State = lane.state
    with state.transaction() as tx:
        tx.leases.acquire("disconnections", "another", 300, lane.clock.now())
    assert lane.round().skipped


def test_what_does_not_arrive_is_unrouted_until_it_does(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    with lane.state.transaction() as tx:
        case = lane.case_of(ref)
        (task,) = [one for one in tx.errands.of_cases([case.id]) if one.kind == "task"]
        tx.errands.mark([task.key], type(task.state)("failed"), "the desk refused it")
    done = lane.wait(16)
    assert done.unrouted == 1
    with lane.reading() as tx:
        (problem,) = [one for one in tx.problems.list() if one.code == "unrouted"]
    assert "its task did not arrive (the desk refused it)" in problem.text


def test_old_tickets_are_written_down_and_told_to_nobody(lane: Lane) -> None:
    at = lane.clock.now() - timedelta(days=30)
    ref = lane.desk.write_in("NOTICE", FAR, company="77", at=at)
    lane.round()
    assert lane.desk.notes_of(ref) == []
    with lane.reading() as tx:
        (inquiry,) = tx.inquiries.load([f"ticket:{ref}"]).values()
    assert "30 days old" in inquiry.reason


def test_a_thousand_tickets_at_once_with_one_notice_among_them(lane: Lane) -> None:
    for number in range(1000):
        lane.desk.write_in("Bill copy", f"Please send bill {number}.", company="77")
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    assert told(lane, ref) == (1, [DANA])
    with lane.reading() as tx:
        assert tx.inquiries.counts(lane.clock.now() - timedelta(hours=1)) == {
            "other": 1000,
            "urgent_disconnect": 1,
        }


def test_tickets_of_somebody_who_left_are_given_to_the_backup(lane: Lane) -> None:
    refs = [
        lane.desk.write_in("Bill copy", "Please send it.", company="77", owner=DANA, by_person=True)
        for _ in range(3)
    ]
    closed = lane.desk.write_in("Bill copy", "Please.", company="77", owner=DANA, by_person=True)
    lane.desk.move(closed, "closed", DANA, closed=True)
    lane.round()
    lane.desk.leaves(DANA)
    lane.clock.advance(timedelta(minutes=2))
    assert lane.round().handed_over == 3
    assert {lane.desk.pages[ref].ticket.owner for ref in refs} == {PRIYA}
    assert lane.desk.pages[closed].ticket.owner == DANA
    assert lane.wait(1).handed_over == 0
    with lane.reading() as tx:
        told = {
            one["ticket"]: (one["from"], one["to"]) for one in handed_over(tx, lane.clock.now())
        }
    assert told == dict.fromkeys(refs, (DANA, PRIYA))


def test_what_came_in_while_the_desk_was_down_is_not_counted_as_routed(lane: Lane) -> None:
    lane.round()
    lane.desk.down = True
    lane.desk.write_in("NOTICE", FAR, company="77")
    assert lane.wait(10).unrouted == 0
    assert lane.wait(10).unrouted == 1
    (left,) = lane.dispatcher.daily()
    assert (left.what, left.since) == ("The help desk", MORNING)
    lane.desk.down = False
    assert lane.wait(1).unrouted == 0


def test_the_daily_check_finds_what_no_look_brought_in(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    hidden = lane.desk.pages.pop(ref)
    lane.desk.write_in("Bill copy", "Please send it.", company="77")
    lane.round()
    lane.desk.pages[ref] = hidden  # it was indexed later than anybody looks back
    assert lane.wait(30).read == 0
    lane.dispatcher.daily()
    assert told(lane, ref) == (1, [DANA])
    lane.dispatcher.daily()
    assert told(lane, ref) == (1, [DANA])

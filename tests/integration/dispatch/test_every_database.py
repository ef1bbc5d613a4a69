"""What the lane asks of SQL, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.dispatch.lane import DANA, DREW, LEA, MORNING, PRIYA, Lane

from ubm_sync.clock import VirtualClock
from ubm_sync.state import open_state

FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."


@pytest.fixture
def lane(database_url: str) -> Iterator[Lane]:
    clock = VirtualClock(MORNING)
    state = open_state(database_url, clock)
    yield Lane(state, clock)
    state.close()


def test_a_day_with_odd_texts_twins_and_restarts(lane: Lane) -> None:
    lane.desk.lost |= {"annotate", "file"}
    odd = lane.desk.write_in("NOT\0ICE \ud83d", f"\0\ud800 {FAR}", company="77")
    twin = lane.desk.write_in("NOTICE", FAR, company="77")
    other = lane.desk.write_in("NOTICE", FAR.replace("8023", "9999"), company="78")
    lane.round()
    for _ in range(13):
        lane.restart()
        lane.wait(10)
    ladder = [DANA, PRIYA, LEA, DREW]
    main, joined = (odd, twin) if lane.case_of(odd).ticket == odd else (twin, odd)
    assert lane.desk.tasks_of(main) == lane.desk.tasks_of(other) == ladder
    assert lane.desk.tasks_of(joined) == []
    assert [len(lane.desk.notes_of(ref)) for ref in (main, other, joined)] == [4, 4, 1]
    assert lane.wait(61).unrouted == 2  # everybody was told and nobody acknowledged
    lane.desk.move(main, "in_progress", LEA)
    lane.desk.set(other, "acknowledged_at", "2026-11-23T20:00:00Z", DREW)
    assert lane.wait(1).unrouted == 0
    assert {one.outcome for one in lane.cases()} == {"acknowledged"}
    with lane.reading() as tx:
        assert tx.inquiries.counts(MORNING) == {"urgent_disconnect": 3}
        assert tx.errands.waiting(10) == []

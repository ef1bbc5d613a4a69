"""The rate budget: no window sees more calls than allowed, whoever asks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.integration.state.samples import NOON

from ubm_sync.clock import VirtualClock
from ubm_sync.database import open_engine
from ubm_sync.errors import Temporary
from ubm_sync.ports import Budget, Lane
from ubm_sync.state import SharedBudget, UnlimitedBudget, open_state

LIMITS = {"desk:": (10, 1.0, 5), "desk:search": (2, 1.0, 1)}
SPACING = 0.2  # seconds: (10 - 5) a second

HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

RESERVE = """
import sys
from datetime import datetime
from ubm_sync.clock import VirtualClock
from ubm_sync.ports import Lane
from ubm_sync.state import SharedBudget
clock = VirtualClock(datetime.fromisoformat(sys.argv[2]))
budget = SharedBudget(sys.argv[1], {"desk:": (10, 1.0, 5)}, clock)
for _ in range(50):
    print(budget.reserve("desk:token", lane=Lane.URGENT))
"""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def budget(database_url: str, clock: VirtualClock) -> Iterator[SharedBudget]:
    shared = SharedBudget(database_url, LIMITS, clock)
    yield shared
    shared.close()


def _waits(budget: Budget, number: int, lane: Lane, key: str = "desk:token") -> list[float]:
    return [budget.reserve(key, lane=lane) for _ in range(number)]


def test_the_burst_goes_at_once_and_the_rest_at_the_steady_rate(budget: SharedBudget) -> None:
    expected = [0.0] * 5 + [SPACING * number for number in range(1, 4)]

    assert _waits(budget, 8, Lane.URGENT) == pytest.approx(expected)


def test_reservations_are_paid_off_by_waiting(budget: SharedBudget, clock: VirtualClock) -> None:
    _waits(budget, 5, Lane.URGENT)
    clock.sleep(2 * SPACING)

    assert _waits(budget, 3, Lane.URGENT) == pytest.approx([0.0, 0.0, SPACING])


@pytest.mark.parametrize(
    ("lane", "at_once"),
    [(Lane.PERSON, 4), (Lane.RETRY, 3), (Lane.BACKFILL, 2), (Lane.AUDIT, 1)],
)
def test_lesser_lanes_leave_room_for_urgent_calls(
    budget: SharedBudget, lane: Lane, at_once: int
) -> None:
    waits = _waits(budget, at_once + 1, lane)

    assert waits == pytest.approx([0.0] * at_once + [SPACING])
    assert budget.reserve("desk:token", lane=Lane.URGENT) == pytest.approx(
        max(0.0, (at_once + 2 - 5) * SPACING)
    )


def test_an_urgent_call_passes_a_backfill_at_full_rate(
    budget: SharedBudget, clock: VirtualClock
) -> None:
    for _ in range(50):
        clock.sleep(budget.reserve("desk:token", lane=Lane.BACKFILL))

    assert budget.reserve("desk:token", lane=Lane.URGENT) == 0.0


def test_several_calls_can_be_booked_together(budget: SharedBudget) -> None:
    assert budget.reserve("desk:token", cost=7, lane=Lane.URGENT) == pytest.approx(2 * SPACING)


def test_the_longest_prefix_sets_the_limit(budget: SharedBudget) -> None:
    assert _waits(budget, 3, Lane.URGENT, "desk:search:x") == pytest.approx([0.0, 1.0, 2.0])


def test_keys_do_not_share_their_limit(budget: SharedBudget) -> None:
    _waits(budget, 20, Lane.URGENT, "desk:one")

    assert budget.reserve("desk:two") == 0.0


def test_a_key_without_a_limit_waits_only_for_a_penalty(
    budget: SharedBudget, clock: VirtualClock
) -> None:
    assert _waits(budget, 100, Lane.AUDIT, "other") == [0.0] * 100
    budget.penalise("other", 3.0)
    assert budget.reserve("other") == pytest.approx(3.0)
    clock.sleep(3.0)
    assert budget.reserve("other") == 0.0


def test_a_penalty_holds_up_every_lane(budget: SharedBudget) -> None:
    budget.penalise("desk:token", 10.0)
    budget.penalise("desk:token", 1.0)

    assert budget.reserve("desk:token", lane=Lane.URGENT) >= 10.0
    assert budget.reserve("desk:token", lane=Lane.AUDIT) >= 10.0


@given(st.lists(st.tuples(st.floats(0, 2), st.sampled_from(Lane), st.integers(1, 5)), max_size=60))
def test_no_window_sees_more_calls_than_allowed(
    asked: list[tuple[float, Lane, int]],
) -> None:
    clock = VirtualClock(NOON)
    budget = SharedBudget("sqlite://", LIMITS, clock)
    sent: list[float] = []
    for pause, lane, cost in asked:
        clock.sleep(pause)
        at = (clock.now() - NOON).total_seconds() + budget.reserve("desk:x", cost=cost, lane=lane)
        sent += [at] * cost
    budget.close()

    for start in sent:
        assert sum(start <= at < start + 0.9999 for at in sent) <= 10


def test_processes_share_one_budget(database_url: str) -> None:
    command = [sys.executable, "-c", RESERVE, database_url, NOON.isoformat()]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    waits = sorted(
        float(line) for one in running for line in one.communicate(timeout=30)[0].split()
    )

    assert waits == pytest.approx([0.0] * 5 + [SPACING * number for number in range(1, 96)])


def test_a_reservation_does_not_wait_for_a_transaction_of_the_state(database_url: str) -> None:
    state = open_state(database_url)
    budget = SharedBudget(state, LIMITS)
    with state.transaction() as tx:
        tx.cursors.put("desk", "x")

        assert budget.reserve("desk:token") == 0.0
    budget.close()
    state.close()


def test_the_real_clock_pays_reservations_off(database_url: str) -> None:
    budget = SharedBudget(database_url, {"k": (1_001, 1.0, 1)})

    waits = _waits(budget, 5, Lane.URGENT, "k")

    assert waits[0] == 0.0
    assert max(waits) < 0.005
    budget.close()


@pytest.mark.parametrize("limit", [(10, 1.0, 10), (10, 1.0, 0), (0, 1.0, 1), (10, 0.0, 5)])
def test_a_limit_that_makes_no_sense_is_refused(
    tmp_path: Path, limit: tuple[int, float, int]
) -> None:
    with pytest.raises(ValueError, match='limit of "k"'):
        SharedBudget(f"sqlite:///{tmp_path}/state.db", {"k": limit})


def test_a_lost_connection_is_told_once_and_opened_again(
    postgres_url: str, clock: VirtualClock
) -> None:
    budget = SharedBudget(postgres_url, LIMITS, clock)
    _waits(budget, 5, Lane.URGENT)
    engine = open_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(HANG_UP))
    engine.dispose()

    with pytest.raises(Temporary, match="No connection"):
        budget.reserve("desk:token")
    assert budget.reserve("desk:token", lane=Lane.URGENT) == pytest.approx(SPACING)
    budget.close()
    budget.close()


def test_a_budget_without_limits_never_waits() -> None:
    budget = UnlimitedBudget()
    budget.penalise("k", 60.0)

    assert budget.reserve("k", cost=1_000) == 0.0


def test_clock_set_back_makes_nobody_wait_longer(budget: SharedBudget, clock: VirtualClock) -> None:
    _waits(budget, 6, Lane.URGENT)
    clock.advance(timedelta(hours=-1))
    assert budget.reserve("desk:token", lane=Lane.URGENT) == pytest.approx(2 * SPACING)
    budget.penalise("desk:token", 30)
    clock.advance(timedelta(hours=-1))
    assert budget.reserve("desk:token", lane=Lane.URGENT) == pytest.approx(30 + SPACING)

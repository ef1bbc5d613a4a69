"""Several portions in one cycle: the next one is planned while one is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pytest
from tests.engine_house import DESK, INTAKE, STORE, House, SimpleFlow

from ubm_sync.flow import Decision, Situation
from ubm_sync.model import Outcome, Write
from ubm_sync.sync.cycle import EngineSettings


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with House(database_url, settings=EngineSettings(portion=1)) as house:
        yield house


class Killed(BaseException):
    """The process ends here."""


def approve_first(house: House) -> None:
    house.add_row("1001")
    house.settle()
    (ticket,) = house.tickets()
    house.approve(ticket)


def test_the_next_portion_is_planned_while_one_is_under_way(house: House) -> None:
    for number in ("1001", "1002"):
        house.add_row(number)
    planned = threading.Event()
    waited: list[bool] = []

    class Watched(SimpleFlow):
        def decide(self, situation: Situation, now: datetime) -> Decision:
            if situation.values["account_number"] == "1002":
                planned.set()
            return super().decide(situation, now)

    desk = house.engine.connectors[DESK]
    apply = desk.apply

    def slow(writes: Sequence[Write]) -> Iterable[Outcome]:
        waited.append(planned.wait(10))
        return apply(writes)

    desk.apply = slow  # type: ignore[method-assign]
    house.engine.flows = {"location": Watched()}
    house.cycle()

    assert waited == [True, True]
    assert len(house.tickets()) == 2


def test_the_last_portion_is_sent_in_the_thread_of_the_cycle(house: House) -> None:
    house.add_row("1001")
    threads: list[str] = []
    desk = house.engine.connectors[DESK]
    apply = desk.apply

    def noting(writes: Sequence[Write]) -> Iterable[Outcome]:
        threads.append(threading.current_thread().name)
        return apply(writes)

    desk.apply = noting  # type: ignore[method-assign]
    house.cycle()

    assert threads == [threading.current_thread().name]


def test_what_is_under_way_counts_as_decided_for_its_rivals(house: House) -> None:
    approve_first(house)
    second = house.add_row("1001")

    house.cycle()

    assert house.rows()[second]["sync_status"] == "Duplicate"


def test_everything_comes_to_rest_in_portions(house: House) -> None:
    for number in range(5):
        house.add_row(f"100{number}")
    house.settle(2)
    for ticket in house.tickets():
        house.approve(ticket)

    house.settle(2)

    assert len(house.tickets()) == len(house.accounts()) == 5
    assert {one["sync_status"] for one in house.rows().values()} == {"Setting up"}


@pytest.mark.parametrize("system", [INTAKE, DESK, STORE])
@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("portion", [0, 1])
def test_a_process_killed_with_two_portions_in_hand_doubles_nothing(
    house: House, system: str, after: int, portion: int
) -> None:
    approve_first(house)
    for number in ("1002", "1003"):
        house.add_row(number)
    connector = house.engine.connectors[system]
    target = house.systems[system]
    apply, calls = connector.apply, []

    def dies(writes: Sequence[Write]) -> Iterable[Outcome]:
        calls.append(len(writes))
        if len(calls) <= portion and system != STORE:
            return apply(writes)
        for write in writes[:after]:
            target.write(write)
        raise Killed

    connector.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")
    house.settle(6)

    assert len(house.tickets()) == 3
    assert len(house.accounts()) == 1
    assert not [values for values in house.rows().values() if "sync_message" in values]
    with house.state.reading() as tx:
        assert tx.audit.verify() is None
        assert not tx.journal.open_intents()

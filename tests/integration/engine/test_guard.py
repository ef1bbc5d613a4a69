"""The guard on real state databases: what waits, what an approval lets through, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
from tests.engine_house import DESK, INTAKE, House

from ubm_sync.model import Outcome, Page, Write
from ubm_sync.state import GuardStop
from ubm_sync.sync.cycle import EngineSettings
from ubm_sync.sync.limits import GuardRule, GuardSettings, Threshold

ROWS = 12
LIMIT = 2


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """Twelve rows with tickets, where two changes of a field are the most."""
    guard = GuardSettings(default=GuardRule(changes=Threshold(0.0, LIMIT)))
    with House(database_url, settings=EngineSettings(portion=7, guard=guard)) as house:
        for number in range(ROWS):
            house.add_row(str(1000 + number), gl_code="6400")
        house.settle()
        yield house


def edit(house: House, count: int = ROWS, *, first: int = 0, to: str | None = "6410") -> None:
    for row in list(house.rows())[first : first + count]:
        house.systems[INTAKE].edit("row", row, {"gl_code": to}, by="customer")


def codes(house: House) -> list[str]:
    return sorted(str(values.get("gl_code")) for values in house.tickets().values())


def approve(house: House, fingerprint: str = "") -> GuardStop:
    with house.state.transaction() as tx:
        return tx.guard.approve(fingerprint, "Priya N.", house.clock.now())


def stops(house: House) -> list[GuardStop]:
    with house.state.reading() as tx:
        return list(tx.guard.list())


def told(house: House) -> list[str]:
    """Return what the audit log says of the guard, oldest first."""
    with house.state.reading() as tx:
        entries = reversed(tx.audit.last(1000))
        mine = [one.action for one in entries if "fingerprint" in one.body]
        assert tx.audit.verify() is None
    return mine


def test_what_waits_is_one_stop_over_all_portions_with_samples(house: House) -> None:
    edit(house)

    (stop,) = house.cycle().stops

    assert (stop.field, stop.system, stop.count, stop.limit) == ("gl_code", DESK, ROWS, LIMIT)
    assert (stop.sample[0]["before"], stop.sample[0]["after"]) == ("6400", "6410")
    assert codes(house) == ["6400"] * ROWS
    assert house.cycle().stops == (stop,)
    assert told(house) == ["changes stopped"]


def test_an_approval_writes_five_reads_them_back_and_goes_on_in_the_same_cycle(
    house: House,
) -> None:
    edit(house)
    house.cycle()
    approve(house)
    desk = house.systems[DESK]
    fetched = desk.calls["fetch"]
    sent: list[int] = []
    watch(house, lambda writes: sent.append(len(writes)))

    house.cycle()

    assert codes(house) == ["6410"] * ROWS
    assert sent == [5, 2, 5]  # the canary, the rest of its portion, the other portion
    assert desk.calls["fetch"] == fetched + 1
    assert stops(house) == []
    assert told(house) == ["changes stopped", "canary read back", "approval used up"]


def watch(house: House, see: Callable[[Sequence[Write]], object]) -> None:
    connector = house.engine.connectors[DESK]
    apply = connector.apply

    def watched(writes: Sequence[Write]) -> Iterable[Outcome]:
        see(writes)
        return apply(writes)

    connector.apply = watched  # type: ignore[method-assign]


def rewrite(house: House, value: str) -> None:
    """Have the desk turn every code it is given into another one."""
    connector = house.engine.connectors[DESK]
    apply = connector.apply

    def rewritten(writes: Sequence[Write]) -> Iterable[Outcome]:
        outcomes = list(apply(writes))
        for one in outcomes:
            assert one.ref is not None
            house.systems[DESK].edit("ticket", one.ref, {"gl_code": value})
        return outcomes

    connector.apply = rewritten  # type: ignore[method-assign]


def test_a_canary_that_disagrees_stops_the_rest_and_ends_the_approval(house: House) -> None:
    edit(house)
    house.cycle()
    approve(house)
    rewrite(house, "0000")

    report = house.cycle()

    assert codes(house) == ["0000"] * 5 + ["6400"] * (ROWS - 5)
    (stop,) = [one for one in report.stops if one.revoked]
    assert 'was meant to be "6410" and is "0000" there' in stop.revoked
    assert (stop.count, stop.approved_by) == (ROWS - 5, None)
    assert told(house)[:2] == ["changes stopped", "approval revoked"]
    assert 'is "0000" there' in report.summary()["stops"][0]

    house.start()  # with an honest desk
    approve(house, stop.fingerprint)
    house.cycle()
    assert codes(house).count("6410") >= ROWS - 5


@pytest.mark.parametrize("died", ["before the answer", "before it was read back"])
def test_a_canary_survives_a_kill(house: House, died: str) -> None:
    edit(house)
    house.cycle()
    approve(house)
    desk = house.engine.connectors[DESK]
    apply = desk.apply

    def sends_and_dies(writes: Sequence[Write]) -> Iterable[Outcome]:
        list(apply(writes))
        raise KeyboardInterrupt

    def dies(place: str, refs: Sequence[str]) -> Iterator[Page]:
        del place, refs
        raise KeyboardInterrupt

    if died == "before the answer":
        desk.apply = sends_and_dies  # type: ignore[method-assign]
    else:
        desk.fetch = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        house.cycle()
    assert codes(house) == ["6400"] * (ROWS - 5) + ["6410"] * 5

    house.start()
    sent: list[int] = []
    watch(house, lambda writes: sent.append(len(writes)))
    house.cycle()

    assert codes(house) == ["6410"] * ROWS
    assert max(sent) <= ROWS - 5
    assert told(house)[-1] == "approval used up"


def test_a_canary_that_cannot_be_read_back_waits_with_the_rest(house: House) -> None:
    edit(house)
    house.cycle()
    approve(house)
    desk = house.engine.connectors[DESK]
    fetch = desk.fetch

    def lost(place: str, refs: Sequence[str]) -> Iterator[Page]:
        house.systems[DESK].break_now = "the desk is down"
        return fetch(place, refs)

    desk.fetch = lost  # type: ignore[method-assign]
    house.cycle()
    assert codes(house) == ["6400"] * (ROWS - 5) + ["6410"] * 5

    desk.fetch = fetch  # type: ignore[method-assign]
    house.systems[DESK].break_now = ""
    house.cycle()
    assert codes(house) == ["6410"] * ROWS


def test_other_fields_of_the_same_records_go_on(house: House) -> None:
    edit(house)
    row = next(iter(house.rows()))
    house.systems[INTAKE].edit("row", row, {"city": "Joliet"}, by="customer")

    report = house.cycle()

    assert [one.field for one in report.stops] == ["gl_code"]
    assert [one["city"] for one in house.tickets().values() if "city" in one] == ["Joliet"]


def test_the_same_change_in_small_helpings_does_not_slip_through(house: House) -> None:
    for first in range(0, ROWS, 2):
        edit(house, 2, first=first)
        house.cycle()

    assert codes(house).count("6410") == LIMIT
    assert [one.count for one in stops(house)] == [ROWS - LIMIT]

    house.clock.sleep(timedelta(hours=2).total_seconds())
    house.cycle()
    assert codes(house).count("6410") == LIMIT


def test_what_was_answered_late_counts_from_then_on(house: House) -> None:
    def slow(writes: Sequence[Write]) -> None:
        house.clock.sleep(timedelta(minutes=11).total_seconds() if writes else 0)

    edit(house, LIMIT)
    watch(house, slow)
    house.cycle()
    house.start()
    house.clock.sleep(timedelta(minutes=55).total_seconds())  # 66 since that cycle began

    edit(house, LIMIT, first=LIMIT)
    house.cycle()

    assert codes(house).count("6410") == LIMIT
    assert [one.count for one in stops(house)] == [LIMIT]


def test_an_approval_is_for_the_changes_that_were_shown(house: House) -> None:
    edit(house, 6)
    house.cycle()
    shown = approve(house)
    edit(house, 6, first=6)

    house.cycle()

    assert shown.count == 6
    assert codes(house).count("6410") == 6 + 1  # one of the others came with the first portion
    assert [one.count for one in stops(house)] == [5]


def test_an_approval_that_nobody_used_ends(house: House) -> None:
    edit(house)
    house.cycle()
    approve(house)
    house.clock.sleep(timedelta(hours=25).total_seconds())

    (stop,) = house.cycle().stops

    assert "was not used in time" in stop.revoked
    assert codes(house) == ["6400"] * ROWS


def test_a_change_that_is_taken_back_needs_no_approval_any_more(house: House) -> None:
    edit(house)
    house.cycle()
    edit(house, to="6400")

    assert house.cycle().stops == ()
    assert stops(house) == []


def test_emptying_a_column_waits_at_its_own_threshold(database_url: str) -> None:
    guard = GuardSettings(default=GuardRule(clears=Threshold(0.0, 1)))
    with House(database_url, settings=EngineSettings(guard=guard)) as house:
        for number in range(3):
            house.add_row(str(1000 + number), gl_code="6400")
        house.settle()
        edit(house, to=None)

        (stop,) = house.cycle().stops

        assert (stop.kind, stop.count, stop.limit) == ("clear", 3, 1)
        assert codes(house) == ["6400"] * 3


def test_a_flood_of_new_tickets_waits_where_a_number_is_given(database_url: str) -> None:
    guard = GuardSettings(default=GuardRule(creates=4))
    with House(database_url, settings=EngineSettings(guard=guard)) as house:
        for number in range(8):
            house.add_row(str(1000 + number))
        (stop,) = house.cycle().stops

        assert (stop.kind, stop.field, stop.count) == ("create", "ticket", 8)
        assert not house.tickets()

        approve(house)
        house.settle()
        assert len(house.tickets()) == 8
        assert stops(house) == []


def test_what_is_planned_says_what_waits_and_stores_nothing_of_it(house: House) -> None:
    edit(house)

    plans, waiting = house.engine.preview(house.clock.now())

    assert len([plan for plan in plans if plan.writes]) == ROWS
    assert [one.count for one in waiting] == [ROWS]
    assert stops(house) == []

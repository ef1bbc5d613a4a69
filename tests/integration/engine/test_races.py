"""Edits between look and write: found in the history, decided as what they are, on any system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.engine_house import DESK, INTAKE, House

from ubm_sync.model import Values


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A house whose state is on SQLite or PostgreSQL, with one row and its ticket."""
    with House(database_url) as house:
        house.add_row("1001", city="Joliet")
        house.settle()
        yield house


def only(found: dict[str, Values]) -> tuple[str, Values]:
    ((ref, values),) = found.items()
    return ref, values


def edit(house: House, system: str, value: str | None, by: str) -> None:
    """Change the city as a person."""
    place = {INTAKE: "row", DESK: "ticket"}[system]
    ref, _ = only(house.systems[system].see(place))
    house.systems[system].edit(place, ref, {"city": value}, by=by)


def cities(house: House) -> tuple[str | None, str | None]:
    return only(house.rows())[1].get("city"), only(house.tickets())[1].get("city")


def kept(house: House) -> list[tuple[str, str | None, str | None]]:
    with house.state.reading() as tx:
        return [(one.place, one.value, one.by) for one in tx.kept.list()]


def conflicts(house: House) -> list[str]:
    with house.state.reading() as tx:
        return [one.field for one in tx.conflicts.list()]


@pytest.mark.parametrize("lost_answers", [0, 1])
@pytest.mark.parametrize(("source", "target"), [(INTAKE, DESK), (DESK, INTAKE)])
@pytest.mark.parametrize("typed", ["Aurora", None])
def test_both_edits_stay_and_the_manager_decides(
    house: House, source: str, target: str, typed: str | None, lost_answers: int
) -> None:
    edit(house, source, "Elgin", by="first")
    house.systems[target].meanwhile = lambda: edit(house, target, typed, by="second")
    house.systems[target].lose_answers = lost_answers
    for _ in range(4):  # a cycle without an answer is not at rest
        house.cycle()

    there = {INTAKE: 0, DESK: 1}
    assert cities(house)[there[target]] == typed
    assert cities(house)[there[source]] == "Elgin"
    assert conflicts(house) == ["city"]
    place = {INTAKE: "row", DESK: "ticket"}[target]
    assert kept(house) == [(place, typed, "second")]


def test_the_decision_is_written_everywhere(house: House) -> None:
    edit(house, DESK, "Elgin", by="dana")
    house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, "Aurora", by="customer")
    house.settle()
    ticket, _ = only(house.tickets())
    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_row"}, by="dana")
    house.settle()

    assert cities(house) == ("Aurora", "Aurora")
    assert conflicts(house) == []


def test_with_an_account_only_the_two_sides_that_typed_are_in_conflict(house: House) -> None:
    ticket, _ = only(house.tickets())
    house.approve(ticket)
    house.settle()
    edit(house, DESK, "Elgin", by="dana")
    house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, "Aurora", by="customer")
    house.settle()

    with house.state.reading() as tx:
        (conflict,) = tx.conflicts.list()
    assert dict(conflict.values) == {"row": "Aurora", "ticket": "Elgin"}
    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_row"}, by="dana")
    house.settle()
    assert cities(house) == ("Aurora", "Aurora")
    assert only(house.accounts())[1]["city"] == "Aurora"


@pytest.mark.parametrize("typed", ["Joliet", "Elgin"])
def test_nothing_is_lost_where_the_same_or_the_seen_value_was_typed(
    house: House, typed: str
) -> None:
    edit(house, DESK, "Elgin", by="dana")
    house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, typed, by="customer")
    house.settle()

    assert cities(house) == ("Elgin", "Elgin")
    assert (conflicts(house), kept(house)) == ([], [])


def test_what_is_in_doubt_survives_a_restart_and_a_failure(house: House) -> None:
    edit(house, DESK, "Elgin", by="dana")
    house.systems[INTAKE].meanwhile = lambda: edit(house, INTAKE, "Aurora", by="customer")
    house.cycle()
    house.start("second")
    house.systems[INTAKE].break_now = "no answer"
    house.cycle()
    house.systems[INTAKE].break_now = ""
    house.settle()

    assert cities(house) == ("Aurora", "Elgin")
    assert conflicts(house) == ["city"]


def test_no_history_is_read_where_nobody_came_in_between(house: House) -> None:
    edit(house, DESK, "Elgin", by="dana")
    house.settle()

    assert all(system.calls["history"] == 0 for system in house.systems.values())

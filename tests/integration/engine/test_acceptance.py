"""What a record is accepted with where its number is changed in that moment, and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.engine_house import INTAKE, House

from ubm_sync.sync.cycle import EngineSettings


@pytest.fixture(params=[1, 100])
def house(database_url: str, request: pytest.FixtureRequest) -> Iterator[House]:
    with House(database_url, settings=EngineSettings(portion=request.param)) as house:
        yield house


def approve_all(house: House) -> None:
    for ticket in house.tickets():
        house.approve(ticket)


def numbers(house: House) -> Counter[str]:
    return Counter(one["account_number"] for one in house.accounts().values())


def test_the_number_that_was_approved_is_the_accounts_and_the_change_is_kept(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    approve_all(house)
    house.systems[INTAKE].edit("row", row, {"account_number": "1002"}, by="customer")
    house.settle()

    assert numbers(house) == {"1001": 1}
    assert house.rows()[row]["account_number"] == "1001"
    with house.state.reading() as tx:
        assert [(one.field, one.place, one.value) for one in tx.kept.list()] == [
            ("account_number", "row", "1002")
        ]


@pytest.mark.parametrize("changed", [0, 1])
def test_two_that_are_approved_with_one_number_have_one_account(house: House, changed: int) -> None:
    rows = [house.add_row("1001"), house.add_row("1001")]
    house.settle()
    approve_all(house)
    house.systems[INTAKE].edit("row", rows[changed], {"account_number": "1002"}, by="customer")
    house.settle()

    assert numbers(house) == {"1001": 1}


@pytest.mark.parametrize("changed", [0, 1])
def test_a_number_that_was_put_back_is_free_for_others(house: House, changed: int) -> None:
    rows = [house.add_row("1001" if one == changed else "1002") for one in (0, 1)]
    house.settle()
    approve_all(house)
    house.systems[INTAKE].edit("row", rows[changed], {"account_number": "1002"}, by="customer")
    house.settle()

    assert numbers(house) == {"1001": 1, "1002": 1}
    assert {one["sync_status"] for one in house.rows().values()} == {"Setting up"}


def test_a_kill_after_the_account_was_made_changes_nothing(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    approve_all(house)
    house.systems[INTAKE].edit("row", row, {"account_number": "1002"}, by="customer")

    def dies(_writes: object) -> None:
        raise SystemExit

    house.engine.connectors[INTAKE].apply = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(SystemExit):
        house.cycle()
    assert numbers(house) == {"1001": 1}
    house.start()
    house.settle()

    assert numbers(house) == {"1001": 1}
    assert house.rows()[row]["account_number"] == "1001"
    assert house.rows()[row]["sync_message"] == "account_number was put back"

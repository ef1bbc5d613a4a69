"""Absence is not deletion: what it takes until a vanished row becomes a question."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.engine_house import ACME, DESK, INTAKE, House

from ubm_sync.model import Observation
from ubm_sync.sync import notebook as book

VANISHED = f"{book.VANISHED}row"


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A house whose state is on SQLite or PostgreSQL."""
    with House(database_url) as house:
        yield house


def vanished(house: House) -> dict[str, str]:
    """Return the account number of every vanished record, and how it vanished."""
    with house.state.reading() as tx:
        seen = tx.observations.all_of("row")
        records = tx.records.load([sync_id for sync_id, _ in seen])
        return {
            one.values["account_number"]: book.unpacked(records[sync_id].memory[VANISHED], 1)[0]
            for sync_id, one in seen
            if VANISHED in records[sync_id].memory
        }


def problems(house: House) -> list[str]:
    with house.state.reading() as tx:
        return [one.code for one in tx.problems.list()]


def take_away(house: House, *rows: str) -> list[Observation]:
    """Delete rows as the customer does; return what they were."""
    gone = [house.systems[INTAKE].records["row", row] for row in rows]
    for row in rows:
        house.systems[INTAKE].remove("row", row)
    return gone


def wait(house: House, minutes: int) -> int:
    """Run a cycle each minute; return how many rows became a question."""
    return sum(house.cycle().vanished for _ in range(minutes))


def test_a_row_is_asked_about_after_two_listings_and_the_quiet_time(house: House) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    take_away(house, row)

    assert house.cycle(full=True).vanished == 0
    assert house.cycle(full=True).vanished == 0  # they agree, but too soon
    assert wait(house, 8) == 0
    assert wait(house, 3) == 1  # it is listed again by itself when the time has come
    assert vanished(house) == {"1001": "alone"}
    assert len(house.tickets()) == 2
    assert wait(house, 30) == 0
    assert problems(house) == []


def test_the_times_are_kept_over_a_restart(house: House) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    take_away(house, row)
    house.cycle(full=True)
    with house.state.reading() as tx:
        since = tx.observations.absent("row")[row].since
    wait(house, 5)
    house.start("second")

    assert wait(house, 8) == 1
    with house.state.reading() as tx:
        one = tx.observations.absent("row")[row]
    assert one.since == since
    assert one.asked_at is not None
    assert (one.asked_at - since).total_seconds() >= 600


def test_a_listing_that_leaves_a_row_out_proves_nothing(house: House) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    hidden = take_away(house, row)[0]
    house.cycle(full=True)
    wait(house, 8)
    house.systems[INTAKE].records["row", row] = hidden  # there, though no change shows it

    assert wait(house, 15) == 0
    with house.state.reading() as tx:
        assert tx.observations.absent("row") == {}


def test_a_sheet_that_cannot_be_read_at_that_moment_proves_nothing(house: House) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    take_away(house, row)
    house.cycle(full=True)
    house.systems[INTAKE].break_now = "no access"
    assert wait(house, 30) == 0

    house.systems[INTAKE].break_now = ""
    assert wait(house, 3) == 1


@pytest.mark.parametrize("minutes", [0, 5, 15])
def test_a_row_that_comes_back_withdraws_the_question(house: House, minutes: int) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    before = take_away(house, row)[0]
    house.cycle(full=True)
    wait(house, minutes)
    house.systems[INTAKE]._store(before)  # the customer takes it back

    assert wait(house, 20) == 0
    assert vanished(house) == {}
    with house.state.reading() as tx:
        assert tx.observations.absent("row") == {}
    assert len(house.tickets()) == 2


@pytest.mark.parametrize("minutes", [0, 15])
def test_a_row_restored_under_another_id_is_the_same_record(house: House, minutes: int) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    before = take_away(house, row)[0]
    house.cycle(full=True)
    wait(house, minutes)
    house.systems[INTAKE].put("row", before.values, container=ACME.sheet, key=before.key)
    house.settle()
    wait(house, 15)
    house.cycle(full=True)

    assert wait(house, 15) == 0  # nobody misses the old id
    assert vanished(house) == {}
    assert len(house.tickets()) == 2


def test_nothing_is_written_to_a_vanished_row(house: House) -> None:
    row, _ = house.add_row("1001"), house.add_row("1002")
    house.settle()
    ticket = next(ref for ref, one in house.tickets().items() if one["account_number"] == "1001")
    take_away(house, row)
    house.cycle(full=True)
    wait(house, 15)
    house.systems[DESK].edit("ticket", ticket, {"city": "Joliet"}, by="dana")
    house.settle()

    with house.state.reading() as tx:
        assert tx.quarantine.list() == []


def test_many_rows_that_vanish_at_once_are_one_question(house: House) -> None:
    rows = [house.add_row(f"{1000 + n}") for n in range(30)]
    house.settle()
    lost = take_away(house, *rows[:7])
    house.cycle(full=True)
    wait(house, 15)

    assert set(vanished(house).values()) == {"many"}
    assert problems(house) == ["rows_vanished"]
    with house.state.reading() as tx:
        assert tx.problems.list()[0].text.startswith("7 rows of Acme Foods vanished")
        assert not tx.problems.list()[0].blocks
    for one in lost:
        house.systems[INTAKE]._store(one)
    house.settle()
    assert vanished(house) == {}
    assert problems(house) == []


@pytest.mark.parametrize(("gone", "of", "how"), [(2, 3, "alone"), (3, 9, "many"), (2, 30, "alone")])
def test_how_many_are_many_depends_on_the_sheet(house: House, gone: int, of: int, how: str) -> None:
    rows = [house.add_row(f"{1000 + n}") for n in range(of)]
    house.settle()
    take_away(house, *rows[:gone])
    house.cycle(full=True)
    wait(house, 15)

    assert set(vanished(house).values()) == {how}

"""A field that a changed mapping adds: filled into existing records by a plan, not by surprise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pytest
from tests.engine_house import DESK, INTAKE, MAPPINGS, House

from ubm_sync.state import GuardStop
from ubm_sync.sync.cycle import Chosen
from ubm_sync.sync.plan import digest
from ubm_sync.sync.rules import compile_rules

ROWS = 8
WITH = MAPPINGS["location"]
TICKET = WITH.place("ticket")
BARE = replace(TICKET, bindings=tuple(one for one in TICKET.bindings if one.field != "gl_code"))
WITHOUT = replace(
    WITH,
    hash="before",
    places=tuple(BARE if one is TICKET else one for one in WITH.places),
    fields=MappingProxyType({
        **WITH.fields,
        "gl_code": replace(
            WITH.fields["gl_code"],
            places=WITH.fields["gl_code"].places - {"ticket"},
            writers=frozenset({"row"}),
            writers_once_accepted=frozenset({"row"}),
        ),
    }),
)  # fmt: skip


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """Rows whose tickets lack a field that the mapping now in force adds."""
    with House(database_url) as house:
        house.engine.rules = {"location": compile_rules(WITHOUT)}
        for number in range(ROWS):
            house.add_row(str(1000 + number), gl_code=f"64{number}0")
        house.settle()
        assert not any("gl_code" in one for one in house.tickets().values())
        house.start()
        yield house


def stops(house: House) -> list[GuardStop]:
    with house.state.reading() as tx:
        return list(tx.guard.list(approved=True))


def codes(house: House) -> list[str]:
    found = [values.get("gl_code", "") for values in house.tickets().values()]
    return sorted(one for one in found if one)


def test_nothing_is_filled_in_before_a_person_looked(house: House) -> None:
    plans, shown = house.engine.preview(house.clock.now())
    assert sum("gl_code" in write.values for plan in plans for write in plan.writes) == ROWS
    assert [(one.kind, one.count) for one in shown] == [("backfill", ROWS)]

    for _ in range(3):
        report = house.cycle()
        assert report.landed == {}

    assert codes(house) == []
    (stop,) = stops(house)
    assert (stop.kind, stop.field, stop.count, stop.limit) == ("backfill", "gl_code", ROWS, 0)
    assert "the new field gl_code" in report.summary()["stops"][0]


def test_what_is_approved_is_filled_in(house: House) -> None:
    house.cycle()
    with house.state.transaction() as tx:
        tx.guard.approve(stops(house)[0].fingerprint, "Priya N.", house.clock.now())
    house.settle()

    assert codes(house) == [f"64{number}0" for number in range(ROWS)]
    assert stops(house) == []
    row = next(iter(house.rows()))
    house.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    house.settle()
    assert "7777" in codes(house)


def test_a_plan_that_shows_it_fills_it_in(house: House) -> None:
    now = house.clock.now()
    plans, _ = house.engine.preview(now)
    some = [plan for plan in plans if plan.writes][:3]
    writes = frozenset(digest(write) for plan in some for write in plan.writes)
    records = frozenset(plan.subject.sync_id for plan in some)

    report = house.engine.cycle(only=Chosen(writes, records, now))

    assert report.done == writes
    assert len(codes(house)) == len(some)
    house.cycle()
    (stop,) = stops(house)
    assert stop.count == ROWS - len(some)


def test_an_edit_afterwards_is_an_edit_and_a_new_row_has_it(house: House) -> None:
    house.cycle()
    house.cycle()
    row = next(iter(house.rows()))
    house.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    house.add_row("2000", gl_code="8888")
    house.cycle()
    house.cycle()

    assert codes(house) == ["7777", "8888"]
    (stop,) = stops(house)
    assert stop.count == ROWS - 1


def test_what_is_typed_on_the_ticket_meanwhile_waits_for_a_decision(house: House) -> None:
    house.cycle()
    ticket = next(iter(house.tickets()))
    house.systems[DESK].edit("ticket", ticket, {"gl_code": "7777"}, by="manager")
    house.settle()

    assert codes(house) == ["7777"]
    assert sorted(one["gl_code"] for one in house.rows().values()) == [
        f"64{number}0" for number in range(ROWS)
    ]
    with house.state.reading() as tx:
        (open_,) = tx.conflicts.list()
    assert (open_.field, open_.base, open_.values["ticket"]) == ("gl_code", None, "7777")
    (stop,) = stops(house)
    assert stop.count == ROWS - 1


def test_what_is_typed_waits_until_the_service_has_looked_at_the_new_field(house: House) -> None:
    row = house.add_row("2000")
    house.engine.rules = {"location": compile_rules(WITHOUT)}
    house.settle()
    house.start()
    house.cycle()
    assert "gl_code" not in house.rows()[row]
    assert stops(house)[0].count == ROWS

    house.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    house.cycle()

    assert codes(house) == ["7777"]
    assert stops(house)[0].count == ROWS


def test_taking_the_field_away_again_ends_the_wait(house: House) -> None:
    house.cycle()
    house.start()
    house.engine.rules = {"location": compile_rules(WITHOUT)}
    house.settle()

    assert stops(house) == []
    assert codes(house) == []


@pytest.fixture
def back(database_url: str) -> Iterator[House]:
    """Rows and tickets that agree on a field; the mapping that takes it out of tickets is over."""
    with House(database_url) as house:
        for number in range(ROWS):
            house.add_row(str(1000 + number), gl_code=f"64{number}0")
        house.settle()
        house.start()
        house.engine.rules = {"location": compile_rules(WITHOUT)}
        house.settle()
        yield house


def conflicts(house: House) -> list[str]:
    with house.state.reading() as tx:
        return [one.field for one in tx.conflicts.list()]


@pytest.mark.parametrize("cycles", [0, 1])
def test_what_a_ticket_kept_from_before_is_no_answer_to_an_edit(back: House, cycles: int) -> None:
    row = next(iter(back.rows()))
    back.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    for _ in range(cycles):
        back.cycle()
    back.start()
    back.cycle()

    assert conflicts(back) == []
    assert "7777" not in codes(back)
    (stop,) = stops(back)
    with back.state.transaction() as tx:
        tx.guard.approve(stop.fingerprint, "Priya N.", back.clock.now())
    back.settle()
    assert "7777" in codes(back)


def test_what_was_typed_on_a_ticket_meanwhile_is_an_edit(back: House) -> None:
    ticket = next(iter(back.tickets()))
    back.systems[DESK].edit("ticket", ticket, {"gl_code": "7777"}, by="manager")
    back.start()
    back.settle()

    assert conflicts(back) == []
    assert "7777" in {one["gl_code"] for one in back.rows().values()}


def test_what_both_typed_meanwhile_waits_for_a_decision(back: House) -> None:
    row, ticket = next(iter(back.rows())), next(iter(back.tickets()))
    back.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    back.systems[DESK].edit("ticket", ticket, {"gl_code": "8888"}, by="manager")
    back.cycle()
    back.start()
    back.settle()

    assert conflicts(back) == ["gl_code"]


def test_what_is_typed_over_what_a_ticket_kept_waits_for_a_decision(back: House) -> None:
    row, ticket = next(iter(back.rows())), next(iter(back.tickets()))
    back.systems[INTAKE].edit("row", row, {"gl_code": "7777"}, by="customer")
    back.cycle()
    back.start()
    back.cycle()
    back.systems[DESK].edit("ticket", ticket, {"gl_code": "8888"}, by="manager")
    back.cycle()

    assert conflicts(back) == ["gl_code"]
    assert back.rows()[row]["gl_code"] == "7777"


def test_a_changed_mapping_has_every_record_decided_again_once(house: House) -> None:
    house.engine.rules = {"location": compile_rules(replace(WITHOUT, hash="other"))}
    first, second = house.cycle(), house.cycle()

    assert (first.planned, second.planned) == (ROWS, 0)
    assert first.landed == {}

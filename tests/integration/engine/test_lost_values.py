"""Ways in which a value or a decision was once lost, each played to the end on the whole engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from tests.engine_house import DESK, INTAKE, House, SimpleFlow

from ubm_sync.flow import Decision, Situation
from ubm_sync.model import Outcome, Result, Write
from ubm_sync.sync.cycle import EngineSettings
from ubm_sync.sync.limits import GuardRule, GuardSettings, Threshold


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with House(database_url) as house:
        yield house


class Killed(BaseException):
    """The process ends here."""


def only(house: House) -> str:
    (ticket,) = house.tickets()
    return ticket


def in_conflict(house: House) -> tuple[str, str]:
    """Have a city typed differently in a row and its ticket; return the two."""
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = only(house)
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()
    return row, ticket


def test_a_field_left_out_of_a_late_create_is_emptied_nowhere(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    desk = house.engine.connectors[DESK]
    taken = desk.apply
    desk.apply = lambda writes: [  # type: ignore[method-assign]
        Outcome(one.place, one.key, Result.REFUSED, reason="busy") for one in writes
    ]
    house.cycle()
    desk.apply = taken  # type: ignore[method-assign]
    house.systems[DESK].refuse["ticket", "city"] = "not now"
    house.settle()
    del house.systems[DESK].refuse["ticket", "city"]
    house.settle()

    assert "city" not in house.tickets()[only(house)]
    assert house.rows()[row]["city"] == "Joliet"


@pytest.mark.parametrize("system", [INTAKE, DESK])
def test_a_decision_survives_a_kill_between_its_writes(house: House, system: str) -> None:
    row, ticket = in_conflict(house)
    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_ticket"}, by="dana")
    connector, target = house.engine.connectors[system], house.systems[system]

    def dies(writes: Sequence[Write]) -> list[Outcome]:
        for write in writes:
            target.write(write)
        raise Killed

    connector.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")
    house.settle(6)

    assert house.rows()[row]["city"] == house.tickets()[ticket]["city"] == "Elgin"
    with house.state.reading() as tx:
        assert not tx.conflicts.list()


def test_a_write_of_which_no_field_landed_is_not_counted_as_written(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    desk = house.engine.connectors[DESK]
    desk.apply = lambda writes: [  # type: ignore[method-assign]
        Outcome(one.place, one.key, Result.LANDED, one.ref, landed=frozenset(), reason="no scope")
        for one in writes
    ]

    assert DESK not in house.cycle().landed


@pytest.mark.parametrize("gone", ["archived", "merged:9"])
def test_a_conflict_with_a_ticket_that_is_gone_keeps_what_was_typed_there(
    house: House, gone: str
) -> None:
    row, ticket = in_conflict(house)
    house.systems[DESK].remove("ticket", ticket, gone=gone)
    house.settle()

    assert house.rows()[row]["city"] == "Aurora"
    with house.state.reading() as tx:
        (ended,) = tx.conflicts.list(open_only=False)
        assert (ended.how, ended.by) == ("the ticket is gone: 'Aurora' stays", "")
        (kept,) = tx.kept.list()
    assert (kept.place, kept.value, kept.reason, kept.by) == (
        "ticket",
        "Elgin",
        "ticket is gone",
        "dana",
    )


def test_a_decision_holds_while_one_place_cannot_take_it(house: House) -> None:
    row, ticket = in_conflict(house)
    house.systems[INTAKE].refuse["row", "city"] = "the column is full"
    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_ticket"}, by="dana")
    house.settle()
    assert house.tickets()[ticket]["city"] == "Elgin"

    del house.systems[INTAKE].refuse["row", "city"]
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin IL"}, by="dana")
    house.settle()

    assert house.rows()[row]["city"] == house.tickets()[ticket]["city"] == "Elgin IL"
    with house.state.reading() as tx:
        assert not tx.conflicts.list()
        assert [one.value for one in tx.kept.list()] == ["Aurora"]


def test_what_the_guard_holds_back_is_not_looked_at_before_the_other_fields(
    database_url: str,
) -> None:
    nothing = GuardRule(field="gl_code", changes=Threshold(0.0, 0))
    settings = EngineSettings(guard=GuardSettings(rules=(nothing,)))
    with House(database_url, settings=settings) as house:
        row = house.add_row("1001", city="Joliet")
        house.settle()
        house.approve(only(house))
        house.settle()
        house.systems[INTAKE].edit("row", row, {"gl_code": "6410", "city": "Elgin"}, by="customer")
        house.cycle()

        assert house.tickets()[only(house)]["city"] == "Elgin"
        assert "gl_code" not in house.tickets()[only(house)]
        (account,) = house.accounts().values()
        assert account["city"] == "Elgin"


def test_a_value_that_its_author_takes_back_at_once_is_nobodys_edit_elsewhere(
    house: House,
) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = only(house)
    intake = house.engine.connectors[INTAKE]
    taken = intake.apply
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")

    def unanswered(writes: Sequence[Write]) -> list[Outcome]:
        taken(writes)
        return [Outcome(one.place, one.key, Result.UNKNOWN) for one in writes]

    intake.apply = unanswered  # type: ignore[method-assign]
    house.cycle()
    intake.apply = lambda writes: [  # type: ignore[method-assign]
        Outcome(one.place, one.key, Result.REFUSED, reason="busy") for one in writes
    ]
    house.systems[DESK].edit("ticket", ticket, {"city": "Joliet"}, by="dana")
    house.cycle()
    intake.apply = taken  # type: ignore[method-assign]
    house.settle()

    assert house.rows()[row]["city"] == house.tickets()[ticket]["city"] == "Joliet"


def killed_creating(house: House, *, landed: bool) -> None:
    """Have the service die while it creates a ticket that it does not see yet, and start again."""
    desk, target = house.engine.connectors[DESK], house.systems[DESK]

    def dies(writes: Sequence[Write]) -> list[Outcome]:
        for write in writes if landed else ():
            target.write(write)
        raise Killed

    desk.apply = dies  # type: ignore[method-assign]
    desk.observe = lambda **_full: iter(())  # type: ignore[method-assign]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")


class Dies(SimpleFlow):
    """Has the service die before it plans anything."""

    def decide(self, situation: Situation, now: datetime) -> Decision:
        del situation, now
        raise Killed


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_typed_on_a_ticket_found_late_wins_over_what_stood_there_alone(
    house: House, *, first: bool, is_read: bool
) -> None:
    row = house.add_row("1001", city="Joliet")
    if first:  # the one that is there was made before the city was changed
        killed_creating(house, landed=True)
    house.systems[INTAKE].edit("row", row, {"city": "Elgin"}, by="customer")
    desk = house.engine.connectors[DESK]
    desk.apply = lambda writes: [  # type: ignore[method-assign]
        Outcome(one.place, one.key, Result.REFUSED, reason="busy") for one in writes
    ]
    desk.observe = lambda **_full: iter(())  # type: ignore[method-assign]
    house.cycle()
    killed_creating(house, landed=not first)
    if is_read:
        house.engine.flows = {"location": Dies()}
        with pytest.raises(Killed):
            house.cycle()
        house.clock.sleep(600)
        house.start("third")
    house.clock.sleep(1)
    house.systems[DESK].edit("ticket", only(house), {"city": "Aurora"}, by="dana")
    house.settle()

    with house.state.reading() as tx:
        waiting = [dict(one.values) for one in tx.conflicts.list()]
    assert waiting == ([{"row": "Elgin", "ticket": "Aurora"}] if first else [])
    assert house.rows()[row]["city"] == ("Elgin" if first else "Aurora")


def test_what_is_typed_where_a_ticket_was_made_without_it_is_not_written_once_more(
    house: House,
) -> None:
    row = house.add_row("1001")
    killed_creating(house, landed=True)
    house.systems[DESK].edit("ticket", only(house), {"city": "Elgin"}, by="dana")
    house.systems[INTAKE].edit("row", row, {"gl_code": "6410"}, by="customer")
    desk = house.engine.connectors[DESK]

    def dies(writes: Sequence[Write]) -> list[Outcome]:
        del writes
        raise Killed

    desk.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("third")
    desk, written = house.engine.connectors[DESK], set[str]()
    apply = desk.apply

    def told(writes: Sequence[Write]) -> object:
        written.update(name for one in writes for name in one.values)
        return apply(writes)

    desk.apply = told  # type: ignore[method-assign, assignment]
    house.settle()

    assert "gl_code" in written
    assert "city" not in written
    assert house.rows()[row]["city"] == "Elgin"

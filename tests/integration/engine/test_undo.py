"""A run is taken back: what nobody edited since is as before in every system, the rest is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine_house import ACME, DESK, INTAKE, STORE, House

from ubm_sync.calendars import stamp
from ubm_sync.errors import Refused
from ubm_sync.memory import MemoryConnector, MemorySystem
from ubm_sync.model import Outcome, Write
from ubm_sync.state import Tx
from ubm_sync.sync import decisions, undo
from ubm_sync.sync.cycle import EngineSettings
from ubm_sync.sync.limits import GuardRule, GuardSettings, Threshold
from ubm_sync.sync.undo import Undoing


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with House(database_url) as house:
        yield house


def look(house: House, run: str) -> Undoing:
    rules = house.engine.rules
    return undo.look(house.state, rules, run, lambda *_: None, "America/Chicago")


def take_back(house: House, run: str, by: str = "priya") -> tuple[Undoing, str]:
    """Do what ``ubm-sync undo`` does."""
    found = look(house, run)
    undoing, _ = undo.decide(house.state, found, by, house.clock.now(), lambda *_: None)
    house.cycle()
    return look(house, run), undoing


def accounts(house: House, *numbers: str, city: str = "Joliet", notes: str = "") -> list[str]:
    """Let these rows become tickets and accounts."""
    more = {"notes": notes} if notes else {}
    rows = [house.add_row(number, customer=ACME, city=city, **more) for number in numbers]
    house.settle()
    for ticket in house.tickets():
        house.approve(ticket)
    house.settle()
    return rows


def shown(house: House, field: str) -> list[str | None]:
    return [
        one.get(field)
        for place in (house.rows(), house.tickets(), house.accounts())
        for one in place.values()
    ]


def test_what_a_run_wrote_goes_back_in_every_system(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    assert shown(house, "city") == ["Aurora"] * 3

    found, _ = take_back(house, run)

    assert shown(house, "city") == ["Joliet"] * 3
    assert [(one.name, one.state) for one in found.fields] == [("city", "restored")]
    assert house.settle() == 0
    with house.state.reading() as tx:
        assert [(one.value, one.reason) for one in tx.kept.list()] == [("Aurora", f"undo of {run}")]
        assert tx.audit.verify() is None


def test_an_emptied_field_is_filled_again_and_a_filled_one_emptied(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": None, "notes": "gate 4"}, by="customer")
    run = house.cycle().run

    take_back(house, run)

    assert shown(house, "city") == ["Joliet"] * 3
    assert shown(house, "notes") == [None] * 3
    assert house.settle() == 0


def test_a_field_edited_since_is_left_and_listed_with_who(house: House) -> None:
    rows = accounts(house, "1001", "1002", city="Joliet")
    for row in rows:
        house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    ticket = house.rows()[rows[0]]["ticket"]
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()

    found, _ = take_back(house, run)

    assert sorted(filter(None, shown(house, "city"))) == ["Elgin"] * 3 + ["Joliet"] * 3
    (left,) = found.having("left")
    assert left.why.endswith("wrote Elgin, an edit by dana")
    assert house.settle() == 0


def test_an_edit_that_no_cycle_has_seen_yet_is_not_written_over(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    ticket = next(iter(house.tickets()))
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")

    found, _ = take_back(house, run)
    house.settle()

    assert shown(house, "city") == ["Elgin"] * 3
    assert found.having("left")


def test_when_a_field_was_edited_is_told_in_the_zone_of_people(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    when = house.clock.now()
    house.systems[DESK].edit("ticket", next(iter(house.tickets())), {"city": "Elgin"}, by="dana")
    house.engine.plans(house.clock.now())

    (left,) = look(house, run).having("left")

    told = stamp(when, "America/Chicago")
    assert told.endswith(" CT")
    assert left.why == f"edited since: ticket holds Elgin, changed by dana at {told}"


def test_a_field_that_was_edited_away_and_back_counts_as_edited(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    for city in ("Elgin", "Aurora"):
        house.systems[INTAKE].edit("row", row, {"city": city}, by="customer")
        house.settle()

    found, _ = take_back(house, run)

    assert shown(house, "city") == ["Aurora"] * 3
    assert "Elgin" in found.having("left")[0].why


def test_undoing_twice_does_nothing_more(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    take_back(house, run)

    found, undoing = take_back(house, run)

    assert undoing == ""
    assert found.having("restored") == found.fields
    assert house.settle() == 0


def test_an_undo_can_be_undone(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    _, undoing = take_back(house, run)

    found, _ = take_back(house, undoing, by="sam")

    assert shown(house, "city") == ["Aurora"] * 3
    assert [one.state for one in found.fields] == ["restored"]
    assert house.settle() == 0


def test_an_undo_that_waits_is_called_off_by_undoing_it(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    undoing, _ = undo.decide(
        house.state, look(house, run), "priya", house.clock.now(), lambda *_: None
    )
    assert look(house, run).having("waiting")

    take_back(house, undoing)

    assert shown(house, "city") == ["Aurora"] * 3
    assert house.settle() == 0


def test_what_was_put_back_stands_everywhere_once_that_is_undone(house: House) -> None:
    (row,) = accounts(house, "1001")
    house.systems[INTAKE].edit("row", row, {"account_number": "9999"}, by="customer")
    run = house.cycle().run
    assert shown(house, "account_number") == ["1001"] * 3

    take_back(house, run)

    assert shown(house, "account_number") == ["9999"] * 3
    assert house.settle() == 0


def test_what_a_run_created_is_listed_and_stays(house: House) -> None:
    house.add_row("1001")
    run = house.cycle().run

    found, undoing = take_back(house, run)

    assert undoing == ""
    assert [(one[0], one[2]) for one in found.created] == [("acme", "ticket")]
    assert len(house.tickets()) == 1


def test_a_record_that_left_a_system_is_restored_in_the_others(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    house.systems[DESK].remove("ticket", next(iter(house.tickets())), gone="archived")
    house.cycle()

    take_back(house, run)

    assert shown(house, "city") == ["Joliet"] * 2


def test_an_undo_over_the_threshold_waits_for_an_approval(database_url: str) -> None:
    with House(database_url) as house:
        rows = accounts(house, "1001", "1002", "1003", city="Joliet")
        for row in rows:
            house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
        run = house.cycle().run
        house.settings = EngineSettings(
            guard=GuardSettings(default=GuardRule(changes=Threshold(0.0, 1)))
        )
        house.start()

        found, _ = take_back(house, run)

        assert len(found.having("waiting")) == 3
        assert "Joliet" not in shown(house, "city")
        with house.state.transaction() as tx:
            for stop in tx.guard.list():
                tx.guard.approve(stop.fingerprint, "priya", house.clock.now())
        house.settle()
        assert shown(house, "city") == ["Joliet"] * 9


@pytest.mark.parametrize("system", [INTAKE, DESK, STORE])
def test_an_undo_goes_on_after_a_system_was_out_of_order(house: House, system: str) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    house.systems[system].break_now = "out of order"
    take_back(house, run)
    house.systems[system].break_now = ""

    house.settle()

    assert shown(house, "city") == ["Joliet"] * 3


@pytest.mark.parametrize("system", [INTAKE, DESK, STORE])
def test_an_undo_survives_answers_that_get_lost(house: House, system: str) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    house.systems[system].lose_answers = 2
    take_back(house, run)

    house.settle(8)

    assert shown(house, "city") == ["Joliet"] * 3
    assert look(house, run).having("restored")


@pytest.mark.parametrize("system", [INTAKE, DESK, STORE])
def test_an_undo_survives_a_kill_while_it_writes(house: House, system: str) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    undo.decide(house.state, look(house, run), "priya", house.clock.now(), lambda *_: None)
    watch(house, killed, system)
    with pytest.raises(KeyboardInterrupt):
        house.cycle()

    house.start("second")
    house.clock.sleep(1200)
    house.settle(8)

    assert shown(house, "city") == ["Joliet"] * 3
    assert look(house, run).having("restored")


class Watched(MemoryConnector):
    """A connector during whose writes something happens: a kill, another command."""

    def __init__(self, system: MemorySystem, happening: Callable[[], None]) -> None:
        super().__init__(system)
        self._happening = happening

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        self._happening()
        return super().apply(writes)


def watch(house: House, happening: Callable[[], None], system: str) -> None:
    """Let something happen whenever the engine writes to a system."""
    connectors: Any = house.engine.connectors
    watched = Watched(house.systems[system], happening)
    watched.resume(connectors[system].cursor())
    connectors[system] = watched


def killed() -> None:
    raise KeyboardInterrupt


def test_an_undo_that_a_person_edits_over_while_it_lands_loses_to_the_edit(house: House) -> None:
    (row,) = accounts(house, "1001", city="Joliet")
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    run = house.cycle().run
    house.systems[INTAKE].refuse["row", "city"] = "not now"
    take_back(house, run)
    ticket, tickets = next(iter(house.tickets())), house.systems[DESK]
    assert tickets.see("ticket")[ticket]["city"] == "Joliet"
    tickets.edit("ticket", ticket, {"city": "Aurora"}, by="dana")
    house.systems[INTAKE].refuse.clear()
    with house.state.transaction() as tx:
        decisions.retry_later(tx, None)

    house.settle()

    assert shown(house, "city") == ["Aurora"] * 3


def test_a_run_that_never_was_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="There is no run run-99"):
        look(house, "run-99")
    with pytest.raises(Refused, match="There is no run nonsense"):
        look(house, "nonsense")


def test_a_kept_value_comes_back_everywhere_and_the_one_it_replaces_is_kept(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = next(iter(house.tickets()))
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()
    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_ticket"}, by="dana")
    house.settle()
    with house.state.transaction() as tx:
        (kept,) = tx.kept.list()
        assert (kept.value, kept.by) == ("Aurora", "customer")
        _bring_back(house, tx, kept.id)

    house.settle()

    assert shown(house, "city") == ["Aurora"] * 2
    with house.state.reading() as tx:
        assert [one.value for one in tx.kept.list()] == ["Aurora", "Elgin"]


def test_a_kept_value_of_a_field_in_conflict_waits_for_the_decision(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = next(iter(house.tickets()))
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()
    with house.state.transaction() as tx:
        (conflict,) = tx.conflicts.list()
        tx.kept.add(conflict.sync_id, "city", "row", "Peoria", "owner")
        tx.flush()
        with pytest.raises(Refused, match="waits for a decision"):
            _bring_back(house, tx, tx.kept.list()[0].id)


def _bring_back(house: House, tx: Tx, number: int) -> None:
    shared = {
        kind: frozenset(rule.name for rule in rules.shared)
        for kind, rules in house.engine.rules.items()
    }
    kept = tx.kept.get(number)
    assert kept is not None
    decisions.bring_back(tx, kept, shared, "priya")


def test_a_decision_by_command_is_carried_out_by_the_next_cycle(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = next(iter(house.tickets()))
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()
    with house.state.transaction() as tx:
        (conflict,) = tx.conflicts.list()
        assert decisions.resolve_conflict(tx, conflict.sync_id, "city", "ticket", "priya")

    house.cycle()

    assert shown(house, "city") == ["Elgin"] * 2
    with house.state.reading() as tx:
        (ended,) = tx.conflicts.list(open_only=False)
        assert ended.by == "priya"
        assert [(one.value, one.by) for one in tx.kept.list()] == [("Aurora", "customer")]


def test_a_decision_taken_while_a_cycle_writes_is_not_lost(house: House) -> None:
    """A cycle stores what it read before the decision; the decision must outlive that."""
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = next(iter(house.tickets()))
    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()
    house.systems[INTAKE].edit("row", row, {"notes": "gate 4"}, by="customer")

    def decided() -> None:
        with house.state.transaction() as tx:
            for conflict in tx.conflicts.list():
                decisions.resolve_conflict(tx, conflict.sync_id, "city", "row", "priya")

    watch(house, decided, DESK)
    house.cycle()
    house.settle()

    assert shown(house, "city") == ["Aurora"] * 2


FIELDS = ("city", "notes", "location_name", "gl_code")
EDIT = st.tuples(
    st.integers(0, 2),
    st.sampled_from(FIELDS),
    st.sampled_from(["row", "ticket"]),
    st.sampled_from(["a", "b", "c", None]),
)
Edits = list[tuple[int, str, str, str | None]]


@settings(max_examples=25, deadline=None)
@given(st.lists(EDIT, max_size=4), st.lists(EDIT, min_size=1, max_size=6), st.lists(EDIT))
def test_after_an_undo_all_is_as_before_the_run_but_for_what_was_edited_since(
    before: Edits, during: Edits, since: Edits
) -> None:
    with House("sqlite://") as house:
        rows = accounts(house, "1001", "1002", "1003", city="x", notes="y")
        edit(house, rows, [(number, name, "row", value) for number, name, _, value in before])
        house.settle()
        then = fields(house, rows)
        edit(house, rows, during)
        run = house.cycle().run
        written = fields(house, rows)
        edit(house, rows, since)
        house.settle()
        now = fields(house, rows)

        take_back(house, run)

        ended = fields(house, rows)
        edited = {(number, name) for number, name, _, _ in since}
        for where in ended:
            if now[where] != written[where] or len(set(written[where])) > 1:
                assert ended[where] == now[where]
            elif where in edited:  # away and back, or to what was there already
                assert ended[where] in {now[where], then[where]}
            else:
                assert ended[where] == then[where]
        assert house.settle() == 0


def edit(house: House, rows: list[str], edits: Edits) -> None:
    """Let people edit rows and their tickets."""
    for number, name, place, value in edits:
        row = rows[number]
        house.clock.sleep(1)
        if place == "row":
            house.systems[INTAKE].edit("row", row, {name: value}, by="customer")
        else:
            ticket = house.rows()[row]["ticket"]
            house.systems[DESK].edit("ticket", ticket, {name: value}, by="dana")


def fields(house: House, rows: list[str]) -> dict[tuple[int, str], tuple[str | None, ...]]:
    """Return what row, ticket and account show of each field."""
    found: dict[tuple[int, str], tuple[str | None, ...]] = {}
    for number, row in enumerate(rows):
        seen = house.rows()[row]
        ticket, account = house.tickets()[seen["ticket"]], house.accounts()[seen["ubm_account_id"]]
        for name in FIELDS:
            found[number, name] = (seen.get(name), ticket.get(name), account.get(name))
    return found

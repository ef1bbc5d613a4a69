"""What the engine promises, on real state databases with systems in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from tests.engine_house import ACME, BETA, DESK, INTAKE, STORE, House

from ubm_sync.errors import LeaseLost, Stopping, Temporary
from ubm_sync.model import Note, Outcome, Page, Result, Write
from ubm_sync.sync.cycle import Chosen, EngineSettings
from ubm_sync.sync.decisions import retry
from ubm_sync.sync.limits import GuardRule, GuardSettings, Threshold
from ubm_sync.sync.plan import digest


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with House(database_url) as house:
        yield house


def only(found: dict[str, object]) -> str:
    assert len(found) == 1
    return next(iter(found))


def test_a_row_becomes_a_ticket_becomes_an_account(house: House) -> None:
    row = house.add_row("4471908023", location_name="Joliet")
    house.settle()
    ticket = only(dict(house.tickets()))
    assert house.rows()[row]["sync_status"] == "Waiting for CSM"
    assert house.rows()[row]["ticket"] == ticket
    assert house.tickets()[ticket]["location_name"] == "Joliet"

    house.approve(ticket)
    house.settle()

    account = only(dict(house.accounts()))
    assert house.rows()[row]["ubm_account_id"] == account
    assert house.accounts()[account]["account_number"] == "4471908023"
    assert [note.text for note in house.systems[DESK].notes] == ["Created in UBM."]


def test_a_cycle_with_nothing_to_do_writes_nothing(house: House) -> None:
    house.add_row("1001")
    house.settle()

    report = house.cycle()

    assert report.planned == 0
    assert report.landed == {}
    assert report.notes == 0


def test_one_edit_is_written_once_to_each_other_system(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    house.approve(only(dict(house.tickets())))
    house.settle()
    before = {name: len(system.changes) for name, system in house.systems.items()}

    house.systems[INTAKE].edit("row", row, {"notes": "gate code at the desk"}, by="customer")
    house.settle()

    after = {name: len(system.changes) - before[name] for name, system in house.systems.items()}
    assert after == {INTAKE: 1, DESK: 1, STORE: 1}
    assert house.tickets()[only(dict(house.tickets()))]["notes"] == "gate code at the desk"


def test_an_edit_on_the_ticket_arrives_in_the_row(house: House) -> None:
    row = house.add_row("1001", city="Joliett")
    house.settle()

    ticket = only(dict(house.tickets()))
    house.systems[DESK].edit("ticket", ticket, {"city": "Joliet"}, by="dana")
    house.settle()

    assert house.rows()[row]["city"] == "Joliet"


def test_an_edit_of_a_service_field_is_put_back_and_the_typed_value_kept(house: House) -> None:
    row = house.add_row("1001")
    house.settle()

    house.systems[INTAKE].edit("row", row, {"sync_status": "Active"}, by="customer")
    house.settle()

    assert house.rows()[row]["sync_status"] == "Waiting for CSM"
    assert house.rows()[row]["sync_message"] == "sync_status was put back"
    with house.state.reading() as tx:
        assert [(one.field, one.value, one.by) for one in tx.kept.list()] == [
            ("sync_status", "Active", "customer")
        ]


def test_an_account_number_is_put_back_once_the_account_exists(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    house.approve(only(dict(house.tickets())))
    house.settle()

    house.systems[INTAKE].edit("row", row, {"account_number": "9999"}, by="customer")
    house.settle()

    assert house.rows()[row]["account_number"] == "1001"
    with house.state.reading() as tx:
        assert [one.value for one in tx.kept.list()] == ["9999"]


def test_a_conflict_keeps_both_values_until_a_person_decides(house: House) -> None:
    row = house.add_row("1001", city="Joliet")
    house.settle()
    ticket = only(dict(house.tickets()))

    house.systems[INTAKE].edit("row", row, {"city": "Aurora"}, by="customer")
    house.systems[DESK].edit("ticket", ticket, {"city": "Elgin"}, by="dana")
    house.settle()

    assert house.rows()[row]["city"] == "Aurora"
    assert house.tickets()[ticket]["city"] == "Elgin"
    with house.state.reading() as tx:
        assert dict(tx.conflicts.list()[0].values) == {"row": "Aurora", "ticket": "Elgin"}

    house.systems[DESK].edit("ticket", ticket, {"conflict_decision": "keep_ticket"}, by="dana")
    house.settle()

    assert house.rows()[row]["city"] == "Elgin"
    with house.state.reading() as tx:
        assert not tx.conflicts.list()
        assert [one.value for one in tx.kept.list()] == ["Aurora"]


def test_answers_that_get_lost_double_nothing(house: House) -> None:
    for system in house.systems.values():
        system.lose_answers = 2
    house.add_row("1001")
    house.add_row("1002")
    house.settle(9)
    for ticket in house.tickets():
        house.approve(ticket)
    for system in house.systems.values():
        system.lose_answers = 2
    house.settle(9)

    assert len(house.tickets()) == 2
    assert len(house.accounts()) == 2
    assert len(house.systems[DESK].notes) == 2
    assert not [values for values in house.rows().values() if "sync_message" in values]


def test_a_system_that_is_down_delays_and_loses_nothing(house: House) -> None:
    house.systems[DESK].break_now = "the desk cannot be reached"
    row = house.add_row("1001")
    report = house.cycle()

    assert any(
        "cannot be reached. It is tried again at the next cycle." in problem
        for problem in report.problems
    )

    house.systems[DESK].break_now = ""
    house.settle()

    assert house.rows()[row]["sync_status"] == "Waiting for CSM"


def test_a_record_that_cannot_be_decided_delays_no_other(house: House) -> None:
    house.add_row("poison")
    row = house.add_row("1002")
    report = house.cycle()

    assert report.quarantined == 1
    assert house.rows()[row]["sync_status"] == "Waiting for CSM"
    with house.state.reading() as tx:
        assert len(tx.quarantine.list()) == 1


def test_a_field_that_a_system_refuses_does_not_stop_the_record(house: House) -> None:
    house.systems[DESK].refuse["ticket", "commodity"] = "Electric is not an option"
    row = house.add_row("1001", commodity="Electric", city="Joliet")
    house.settle()

    ticket = only(dict(house.tickets()))
    assert house.tickets()[ticket]["city"] == "Joliet"
    assert "commodity" not in house.tickets()[ticket]
    assert house.rows()[row]["sync_status"] == "Waiting for CSM"
    with house.state.reading() as tx:
        assert [one.reason for one in tx.quarantine.list()] == ["Electric is not an option"]

    del house.systems[DESK].refuse["ticket", "commodity"]
    with house.state.transaction() as tx:
        retry(tx, None)
    house.settle()

    assert house.tickets()[ticket]["commodity"] == "Electric"


def test_two_refused_fields_have_a_reason_each(house: House) -> None:
    refuse = house.systems[DESK].refuse
    refuse["ticket", "commodity"] = "Electric is not an option"
    refuse["ticket", "city"] = "Joliet is too long"
    house.add_row("1001", commodity="Electric", city="Joliet")
    house.settle()

    with house.state.reading() as tx:
        assert {(one.place, one.reason) for one in tx.quarantine.list()} == {
            ("ticket.commodity", "Electric is not an option"),
            ("ticket.city", "Joliet is too long"),
        }


def test_a_copied_row_is_a_new_record(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    original = house.systems[INTAKE].records["row", row]
    copy = house.systems[INTAKE].put("row", original.values, container=ACME.sheet, key=original.key)
    house.settle()

    keys = {one.key for one in house.systems[INTAKE].records.values()}
    assert len(keys) == 2
    assert house.systems[INTAKE].records["row", row].key == original.key
    assert len(house.tickets()) == 2
    assert house.rows()[copy]["ticket"] != house.rows()[row]["ticket"]


def test_a_moved_row_keeps_its_record(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    original = house.systems[INTAKE].records["row", row]
    house.systems[INTAKE].remove("row", row)
    moved = house.systems[INTAKE].put(
        "row", original.values, container=ACME.sheet, key=original.key
    )
    house.settle()

    assert house.systems[INTAKE].records["row", moved].key == original.key
    assert len(house.tickets()) == 1


def test_a_moved_row_is_never_taken_for_a_vanished_one(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    original = house.systems[INTAKE].records["row", row]
    house.systems[INTAKE].remove("row", row)
    house.systems[INTAKE].put("row", original.values, container=ACME.sheet, key=original.key)
    house.settle()

    assert [house.cycle(full=True).vanished for _ in range(3)] == [0, 0, 0]


def test_a_row_never_brings_its_identity_to_another_customer(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    original = house.systems[INTAKE].records["row", row]
    house.systems[INTAKE].remove("row", row)
    moved = house.systems[INTAKE].put(
        "row", original.values, container=BETA.sheet, key=original.key
    )
    house.settle()

    assert house.systems[INTAKE].records["row", moved].key != original.key


def test_lost_state_finds_the_same_tickets_again(house: House, tmp_path: object) -> None:
    house.add_row("1001")
    house.settle()
    ticket = only(dict(house.tickets()))

    with House(f"sqlite:///{tmp_path}/fresh.db") as fresh:
        fresh.systems = house.systems
        fresh.start()
        fresh.settle()

        assert only(dict(fresh.tickets())) == ticket


def test_more_changes_than_the_guard_allows_wait_for_an_approval(database_url: str) -> None:
    settings = EngineSettings(guard=GuardSettings(default=GuardRule(changes=Threshold(0.0, 2))))
    with House(database_url, settings=settings) as house:
        rows = [house.add_row(str(1000 + number)) for number in range(4)]
        house.settle()
        for row in rows:
            house.systems[INTAKE].edit("row", row, {"gl_code": "6410"}, by="customer")

        report = house.cycle()

        assert [(stop.field, stop.count, stop.limit) for stop in report.stops] == [
            ("gl_code", 4, 2)
        ]
        assert not any("gl_code" in values for values in house.tickets().values())

        with house.state.transaction() as tx:
            tx.guard.approve(report.stops[0].fingerprint, "lead", house.clock.now())
        house.settle()

        assert all(values["gl_code"] == "6410" for values in house.tickets().values())


def test_what_the_guard_stops_while_a_plan_is_carried_out_is_written_once_approved(
    database_url: str,
) -> None:
    settings = EngineSettings(guard=GuardSettings(default=GuardRule(changes=Threshold(0.0, 2))))
    with House(database_url, settings=settings) as house:
        rows = [house.add_row(str(1000 + number)) for number in range(4)]
        house.settle()
        for row in rows:
            house.systems[INTAKE].edit("row", row, {"gl_code": "6410"}, by="customer")
        now = house.clock.now()
        plans = house.engine.plans(now)
        writes = frozenset(digest(write) for plan in plans for write in plan.writes)
        chosen = Chosen(writes, frozenset(plan.subject.sync_id for plan in plans), now)

        report = house.engine.cycle(only=chosen)
        with house.state.transaction() as tx:
            tx.guard.approve(report.stops[0].fingerprint, "lead", house.clock.now())
        house.settle()

        assert all(values["gl_code"] == "6410" for values in house.tickets().values())


def test_two_instances_do_not_work_at_the_same_time(house: House) -> None:
    house.add_row("1001")
    with house.state.transaction() as tx:
        tx.leases.acquire("engine", "somebody else", 600, house.clock.now())

    report = house.cycle()

    assert report.skipped == "Another instance of the service is at work."
    assert not house.tickets()


def test_an_edit_made_after_the_reading_is_seen_before_it_is_written_over(house: House) -> None:
    row = house.add_row("1001", gl_code="6410")
    house.settle()
    ticket = only(dict(house.tickets()))
    house.systems[INTAKE].edit("row", row, {"gl_code": "6411"}, by="customer")
    desk = house.engine.connectors[DESK]
    read = desk.observe

    def lags(*, full: bool) -> Iterator[Page]:
        yield from read(full=full)
        house.systems[DESK].edit("ticket", ticket, {"gl_code": "7000"}, by="dana")

    desk.observe = lags  # type: ignore[method-assign]
    house.cycle()
    desk.observe = read  # type: ignore[method-assign]

    assert house.tickets()[ticket]["gl_code"] == "7000"
    with house.state.reading() as tx:
        assert dict(tx.conflicts.list()[0].values) == {"row": "6411", "ticket": "7000"}
    house.settle()
    assert house.rows()[row]["gl_code"] == "6411"


def test_a_second_edit_before_the_first_is_everywhere_is_no_conflict(house: House) -> None:
    row = house.add_row("1001", gl_code="6410")
    house.settle()
    ticket = only(dict(house.tickets()))
    house.approve(ticket)
    house.settle()
    store = house.engine.connectors[STORE]
    taken = store.apply
    store.apply = lambda writes: [  # type: ignore[method-assign]
        Outcome(one.place, one.key, Result.LANDED if one.ref is None else Result.REFUSED)
        for one in writes
    ]
    rules = house.engine.rules["location"]
    house.engine.rules = {"location": replace(rules, order=(DESK, STORE, INTAKE))}
    house.systems[INTAKE].edit("row", row, {"gl_code": "6411"}, by="customer")
    house.cycle()
    assert house.tickets()[ticket]["gl_code"] == "6411"
    house.systems[INTAKE].edit("row", row, {"gl_code": "6412"}, by="customer")
    store.apply = taken  # type: ignore[method-assign]
    house.settle()

    assert house.tickets()[ticket]["gl_code"] == "6412"
    assert only(dict(house.accounts()))
    with house.state.reading() as tx:
        assert not tx.conflicts.list()
        assert not tx.kept.list()


def test_what_was_read_but_could_not_be_stored_is_read_again(house: House) -> None:
    row = house.add_row("1001")
    house.settle()
    original = house.systems[INTAKE].records["row", row]
    house.systems[INTAKE].remove("row", row)
    moved = house.systems[INTAKE].put(
        "row", original.values, container=ACME.sheet, key=original.key
    )
    intake = house.engine.connectors[INTAKE]
    fetch = intake.fetch

    def fails(place: str, refs: Sequence[str]) -> Iterator[Page]:
        raise Temporary(f"{len(refs)} of {place} cannot be read now")

    intake.fetch = fails  # type: ignore[method-assign]
    house.cycle()
    intake.fetch = fetch  # type: ignore[method-assign]
    house.systems[INTAKE].edit("row", moved, {"city": "Elgin"}, by="customer")
    house.settle()

    assert only({ticket: values["city"] for ticket, values in house.tickets().items()})
    assert house.rows()[moved]["sync_status"] == "Waiting for CSM"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("system", [INTAKE, DESK, STORE])
@pytest.mark.parametrize("after", [0, 1])
def test_a_process_killed_between_write_and_memory_doubles_nothing(
    house: House, system: str, after: int
) -> None:
    house.add_row("1001")
    house.settle()
    house.approve(only(dict(house.tickets())))
    house.add_row("1002")
    connector = house.engine.connectors[system]
    target = house.systems[system]

    def dies(writes: list[Write]) -> list[Outcome]:
        for write in writes[:after]:
            target.write(write)
        raise Killed

    connector.apply = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        house.cycle()
    house.clock.sleep(600)
    house.start("second")
    house.settle(6)

    assert len(house.tickets()) == 2
    assert len(house.accounts()) == 1
    assert not [values for values in house.rows().values() if "sync_message" in values]
    with house.state.reading() as tx:
        assert tx.audit.verify() is None


def test_what_plan_shows_is_what_the_next_cycle_does(house: House) -> None:
    house.add_row("1001")

    shown = [
        (w.place, w.key) for plan in house.engine.plans(house.clock.now()) for w in plan.writes
    ]

    assert not house.tickets()
    report = house.cycle()
    assert sum(report.landed.values()) == len(shown) == 2


def test_plan_says_which_system_could_not_be_read(house: House) -> None:
    house.systems[DESK].break_now = "the desk cannot be reached"

    with pytest.raises(Temporary, match="cannot be reached"):
        house.engine.plans(house.clock.now())


def test_the_lease_of_a_process_that_ended_is_taken_over_at_once(house: House) -> None:
    house.add_row("1001")
    with house.state.transaction() as tx:
        tx.leases.acquire("engine", "ended", 600, house.clock.now())
    house.engine._is_gone = lambda holder: holder == "ended"

    house.cycle()

    assert len(house.tickets()) == 1


def test_an_instance_that_lost_its_lease_commits_nothing_more(house: House) -> None:
    house.add_row("1001")
    connector = house.engine.connectors[INTAKE]
    observe = connector.observe

    def slow(*, full: bool) -> Iterator[Page]:
        yield from observe(full=full)
        house.clock.sleep(6000)
        with house.state.transaction() as tx:
            tx.leases.acquire("engine", "somebody else", 600, house.clock.now())

    connector.observe = slow  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        house.cycle()

    assert not house.tickets()


def test_an_instance_that_lost_its_lease_sends_no_notes(house: House) -> None:
    house.add_row("1001")
    house.settle()
    house.approve(only(dict(house.tickets())))
    desk = house.engine.connectors[DESK]
    annotate = desk.annotate

    def unanswered(notes: Sequence[Note]) -> Iterator[Outcome]:
        del notes
        raise Temporary("The answer was lost.")

    def slow(notes: Sequence[Note]) -> frozenset[str]:
        del notes
        house.clock.sleep(6000)
        with house.state.transaction() as tx:
            tx.leases.acquire("engine", "somebody else", 600, house.clock.now())
        return frozenset()

    desk.annotate = unanswered  # type: ignore[method-assign]
    house.cycle()
    desk.annotate, desk.noted = annotate, slow  # type: ignore[method-assign]
    with pytest.raises(LeaseLost):
        house.cycle()

    assert not house.systems[DESK].notes


def test_a_frozen_instance_neither_stores_what_it_read_nor_says_notes_again(house: House) -> None:
    house.add_row("1001")
    desk = house.engine.connectors[DESK]
    fetch = desk.observe

    def frozen(*, full: bool) -> Iterator[Page]:
        pages = list(fetch(full=full))
        desk.observe = fetch  # type: ignore[method-assign]
        first, house.engine = house.engine, house.start("second")
        house.clock.sleep(6000)
        house.settle()
        house.engine = first
        yield from pages

    desk.observe = frozen  # type: ignore[method-assign]
    with house.state.reading() as tx:
        before = tx.audit.last_hash()
    with pytest.raises(LeaseLost):
        house.engine.cycle()

    assert len(house.tickets()) == 1
    with house.state.reading() as tx:
        assert tx.audit.last_hash() != before
        assert tx.audit.verify() is None


def test_what_one_instance_left_unfinished_is_known_to_one_that_had_worked_before(
    house: House,
) -> None:
    first = house.engine
    row = house.add_row("1001", notes="gate code at the desk")
    house.settle()
    second = house.start("second")
    house.cycle()
    ticket = only(dict(house.tickets()))
    house.approve(ticket)
    house.systems[INTAKE].edit("row", row, {"notes": "ask the guard"}, by="customer")

    def dies(writes: Sequence[Write]) -> Iterator[Outcome]:
        del writes
        raise SystemExit  # the account has the new note by now, the ticket the old one

    first.connectors[DESK].apply = dies  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        first.cycle()
    house.clock.sleep(6000)
    house.engine = second
    house.settle()

    assert house.accounts()[only(dict(house.accounts()))]["notes"] == "ask the guard"
    assert house.tickets()[ticket]["notes"] == "ask the guard"
    with house.state.reading() as tx:
        assert not tx.conflicts.list()


def test_a_look_goes_on_where_another_instance_ended(house: House) -> None:
    first = house.engine
    house.add_row("1001")
    house.settle()
    resumed: list[str | None] = []

    def resume(cursor: str | None) -> None:
        resumed.append(cursor)

    first.connectors[DESK].resume = resume  # type: ignore[method-assign]
    first.plans(house.clock.now())
    assert not resumed  # nobody worked meanwhile
    second = house.start("second")
    house.add_row("1002")
    house.cycle()
    house.engine = first

    first.plans(house.clock.now())

    assert resumed == [second.connectors[DESK].cursor()]


def test_to_be_told_to_stop_is_nobody_s_problem(house: House) -> None:
    desk = house.engine.connectors[DESK]

    def stopping(*, full: bool) -> Iterator[Page]:
        del full
        raise Stopping("Stopping: nothing more was sent.")

    desk.observe = stopping  # type: ignore[method-assign]
    house.engine.cycle()

    with house.state.reading() as tx:
        assert not tx.problems.list()

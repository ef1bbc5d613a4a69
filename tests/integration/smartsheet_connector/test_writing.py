from __future__ import annotations

import pytest
from requests import PreparedRequest
from tests.integration.smartsheet_connector.world import DANA, World

from ubm_sync.emulation.faults import Fault
from ubm_sync.emulation.messages import Request
from ubm_sync.emulation.server import Server
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Ref, Result, Write

KEY = "01900000-0000-7000-8000-00000000000a"
OTHER = "01900000-0000-7000-8000-00000000000b"


def test_a_row_shows_what_was_written_and_carries_its_identity() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(
        world.write(row, one, key=KEY, sync_status="Waiting for CSM", ticket="18840211")
    )

    assert outcome.result is Result.LANDED
    assert outcome.landed is None
    assert outcome.ref == row
    shown = world.see(row)
    assert shown["Sync Status"] == "Waiting for CSM"
    assert shown["HubSpot Ticket"] == "#18840211"
    assert shown["UBM Sync ID"] == KEY
    assert shown["Location Name"] == "Joliet"


def test_own_writes_leave_the_next_cycle_quiet() -> None:
    world = World()
    rows = world.load(7)
    seen = world.observe()
    world.later(30)
    world.apply(
        *(
            world.write(row, seen.by_ref[row], key=f"{KEY}{row}", sync_status="Draft")
            for row in rows
        )
    )
    before = world.calls

    assert world.observe().pages == []
    assert world.calls - before == 1


def test_an_edit_between_reading_and_writing_is_read_in_the_next_cycle() -> None:
    world = World()
    row, other = world.load(2)
    seen = world.observe()
    world.edit(other, City="Joliet")
    world.apply(world.write(row, seen.by_ref[row], sync_status="Draft"))

    assert world.observe().by_ref[other].values["city"] == "Joliet"


def test_an_edit_after_our_write_in_the_same_second_is_read() -> None:
    world = World()
    row, other = world.load(2)
    seen = world.observe()
    world.apply(world.write(row, seen.by_ref[row], sync_status="Draft"))
    world.edit(other, City="Joliet")

    assert world.observe().by_ref[other].values["city"] == "Joliet"


def test_what_was_written_is_read_back_as_the_same_values() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]
    values = {
        "location_code": "007",
        "notes": "50% =SUM(1) 1.5E3 \N{GRINNING FACE}",
        "service_start": "2026-12-01",
        "ticket": "12",
        "state": "IL",
    }
    world.apply(world.write(row, one, key=KEY, **values))
    world.edit(row, City="Joliet")

    again = world.observe().by_ref[row]

    assert {name: again.values[name] for name in values} == values
    assert again.key == KEY
    assert "location_code" not in again.marks


def test_a_cleared_field_is_absent_afterwards() -> None:
    world = World()
    row = world.add(Location_Name="Joliet", Notes="call first", Service_End="2026-12-31")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(world.write(row, one, notes=None, service_end=None))

    assert outcome.result is Result.LANDED
    assert (world.see(row)["Notes"], world.see(row)["Service End"]) == ("", "")


def test_a_copied_row_gets_an_identity_of_its_own() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]
    world.apply(world.write(row, one, key=KEY, sync_status="Draft"))
    copy = str(world.act("copy_row", who=DANA, sheet=int(world.sheet), row=int(row))["row"])
    twin = world.observe().by_ref[copy]
    assert twin.key == KEY

    world.apply(world.write(copy, twin, key=OTHER, sync_message="A copy."))

    assert world.see(copy)["UBM Sync ID"] == OTHER
    assert world.see(row)["UBM Sync ID"] == KEY


def test_only_changed_cells_are_sent() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]
    bodies = []
    answer = world.emulator.answer

    class Listening(type(world.emulator)):  # type: ignore[misc]
        def answer(self, request: Request, fault: object) -> object:
            bodies.append((request.method, request.headers, request.json()))
            return answer(request, fault)  # type: ignore[arg-type]

    world.emulator.__class__ = Listening
    world.apply(world.write(row, one, key=KEY, sync_message="ok"))

    ((method, headers, body),) = bodies
    assert method == "PUT"
    assert headers["smartsheet-change-agent"] == "ubm-sync"
    assert [cell["value"] for cell in body[0]["cells"]] == ["ok", KEY]
    assert all(cell["strict"] for cell in body[0]["cells"])
    assert set(body[0]) == {"id", "cells"}


def test_many_rows_go_five_hundred_at_a_time() -> None:
    world = World()
    rows = world.load(1201)
    seen = world.observe()
    before = world.emulator.counts.copy()

    outcomes = world.apply(
        *(
            world.write(row, seen.by_ref[row], key=f"{KEY}-{row}", sync_status="Draft")
            for row in rows
        )
    )

    assert {one.result for one in outcomes} == {Result.LANDED}
    assert len(outcomes) == 1201
    assert (world.emulator.counts - before).total() == 3


def test_formula_cells_are_left_alone_and_named() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.act(
        "set_formula", sheet=int(world.sheet), row=int(row), title="Notes", formula="=1", value="1"
    )
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(world.write(row, one, notes="typed", sync_message="ok"))

    assert outcome.result is Result.LANDED
    assert outcome.landed == frozenset({"sync_message"})
    assert outcome.at_fault == ("notes",)
    assert 'the cell in "Notes" holds a formula' in outcome.reason
    assert world.see(row)["Notes"] == "1"


def test_formula_cells_are_left_alone_even_when_the_caller_knows_no_version() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.act(
        "set_formula", sheet=int(world.sheet), row=int(row), title="Notes", formula="=1", value="1"
    )

    (outcome,) = world.apply(world.write(row, None, notes="typed", sync_message="ok"))

    assert outcome.landed == frozenset({"sync_message"})


def test_system_columns_and_unresolved_references_are_refused_by_name() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(
        world.write(row, one, request_number="LOC-9", ubm_account_id=Ref("account"), nonsense="x")
    )

    assert outcome.result is Result.REFUSED
    assert set(outcome.at_fault) == {"request_number", "ubm_account_id", "nonsense"}
    assert 'column "Request #" is filled by Smartsheet' in outcome.reason


def test_a_text_that_is_too_long_is_refused_and_never_cut() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(world.write(row, one, notes="x" * 4001, city="y" * 4000))

    assert outcome.landed == frozenset({"city"})
    assert outcome.at_fault == ("notes",)
    assert "4,001 characters" in outcome.reason
    assert world.see(row)["Notes"] == ""
    assert len(world.see(row)["City"]) == 4000


def test_a_value_the_dropdown_does_not_have_fails_its_field_and_not_the_row() -> None:
    world = World()
    rows = world.load(3)
    seen = world.observe()

    outcomes = world.apply(
        *(
            world.write(
                row,
                seen.by_ref[row],
                key=f"{KEY}{row}",
                commodity="Sunshine" if row == rows[1] else "Water",
                sync_message="ok",
            )
            for row in rows
        )
    )

    by_ref = {one.ref: one for one in outcomes}
    assert by_ref[rows[0]].landed is None
    assert by_ref[rows[1]].landed == frozenset({"sync_message"})
    assert by_ref[rows[1]].at_fault == ("commodity",)
    assert 'dropdown "Commodity" does not have this value' in by_ref[rows[1]].reason
    assert world.see(rows[1])["Sync Message"] == "ok"
    assert world.see(rows[2])["Commodity"] == "Water"


def test_a_date_that_is_none_fails_its_field() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]

    (first,) = world.apply(world.write(row, one, key=KEY, service_start="soon"))
    again = Write("row", KEY, row, world.sheet, {"service_start": "soon"}, first.version)
    (second,) = world.apply(again)

    assert (first.result, first.landed) == (Result.LANDED, frozenset())  # the identity landed
    assert first.at_fault == ("service_start",)
    assert (second.result, second.permanent) == (Result.REFUSED, True)
    assert second.at_fault == ("service_start",)


def test_a_row_that_is_gone_is_refused_for_now_and_delays_no_other() -> None:
    world = World()
    rows = world.load(3)
    seen = world.observe()
    world.act("delete_row", sheet=int(world.sheet), row=int(rows[1]))

    outcomes = world.apply(
        *(
            world.write(row, seen.by_ref[row], key=f"{KEY}{row}", sync_status="Draft")
            for row in rows
        )
    )

    by_ref = {one.ref: one for one in outcomes}
    assert by_ref[rows[1]].result is Result.REFUSED
    assert by_ref[rows[1]].reason == "row not found"
    assert not by_ref[rows[1]].permanent
    assert {by_ref[rows[0]].result, by_ref[rows[2]].result} == {Result.LANDED}


def test_a_change_to_what_people_edit_is_refused_if_they_edited_meanwhile() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    old = world.observe().by_ref[row]
    world.edit(row, City="Aurora")
    new = world.observe().by_ref[row]

    late, ours, fresh = (
        world.apply(world.write(row, old, city="Joliet"))[0],
        world.apply(world.write(row, old, sync_message="ok"))[0],
        world.apply(world.write(row, new, city="Joliet"))[0],
    )

    assert (late.result, late.reason, late.permanent) == (
        Result.REFUSED,
        "changed meanwhile",
        False,
    )
    assert ours.result is Result.LANDED
    assert fresh.result is Result.LANDED


def test_a_second_write_on_the_version_of_the_first_is_taken() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.observe()
    world.edit(row, City="Aurora")
    one = world.observe().by_ref[row]
    (first,) = world.apply(world.write(row, one, key=KEY, city="Joliet"))

    second = Write("row", KEY, row, world.sheet, {"city": "Elgin"}, first.version)

    assert world.apply(second)[0].result is Result.LANDED


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.TRUNCATE, Fault.ODD_SUCCESS, Fault.RESET])
def test_an_update_whose_answer_is_lost_is_sent_again(fault: Fault) -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]
    world.fault(fault, "PUT", times=1)

    (outcome,) = world.apply(world.write(row, one, sync_status="Draft"))

    assert outcome.result is Result.LANDED
    assert world.see(row)["Sync Status"] == "Draft"


def test_an_edit_while_an_answer_was_lost_is_not_missed() -> None:
    world = World()
    row, other = world.load(2)
    seen = world.observe()
    world.fault(Fault.DROP, "PUT", times=1)
    world.apply(world.write(row, seen.by_ref[row], sync_status="Draft"))
    world.edit(other, City="Joliet")

    assert other in world.observe().by_ref


def test_rows_that_fail_for_no_reason_of_their_own_are_sent_again() -> None:
    world = World()
    rows = world.load(20)
    seen = world.observe()
    world.fault(Fault.PARTIAL, "PUT", times=1)

    outcomes = world.apply(
        *(
            world.write(row, seen.by_ref[row], key=f"{KEY}{row}", sync_status="Draft")
            for row in rows
        )
    )

    assert {one.result for one in outcomes} == {Result.LANDED}


def test_sheets_are_written_side_by_side_and_one_out_of_reach_delays_no_other() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    first, second = world.load(1)[0], world.load(1, world.customers[1].sheet)[0]
    seen = world.observe()
    world.act("lose_access", sheet=int(world.sheet))

    outcomes = world.apply(
        world.write(first, seen.by_ref[first], sync_status="Draft"),
        world.write(
            second,
            seen.by_ref[second],
            container=world.customers[1].sheet,
            sync_status="Draft",
        ),
    )

    by_ref = {one.ref: one for one in outcomes}
    assert by_ref[first].result is Result.REFUSED
    assert not by_ref[first].permanent
    assert "not accessible" in by_ref[first].reason
    assert by_ref[second].result is Result.LANDED


def test_a_refused_token_ends_writing() -> None:
    world = World()
    row = world.load(1)[0]
    one = world.observe().by_ref[row]
    world.act("revoke_token")

    with pytest.raises(NoAccess):
        world.apply(world.write(row, one, sync_status="Draft"))


def test_a_system_that_takes_nothing_is_said_to_be_failing() -> None:
    world = World()
    row = world.load(1)[0]
    one = world.observe().by_ref[row]
    world.fault(Fault.RESET, "PUT", times=None)

    with pytest.raises(Temporary):
        world.apply(world.write(row, one, sync_status="Draft"))


def test_a_new_row_is_added_with_its_identity() -> None:
    world = World()
    world.observe()
    write = world.write(None, key=KEY, location_name="Joliet", sync_status="Draft")

    (outcome,) = world.apply(write)

    assert outcome.result is Result.LANDED
    assert outcome.created
    assert outcome.ref is not None
    assert world.see(outcome.ref)["UBM Sync ID"] == KEY
    read = world.observe().by_ref[outcome.ref]
    assert (read.key, read.values["request_number"]) == (KEY, "LOC-00001")
    assert world.observe().pages == []


def test_a_new_row_may_name_its_customer_instead_of_the_sheet() -> None:
    world = World()

    (outcome,) = world.apply(
        world.write(None, key=KEY, container="halsted-foods", location_name="Joliet")
    )

    assert outcome.result is Result.LANDED


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.TRUNCATE, Fault.ODD_SUCCESS])
@pytest.mark.parametrize("known", [True, False])
def test_a_create_whose_answer_is_lost_is_found_and_not_repeated(
    fault: Fault, *, known: bool
) -> None:
    world = World()
    if known:
        world.load(3)
        world.observe()
    world.fault(fault, "POST", times=1)

    (outcome,) = world.apply(world.write(None, key=KEY, location_name="Joliet"))

    assert outcome.result is Result.LANDED
    names = [
        row["cells"]["Location Name"] for row in world.act("see_sheet", sheet=int(world.sheet))
    ]
    assert names.count("Joliet") == 1


def test_a_create_that_never_arrived_stays_unknown_and_is_looked_for_before_the_next() -> None:
    world = World()
    world.observe()
    world.fault(Fault.RESET, "POST", times=1)
    write = world.write(None, key=KEY, location_name="Joliet")

    (first,) = world.apply(write)
    cursor = world.connector.cursor()
    world.connector = world.connect()
    world.connector.resume(cursor)
    before = world.emulator.counts.copy()
    (second,) = world.apply(write)

    assert first.result is Result.UNKNOWN
    assert second.result is Result.LANDED
    assert dict(world.emulator.counts - before) == {
        "GET /2.0/sheets/{}": 1,
        "POST /2.0/sheets/{}/rows": 1,
    }


def test_a_create_that_arrived_late_is_found_instead_of_repeated() -> None:
    world = World()
    world.observe()
    write = world.write(None, key=KEY, location_name="Joliet")
    world.fault(Fault.RESET, "POST", times=1)
    world.apply(write)
    late = world.connect()
    list(late.apply([write]))

    (outcome,) = world.apply(write)

    assert outcome.result is Result.LANDED
    assert len(world.act("see_sheet", sheet=int(world.sheet))) == 1


def test_a_new_row_with_a_bad_field_is_added_without_it() -> None:
    world = World()

    (outcome,) = world.apply(world.write(None, key=KEY, location_name="Joliet", commodity="Sun"))

    assert outcome.result is Result.LANDED
    assert outcome.landed == frozenset({"location_name"})
    assert outcome.at_fault == ("commodity",)


def test_rows_are_not_written_where_the_column_of_the_identity_is_missing() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.act("delete_column", sheet=int(world.sheet), title="UBM Sync ID")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(world.write(row, one, sync_message="ok"))

    assert outcome.result is Result.REFUSED
    assert not outcome.permanent
    assert 'column "UBM Sync ID" is missing' in outcome.reason


def test_a_missing_status_column_keeps_nothing_else_from_being_written() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.act("delete_column", sheet=int(world.sheet), title="Sync Status")
    one = world.observe().by_ref[row]

    (outcome,) = world.apply(world.write(row, one, sync_message="ok"))

    assert outcome.result is Result.LANDED
    seen = world.act("see_row", sheet=int(world.sheet), row=int(row))
    assert seen["cells"]["Sync Message"] == "ok"


def test_a_link_is_put_behind_the_text_where_the_mapping_asks_for_one() -> None:
    world = World()
    world.link_tickets("https://tickets.example/{}")
    row = world.add(Location_Name="Joliet")
    one = world.observe().by_ref[row]

    world.apply(world.write(row, one, ticket="42"))
    world.edit(row, City="Joliet")

    sheet = world.emulator.state.sheets[int(world.sheet)]
    column = next(one for one in sheet.columns if one.title == "HubSpot Ticket")
    cell = sheet.rows[int(row)].cells[column.id]
    assert cell.value == "#42"  # type: ignore[union-attr]
    assert cell.hyperlink["url"] == "https://tickets.example/42"  # type: ignore[union-attr, index]
    assert world.observe().by_ref[row].values["ticket"] == "42"


def test_it_works_over_real_http_the_same() -> None:
    world = World()
    rows = world.load(30)
    with Server(world.emulator) as server:
        world.environment = world.emulator.environment(server.url)
        connector = world.connect_over_http()
        seen = {one.ref: one for page in connector.observe(full=False) for one in page.observations}
        outcomes = list(
            connector.apply(
                [
                    world.write(row, seen[row], key=f"{KEY}{row}", sync_status="Draft")
                    for row in rows
                ]
            )
        )
        quiet = list(connector.observe(full=False))
        connector.close()

    assert {one.result for one in outcomes} == {Result.LANDED}
    assert quiet == []


def test_the_token_is_nowhere_to_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    world = World()
    token = world.environment["SMARTSHEET_ACCESS_TOKEN"]
    world.fault(Fault.DROP, "GET", times=None)

    with pytest.raises(Temporary) as caught:
        world.observe()

    error: BaseException | None = caught.value
    said = repr(world.connector) + repr(vars(world.connector))
    while error is not None:
        said += f"{error!s} {error!r} {vars(error)}"
        request = getattr(error, "request", None)
        if isinstance(request, PreparedRequest):
            said += str(request.headers)
        error = error.__cause__
    out, err = capfd.readouterr()
    assert token not in said + out + err

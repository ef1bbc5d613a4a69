from __future__ import annotations

from dataclasses import replace

import pytest
from tests.integration.smartsheet_connector.world import DANA, World

from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Mark, Result, Spot


def restart(world: World) -> None:
    """Let the service go on with nothing but what it stored."""
    again = world.connect()
    again.resume(world.connector.cursor())
    world.connector = again


def test_a_first_look_reads_everything_and_says_that_it_is_complete() -> None:
    world = World()
    row = world.add(Location_Code="'0412", Location_Name=" Joliet \u200b", State="IL")

    seen = world.observe()

    one = seen.by_ref[row]
    assert one.values == {
        "request_number": "LOC-00001",
        "location_code": "0412",
        "location_name": "Joliet",
        "state": "IL",
    }
    assert (one.key, one.container, one.place) == (None, world.sheet, "row")
    assert one.marks == {"request_number": Mark.SYSTEM}
    assert seen.complete == {world.sheet}
    assert seen.checked == {f"smartsheet/{world.sheet}"}
    assert seen.problems == []


def test_a_quiet_cycle_is_one_call() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    world.observe()
    before = world.calls

    seen = world.observe()

    assert seen.pages == []
    assert world.calls - before == 1


def test_only_the_sheet_that_changed_is_read() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    world.observe()
    before = world.calls
    row = world.add(Location_Name="Joliet")

    seen = world.observe()

    assert list(seen.by_ref) == [row]
    assert world.calls - before == 2
    assert seen.complete == frozenset()


def test_only_rows_changed_lately_are_read_again() -> None:
    world = World()
    old = world.load(20)
    world.observe()
    world.later(3600)
    world.add(Location_Name="Joliet")
    world.observe()
    world.later(3600)
    world.edit(old[3], Location_Name="Store three")

    seen = world.observe()

    assert {one.values["location_name"] for one in seen.observations} == {"Joliet", "Store three"}


def test_two_edits_in_one_second_are_both_seen() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.observe()
    world.edit(row, City="Joliet")
    first = world.observe().by_ref[row]
    world.edit(row, City="Aurora")

    second = world.observe().by_ref[row]

    assert (first.values["city"], second.values["city"]) == ("Joliet", "Aurora")
    assert first.modified_at == second.modified_at
    assert first.version != second.version


def test_the_person_who_changed_a_row_is_named() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.observe()
    world.edit(row, City="Joliet")

    assert world.observe().by_ref[row].modified_by == "dana@halstedfoods.example"


@pytest.mark.parametrize("past", ["empty", "last"])
def test_a_sheet_of_many_pages_is_listed_once_whole(past: str) -> None:
    world = World(settings={"page_size": 10}, past_last_page=past)
    rows = world.load(35)

    seen = world.observe()

    assert [one.ref for one in seen.observations] == rows
    assert [len(page.observations) for page in seen.pages] == [10, 10, 10, 5]
    assert [bool(page.complete) for page in seen.pages] == [False, False, False, True]
    assert seen.pages[0].checked
    assert not seen.pages[1].checked


def test_an_empty_sheet_is_complete() -> None:
    world = World()

    assert world.observe().complete == {world.sheet}


def test_blank_rows_are_counted_and_not_shown() -> None:
    world = World()
    world.add()
    row = world.add(Location_Name="Joliet")
    seen = world.observe()
    assert list(seen.by_ref) == [row]
    assert seen.complete

    world.later(600)
    world.edit(row, City="Joliet")
    before = world.calls
    world.observe()

    assert world.calls - before == 2


def test_a_deleted_row_is_missed_by_a_full_listing_at_once() -> None:
    world = World()
    rows = world.load(3)
    world.observe()
    world.later(600)
    world.act("delete_row", sheet=int(world.sheet), row=int(rows[1]))

    seen = world.observe()

    assert [one.ref for one in seen.observations] == [rows[0], rows[2]]
    assert seen.complete == {world.sheet}


def test_a_deletion_that_moves_no_version_is_found_with_the_next_edit() -> None:
    world = World(delete_moves_version=False)
    rows = world.load(3)
    world.observe()
    world.later(600)
    world.act("delete_row", sheet=int(world.sheet), row=int(rows[1]))
    assert not world.observe().complete
    world.edit(rows[0], City="Joliet")

    assert world.observe().complete == {world.sheet}


def test_a_row_deleted_and_another_added_do_not_cancel_out() -> None:
    world = World()
    rows = world.load(3)
    world.observe()
    world.later(600)
    world.act("delete_row", sheet=int(world.sheet), row=int(rows[1]))
    world.add(Location_Name="Joliet")

    assert world.observe().complete == {world.sheet}


def test_rows_added_one_by_one_need_no_full_listing() -> None:
    world = World()
    world.observe()
    for number in range(5):
        world.add(Location_Name=f"Store {number}")
        before = world.calls
        seen = world.observe()
        assert not seen.complete
        assert world.calls - before == 2


def test_a_full_look_lists_every_sheet() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    world.load(3)
    world.observe()

    seen = world.observe(full=True)

    assert seen.complete == {one.sheet for one in world.customers}
    assert len(seen.observations) == 3


def test_a_listing_that_leaves_rows_out_is_not_called_complete() -> None:
    world = World()
    rows = world.load(10)
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$", times=None)

    seen = world.observe()

    assert not seen.complete
    world.faults()
    again = world.observe()
    assert again.complete == {world.sheet}
    assert {one.ref for one in again.observations} == set(rows)


def test_a_listing_that_is_short_once_is_taken_again() -> None:
    world = World()
    world.load(10)
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$")

    assert world.observe().complete == {world.sheet}


def test_a_changed_row_that_an_answer_leaves_out_is_asked_for_again() -> None:
    world = World()
    rows = world.load(3)
    world.observe()
    world.later(600)
    world.edit(rows[0], City="Joliet")
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$")
    assert rows[0] not in world.observe().by_ref

    assert world.observe().by_ref[rows[0]].values["city"] == "Joliet"
    calls = world.calls
    world.observe()

    assert world.calls == calls + 1


def test_a_changed_row_that_two_answers_leave_out_is_looked_for_among_all() -> None:
    world = World()
    rows = world.load(3)
    world.observe()
    world.later(600)
    world.edit(rows[0], City="Joliet")
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$", times=2)
    assert rows[0] not in world.observe().by_ref

    seen = world.observe()

    assert seen.by_ref[rows[0]].values["city"] == "Joliet"
    assert seen.complete == {world.sheet}


def test_a_comment_costs_two_readings_and_no_more() -> None:
    world = World()
    (row,) = world.load(1)
    world.observe()
    world.later(600)
    world.act("comment", who=DANA, sheet=int(world.sheet), row=int(row), text="Which meter?")

    world.observe()
    world.observe()
    calls = world.calls
    world.observe()

    assert world.calls == calls + 1


def test_a_row_that_the_look_before_a_write_does_not_show_is_not_written_over() -> None:
    world = World()
    rows = world.load(3)
    seen = world.observe().by_ref[rows[0]]
    world.later(600)
    world.edit(rows[0], City="Joliet")
    world.fault(Fault.SHORT, rf"GET /2.0/sheets/{world.sheet}$", times=None)
    write = replace(world.write(rows[0], seen, city="Peoria"), careful={"city": None})

    (outcome,) = world.apply(write)

    assert (outcome.result, outcome.stale) == (Result.REFUSED, True)
    assert world.see(rows[0])["City"] == "Joliet"


@pytest.mark.parametrize("fault", [Fault.SHORT, Fault.DROP, None])
def test_an_edit_that_an_answer_leaves_out_is_not_explained_by_a_write_of_ours(
    fault: Fault | None,
) -> None:
    world = World()
    edited, written = world.load(2)
    seen = world.observe().by_ref
    world.later(600)
    if fault is None:
        world.edit(edited, City="Joliet")
    else:
        world.fault(fault, "PUT")  # it takes effect, and the answer does not mention the row
    world.apply(world.write(written, seen[written], sync_status="Draft"))
    if fault is not None:
        world.edit(edited, City="Joliet")
    world.faults(Rule(Fault.SHORT, path=rf"GET /2.0/sheets/{world.sheet}$", times=1), seed=3)
    restart(world)
    assert list(world.observe().by_ref) == [written]

    write = replace(world.write(edited, seen[edited], city="Peoria"), careful={"city": None})
    (outcome,) = world.apply(write)

    assert (outcome.result, outcome.stale) == (Result.REFUSED, True)
    assert world.observe().by_ref[edited].values["city"] == "Joliet"


@pytest.mark.parametrize("at_once", [1, 100])
def test_an_edit_that_an_answer_leaves_out_is_not_explained_by_another_edit(at_once: int) -> None:
    world = World(settings={"rows_per_fetch": at_once})
    hidden, shown, third = world.load(3)
    seen = world.observe().by_ref
    world.later(600)
    world.edit(hidden, City="Joliet")
    world.edit(shown, City="Aurora")
    world.faults(Rule(Fault.SHORT, path=rf"GET /2.0/sheets/{world.sheet}$", times=1), seed=3)
    assert list(world.observe().by_ref) == [shown]
    restart(world)

    outcomes = world.apply(
        *(
            replace(world.write(row, seen[row], city="Peoria"), careful={"city": None})
            for row in (hidden, third)
        )
    )

    assert [one.result for one in outcomes] == [Result.REFUSED, Result.LANDED]
    assert world.see(hidden)["City"] == "Joliet"


@pytest.mark.parametrize("also", [None, "another edit"])
def test_an_edit_that_an_answer_leaves_out_beside_another_is_read_in_the_next_cycle(
    also: str | None,
) -> None:
    world = World()
    hidden, shown, third = world.load(3)
    world.observe()
    world.later(600)
    world.edit(hidden, City="Joliet")
    world.later(300)
    world.edit(shown, City="Aurora")
    world.faults(Rule(Fault.SHORT, path=rf"GET /2.0/sheets/{world.sheet}$", times=1), seed=3)
    assert list(world.observe().by_ref) == [shown]
    restart(world)
    if also:
        world.later()
        world.edit(third, City="Elgin")

    assert world.observe().by_ref[hidden].values["city"] == "Joliet"
    calls = world.calls
    world.observe()

    assert world.calls == calls + 1


def test_a_row_saved_twice_costs_one_reading_more_and_one_saved_once_none() -> None:
    world = World()
    (row,) = world.load(1)
    world.observe()
    world.later(600)
    world.edit(row, City="Joliet")
    world.observe()
    calls = world.calls
    world.observe()
    assert world.calls == calls + 1

    world.edit(row, City="Aurora")
    world.edit(row, City="Elgin")
    world.observe()
    calls = world.calls
    world.observe()
    world.observe()
    assert world.calls == calls + 3


@pytest.mark.parametrize("at_once", [1, 100])
def test_a_look_before_writes_costs_one_request(at_once: int) -> None:
    world = World(settings={"rows_per_fetch": at_once})
    rows = world.load(3)
    seen = world.observe().by_ref
    world.later(600)
    writes = [
        replace(world.write(row, seen[row], city="Peoria"), careful={"city": None}) for row in rows
    ]
    calls = world.calls

    outcomes = world.apply(*writes)

    assert [one.result for one in outcomes] == [Result.LANDED] * 3
    assert not any(one.contested for one in outcomes)
    assert world.calls == calls + 2


@pytest.mark.parametrize("fault", [Fault.SHORT, Fault.RESET])
def test_a_write_that_was_not_answered_costs_one_reading(fault: Fault) -> None:
    world = World()
    (row,) = world.load(1)
    seen = world.observe().by_ref[row]
    world.later(600)
    world.fault(fault, "PUT")
    world.apply(world.write(row, seen, sync_status="Draft"))
    world.observe()
    calls = world.calls

    world.observe()

    assert world.calls == calls + 1


def test_an_edit_between_two_pages_makes_the_listing_start_again() -> None:
    world = World(settings={"page_size": 5, "writers": 1})
    rows = world.load(10)
    pages = world.connector.observe(full=False)
    next(pages)
    world.edit(rows[0], City="Joliet")

    rest = list(pages)

    assert rest[-1].complete == {world.sheet}
    last = [one for page in rest for one in page.observations if one.ref == rows[0]][-1]
    assert last.values["city"] == "Joliet"


def test_an_edit_after_the_next_page_was_asked_for_is_read_with_the_next_poll() -> None:
    world = World(settings={"page_size": 5})
    rows = world.load(10)
    pages = world.connector.observe(full=False)
    next(pages)
    next(pages)
    world.edit(rows[0], City="Joliet")
    assert list(pages) == []

    seen = world.observe()

    assert seen.by_ref[rows[0]].values["city"] == "Joliet"


def test_a_sheet_edited_all_the_time_is_read_but_never_called_complete() -> None:
    world = World(settings={"page_size": 5, "writers": 1})
    rows = world.load(10)
    seen = []
    for page in world.connector.observe(full=False):
        seen.append(page)
        world.edit(rows[0], City=f"Town {len(seen)}")

    assert not any(page.complete for page in seen)
    assert {one.ref for page in seen for one in page.observations} == set(rows)


def test_reading_goes_on_after_a_restart_where_it_stood() -> None:
    world = World()
    world.load(5)
    world.observe()
    cursor = world.connector.cursor()
    world.later(600)
    row = world.add(Location_Name="Joliet")
    world.connector = world.connect()
    world.connector.resume(cursor)
    before = world.calls

    seen = world.observe()

    assert row in seen.by_ref
    assert not seen.complete
    assert world.calls - before == 2


def test_a_cursor_nobody_understands_means_a_full_read() -> None:
    world = World()
    world.load(2)
    world.connector.resume('{"format": 99}')

    assert world.observe().complete == {world.sheet}


@pytest.mark.parametrize("status", [403, 404])
def test_a_sheet_out_of_reach_is_a_problem_and_never_a_deletion(status: int) -> None:
    world = World("Halsted Foods", "Marlow Hotels", lost_access=status)
    other = world.customers[1].sheet
    world.load(2)
    world.observe()
    world.act("lose_access", sheet=int(world.sheet))
    row = world.add(sheet=other, Location_Name="Joliet")

    seen = world.observe()

    assert list(seen.by_ref) == [row]
    assert seen.codes == ["no_access"]
    assert seen.problems[0].blocks
    assert seen.problems[0].scope == f"smartsheet/{world.sheet}"
    assert '"Halsted Foods"' in seen.problems[0].text
    assert not seen.complete
    before = world.calls
    assert world.observe().pages == []
    assert world.calls - before == 1


def test_a_sheet_back_in_reach_is_read_in_full_and_its_problem_ends() -> None:
    world = World()
    world.load(2)
    world.observe()
    world.act("lose_access", sheet=int(world.sheet))
    world.observe()
    world.act("regain_access", sheet=int(world.sheet))

    seen = world.observe()

    assert seen.complete == {world.sheet}
    assert seen.checked == {f"smartsheet/{world.sheet}"}
    assert seen.problems == []


@pytest.mark.parametrize("known", [True, False])
def test_what_a_cell_held_waits_until_its_sheet_is_back_in_reach(*, known: bool) -> None:
    """Smartsheet says the same of a row that is gone and of a sheet out of reach."""
    world = World()
    (row,) = world.load(1)
    world.observe()
    world.edit(row, City="Joliet")
    world.observe()
    spot = Spot(row, world.sheet, "city")
    world.act("lose_access", sheet=int(world.sheet))
    if known:
        world.observe()
    before = world.calls

    assert dict(world.connector.history("row", [spot])) == {}
    assert world.calls - before == (0 if known else 2)

    world.act("regain_access", sheet=int(world.sheet))
    world.observe()
    ((_, past),) = world.connector.history("row", [spot])
    assert past[0].value == "Joliet"
    assert dict(world.connector.history("row", [spot._replace(ref="99")])) == {
        spot._replace(ref="99"): ()
    }


def test_a_list_that_leaves_a_sheet_out_is_not_believed() -> None:
    world = World()
    row = world.load(1)[0]
    world.observe()
    world.edit(row, City="Joliet")
    world.fault(Fault.SHORT, r"GET /2.0/sheets$", times=3)

    seen = world.observe()

    assert "no_access" not in seen.codes
    assert seen.by_ref[row].values["city"] == "Joliet"


def test_a_refused_token_stops_everything_with_a_plain_sentence() -> None:
    world = World()
    world.act("revoke_token")

    with pytest.raises(NoAccess, match="put a valid one in SMARTSHEET_ACCESS_TOKEN"):
        world.observe()


def test_one_sheet_that_cannot_be_read_delays_no_other() -> None:
    world = World("Halsted Foods", "Marlow Hotels", "Zenith Gyms")
    row = world.add(sheet=world.customers[2].sheet, Location_Name="Joliet")
    world.fault(Fault.RESET, rf"GET /2.0/sheets/{world.sheet}$", times=None)

    seen = world.observe()

    assert list(seen.by_ref) == [row]
    assert seen.codes == ["not_read"]
    assert not seen.problems[0].blocks
    assert seen.complete == {one.sheet for one in world.customers[1:]}


def test_a_failing_system_is_reported_as_such() -> None:
    world = World("Halsted Foods", "Marlow Hotels", "Zenith Gyms", "Arden Schools")
    world.fault(Fault.HTML, r"GET /2.0/sheets/\d+$", times=None)

    with pytest.raises(Temporary):
        world.observe()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.ERROR,
        Fault.HTML,
        Fault.RESET,
        Fault.DROP,
        Fault.TRUNCATE,
        Fault.GARBLED,
        Fault.ODD_SUCCESS,
        Fault.THROTTLE,
    ],
)
def test_a_fault_that_passes_is_not_noticed(fault: Fault) -> None:
    world = World()
    rows = world.load(4)
    world.faults(Rule(fault, path="GET", times=2))

    seen = world.observe()

    assert [one.ref for one in seen.observations] == rows
    assert seen.complete == {world.sheet}


def test_too_many_requests_make_everybody_with_this_token_wait_a_minute() -> None:
    world = World()
    world.fault(Fault.THROTTLE, "GET", times=1)

    world.observe()

    (key, seconds), *_ = world.budget.penalties
    assert key.startswith("smartsheet:")
    assert len(key) == len("smartsheet:") + 8
    assert seconds == 60.0


def test_numbers_in_identifier_columns_are_marked_as_suspect() -> None:
    world = World(numbers_as_floats=True)
    row = world.add(Location_Code="00412", Account_Number="12345678901234567890")

    one = world.observe().by_ref[row]

    assert one.values["location_code"] == "412"
    assert one.marks["location_code"] is Mark.NUMERIC


def test_formulas_are_read_and_marked() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.act(
        "set_formula",
        who="dana@halstedfoods.example",
        sheet=int(world.sheet),
        row=int(row),
        title="Notes",
        formula='="from " + City@row',
        value="from Joliet",
    )

    one = world.observe().by_ref[row]

    assert one.values["notes"] == "from Joliet"
    assert one.marks["notes"] is Mark.FORMULA


def test_rows_are_found_again_wherever_they_are() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    first, second = world.load(1)[0], world.load(1, world.customers[1].sheet)[0]

    pages = list(world.connector.fetch("row", [second, first, "123", "not a number"]))

    found = {one.ref: one.container for page in pages for one in page.observations}
    assert found == {first: world.sheet, second: world.customers[1].sheet}


def test_a_row_emptied_by_the_customer_is_still_there_when_asked_for() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.edit(row, Location_Name=None)

    (page,) = world.connector.fetch("row", [row])

    assert [one.ref for one in page.observations] == [row]


def test_many_single_rows_are_read_a_hundred_at_a_time() -> None:
    world = World()
    rows = world.load(250)
    before = world.calls

    pages = list(world.connector.fetch("row", rows))

    assert world.calls - before == 3
    assert [one.ref for page in pages for one in page.observations] == rows


def test_a_row_that_is_gone_is_not_looked_for_in_every_sheet() -> None:
    world = World("Halsted Foods", "Marlow Hotels", "Zenith Gyms")
    row = world.load(1)[0]
    world.observe()
    world.act("delete_row", sheet=int(world.sheet), row=int(row))
    before = world.calls

    pages = list(world.connector.fetch("row", [row]))

    assert [one for page in pages for one in page.observations] == []
    assert world.calls - before == 1


def test_many_own_writes_are_listed_by_pages_when_somebody_edits_after_them() -> None:
    world = World(settings={"page_size": 10})
    rows = world.load(30)
    seen = world.observe()
    world.later(600)
    world.apply(*(world.write(row, seen.by_ref[row], key=f"k{row}", city="Elgin") for row in rows))
    world.edit(rows[0], City="Joliet")

    again = world.observe()

    assert len(again.pages) == 3
    assert again.by_ref[rows[0]].values["city"] == "Joliet"


def test_a_customer_bound_to_something_that_is_no_sheet_delays_nobody() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    first, second = world.customers
    world.customers = (replace(first, sheet="not-a-sheet"), second)
    world.connector = world.connect()

    seen = world.observe()

    assert seen.codes == ["no_access"]
    assert seen.complete == {second.sheet}


def test_an_answer_nobody_understands_delays_no_other_sheet() -> None:
    world = World("Halsted Foods", "Marlow Hotels")
    world.load(1)
    world.garble(world.sheet)

    seen = world.observe()

    assert seen.codes == ["not_read"]
    assert "was not understood" in seen.problems[0].text
    assert seen.complete == {world.customers[1].sheet}

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.smartsheet_connector.world import DANA, World, row_place

from ubm_smartsheet.emulator.model import Level
from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import Refused, UnknownOutcome
from ubm_sync.model import Note, Result

TEMPLATE = "UBM locations template"


def columns_of(world: World, sheet: str) -> dict[str, Any]:
    state = world.emulator.state.sheets[int(sheet)]
    return {column.title: column for column in state.columns}


def template_of(world: World) -> str:
    (one,) = [one for one in world.emulator.state.sheets.values() if one.name == TEMPLATE]
    return str(one.id)


def test_the_template_has_the_mappings_columns_in_their_order() -> None:
    world = World()

    columns = columns_of(world, template_of(world))

    assert list(columns) == [*(one.external for one in row_place().bindings), "UBM Sync ID"]
    assert columns["Location Name"].primary
    assert columns["Request #"].system == "AUTO_NUMBER"
    assert columns["Request #"].auto["prefix"] == "LOC-"
    assert columns["State"].validation
    assert not columns["Bill Type"].validation
    assert "IL" in columns["State"].options
    assert columns["Sync Status"].locked
    assert columns["UBM Sync ID"].locked
    assert columns["UBM Sync ID"].hidden
    assert not columns["Location Name"].locked


def test_setting_up_again_changes_nothing() -> None:
    world = World()
    before = world.emulator.counts.copy()

    steps = list(world.connector.ensure(dry_run=False))

    assert {step.state for step in steps} == {"ok"}
    assert not any(call.startswith(("POST", "PUT")) for call in world.emulator.counts - before)


def test_a_dry_run_says_what_would_happen_and_sends_nothing() -> None:
    world = World()
    sheet = int(world.sheet)
    world.act("unlock_column", sheet=sheet, title="Sync Status")
    world.act("delete_column", sheet=sheet, title="Last Synced")
    world.act("delete_column", sheet=sheet, title="City")
    before = world.emulator.counts.copy()

    steps = list(world.connector.ensure(dry_run=True))

    assert not any(call.startswith(("POST", "PUT")) for call in world.emulator.counts - before)
    said = {(step.what, step.state) for step in steps}
    assert ('column "Last Synced" of sheet "Halsted Foods"', "would create") in said
    assert ('column "Sync Status" of sheet "Halsted Foods"', "would change") in said
    assert any(step.state == "problem" and '"City" is missing' in step.detail for step in steps)


def test_a_dry_run_without_a_template_would_create_it() -> None:
    world = World()
    world.settings = {"template_name": "Another template"}

    steps = list(world.connect().ensure(dry_run=True))

    assert (steps[0].what, steps[0].state) == ('sheet "Another template"', "would create")


def test_a_customers_sheet_gets_back_what_is_ours_and_loses_nothing() -> None:
    world = World()
    row = world.add(Location_Name="Joliet", Notes="keep me")
    sheet = int(world.sheet)
    world.act("unlock_column", sheet=sheet, title="Sync Status")
    world.act("drop_option", sheet=sheet, title="Sync Status", option="Active")
    world.act("add_option", sheet=sheet, title="Commodity", option="Compressed air")
    world.act("drop_option", sheet=sheet, title="Commodity", option="Steam")
    world.act("rename_column", sheet=sheet, title="Notes", to="Remarks")
    world.act("delete_column", sheet=sheet, title="UBM Sync ID")
    world.observe()

    steps = list(world.connector.ensure(dry_run=False))

    columns = columns_of(world, world.sheet)
    assert columns["Sync Status"].locked
    assert "Active" in columns["Sync Status"].options
    assert {"Compressed air", "Steam"} <= set(columns["Commodity"].options)
    assert columns["Remarks"].type == "TEXT_NUMBER"
    assert columns["UBM Sync ID"].locked
    assert columns["UBM Sync ID"].hidden
    assert world.see(row)["Remarks"] == "keep me"
    assert {step.state for step in steps} <= {"ok", "created", "changed", "problem"}
    again = list(world.connector.ensure(dry_run=False))
    assert {step.state for step in again} <= {"ok", "problem"}


def test_a_sheet_out_of_reach_is_a_problem_of_setting_up() -> None:
    world = World()
    world.act("lose_access", sheet=int(world.sheet))

    steps = list(world.connector.ensure(dry_run=False))

    assert steps[-1].state == "problem"
    assert "not accessible" in steps[-1].detail


def test_a_sheet_shared_as_editor_is_not_changed_and_says_what_to_do() -> None:
    world = World()
    sheet = world.emulator.state.sheets[int(world.sheet)]
    world.act("delete_column", sheet=sheet.id, title="UBM Sync ID")
    sheet.shares[sheet.owner] = Level.EDITOR
    sheet.owner = 0

    steps = [one for one in world.connector.ensure(dry_run=False) if sheet.name in one.what]

    assert {step.state for step in steps} <= {"problem", "ok"}
    assert steps[0].detail.endswith("share it with the account as Admin and run setup again.")


def test_a_long_name_of_a_customer_is_cut_to_what_a_sheet_may_be_called() -> None:
    world = World()

    sheet = world.connector.create_sheet(
        "Zenith Gyms of the Greater Upper Midwest and the Plains", []
    )

    assert world.emulator.state.sheets[int(sheet)].name == (
        "Zenith Gyms of the Greater Upper Midwest and the P"
    )


def test_a_customers_sheet_is_made_from_the_template_and_shared() -> None:
    world = World()

    sheet = world.connector.create_sheet("Zenith Gyms", [DANA])

    columns = columns_of(world, sheet)
    assert list(columns) == list(columns_of(world, template_of(world)))
    assert columns["Sync Status"].locked
    assert columns["State"].validation
    world.act("add_row", who=DANA, sheet=int(sheet), cells={"Location Name": "Joliet"})


def test_a_sheet_needs_its_template() -> None:
    world = World()
    world.settings = {"template_name": "Nowhere"}

    with pytest.raises(Refused, match='run "ubm-sync setup smartsheet"'):
        world.connect().create_sheet("Zenith Gyms", [])


def test_a_sheet_whose_making_was_not_answered_is_found() -> None:
    world = World()
    world.fault(Fault.DROP, r"POST /2.0/sheets$", times=1)

    sheet = world.connector.create_sheet("Zenith Gyms", [])

    named = [one for one in world.emulator.state.sheets.values() if one.name == "Zenith Gyms"]
    assert [str(one.id) for one in named] == [sheet]


def test_sharing_whose_answer_was_lost_is_not_done_twice() -> None:
    world = World()
    world.fault(Fault.DROP, r"POST /2.0/shares", times=1)
    before = world.emulator.counts["POST /2.0/shares"]

    sheet = world.connector.create_sheet("Zenith Gyms", [DANA])

    assert world.emulator.counts["POST /2.0/shares"] - before == 1
    world.act("add_row", who=DANA, sheet=int(sheet), cells={"Location Name": "Joliet"})


def test_a_sheet_that_cannot_be_shared_is_named_by_its_id() -> None:
    world = World()
    world.fault(Fault.RESET, r"POST /2.0/shares", times=None)

    with pytest.raises(UnknownOutcome) as caught:
        world.connector.create_sheet("Zenith Gyms", [DANA])

    (made,) = [one for one in world.emulator.state.sheets.values() if one.name == "Zenith Gyms"]
    assert f"id {made.id}" in str(caught.value)
    assert f"Name it with --sheet {made.id} instead of --share" in str(caught.value)


def note(ref: str, text: str = "Please confirm the meter.", key: str = "n1") -> Note:
    return Note(key, "row", ref, text, datetime(2026, 11, 21, tzinfo=UTC))


def test_a_note_becomes_a_discussion_once() -> None:
    world = World()
    row = world.load(1)[0]

    first = list(world.connector.annotate([note(row)]))
    second = list(world.connector.annotate([note(row)]))

    assert [one.result for one in first + second] == [Result.LANDED, Result.LANDED]
    assert world.emulator.counts["POST /2.0/sheets/{}/rows/{}/discussions"] == 1
    assert world.connector.noted([note(row), note(row, "Something else.", "n2")]) == {"n1"}


def test_a_note_whose_answer_was_lost_is_unknown_and_found_by_reading() -> None:
    world = World()
    row = world.load(1)[0]
    world.fault(Fault.DROP, "POST .*discussions", times=1)

    (outcome,) = world.connector.annotate([note(row)])

    assert outcome.result is Result.UNKNOWN
    assert world.connector.noted([note(row)]) == {"n1"}


def test_a_note_on_a_row_that_is_nowhere_is_refused() -> None:
    world = World()

    (outcome,) = world.connector.annotate([note("123")])

    assert (outcome.result, outcome.reason) == (Result.REFUSED, "row not found")

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.smartsheet_connector.world import World

from ubm_smartsheet.emulator.model import Level
from ubm_sync.model import Mark, Result


def share(world: World, level: Level) -> None:
    """Let somebody else own the sheet, and share it with the service's account."""
    sheet = world.emulator.state.sheets[int(world.sheet)]
    if sheet.owner:
        sheet.shares[sheet.owner], sheet.owner = level, 0
    else:
        sheet.shares = dict.fromkeys(sheet.shares, level)


def changed(world: World, do: str, **order: Any) -> None:
    """Let the sheet's owner change a column, and read once before and after."""
    world.act(do, sheet=int(world.sheet), **order)


def test_a_renamed_column_keeps_working_and_is_reported_each_time() -> None:
    world = World()
    row = world.add(Location_Name="Joliet", Account_Number="'0045")
    world.observe()
    changed(world, "rename_column", title="Account Number", to="Acct #")

    seen = world.observe(full=True)
    again = world.observe(full=True)

    assert seen.by_ref[row].values["account_number"] == "0045"
    assert seen.codes == again.codes == ["column_renamed"]
    (problem,) = seen.problems
    assert not problem.blocks
    assert problem.fields == ()
    assert problem.scope == f"smartsheet/{world.sheet}/account_number"
    assert 'Column "Account Number" was renamed to "Acct #"' in problem.text
    assert "rows are safe" in problem.text
    assert "rename it back" in problem.text
    (outcome,) = world.apply(world.write(row, seen.by_ref[row], account_number="0046"))
    assert outcome.result is Result.LANDED
    assert world.see(row)["Acct #"] == "0046"


def test_a_column_renamed_back_ends_the_report() -> None:
    world = World()
    world.observe()
    changed(world, "rename_column", title="ZIP", to="Zip code")
    world.observe(full=True)
    changed(world, "rename_column", title="Zip code", to="ZIP")

    seen = world.observe(full=True)

    assert seen.problems == []
    assert seen.checked


def test_a_customers_own_title_is_no_drift() -> None:
    world = World()
    changed(world, "rename_column", title="Account Number", to="Acct #")
    world.rename_titles(account_number="Acct #")
    row = world.add(**{"Acct_#": "'0045"})

    seen = world.observe()

    assert seen.problems == []
    assert seen.by_ref[row].values["account_number"] == "0045"


@pytest.mark.parametrize("moves", [True, False])
def test_a_column_that_was_mended_ends_the_report_at_the_next_look(moves: bool) -> None:
    world = World(columns_move_version=moves)
    world.observe()
    changed(world, "retype_column", title="ZIP", type="DATE")
    assert world.observe(full=True).codes == ["column_retyped"]
    assert world.observe().codes == ["column_retyped"]
    world.later()
    changed(world, "retype_column", title="ZIP", type="TEXT_NUMBER")

    mended = list(world.connector.observe(full=False))

    assert any(f"smartsheet/{world.sheet}" in page.checked for page in mended)
    assert not any(page.problems for page in mended)
    world.observe()
    world.emulator.counts.clear()
    world.observe()
    assert world.calls == 1


def test_setting_up_knows_a_column_that_was_renamed_from_what_was_read() -> None:
    world = World()
    world.observe()
    changed(world, "rename_column", title="ZIP", to="Zip code")
    world.observe(full=True)
    command = world.connect()
    command.resume(world.connector.cursor())

    (problem,) = [one for one in command.ensure(dry_run=True) if one.state != "ok"]

    assert problem.state == "note"
    assert 'was renamed to "Zip code"' in problem.detail


def test_a_missing_column_holds_its_field_only() -> None:
    world = World()
    row = world.add(Location_Name="Joliet", ZIP="'60435")
    world.observe()
    changed(world, "delete_column", title="ZIP")

    seen = world.observe(full=True)

    (problem,) = seen.problems
    assert (problem.code, problem.blocks, problem.fields) == ("column_missing", False, ("zip",))
    assert "zip" not in seen.by_ref[row].values
    (outcome,) = world.apply(world.write(row, seen.by_ref[row], zip="60436", city="Joliet"))
    assert outcome.landed == frozenset({"city"})
    assert outcome.at_fault == ("zip",)
    assert 'column "ZIP" is missing' in outcome.reason


def test_without_the_identitys_column_nothing_is_written_to_the_sheet() -> None:
    world = World()
    world.observe()
    changed(world, "delete_column", title="UBM Sync ID")

    (problem,) = world.observe(full=True).problems

    assert (problem.code, problem.blocks) == ("column_missing", True)
    assert problem.scope == f"smartsheet/{world.sheet}"


def test_a_deleted_column_made_again_is_taken_once() -> None:
    world = World()
    world.observe()
    changed(world, "delete_column", title="City")
    world.observe(full=True)
    changed(world, "add_column", column={"title": "City", "type": "TEXT_NUMBER", "index": 6})
    row = world.add(City="Joliet")

    seen = world.observe(full=True)

    assert seen.codes == ["column_replaced"]
    assert seen.by_ref[row].values["city"] == "Joliet"
    assert world.observe(full=True).codes == []


def test_a_retyped_column_holds_its_field() -> None:
    world = World()
    world.observe()
    changed(world, "retype_column", title="State", type="TEXT_NUMBER")

    (problem,) = world.observe(full=True).problems

    assert (problem.code, problem.fields) == ("column_retyped", ("state",))
    assert "is of type Text/Number but should be Dropdown" in problem.text


@pytest.mark.parametrize("title", ["ZIP", "State"])
@pytest.mark.parametrize("moves", [True, False])
def test_a_column_of_several_values_is_known_as_one_at_each_look(title: str, moves: bool) -> None:
    """Asked for at a lower level such a column shows as text: that would be another drift."""
    world = World(columns_move_version=moves)
    world.observe()
    changed(world, "retype_column", title=title, type="MULTI_PICKLIST")
    (first,) = world.observe(full=True).problems

    for _ in range(2):
        world.later()
        seen = world.observe()
        assert seen.problems == [first] or not seen.checked
    assert (first.code, first.blocks) == ("column_retyped", False)
    assert "is of type Dropdown with several values" in first.text
    assert world.observe(full=True).problems == [first]


def test_a_sheet_made_by_hand_with_text_columns_is_read_and_set_up() -> None:
    world = World()
    for title in ("Commodity", "Service Start", "Sync Status"):
        world.act("retype_column", sheet=int(world.sheet), title=title, type="TEXT_NUMBER")
    world.act("unlock_column", sheet=int(world.sheet), title="Sync Status")
    row = world.add(Location_Name="Joliet", Commodity="natural GAS", Service_Start="12/1/2026")

    (seen,) = world.observe().observations
    steps = list(world.connector.ensure(dry_run=False))

    assert seen.ref == row
    assert (seen.values["commodity"], seen.values["service_start"]) == ("Natural gas", "2026-12-01")
    assert {step.state for step in steps} == {"ok", "changed", "note"}
    assert [step.detail for step in steps if step.state == "changed"] == ["lock"]
    [answer] = world.apply(world.write(row, seen, sync_status="Draft", commodity="Water"))
    assert answer.result is Result.LANDED
    assert (world.see(row)["Sync Status"], world.see(row)["Commodity"]) == ("Draft", "Water")


def test_a_dropped_option_is_named() -> None:
    world = World()
    world.observe()
    changed(world, "drop_option", title="Sync Status", option="Active")

    (problem,) = world.observe(full=True).problems

    assert problem.code == "option_missing"
    assert problem.text == (
        'The value "Active" of dropdown "Sync Status" in sheet "Halsted Foods" is gone; its values '
        "wait until it is back, everything else goes on. The rows are safe; put it back (Edit "
        'Column Properties), or run "ubm-sync template apply".'
    )
    assert problem.fields == ("sync_status",)


def test_an_unlocked_service_column_is_a_warning() -> None:
    world = World()
    world.observe()
    changed(world, "unlock_column", title="Sync Message")

    (problem,) = world.observe(full=True).problems

    assert (problem.code, problem.blocks, problem.fields) == ("column_unlocked", False, ())


def test_column_changes_that_move_the_version_are_seen_without_a_full_read() -> None:
    world = World()
    world.load(1)
    world.observe()
    changed(world, "rename_column", title="City", to="Town")

    assert world.observe().codes == ["column_renamed"]


def test_a_sheet_that_fills_up_is_a_warning() -> None:
    world = World()
    world.load(14_500)

    assert world.observe().codes == ["sheet_nearly_full"]


def test_a_sheet_shared_as_editor_says_that_nothing_reaches_the_customer() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    world.observe()
    share(world, Level.EDITOR)

    closed = world.observe(full=True)

    assert closed.codes == ["columns_locked"]
    (problem,) = closed.problems
    assert not problem.blocks
    assert '"Sync Status", "Sync Message"' in problem.text
    assert "Share it as Admin" in problem.text
    assert closed.by_ref[row].marks["sync_status"] is Mark.LOCKED


def test_a_sheet_shared_as_admin_again_shows_each_row_as_another_one() -> None:
    world = World()
    row = world.add(Location_Name="Joliet")
    share(world, Level.EDITOR)
    closed = world.observe(full=True)
    share(world, Level.ADMIN)
    world.clock.advance(timedelta(minutes=11))  # nothing moved the sheet: its columns are looked at

    looked, opened = world.observe(), world.observe()

    assert looked.codes == opened.codes == []
    assert "sync_status" not in opened.by_ref[row].marks
    assert opened.by_ref[row].version != closed.by_ref[row].version

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.smartsheet.sheets import ALL, PLACE, live

from ubm_smartsheet.columns import (
    Column,
    Known,
    Match,
    bindings_of,
    match,
    parse_column,
    titled,
    type_of,
    wanted_type,
)
from ubm_smartsheet.drift import headroom, no_access, problems
from ubm_smartsheet.judging import Judge
from ubm_smartsheet.traits import with_losses
from ubm_sync.model import Binding, FieldType, Problem


def told(found: Match) -> list[Problem]:
    drifts = Judge("Halsted Foods", ALL, found, {}, {}, {}).drifts()
    return list(problems("7", drifts))


def first() -> Match:
    return match(ALL, {}, list(live().values()))


def again(columns: list[Column], known: Match | None = None) -> tuple[Match, list[Problem]]:
    before = known or first()
    found = with_losses(match(ALL, before.known, columns), ALL, {}, before.columns)
    return found, told(found)


def test_a_new_sheet_is_bound_by_titles() -> None:
    assert first().columns == live()
    assert told(first()) == []


def test_titles_may_differ_in_case_and_spaces_where_that_is_certain() -> None:
    columns = live(notes={"title": " notes "})

    assert match(ALL, {}, list(columns.values())).columns["notes"].id == columns["notes"].id


def test_two_titles_alike_are_no_match() -> None:
    columns = [*live(notes={"title": "NOTES"}).values(), Column(999, "notes ", "TEXT_NUMBER")]

    assert "notes" not in match(ALL, {}, columns).columns


def test_a_renamed_column_is_followed_by_its_id() -> None:
    found, found_problems = again(list(live(account_number={"title": "Acct #"}).values()))

    assert found.columns["account_number"].title == "Acct #"
    assert [one.code for one in found_problems] == ["column_renamed"]


def test_swapped_titles_swap_no_values() -> None:
    columns = live(
        notes={"title": "Account Number"},
        account_number={"title": "Notes"},
    )

    found, found_problems = again(list(columns.values()))

    assert found.columns["notes"].id == columns["notes"].id
    assert [(one.code, one.fields) for one in found_problems] == [
        ("column_confused", ("account_number",)),
        ("column_confused", ("notes",)),
    ]


def test_a_vanished_column_is_replaced_by_one_of_the_same_title_and_type() -> None:
    columns = live(notes={"id": 999})

    found, found_problems = again(list(columns.values()))

    assert found.columns["notes"].id == 999
    assert [one.code for one in found_problems] == ["column_replaced"]
    assert again(list(columns.values()), found)[1] == []


def test_a_vanished_column_is_not_replaced_by_one_of_another_type() -> None:
    found, found_problems = again(list(live(notes={"id": 999, "type": "CHECKBOX"}).values()))

    assert "notes" not in found.columns
    assert [one.code for one in found_problems] == ["column_missing"]
    assert "Another column with its title, of type Checkbox, is not taken" in found_problems[0].text
    assert 'Rename that one, then run "ubm-sync template apply"' in found_problems[0].text


def test_a_column_renamed_and_then_lost_is_replaced_under_either_title() -> None:
    renamed, _ = again(list(live(notes={"title": "Remarks"}).values()))

    found, _ = again(list(live(notes={"id": 999, "title": "Remarks"}).values()), renamed)

    assert found.columns["notes"].id == 999


def test_a_lost_column_that_comes_back_is_known_again() -> None:
    without = [one for name, one in live().items() if name != "notes"]
    lost, _ = again(without)

    found, found_problems = again(list(live().values()), lost)

    assert found.columns == live()
    assert found_problems == []


def test_another_title_in_the_mapping_binds_anew() -> None:
    columns = [*live().values(), Column(999, "Remarks", "TEXT_NUMBER")]

    found = match(titled(ALL, {"notes": "Remarks"}), first().known, columns)

    assert found.columns["notes"].id == 999
    assert found.replaced == ()


def test_no_two_fields_live_in_one_column() -> None:
    known = {"notes": Known(104, "Notes", "TEXT_NUMBER", "Notes")}

    found = match(ALL, known, [Column(104, "Account Number", "TEXT_NUMBER")])

    assert set(found.columns) == {"notes"}


@pytest.mark.parametrize(
    ("field", "blocks", "scope"),
    [
        ("notes", False, "smartsheet/7/notes"),
        ("sync_id", True, "smartsheet/7"),
        ("sync_status", False, "smartsheet/7/sync_status"),
    ],
)
def test_only_a_vital_column_stops_its_sheet(field: str, blocks: bool, scope: str) -> None:
    _, (problem,) = again([one for name, one in live().items() if name != field])

    assert (problem.code, problem.blocks, problem.scope) == ("column_missing", blocks, scope)
    assert problem.fields == (field,)


def test_a_sheet_that_never_had_the_identity_is_not_told_of_a_deleted_one() -> None:
    columns = [one for name, one in live().items() if name != "sync_id"]

    (problem,) = told(match(ALL, {}, columns))

    assert (problem.code, problem.blocks) == ("column_missing", True)
    assert "which never had it; nothing is written to this sheet until it is there" in problem.text
    assert "deleted" not in problem.text


def test_a_retyped_column_names_both_types() -> None:
    _, (problem,) = again(list(live(start={"type": "TEXT_NUMBER"}).values()))

    assert problem == Problem(
        "smartsheet/7/start",
        "column_retyped",
        'Column "Service Start" of sheet "Halsted Foods" is of type Text/Number but should be '
        "Date; its values wait until the type is put back. The rows are safe. "
        'Run "ubm-sync template apply", or change the type (Edit Column Properties).',
        fields=("start",),
    )


def test_a_text_column_that_never_had_the_type_works_and_is_told() -> None:
    columns = list(live(start={"type": "TEXT_NUMBER"}).values())
    fresh = match(ALL, {}, columns)

    found, (problem,) = again(columns, fresh)

    assert found.known["start"].type == "TEXT_NUMBER"
    assert problem == Problem(
        "smartsheet/7/start",
        "column_untyped",
        'Column "Service Start" of sheet "Halsted Foods" is of type Text/Number but should be '
        "Date; what is in it is read as text and works. To have it checked while people type, "
        "change its type (Edit Column Properties).",
    )


def test_a_column_that_was_put_right_and_is_retyped_later_waits() -> None:
    made = match(ALL, {}, list(live(start={"type": "TEXT_NUMBER"}).values()))
    right, _ = again(list(live().values()), made)

    _, (problem,) = again(list(live(start={"type": "TEXT_NUMBER"}).values()), right)

    assert (problem.code, problem.fields) == ("column_retyped", ("start",))


def test_a_column_of_a_type_that_cannot_hold_the_values_waits_from_the_start() -> None:
    columns = list(live(kind={"type": "CHECKBOX"}).values())

    _, (problem,) = again(columns, match(ALL, {}, columns))

    assert (problem.code, problem.fields) == ("column_retyped", ("kind",))


def test_missing_options_are_named_in_the_sheets_words() -> None:
    _, (problem,) = again(list(live(kind={"options": ("Change",)}).values()))

    assert problem.text.startswith(
        'The values "Add location", "Close" of dropdown "Request Type" in sheet "Halsted Foods" '
        "are gone; its values wait until they are back"
    )


def test_more_options_than_ours_are_welcome() -> None:
    options = {"options": ("Close", "Add location", "Other")}

    assert again(list(live(kind=options).values()))[1] == []


def test_an_unlocked_service_column_is_told() -> None:
    _, (problem,) = again(list(live(ticket={"locked": False}).values()))

    assert (problem.code, problem.scope) == ("column_unlocked", "smartsheet/7/ticket")


def test_a_sheet_out_of_reach_blocks_and_is_not_called_deleted() -> None:
    problem = no_access("7", "Halsted Foods", "Not found.")

    assert problem.blocks
    assert "nothing in it is taken as deleted" in problem.text
    assert "id 7" in no_access("7", "").text


@pytest.mark.parametrize(
    ("rows", "columns", "count"), [(14_000, 28, 0), (14_300, 28, 1), (1, 0, 0)]
)
def test_headroom_is_told_from_four_fifths_on(rows: int, columns: int, count: int) -> None:
    assert len(list(headroom("7", "Halsted Foods", rows, columns))) == count


def test_columns_are_read_with_unknown_attributes_and_without_most() -> None:
    body = {
        "id": 5,
        "title": "Request #",
        "type": "TEXT_NUMBER",
        "systemColumnType": "AUTO_NUMBER",
        "lockedForUser": True,
        "options": ["a"],
        "new": {},
    }

    column = parse_column(body)

    assert column == Column(
        5, "Request #", "TEXT_NUMBER", "AUTO_NUMBER", locked_for_us=True, options=("a",)
    )
    assert type_of(column) == "AUTO_NUMBER"
    assert parse_column({"id": 5}).type == "TEXT_NUMBER"


def test_the_identity_has_a_column_even_where_the_mapping_has_none() -> None:
    (identity,) = [one for one in ALL if one.field == "sync_id"]

    assert (identity.external, identity.locked) == ("UBM Sync ID", True)
    assert bindings_of(PLACE, "Our ID")[-1].external == "Our ID"


def test_types_follow_from_the_field_where_the_mapping_names_none() -> None:
    assert wanted_type(Binding("a", "A", FieldType.DATE)) == "DATE"
    assert wanted_type(Binding("a", "A", FieldType.IDENTIFIER)) == "TEXT_NUMBER"
    assert wanted_type(Binding("a", "A", settings={"column": "DATE"})) == "DATE"


columns_strategy = st.lists(
    st.builds(
        Column,
        st.integers(101, 120),
        st.sampled_from([one.external for one in ALL] + ["Other", "notes"]),
        st.sampled_from(["TEXT_NUMBER", "PICKLIST", "DATE"]),
    ),
    max_size=20,
    unique_by=lambda column: column.id,
)


@given(columns_strategy, columns_strategy)
def test_matching_is_stable_and_never_shares_a_column(
    before: list[Column], after: list[Column]
) -> None:
    found = match(ALL, match(ALL, {}, before).known, after)
    ids = [column.id for column in found.columns.values()]

    assert len(ids) == len(set(ids))
    settled = match(ALL, found.known, after)
    assert settled.columns == found.columns
    assert settled.known == found.known
    assert settled.replaced == ()

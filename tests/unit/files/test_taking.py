"""What a file changes in the register, and what the file beside it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.system import shipped_place

from ubm_files.layout import Drop, Form, Line, read_drop
from ubm_files.register import Entry
from ubm_files.results import escaped, render, result_lines
from ubm_files.tables import Limits, read_table
from ubm_files.taking import Taken, take, written
from ubm_files.values import Seen, is_damaged

FORM = Form(shipped_place("row"), {})
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ROW = {
    "location_code": "0412",
    "commodity": "Electric",
    "bill_type": "Full service",
    "vendor": "ComEd",
    "account_number": "4471908023",
    "city": "Joliet",
}


def drop(*rows: Mapping[str, str]) -> Drop:
    fields = frozenset(name for row in rows for name in row)
    lines = [Line({name: Seen(row.get(name, "")) for name in fields}) for row in rows]
    return Drop(tuple(lines), fields)


def taken(
    file: Drop, rows: Sequence[Entry] = (), secrets: Mapping[str, str] | None = None
) -> Taken:
    known = [
        replace(one, values=dict(one.values), given=dict(one.given), marks=dict(one.marks))
        for one in rows
    ]
    last = max((one.number for one in known), default=0)
    return take(
        file,
        known,
        FORM,
        lambda values: {k: v for k, v in (secrets or {}).items() if k in values},
        container="intake-harbor",
        name="locations.csv",
        last_number=last,
        now=NOW,
    )


def values(row: Entry) -> dict[str, str]:
    return {name: row.values[name] for name in ROW if name in row.values}


def test_a_new_line_is_a_new_row_with_the_next_number() -> None:
    found = taken(drop(ROW, {**ROW, "account_number": "99"}))

    assert [one.values["request_number"] for one in found.save] == ["LOC-00001", "LOC-00002"]
    assert values(found.save[0]) == ROW
    assert found.new == 2


def test_the_same_file_again_stores_nothing() -> None:
    rows = taken(drop(ROW, ROW, {**ROW, "account_number": ""})).save

    again = taken(drop(ROW, ROW, {**ROW, "account_number": ""}), rows)

    assert (again.save, again.new) == ([], 0)
    assert again.refs == [one.ref for one in rows]


@pytest.mark.parametrize(
    "correction",
    [
        {"account_number": "447-190-8023"},
        {"vendor": "Commonwealth Edison"},
        {"bill_type": "Delivery only"},
        {"location_code": "0413"},
        {"commodity": "Natural gas"},
        {"city": ""},
    ],
)
def test_a_correction_is_of_the_same_row(correction: Mapping[str, str]) -> None:
    rows = taken(drop(ROW)).save

    found = taken(drop({**ROW, **correction}), rows)

    assert found.refs == [rows[0].ref]
    assert found.new == 0


@pytest.mark.parametrize(
    "other",
    [{"account_number": "4471908024"}, {"vendor": "Nicor", "location_code": "0500"}],
)
def test_another_account_is_another_row(other: Mapping[str, str]) -> None:
    rows = taken(drop(ROW)).save

    assert taken(drop({**ROW, **other}), rows).new == 1


def test_an_account_number_that_was_missing_is_filled_in() -> None:
    rows = taken(drop({**ROW, "account_number": ""})).save

    found = taken(drop(ROW), rows)

    assert (found.new, found.changed) == (0, 1)
    assert found.save[0].values["account_number"] == "4471908023"


def test_a_line_can_claim_no_row_of_another_customer() -> None:
    (row,) = taken(drop(ROW)).save
    file = drop({**ROW, "account_number": "1", "location_code": "9"})
    stranger = file.lines[0]._replace(identity="019ab2c0-0000-7000-8000-000000000001")

    assert taken(replace(file, lines=(stranger,)), [row]).new == 1


def test_what_somebody_else_changed_since_is_no_edit_of_the_file() -> None:
    (row,) = taken(drop(ROW)).save
    changed = written(row, {"city": "Romeoville"})

    assert taken(drop(ROW), [changed]).save == []


def test_a_column_that_is_not_there_empties_nothing() -> None:
    (row,) = taken(drop(ROW)).save
    without = {name: text for name, text in ROW.items() if name != "city"}

    assert taken(drop(without), [row]).save == []


def test_zeros_that_a_spreadsheet_took_are_no_edit() -> None:
    (row,) = taken(drop({**ROW, "account_number": "0045118"})).save

    again = taken(drop({**ROW, "location_code": "412", "account_number": "45118"}), [row])

    assert again.save == []


@pytest.mark.parametrize(
    ("new", "old", "damaged"),
    [
        ("412", "0412", True),
        ("4.47191E+09", "4471908023", True),
        ("4.5E+09", "4471908023", True),
        ("4.6E+09", "4471908023", False),
        ("413", "0412", False),
        ("0412", "412", False),
        ("x", "0412", False),
    ],
)
def test_damage_is_told_from_an_edit(new: str, old: str, damaged: bool) -> None:
    assert is_damaged(new, old) is damaged


def test_a_password_is_neither_kept_nor_taken_for_an_edit_later() -> None:
    secret = {"city": "[masked]"}
    (row,) = taken(drop({**ROW, "city": "pw: hunter2"}), secrets=secret).save

    assert "hunter2" not in str(row)
    assert row.values["city"] == "[masked]"
    assert taken(drop({**ROW, "city": "pw: hunter2"}), [row], secrets=secret).save == []


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), CELL), max_size=4), CELL)
def test_a_result_file_that_is_dropped_again_edits_nothing(
    cells: list[dict[str, str]], city: str
) -> None:
    entered = [{**ROW, "account_number": f"44{n}", **one} for n, one in enumerate(cells)]
    lines = [Line({k: Seen(v.strip()) for k, v in one.items()}) for one in entered]
    rows = taken(Drop(tuple(lines), frozenset(ROW))).save
    rows = [replace(one, key=f"id-{one.number}") for one in rows]
    content = render(result_lines(FORM, rows), ".csv")
    later = [written(one, {"city": city}) for one in rows]

    table = read_table(".csv", content, FORM.fits, Limits(100, 10**6))
    again = taken(read_drop(table.table, FORM), later)

    assert again.new == 0
    assert all(one.values.get("city") == (city or None) for one in again.save)


@given(CELL)
def test_no_cell_of_a_result_begins_like_a_formula(text: str) -> None:
    assert not escaped(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))

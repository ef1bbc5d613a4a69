from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.smartsheet.sheets import ALL, decoded, live

from ubm_smartsheet.decode import RowDecoder
from ubm_smartsheet.values import canonical_number, shown_number, trimmed
from ubm_smartsheet.versions import carries, fixed_fields
from ubm_sync.model import Mark, Observation


def row(**cells: Any) -> Observation:
    one = decoded(location_name="Joliet", **cells)
    assert one is not None
    return one


def test_a_row_has_who_and_when_and_where() -> None:
    one = decoded(
        row={"modifiedBy": {"name": "Dana", "email": "dana@x.example"}},
        location_name="Joliet",
        sync_id="0190",
    )

    assert one is not None
    assert (one.place, one.ref, one.key, one.container) == ("row", "555", "0190", "7")
    assert one.values == {"location_name": "Joliet"}
    assert one.created_at == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert one.modified_at == datetime(2026, 11, 21, 15, 4, 5, tzinfo=UTC)
    assert one.modified_by == "dana@x.example"


@pytest.mark.parametrize(
    ("field", "cell", "value", "mark"),
    [
        ("account_number", "0045-118", "0045-118", None),
        ("account_number", {"value": 412, "displayValue": "412"}, "412", Mark.NUMERIC),
        ("account_number", {"value": 412}, "412", Mark.NUMERIC),
        ("account_number", {"value": 412.0}, "412", Mark.NUMERIC),
        ("account_number", {"value": 0.5}, "0.5", Mark.NUMERIC),
        (
            "account_number",
            {"value": 1.23e15, "displayValue": "1.23E+15"},
            "1.23E+15",
            Mark.NUMERIC,
        ),
        ("account_number", {"value": 1.5e20}, "1.5e+20", Mark.NUMERIC),
        ("account_number", {"value": True}, "true", None),
        ("notes", {"value": 5, "displayValue": "5"}, "5", None),
        ("notes", '=HYPERLINK("x")', '=HYPERLINK("x")', None),
        ("notes", "\u00a0 a\u200bb \ufeff\n", "a\u200bb", None),
        ("notes", "ok \U0001f44d", "ok \U0001f44d", None),
        ("notes", "x" * 4000, "x" * 4000, None),
        ("kind", "Add location", "add", None),
        ("kind", "add it", "add it", Mark.UNTYPED),
        ("kind", {"value": 3, "displayValue": "3"}, "3", Mark.UNTYPED),
        ("sync_status", "Draft", "Draft", None),
        ("start", "2026-12-01", "2026-12-01", None),
        ("start", "2026-12-01T08:00:00", "2026-12-01", None),
        ("start", "12/1/2026", "2026-12-01", None),  # text: pasted, or written by a program
        ("start", "next week", "next week", Mark.UNTYPED),
        ("start", "2026-13-01", "2026-13-01", Mark.UNTYPED),
        ("online", {"value": True}, "true", None),
        ("online", {"value": False}, "false", None),
        ("online", "maybe", "maybe", Mark.UNTYPED),
        ("amount", {"value": 1200.0, "displayValue": "$1,200.00"}, "1200", None),
        ("amount", {"value": 0.1}, "0.1", None),
        ("amount", {"value": 1e-7}, "0.0000001", None),
        ("amount", "about 5", "about 5", None),
        ("csm", "dana@x.example", "dana@x.example", None),
        (
            "csm",
            {"objectValue": {"objectType": "CONTACT", "email": "d@x", "name": "D"}},
            "d@x",
            None,
        ),
        (
            "tags",
            {"objectValue": {"objectType": "MULTI_PICKLIST", "values": ["a", " b "]}},
            "a; b",
            None,
        ),
        (
            "csm",
            {
                "objectValue": {
                    "objectType": "MULTI_CONTACT",
                    "values": [{"email": "a@x"}, {"name": "B"}],
                }
            },
            "a@x; B",
            None,
        ),
        (
            "notes",
            {"objectValue": {"objectType": "DURATION", "days": 2}, "displayValue": "2d"},
            "2d",
            None,
        ),
        ("ticket", "#42", "42", None),
        ("ticket", "ask Dana", "ask Dana", None),
        ("ticket", "#", "#", None),
    ],
)
def test_cells_become_canonical_values(
    field: str, cell: Any, value: str, mark: Mark | None
) -> None:
    one = row(**{field: cell})

    assert one.values[field] == value
    assert one.marks.get(field) == mark


@pytest.mark.parametrize("cell", ["", "  ", "\u200b", {}, {"value": None}, {"objectValue": {}}])
def test_an_empty_cell_is_absent(cell: Any) -> None:
    assert "notes" not in row(notes=cell).values


def test_formula_link_and_system_cells_are_marked() -> None:
    one = row(
        notes={"value": "5", "formula": "=SUM(1)"},
        account_number={"value": 7, "linkInFromCell": {"sheetId": 1}},
        number="LOC-00001",
    )

    assert one.marks == {
        "notes": Mark.FORMULA,
        "account_number": Mark.LINKED,
        "number": Mark.SYSTEM,
    }
    assert fixed_fields(one.version) == {"notes", "account_number"}


def test_a_row_locked_for_us_marks_every_field() -> None:
    one = decoded(row={"locked": True, "lockedForUser": True}, location_name="Joliet")

    assert one is not None
    assert one.marks["notes"] is Mark.LOCKED
    assert one.marks["number"] is Mark.SYSTEM
    assert fixed_fields(one.version) == {"*"}


def test_a_row_locked_for_others_only_is_not_marked() -> None:
    one = decoded(row={"locked": True, "lockedForUser": False}, location_name="Joliet")

    assert one is not None
    assert set(one.marks) == {"number"}


def test_columns_locked_for_us_and_column_formulas_mark_their_field() -> None:
    columns = live(notes={"locked_for_us": True}, amount={"formula": True})
    decoder = RowDecoder("row", "7", ALL, columns, key_is_value=False)

    one = decoder.row({"id": 1, "cells": []}, keep_blank=True)

    assert one is not None
    assert (one.marks["notes"], one.marks["amount"]) == (Mark.LOCKED, Mark.FORMULA)


@pytest.mark.parametrize("trait", ["locked_for_us", "formula"])
def test_a_row_is_another_one_when_its_column_opens_though_nobody_touched_it(trait: str) -> None:
    body = {"id": 1, "modifiedAt": "2026-11-20T15:00:00Z", "cells": []}

    closed, opened = (
        RowDecoder("row", "7", ALL, live(notes={trait: one}), key_is_value=False).row(
            body, keep_blank=True
        )
        for one in (True, False)
    )

    assert closed is not None
    assert opened is not None
    assert closed.version != opened.version


def test_a_row_without_anything_typed_is_left_out() -> None:
    assert decoded(number="LOC-00001", sync_status="Draft") is None
    assert decoded() is None


def test_a_row_with_an_identity_is_shown_even_when_emptied() -> None:
    one = decoded(sync_id="0190")

    assert one is not None
    assert one.values == {}


def test_a_blank_row_is_shown_when_asked_for_by_id() -> None:
    assert decoded(keep_blank=True) is not None


def test_columns_we_do_not_know_are_no_concern() -> None:
    columns = live()
    decoder = RowDecoder("row", "7", ALL, columns, key_is_value=False)
    cells = [{"columnId": 999, "value": "x"}, {"columnId": columns["notes"].id, "value": "y"}]

    one = decoder.row({"id": 1, "cells": cells})

    assert one is not None
    assert one.values == {"notes": "y"}


def test_the_identity_is_a_value_where_the_mapping_has_it_as_a_field() -> None:
    columns = live()
    decoder = RowDecoder("row", "7", ALL, columns, key_is_value=True)

    one = decoder.row({"id": 1, "cells": [{"columnId": columns["sync_id"].id, "value": "0190"}]})

    assert one is not None
    assert (one.key, one.values) == ("0190", {"sync_id": "0190"})


def test_the_version_changes_with_any_value_and_with_nothing_else() -> None:
    first = row(notes="a").version

    assert row(notes="a").version == first
    assert row(notes="b").version != first
    assert row(account_number="a").version != first
    assert row(notes="a", sync_id="0190").version != first


def test_the_version_tells_which_identity_the_row_carries() -> None:
    one = row(sync_id="0190")

    assert carries(one.version, "0190")
    assert not carries(one.version, "0191")
    assert not carries(row().version, "0190")


def test_the_same_text_read_twice_reads_the_same() -> None:
    decoder = RowDecoder("row", "7", ALL, live(), key_is_value=False)
    columns = live()
    body = {
        "id": 1,
        "cells": [
            {"columnId": columns["start"].id, "value": "2026-12-01"},
            {"columnId": columns["kind"].id, "value": "Close"},
            {"columnId": columns["sync_status"].id, "value": "Draft"},
        ],
    }

    assert decoder.row(body) == decoder.row(body)


json_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
objects = (
    st.none()
    | st.text(max_size=5)
    | st.dictionaries(
        st.sampled_from(["objectType", "values", "value", "email"]),
        json_values | st.lists(json_values, max_size=3),
    )
)


@given(
    st.sampled_from(["notes", "kind", "start", "online", "amount", "csm", "tags", "ticket"]),
    st.fixed_dictionaries(
        {}, optional={"value": json_values, "displayValue": json_values, "objectValue": objects}
    ),
)
def test_no_cell_is_too_odd_to_be_read(field: str, cell: dict[str, Any]) -> None:
    one = row(**{field: cell})

    assert "" not in one.values.values()
    assert {type(text) for text in one.values.values()} == {str}


@given(st.text(max_size=60))
def test_trimming_takes_only_ends_and_once_is_enough(text: str) -> None:
    short = trimmed(text)

    assert short in text
    assert trimmed(short) == short


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_canonical_numbers_have_no_exponent_and_keep_their_value(number: float) -> None:
    text = canonical_number(number)

    assert "e" not in text.lower()
    assert float(text) == float(number)
    assert shown_number(number)


@pytest.mark.parametrize(
    ("field", "typed", "value", "mark"),
    [
        ("kind", "Add location", "add", None),
        ("kind", " add  LOCATION", "add", None),
        ("kind", "Close", "close", None),
        ("kind", "Open", "Open", Mark.UNTYPED),
        ("start", "12/1/2026", "2026-12-01", None),
        ("start", "12/01/26", "2026-12-01", None),
        ("start", "2026-12-01", "2026-12-01", None),
        ("start", "13/01/2026", "13/01/2026", Mark.UNTYPED),
    ],
)
def test_a_choice_or_a_date_typed_into_a_text_column_is_read(
    field: str, typed: str, value: str, mark: Mark | None
) -> None:
    plain = live(kind={"type": "TEXT_NUMBER", "options": ()}, start={"type": "TEXT_NUMBER"})

    cells: dict[str, Any] = {field: typed}

    one = decoded(columns=plain, **cells)

    assert one is not None
    assert one.values == {field: value}
    assert one.marks.get(field) == mark

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.smartsheet.sheets import ALL, live

from ubm_smartsheet.batching import answered, batches, failures, position
from ubm_smartsheet.encode import Row, encode_row
from ubm_smartsheet.outcomes import landed, nothing_left
from ubm_smartsheet.refusals import understand
from ubm_smartsheet.versions import fixed_fields, is_stale, make_version, written_version
from ubm_sync.model import Ref, Result, Write, Written

BOUND = {one.field: one for one in ALL}
KEY = "01900000-0000-7000-8000-000000000001"


def version(*fixed: str, key: str | None = KEY, at: str = "2026-11-21T15:00:00Z") -> str:
    return make_version(at, {"notes": "x"}, key, fixed, 0)


def encoded(expected: str | None = None, **values: Written) -> Row:
    write = Write("row", KEY, "555", "7", values, version() if expected is None else expected)
    return encode_row(write, BOUND, live(), "add it again")


@pytest.mark.parametrize(
    ("field", "value", "cell"),
    [
        ("notes", "007", {"value": "007", "strict": True}),
        ("notes", None, {"value": ""}),
        ("kind", "add", {"value": "Add location", "strict": True}),
        ("start", "2026-12-01", {"value": "2026-12-01", "strict": True}),
        ("online", "true", {"value": True, "strict": True}),
        ("online", None, {"value": False}),
        ("online", "maybe", {"value": "maybe", "strict": True}),
        ("amount", "12", {"value": 12, "strict": True}),
        ("amount", "0.5", {"value": 0.5, "strict": True}),
        ("amount", "some", {"value": "some", "strict": True}),
        ("amount", "12345678901234567890", {"value": "12345678901234567890", "strict": True}),
        ("csm", "d@x.example", {"value": "d@x.example", "strict": True}),
        ("tags", "a; b", {"objectValue": {"objectType": "MULTI_PICKLIST", "values": ["a", "b"]}}),
        (
            "ticket",
            "42",
            {"value": "#42", "strict": True, "hyperlink": {"url": "https://tickets.example/42"}},
        ),
        ("ticket", None, {"value": "", "hyperlink": None}),
    ],
)
def test_values_become_strict_cells(field: str, value: str | None, cell: dict[str, Any]) -> None:
    row = encoded(**{field: value})

    assert row.cells == {field: {"columnId": live()[field].id, **cell}}
    assert row.faults == {}


def test_numbers_stay_numbers_and_text_stays_text() -> None:
    assert type(encoded(amount="12").cells["amount"]["value"]) is int
    assert type(encoded(account_number="12").cells["account_number"]["value"]) is str


@pytest.mark.parametrize(
    ("expected", "values", "words"),
    [
        (None, {"number": "LOC-1"}, "filled by Smartsheet"),
        (None, {"nonsense": "x"}, "binds 'nonsense' to no column"),
        (None, {"notes": Ref("account")}, "waits for the account"),
        (None, {"notes": "x" * 4001}, "4,001 characters"),
        (version("notes"), {"notes": "x"}, "holds a formula or a link"),
        (version("*"), {"notes": "x"}, "the row is locked"),
    ],
)
def test_what_is_not_ours_to_write_is_left_out_with_a_reason(
    expected: str | None, values: dict[str, Written], words: str
) -> None:
    row = encoded(expected, **values)

    assert row.cells == {}
    assert words in row.reasons
    assert nothing_left(row).at_fault == tuple(values)


def test_the_identity_goes_along_where_the_row_has_none_or_another() -> None:
    for key in (None, "another"):
        row = encoded(version(key=key), notes="x")
        assert row.cells["sync_id"]["value"] == KEY
        assert landed(row, "555", "v").landed is None


def test_the_identity_is_not_sent_again() -> None:
    assert list(encoded(version(), notes="x").cells) == ["notes"]


def test_an_identity_we_may_not_write_is_told() -> None:
    write = Write("row", KEY, "555", "7", {"notes": "x"}, version(key=None))

    row = encode_row(write, BOUND, live(sync_id={"locked_for_us": True}), "")

    assert "sync_id" in row.faults
    assert list(row.cells) == ["notes"]


def test_a_write_without_fields_has_landed_already() -> None:
    assert nothing_left(encoded()).result is Result.LANDED


def test_own_versions_carry_what_cannot_be_written() -> None:
    write = Write("row", KEY, "555", "7", {"notes": "x"}, version("amount", "notes"))

    assert fixed_fields(written_version(write, "2026-11-21T15:00:00Z")) == {"amount", "notes"}
    assert fixed_fields("") == frozenset()


@pytest.mark.parametrize(
    ("expected", "latest", "stale"),
    [
        ("2026-11-21T15:00:00Z/aa/-", "2026-11-21T15:00:00Z/aa/-", False),
        ("2026-11-21T15:00:00Z/aa/-", "2026-11-21T15:00:00Z/bb/-", True),
        ("2026-11-21T15:00:00Z/aa/-", "2026-11-21T15:00:01Z/aa/-", True),
        ("2026-11-21T15:00:00Z/waa/-", "2026-11-21T15:00:00Z/bb/-", False),
        ("2026-11-21T15:00:00Z/waa/-", "2026-11-21T15:00:01Z/bb/-", True),
    ],
)
def test_a_write_is_stale_where_the_row_changed_since(
    expected: str, latest: str, stale: bool
) -> None:
    assert is_stale(expected, latest) is stale


def row_of(ref: str | None, key: str = KEY) -> Row:
    return Row(Write("row", key, ref, "7", {}))


def test_refused_rows_are_found_by_id_or_by_position() -> None:
    rows = [row_of("11"), row_of("12"), row_of(None)]

    assert position({"rowId": 12}, rows) == 1
    assert position({"index": 2}, rows) == 2
    assert position({"index": 9}, rows) is None
    assert position({"index": "2"}, rows) is None
    assert position("nothing", rows) is None


def test_failed_items_are_mapped_to_their_rows() -> None:
    rows = [row_of("11"), row_of("12")]
    answer = {"failedItems": [{"index": 0, "rowId": 12, "error": {"errorCode": 1}}, {"index": 7}]}

    assert failures(answer, rows) == {1: {"errorCode": 1}}
    assert failures({"failedItems": None}, rows) == {}


@pytest.mark.parametrize(
    ("result", "ids"),
    [([{"id": 1}, {"rowNumber": 2}], [1]), ({"id": 3}, [3]), (None, []), ([], [])],
)
def test_the_rows_of_an_answer_are_listed_whatever_its_shape(
    result: object, ids: list[int]
) -> None:
    assert [one["id"] for one in answered({"result": result})] == ids


@given(st.lists(st.sampled_from("abcdefg"), max_size=40), st.integers(1, 5))
def test_batches_hold_every_write_once_in_order_and_no_row_twice(
    refs: list[str], size: int
) -> None:
    rows = [row_of(ref, key=str(number)) for number, ref in enumerate(refs)]

    parts = batches(rows, size)

    sent = [one for part in parts for one in part]
    assert sorted(one.write.key for one in sent) == sorted(one.write.key for one in rows)
    for part in parts:
        assert 0 < len(part) <= size
        assert len({one.write.ref for one in part}) == len(part)
    for ref in set(refs):
        order = [int(one.write.key) for one in sent if one.write.ref == ref]
        assert order == sorted(order)


@pytest.mark.parametrize(
    ("code", "message", "fields", "words"),
    [
        (
            1042,
            "The value for cell in column 102, Sun, did not conform to the strict requirements",
            ("kind",),
            'dropdown "Request Type" does not have this value',
        ),
        (1042, "The value for cell in column 105, x, did not conform", ("start",), "type DATE"),
        (1036, "The columnId 103 is invalid.", ("location_name",), 'refused "Location Name"'),
        (1039, "Column 103 is locked.", ("location_name",), "is locked"),
        (5536, 'The value of "Request Type" is restricted.', ("kind",), 'refused "Request Type"'),
    ],
)
def test_a_refused_cell_is_found_by_the_column_in_the_message(
    code: int, message: str, fields: tuple[str, ...], words: str
) -> None:
    refusal = understand({"errorCode": code, "message": message}, live())

    assert refusal.cell
    assert refusal.fields == fields
    assert words in refusal.reason


@pytest.mark.parametrize(
    ("code", "attribute"),
    [(1006, "gone"), (1034, "gone"), (1050, "locked"), (4004, "passing"), (0, "passing")],
)
def test_refusals_of_whole_rows_are_told_apart(code: int, attribute: str) -> None:
    refusal = understand({"errorCode": code, "message": "words"}, live())

    assert getattr(refusal, attribute)
    assert not refusal.cell


def test_other_refusals_speak_for_themselves() -> None:
    refusal = understand({"errorCode": 1008, "message": "Unable to parse request."}, live())

    assert (refusal.cell, refusal.reason) == (
        False,
        "Smartsheet refused the row: Unable to parse request",
    )
    assert understand({"errorCode": 1042}, live()).reason == "Smartsheet refused the row: code 1042"


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"formula": True}, "calculated by a formula"),
        ({"locked_for_us": True}, "locked for the service"),
    ],
)
def test_columns_that_take_no_values_are_left_out(attributes: dict[str, Any], words: str) -> None:
    write = Write("row", KEY, "555", "7", {"notes": "x"}, version())

    row = encode_row(write, BOUND, live(notes=attributes), "")

    assert row.cells == {}
    assert words in row.reasons


def test_several_people_are_sent_as_contacts() -> None:
    write = Write("row", KEY, "555", "7", {"csm": "a@x; b@x"}, version())

    row = encode_row(write, BOUND, live(csm={"type": "MULTI_CONTACT_LIST"}), "")

    assert row.cells["csm"]["objectValue"] == {
        "objectType": "MULTI_CONTACT",
        "values": [
            {"objectType": "CONTACT", "email": "a@x"},
            {"objectType": "CONTACT", "email": "b@x"},
        ],
    }

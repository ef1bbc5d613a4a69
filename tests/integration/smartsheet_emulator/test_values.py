from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.smartsheet_emulator.playground import ANN, Book, Playground

from ubm_smartsheet.emulator import cells
from ubm_smartsheet.emulator.model import Cell, Column

TEXT = Column(1, "Text")


def write(book: Book, title: str, **cell: Any) -> dict[str, Any]:
    body = {"cells": [{"columnId": book.columns[title], **cell}]}
    answer: dict[str, Any] = json.loads(book.play.raw("POST", f"{book.path}/rows", body).body)
    return answer


def stored(book: Book, title: str, **cell: Any) -> dict[str, Any]:
    assert write(book, title, **cell).get("resultCode") == 0
    read = book.cell(book.read()["rows"][-1], title)
    del read["columnId"]
    return read


@given(text=st.text(min_size=1, max_size=60))
def test_strict_text_is_kept_letter_by_letter(text: str) -> None:
    assert cells.strict(TEXT, text) == text


@given(number=st.integers(-cells.LARGEST, cells.LARGEST) | st.floats(-1e9, 1e9))
def test_strict_numbers_are_kept(number: float) -> None:
    assert cells.strict(TEXT, number) == number


@pytest.mark.parametrize("text", ["007", "50%", "$5,000", "=1+1", "1.23E+15", " x "])
def test_strict_text_looks_like_what_it_is(book: Book, text: str) -> None:
    assert stored(book, "Location Code", value=text)["value"] == text


@pytest.mark.parametrize(
    ("title", "value", "kind"),
    [
        ("Bill Type", "Landlord billed", "PICKLIST"),
        ("State", "Illinois", "PICKLIST"),
        ("Online", "yes", "CHECKBOX"),
        ("Online", 1, "CHECKBOX"),
        ("Service Start", "12/01/2026", "DATE"),
        ("Service Start", "2026-02-30", "DATE"),
        ("Contact", "Ann Lee", "CONTACT_LIST"),
        ("Meters", "A", "MULTI_PICKLIST"),
    ],
)
def test_a_strict_value_must_fit_its_type(book: Book, title: str, value: object, kind: str) -> None:
    answer = write(book, title, value=value)

    assert answer["errorCode"] == 1042
    assert answer["message"] == (
        f"The value for cell in column {book.columns[title]}, {value}, did not conform to the "
        f"strict requirements for type {kind}."
    )


@pytest.mark.parametrize(
    ("title", "cell", "read"),
    [
        ("Online", {"value": "maybe"}, {"value": "maybe", "objectValue": "maybe"}),
        ("Service Start", {"value": "soon"}, {"value": "soon", "objectValue": "soon"}),
        ("Bill Type", {"value": "Other"}, {"value": "Other", "objectValue": "Other"}),
        ("Location Code", {"value": "007"}, {"value": 7, "objectValue": 7, "displayValue": "7"}),
    ],
)
def test_lenient_values_that_do_not_parse_stay_text(
    book: Book, title: str, cell: dict[str, Any], read: dict[str, Any]
) -> None:
    expected = {"displayValue": read["value"], **read}

    assert stored(book, title, strict=False, **cell) == expected


@pytest.mark.parametrize(
    ("typed", "value", "display"),
    [
        ("$5,000", 5000, "$5,000"),
        ("$12.5", 12.5, "$12.50"),
        ("50%", 0.5, "50%"),
        ("1,234", 1234, "1234"),
        ("-3.5", -3.5, "-3.5"),
        ("12345678901234567", "12345678901234567", "12345678901234567"),
        ("12-34", "12-34", "12-34"),
    ],
)
def test_lenient_numbers_are_recognised(
    book: Book, typed: str, value: object, display: str
) -> None:
    read = stored(book, "Location Code", value=typed, strict=False)

    assert (read["value"], read["displayValue"]) == (value, display)


def test_lenient_dates_and_checkboxes_are_recognised(book: Book) -> None:
    assert stored(book, "Service Start", value="12/1/26", strict=False)["value"] == "2026-12-01"
    assert stored(book, "Online", value="Yes", strict=False)["value"] is True


def test_a_contact_shows_its_name(book: Book) -> None:
    named = stored(book, "Contact", value=ANN, displayValue="Ann Lee")
    bare = stored(book, "Contact", value=ANN)

    assert named == {
        "value": ANN,
        "objectValue": {"objectType": "CONTACT", "email": ANN, "name": "Ann Lee"},
        "displayValue": "Ann Lee",
    }
    assert bare["displayValue"] == ANN


def test_object_values_fit_their_columns(book: Book) -> None:
    date = {"objectType": "DATE", "value": "2026-01-31"}
    contact = {"objectType": "CONTACT", "email": ANN, "name": "Ann"}

    assert stored(book, "Service Start", objectValue=date)["value"] == "2026-01-31"
    assert stored(book, "Contact", objectValue=contact)["displayValue"] == "Ann"
    assert stored(book, "Location Code", objectValue="x")["value"] == "x"
    several = {"objectType": "MULTI_PICKLIST", "values": ["Z"]}
    assert write(book, "Meters", objectValue=several)["errorCode"] == 1042


@pytest.mark.parametrize("code", [5536, 5001])
def test_a_restricted_column_refuses_other_values(book: Book, code: int) -> None:
    book.play.set(restricted_error=code)

    assert write(book, "State", value="Illinois", strict=False)["errorCode"] == code


@pytest.mark.parametrize(("first", "code"), [(True, 5536), (False, 1042)])
def test_a_strict_value_meets_the_restriction_or_the_type(
    book: Book, first: bool, code: int
) -> None:
    book.play.set(restriction_first=first)

    assert write(book, "State", value="Illinois")["errorCode"] == code
    assert write(book, "Bill Type", value="Other")["errorCode"] == 1042


def test_only_administrators_override_a_restriction(book: Book) -> None:
    cell = {"columnId": book.columns["State"], "value": "Illinois", "strict": False}
    body = {"cells": [{**cell, "overrideValidation": True}]}
    path, token = f"{book.path}/rows", book.play.act("add_user", email=ANN)["token"]

    assert book.play.code("POST", path, body, token=token) == (403, 1212)
    assert book.play.raw("POST", path, body).status == 200
    query = "overrideValidation=true"
    assert book.play.raw("POST", path, {"cells": [cell]}, query=query).status == 200
    assert book.seen("State") == ["Illinois", "Illinois"]


def test_several_contacts_are_set_through_their_object(play: Playground) -> None:
    columns = [
        {"title": "Name", "type": "TEXT_NUMBER", "primary": True},
        {"title": "People", "type": "MULTI_CONTACT_LIST"},
    ]
    made = play.act("create_sheet", name="Teams", columns=columns)
    book = Book(play, made["sheet"], made["columns"])
    people = [{"email": ANN, "name": "Ann"}, {"email": "bob@x.example"}]

    read = stored(book, "People", objectValue={"objectType": "MULTI_CONTACT", "values": people})

    assert read == {
        "objectValue": {
            "objectType": "MULTI_CONTACT",
            "values": [
                {"objectType": "CONTACT", "email": ANN, "name": "Ann"},
                {"objectType": "CONTACT", "email": "bob@x.example", "name": "bob@x.example"},
            ],
        },
        "displayValue": "Ann, bob@x.example",
    }
    wrong = {"objectType": "MULTI_CONTACT", "values": [{"email": "Ann"}]}
    assert write(book, "People", objectValue=wrong)["errorCode"] == 1042
    assert write(book, "People", objectValue=wrong | {"values": "x"})["errorCode"] == 1131


@pytest.mark.parametrize(
    ("column", "cell", "fits"),
    [
        (Column(1, "c", "PICKLIST", symbol="RYG", validation=True), "Red", True),
        (Column(1, "c", "PICKLIST", symbol="RYG", validation=True), "Pink", False),
        (Column(1, "c", "DATE", validation=True), "soon", False),
        (Column(1, "c", "CHECKBOX", validation=True), "yes", False),
        (Column(1, "c", "CONTACT_LIST", validation=True), "anyone", True),
        (
            Column(1, "c", "CONTACT_LIST", validation=True, contacts=[{"email": ANN}]),
            cells.contact("bob@x.example", None),
            False,
        ),
        (
            Column(1, "c", "MULTI_PICKLIST", options=["a"], validation=True),
            cells.several(Column(1, "c", options=["a"]), ["a", "z"]),
            False,
        ),
        (Column(1, "c", "TEXT_NUMBER", validation=True), "anything", True),
    ],
)
def test_a_restriction_binds_by_type(column: Column, cell: Cell, fits: bool) -> None:
    assert cells.allowed(column, cell) is fits


@pytest.mark.parametrize(
    ("kind", "cell", "becomes"),
    [
        ("DATE", "12/01/2026", "2026-12-01"),
        ("DATE", "soon", "soon"),
        ("CHECKBOX", "yes", True),
        ("TEXT_NUMBER", True, "true"),
        ("TEXT_NUMBER", cells.contact(ANN, "Ann"), "Ann"),
        ("PICKLIST", "x", "x"),
    ],
)
def test_existing_cells_follow_a_new_type(kind: str, cell: Cell, becomes: Cell) -> None:
    assert cells.converted(Column(1, "c", kind), cell) == becomes


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
kinds = st.sampled_from(
    [
        Column(1, "c", "TEXT_NUMBER"),
        Column(1, "c", "PICKLIST", options=["a"]),
        Column(1, "c", "DATE"),
        Column(1, "c", "CHECKBOX"),
        Column(1, "c", "CONTACT_LIST"),
        Column(1, "c", "MULTI_PICKLIST", options=["a"]),
        Column(1, "c", "MULTI_CONTACT_LIST"),
        Column(1, "c", "DURATION"),
    ]
)


@given(kind=kinds, value=json_values)
def test_any_value_is_taken_or_refused_by_code(kind: Column, value: Any) -> None:
    for take in (cells.strict, cells.lenient, cells.from_object):
        try:
            cell = take(kind, value)
        except ValueError as refused:
            assert str(refused)[:4].isdigit()  # noqa: PT017 - either outcome is right
        else:
            assert cells.allowed(kind, cell) in {True, False}

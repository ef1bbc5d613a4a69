"""Canonical text to column values and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_store.values import COLUMNS, Fields, as_text, instant_text, meters
from ubm_sync.model import Binding, FieldType, Ref

FIELDS = Fields(
    (
        Binding("city", "city"),
        Binding("start", "service_start", FieldType.DATE),
        Binding("approved_at", "approved_at", FieldType.INSTANT),
        Binding("status", "status", FieldType.CHOICE, choices=("active", "gone")),
        Binding("ref", "data_services_ref", shape="DS-{}"),
        Binding(
            "bill_type",
            "",
            FieldType.CHOICE,
            choices=("full", "supply"),
            encode={"full": "Full service"},
            decode={"Full service": "full"},
        ),
        Binding("notes", "notes", readable=False),
        Binding("colour", "paint"),
    )
)


def cells(**there: str) -> list[str | None]:
    return [there.get(column) for column in COLUMNS]


def test_values_go_into_their_columns_in_the_columns_types() -> None:
    encoded = FIELDS.encode(
        {
            "city": "Joliet",
            "start": "2026-12-01",
            "approved_at": "2026-11-21T09:40:00-06:00",
            "ref": "17",
            "bill_type": "full",
        }
    )

    assert encoded.columns == {
        "city": "Joliet",
        "service_start": date(2026, 12, 1),
        "approved_at": datetime(2026, 11, 21, 15, 40, tzinfo=UTC),
        "data_services_ref": "DS-17",
        "bill_type": "Full service",
    }
    assert not encoded.faults


def test_nothing_and_empty_text_clear_a_column() -> None:
    assert FIELDS.encode({"city": None, "start": ""}).columns == {
        "city": None,
        "service_start": None,
    }


def test_the_identity_is_no_column_of_the_mapping() -> None:
    encoded = FIELDS.encode({"sync_id": "0190"})

    assert (dict(encoded.columns), dict(encoded.faults)) == ({}, {})


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("start", "12/1/2026", "not a date"),
        ("start", "2026-02-30", "not a date"),
        ("approved_at", "yesterday", "not an instant"),
        ("status", "asleep", "none of setting_up"),
        ("city", "Jol\0iet", "characters"),
        ("city", "\ud800", "characters"),
        ("city", Ref("ticket"), "not known yet"),
        ("colour", "red", "no column"),
        ("shape", "round", "no column"),
    ],
)
def test_a_value_that_fits_nowhere_is_a_fault_of_its_field_alone(
    field: str, value: str | Ref, complaint: str
) -> None:
    encoded = FIELDS.encode({field: value, "bill_type": "supply"})

    assert list(encoded.faults) == [field]
    assert complaint in encoded.faults[field]
    assert encoded.columns == {"bill_type": "supply"}


def test_cells_come_back_as_canonical_values() -> None:
    decoded = FIELDS.decode(
        cells(
            city="Joliet",
            service_start="2026-12-01",
            approved_at="2026-11-21T15:40:00.000000Z",
            data_services_ref="DS-17",
            bill_type="Full service",
            notes="never read",
            zip="60435",
        )
    )

    assert decoded.values == {
        "city": "Joliet",
        "start": "2026-12-01",
        "approved_at": "2026-11-21T15:40:00Z",
        "ref": "17",
        "bill_type": "full",
    }
    assert not decoded.marks


def test_text_where_a_date_belongs_is_kept_and_marked() -> None:
    decoded = FIELDS.decode(cells(service_start="soon", approved_at="later", status="setting_up"))

    assert decoded.values == {"start": "soon", "approved_at": "later", "status": "setting_up"}
    assert decoded.marks == {"start": "untyped", "approved_at": "untyped", "status": "foreign"}


def test_a_cell_without_its_shape_is_read_as_it_is() -> None:
    assert FIELDS.decode(cells(data_services_ref="17")).values == {"ref": "17"}


def test_a_field_without_a_column_is_named() -> None:
    assert FIELDS.unknown == ("colour",)


def test_a_field_is_found_by_its_column() -> None:
    assert FIELDS.field_of("service_start") == "start"
    assert FIELDS.field_of("account_number") == "account_number"


def test_meters_are_separated_by_semicolons_each_once() -> None:
    assert meters(" 17;18 ; ;17") == ("17", "18")
    assert meters(None) == ()


def test_instants_are_short_canonical_text() -> None:
    assert instant_text(datetime(2026, 11, 21, 9, 40, tzinfo=UTC)) == "2026-11-21T09:40:00Z"
    assert as_text(datetime(2026, 11, 21, 9, 40, 0, 5, tzinfo=UTC)) == "2026-11-21T09:40:00.000005Z"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "city": st.text(min_size=1).filter(lambda text: FIELDS.encode({"city": text}).columns),
            "start": st.dates().map(str),
            "approved_at": st.datetimes(timezones=st.just(UTC)).map(instant_text),
            "status": st.just("active"),
            "ref": st.text("abc-", min_size=1),
            "bill_type": st.sampled_from(["full", "supply"]),
        },
    )
)
def test_what_is_written_is_what_is_read(values: dict[str, str]) -> None:
    columns = FIELDS.encode(values).columns
    there = {column: as_text(value) or "" for column, value in columns.items()}

    assert FIELDS.decode(cells(**there)).values == values

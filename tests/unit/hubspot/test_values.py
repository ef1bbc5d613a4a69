from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_hubspot.values import (
    READERS,
    WRITERS,
    Unfit,
    choice_reader,
    choice_writer,
    instant,
    milliseconds,
    write_text,
)
from ubm_sync.model import Binding, FieldType, Mark

DATES = st.dates(min_value=date(1900, 1, 1)).map(date.isoformat)
MOMENTS = st.integers(0, 4_000_000_000_000)
NUMBERS = st.decimals(-(10**12), 10**12, places=4).map(lambda number: f"{number:f}")


@pytest.mark.parametrize(
    ("type_", "outside", "inside"),
    [
        (FieldType.DATE, "2026-12-01", "2026-12-01"),
        (FieldType.DATE, "1796083200000", "2026-12-01"),
        (FieldType.DATE, "2026-12-01T00:00:00Z", "2026-12-01"),
        (FieldType.INSTANT, "2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z"),
        (FieldType.INSTANT, "2026-12-01T10:00:00.000Z", "2026-12-01T10:00:00Z"),
        (FieldType.INSTANT, "2026-12-01T10:00:00.250Z", "2026-12-01T10:00:00.250Z"),
        (FieldType.INSTANT, "2026-12-01T11:00:00+01:00", "2026-12-01T10:00:00Z"),
        (FieldType.INSTANT, "1796119200000", "2026-12-01T10:00:00Z"),
        (FieldType.NUMBER, "5", "5"),
        (FieldType.NUMBER, " 5.0 ", "5"),
        (FieldType.NUMBER, "1.50", "1.5"),
        (FieldType.NUMBER, "100", "100"),
        (FieldType.NUMBER, "1E+3", "1000"),
        (FieldType.NUMBER, "-0", "0"),
        (FieldType.BOOLEAN, "True", "true"),
        (FieldType.BOOLEAN, "false", "false"),
        (FieldType.LONG_TEXT, " a\r\nb\rc \n", "a\nb\nc"),
    ],
)
def test_a_value_reads_as(type_: FieldType, outside: str, inside: str) -> None:
    assert READERS[type_](outside) == (inside, "")


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (FieldType.DATE, "soon"),
        (FieldType.DATE, "9" * 30),
        (FieldType.INSTANT, "soon"),
        (FieldType.INSTANT, "9" * 30),
        (FieldType.NUMBER, "three"),
        (FieldType.NUMBER, "NaN"),
        (FieldType.BOOLEAN, "maybe"),
    ],
)
def test_a_value_of_another_kind_is_kept_and_marked(type_: FieldType, text: str) -> None:
    assert READERS[type_](text) == (text, Mark.UNTYPED)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (FieldType.DATE, "12/01/2026"),
        (FieldType.INSTANT, "noon"),
        (FieldType.NUMBER, "three"),
        (FieldType.BOOLEAN, "yes"),
    ],
)
def test_a_value_hubspot_cannot_hold_is_refused_with_its_text(type_: FieldType, text: str) -> None:
    with pytest.raises(Unfit, match=text):
        WRITERS[type_](text)


@given(DATES)
def test_a_date_comes_back(text: str) -> None:
    assert READERS[FieldType.DATE](WRITERS[FieldType.DATE](text)).value == text


@given(NUMBERS)
def test_a_number_reads_the_same_twice(text: str) -> None:
    value = READERS[FieldType.NUMBER](text).value

    assert READERS[FieldType.NUMBER](WRITERS[FieldType.NUMBER](value)).value == value
    assert float(value) == float(text)


@given(MOMENTS)
def test_an_instant_keeps_its_milliseconds(stamp: int) -> None:
    assert milliseconds(instant(stamp)) == stamp
    assert milliseconds(str(stamp)) == stamp


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_zone_does_not_change_the_instant(stamp: int, minutes: int) -> None:
    moment = datetime.fromisoformat(instant(stamp))
    zoned = moment.astimezone(timezone(timedelta(minutes=minutes)))

    assert milliseconds(zoned.isoformat()) == stamp


def test_text_is_never_cut() -> None:
    assert write_text("x" * 65_536) == "x" * 65_536
    with pytest.raises(Unfit, match=r"65,537 characters; HubSpot holds 65,536"):
        write_text("x" * 65_537)


PRIORITY = Binding(
    "priority",
    "hs_ticket_priority",
    FieldType.CHOICE,
    choices=("low", "high"),
    encode={"low": "LOW", "high": "HIGH"},
    decode={"LOW": "low", "HIGH": "high", "URGENT": "high"},
)
SEVERAL = Binding(
    "topics",
    "topics",
    FieldType.CHOICE,
    choices=("a", "b"),
    encode={"a": "A"},
    decode={"A": "a"},
    settings={"field_type": "checkbox"},
)


def test_an_option_is_translated_both_ways() -> None:
    assert choice_writer(PRIORITY)("high") == "HIGH"
    assert choice_reader(PRIORITY)("HIGH") == ("high", "")
    assert choice_reader(PRIORITY)("URGENT") == ("high", "")


def test_an_option_the_mapping_does_not_know_is_kept_and_marked() -> None:
    assert choice_reader(PRIORITY)("MEDIUM") == ("MEDIUM", Mark.FOREIGN)


def test_without_choices_every_option_is_known() -> None:
    assert choice_reader(Binding("x", "x", FieldType.CHOICE))("anything") == ("anything", "")


def test_several_options_are_joined_by_semicolons() -> None:
    assert choice_reader(SEVERAL)("A;b") == ("a; b", "")
    assert choice_reader(SEVERAL)("A;c;") == ("a; c", Mark.FOREIGN)
    assert choice_writer(SEVERAL)("a; b") == "A;b"


def test_a_number_too_long_to_write_out_is_no_number() -> None:
    text = "1e120260102"

    assert READERS[FieldType.NUMBER](text) == (text, Mark.UNTYPED)

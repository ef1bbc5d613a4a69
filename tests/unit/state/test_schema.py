"""What goes into a column comes out of it."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.model import Ref
from ubm_sync.state.schema import chunks, clean, instant, json_text, microseconds

INSTANTS = st.datetimes(datetime(1902, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
ANY_TEXT = st.text(st.characters())  # surrogates too


@given(INSTANTS)
def test_an_instant_keeps_its_microseconds(value: datetime) -> None:
    assert instant(microseconds(value)) == value


@given(INSTANTS, INSTANTS)
def test_microseconds_sort_as_instants_do(one: datetime, other: datetime) -> None:
    assert (one < other) == (microseconds(one) < microseconds(other))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone, 2026-11-20T12:00:00 has none"):
        microseconds(datetime(2026, 11, 20, 12))  # noqa: DTZ001 - the point of the test


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_is_cleaned_once(value: str) -> None:
    cleaned = clean(value)

    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_decent_text_stays_as_it_is(value: str) -> None:
    assert clean(value) == value


@given(st.recursive(ANY_TEXT, lambda part: st.lists(part) | st.dictionaries(ANY_TEXT, part)))
def test_any_structure_of_any_text_becomes_json(value: object) -> None:
    orjson.loads(json_text(value))


def test_half_a_character_costs_only_itself() -> None:
    assert orjson.loads(json_text({"a": ("nul\0", "\ud800!"), "\udc00": 1})) == {
        "a": ["nul\0", "\ufffd!"],
        "\ufffd": 1,
    }


def test_sets_are_sorted_and_values_of_the_model_are_objects() -> None:
    assert json_text({"s": frozenset("ba"), "r": Ref("account")}) == (
        '{"s":["a","b"],"r":{"place":"account"}}'
    )


def test_what_cannot_be_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json_text({"a": object()})


def test_chunks_hold_everything_in_order() -> None:
    assert [list(part) for part in chunks(range(5), 2)] == [[0, 1], [2, 3], [4]]
    assert list(chunks([], 2)) == []

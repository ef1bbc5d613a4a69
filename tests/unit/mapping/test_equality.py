"""What counts as the same value, and the laws that any equality obeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.mapping import comparable, same
from ubm_sync.model import FieldType

TYPES = st.sampled_from(FieldType)
# Words near each other, so that equal values with different spellings are met often.
BLANKS = " ", "\n", "\u00a0", "\u200b", "\u2000", "\u2002", "\ufeff"
LETTERS = "a", "A", "k", "\u212a", "e\u0301", "\u00e9", "\u00df", "SS", "\U0001f600", "#"
DOTS = "\u0130", "i\u0307", "\u0345", "\u1fb3", "true", "TRUE"
NUMBERS = "0", "1", "1.0", "1e0", "-", "."
TIMES = "2026-12-01", "T06:00:00Z", "T00:00:00-06:00"
PIECES = st.sampled_from(BLANKS + LETTERS + DOTS + NUMBERS + TIMES)
SPELLINGS = st.lists(PIECES, max_size=4).map("".join) | st.none()
TEXTS = st.text(max_size=12) | SPELLINGS


@given(TYPES, TEXTS)
def test_a_value_is_the_same_as_itself(kind: FieldType, a: str | None) -> None:
    assert same(kind, a, a)


@given(TYPES, TEXTS, TEXTS)
def test_being_the_same_goes_both_ways(kind: FieldType, a: str | None, b: str | None) -> None:
    assert same(kind, a, b) == same(kind, b, a)


@given(TYPES, SPELLINGS, SPELLINGS, SPELLINGS)
def test_what_is_the_same_as_the_same_is_the_same(
    kind: FieldType, a: str | None, b: str | None, c: str | None
) -> None:
    if same(kind, a, b) and same(kind, b, c):
        assert same(kind, a, c)


@given(TYPES, TEXTS, TEXTS)
def test_values_are_the_same_exactly_if_their_comparable_texts_are(
    kind: FieldType, a: str | None, b: str | None
) -> None:
    assert same(kind, a, b) == (comparable(kind, a) == comparable(kind, b))


@given(TYPES, TEXTS)
def test_a_comparable_text_is_its_own_comparable_text(kind: FieldType, a: str | None) -> None:
    once = comparable(kind, a)

    assert comparable(kind, once) == once


@given(TYPES, st.text(max_size=12))
def test_blanks_around_a_value_never_make_it_another(kind: FieldType, a: str) -> None:
    assert same(kind, a, f"\u00a0 {a}\u200b\t")


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (FieldType.TEXT, None, ""),
        (FieldType.TEXT, None, " \u00a0"),
        (FieldType.TEXT, "Caf\u00e9  Nord", "Cafe\u0301 Nord"),
        (FieldType.LONG_TEXT, "one\r\ntwo", "one\ntwo"),
        (FieldType.IDENTIFIER, " 0412", "0412"),
        (FieldType.CHOICE, "Natural gas", "Natural Gas"),
        (FieldType.CHOICE, "STRASSE", "Stra\u00dfe"),
        (FieldType.DATE, "2026-12-01", "2026-12-01T00:00:00Z"),
        (FieldType.INSTANT, "2026-12-01T06:00:00Z", "2026-12-01T00:00:00-06:00"),
        (FieldType.INSTANT, "2026-12-01T06:00:00.000Z", "2026-12-01T06:00:00"),
        (FieldType.NUMBER, "1200", "1.2e3"),
        (FieldType.NUMBER, "0", "-0.00"),
        (FieldType.BOOLEAN, "true", "TRUE"),
        (FieldType.PERSON, "Dana.Lee@Example.com", "dana.lee@example.com"),
        (FieldType.STAGE, "approved", "approved "),
    ],
)
def test_spellings_of_one_value_are_the_same(kind: FieldType, a: str | None, b: str) -> None:
    assert same(kind, a, b)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (FieldType.TEXT, "Main St", "main st"),
        (FieldType.IDENTIFIER, "0412", "412"),
        (FieldType.IDENTIFIER, "45 118", "45  118"),
        (FieldType.IDENTIFIER, "a1", "A1"),
        (FieldType.DATE, "2026-12-01", "2026-12-02"),
        (FieldType.DATE, "12/01/2026", "2026-12-01"),
        (FieldType.INSTANT, "2026-12-01T06:00:00Z", "2026-12-01T06:00:01Z"),
        (FieldType.NUMBER, "12345678901234567890123456789.1", "12345678901234567890123456789.2"),
        (FieldType.NUMBER, "1", "-1"),
        (FieldType.NUMBER, "1", None),
        (FieldType.BOOLEAN, "true", "1"),
    ],
)
def test_different_values_stay_different(kind: FieldType, a: str, b: str | None) -> None:
    assert not same(kind, a, b)


def test_a_number_too_large_to_write_out_is_compared_all_the_same() -> None:
    assert same(FieldType.NUMBER, "1e999999", "10e999998")
    assert not same(FieldType.NUMBER, "1e999999", "1e999998")

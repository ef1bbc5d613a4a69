"""Steps of transforms and expressions: what they make of values, and what they are kept from."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.mapping.checks import Validation
from ubm_sync.mapping.expressions import KNOWN, BadExpression, Pattern, expression
from ubm_sync.mapping.failures import USAGE
from ubm_sync.mapping.transforms import (
    Translator,
    Unmapped,
    divide,
    expressions,
    plain_step,
    replace,
    zero_pad,
)
from ubm_sync.model import FieldType, Mark


@pytest.mark.parametrize(
    ("step", "there", "ours"),
    [
        (zero_pad(4), "412", "0412"),
        (zero_pad(4), "0", "0000"),
        (divide("100"), "1250", "12.5"),
        (divide("100"), "-5", "-0.05"),
        (plain_step("us_date"), "12/01/2026", "2026-12-01"),
        (replace("/", "-"), "4100/22", "4100-22"),
        (expressions("value.substring(2)", "'Z-' + value"), "Z-60435", "60435"),
    ],
)
def test_a_step_goes_in_and_out(step: object, there: str, ours: str) -> None:
    one = Translator(FieldType.TEXT, (step,))  # type: ignore[arg-type]

    assert one.read(there) == (ours, "")
    assert one.write(ours) == there


@pytest.mark.parametrize("text", ["next week", "13/45/2026", "", "12/1"])
def test_what_cannot_be_read_stays_as_it_was_typed(text: str) -> None:
    one = Translator(FieldType.DATE, (plain_step("us_date"),))

    assert one.read(text) == (text, Mark.UNTYPED)


def test_what_cannot_be_written_is_a_sentence() -> None:
    one = Translator(FieldType.NUMBER, (divide("100"),))

    with pytest.raises(ValueError, match='"many" is not a number'):
        one.write("many")


@given(st.text(max_size=40))
def test_reading_never_raises(text: str) -> None:
    for step in (zero_pad(5), divide("3"), plain_step("us_date"), plain_step("digits"),
                 expressions("value.substring(1).upper()", "value")):  # fmt: skip
        Translator(FieldType.TEXT, (step,)).read(text)


@pytest.mark.parametrize(
    ("unmapped", "found"),
    [
        (Unmapped.KEEP, ("Other", Mark.FOREIGN)),
        (Unmapped.DEFAULT, ("Gas", "")),
        (Unmapped.RESTORE, ("Other", Mark.UNMAPPED)),
    ],
)
def test_an_unknown_value_goes_by_its_policy(unmapped: Unmapped, found: tuple[str, str]) -> None:
    one = Translator(
        FieldType.CHOICE,
        encode={"Electric": "E"},
        decode={"E": "Electric", "Strom": "Electric"},
        known=frozenset({"Electric", "Gas"}),
        unmapped=unmapped,
        default="Gas",
    )

    assert one.read("Other") == found
    assert one.read("E") == ("Electric", "")
    assert one.read("Strom") == ("Electric", "")
    assert one.read("electric") == ("Electric", "")
    assert one.write("Electric") == "E"


def test_people_are_found_whatever_the_case() -> None:
    one = Translator(
        FieldType.PERSON, people={"dana@a.example": "d@b.example"},
        persons={"d@b.example": "dana@a.example"},
    )  # fmt: skip

    assert one.read("D@b.example") == ("dana@a.example", "")
    assert one.write("Dana@a.example") == "d@b.example"
    assert one.write("lee@a.example") == "lee@a.example"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("value +", "no expression"),
        ("other", 'there is no "other" here'),
        ("value.uper()", 'did you mean "upper"'),
        ("open('/etc/passwd')", 'no function "open"'),
        ("[1, 2].map(x, [3].map(y, y))", "at most one of all"),
        ("value" + " + value" * 100, "at most 500"),
        ("(" * 120 + "value" + ")" * 120, "nested too deeply"),
    ],
)
def test_an_expression_that_could_do_harm_is_refused(source: str, words: str) -> None:
    with pytest.raises(BadExpression, match=words.replace("(", r"\(")):
        expression(source)


def test_a_text_cannot_grow_without_end() -> None:
    grows = expression("value.replace('a', value).replace('a', value).replace('a', value)")

    with pytest.raises(ValueError, match="grew beyond"):
        grows.text("a" * 4000)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('value.padLeft(200, "0")', "padLeft needs a width up to 100 and one character"),
        ("value.padLeft(2)", 'padLeft is not used like that; write it as value.padLeft(4, "0")'),
        ("value.upper(1)", "upper is not used like that; write it as value.upper()"),
        ("upper(5)", "upper is not used like that; write it as value.upper()"),
        ("endsWith(value)", 'endsWith is not used like that; write it as value.endsWith("A")'),
        ("string(int(value))", "the text is no whole number"),
        ("string(double(value))", "the text is no number"),
        ("string(1 / 0)", "it divides by zero"),
        ("9223372036854775807 + size(value)", "a number grows too large"),
        ('value.matches("(")', "the pattern of matches is none: unclosed group"),
        ('{"a": "b"}[value]', "the map has no such entry"),
        ("[1, 2][5]", "the list has no entry of this number"),
    ],
)
def test_what_goes_wrong_in_an_expression_is_told_in_our_words_alone(
    source: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="cannot be worked out") as told:
        expression(source).text("abc")

    assert str(told.value) == f"`{source}` cannot be worked out: {words}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "source", ["value + 1", "value - value", "!value", "value[0]", "value < 1", "1u + 1"]
)
def test_values_of_two_kinds_are_said_to_be_turned_into_one(source: str) -> None:
    with pytest.raises(ValueError, match=r"turn a number into text with string\(\.\.\.\)"):
        expression(source).text("abc")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("value +", "character 8: it ends too early"),
        ("value value", "character 7: `value` does not belong there"),
        ("value +\n * 2", "line 2, character 2: `*` does not belong there"),
        ("'abc", "character 1: `'abc` does not belong there"),
    ],
)
def test_what_is_no_expression_is_named_with_its_place(source: str, words: str) -> None:
    with pytest.raises(BadExpression) as told:
        expression(source)

    assert str(told.value) == f"this is no expression: {words}"


def test_of_every_function_it_is_known_how_it_is_written() -> None:
    assert set(USAGE) == set(KNOWN)
    for usage in USAGE.values():
        for one in usage.split(" or "):
            expression(one)


@given(st.text(max_size=30))
def test_no_value_breaks_an_expression(value: str) -> None:
    for source in ("int(value) + 1", "value.substring(3, 1)", "value[0]", "1 / size(value)"):
        with suppress(ValueError):
            assert isinstance(expression(source).text(value), str)


def test_a_pattern_is_for_the_whole_value_and_linear() -> None:
    assert Pattern("[0-9]{4}").fits("0412")
    assert not Pattern("[0-9]{4}").fits("04123")
    assert not Pattern("(a+)+b").fits("a" * 5000)
    with pytest.raises(ValueError, match="is no pattern"):
        Pattern("[").fits("x")


@pytest.mark.parametrize(
    ("asked", "value", "words"),
    [
        (Validation(FieldType.TEXT, shortest=3), "ab", "at least 3 characters"),
        (Validation(FieldType.TEXT, longest=3), "abcd", "at most 3 characters"),
        (Validation(FieldType.NUMBER, at_least="10"), "9", "The least is 10"),
        (Validation(FieldType.NUMBER, at_most="10"), "9", ""),
        (Validation(FieldType.DATE, at_most="2026-12-31"), "2027-01-01", "The most is"),
        (Validation(FieldType.TEXT, expression=expression("value != 'x'")), "x", "cannot be used"),
        (Validation(FieldType.TEXT, pattern=Pattern("a"), message="{} is a."), "b", "{} is a."),
        (Validation(FieldType.NUMBER, at_least="1"), "many", "too low"),
    ],
)
def test_a_check_says_what_to_type(asked: Validation, value: str, words: str) -> None:
    complaint = asked.complaint(value)

    assert words in complaint
    assert bool(words) == bool(complaint)

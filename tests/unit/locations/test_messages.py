from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.errors import ConfigError
from ubm_sync.locations import LocationFlow, LocationRules
from ubm_sync.locations.findings import Finding, Level, shown
from ubm_sync.locations.messages import TEXTS, joined, problems


def errors(*sentences: str) -> list[Finding]:
    return [Finding("zip", Level.ERROR, sentence) for sentence in sentences]


@pytest.mark.parametrize(
    ("sentences", "missing", "expected"),
    [
        (["A."], [], "A."),
        (["A."], ["City"], "A. Also missing: City."),
        ([], ["City", "ZIP"], "Missing: City, ZIP."),
        ([], ["City", "ZIP", "State", "Notes", "Vendor"], "Missing: City, ZIP, State and 2 more."),
        (["A.", "B.", "C.", "D."], ["City"], "A. B. C. And 2 more."),
        (["A.", "B."], ["City", "ZIP"], "A. B. Also missing: City and 1 more."),
    ],
)
def test_three_problems_are_named_and_the_rest_counted(
    sentences: list[str], missing: list[str], expected: str
) -> None:
    assert problems(errors(*sentences), missing, 3, 300) == expected


@given(
    st.lists(st.text(min_size=1, max_size=400), max_size=5),
    st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=5),
)
def test_a_message_is_never_too_long(sentences: list[str], missing: list[str]) -> None:
    assert 0 < len(problems(errors(*sentences), missing, 3, 300)) <= 300
    assert len(joined(sentences, 300)) <= 300


def test_what_does_not_fit_is_left_out_whole() -> None:
    assert joined(["abc", "", "defg", "h"], 6) == "abc h"
    assert joined(["abcdefgh"], 6) == "abcde…"


def test_a_typed_value_is_quoted_short_and_on_one_line() -> None:
    assert shown("a\n  b") == "a b"
    assert len(shown("x" * 5000)) == 40


def test_an_admin_may_replace_a_text() -> None:
    LocationFlow(LocationRules(texts={"row.waiting": "Thanks. {who} looks by {day}."}))


def test_a_text_that_cannot_be_filled_in_is_refused() -> None:
    rules = LocationRules(
        texts={"row.waiting": "By {when}.", "row.nothing": "x", "row.active": "{day"}
    )

    with pytest.raises(ConfigError) as refused:
        LocationFlow(rules)

    waiting, nothing, active = (flaw.message for flaw in refused.value.flaws)
    assert waiting == (
        "text 'row.waiting': {when} cannot be filled in here; this text knows {day}, {who}"
    )
    assert nothing == (
        'text \'row.nothing\': there is no text "row.nothing"; did you mean "row.waiting"?'
    )
    assert active.startswith("text 'row.active': a brace is wrong here: expected '}' before end")


def test_customers_read_no_internal_words() -> None:
    internal = re.compile(r"\b(sync_?id|error code|exception|API|ticket system|null|stage)\b")

    assert not [
        key for key, text in TEXTS.items() if key.startswith("row.") and internal.search(text)
    ]

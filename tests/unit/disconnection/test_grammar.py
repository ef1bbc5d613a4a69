"""The grammar as data: what it refuses, and what an extension changes."""

from __future__ import annotations

import pytest
from tests.unit.disconnection.reader import reading

from ubm_sync.disconnection import Category, Extension, GrammarError, builtin_source, extended
from ubm_sync.disconnection.grammar import Source, compiled
from ubm_sync.disconnection.lexicon import Lexicon, parse_phrase
from ubm_sync.disconnection.patterns import find, index_of, parse_pattern
from ubm_sync.disconnection.rules import Thresholds
from ubm_sync.disconnection.tokens import fold, tokenize


@pytest.mark.parametrize("text", ["", "  ", "~", "shut ~", "~ off", "ab*", "...", "?"])
def test_phrases_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"word|letters"):
        parse_phrase("cut", text)


@pytest.mark.parametrize(
    "text", ["", ".. <cut>", "<cut> ..", "<cut>* off", "<Cut>", "<cut", "a? b? c? d? e? f? g"]
)
def test_patterns_that_cannot_be_matched_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each kind has its own words
        parse_pattern(text)


def matches(pattern: str, sentence: str) -> bool:
    variants, phrases, _ = parse_pattern(pattern)
    lexicon = Lexicon([*phrases, parse_phrase("cut", "shut ~ off"), parse_phrase("no", "not")], {})
    words = tuple(tokenize(fold(sentence)))
    index = index_of([("rule", one) for one in variants])
    return bool(find(index, words, lexicon.annotate(words)))


@pytest.mark.parametrize(
    ("pattern", "sentence", "found"),
    [
        ("<cut> power|gas", "they shut us off power", True),
        ("they .. <cut>", "they said they would shut it off", True),
        ("they .. <cut>", "they told me that on Monday shut it off", False),
        ("they ... <cut>", "they told me, on the phone, shut it off", True),
        ("they .. <cut>", "they said, shut it off", False),
        ("not? pay", "pay", True),
        ("they <no>* pay", "they not not pay", True),
        ("^ shut off", "please shut off", False),
        ("^ shut off", "sure, shut off", True),
        ("disconn*", "disconnecting", True),
        ("disconn*", "reconnecting", False),
    ],
)
def test_patterns(pattern: str, sentence: str, found: bool) -> None:
    assert matches(pattern, sentence) is found


def test_a_flaw_says_where_it_is() -> None:
    base = builtin_source()
    rules = {"threats": {"new": {"says": "x", "weight": 1, "patterns": ["<cut>", "<nothing>"]}}}

    with pytest.raises(GrammarError, match="<nothing>") as caught:
        compiled(Source(base.concepts, rules))
    assert caught.value.path == ("threats", "new", "patterns", 1)


@pytest.mark.parametrize(
    ("extension", "path"),
    [
        (Extension(phrases={"nonsense": ["x"]}), ("phrases", "nonsense")),
        (Extension(weights={"nonsense": 0.5}), ("weights", "nonsense")),
    ],
)
def test_an_extension_of_nothing_is_refused(extension: Extension, path: tuple[str, str]) -> None:
    with pytest.raises(GrammarError) as caught:
        extended(extension)
    assert caught.value.path == path


def category(text: str, extension: Extension) -> Category:
    return reading(text, grammar=extended(extension)).category


def test_an_extension_adds_phrases_utilities_and_lines_to_leave_out() -> None:
    card = "The Hometown lineman hung a mauve card at the store, unpaid bill."
    line = "Your service will be disconnected for nonpayment, says the brochure."

    assert "mauve card" not in reading(card).phrase
    assert category(card, Extension(phrases={"tag-on-door": ["mauve card"]})) is Category.URGENT
    assert reading(line).category is Category.URGENT
    assert category(line, Extension(boilerplate=["says the brochure"])) is Category.OTHER
    ignored = Extension(ignore=["service will be disconnected for nonpayment"])
    assert category(line, ignored) is Category.OTHER
    named = reading(
        "We like Hometown Sparks.", grammar=extended(Extension(vendors=["Hometown Sparks"]))
    )
    assert named.vendors == ("Hometown Sparks",)


def test_an_extension_knows_more_signatures() -> None:
    text = "Please load the bill.\nSent by MailTool\nDisconnect notice for 12/01 from ComEd"

    assert reading(text).category is Category.URGENT
    assert category(text, Extension(signatures=["sent by mailtool"])) is Category.OTHER


def test_weights_and_thresholds_can_be_set_otherwise() -> None:
    text = "Reminder of the utility: 48 hour notice for the water."
    strict = Thresholds(model_urgent=0.99)
    by_rules = Thresholds(rules_count=1)

    assert reading(text).category is Category.URGENT
    assert category(text, Extension(thresholds=strict)) is Category.POSSIBLE
    assert category(text, Extension(thresholds=by_rules)) is Category.URGENT
    light = Extension(weights={"timed-notice": 0.0}, thresholds=by_rules)
    assert category(text, light) is Category.OTHER


def test_every_rule_that_speaks_for_itself_has_a_test_beside_it() -> None:
    rules = builtin_source().rules
    bare = {
        name
        for kind in ("threats", "requests", "dampers")
        for name, rule in rules[kind].items()
        if not rule.get("tests")
    }

    assert bare <= {"layoff-elsewhere", "ignored"}

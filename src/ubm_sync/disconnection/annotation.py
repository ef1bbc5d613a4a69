"""Sentences with what each of their words may mean: concepts, numbers, days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ubm_sync.disconnection.dates import mentions
from ubm_sync.disconnection.lexicon import Lexicon, Tags
from ubm_sync.disconnection.mentions import Form, Mention, word_at
from ubm_sync.disconnection.tokens import Sentence, Token

_DIGITS = re.compile(r"\d[\d.,:/-]*[a-z]{0,3}")
_ACCOUNT = re.compile(r"\d[\d-]{4,}")
_CENTS = re.compile(r"\d[\d,]*\.\d{2}")
_MONEY = re.compile(r"\d[\d,]*(?:\.\d{2})?")


class Read(NamedTuple):
    """A sentence with its concepts."""

    sentence: Sentence
    tags: list[Tags]
    concepts: frozenset[str]
    days: list[Mention]


def annotate(sentences: Iterable[Sentence], lexicon: Lexicon, today: date) -> list[Read]:
    """Return the sentences with what each word may mean; ``today`` is the day of receipt."""
    return [_annotated(sentence, lexicon, today) for sentence in sentences]


def _annotated(sentence: Sentence, lexicon: Lexicon, today: date) -> Read:
    words = tuple(_repaired(token, lexicon) for token in sentence.tokens)
    tags = lexicon.annotate(words)
    for index, word in enumerate(words):
        if word.text[0].isdigit():
            _tag_number(words, index, tags[index])
        elif word.text == "$" and _MONEY.fullmatch(word_at(words, index + 1).rstrip(".,")):
            tags[index][_money(words[index + 1].text)] = (index + 2,)
    days = mentions(words, today)
    for mention in days:
        if mention.form is not Form.LENGTH:
            kind = "date" if mention.form is Form.DATE else "soon"
            tags[mention.start].update({kind: (mention.end,), "when": (mention.end,)})
    concepts = frozenset(concept for here in tags for concept in here)
    return Read(Sentence(words, sentence.subject), tags, concepts, days)


def _repaired(token: Token, lexicon: Lexicon) -> Token:
    right = lexicon.repair(token.text)
    return token if right == token.text else token._replace(text=right)


def _money(text: str) -> str:
    """Return the concept of a sum of money; nothing owed threatens nobody."""
    return "amount" if text.strip("0.,") else "nil"


def _tag_number(words: Sequence[Token], index: int, tags: Tags) -> None:
    text = words[index].text.rstrip(".,:")
    if _CENTS.fullmatch(text):
        tags[_money(text)] = (index + 1,)
    if _DIGITS.fullmatch(text):
        tags["num"] = (index + 1,)
    if _ACCOUNT.fullmatch(text):
        tags["account-number"] = (index + 1,)

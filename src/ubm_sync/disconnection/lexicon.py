"""Concepts and their phrases: which words of a sentence mean what.

A phrase is plain words. ``disconnect*`` matches every word that begins so; ``~`` stands for up to
four words within a clause ("shut ~ off": shut the power off). Nothing here is a
regular expression, so no phrase can be slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from ubm_sync.disconnection.tokens import Token, fold, readings_of_damaged, tokenize

ANY_WORD = "~"
_LONGEST_GAP = 4
_STEM = 3  # letters by which phrases with an ending left open are found
_CACHED = 20_000
_CLAUSE_ENDS = frozenset(",.!?;:|\n()-")
_PRICKLY = re.compile(r"([a-z0-9])-([a-z0-9])")
_SIGNS = frozenset("&%#$")  # they stand in names
_SHORTEST_MISSPELT = 7

Tags: TypeAlias = dict[str, tuple[int, ...]]
"""What begins at a word: concept -> where each phrase of it ends (index after its last word)."""


class Phrase(NamedTuple):
    """One phrase of a concept; an element that ends in ``*`` is the beginning of a word."""

    concept: str
    elements: tuple[str, ...]


def parse_phrase(concept: str, text: str) -> Phrase:
    """Return a phrase as it is compared; raises ValueError where it says nothing."""
    elements: list[str] = []
    for part in _PRICKLY.sub(r"\1 \2", fold(text)).split():
        if part == ANY_WORD:
            elements.append(part)
            continue
        stem = part.rstrip("*")
        words = [
            token.text
            for token in tokenize(stem)
            if token.text[0].isalnum() or token.text in _SIGNS
        ]
        if not words:
            raise ValueError(f'"{part}" is no word')
        elements.extend(words)
        if part.endswith("*"):
            if len(stem) < _STEM:
                raise ValueError(f'"{part}" is too short for a word ending; write {_STEM} letters')
            elements[-1] += "*"
    if not elements or elements[0] == ANY_WORD or elements[-1] == ANY_WORD:
        raise ValueError(f'"{text}" must begin and end with a word')
    return Phrase(concept, tuple(elements))


def _fits(element: str, word: str) -> bool:
    if element.endswith("*") and len(element) > 1:
        return word.startswith(element[:-1])
    return element == word


class Lexicon:
    """All phrases of a grammar, found by their first word.

    ``includes`` maps a concept to wider ones that its words belong to as well; ``misspelt`` are
    the long words that are recognised with one letter wrong, missing, doubled or swapped.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase],
        includes: Mapping[str, tuple[str, ...]],
        misspelt: Iterable[str] = (),
    ) -> None:
        self._exact: dict[str, list[Phrase]] = {}
        self._stems: dict[str, list[Phrase]] = {}
        self._includes = includes
        self._known: set[str] = set()
        for phrase in dict.fromkeys(phrases):
            first = phrase.elements[0]
            if first.endswith("*") and len(first) > 1:
                self._stems.setdefault(first[:_STEM], []).append(phrase)
            else:
                self._exact.setdefault(first, []).append(phrase)
            self._known.update(phrase.elements)
        self._near = {
            shorter: word for word in misspelt for shorter in (word, *_one_letter_less(word))
        }
        self._right = set(misspelt)
        self._repaired: dict[str, str] = {}
        self._starting: dict[str, tuple[Phrase, ...]] = {}

    def repair(self, word: str) -> str:
        """Return the word that a damaged one stands for, itself where it is none."""
        found = self._repaired.get(word)
        if found is None:
            found = self._mended(word)
            if len(self._repaired) > _CACHED:
                self._repaired.clear()
            self._repaired[word] = found
        return found

    def annotate(self, words: tuple[Token, ...]) -> list[Tags]:
        """Return for each word the concepts whose phrases begin there."""
        return [self._at(words, index) for index in range(len(words))]

    def _at(self, words: tuple[Token, ...], index: int) -> Tags:
        found: dict[str, tuple[int, ...]] = {}
        for phrase in self._beginning(words[index].text):
            end = self._end(phrase.elements, words, index)
            if end:
                for concept in (phrase.concept, *self._includes.get(phrase.concept, ())):
                    ends = found.get(concept, ())
                    if end not in ends:
                        found[concept] = (*ends, end)
        return found

    def _beginning(self, word: str) -> tuple[Phrase, ...]:
        found = self._starting.get(word)
        if found is None:
            stems = self._stems.get(word[:_STEM], ())
            found = (
                *self._exact.get(word, ()),
                *(phrase for phrase in stems if _fits(phrase.elements[0], word)),
            )
            if len(self._starting) > _CACHED:
                self._starting.clear()
            self._starting[word] = found
        return found

    @staticmethod
    def _end(elements: tuple[str, ...], words: tuple[Token, ...], index: int) -> int:
        """Return the index after the phrase that begins at ``index``, 0 where it does not."""
        here, count, total = index + 1, 1, len(words)
        while count < len(elements):
            element = elements[count]
            if element == ANY_WORD:
                wanted = elements[count + 1]
                for offset in range(_LONGEST_GAP + 1):
                    if here + offset >= total or words[here + offset].text in _CLAUSE_ENDS:
                        return 0
                    if _fits(wanted, words[here + offset].text):
                        here += offset + 1
                        break
                else:
                    return 0
                count += 2
                continue
            if here >= total or not _fits(element, words[here].text):
                return 0
            here += 1
            count += 1
        return here

    def _mended(self, word: str) -> str:
        if word.isalpha():
            return self._spelt(word)
        for candidate in readings_of_damaged(word):
            if candidate in self._known or self._spelt(candidate) in self._right:
                return self._spelt(candidate)
        return word

    def _spelt(self, word: str) -> str:
        if len(word) < _SHORTEST_MISSPELT or word in self._right or word in self._known:
            return word
        return self._nearest(word)

    def _nearest(self, word: str) -> str:
        if word in self._near:
            return self._near[word]
        for shorter in _one_letter_less(word):
            right = self._near.get(shorter)
            if right is not None and abs(len(right) - len(word)) <= 1 and right[0] == word[0]:
                return right
        return word


def _one_letter_less(word: str) -> Iterable[str]:
    return (word[:index] + word[index + 1 :] for index in range(len(word)))

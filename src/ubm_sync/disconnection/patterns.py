"""Patterns over concepts: ``<utility> .. <cut>`` and how they are found in a sentence.

The elements of a pattern, in order:

- ``<cut>`` a concept, ``word`` a word, ``begin*`` its beginning, ``a|<b>`` one of several;
- ``?`` after an element: it may be missing; ``*`` after a concept: none or several of them;
- ``^`` at the beginning: a sentence or a clause begins there;
- ``..`` up to three words that stay within a clause; ``...`` up to nine, commas allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ubm_sync.disconnection.lexicon import Phrase, Tags, parse_phrase
from ubm_sync.disconnection.tokens import Token

NEAR, FAR, START = "..", "...", "^"
_REACH = {NEAR: 3, FAR: 9}
_CLAUSE_ENDS = frozenset(',:;()|\n-"')
_MOST_REPEATS = 6
_MOST_OPTIONAL = 5
_CONCEPT = re.compile(r"<([a-z][a-z0-9_-]*)>([*?]?)")


class Element(NamedTuple):
    """One place of a pattern: any of some concepts; ``repeats``: none or several; or a gap."""

    concepts: tuple[str, ...] = ()
    repeats: bool = False
    gap: int = 0
    crosses: bool = False  # a gap that may contain commas


class Pattern(NamedTuple):
    """A pattern as it is matched, and as it was written."""

    elements: tuple[Element, ...]
    text: str
    begins: bool = False  # only where a clause begins
    needs: frozenset[str] = frozenset()  # concepts without which it cannot match


def parse_pattern(text: str) -> tuple[list[Pattern], list[Phrase], set[str]]:
    """Return the variants of a pattern, the words it uses as phrases, and its concepts.

    Raises ValueError, with what is wrong, for a pattern that cannot be read.
    """
    parts: list[tuple[Element, bool]] = []
    phrases: list[Phrase] = []
    used: set[str] = set()
    begins = text.startswith(f"{START} ")
    for part in text.removeprefix(START).split():
        if part in _REACH:
            parts.append((Element(gap=_REACH[part], crosses=part == FAR), False))
            continue
        element, optional = _element(part, phrases, used)
        parts.append((element, optional))
    if sum(optional for _, optional in parts) > _MOST_OPTIONAL:
        raise ValueError(f'"{text}" has more than {_MOST_OPTIONAL} parts with "?"')
    variants: list[tuple[Element, ...]] = [()]
    for element, optional in parts:
        longer = [(*variant, element) for variant in variants]
        variants = [*longer, *variants] if optional else longer
    for variant in variants:
        if not variant or not _anchors(variant[0]) or not _anchors(variant[-1]):
            raise ValueError(f'"{text}" must begin and end with a word or a concept')
    return [Pattern(one, text, begins, _needs(one)) for one in variants], phrases, used


def _needs(elements: tuple[Element, ...]) -> frozenset[str]:
    """Return the concepts that must be in a sentence for a pattern to match."""
    single = (one.concepts[0] for one in elements if len(one.concepts) == 1 and not one.repeats)
    return frozenset(single)


def _anchors(element: Element) -> bool:
    return bool(element.concepts) and not element.repeats


def _element(part: str, phrases: list[Phrase], used: set[str]) -> tuple[Element, bool]:
    concepts: list[str] = []
    repeats = optional = False
    for choice in part.split("|"):
        match = _CONCEPT.fullmatch(choice)
        if match:
            concepts.append(match[1])
            used.add(match[1])
            repeats, optional = repeats or match[2] == "*", optional or match[2] == "?"
            continue
        if "<" in choice or ">" in choice or not choice:
            raise ValueError(f'"{part}" is no concept; write <name>')
        word, optional = choice.removesuffix("?"), optional or choice.endswith("?")
        name = f"={word}"
        phrases.append(parse_phrase(name, word.replace("_", " ")))
        concepts.append(name)
    return Element(tuple(dict.fromkeys(concepts)), repeats=repeats), optional


class Index(NamedTuple):
    """Patterns by the concepts they may begin with."""

    by_first: Mapping[str, tuple[tuple[str, Pattern], ...]]


def index_of(patterns: Iterable[tuple[str, Pattern]]) -> Index:
    """Return named patterns so that they are found by the first concept."""
    found: dict[str, list[tuple[str, Pattern]]] = {}
    for name, pattern in patterns:
        for concept in pattern.elements[0].concepts:
            found.setdefault(concept, []).append((name, pattern))
    return Index({concept: tuple(several) for concept, several in found.items()})


class Found(NamedTuple):
    """A pattern in a sentence: the rule's name and the words from ``start`` up to ``end``."""

    rule: str
    start: int
    end: int
    pattern: str


def find(index: Index, words: tuple[Token, ...], tags: list[Tags]) -> list[Found]:
    """Return every rule's matches in a sentence, at most one for a rule and a first word."""
    found: dict[tuple[str, int], Found] = {}
    known = {concept for here in tags for concept in here}
    for start, here in enumerate(tags):
        for concept in here:
            for rule, pattern in index.by_first.get(concept, ()):
                if (rule, start) in found or not pattern.needs <= known:
                    continue
                if pattern.begins and not _begins(words, start):
                    continue
                end = _match(pattern.elements, 0, start, words, tags)
                if end > start:
                    found[rule, start] = Found(rule, start, end, pattern.text)
    return list(found.values())


def _begins(words: tuple[Token, ...], start: int) -> bool:
    return start == 0 or words[start - 1].text in _CLAUSE_ENDS


def _match(
    elements: tuple[Element, ...],
    at: int,
    here: int,
    words: tuple[Token, ...],
    tags: list[Tags],
) -> int:
    """Return where the elements from ``at`` on end when they begin at ``here``, -1 for nowhere."""
    if at == len(elements):
        return here
    element = elements[at]
    if element.gap:
        return _over_gap(elements, at, here, words, tags)
    if element.repeats:
        return _repeated(elements, at, here, words, tags)
    if here >= len(words):
        return -1
    for concept in element.concepts:
        for end in tags[here].get(concept, ()):
            last = _match(elements, at + 1, end, words, tags)
            if last >= 0:
                return last
    return -1


def _over_gap(
    elements: tuple[Element, ...],
    at: int,
    here: int,
    words: tuple[Token, ...],
    tags: list[Tags],
) -> int:
    element = elements[at]
    for index in range(here, min(here + element.gap + 1, len(words))):
        end = _match(elements, at + 1, index, words, tags)
        if end >= 0:
            return end
        if not element.crosses and words[index].text in _CLAUSE_ENDS:
            return -1
    return -1


def _repeated(
    elements: tuple[Element, ...],
    at: int,
    here: int,
    words: tuple[Token, ...],
    tags: list[Tags],
) -> int:
    concepts = elements[at].concepts
    for _ in range(_MOST_REPEATS + 1):
        end = _match(elements, at + 1, here, words, tags)
        if end >= 0:
            return end
        if here >= len(words):
            return -1
        ends = [end for concept in concepts for end in tags[here].get(concept, ())]
        if not ends:
            return -1
        here = max(ends)
    return -1

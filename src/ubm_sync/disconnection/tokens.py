"""Text as a list of folded words, and sentences of them.

Folding keeps the length: each character becomes one lower-case character without its accent, so
that a word's place in the folded text is its place in the text people wrote.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from ubm_sync.disconnection.calendar_words import words

_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[/.:-]\d+)+|[a-z0-9]+(?:'[a-z]{1,3}\b)?|(?<=\s)-+(?=\s)|[.!?;,:|()\n\"$#%&]",
    re.ASCII,
)
_CONTRASTS = frozenset({"but", "however", "unfortunately", "pero", "mais", "lamentablemente"})
_ENDS = frozenset(".!?;|\n")
_FOLDED = {
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u201c": '"',
    "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": ";",
    "\u2026": ".", "\u00df": "s", "\u0131": "i", "\u0153": "o", "\u00e6": "a", "\r": "\n",
    "\u2028": "\n", "\u2029": "\n", "\u2022": "\n", "\u00b7": "\n",
}  # fmt: skip
_MISREAD_FIGURES = re.compile(
    r"\b[0-9lo]{1,2}/[0-9lo]{1,2}(?:/[0-9lo]{2,4})?\b|"
    r"\$ ?[0-9lo][0-9lo,.]*[0-9]|\b2[0o][0-9lo]{2}\b"
)
_AS_DIGITS = str.maketrans("lo", "10")
_BARS = re.compile(r"(?<=[a-z])\|\||\|\|(?=[a-z])")
_TABLE = {ord(key): value for key, value in _FOLDED.items()}
_LOOKALIKE = str.maketrans("0135|@$8!", "oiesiasbi")
_LOOKALIKE_L = str.maketrans("0135|@$8!", "olesiasbl")
_ABBREVIATED = words(
    "jan feb mar apr jun jul aug sep sept oct nov dec acct acc no st mr mrs ms dr vs approx inc co "
    "corp ave blvd rd ste mon tue tues wed thu thur thurs fri sat sun num tel ext dept bldg"
)
_SHORTEST_DAMAGED = 2


class Token(NamedTuple):
    """One word or mark: folded, with its place in the text."""

    text: str
    start: int
    end: int


class Sentence(NamedTuple):
    """Some words that belong together. ``subject`` where it is from the subject line."""

    tokens: tuple[Token, ...]
    subject: bool = False


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    folded = unicodedata.normalize("NFKD", char).lower()
    return folded[0] if folded else char


def fold(text: str) -> str:
    """Return ``text`` in lower case without accents, each character in its place."""
    text = text.translate(_TABLE)
    if text.isascii():
        return text.lower()
    return "".join(char if char.isascii() else _plain(char) for char in text).lower()


def mended(folded: str) -> str:
    """Return a folded text with the figures and bars that scanners misread, in their places."""
    folded = _MISREAD_FIGURES.sub(lambda match: match[0].translate(_AS_DIGITS), folded)
    if "||" in folded:
        folded = _BARS.sub("ll", folded)
    return folded


def fold_word(word: str) -> str:
    """Return one word of a grammar as texts are folded."""
    return fold(word)


def tokenize(folded: str, offset: int = 0) -> list[Token]:
    """Return the words and marks of a folded text; ``offset`` is added to their places."""
    return [
        Token(match[0], match.start() + offset, match.end() + offset)
        for match in _TOKEN.finditer(folded)
    ]


def readings_of_damaged(word: str) -> tuple[str, ...]:
    """Return what a word with digits among its letters may have been before it was scanned.

    "d1sc0nnect" is disconnect; a word that is mostly digits is a number and stays.
    """
    letters = sum(char.isalpha() for char in word)
    if len(word) < _SHORTEST_DAMAGED or letters == len(word) or letters * 2 < len(word):
        return ()
    return (word.translate(_LOOKALIKE), word.translate(_LOOKALIKE_L))


def sentences(tokens: list[Token], *, subject: bool = False) -> list[Sentence]:
    """Split at full stops, question marks, semicolons, bars, line ends and before a "but"."""
    found: list[Sentence] = []
    here: list[Token] = []
    for index, token in enumerate(tokens):
        if token.text in _CONTRASTS and here:
            found.append(_sentence(here, subject=subject))
            here = []
        here.append(token)
        if token.text in _ENDS and not _abbreviates(tokens, index):
            if len(here) > 1:
                found.append(_sentence(here, subject=subject))
            here = []
    if here:
        found.append(_sentence(here, subject=subject))
    return found


def _sentence(tokens: list[Token], *, subject: bool) -> Sentence:
    return Sentence(tuple(tokens), subject)


def _abbreviates(tokens: list[Token], index: int) -> bool:
    """Return whether a full stop belongs to the word before it: "Nov. 27", "8 a.m.", "acct. 12"."""
    if tokens[index].text != "." or not index:
        return False
    before = tokens[index - 1]
    if before.end != tokens[index].start:
        return False
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    close = following is not None and following.start == tokens[index].end
    if before.text in _ABBREVIATED:
        return following is not None and following.text != "\n"
    return (len(before.text) == 1 and before.text.isalpha()) or (
        close and before.text.isalnum() and following is not None and following.text.isalnum()
    )

"""The grammar: concepts and rules as data, made ready for reading once.

``builtin()`` is the grammar that ships with the package (``data/concepts.yaml``, ``data/rules.yaml``);
``extended(...)`` adds what an admin configures.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from ubm_sync.disconnection.lexicon import Lexicon, Phrase, parse_phrase
from ubm_sync.disconnection.patterns import Index, Pattern, index_of, parse_pattern
from ubm_sync.disconnection.tokens import fold

VENDOR = "vendor"
_MADE_BY_CODE = frozenset({"num", "date", "soon", "when", "amount", "account-number"})
_SHORTEST_VENDOR = 3
# Brands that are words or towns too: they count only as people write names.
_MISSPELT = (
    "disconnect", "disconnects", "disconnected", "disconnecting", "disconnection",
    "termination", "terminated", "terminate", "discontinue", "discontinued", "discontinuance",
    "interruption", "suspension", "suspended", "reconnect", "reconnected", "reconnection",
    "electricity", "shutting", "notification", "delinquent", "desconexion", "desconectar",
    "desconectan", "cancelled", "scheduled",
)  # fmt: skip


class Kind(StrEnum):
    """What a rule's matches mean."""

    THREAT = "threats"
    REQUEST = "requests"
    SUPPORT = "supports"
    DAMPER = "dampers"


class Scope(StrEnum):
    """How far a rule reaches."""

    SPAN = "span"
    SENTENCE = "sentence"
    MESSAGE = "message"
    BEFORE = "before"  # its sentence and those before it
    TOPIC = "topic"  # its sentence; from the subject line the message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``weight`` is evidence from 0 to 1, for a damper the factor that is left."""

    name: str
    kind: Kind
    says: str
    weight: float
    scope: Scope = Scope.SPAN
    of: tuple[Kind, ...] = ()
    only: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_message: tuple[str, ...] = ()
    negatable: bool = False
    firm: bool = False
    off: bool = False
    now: bool = False
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which weight on a text counts as what."""

    urgent: float = 0.6
    possible: float = 0.4
    close: float = 0.5


@dataclass(frozen=True, slots=True)
class Grammar:
    """Everything that ``read`` needs to know of a language and a trade."""

    lexicon: Lexicon
    rules: Mapping[str, Rule]
    index: Index
    thresholds: Thresholds = field(default_factory=Thresholds)


class GrammarError(ValueError):
    """A part of a grammar that cannot be used; ``path`` says which."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Source:
    """A grammar as it is written down: plain dicts, checked when ``compiled``."""

    concepts: Mapping[str, Mapping[str, Sequence[str]]]
    rules: Mapping[str, Mapping[str, Mapping[str, Any]]]
    thresholds: Thresholds = field(default_factory=Thresholds)


def compiled(source: Source) -> Grammar:
    """Return a grammar ready for reading; raises GrammarError."""
    phrases: list[Phrase] = [*_vendors()]
    known = {VENDOR, *_MADE_BY_CODE}
    includes: dict[str, tuple[str, ...]] = {VENDOR: ("utility",)}
    for name, concept in source.concepts.items():
        includes[name] = tuple(concept.get("in", ()))
        known.update((name, *includes[name]))
        for number, text in enumerate(concept.get("phrases", ())):
            try:
                phrases.append(parse_phrase(name, str(text)))
            except ValueError as error:
                raise GrammarError(str(error), "concepts", name, "phrases", number) from error
    rules: dict[str, Rule] = {}
    patterns: list[tuple[str, Pattern]] = []
    for kind, several in source.rules.items():
        for name, written in several.items():
            rules[name] = _rule(Kind(kind), name, written)
            for number, text in enumerate(written["patterns"]):
                path = (kind, name, "patterns", number)
                try:
                    variants, words, used = parse_pattern(str(text))
                except ValueError as error:
                    raise GrammarError(str(error), *path) from error
                if unknown := used - known:
                    raise GrammarError(f"there is no concept <{min(unknown)}>", *path)
                phrases.extend(words)
                patterns.extend((name, variant) for variant in variants)
    lexicon = Lexicon(phrases, includes, _MISSPELT)
    return Grammar(lexicon, rules, index_of(patterns), source.thresholds)


def _rule(kind: Kind, name: str, written: Mapping[str, Any]) -> Rule:
    return Rule(
        name=name,
        kind=kind,
        says=str(written["says"]),
        weight=float(written.get("weight", written.get("factor", 0))),
        scope=Scope(written.get("scope", Scope.SPAN)),
        of=tuple(Kind(one) for one in written.get("of", ())),
        only=tuple(written.get("only", ())),
        unless=tuple(written.get("unless", ())),
        unless_message=tuple(written.get("unless_message", ())),
        negatable=bool(written.get("negatable", False)),
        firm=bool(written.get("firm", False)),
        off=bool(written.get("off", False)),
        now=bool(written.get("now", False)),
        announced=bool(written.get("announced", False)),
    )


def builtin_text(name: str) -> str:
    """Return the text of one of the grammar's own files."""
    folder = resources.files("ubm_sync.disconnection").joinpath("data")
    return folder.joinpath(name).read_text("utf-8")


@lru_cache(maxsize=1)
def builtin_source() -> Source:
    """Return the grammar of the package as it is written down."""
    yaml = YAML(typ="safe", pure=True)
    concepts = yaml.load(builtin_text("concepts.yaml"))["concepts"]
    return Source(concepts, YAML(typ="safe", pure=True).load(builtin_text("rules.yaml")))


@lru_cache(maxsize=1)
def builtin() -> Grammar:
    """Return the grammar of the package."""
    return compiled(builtin_source())


def _vendors() -> Iterable[Phrase]:
    text = resources.files("ubm_sync.locations").joinpath("data/vendors.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        for name in (row["canonical"], *row["aliases"].split(";")):
            bare = fold(name.partition("(")[0]).strip()
            if len(bare) >= _SHORTEST_VENDOR:
                yield parse_phrase(VENDOR, bare)

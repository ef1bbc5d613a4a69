"""The grammar: concepts and rules as data, made ready for reading once.

``builtin()`` is the grammar of the package (``data/concepts.yaml`` and ``data/rules.yaml``);
``extended(...)`` adds what an admin configures.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from ubm_sync.disconnection.lexicon import Lexicon, Phrase, parse_phrase
from ubm_sync.disconnection.opinion import IGNORED, Linear, Model
from ubm_sync.disconnection.patterns import Index, Pattern, index_of, parse_pattern
from ubm_sync.disconnection.rules import Kind, Rule, Thresholds, rule_of
from ubm_sync.disconnection.tokens import fold

VENDOR = "vendor"
BOILERPLATE = "boilerplate-line"  # a sentence with such words is not read
EXCUSE = "excuse"  # words by which a text is no alarm: settled, planned, a rule, our own wish
_VENDOR_NAMES = "vendor-name"
_MADE_BY_CODE = frozenset({"num", "date", "soon", "when", "amount", "account-number"})
_SHORTEST_VENDOR = 3
# Long words that are recognised with one letter wrong.
_MISSPELT = (
    "disconnect", "disconnects", "disconnected", "disconnecting", "disconnection",
    "termination", "terminated", "terminate", "discontinue", "discontinued", "discontinuance",
    "interruption", "suspension", "suspended", "reconnect", "reconnected", "reconnection",
    "electricity", "shutting", "notification", "delinquent", "desconexion", "desconectar",
    "desconectan", "cancelled", "scheduled", "service", "shutoff", "electric", "payment",
    "account",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grammar:
    """Everything that ``read`` needs to know of a language and a trade."""

    lexicon: Lexicon
    rules: Mapping[str, Rule]
    index: Index
    thresholds: Thresholds = field(default_factory=Thresholds)
    model: Model | None = None
    signatures: tuple[str, ...] = ()  # folded beginnings of lines where a signature begins


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
    model: Model | None = None
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """What an admin adds to the grammar, or sets otherwise.

    ``phrases`` maps concepts to more phrases, ``weights`` rules to another weight (0: not used).
    What contains a phrase of ``boilerplate`` is not read, and words of ``ignore`` mean nothing.
    """

    phrases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vendors: Sequence[str] = ()
    boilerplate: Sequence[str] = ()
    ignore: Sequence[str] = ()
    signatures: Sequence[str] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
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
            rules[name] = rule_of(Kind(kind), name, written)
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
    return Grammar(
        lexicon, rules, index_of(patterns), source.thresholds, source.model, source.signatures
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
    rules = YAML(typ="safe", pure=True).load(builtin_text("rules.yaml"))
    return Source(concepts, rules, model=_model())


def _model() -> Model:
    written = json.loads(builtin_text("model.json"))
    return Model(_linear(written["about"]), _linear(written["state"]))


def _linear(written: Mapping[str, Any]) -> Linear:
    weights = {name: tuple(each) for name, each in written["weights"].items()}
    return Linear(tuple(written["classes"]), tuple(written["bias"]), weights)


@lru_cache(maxsize=1)
def builtin() -> Grammar:
    """Return the grammar of the package."""
    return compiled(builtin_source())


def extended(extension: Extension) -> Grammar:
    """Return the grammar of the package with what an admin configured.

    Raises GrammarError for a concept or a rule that does not exist, and for unusable phrases.
    """
    base = builtin_source()
    concepts = {name: dict(concept) for name, concept in base.concepts.items()}
    more = {
        **extension.phrases,
        _VENDOR_NAMES: (*extension.phrases.get(_VENDOR_NAMES, ()), *extension.vendors),
        BOILERPLATE: (*extension.phrases.get(BOILERPLATE, ()), *extension.boilerplate),
        IGNORED: (*extension.phrases.get(IGNORED, ()), *extension.ignore),
    }
    for name, phrases in more.items():
        if name not in concepts:
            raise GrammarError(f'there is no concept "{name}"', "phrases", name)
        concepts[name]["phrases"] = [*concepts[name].get("phrases", ()), *phrases]
    rules = {kind: dict(several) for kind, several in base.rules.items()}
    for name, weight in extension.weights.items():
        kind = next((kind for kind, several in rules.items() if name in several), None)
        if kind is None:
            raise GrammarError(f'there is no rule "{name}"', "weights", name)
        rules[kind][name] = {**rules[kind][name], "weight": weight}
    signatures = tuple(fold(line).strip() for line in extension.signatures)
    return compiled(Source(concepts, rules, extension.thresholds, base.model, signatures))


def _vendors() -> Iterable[Phrase]:
    text = resources.files("ubm_sync.locations").joinpath("data/vendors.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        for name in (row["canonical"], *row["aliases"].split(";")):
            bare = fold(name.partition("(")[0]).strip()
            if len(bare) >= _SHORTEST_VENDOR:
                yield parse_phrase(VENDOR, bare)

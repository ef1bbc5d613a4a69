"""``config/disconnection_phrases.yaml``: what an admin adds to the grammar of disconnections.

The file may be missing, and so may every key: the grammar of the package is whole without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ubm_sync.config.service import Block
from ubm_sync.disconnection import (
    Category,
    Extension,
    Grammar,
    GrammarError,
    Message,
    Thresholds,
    builtin,
    builtin_source,
    extended,
    read,
)
from ubm_sync.disconnection.grammar import builtin_text
from ubm_sync.disconnection.lexicon import parse_phrase
from ubm_sync.errors import ConfigError, Flaw
from ubm_sync.mapping import Located, load_yaml, nearest, parse_yaml, validate
from ubm_sync.mapping.located import PathOf

PHRASES_FILE = "disconnection_phrases.yaml"
RULES_FILE = "rules.yaml"  # of the package, with tests beside its rules
_MOST_PHRASES = 5_000
_LONGEST_TEXT = 5_000
_RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)  # a Friday, 10:00 in Chicago
_ZONE = "America/Chicago"


def _phrase(value: str) -> str:
    try:
        parse_phrase("", value)
    except ValueError as error:
        raise ValueError(f'{error}; write plain words, "word*" for any ending') from error
    return value


Phrase = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_phrase)]
Phrases = Annotated[Sequence[Phrase], Field(max_length=_MOST_PHRASES)]
Weight = Annotated[float, Field(ge=0, le=1)]


class ThresholdBlock(Block):
    """From which weight on a text counts as what; higher means fewer texts."""

    urgent: Weight = Thresholds().urgent
    """From here on it is urgent."""

    possible: Weight = Thresholds().possible
    """From here on a manager is asked."""

    close: Weight = Thresholds().close
    """From here on the customer asks to close an account."""

    model_urgent: Weight = Thresholds().model_urgent
    """From this chance on, by rules and model together, it is urgent."""

    model_possible: Weight = Thresholds().model_possible
    """And from this chance on a manager is asked."""

    rules_count: Weight = Thresholds().rules_count
    """How much the rules' evidence counts beside the model's; 1: as much."""

    rules_insist: Weight = Thresholds().rules_insist
    """Where the rules are sure, a manager is asked from this chance of the model's on."""


class ExampleBlock(Block):
    """A text and what it must be read as."""

    text: str = Field(min_length=1, max_length=_LONGEST_TEXT)
    """What somebody wrote."""

    subject: str = Field(default="", max_length=500)
    """Its subject line."""

    expect: Annotated[Category, Field(strict=False)]
    """urgent_disconnect, possible_disconnect, close_account or other."""


class PhraseFile(Block):
    """The whole file."""

    phrases: Mapping[str, Phrases] = Field(default_factory=dict)
    """More phrases by concept, e.g. ``tag-on-door: ["blue card"]``."""

    vendors: Phrases = ()
    """Names of more utilities."""

    boilerplate: Phrases = ()
    """Sentences that contain one of these are not read."""

    signatures: Sequence[Annotated[str, Field(min_length=2, max_length=200)]] = Field(default=())
    """Beginnings of lines where a signature begins."""

    ignore: Phrases = ()
    """Words that never are about a disconnection."""

    weights: Mapping[str, Weight] = Field(default_factory=dict)
    """Another weight for a rule; 0 switches it off."""

    thresholds: ThresholdBlock = Field(default_factory=ThresholdBlock)
    """From which weight on a text counts as what."""

    tests: Sequence[ExampleBlock] = ()
    """Texts and what they must be read as; ``check`` runs them."""

    def extension(self) -> Extension:
        """Return what the file adds to the grammar."""
        return Extension(
            phrases={name: tuple(several) for name, several in self.phrases.items()},
            vendors=tuple(self.vendors),
            boilerplate=tuple(self.boilerplate),
            ignore=tuple(self.ignore),
            signatures=tuple(self.signatures),
            weights=dict(self.weights),
            thresholds=Thresholds(**self.thresholds.model_dump()),
        )


@dataclass(frozen=True, slots=True)
class PhraseSettings:
    """What the file says, and where it says it; nothing where there is no file."""

    file: PhraseFile = field(default_factory=PhraseFile)
    source: Located = field(default_factory=lambda: Located(PHRASES_FILE, None))

    def grammar(self) -> Grammar:
        """Return the grammar to read with; raises ConfigError where the file does not fit it."""
        if self.source.data is None:
            return builtin()
        if flaws := self._unknown():
            raise ConfigError(flaws)
        try:
            return extended(self.file.extension())
        except GrammarError as error:
            raise ConfigError([self.source.flaw(str(error), *error.path)]) from error

    def _unknown(self) -> list[Flaw]:
        base = builtin_source()
        rules = [name for several in base.rules.values() for name in several]
        return [
            *self._misnamed("phrases", "concept", self.file.phrases, base.concepts),
            *self._misnamed("weights", "rule", self.file.weights, rules),
        ]

    def _misnamed(
        self, block: str, what: str, given: Iterable[str], known: Iterable[str]
    ) -> Iterator[Flaw]:
        names = set(known)
        for key in given:
            if key not in names:
                text = f'there is no {what} "{key}" of disconnections{nearest(key, names)}'
                yield self.source.flaw(text, block, key, key=True)


def load_phrases(folder: Path | str) -> PhraseSettings:
    """Return what the file of ``folder`` says, nothing where there is none.

    Raises ConfigError where the file cannot be read as what it should be. Whether its concepts and
    rules exist is found by ``grammar``, and whether its tests pass by ``failed_tests``.
    """
    path = Path(folder) / PHRASES_FILE
    if not path.exists():
        return PhraseSettings()
    located = load_yaml(path)
    return PhraseSettings(validate(PhraseFile, located), located)


@dataclass(frozen=True, slots=True)
class Example:
    """A test: a text, what it must be read as, and where that is written."""

    subject: str
    text: str
    expect: Category
    source: Located
    path: PathOf


def failed_tests(settings: PhraseSettings) -> tuple[list[Flaw], int]:
    """Run the tests of the file and of the package; return the flaws and how many tests ran.

    Raises ConfigError as ``PhraseSettings.grammar`` does.
    """
    grammar = settings.grammar()
    examples = [*_own_examples(settings), *package_examples()]
    return [flaw for one in examples if (flaw := _judged(one, grammar))], len(examples)


def _own_examples(settings: PhraseSettings) -> Iterator[Example]:
    for number, block in enumerate(settings.file.tests):
        path = ("tests", number)
        yield Example(block.subject, block.text, block.expect, settings.source, path)


def package_examples() -> Iterator[Example]:
    """Yield the tests that stand beside the rules of the package."""
    located = parse_yaml(builtin_text(RULES_FILE), RULES_FILE)
    for kind, rules in located.data.items():
        for name, rule in rules.items():
            for expect, texts in rule.get("tests", {}).items():
                for number, text in enumerate(texts):
                    path = (kind, name, "tests", expect, number)
                    yield Example("", str(text), Category(expect), located, path)


def _judged(one: Example, grammar: Grammar) -> Flaw | None:
    found = read(Message(one.subject, one.text, _RECEIVED, _ZONE), grammar)
    if found.category is one.expect:
        return None
    why = f' by "{found.phrase}"' if found.phrase else ""
    text = (
        f"this text is read as {found.category.value} ({found.confidence:.2f}{why}), "
        f"not as {one.expect.value}; add or correct a phrase, or correct the test"
    )
    return one.source.flaw(text, *one.path)

"""What a text is about, by what others like it were: a linear model over words and concepts.

Rules know what they were told; the model has seen what words go together in labelled texts. Its
weights lie beside the grammar (``data/model.json``), and what moved it can be named. How much that
adds on texts that neither had seen: ``docs/decisions/0019-a-model-beside-the-rules.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple, TypeAlias

from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.calendar_words import words

Weights: TypeAlias = tuple[float, ...]  # one for each class
CLASSES = ("threat", "request", "other")
SCALES: Mapping[str, float] = {"w": 1.0, "b": 1.0, "p": 1.0, "c": 0.8, "d": 1.0, "s": 0.5}
_GLUE = words(  # concepts that say little of what stands beside them
    "account accounting aux coming day-away day-binding day-due day-issued day-limit day-paper "
    "day-pause det done door equipment filler in intent is it just name not-done num on per place "
    "question see-to to was we-will wish word-of-intent"
)
_PIECES = (3, 4, 5)  # characters of a word's pieces: they see through misspelling
_SHORTEST = 3
_LONGEST = 40  # longer ones are addresses and attachments in letters, not words
_SHOWN = 3
IGNORED = "ignored"  # the concept of words that an admin wants left out of account
_LONG = 8  # sentences from which on a text is judged by the part that says most for a threat
_WINDOW = 5  # sentences that are judged together then


class Linear(NamedTuple):
    """The weights of some classes by feature, and those that every text begins with."""

    classes: tuple[str, ...]
    bias: Weights
    weights: Mapping[str, Weights]


class Model(NamedTuple):
    """What a text is about (the ``CLASSES``), and how the service is in one about a threat."""

    about: Linear
    state: Linear


class Opinion(NamedTuple):
    """The chances of the classes and of the states, and what spoke most for a threat, and where."""

    threat: float
    request: float
    other: float
    states: Mapping[str, float]
    because: tuple[str, ...]
    sentence: int


def features_of(reads: Sequence[Read]) -> dict[str, set[str]]:
    """Return a text's features by kind.

    ``w`` are its words, ``b`` pairs of neighbouring ones, ``p`` the pieces of words, ``c`` the
    concepts of the grammar, ``d`` two of them in one sentence, ``s`` the words of the subject line.
    Figures are all one word.
    """
    found: dict[str, set[str]] = {kind: set() for kind in SCALES}
    for read in reads:
        here, pairs = _words(read)
        found["w"].update(here)
        found["b"].update(pairs)
        concepts = sorted({*_concepts(read)})
        found["c"].update(concepts)
        telling = [one for one in concepts if one not in _GLUE]
        found["d"].update(f"{one}+{other}" for one, other in combinations(telling, 2))
        if read.sentence.subject:
            found["s"].update(here)
    for word in found["w"]:
        found["p"].update(_pieces(word))
    return found


def shares(features: Mapping[str, set[str]]) -> Iterator[tuple[str, float]]:
    """Yield each feature with how much it counts: the more of its kind, the less each."""
    for kind, names in features.items():
        if names:
            share = SCALES[kind] / math.sqrt(len(names))
            for name in names:
                yield f"{kind}:{name}", share


def opinion_of(reads: Sequence[Read], model: Model) -> Opinion:
    """Return what the model makes of a text.

    It learned from short texts, and people write of other things before and after: a long one is
    what those sentences of it are that say most for a threat, with the subject.
    """
    parts = [_counted([reads[at] for at in part]) for part in _parts(reads)]
    found = [_chances(counted, model.about) for counted in parts]
    best = max(range(len(found)), key=lambda at: found[at][0])
    counted = parts[best]
    states = dict(zip(model.state.classes, _chances(counted, model.state), strict=True))
    spoken: dict[str, float] = {}
    for name, share in counted:
        weights = model.about.weights.get(name)
        if weights is not None and name[0] in "wbcd":
            spoken[name] = share * (weights[0] - max(weights[1:]))
    strongest = sorted(spoken, key=lambda name: (-spoken[name], name))[:_SHOWN]
    because = tuple(name.partition(":")[2] for name in strongest if spoken[name] > 0)
    threat, request, other = found[best]
    return Opinion(threat, request, other, states, because, _loudest(reads, spoken))


def settled(by_rules: str, opinion: Opinion, least: float) -> str:
    """Return how the service is: as the rules found it, unless the model gives that no chance."""
    if by_rules in opinion.states and by_rules != "unknown" and opinion.states[by_rules] >= least:
        return by_rules
    return max(opinion.states, key=lambda state: opinion.states[state], default=by_rules)


def _parts(reads: Sequence[Read]) -> list[list[int]]:
    """Return the sentences that are judged together: all of a short text, windows of a long one."""
    subject = [at for at, read in enumerate(reads) if read.sentence.subject]
    body = [at for at, read in enumerate(reads) if not read.sentence.subject]
    if len(body) <= _LONG:
        return [[*subject, *body]]
    starts = range(len(body) - _WINDOW + 1)
    return [[*subject, *body[start : start + _WINDOW]] for start in starts]


def _counted(reads: Sequence[Read]) -> list[tuple[str, float]]:
    return list(shares(features_of(reads)))


def with_rules(chance: float, weight: float, count: float) -> float:
    """Return a chance with the weight of the rules' evidence taken in.

    The odds of the two are multiplied, those of the rules to the power of ``count``.
    """
    return 1 / (1 + math.exp(-(_log_odds(chance) + count * _log_odds(weight))))


def _log_odds(chance: float) -> float:
    within = min(max(chance, 0.02), 0.98)
    return math.log(within / (1 - within))


def _chances(counted: Sequence[tuple[str, float]], linear: Linear) -> list[float]:
    """Return the chance of each class of a text with these features."""
    scores = list(linear.bias)
    for name, share in counted:
        weights = linear.weights.get(name)
        if weights is not None:
            for at, weight in enumerate(weights):
                scores[at] += share * weight
    highest = max(scores)
    grown = [math.exp(score - highest) for score in scores]
    total = sum(grown)
    return [one / total for one in grown]


def _loudest(reads: Sequence[Read], spoken: Mapping[str, float]) -> int:
    """Return the sentence that says most for a threat."""
    best, best_at = -math.inf, 0
    for at, read in enumerate(reads):
        plain, pairs = _words(read)
        here = sum(spoken.get(f"w:{word}", 0.0) for word in plain)
        here += sum(spoken.get(f"b:{pair}", 0.0) for pair in pairs)
        here += sum(spoken.get(f"c:{concept}", 0.0) for concept in _concepts(read))
        if here > best and read.sentence.tokens:
            best, best_at = here, at
    return best_at


def _words(read: Read) -> tuple[set[str], set[str]]:
    left_out = _left_out(read)
    plain = [
        "" if at in left_out else _plain(token.text)
        for at, token in enumerate(read.sentence.tokens)
    ]
    kept = [word for word in plain if word]
    return set(kept), {f"{one} {other}" for one, other in pairwise(kept)}


@lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    if any(one.isdigit() for one in text):
        return "#"
    return text if text[0].isalpha() or text in "$?!" else ""


def _concepts(read: Read) -> Iterator[str]:
    concepts: Iterable[str] = read.concepts
    if left_out := _left_out(read):
        tags = (each for at, each in enumerate(read.tags) if at not in left_out)
        concepts = {concept for each in tags for concept in each}
    return (concept for concept in concepts if not concept.startswith("="))


def _left_out(read: Read) -> frozenset[int]:
    """Return the numbers of the words that an admin wants left out of account."""
    if IGNORED not in read.concepts:
        return frozenset()
    return frozenset(
        number
        for at, tags in enumerate(read.tags)
        for end in tags.get(IGNORED, ())
        for number in range(at, end)
    )


@lru_cache(maxsize=20_000)
def _pieces(word: str) -> frozenset[str]:
    if not _SHORTEST <= len(word) <= _LONGEST:
        return frozenset()
    framed = f" {word} "
    return frozenset(
        framed[start : start + size] for size in _PIECES for start in range(len(framed) - size + 1)
    )

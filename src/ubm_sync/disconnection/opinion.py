"""A second opinion: a linear model over the words and concepts of a text.

Rules know what they were told; the model has seen what words go together in labelled texts. Its
weights lie beside the grammar (``data/model.json``), and what moved it can be named. How much that
adds on texts that neither had seen: ``docs/decisions/0019-a-small-model-beside-the-rules.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ubm_sync.disconnection.annotation import Read

_SHOWN = 3
_WINDOW = 5  # sentences that are judged together
_STEEPEST = 30.0


class Model(NamedTuple):
    """Weights by feature; positive ones speak for a disconnection that threatens."""

    bias: float
    weights: Mapping[str, float]


class Opinion(NamedTuple):
    """The chance from 0 to 1, the features that spoke for it, and the sentence that did most."""

    chance: float
    because: tuple[str, ...]
    sentence: int


def features_of(read: Read) -> set[str]:
    """Return the features of a sentence: its words, and the concepts of the grammar in it."""
    words = {f"w:{token.text}" for token in read.sentence.tokens if token.text.isalpha()}
    return words | {f"c:{concept}" for concept in read.concepts if not concept.startswith("=")}


def opinion_of(reads: Sequence[Read], model: Model) -> Opinion:
    """Return what the model makes of a text: of those few sentences that it takes most seriously.

    It learned from short texts, and people write of other things before and after.
    """
    found = [set(features_of(read)) for read in reads]
    subject = set().union(*(one for one, read in zip(found, reads, strict=True) if _heads(read)))
    body = [number for number, read in enumerate(reads) if not _heads(read)] or [0]
    best, best_at, best_score = subject, 0, -math.inf
    for first in range(max(1, len(body) - _WINDOW + 1)):
        window = body[first : first + _WINDOW]
        features = subject.union(*(found[number] for number in window if number < len(found)))
        score = _score(features, model)
        if score > best_score:
            best, best_score = features, score
            best_at = max(window, key=lambda number: _score(found[number], model)) if found else 0
    return Opinion(chance_of(best_score), _strongest(best, model), best_at)


def _heads(read: Read) -> bool:
    return read.sentence.subject


def _score(features: set[str], model: Model) -> float:
    return model.bias + sum(model.weights.get(name, 0.0) for name in features)


def _strongest(features: set[str], model: Model) -> tuple[str, ...]:
    ranked = sorted(features, key=lambda name: (-model.weights.get(name, 0.0), name))[:_SHOWN]
    return tuple(name.partition(":")[2] for name in ranked if model.weights.get(name, 0.0) > 0)


def both_of(one: float, other: float) -> float:
    """Return the chance that two independent chances make together: their odds multiplied."""
    speaks, against = one * other, (1 - one) * (1 - other)
    return speaks / (speaks + against) if speaks + against > 0 else 0.5


def chance_of(score: float) -> float:
    """Return the chance that a score stands for."""
    return 1 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, score))))

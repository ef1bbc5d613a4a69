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
    """Return what the model makes of a text."""
    total, best, best_at = model.bias, -math.inf, 0
    counted: dict[str, float] = {}
    for at, read in enumerate(reads):
        here = {name: model.weights.get(name, 0.0) for name in features_of(read)}
        total += sum(weight for name, weight in here.items() if name not in counted)
        counted |= here
        if (spoken := sum(here.values())) > best:
            best, best_at = spoken, at
    strongest = sorted(counted, key=lambda name: (-counted[name], name))[:_SHOWN]
    because = tuple(name.partition(":")[2] for name in strongest if counted[name] > 0)
    return Opinion(chance_of(total), because, best_at)


def both_of(one: float, other: float) -> float:
    """Return the chance that two independent chances make together: their odds multiplied."""
    speaks, against = one * other, (1 - one) * (1 - other)
    return speaks / (speaks + against) if speaks + against > 0 else 0.5


def chance_of(score: float) -> float:
    """Return the chance that a score stands for."""
    return 1 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, score))))

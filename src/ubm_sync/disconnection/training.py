"""Learning the model's weights from labelled texts: logistic regression, the same each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt

from ubm_sync.disconnection.opinion import Model, chance_of

ROUNDS = 150
STRENGTH = 3.0  # how much the texts count against small weights
_STEP = 0.5
_RAREST = 2  # a word of one text says something of that text only
_SMALLEST = 0.02  # what weighs less is left out


def train(
    texts: Sequence[tuple[frozenset[str], bool]], rounds: int = ROUNDS, strength: float = STRENGTH
) -> Model:
    """Return the model for texts given as (features, whether a disconnection threatens).

    The loss is the sum of log losses times ``strength`` plus half the squared weights; it is
    lowered by gradient descent with a step of its own for each weight. Raises ValueError where
    there is no text.
    """
    if not texts:
        raise ValueError("there is no text to learn from")
    counts = Counter(name for features, _ in texts for name in features)
    names = sorted(name for name, count in counts.items() if count >= _RAREST)
    place = {name: number for number, name in enumerate(names)}
    rows = [
        ([place[name] for name in sorted(features) if name in place], float(label))
        for features, label in texts
    ]
    weights, moved = [0.0] * len(names), [1e-8] * len(names)
    bias, bias_moved = 0.0, 1e-8
    for _ in range(rounds):
        gradient, bias_gradient = list(weights), 0.0
        for row, label in rows:
            error = strength * (chance_of(bias + sum(weights[n] for n in row)) - label)
            bias_gradient += error
            for number in row:
                gradient[number] += error
        for number, slope in enumerate(gradient):
            moved[number] += slope * slope
            weights[number] -= _STEP * slope / sqrt(moved[number])
        bias_moved += bias_gradient * bias_gradient
        bias -= _STEP * bias_gradient / sqrt(bias_moved)
    kept = {
        name: round(weight, 3)
        for name, weight in zip(names, weights, strict=True)
        if abs(weight) >= _SMALLEST
    }
    return Model(round(bias, 3), kept)

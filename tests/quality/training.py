"""Learning the model's weights from labelled texts: logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from ubm_sync.disconnection.opinion import Linear

STRENGTH = 10.0  # how much the texts count against small weights
_ROUNDS = 3_000


def train(
    texts: Sequence[tuple[Mapping[str, float], str]], classes: tuple[str, ...], kept: int
) -> Linear:
    """Return the weights for texts given as (features with their shares, class).

    Classes count the same however many texts have them. ``kept`` features are those that move
    most over all texts. Needs scikit-learn (``pip install scikit-learn``), which the service itself
    does without.
    """
    np: Any = import_module("numpy")  # only whoever trains needs these
    extraction: Any = import_module("sklearn.feature_extraction")
    linear_models: Any = import_module("sklearn.linear_model")
    vectors = extraction.DictVectorizer()
    matrix = vectors.fit_transform([dict(features) for features, _ in texts])
    labels = [classes.index(label) for _, label in texts]
    fitted = linear_models.LogisticRegression(C=STRENGTH, max_iter=_ROUNDS, class_weight="balanced")
    fitted.fit(matrix, labels)
    counts = np.asarray((matrix > 0).sum(axis=0)).ravel()
    moves = np.abs(fitted.coef_).max(axis=0) * np.sqrt(counts)
    best = np.argsort(-moves, kind="stable")[:kept]
    names = vectors.get_feature_names_out()
    weights = {str(names[at]): _rounded(fitted.coef_[:, at]) for at in sorted(best)}
    return Linear(classes, _rounded(fitted.intercept_), weights)


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(round(float(one), 3) for one in values)

"""``python -m tests.quality [--write]``: what the model adds to the rules, and its training.

Without ``--write`` it prints a cross-validation in ten parts: the rules alone, and the rules with a
model that has not seen the texts it judges. The rules have: they are written with all of them at
hand, so their own figures are those of texts they know. With ``--write`` it learns from all texts
of ``tests/data`` and those beside the rules, and
writes ``data/model.json`` of the package.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.quality.texts import beside_the_rules, digest, examples, labelled

from ubm_sync.disconnection.grammar import builtin
from ubm_sync.disconnection.training import train
from ubm_sync.reports.disconnection_quality import judge, quality

MODEL = Path(__file__).parents[2] / "src" / "ubm_sync" / "disconnection" / "data" / "model.json"
PARTS = 10


def write() -> None:
    texts = [*labelled(), *beside_the_rules()]
    model = train(examples(texts, builtin()))
    content = {
        "about": "weights of the second opinion; made by python -m tests.quality --write",
        "texts": len(texts),
        "digest": digest(texts),
        "bias": model.bias,
        "weights": dict(sorted(model.weights.items())),
    }
    MODEL.write_text(json.dumps(content, indent=0, ensure_ascii=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(model.weights)} weights from {len(texts)} texts: {MODEL.name}\n")


def validate() -> None:
    texts, grammar = labelled(), builtin()
    short = examples(beside_the_rules(), grammar)
    learned = examples(texts, grammar)
    alone, both = [], []
    for part in range(PARTS):
        here = texts[part::PARTS]
        others = [one for number, one in enumerate(learned) if number % PARTS != part]
        others += short
        alone += judge(here, replace(grammar, model=None))
        both += judge(here, replace(grammar, model=train(others, rounds=60)))
    show("rules alone", quality(alone))
    show("rules and a model that has not seen them", quality(both))


def show(what: str, found: dict[str, dict[str, float]]) -> None:
    recall, precision = found["recall"], found["precision"]
    sys.stdout.write(
        f"{what}: noticed {recall['count']} of {recall['of']} ({recall['rate']:.3f}), "
        f"alarms right {precision['count']} of {precision['of']} ({precision['rate']:.3f})\n"
    )


def main(arguments: Sequence[str]) -> None:
    if "--write" in arguments:
        write()
    else:
        validate()


if __name__ == "__main__":
    main(sys.argv[1:])

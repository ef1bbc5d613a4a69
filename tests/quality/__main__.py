"""``python -m tests.quality [--write]``: how texts are read that were not learned from.

Without ``--write`` each file of ``tests/data`` is left out once, a model learns from the others,
and the rules alone, then rules and that model, read it. The files are by different authors. The
rules were written with some of them at hand (own, other_author, tuning, routine): their figures
there are those of texts they know. With ``--write`` a model learns from all of them but
``unseen``, which is kept to measure with, and ``data/model.json`` of the package is written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.quality.texts import FILES, beside_the_rules, digest, examples, labelled, states
from tests.quality.training import train

from ubm_sync.disconnection.grammar import Grammar, builtin
from ubm_sync.disconnection.opinion import CLASSES, Linear, Model
from ubm_sync.disconnection.values import ServiceState
from ubm_sync.reports.disconnection_quality import Labelled, judge, load_labelled, quality

MODEL = Path(__file__).parents[2] / "src" / "ubm_sync" / "disconnection" / "data" / "model.json"


ABOUT, STATE = 24_000, 4_000  # features that are kept
STATES = tuple(one.value for one in ServiceState)


def write() -> None:
    grammar = builtin()
    short = beside_the_rules()
    texts = [*labelled(), *short]
    content = {
        "made": "by python -m tests.quality --write",
        "texts": len(texts),
        "digest": digest(texts),
        "about": _written(train(_examples(texts, short, grammar), CLASSES, ABOUT)),
        "state": _written(train(states(texts, grammar), STATES, STATE)),
    }
    lines = json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace('],"', '],\n"')
    MODEL.write_text(lines + "\n", encoding="utf-8")
    sys.stdout.write(f"learned from {len(texts)} texts: {MODEL.name}\n")


def _examples(
    texts: Sequence[Labelled], short: Sequence[Labelled], grammar: Grammar
) -> list[tuple[dict[str, float], str]]:
    """Return what to learn from: ``short`` counts twice, for `check` runs them as tests."""
    return examples([*texts, *short], grammar)


def _written(linear: Linear) -> dict[str, object]:
    return {**linear._asdict(), "weights": dict(sorted(linear.weights.items()))}


def validate() -> None:
    grammar = builtin()
    short = beside_the_rules()
    texts = {path: load_labelled(path)[0] for path in FILES}
    for path, several in texts.items():
        others = [one for other, found in texts.items() if other != path for one in found]
        name = path.stem.removeprefix("disconnection_texts_")
        alone = replace(grammar, model=None)
        show(f"{name}, rules alone", quality(judge(several, alone)))
        model = Model(
            train(_examples([*others, *short], short, grammar), CLASSES, ABOUT),
            train(states(others, grammar), STATES, STATE),
        )
        show(f"{name}, both", quality(judge(several, replace(grammar, model=model))))


def show(what: str, found: dict[str, Any]) -> None:
    recall, precision, close = (
        found[name] for name in ("recall", "precision", "close_called_urgent")
    )
    sys.stdout.write(
        f"{what:<28} noticed {_share(recall)}, alarms right {_share(precision)}, "
        f"closings called urgent {close['count']} of {close['of']}\n"
    )
    sys.stdout.flush()


def _share(found: dict[str, Any]) -> str:
    rate = "-" if found["rate"] is None else f"{found['rate']:.3f}"
    return f"{found['count']:>3} of {found['of']:>3} ({rate})"


def main(arguments: Sequence[str]) -> None:
    if "--write" in arguments:
        write()
    else:
        validate()


if __name__ == "__main__":
    main(sys.argv[1:])

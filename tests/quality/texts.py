"""The labelled texts of ``tests/data``, and what of them the model learns from."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

from ubm_sync.calendars import local
from ubm_sync.config.phrases import package_examples
from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.grammar import Grammar
from ubm_sync.disconnection.judging import judge
from ubm_sync.disconnection.opinion import features_of
from ubm_sync.disconnection.parts import split
from ubm_sync.disconnection.values import Message
from ubm_sync.reports.disconnection_quality import (
    ALARMS,
    USUAL_RECEIVED,
    USUAL_ZONE,
    Labelled,
    load_labelled,
)

DATA = Path(__file__).parents[1] / "data"
FILES = tuple(sorted(DATA.glob("disconnection_texts_*.csv")))


def labelled() -> list[Labelled]:
    """Return all texts, in the order of the files."""
    return [text for path in FILES for text in load_labelled(path)[0]]


def beside_the_rules() -> list[Labelled]:
    """Return the short texts that stand as tests beside the rules."""
    return [
        Labelled(
            str(number), one.expect, Message("", one.text, USUAL_RECEIVED, USUAL_ZONE), notes={}
        )
        for number, one in enumerate(package_examples())
    ]


def digest(texts: list[Labelled]) -> str:
    """Return a hash of what the model learns from."""
    content = "\x1e".join(
        f"{one.label.value}\x1f{one.message.subject}\x1f{one.message.body}" for one in texts
    )
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def annotated(text: Labelled, grammar: Grammar) -> list[Read]:
    """Return all of a message as the model sees it."""
    message = text.message
    parts = split(message.subject, message.body)
    today = local(message.received, message.zone).date()
    everything = f"{parts.new}\n{parts.quoted}"
    return judge(parts.subject, everything, replace(grammar, model=None), today).reads


def _unlearned() -> set[str]:
    """Return words that no model shall learn: the names of the systems this service works with."""
    connectors = entry_points(group="ubm_sync.connectors")
    return {f"w:{one.value.partition(':')[0].removeprefix('ubm_')}" for one in connectors}


def examples(texts: list[Labelled], grammar: Grammar) -> list[tuple[frozenset[str], bool]]:
    """Return (features, whether a disconnection threatens) of each text."""
    without = _unlearned()
    return [
        (
            frozenset(
                name for read in annotated(text, grammar) for name in features_of(read) - without
            ),
            text.label in ALARMS,
        )
        for text in texts
    ]

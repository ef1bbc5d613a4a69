"""The labelled texts of ``tests/data``, and what of them the model learns from."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

from ubm_sync.calendars import local
from ubm_sync.config.phrases import package_examples
from ubm_sync.disconnection.grammar import Grammar
from ubm_sync.disconnection.judging import judge
from ubm_sync.disconnection.opinion import features_of, shares
from ubm_sync.disconnection.parts import split
from ubm_sync.disconnection.reading import speaks_by_quoting
from ubm_sync.disconnection.values import Category, Message, ServiceState
from ubm_sync.reports.disconnection_quality import (
    ALARMS,
    USUAL_RECEIVED,
    USUAL_ZONE,
    Labelled,
    load_labelled,
)

DATA = Path(__file__).parents[1] / "data"
_ORDINARY = frozenset({"files", "store"})  # systems of our own: beside others they are plain words
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


def features(text: Labelled, grammar: Grammar) -> dict[str, float]:
    """Return what the model sees of a message: its features, and how much each counts."""
    message = text.message
    parts = split(message.subject, message.body)
    today = local(message.received, message.zone).date()
    rules_alone = replace(grammar, model=None)
    judged = judge(parts.subject, parts.new, rules_alone, today)
    if parts.quoted.strip() and speaks_by_quoting(parts, judged):
        judged = judge(parts.subject, f"{parts.new}\n{parts.quoted}", rules_alone, today)
    systems = _systems()
    return {
        name: share
        for name, share in shares(features_of(judged.reads))
        if name.removeprefix("w:") not in systems
        and (systems - _ORDINARY).isdisjoint(name.partition(":")[2].split())
    }


@lru_cache(maxsize=1)
def _systems() -> frozenset[str]:
    """Return words that no model shall learn: the names of the systems this service works with."""
    connectors = entry_points(group="ubm_sync.connectors")
    return frozenset(one.value.partition(":")[0].removeprefix("ubm_") for one in connectors)


def class_of(text: Labelled) -> str:
    """Return the model's class of a text."""
    if text.label in ALARMS:
        return "threat"
    return "request" if text.label is Category.CLOSE else "other"


def states(texts: list[Labelled], grammar: Grammar) -> list[tuple[dict[str, float], str]]:
    """Return (features with their shares, state) of each text about a threat that names one."""
    known = {one.value for one in ServiceState}
    return [
        (features(text, grammar), text.notes["state"])
        for text in texts
        if text.label in ALARMS and text.notes.get("state") in known
    ]


def examples(texts: list[Labelled], grammar: Grammar) -> list[tuple[dict[str, float], str]]:
    """Return (features with their shares, class) of each text."""
    return [(features(text, grammar), class_of(text)) for text in texts]

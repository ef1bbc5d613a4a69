"""What a rule of the grammar is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a rule's matches mean."""

    THREAT = "threats"
    REQUEST = "requests"
    SUPPORT = "supports"
    DAMPER = "dampers"


class Scope(StrEnum):
    """How far a rule reaches."""

    SPAN = "span"
    SENTENCE = "sentence"
    MESSAGE = "message"
    BEFORE = "before"  # its sentence and those before it
    TOPIC = "topic"  # its sentence; from the subject line the message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    ``weight`` is evidence from 0 to 1, for a damper the factor that is left. A damper takes from
    rules ``of`` these kinds (``only`` these names), unless a concept of ``unless`` is in its scope,
    of ``unless_message`` in the message or of ``unless_inside`` between its own words;
    ``negatable``: not where it is denied. A threat of a rule with ``needs`` counts where one of
    these concepts is elsewhere in the message. ``net``: what a threat finds is asked about and no
    more, what a request finds is none by itself. ``firm``: no request explains it away. ``off``,
    ``now``, ``announced``: what it says of the service.
    """

    name: str
    kind: Kind
    says: str
    weight: float
    scope: Scope = Scope.SPAN
    of: tuple[Kind, ...] = ()
    only: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_message: tuple[str, ...] = ()
    unless_inside: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    net: bool = False
    negatable: bool = False
    firm: bool = False
    off: bool = False
    now: bool = False
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which weight on a text counts as what."""

    urgent: float = 0.6
    possible: float = 0.4
    close: float = 0.5
    model_urgent: float = 0.35  # from this chance on, by rules and model together, it is urgent
    model_possible: float = 0.12  # and from this on a manager is asked
    rules_count: float = 0.15  # how much the rules' evidence counts beside the model's
    rules_insist: float = 0.12  # where rules are sure, a manager is asked from this chance on


def rule_of(kind: Kind, name: str, written: Mapping[str, Any]) -> Rule:
    """Return a rule from the block it is written in."""
    return Rule(
        name=name,
        kind=kind,
        says=str(written["says"]),
        weight=float(written.get("weight", written.get("factor", 0.0))),
        scope=Scope(written.get("scope", Scope.SPAN)),
        of=tuple(Kind(one) for one in written.get("of", ())),
        only=tuple(written.get("only", ())),
        unless=tuple(written.get("unless", ())),
        unless_message=tuple(written.get("unless_message", ())),
        unless_inside=tuple(written.get("unless_inside", ())),
        needs=tuple(written.get("needs", ())),
        net=bool(written.get("net", False)),
        negatable=bool(written.get("negatable", False)),
        firm=bool(written.get("firm", False)),
        off=bool(written.get("off", False)),
        now=bool(written.get("now", False)),
        announced=bool(written.get("announced", False)),
    )

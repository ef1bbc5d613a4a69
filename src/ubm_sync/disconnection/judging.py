"""What the evidence in a text comes to: threat against request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ubm_sync.disconnection.annotation import Read, annotate
from ubm_sync.disconnection.evidence import Evidence, asked, collect, together, weighed
from ubm_sync.disconnection.grammar import BOILERPLATE, EXCUSE, Grammar
from ubm_sync.disconnection.opinion import Opinion, opinion_of, with_rules
from ubm_sync.disconnection.rules import Kind, Scope, Thresholds
from ubm_sync.disconnection.tokens import fold, mended, sentences, tokenize
from ubm_sync.disconnection.values import Category

_SUPPORTABLE = 0.2  # below it there is no threat that anything could support


class Judged(NamedTuple):
    """A text with its evidence and what it comes to."""

    text: str
    reads: list[Read]
    threats: list[Evidence]
    requests: list[Evidence]
    supports: list[Evidence]
    threat: float
    request: float
    category: Category
    opinion: Opinion | None = None
    chance: float = 0.0  # of a threat, by rules and model together


def judge(subject: str, body: str, grammar: Grammar, today: date) -> Judged:
    """Return what a text comes to."""
    text = f"{subject}\n{body}"
    folded = mended(fold(text))
    cut = len(subject)
    written = [
        *sentences(tokenize(folded[:cut]), subject=True),
        *sentences(tokenize(folded[cut:], cut)),
    ]
    annotated = annotate(written, grammar.lexicon, today)
    reads = [read for read in annotated if BOILERPLATE not in read.concepts]
    found = collect(reads, grammar)
    left = weighed(found, reads)
    threats = [one for one in left if one.rule.kind is Kind.THREAT]
    requests = [one for one in left if one.rule.kind is Kind.REQUEST]
    base = together(one for one in threats if not one.rule.net)
    supports = _supporting(found, threats) if base >= _SUPPORTABLE else []
    threat, request = _supported(base, supports), asked(requests)
    category = _category(threat, request, threats, grammar)
    if category is Category.OTHER:
        caught = together(one for one in threats if one.rule.net)
        if caught >= grammar.thresholds.possible:
            category, threat = Category.POSSIBLE, max(threat, caught)
    judged = Judged(text, reads, threats, requests, supports, threat, request, category)
    if grammar.model is None:
        return judged
    return _heard(judged, opinion_of(reads, grammar.model), grammar.thresholds)


def _heard(judged: Judged, opinion: Opinion, limits: Thresholds) -> Judged:
    """Return what is judged with the model heard: its word, with the rules' evidence taken in.

    Where the rules are sure of a threat and the model does not think it impossible, or one that
    speaks of the utility's own act is and nothing in the text is an excuse, a manager is asked at
    least.
    """
    chance = with_rules(opinion.threat, judged.threat, limits.rules_count)
    sure = judged.category is Category.URGENT and (
        opinion.threat >= limits.rules_insist or _firm(judged, limits)
    )
    if chance >= limits.model_urgent:
        category = Category.URGENT
    elif chance >= limits.model_possible or sure:
        category = Category.POSSIBLE
    elif opinion.request > opinion.other:
        category = Category.CLOSE
    else:
        category = Category.OTHER
    return judged._replace(category=category, opinion=opinion, chance=chance)


def _firm(judged: Judged, limits: Thresholds) -> bool:
    """Return whether a utility's own act is spoken of, and nothing that could explain it away."""
    firm = any(one.rule.firm and one.weight >= limits.urgent for one in judged.threats)
    return firm and not any(EXCUSE in read.concepts for read in judged.reads)


def _supported(base: float, supports: Sequence[Evidence]) -> float:
    """Return the weight of threats together with what supports them, each rule once."""
    missing = 1 - base
    for weight in {one.rule.name: one.weight for one in supports}.values():
        missing *= 1 - weight
    return 1 - missing


def _supporting(found: Sequence[Evidence], threats: Sequence[Evidence]) -> list[Evidence]:
    where = {one.at for one in threats if one.weight >= _SUPPORTABLE / 2}
    return [
        one
        for one in found
        if one.rule.kind is Kind.SUPPORT and (one.rule.scope is Scope.MESSAGE or one.at in where)
    ]


def _category(
    threat: float, request: float, threats: Sequence[Evidence], grammar: Grammar
) -> Category:
    """Return what it comes to; firm evidence of a utility's act outweighs a request."""
    limits = grammar.thresholds
    firm = any(one.rule.firm and one.weight >= limits.urgent for one in threats)
    if request >= limits.close and not firm and threat < max(request, limits.urgent):
        return Category.CLOSE
    if threat >= limits.urgent:
        return Category.URGENT
    if threat >= limits.possible:
        return Category.POSSIBLE
    return Category.OTHER

"""From sentences to evidence: what the rules find, and what takes its weight away again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.grammar import Grammar
from ubm_sync.disconnection.patterns import find
from ubm_sync.disconnection.rules import Kind, Rule, Scope

_NEARBY = 3  # sentences; further on people write of something else
_NEGATION_REACH = 3
_FIRM_ENOUGH = 0.5
_CLOSE_DAMPS = 0.35
_REQUEST_DAMPS = 0.05


@dataclass(frozen=True, slots=True)
class Evidence:
    """One match of a rule: which words of which sentence, with what weight after damping."""

    rule: Rule
    at: int  # number of the sentence
    start: int
    end: int
    weight: float
    subject: bool = False  # whether it is from the subject line
    damped: tuple[str, ...] = ()

    def covers(self, other: Evidence) -> bool:
        """Return whether both are about some of the same words."""
        return self.at == other.at and self.start < other.end and other.start < self.end


def collect(reads: Sequence[Read], grammar: Grammar) -> list[Evidence]:
    """Return every match of every rule in all sentences, undamped."""
    return [
        Evidence(grammar.rules[match.rule], number, match.start, match.end,
                 grammar.rules[match.rule].weight, read.sentence.subject)
        for number, read in enumerate(reads)
        for match in find(grammar.index, read.sentence.tokens, read.tags)
    ]  # fmt: skip


def weighed(found: Sequence[Evidence], reads: Sequence[Read]) -> list[Evidence]:
    """Return threats and requests with the weight that dampers and requests leave them."""
    everywhere = frozenset(concept for read in reads for concept in read.concepts)
    all_dampers = [one for one in found if one.rule.kind is Kind.DAMPER]
    denied = {one.rule.name for one in all_dampers if _denied(one, reads)}
    dampers = [
        one
        for one in all_dampers
        if one.rule.name not in denied and not _void(one, reads, everywhere)
    ]
    requests = [_damped(one, dampers) for one in found if one.rule.kind is Kind.REQUEST]
    threats = [
        _damped(one, dampers)
        for one in found
        if one.rule.kind is Kind.THREAT and _has_context(one, reads)
    ]
    return [*requests, *_asked_for(threats, requests)]


def _void(damper: Evidence, reads: Sequence[Read], everywhere: frozenset[str]) -> bool:
    """Return whether something speaks against a damper."""
    rule = damper.rule
    wide = rule.scope is Scope.MESSAGE or (rule.scope is Scope.TOPIC and damper.subject)
    around = everywhere if wide else reads[damper.at].concepts
    inside = reads[damper.at].tags[damper.start + 1 : damper.end - 1] if rule.unless_inside else ()
    return (
        any(concept in around for concept in rule.unless)
        or any(concept in everywhere for concept in rule.unless_message)
        or any(concept in tags for tags in inside for concept in rule.unless_inside)
    )


def _has_context(one: Evidence, reads: Sequence[Read]) -> bool:
    """Return whether one of the concepts that a rule needs is elsewhere in the message."""
    needs = one.rule.needs
    if not needs:
        return True
    return any(
        concept in tags
        for at, read in enumerate(reads)
        if not read.concepts.isdisjoint(needs)
        for index, tags in enumerate(read.tags)
        if at != one.at or not one.start <= index < one.end
        for concept in needs
    )


def _denied(damper: Evidence, reads: Sequence[Read]) -> bool:
    """Return whether the text says that a damper does not hold: "not a main break"."""
    if not damper.rule.negatable:
        return False
    read = reads[damper.at]
    for index in range(damper.start - 1, max(-1, damper.start - 1 - _NEGATION_REACH), -1):
        if not read.sentence.tokens[index].text[0].isalnum():
            return False  # another clause
        if "no" in read.tags[index] or "wish" in read.tags[index]:
            return True
    return False


def _damped(one: Evidence, dampers: Sequence[Evidence]) -> Evidence:
    factors: dict[str, float] = {}
    for damper in dampers:
        rule = damper.rule
        if one.rule.kind not in rule.of or (rule.only and one.rule.name not in rule.only):
            continue
        if _reaches(damper, one):
            factors[damper.rule.name] = damper.rule.weight
    weight = one.weight
    for factor in factors.values():
        weight *= factor
    return replace(one, weight=weight, damped=tuple(factors))


def _reaches(damper: Evidence, one: Evidence) -> bool:
    nearby = abs(damper.at - one.at) <= _NEARBY or damper.subject or one.subject
    match damper.rule.scope:
        case Scope.MESSAGE:
            return nearby
        case Scope.TOPIC:
            return damper.subject or damper.at == one.at
        case Scope.BEFORE:
            return nearby and one.at <= damper.at
        case Scope.SENTENCE:
            return damper.at == one.at
        case Scope.SPAN:
            return damper.covers(one)


def _asked_for(threats: Sequence[Evidence], requests: Sequence[Evidence]) -> list[Evidence]:
    """Return threats with less weight where the customer asks for what they say."""
    if asked(requests) < _FIRM_ENOUGH:
        return list(threats)
    strong = [one for one in requests if one.weight >= _FIRM_ENOUGH]
    return [threat if threat.rule.firm else _less(threat, strong) for threat in threats]


def _less(threat: Evidence, requests: Sequence[Evidence]) -> Evidence:
    covered = any(request.covers(threat) for request in requests)
    factor = _REQUEST_DAMPS if covered else _CLOSE_DAMPS
    return replace(threat, weight=threat.weight * factor, damped=(*threat.damped, "asked-for"))


def asked(requests: Sequence[Evidence]) -> float:
    """Return the weight of requests together; what only fits one (``net``) needs one to fit."""
    if all(one.rule.net for one in requests):
        return 0.0
    return together(requests)


def together(evidence: Iterable[Evidence]) -> float:
    """Return the weight of evidence together, as independent chances; same words count once."""
    counted: list[Evidence] = []
    missing = 1.0
    for one in sorted(evidence, key=lambda each: -each.weight):
        if one.weight > 0 and not any(one.covers(other) for other in counted):
            counted.append(one)
            missing *= 1 - one.weight
    return 1 - missing

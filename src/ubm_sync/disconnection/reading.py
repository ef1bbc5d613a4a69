"""Reading one message: what it is about, by which words, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ubm_sync.calendars import local
from ubm_sync.disconnection import names
from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.calendar_words import words
from ubm_sync.disconnection.deadlines import best_day, deadline_of, state_of
from ubm_sync.disconnection.evidence import Evidence
from ubm_sync.disconnection.grammar import Grammar
from ubm_sync.disconnection.judging import Judged, judge
from ubm_sync.disconnection.merging import worst
from ubm_sync.disconnection.opinion import settled
from ubm_sync.disconnection.parts import Parts, split
from ubm_sync.disconnection.tokens import fold
from ubm_sync.disconnection.values import Category, DeadlineKind, Message, Reading, ServiceState

_FEW_WORDS = 6
_LEAST = 0.2  # chance of a state below which the rules' word for it is not taken
_QUOTED = 16  # words of a sentence
_EARLIEST, _LATEST = date(1900, 1, 1), date(9000, 1, 1)
_VULNERABLE = (
    ("life-safety", "life_safety"),
    ("medical", "medical"),
    ("elderly", "elderly"),
    ("children", "children"),
)
_SMALL_WORDS = {
    "en": words("the to is are we you our and for at in on it they this was has have"),
    "es": words("el la los las de que nos por para en un una del al se lo y con es"),
    "fr": words("le la les des nous pour et est une avons du au que vous ce dans"),
}


def read(message: Message, grammar: Grammar) -> Reading:
    """Return what a message says; never raises on any text.

    What was written for the message is read; what it quotes only where it was forwarded, or where
    the new words say nothing by themselves ("see below").
    """
    today = _today(message)
    parts = split(message.subject, message.body, grammar.signatures)
    judged = judge(parts.subject, parts.new, grammar, today)
    if parts.quoted.strip() and speaks_by_quoting(parts, judged):
        judged = judge(parts.subject, f"{parts.new}\n{parts.quoted}", grammar, today)
    found = _reading(judged, parts, today)
    if parts.quoted.strip() and found.deadline_kind is DeadlineKind.UNKNOWN:
        quoted = judge("", parts.quoted, grammar, today)
        found = worst([found, _reading(quoted, parts, today)]) if _same(quoted, judged) else found
    return found


def _same(quoted: Judged, judged: Judged) -> bool:
    """Return whether what is quoted is about a disconnection as well."""
    return quoted.category is judged.category is Category.URGENT


def _today(message: Message) -> date:
    """Return the local day of receipt, within years that days can be counted in."""
    day = local(message.received, message.zone).date()
    return min(max(day, _EARLIEST), _LATEST)


def speaks_by_quoting(parts: Parts, judged: Judged) -> bool:
    """Return whether what a message quotes is what it says."""
    if parts.forwarded:
        return True
    if judged.category is not Category.OTHER and (judged.threats or judged.requests):
        return False
    if any(one.damped for one in judged.threats):
        return False
    count = sum(not read.sentence.subject and len(read.sentence.tokens) for read in judged.reads)
    below = any("see-below" in read.concepts for read in judged.reads)
    settled = any("resolved" in read.concepts for read in judged.reads)
    return not settled and (below or count <= _FEW_WORDS)


def _reading(judged: Judged, parts: Parts, today: date) -> Reading:
    category = judged.category
    close = category is Category.CLOSE
    decisive = judged.requests if close else judged.threats
    weight = _confidence(judged)
    text = judged.text
    spans = names.vendor_spans(text, judged.reads)
    reading = Reading(
        category=category,
        confidence=round(min(max(weight, 0.0), 1.0), 3),
        phrase=_phrase(judged, decisive),
        reasons=_reasons(judged),
        accounts=_accounts(judged, parts, spans),
        meters=names.meters(text),
        vendors=names.named(text, spans),
        amounts=names.amounts(text),
        vulnerable=_vulnerable(judged.reads),
        language=language_of(text),
    )
    if close:
        found = best_day(judged.reads, judged.requests, today, leaving=True)
        return replace(reading, effective=found[1].day if found else None)
    if category is Category.OTHER:
        return reading
    state = _state(judged, None, today)
    until = deadline_of(judged.reads, judged.threats, state, today, text)
    return replace(
        reading,
        state=state if until.day is None else _state(judged, until.day, today),
        deadline=until.day,
        deadline_kind=until.kind,
        deadline_text=until.text,
        deadline_time=until.at,
    )


def _state(judged: Judged, day: date | None, today: date) -> ServiceState:
    """Return how the service is, by the rules unless the model gives that no chance."""
    by_rules = state_of(judged.threats, judged.reads, day, today)
    if judged.opinion is None:
        return by_rules
    return ServiceState(settled(by_rules.value, judged.opinion, _LEAST))


def _confidence(judged: Judged) -> float:
    """Return how sure the reading is of its category."""
    opinion = judged.opinion
    if judged.category is Category.CLOSE:
        return judged.request if opinion is None else opinion.request
    if judged.category is Category.OTHER:
        return 1 - (judged.threat if opinion is None else judged.chance)
    return judged.threat if opinion is None else judged.chance


def _accounts(judged: Judged, parts: Parts, spans: list[tuple[int, int]]) -> tuple[str, ...]:
    """Return the accounts; those of the sentence that decided come first."""
    text = judged.text
    best = max(judged.threats, key=lambda one: one.weight, default=None)
    here: tuple[str, ...] = ()
    if best is not None and judged.category is not Category.OTHER:
        tokens = judged.reads[best.at].sentence.tokens
        line = text.rfind("\n", 0, tokens[0].start) + 1
        end = text.find("\n", tokens[-1].start)
        row = text[line : end if end >= 0 else len(text)]
        here = names.accounts(row) or (names.account_in_row(row) if "|" in row else ())
    found = dict.fromkeys([*here, *names.accounts(text)])
    if found:
        return tuple(found)
    return names.accounts_beside(text, spans) or names.accounts(parts.quoted)


def _phrase(judged: Judged, decisive: Sequence[Evidence]) -> str:
    best = max(decisive, key=lambda one: (one.weight, one.start - one.end), default=None)
    if best is None:
        return "" if judged.category is Category.OTHER else _spoken(judged)
    tokens = judged.reads[best.at].sentence.tokens
    return judged.text[tokens[best.start].start : tokens[best.end - 1].end]


def _spoken(judged: Judged) -> str:
    """Return the beginning of the sentence that moved the model most."""
    if judged.opinion is None:
        return ""
    tokens = judged.reads[judged.opinion.sentence].sentence.tokens
    last = tokens[min(len(tokens), _QUOTED) - 1]
    return judged.text[tokens[0].start : last.end].strip()


def _reasons(judged: Judged) -> tuple[str, ...]:
    every = sorted([*judged.threats, *judged.requests], key=lambda one: -one.weight)
    told = [
        f"{one.rule.name}: {one.rule.says}"
        + (f" (counts less: {', '.join(one.damped)})" if one.damped else "")
        for one in every
    ]
    told += [f"{one.rule.name}: {one.rule.says}" for one in judged.supports]
    if judged.opinion is not None:
        spoken = ", ".join(judged.opinion.because) or "nothing"
        opinion = judged.opinion
        told.append(
            f"model: threat {opinion.threat:.2f}, request {opinion.request:.2f}, "
            f"other {opinion.other:.2f}; for a threat speak: {spoken}"
        )
    return tuple(dict.fromkeys(told))


def _vulnerable(reads: Sequence[Read]) -> str:
    concepts = {concept for read in reads for concept in read.concepts}
    for concept, name in _VULNERABLE:
        if concept in concepts:
            return name
    return ""


def language_of(text: str) -> str:
    """Return "en", "es" or "fr", by the small words."""
    folded = fold(text).split()
    counts = {name: sum(word in few for word in folded) for name, few in _SMALL_WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > counts["en"] else "en"

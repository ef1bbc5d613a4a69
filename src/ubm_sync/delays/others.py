"""Delays that the utility bears, and our own, from the facts. Pure; one function for each code.

They are looked for as hard as the client's: whoever reads the log sees both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ubm_sync.delays.case import Case, Stay, earliest
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.rules import Clock
from ubm_sync.delays.waits import Wait, rounds, together
from ubm_sync.evidence import Evidence, Kind

_JUDGED = {
    Kind.ITEM: frozenset({"accepted", "rejected", "void"}),
    Kind.CREDENTIAL: frozenset(
        {"requested", "valid", "invalid", "not_provided", "locked", "mfa", "void"}
    ),
}


def portal(case: Case) -> Iterator[Delay]:
    """VN-PORTAL: the utility's portal fails, from the first failure to the first success."""
    yield from _between(case, "VN-PORTAL", Kind.PORTAL, "down", "up", "the portal of {} failed")


def authorisation(case: Case) -> Iterator[Delay]:
    """VN-AUTH: sent to the utility, and not confirmed within the threshold."""
    threshold = case.rule("VN-AUTH").threshold
    for facts in case.facts.by_name(Kind.AUTHORISATION).values():
        for sent, confirmed in rounds(facts, "sent", frozenset({"confirmed"})):
            told = f"authorisation sent to {sent.subject} {case.day_text(sent.at)}"
            told += (
                f", confirmed {case.day_text(confirmed.at)}" if confirmed else ", not confirmed yet"
            )
            yield from case.delay(
                "VN-AUTH",
                case.deadline(sent.at, threshold),
                confirmed.at if confirmed else None,
                sent,
                told,
                notice=sent,
                evidence=(confirmed,),
            )


def bill(case: Case) -> Iterator[Delay]:
    """VN-BILL: enrolled, and no actual bill more than 35 days after the last statement."""
    waits = []
    for facts in case.facts.by_subject(Kind.BILL).values():
        enrolled = next((one for one in facts if one.value == "enrolled"), None)
        if enrolled is None:
            continue
        statement = case.instant(enrolled.details.get("last_statement", ""))
        last = max(enrolled.at, statement) if statement else enrolled.at
        start = case.begin_of_day(case.day(last) + timedelta(days=case.rules.bill_days + 1))
        came = next((one for one in facts if one.value == "actual" and one.at >= last), None)
        waits.append(Wait(start, came.at if came else None, enrolled, came))
    yield from together(case, "VN-BILL", waits, "bills", "accounts wait for a bill", fair=False)


def backlog(case: Case) -> Iterator[Delay]:
    """IN-BACKLOG: longer with us than planned, in a stage or with a document to look at."""
    for stay in case.stays:
        if stay.rule.longest is None or stay.rule.clock not in {Clock.INTERNAL, Clock.SHARED}:
            continue
        asked = _asked(case, stay) if stay.rule.clock is Clock.SHARED else None
        start = case.deadline(stay.entered, stay.rule.longest)
        stage = stay.stage.replace("_", " ")
        told = f"in {stage} since {case.day_text(stay.entered)}, planned until "
        yield from case.delay(
            "IN-BACKLOG",
            start,
            earliest(stay.left, asked.at if asked else None),
            stay.fact,
            told + case.day_text(start),
            evidence=(asked, stay.over),
            subject=f"{stay.stage} {case.day(stay.entered)}",
        )
    yield from _reviews(case)


def _asked(case: Case, stay: Stay) -> Evidence | None:
    """Return what handed a shared stage to the client: the first thing it was asked there."""
    asked = [one for one in case.facts.of(Kind.SENT) if one.value != "bounced"]
    asked += [one for one in case.facts.of(Kind.ITEM) if one.value == "requested"]
    there = [one for one in asked if stay.covers(one.at)]
    return min(there, key=lambda one: one.at) if there else None


def _reviews(case: Case) -> Iterator[Delay]:
    """Yield what we looked at too late: a document, or a login that was given and not tried."""
    for kind, judged in _JUDGED.items():
        by = case.facts.by_name if kind is Kind.CREDENTIAL else case.facts.by_subject
        for facts in by(kind).values():
            came: Evidence | None = None
            for fact in facts:
                if fact.value == "received":
                    came = came or fact
                elif came is not None and fact.value in judged:
                    yield from _review(case, came, fact)
                    came = None
            if came is not None:
                yield from _review(case, came, None)


def _review(case: Case, came: Evidence, judged: Evidence | None) -> Iterator[Delay]:
    what = came.details.get("text") or came.subject
    yield from case.delay(
        "IN-BACKLOG",
        case.deadline(came.at, case.rules.review_days),
        judged.at if judged else None,
        came,
        f"{what} received {case.day_text(came.at)}, looked at too late",
        evidence=(judged,),
        subject=f"review of {came.subject}",
    )


def priority(case: Case) -> Iterator[Delay]:
    """IN-PRIORITY: we put other work first, with a reason somebody wrote down."""
    words = "other work was put first ({})"
    yield from _between(case, "IN-PRIORITY", Kind.PRIORITY, "set", "cleared", words)


def rework(case: Case) -> Iterator[Delay]:
    """IN-REWORK: an error of ours, until it was mended; errors at one time are one delay."""
    waits: list[Wait] = []
    for facts in case.facts.by_subject(Kind.ERROR).values():
        since: Evidence | None = None
        for fact in facts:
            if fact.value == "open" and since is None:
                since = fact
            elif fact.value == "fixed" and since is not None:
                waits.append(Wait(since.at, fact.at, since, fact))
                since = None
        if since is not None:
            waits.append(Wait(since.at, None, since, None))
    yield from together(case, "IN-REWORK", waits, "errors", "errors of ours", fair=False)


def _between(
    case: Case, code: str, kind: Kind, begins: str, ends: str, words: str
) -> Iterator[Delay]:
    """Yield a delay from each fact that begins one to the next that ends it, by subject."""
    for subject, facts in case.facts.by_subject(kind).items():
        since: Evidence | None = None
        for fact in facts:
            if fact.value == begins and since is None:
                since = fact
            elif fact.value == ends and since is not None:
                yield from _one(case, code, since, fact.at, fact, words.format(subject))
                since = None
        if since is not None:
            yield from _one(case, code, since, None, None, words.format(subject))


def _one(
    case: Case,
    code: str,
    since: Evidence,
    end: datetime | None,
    over: Evidence | None,
    words: str,
) -> Iterator[Delay]:
    told = f"{words} from {case.day_text(since.at)}"
    if over is not None:
        told += f" to {case.day_text(over.at)}"
    yield from case.delay(code, since.at, end, since, told, evidence=(over,))

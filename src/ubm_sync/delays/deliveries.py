"""Delays of a client who had something to give, from the facts. Pure; one function for each code.

Each begins only after the client was told what was needed and had a fair time to act: the notice,
and the threshold in business days after it. What was asked by a mail that came back was not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ubm_sync.delays.case import Case
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.waits import Round, Wait, rounds, together
from ubm_sync.evidence import Evidence, Kind


def documents(case: Case) -> Iterator[Delay]:
    """CL-DOCS: a checklist item not there when it was due, or not usable and not replaced."""
    for subject, facts in case.facts.by_subject(Kind.ITEM).items():
        asked: Evidence | None = None
        for fact in facts:
            if fact.value == "requested" and asked is None:
                asked = fact
            elif fact.value == "rejected":
                if asked is not None:  # it had come, and nobody noted when
                    yield from _documents(case, subject, asked, fact)
                asked = fact
            elif fact.value in {"received", "accepted"} and asked is not None:
                yield from _documents(case, subject, asked, fact)
                asked = None
            elif fact.value == "void":  # not needed after all: it was never late
                asked = None
        if asked is not None:
            yield from _documents(case, subject, asked, None)


def _documents(case: Case, subject: str, asked: Evidence, came: Evidence | None) -> Iterator[Delay]:
    notice = case.notice_of(asked)
    if notice is None:
        return
    begun = case.deadline(notice.at, case.rule("CL-DOCS").threshold)
    due = None if asked.value == "rejected" else _due(case, asked)
    is_named = due is not None or asked.value == "rejected"
    begun = begun if due is None else max(begun, due)
    what = asked.details.get("text") or subject
    told = f"{what} {'sent back' if asked.value == 'rejected' else 'requested'} "
    told += f"{case.day_text(asked.at)}, "
    told += f"due {case.day_text(begun)}" if is_named else "no day was named"
    doubts: tuple[str, ...] = ()
    if came is not None and came.value == "rejected":
        told += f", sent back {case.day_text(came.at)}"
        doubts = ("it was sent back, and nobody noted when it had come",)
    elif came is not None:
        told += f", received {case.day_text(came.at)}"
    yield from case.delay(
        "CL-DOCS",
        begun,
        case.fair_end(begun, None if came is None else came.at),
        asked,
        told,
        notice=notice if is_named else None,  # without a day nobody can say when it was late
        evidence=(came, case.mail_of(asked)),
        subject=subject,
        doubts=doubts,
    )


def location_list(case: Case) -> Iterator[Delay]:
    """CL-LIST: rows that need information for longer than the threshold; all rows are one delay."""
    threshold = case.rule("CL-LIST").threshold
    waits: list[Wait] = []
    for facts in case.facts.by_subject(Kind.ROW).values():
        since: Evidence | None = None
        for fact in facts:
            wrong = fact.value == "Needs information"
            if wrong and since is None:
                since = fact
            elif not wrong and since is not None:
                waits.append(Wait(case.deadline(since.at, threshold), fact.at, since, fact))
                since = None
        if since is not None:
            waits.append(Wait(case.deadline(since.at, threshold), None, since, None))
    yield from together(case, "CL-LIST", waits, "locations", "rows of the location list wait")


def credentials(case: Case) -> Iterator[Delay]:
    """CL-CREDS: a login asked for and not valid within the threshold.

    While we try one that was given, the wait is ours.
    """
    ends = frozenset({"received", "valid"})
    for facts in case.facts.by_name(Kind.CREDENTIAL).values():
        for one in rounds(facts, "requested", ends):
            told = f"login for {one.asked.subject} requested {case.day_text(one.asked.at)}"
            over = one.answer
            told += f", {over.value} {case.day_text(over.at)}" if over else ", not valid yet"
            yield from _asked(case, "CL-CREDS", one, told)


def approval(case: Case) -> Iterator[Delay]:
    """CL-APPROVAL: a sign-off asked for and not given within the threshold."""
    ends = frozenset({"approved", "declined"})
    for subject, facts in case.facts.by_subject(Kind.APPROVAL).items():
        for one in rounds(facts, "requested", ends):
            what = one.asked.details.get("text") or subject
            told = f"approval of {what} requested {case.day_text(one.asked.at)}"
            over = one.answer
            told += f", {over.value} {case.day_text(over.at)}" if over else ", not answered yet"
            yield from _asked(case, "CL-APPROVAL", one, told)


def _asked(case: Case, code: str, one: Round, told: str) -> Iterator[Delay]:
    notice = case.notice_of(one.asked)
    if notice is None:
        return
    start = case.deadline(notice.at, case.rule(code).threshold)
    yield from case.delay(
        code,
        start,
        case.fair_end(start, one.answer.at if one.answer else None),
        one.asked,
        told,
        notice=notice,
        evidence=(one.answer, case.mail_of(one.asked)),
    )


def scope(case: Case) -> Iterator[Delay]:
    """CL-SCOPE: more accounts than agreed, until a new plan was agreed on."""
    facts = case.facts.of(Kind.SCOPE)
    sizes = [(fact, int(fact.value)) for fact in facts if fact.value.isdecimal()]
    if not sizes:
        return
    plans = [(fact, case.instant(fact.details.get("replanned", ""))) for fact in facts]
    baseline = case.onboarding.contracted or sizes[0][1]
    for fact, size in sizes:
        if size <= baseline * (1 + case.rules.scope_share):
            continue
        planned, end = next(
            ((plan, day) for plan, day in plans if plan.at >= fact.at and day is not None),
            (None, None),
        )
        told = f"{size - baseline} accounts more than the {baseline} agreed on"
        yield from case.delay(
            "CL-SCOPE",
            fact.at,
            end,
            fact,
            told,
            notice=planned,
            evidence=(planned,),
            subject=f"{size} accounts",
        )
        baseline = size


def _due(case: Case, fact: Evidence) -> datetime | None:
    """Return when an item was late, None where the client was told no day."""
    due = fact.details.get("due", "")
    try:
        return case.end_of_day(date.fromisoformat(due[:10])) if due else None
    except ValueError:
        return None

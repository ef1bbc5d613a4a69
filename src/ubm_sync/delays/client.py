"""Delays that the client bears, from the facts. Pure; one function for each code.

Each begins only after the client was told what was needed and had a fair time to act: the notice,
and the threshold in business days after it. Automatic answers are none, and what bounced was
never asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from ubm_sync.calendars import parse_instant
from ubm_sync.delays.case import Case, Stay, earliest
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.waits import Wait, together
from ubm_sync.evidence import Evidence, Kind, Side

_MOVED = frozenset({"rescheduled", "no_show", "canceled"})
_BOOKED = frozenset({"scheduled", "completed"})
_WORDS = {"rescheduled": "moved", "no_show": "missed", "canceled": "called off"}


def kickoff(case: Case) -> Iterator[Delay]:
    """CL-KICKOFF: invited, and no meeting agreed on within the threshold."""
    for stay in case.stays:
        if stay.stage != "kickoff_scheduling":
            continue
        invite = _first_sent(case, stay)
        if invite is None:
            continue
        booked = _first(case.facts.of(Kind.MEETING), _BOOKED, invite.at)
        start = case.deadline(invite.at, case.rule("CL-KICKOFF").threshold)
        end = earliest(booked.at if booked else None, stay.left)
        told = f"invited {case.day_text(invite.at)}, no kickoff agreed by {case.day_text(start)}"
        yield from case.delay(
            "CL-KICKOFF",
            start,
            case.fair_end(start, end),
            invite,
            told,
            notice=invite,
            evidence=(stay.fact, booked),
            subject="kickoff",
        )


def rescheduled(case: Case) -> Iterator[Delay]:
    """CL-RESCHED: the client moved or missed a meeting; several moves of one meeting are one."""
    meetings = case.facts.of(Kind.MEETING)
    for subject, facts in case.facts.by_subject(Kind.MEETING).items():
        moves: list[Evidence] = []
        for fact in facts:
            if fact.value in _MOVED and fact.side in {Side.CLIENT, Side.UNKNOWN}:
                moves.append(fact)
            elif fact.value == "completed" and moves:
                yield from _rescheduled(case, subject, facts, moves, fact)
                moves = []
        if moves:  # called off, and held as another meeting later
            held = _first(meetings, frozenset({"completed"}), moves[-1].at)
            yield from _rescheduled(case, subject, facts, moves, held)


def _rescheduled(
    case: Case, subject: str, facts: list[Evidence], moves: list[Evidence], held: Evidence | None
) -> Iterator[Delay]:
    first = moves[0]
    start = _slot(first)
    invited = next((one for one in facts if one.value == "scheduled" and one.at <= first.at), None)
    words = _WORDS[first.value]
    times = f", {len(moves)} times" if len(moves) > 1 else ""
    told = f"the meeting of {case.day_text(start)} was {words} by the client{times}"
    if held is not None:
        told += f", held {case.day_text(_slot(held))}"
    ours = all(one.side is Side.CLIENT for one in moves)
    yield from case.delay(
        "CL-RESCHED",
        start,
        None if held is None else _slot(held),
        first,
        told,
        notice=(invited or first) if ours else None,
        evidence=(*moves, held),
        subject=subject,
    )


def documents(case: Case) -> Iterator[Delay]:
    """CL-DOCS: a checklist item not there when it was due, or not usable and not replaced."""
    for subject, facts in case.facts.by_subject(Kind.ITEM).items():
        asked: Evidence | None = None
        start: datetime | None = None
        for fact in facts:
            if fact.value == "requested" and asked is None:
                asked, start = fact, _due(case, fact)
            elif fact.value == "rejected":
                asked = fact
                start = case.deadline(fact.at, case.rule("CL-DOCS").threshold)
            elif fact.value in {"received", "accepted"} and asked is not None:
                yield from _documents(case, subject, asked, start, fact)
                asked, start = None, None
            elif fact.value == "void":  # not needed after all: it was never late
                asked, start = None, None
        if asked is not None:
            yield from _documents(case, subject, asked, start, None)


def _documents(
    case: Case, subject: str, asked: Evidence, start: datetime | None, came: Evidence | None
) -> Iterator[Delay]:
    what = asked.details.get("text") or subject
    if start is None:  # asked for without a day: nobody can say when it was late
        begun, by = case.deadline(asked.at, case.rule("CL-DOCS").threshold), "no day was named"
    else:
        begun, by = start, f"due {case.day_text(start)}"
    told = f"{what} requested {case.day_text(asked.at)}, {by}"
    if came is not None:
        told += f", received {case.day_text(came.at)}"
    yield from case.delay(
        "CL-DOCS",
        begun,
        case.fair_end(begun, None if came is None else came.at),
        asked,
        told,
        notice=asked if start is not None else None,
        evidence=(came,),
        subject=subject,
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
    threshold = case.rule("CL-CREDS").threshold
    for subject, facts in case.facts.by_subject(Kind.CREDENTIAL).items():
        asked: Evidence | None = None
        for fact in facts:
            if fact.value == "requested" and asked is None:
                asked = fact
            elif fact.value in {"received", "valid"} and asked is not None:
                yield from _login(case, subject, asked, case.deadline(asked.at, threshold), fact)
                asked = None
            elif fact.value == "void":
                asked = None
        if asked is not None:
            yield from _login(case, subject, asked, case.deadline(asked.at, threshold), None)


def _login(
    case: Case, subject: str, asked: Evidence, start: datetime, valid: Evidence | None
) -> Iterator[Delay]:
    told = f"login for {subject} requested {case.day_text(asked.at)}"
    told += f", {valid.value} {case.day_text(valid.at)}" if valid else ", not valid yet"
    end = case.fair_end(start, valid.at if valid else None)
    yield from case.delay(
        "CL-CREDS", start, end, asked, told, notice=asked, evidence=(valid,), subject=subject
    )


def no_reply(case: Case) -> Iterator[Delay]:
    """CL-NOREPLY: a question in a waiting stage without an answer within the threshold."""
    threshold = case.rule("CL-NOREPLY").threshold
    asked: Evidence | None = None
    for fact in [*case.facts.of(Kind.SENT, Kind.RECEIVED), None]:
        if fact is not None and fact.kind is Kind.SENT:
            if asked is None and fact.value != "bounced":
                asked = fact
            continue
        if fact is not None and fact.value == "automatic":
            continue
        if asked is not None:
            yield from _no_reply(case, asked, case.deadline(asked.at, threshold), fact)
        asked = None


def _no_reply(
    case: Case, asked: Evidence, start: datetime, reply: Evidence | None
) -> Iterator[Delay]:
    for stay in case.stays:
        begun = max(start, stay.entered)
        end = earliest(reply.at if reply else None, stay.left)
        if not stay.rule.waiting or (end is not None and end <= begun):
            continue
        channel = asked.details.get("channel", "")
        by = f" ({channel})" if channel else ""
        told = f"asked {case.day_text(asked.at)}{by}, no reply by {case.moment_text(begun)}"
        if reply is not None and end == reply.at:
            told += f", answered {case.day_text(reply.at)}"
        yield from case.delay(
            "CL-NOREPLY",
            begun,
            case.fair_end(begun, end),
            asked,
            told,
            notice=asked,
            evidence=(stay.fact, reply),
            subject=f"{stay.stage} {stay.entered.date()}",
        )


def approval(case: Case) -> Iterator[Delay]:
    """CL-APPROVAL: a sign-off asked for and not given within the threshold."""
    threshold = case.rule("CL-APPROVAL").threshold
    for subject, facts in case.facts.by_subject(Kind.APPROVAL).items():
        asked = next((one for one in facts if one.value == "requested"), None)
        if asked is None or facts[-1].value == "void":
            continue
        answer = _first(facts, frozenset({"approved", "declined"}), asked.at)
        start = case.deadline(asked.at, threshold)
        what = asked.details.get("text") or subject
        told = f"approval of {what} requested {case.day_text(asked.at)}"
        told += f", {answer.value} {case.day_text(answer.at)}" if answer else ", not answered yet"
        end = case.fair_end(start, answer.at if answer else None)
        yield from case.delay(
            "CL-APPROVAL",
            start,
            end,
            asked,
            told,
            notice=asked,
            evidence=(answer,),
            subject=subject,
        )


def scope(case: Case) -> Iterator[Delay]:
    """CL-SCOPE: more accounts than agreed, until a new plan was agreed on."""
    facts = case.facts.of(Kind.SCOPE)
    sizes = [(fact, int(fact.value)) for fact in facts if fact.value.isdigit()]
    if not sizes:
        return
    baseline = case.onboarding.contracted or sizes[0][1]
    for fact, size in sizes:
        if size <= baseline * (1 + case.rules.scope_share):
            continue
        planned = next(
            (one for one in facts if one.at >= fact.at and one.details.get("replanned")), None
        )
        told = f"{size - baseline} accounts more than the {baseline} agreed on"
        yield from case.delay(
            "CL-SCOPE",
            fact.at,
            parse_instant(planned.details["replanned"]) if planned else None,
            fact,
            told,
            notice=planned,
            evidence=(planned,),
            subject=f"{size} accounts",
        )
        baseline = size


def hold(case: Case) -> Iterator[Delay]:
    """CL-HOLD: the client asked to pause; the message that asked for it is the notice."""
    for stay in case.stays:
        if not stay.rule.hold:
            continue
        replies = [one for one in case.facts.of(Kind.RECEIVED) if one.value != "automatic"]
        asked = next((one for one in reversed(replies) if one.at <= stay.entered), None)
        told = f"on hold since {case.day_text(stay.entered)}"
        told += " at the client's request" if asked else ", no request of the client's is known"
        yield from case.delay(
            "CL-HOLD",
            stay.entered,
            stay.left,
            stay.fact,
            told,
            notice=asked,
            subject="hold",
        )


def _first_sent(case: Case, stay: Stay) -> Evidence | None:
    sent = (one for one in case.facts.of(Kind.SENT) if one.value != "bounced")
    return next((one for one in sent if stay.covers(one.at)), None)


def _first(facts: list[Evidence], values: frozenset[str], since: datetime) -> Evidence | None:
    return next((one for one in facts if one.value in values and one.at >= since), None)


def _slot(meeting: Evidence) -> datetime:
    """Return when a meeting was to take place, or took place."""
    return parse_instant(meeting.details.get("slot", "")) or meeting.at


def _due(case: Case, fact: Evidence) -> datetime | None:
    """Return when an item was late, None where the client was told no day."""
    due = fact.details.get("due", "")
    try:
        return case.end_of_day(date.fromisoformat(due[:10])) if due else None
    except ValueError:
        return None

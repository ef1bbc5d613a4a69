"""Delays of a client who did not come, answer or agree, from the facts. Pure; one function a code.

Each begins only after the client was told what was needed and had a fair time to act: the notice,
and the threshold in business days after it. Automatic answers are none, and what bounced was
never asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from ubm_sync.calendars import instant_text, parse_instant
from ubm_sync.delays.case import Case, Stay, earliest
from ubm_sync.delays.delay import Delay
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
        if invite is None or _is_booked(case, invite.at):
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
            evidence=(stay.fact, *_ended(end, booked, stay.over)),
            subject="kickoff",
        )


def _is_booked(case: Case, instant: datetime) -> bool:
    """Return whether a meeting was agreed on already at an instant."""
    for facts in case.facts.by_subject(Kind.MEETING).values():
        last = next((one for one in reversed(facts) if one.at <= instant), None)
        if last is None:
            continue
        if last.value == "rescheduled" or (last.value == "scheduled" and _slot(last) >= instant):
            return True
    return False


def rescheduled(case: Case) -> Iterator[Delay]:
    """CL-RESCHED: the client moved or missed a meeting; several moves of one meeting are one.

    Where we move it in between, the client's delay is over on the day that we gave up.
    """
    meetings = case.facts.of(Kind.MEETING)
    for subject, facts in case.facts.by_subject(Kind.MEETING).items():
        moves: list[Evidence] = []
        for fact in facts:
            if fact.value in _MOVED and fact.side in {Side.CLIENT, Side.UNKNOWN}:
                moves.append(fact)
            elif fact.value in _MOVED or fact.value == "completed":
                if moves:
                    yield from _rescheduled(case, subject, facts, moves, fact)
                moves = []
        if moves:  # called off, and held as another meeting later
            held = _first(meetings, frozenset({"completed"}), moves[-1].at)
            yield from _rescheduled(case, subject, facts, moves, held)


def _rescheduled(
    case: Case, subject: str, facts: list[Evidence], moves: list[Evidence], over: Evidence | None
) -> Iterator[Delay]:
    first = moves[0]
    start = _slot(first)
    invited = next((one for one in facts if one.value == "scheduled" and one.at <= first.at), None)
    words = _WORDS[first.value]
    times = f", {len(moves)} times" if len(moves) > 1 else ""
    told = f"the meeting of {case.day_text(start)} was {words} by the client{times}"
    if over is not None:
        became = "held" if over.value == "completed" else "given up by us"
        told += f", {became} {case.day_text(_slot(over))}"
    theirs = all(one.side is Side.CLIENT for one in moves)
    yield from case.delay(
        "CL-RESCHED",
        start,
        None if over is None else _slot(over),
        first,
        told,
        notice=(invited or first) if theirs else None,
        evidence=(*moves, over),
        subject=subject,
    )


def no_reply(case: Case) -> Iterator[Delay]:
    """CL-NOREPLY: a question in a waiting stage without an answer within the threshold.

    The question is the last message before the ticket began to wait, where nobody has answered it
    yet, else the first one while it waits. Reminders do not begin the wait anew.
    """
    messages = case.messages()
    for stay in case.stays:
        if not stay.rule.waiting:
            continue
        asked: Evidence | None = None
        for fact in messages:
            if stay.left is not None and fact.at > stay.left:
                break
            if fact.kind is Kind.SENT:
                asked = fact if asked is None or fact.at <= stay.entered else asked
                continue
            if asked is not None and fact.at > stay.entered:
                yield from _no_reply(case, stay, asked, fact)
            asked = None
        if asked is not None:
            yield from _no_reply(case, stay, asked, None)


def _no_reply(case: Case, stay: Stay, asked: Evidence, reply: Evidence | None) -> Iterator[Delay]:
    deadline = case.deadline(asked.at, case.rule("CL-NOREPLY").threshold)
    begun = max(deadline, stay.entered)
    end = earliest(reply.at if reply else None, stay.left)
    channel = asked.details.get("channel", "")
    by = f" ({channel})" if channel else ""
    told = f"asked {case.day_text(asked.at)}{by}, no reply by {case.moment_text(begun)}"
    if reply is not None:
        told += f", answered {case.day_text(reply.at)}"
    yield from case.delay(
        "CL-NOREPLY",
        begun,
        case.fair_end(begun, end),
        asked,
        told,
        notice=asked,
        evidence=(stay.fact, *_ended(end, reply, stay.over)),
        subject=f"{stay.stage} {instant_text(stay.entered)}",
    )


def hold(case: Case) -> Iterator[Delay]:
    """CL-HOLD: the client asked to pause; the message that asked for it is the notice.

    It ends where the client asked to go on: the last message shortly before we did.
    """
    replies = [one for one in case.messages() if one.kind is Kind.RECEIVED]
    for stay in case.stays:
        if not stay.rule.hold:
            continue
        within = timedelta(days=case.rules.pause_days)
        asked = _last(replies, stay.entered - within, stay.entered)
        resumed = None
        if stay.left is not None:
            begun = max(stay.entered, stay.left - within)
            resumed = _last([one for one in replies if one.at > stay.entered], begun, stay.left)
        told = f"on hold since {case.day_text(stay.entered)}"
        told += " at the client's request" if asked else ", no request of the client's is known"
        end = earliest(resumed.at if resumed else None, stay.left)
        yield from case.delay(
            "CL-HOLD",
            stay.entered,
            end,
            stay.fact,
            told,
            notice=asked,
            evidence=_ended(end, resumed, stay.over),
            subject="hold",
        )


def _ended(end: datetime | None, *facts: Evidence | None) -> tuple[Evidence, ...]:
    """Return the facts that happened when a delay ended."""
    return tuple(one for one in facts if one is not None and one.at == end)


def _first_sent(case: Case, stay: Stay) -> Evidence | None:
    sent = (one for one in case.facts.of(Kind.SENT) if one.value != "bounced")
    return next((one for one in sent if stay.covers(one.at)), None)


def _first(facts: list[Evidence], values: frozenset[str], since: datetime) -> Evidence | None:
    return next((one for one in facts if one.value in values and one.at >= since), None)


def _last(facts: list[Evidence], since: datetime, until: datetime) -> Evidence | None:
    return next((one for one in reversed(facts) if since <= one.at <= until), None)


def _slot(meeting: Evidence) -> datetime:
    """Return when a meeting was to take place, or took place."""
    return parse_instant(meeting.details.get("slot", "")) or meeting.at

"""Until when: which of the days a text names is the deadline, and by when to pay (domain B.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.disconnection.annotation import Read
from ubm_sync.disconnection.evidence import Evidence
from ubm_sync.disconnection.mentions import Form, Mention, word_at
from ubm_sync.disconnection.times import time_between
from ubm_sync.disconnection.values import DeadlineKind, ServiceState

NOTICE_DAYS = 10  # the least notice of the rules for non-residential customers in B.7
LEAD_DAYS = 2  # business days until a payment is posted
_SHORT_NOTICE = 3  # days; so short that the day of receipt stands for the day of the notice
_LONG_PAST = 45
_FAR = 75
_LEAST = -2.0  # a day that fits worse is none
_AS_GOOD = 2.0  # of dates that are about as likely the first counts
_ROLE_REACH = 10  # words
_BESIDE = 2  # words between a bill and its date
_STRONG = 0.3  # evidence that says something of the state


class Role(StrEnum):
    """What a day is in its sentence."""

    PLAIN = "plain"
    BOUND = "bound"  # by, on, before, after
    ISSUED = "issued"  # when the notice was written or came
    DUE = "due"  # when the bill was due
    AWAY = "away"  # when somebody is back, when it began


_CUTTING = frozenset({"cut", "goes-off", "dark-state", "truck", "ultimatum"})
_PAUSES = frozenset({"(", ")", ";", "|", "-", "."})
_RECENT = frozenset({"today", "just", "hoy", "morning", "acabamos", "now"})


class Deadline(NamedTuple):
    """A day with how it is known and the words it came from."""

    day: date | None
    kind: DeadlineKind
    text: str = ""
    at: time | None = None


def effective_deadline(
    reading_deadline: date | None,
    kind: DeadlineKind,
    received: datetime | date,
    calendar: BusinessCalendar,
    lead_days: int = LEAD_DAYS,
) -> date:
    """Return the day by which to pay: ``lead_days`` business days before the legal deadline.

    A payment is posted 1 to 3 business days later (domain B.7). What has no deadline, or is off
    already, is due on the day of receipt, and no day is earlier than that. ``received`` is in the
    customer's zone, or only its day.
    """
    today = received.date() if isinstance(received, datetime) else received
    if reading_deadline is None or kind in {DeadlineKind.ALREADY_OFF, DeadlineKind.UNKNOWN}:
        return today
    return max(today, calendar.add_business_days(reading_deadline, -lead_days))


def state_of(
    threats: Sequence[Evidence], reads: Sequence[Read], day: date | None, today: date
) -> ServiceState:
    """Return how the service is, by the evidence that is left."""
    strong = [one for one in threats if one.weight >= _STRONG]
    if any(one.rule.now and not _dated_later(reads[one.at], one, today, 8) for one in strong):
        return ServiceState.IN_PROGRESS
    if any(one.rule.off and not _to_come(reads[one.at], one, today) for one in strong):
        return ServiceState.ALREADY_OFF
    if day is not None or any(one.rule.announced for one in strong):
        return ServiceState.SCHEDULED
    return ServiceState.UNKNOWN


def _to_come(read: Read, one: Evidence, today: date) -> bool:
    """Return whether what is said of the service is still to come, a condition, or long ago."""
    if "past-time" in read.concepts:
        return True
    first, last = max(0, one.start - 5), min(len(read.tags), one.end + 2)
    if any("to-come" in read.tags[index] for index in range(first, last)):
        return True
    if any("condition" in read.tags[index] for index in range(one.start)):
        return True
    return _dated_later(read, one, today) and not _is_done(read, one)


def _dated_later(read: Read, one: Evidence, today: date, reach: int = 3) -> bool:
    """Return whether a later day is named within ``reach`` words."""
    return any(
        one.start <= mention.start <= one.end + reach and mention.day > today
        for mention in read.days
        if mention.form is not Form.LENGTH
    )


def _is_done(read: Read, one: Evidence) -> bool:
    """Return whether the words are in the past: then "Monday" is the last one."""
    here = [concept for tags in read.tags[one.start : one.end] for concept in tags]
    return "done" in here and "not-done" not in here


def deadline_of(
    reads: Sequence[Read], threats: Sequence[Evidence], state: ServiceState, today: date, text: str
) -> Deadline:
    """Return the legal deadline of a text about a disconnection."""
    if state is ServiceState.ALREADY_OFF:
        return Deadline(today, DeadlineKind.ALREADY_OFF)
    stated = best_day(reads, threats, today)
    if stated is not None:
        at, mention = stated
        words = reads[at].sentence.tokens
        hour = time_between(words, mention.start - 4, mention.end + 4)
        return Deadline(
            mention.day, DeadlineKind.STATED, _words(reads[at], mention, text),
            hour,
        )  # fmt: skip
    if state is ServiceState.IN_PROGRESS:
        return Deadline(today, DeadlineKind.ESTIMATED)
    return _estimated(reads, today, text)


def best_day(
    reads: Sequence[Read], evidence: Sequence[Evidence], today: date, *, leaving: bool = False
) -> tuple[int, Mention] | None:
    """Return the day that most likely belongs to the evidence, with its sentence's number."""
    weights: dict[int, float] = {}
    for one in evidence:
        weights[one.at] = max(weights.get(one.at, 0), one.weight)
    scored = [
        (score, at, mention)
        for at, read in enumerate(reads)
        for mention in read.days
        if (score := _score(read, mention, weights.get(at, 0.0), today, leaving=leaving))
        is not None
    ]
    if not scored:
        return None
    _, at, mention = max(scored, key=lambda one: (one[0], -one[2].day.toordinal()))
    if mention.form is Form.DATE and mention.day >= today:
        least = max(score for score, _, _ in scored) - _AS_GOOD
        others = [one for one in scored if one[0] >= least and one[2].form is Form.DATE]
        later = [one for one in others if one[2].day >= today]
        _, at, mention = min(later, key=lambda one: one[2].day)
    return at, mention


def _score(
    read: Read, mention: Mention, weight: float, today: date, *, leaving: bool
) -> float | None:
    if mention.form in {Form.LENGTH, Form.PAST}:
        return None
    role = role_of(read, mention, leaving=leaving)
    if role in {Role.ISSUED, Role.AWAY} or _was_moved(read, mention):
        return None
    ahead = (mention.day - today).days
    if ahead < -_LONG_PAST or (ahead < 0 and mention.form is not Form.DATE):
        return None
    score = 3.0 * min(1.0, weight * 2)
    score += {Role.BOUND: 1.5, Role.DUE: -2.0}.get(role, 0.0)
    score += 2.0 if _near_cut(read, mention) else 0.0
    score += 1.0 if mention.form is Form.DATE else 0.0
    score -= 4.0 if ahead < 0 else 1.0 if ahead > _FAR else 0.0
    if read.sentence.subject:
        score += 0.5
    return score if score >= _LEAST else None


def _was_moved(read: Read, mention: Mention) -> bool:
    """Return whether a day was put off: the first of "from 11/20 to 11/25"."""
    words = read.sentence.tokens
    if word_at(words, mention.start - 1) != "from" or word_at(words, mention.end) != "to":
        return False
    return any(other.start == mention.end + 1 for other in read.days)


def _near_cut(read: Read, mention: Mention) -> bool:
    first, last = max(0, mention.start - 6), min(len(read.tags), mention.end + 5)
    return any(not _CUTTING.isdisjoint(read.tags[index]) for index in range(first, last))


def role_of(read: Read, mention: Mention, *, leaving: bool = False) -> Role:
    """Return what a day is, by the words right before it; ``leaving``: it is about moving out."""
    words, tags = read.sentence.tokens, read.tags
    if "ooo" in read.concepts and _CUTTING.isdisjoint(read.concepts):
        return Role.AWAY
    first = max(0, mention.start - 2)
    near = [concept for index in range(first, mention.start) for concept in tags[index]]
    if "day-limit" in near and "day-due" not in near:
        return Role.BOUND
    asked_for = word_at(words, mention.start - 1) == "for"  # "a notice for 12/02"
    reach = _ROLE_REACH * (2 if words[mention.start].text in _RECENT else 1)
    for index in range(mention.start - 1, max(-1, mention.start - 1 - reach), -1):
        text, here = words[index].text, tags[index]
        if text in _PAUSES or "day-pause" in here or (text == "," and index < mention.start - 1):
            break
        if not _CUTTING.isdisjoint(here) and (asked_for or not _names_a_notice(read, index)):
            break
        if "day-issued" in here and not _denied(read, index):
            return Role.ISSUED
        if "day-due" in here:
            return Role.DUE
        close = mention.start - index <= _BESIDE and "day-paper" in here
        if ("day-away" in here or close) and not leaving and not _denied(read, index):
            return Role.AWAY
    return Role.BOUND if "day-binding" in near else Role.PLAIN


def _names_a_notice(read: Read, index: int) -> bool:
    """Return whether a word for a disconnection only says which notice: "the shutoff notice"."""
    return any("notice" in tags for tags in read.tags[index + 1 : index + 3])


def _denied(read: Read, index: int) -> bool:
    """Return whether a word is denied: "if payment is not received"."""
    return any("no" in read.tags[before] for before in range(max(0, index - 2), index))


def _estimated(reads: Sequence[Read], today: date, text: str) -> Deadline:
    """Return the day that follows from a notice's date or its length."""
    length = next((m for read in reads for m in read.days if m.form is Form.LENGTH), None)
    issued = [
        (read, mention)
        for read in reads
        for mention in read.days
        if mention.form is not Form.LENGTH
        and (role_of(read, mention) is Role.ISSUED or mention.form is Form.PAST)
    ]
    days = length.days if length else NOTICE_DAYS
    for read, mention in issued:
        day = mention.day
        if day > today:
            day -= timedelta(days=7 if mention.form is Form.WEEKDAY else 0)
        if day <= today:
            end = day + timedelta(days=days)
            return Deadline(end, DeadlineKind.ESTIMATED, _words(read, mention, text))
    if length is None:
        return Deadline(None, DeadlineKind.UNKNOWN)
    read = next(read for read in reads if length in read.days)
    fresh = any(token.text in _RECENT for each in reads for token in each.sentence.tokens)
    if days <= _SHORT_NOTICE or fresh:
        end = today + timedelta(days=days)
        return Deadline(end, DeadlineKind.ESTIMATED, _words(read, length, text))
    return Deadline(None, DeadlineKind.UNKNOWN)


def _words(read: Read, mention: Mention, text: str) -> str:
    words = read.sentence.tokens
    return text[words[mention.start].start : words[mention.end - 1].end]


def earliest(days: Iterable[date | None]) -> date | None:
    """Return the first of some days, None where there is none."""
    return min((day for day in days if day is not None), default=None)

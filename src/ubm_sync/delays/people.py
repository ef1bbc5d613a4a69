"""What people say about delays on the ticket: their own number, disputes, a statement. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from ubm_sync.calendars import instant_text, parse_instant
from ubm_sync.delays.codes import CODES
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.headline import Override
from ubm_sync.delays.ledger import Dispute, Revision, delay_id
from ubm_sync.model import Values

OVERRIDE, OVERRIDE_REASON = "delay_override", "delay_override_reason"
DISPUTE, DISPUTE_REASON = "delay_dispute", "delay_dispute_reason"
DISPUTE_ONE = "delay_dispute_numbers"
RESPONSE = "delay_client_response"
SAID = (OVERRIDE, OVERRIDE_REASON, DISPUTE, DISPUTE_REASON, DISPUTE_ONE, RESPONSE)
SIGNED = (OVERRIDE, DISPUTE, DISPUTE_ONE, RESPONSE)  # who filled them in is remembered
ALL = "all"
UNSAID = "no reason was given"
_NUMBER = re.compile(r"(?:no\.?|number|#)?\s*(\d{1,6})", re.IGNORECASE)
_DAY = re.compile(
    r"(?P<code>[a-z]{2}-[a-z]+)\s+(?:(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?P<month>\d{1,2})/(?P<day>\d{1,2})(?:/(?P<year>\d{4}))?)",
    re.IGNORECASE,
)
_LINE = re.compile(r"\s*(?:no\.?|number|#)?\s*(\d{1,6})\s*[:.)]\s*(.*)", re.IGNORECASE)


class Author(NamedTuple):
    """Who gave a field the value it has, and when."""

    by: str
    at: datetime


class Response(NamedTuple):
    """What the client says about its delays, and who attached it, when."""

    text: str
    by: str
    at: datetime

    def of(self, number: int) -> str:
        """Return what it says about one delay: the lines that begin with its number."""
        found, about = [], 0
        for line in self.text.splitlines():
            begun = _LINE.fullmatch(line)
            about, text = (int(begun[1]), begun[2]) if begun else (about, line)
            if about == number and text.strip():
                found.append(text.strip())
        return " ".join(found)


class Disputed(NamedTuple):
    """What is disputed, by delay id; ``bound`` says which delays a word meant, for good."""

    delays: Mapping[str, Dispute]
    bound: Mapping[str, tuple[str, ...]]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """What was said, with names and times.

    ``disputes`` are by code, or under ``all``; ``single`` are of single delays, by the word that
    names one: its number (``3``), or its code and the day it began (``CL-DOCS 9/10``). ``bound``
    are the delays those words meant when they were first understood. ``doubts`` tells what was
    said and cannot be used.
    """

    override: Override | None = None
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    single: Mapping[str, Dispute] = field(default_factory=dict)
    bound: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    response: Response | None = None

    def of(
        self,
        ticket: str,
        delays: Iterable[Delay],
        known: Mapping[str, Revision],
        day: Callable[[datetime], date],
    ) -> Disputed:
        """Return what is disputed of these delays; ``day`` is the customer's own of an instant.

        ``known`` are the last revisions of the ledger, which have the numbers. A word stays bound
        to the delay it meant, also where that begins on another day now.
        """
        if not self.disputes and not self.single:
            return Disputed({}, {}, ())
        shown = {delay_id(ticket, one): one for one in delays}
        found = {}
        for name, one in shown.items():
            dispute = self.disputes.get(one.code) or self.disputes.get(ALL)
            if dispute is not None:
                found[name] = dispute
        bound: dict[str, tuple[str, ...]] = {}
        doubts = []
        for word, dispute in self.single.items():
            names = self.bound.get(word) or _meant(word, shown, known, day)
            if not names:
                doubts.append(f'"{word}" is disputed, but there is no such delay')
                continue
            bound[word] = names
            found.update(dict.fromkeys(names, dispute))
        return Disputed(found, bound, tuple(doubts))


def _meant(
    word: str,
    shown: Mapping[str, Delay],
    known: Mapping[str, Revision],
    day: Callable[[datetime], date],
) -> tuple[str, ...]:
    """Return the ids of the delays that a word names."""
    if number := _NUMBER.fullmatch(word):
        return tuple(name for name, one in known.items() if one.event == int(number[1]))
    told = _DAY.fullmatch(word)
    if told is None:
        return ()
    return tuple(
        sorted(
            name
            for name, one in shown.items()
            if one.code == told["code"].upper() and _is_day(day(one.start), told)
        )
    )


def _is_day(day: date, told: re.Match[str]) -> bool:
    if told["iso"]:
        return day.isoformat() == told["iso"]
    year = int(told["year"] or day.year)
    return (day.year, day.month, day.day) == (year, int(told["month"]), int(told["day"]))


def people_of(said: Values, authors: Mapping[str, Author], before: People | None = None) -> People:
    """Return what the ticket's fields say; ``authors`` has an entry for each field with a value.

    A number that is no count of days, or a word that names no delay, is a doubt and changes
    nothing. What was disputed ``before`` keeps the name and time it was disputed with.
    """
    earlier = before or People()
    doubts: list[str] = []
    override = None
    if text := said.get(OVERRIDE, "").strip():
        if (days := _days(text)) is None:
            doubts.append(f'the override "{text}" is no number of whole days; it is not used')
        else:
            reason = said.get(OVERRIDE_REASON, "").strip() or UNSAID
            override = Override(days, reason, *authors[OVERRIDE])
    reason = said.get(DISPUTE_REASON, "").strip() or UNSAID
    disputes: dict[str, Dispute] = {}
    for word in _words(said.get(DISPUTE, "")):
        code = word.upper() if word.upper() in CODES else word.lower()
        if code not in {ALL, *CODES}:
            doubts.append(f'"{word}" is disputed, but no delay has that code')
            continue
        disputes[code] = _dispute(earlier.disputes.get(code), authors[DISPUTE], reason)
    single: dict[str, Dispute] = {}
    for word in _words(said.get(DISPUTE_ONE, "")):
        single[word] = _dispute(earlier.single.get(word), authors[DISPUTE_ONE], reason)
    response = None
    if text := said.get(RESPONSE, "").strip():
        response = Response(text, *authors[RESPONSE])
    bound = {word: names for word, names in earlier.bound.items() if word in single}
    return People(override, disputes, tuple(doubts), single, bound, response)


def _words(text: str) -> Iterator[str]:
    for word in re.split(r"[;,\n]", text):
        if known := " ".join(word.split()):
            yield known


def _dispute(before: Dispute | None, author: Author, reason: str) -> Dispute:
    by, at = (before.by, before.at) if before is not None else author
    return Dispute(by, at, reason)


def _days(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number >= 0 and number.is_integer() else None


def plain(people: People) -> dict[str, Any]:
    """Return it as something that can be JSON."""
    override, response = people.override, people.response
    return {
        "override": None
        if override is None
        else {
            "days": override.days,
            "reason": override.reason,
            "by": override.by,
            "at": instant_text(override.at),
        },
        "disputes": {code: _plain(one) for code, one in people.disputes.items()},
        "single": {word: _plain(one) for word, one in people.single.items()},
        "bound": {word: list(names) for word, names in people.bound.items()},
        "response": None
        if response is None
        else {"text": response.text, "by": response.by, "at": instant_text(response.at)},
        "doubts": list(people.doubts),
    }


def _plain(one: Dispute) -> dict[str, str]:
    return {"by": one.by, "at": instant_text(one.at), "reason": one.reason}


def from_plain(given: Mapping[str, Any]) -> People:
    """Return what ``plain`` was given."""
    override, response = given.get("override"), given.get("response")
    return People(
        None
        if override is None
        else Override(override["days"], override["reason"], override["by"], _at(override["at"])),
        _disputes(given, "disputes"),
        tuple(given.get("doubts") or ()),
        _disputes(given, "single"),
        {word: tuple(names) for word, names in (given.get("bound") or {}).items()},
        None
        if response is None
        else Response(response["text"], response["by"], _at(response["at"])),
    )


def _disputes(given: Mapping[str, Any], name: str) -> dict[str, Dispute]:
    return {
        word: Dispute(one["by"], _at(one["at"]), one["reason"])
        for word, one in (given.get(name) or {}).items()
    }


def _at(text: str) -> datetime:
    found = parse_instant(text)
    if found is None:
        raise ValueError(f'"{text}" is no instant.')
    return found

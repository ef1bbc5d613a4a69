"""What people say about delays on the ticket: their own number, and what they dispute. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ubm_sync.calendars import instant_text, parse_instant
from ubm_sync.delays.codes import CODES
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.headline import Override
from ubm_sync.delays.ledger import Dispute, delay_id
from ubm_sync.model import Values

OVERRIDE, OVERRIDE_REASON = "delay_override", "delay_override_reason"
DISPUTE, DISPUTE_REASON = "delay_dispute", "delay_dispute_reason"
SAID = (OVERRIDE, OVERRIDE_REASON, DISPUTE, DISPUTE_REASON)
ALL = "all"
UNSAID = "no reason was given"


class Author(NamedTuple):
    """Who gave a field the value it has, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """What was said, with names and times.

    ``disputes`` are by code, or under ``all``. ``doubts`` tells what was said and cannot be used.
    """

    override: Override | None = None
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def of(self, ticket: str, delays: Iterable[Delay]) -> dict[str, Dispute]:
        """Return the disputes of these delays, by delay id."""
        found = {}
        for delay in delays:
            dispute = self.disputes.get(delay.code) or self.disputes.get(ALL)
            if dispute is not None:
                found[delay_id(ticket, delay)] = dispute
        return found


def people_of(said: Values, authors: Mapping[str, Author]) -> People:
    """Return what the ticket's fields say; ``authors`` has an entry for each field with a value.

    A number that is no count of days, or a word that is no code, is a doubt and changes nothing.
    """
    doubts: list[str] = []
    override = None
    if text := said.get(OVERRIDE, "").strip():
        if (days := _days(text)) is None:
            doubts.append(f'the override "{text}" is no number of whole days; it is not used')
        else:
            reason = said.get(OVERRIDE_REASON, "").strip() or UNSAID
            override = Override(days, reason, *authors[OVERRIDE])
    disputes: dict[str, Dispute] = {}
    for word in filter(None, (one.strip() for one in said.get(DISPUTE, "").split(";"))):
        code = word.upper() if word.upper() in CODES else word.lower()
        if code not in {ALL, *CODES}:
            doubts.append(f'"{word}" is disputed, but no delay has that code')
            continue
        reason = said.get(DISPUTE_REASON, "").strip() or UNSAID
        disputes[code] = Dispute(*authors[DISPUTE], reason)
    return People(override, disputes, tuple(doubts))


def _days(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number >= 0 and number.is_integer() else None


def plain(people: People) -> dict[str, Any]:
    """Return it as something that can be JSON."""
    override = people.override
    return {
        "override": None
        if override is None
        else {
            "days": override.days,
            "reason": override.reason,
            "by": override.by,
            "at": instant_text(override.at),
        },
        "disputes": {
            code: {"by": one.by, "at": instant_text(one.at), "reason": one.reason}
            for code, one in people.disputes.items()
        },
        "doubts": list(people.doubts),
    }


def from_plain(given: Mapping[str, Any]) -> People:
    """Return what ``plain`` was given."""
    override = given.get("override")
    return People(
        None
        if override is None
        else Override(override["days"], override["reason"], override["by"], _at(override["at"])),
        {
            code: Dispute(one["by"], _at(one["at"]), one["reason"])
            for code, one in (given.get("disputes") or {}).items()
        },
        tuple(given.get("doubts") or ()),
    )


def _at(text: str) -> datetime:
    found = parse_instant(text)
    if found is None:
        raise ValueError(f'"{text}" is no instant.')
    return found

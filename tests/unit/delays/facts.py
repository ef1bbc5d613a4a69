"""Facts of an onboarding, written short: days of a customer in Chicago, times in its own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.delays.case import Onboarding
from ubm_sync.delays.delay import Delay
from ubm_sync.delays.detect import Found, days_of, detect
from ubm_sync.delays.rules import DelayRules
from ubm_sync.evidence import Evidence, Kind, Side

ZONE = "America/Chicago"
RULES = DelayRules()


def at(text: str) -> datetime:
    """Return an instant: ``2026-09-03`` (09:00 there) or ``2026-09-03 17:30``."""
    day, _, clock = text.partition(" ")
    hour, _, minute = (clock or "09:00").partition(":")
    there = datetime.fromisoformat(day).replace(hour=int(hour), minute=int(minute))
    return there.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def fact(
    kind: Kind,
    when: str,
    value: str,
    subject: str = "",
    side: Side = Side.UNKNOWN,
    **details: str,
) -> Evidence:
    """Return a fact."""
    record = f"{kind}-{subject}"
    return Evidence(kind, at(when), subject, value, "desk", record, side=side, details=details)


def stage(when: str, key: str) -> Evidence:
    return fact(Kind.STAGE, when, key)


def sent(when: str, value: str = "delivered") -> Evidence:
    return fact(Kind.SENT, when, value, side=Side.US)


def received(when: str, value: str = "reply") -> Evidence:
    return fact(Kind.RECEIVED, when, value, side=Side.CLIENT)


def item(when: str, value: str, subject: str = "bill copies", **details: str) -> Evidence:
    return fact(Kind.ITEM, when, value, subject, Side.UNKNOWN, **details)


def meeting(
    when: str, value: str, subject: str = "review", side: Side = Side.CLIENT, **details: str
) -> Evidence:
    return fact(Kind.MEETING, when, value, subject, side, **details)


def onboarding(
    started: str = "2026-09-01", live: str | None = None, contracted: int = 0, *closures: str
) -> Onboarding:
    calendar = BusinessCalendar(date.fromisoformat(day) for day in closures)
    ends = None if live is None else at(live)
    return Onboarding("501", "halsted", ZONE, calendar, at(started), ends, contracted)


def found(*facts: Evidence, now: str = "2026-12-10") -> Found:
    return detect(onboarding(), facts, RULES, at(now))


def only(*facts: Evidence, now: str = "2026-12-10", code: str = "") -> Delay:
    """Return the only delay (of one code) that the facts show."""
    delays = [one for one in found(*facts, now=now).delays if code in {"", one.code}]
    assert len(delays) == 1, delays
    return delays[0]


def lasted(delay: Delay) -> tuple[str, str | None]:
    """Return the local days on which a delay began and ended."""
    zone = ZoneInfo(ZONE)
    begun = delay.start.astimezone(zone).date().isoformat()
    return begun, None if delay.end is None else delay.end.astimezone(zone).date().isoformat()


__all__ = [
    "RULES", "at", "days_of", "fact", "found", "item", "lasted", "meeting", "onboarding", "only",
    "received", "sent", "stage",
]  # fmt: skip

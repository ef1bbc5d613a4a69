"""Instants as people read them: in their own zone, short, and the same on every computer.

English names are spelled out here because ``strftime`` follows the computer's locale.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
)  # fmt: skip
# People in the US say CT all year, not CST and CDT.
_GENERIC = {
    "AKST": "AKT", "AKDT": "AKT", "AST": "AT", "ADT": "AT", "CST": "CT", "CDT": "CT",
    "EST": "ET", "EDT": "ET", "HST": "HT", "HDT": "HT", "MST": "MT", "MDT": "MT",
    "PST": "PT", "PDT": "PT",
}  # fmt: skip


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """Return the zone of this name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")  # the configuration check refuses such a zone; texts still appear


@lru_cache(maxsize=4096)  # as below
def local(instant: datetime, zone: str) -> datetime:
    """Return ``instant`` (aware) in the zone named ``zone``; UTC where there is no such zone."""
    return instant.astimezone(zone_of(zone))


@lru_cache(maxsize=8192)
def day_text(day: date, *, weekday: bool = True) -> str:
    """Return ``Tue Nov 24``, or ``Nov 24`` without ``weekday``."""
    text = f"{_MONTHS[day.month]} {day.day}"
    return f"{_DAYS[day.weekday()]} {text}" if weekday else text


@lru_cache(maxsize=4096)  # records of one listing share many
def clock_text(instant: datetime, zone: str, *, with_zone: bool = False) -> str:
    """Return ``09:12``, or ``09:12 CT`` with the zone."""
    there = local(instant, zone)
    text = f"{there.hour:02}:{there.minute:02}"
    return f"{text} {_short(there)}" if with_zone else text


@lru_cache(maxsize=512)  # all records of a portion are decided at one instant
def stamp(instant: datetime, zone: str, *, seconds: bool = False) -> str:
    """Return ``2026-11-21 14:05 CT``, or ``2026-11-21 14:05:09 CT`` with the seconds."""
    there = local(instant, zone)
    clock = f"{there.hour:02}:{there.minute:02}{f':{there.second:02}' if seconds else ''}"
    return f"{there.date()} {clock} {_short(there)}"


@lru_cache(maxsize=4096)
def instant_text(instant: datetime) -> str:
    """Return the canonical text of an instant: ISO 8601 in UTC with ``Z``, whole milliseconds."""
    utc = instant.astimezone(UTC)
    if utc.microsecond:
        return utc.isoformat(timespec="milliseconds")[:-6] + "Z"
    return utc.isoformat(timespec="seconds")[:-6] + "Z"


def parse_instant(text: str) -> datetime | None:
    """Return the instant ``text`` names, None where it names none. Without a zone it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _short(there: datetime) -> str:
    name = there.tzname() or "UTC"
    return _GENERIC.get(name, name)

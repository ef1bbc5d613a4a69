"""Instants as the vendor writes them: milliseconds since 1970 inside, ISO 8601 outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY = 86_400_000  # ms
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(instant: datetime) -> int:
    """Return ``instant`` in whole milliseconds since 1970."""
    return (instant - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=4096)
def iso(at: int) -> str:
    """Return ``2026-11-21T09:30:00.125Z`` for milliseconds since 1970."""
    instant = _EPOCH + timedelta(milliseconds=at)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """Return the milliseconds of epoch-millisecond or ISO text; raises ValueError."""
    if text.lstrip("-").isdigit():
        return int(text)
    parsed = datetime.fromisoformat(text)
    return milliseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


@lru_cache(maxsize=4096)
def parse_date(text: str) -> str:
    """Return ``YYYY-MM-DD`` of a date or of midnight UTC in milliseconds; raises ValueError."""
    if text.lstrip("-").isdigit() and len(text) > len("20261121"):
        days, rest = divmod(int(text), DAY)
        if rest:
            raise ValueError("not midnight UTC")
        return (_EPOCH + timedelta(days=days)).date().isoformat()
    return date.fromisoformat(text).isoformat()

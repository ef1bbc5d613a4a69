"""Reading texts as the tests do: received on Friday, 2026-11-20, 10:00 in Chicago."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ubm_sync.disconnection import Grammar, Message, Reading, builtin, read

ZONE = "America/Chicago"
RECEIVED = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo(ZONE))


def reading(body: str, subject: str = "", grammar: Grammar | None = None) -> Reading:
    return read(Message(subject, body, RECEIVED, ZONE), grammar or builtin())

"""Business days of a customer, and instants as people read them. Pure, no clock."""

from ubm_sync.calendars.business_days import BusinessCalendar, calendar_of
from ubm_sync.calendars.local import (
    clock_text,
    day_text,
    instant_text,
    local,
    parse_instant,
    stamp,
    zone_of,
)

__all__ = [
    "BusinessCalendar",
    "calendar_of",
    "clock_text",
    "day_text",
    "instant_text",
    "local",
    "parse_instant",
    "stamp",
    "zone_of",
]

"""Business days, who is there when, and instants as people read them. Pure, no clock."""

from ubm_sync.calendars.business_days import BusinessCalendar, calendar_of
from ubm_sync.calendars.closures import Closure, business_days_before, closures_from
from ubm_sync.calendars.coverage import ROLES, Choice, Coverage, Role, Rung, Step
from ubm_sync.calendars.holes import AHEAD, Hole, gaps, holes
from ubm_sync.calendars.local import (
    clock_text,
    day_text,
    instant_text,
    local,
    parse_instant,
    stamp,
    zone_of,
)
from ubm_sync.calendars.presence import Daily, Period, Person, Presence, Team, Turn

__all__ = [
    "AHEAD",
    "ROLES",
    "BusinessCalendar",
    "Choice",
    "Closure",
    "Coverage",
    "Daily",
    "Hole",
    "Period",
    "Person",
    "Presence",
    "Role",
    "Rung",
    "Step",
    "Team",
    "Turn",
    "business_days_before",
    "calendar_of",
    "clock_text",
    "closures_from",
    "day_text",
    "gaps",
    "holes",
    "instant_text",
    "local",
    "parse_instant",
    "stamp",
    "zone_of",
]

"""The days on which a payment can be made: neither the customer nor the team is closed."""

from __future__ import annotations

from dataclasses import replace

from ubm_sync.calendars import BusinessCalendar, calendar_of
from ubm_sync.calendars.coverage import Coverage
from ubm_sync.model import Customer


def paying_days(customer: Customer, coverage: Coverage) -> BusinessCalendar:
    """Return the customer's business days without the team's closures (domain B.7)."""
    closures = {*customer.closures, *(day.isoformat() for day in coverage.team.closures)}
    return calendar_of(replace(customer, closures=tuple(sorted(closures))))

"""The headline of an onboarding's delays: what stands in the fields of its ticket. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ubm_sync.calendars import instant_text
from ubm_sync.delays.codes import RANK, Party
from ubm_sync.delays.days import Days, Share
from ubm_sync.delays.delay import Delay, Status
from ubm_sync.delays.detect import Found

FIELDS = (
    "onboarding_start",
    "live_date",
    "day_count",
    "client_delay_days",
    "client_delay_days_concurrent",
    "vendor_delay_days",
    "internal_delay_days",
    "net_days",
    "primary_delay_reason",
    "delay_reasons",
    "delay_open_reason",
    "delay_open_since",
    "delay_event_count",
    "delay_last_evidence",
)


@dataclass(frozen=True, slots=True)
class Override:
    """A manager's own number of client days: it wins, with name, time and reason."""

    days: int
    reason: str
    by: str
    at: datetime


def headline(found: Found, days: Days, override: Override | None = None) -> dict[str, str]:
    """Return the ticket's fields as canonical text; a field that is not in it is empty.

    An override replaces the client's days and the net days; everything else stays as computed, so
    that both can be seen.
    """
    counted = [one for one in found.delays if one.status is Status.COUNTED]
    client = days.client_exclusive if override is None else override.days
    shared = days.concurrent if override is None else 0
    net = days.net if override is None else max(0, days.gross - override.days)
    fields = {
        "onboarding_start": days.start.isoformat(),
        "day_count": str(days.gross),
        "client_delay_days": str(client),
        "client_delay_days_concurrent": str(shared),
        "vendor_delay_days": str(days.by_party.get(Party.VENDOR, 0)),
        "internal_delay_days": str(days.by_party.get(Party.INTERNAL, 0)),
        "net_days": str(net),
        "delay_event_count": str(len(counted)),
    }
    if found.onboarding.live is not None:
        fields["live_date"] = days.end.isoformat()
    if counted:
        codes = sorted({one.code for one in counted}, key=lambda code: RANK.get(code, len(RANK)))
        fields["delay_reasons"] = "; ".join(codes)
        fields["delay_last_evidence"] = instant_text(
            max(fact.at for one in counted for fact in one.evidence)
        )
    if primary := _primary(days, counted):
        fields["primary_delay_reason"] = primary
    now_open = [one for one in counted if one.end is None]
    if now_open and found.onboarding.over is None:
        first = now_open[0]
        fields["delay_open_reason"] = first.code
        fields["delay_open_since"] = instant_text(first.start)
    return fields


def _primary(days: Days, counted: list[Delay]) -> str:
    """Return the code that cost most days: of the client's own, else of anybody's."""
    mine = {code: number for code, number in days.by_code.items() if number}
    if mine:
        return max(mine, key=lambda code: (mine[code], code))
    length: dict[str, int] = {}
    for one in counted:
        length[one.code] = length.get(one.code, 0) + days.spans[one.key].calendar
    return max(length, key=lambda code: (length[code], code), default="")


def shares(days: Days) -> Mapping[Share, int]:
    """Return the days by whose they are; they add up to the gross days."""
    return {
        Share.CLIENT: days.client_exclusive,
        Share.CONCURRENT: days.concurrent,
        Share.OTHER: days.other,
        Share.NOBODY: days.unattributed,
    }

"""What an admin may set of the routing of disconnections (domain B.7, C.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ubm_sync.desk import Channel

REPLY = (
    "Thank you for telling us. {who} is on it. For anything about a shut-off please write to the "
    "support desk or call it: it is watched day and night, {where} is not."
)
QUEUED = "Thank you, we have this. {who} will look at it from {when}."


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """The numbers and texts of the routing; the defaults are the domain's.

    A case is told to the next person when nobody acknowledged it: after ``first_wait`` in working
    time (``first_wait_off`` else), then ``second_wait`` and ``third_wait`` later; ``halved`` where
    the service is off already. A deadline less than ``near_days`` business days away begins at
    level 1. A possible one waits ``possible_factor`` times as long and never goes past the lead.
    """

    lead_days: int = 2  # business days until a payment has posted
    notice_days: int = 10  # from a notice without a day of its own to the shut-off
    merge_days: int = 3  # two notices of one account this close are one case
    near_days: int = 2
    first_wait: timedelta = timedelta(minutes=30)
    first_wait_off: timedelta = timedelta(minutes=60)
    second_wait: timedelta = timedelta(minutes=30)
    third_wait: timedelta = timedelta(minutes=60)
    possible_factor: int = 4
    grace: timedelta = timedelta(seconds=90)  # a mail this soon after routing is a receipt
    task_hour: int = 17  # of the last day to pay, in the customer's zone
    stale: timedelta = timedelta(days=14)  # what was typed before that is told of to nobody
    overdue: timedelta = timedelta(minutes=15)  # from arrival until it counts as not routed
    official: frozenset[Channel] = frozenset(Channel)  # a sheet is never one
    reply: str = REPLY  # for what came in elsewhere; knows {who} and {where}
    queued: str = QUEUED  # for what waits for the end of a quiet window; knows {who} and {when}

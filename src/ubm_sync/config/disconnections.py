"""``config/disconnections.yaml``: when the next person is told, and what is one notice.

The file may be missing, and so may every key: what is not there is as the rules have it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from ubm_sync.config.service import Block, ClockTime
from ubm_sync.desk import Channel
from ubm_sync.mapping import load_yaml, validate
from ubm_sync.mapping.wording import Words
from ubm_sync.routing.rules import QUEUED, REPLY, RoutingRules

DISCONNECTIONS_FILE = "disconnections.yaml"
_WORDS = re.compile(r"\{([^{}]*)\}")


def _knows(*known: str) -> AfterValidator:
    def check(text: str) -> str:
        for word in _WORDS.findall(text):
            if word not in known:
                allowed = " or ".join(f"{{{one}}}" for one in known)
                raise ValueError(f'"{{{word}}}" is not known here; write {allowed}')
        try:
            text.format(**dict.fromkeys(known, ""))
        except (ValueError, LookupError):
            text = "a brace is missing or too much; a word to fill in stands in { and }"
            raise ValueError(text) from None
        return text

    return AfterValidator(check)


class Waits(Block):
    """Minutes without an acknowledgement until the next person is told (domain C.6)."""

    first: int = Field(default=30, ge=1, le=1440)
    """Until the backup is told, of what was routed in working time."""

    first_off_hours: int = Field(default=60, ge=1, le=1440)
    """The same of what was routed outside working time."""

    second: int = Field(default=30, ge=1, le=1440)
    """From then until the lead is told."""

    third: int = Field(default=60, ge=1, le=1440)
    """From then until the director is told."""

    possible_factor: int = Field(default=4, ge=1, le=100)
    """How much longer all this takes for what is only a possible disconnection."""


class DisconnectionFile(Block):
    """The whole file."""

    on: bool = True
    """Whether tickets are read and routed at all."""

    poll_every: float = Field(default=15.0, ge=1, le=600)
    """Seconds between two looks at the desk; with 15 a person has it within 20."""

    pay_lead_days: int = Field(default=2, ge=0, le=10)
    """Business days a payment takes to post: the effective deadline lies that long before."""

    merge_days: int = Field(default=3, ge=0, le=30)
    """Two notices of one account whose deadlines lie no further apart are one case."""

    near_days: int = Field(default=2, ge=0, le=30)
    """A deadline within these business days is told to the backup at once."""

    stale_days: int = Field(default=14, ge=1, le=365)
    """What was older when it was first read is written down and told to nobody."""

    overdue_minutes: int = Field(default=15, ge=1, le=1440)
    """After which something that reached nobody counts as unrouted."""

    task_hour: int = Field(default=17, ge=0, le=23)
    """The hour of the last day to pay at which a task is due, in the customer's zone."""

    daily_check_at: ClockTime = "08:00"
    """When the log says once a day what is unrouted, or that nothing is."""

    waits: Waits = Waits()
    """How long nobody answers before the next person is told."""

    official_channels: list[Annotated[Channel, Field(strict=False)]] = Field(
        default_factory=lambda: list(Channel)
    )
    """The ways that are watched for emergencies; a sheet is never one of them."""

    reply: Annotated[Words, _knows("who", "where")] = REPLY
    """What a customer is told who used another way."""

    queued: Annotated[Words, _knows("who", "when")] = QUEUED
    """What a customer is told in a quiet window, of what is not urgent."""

    def rules(self) -> RoutingRules:
        """Return the rules."""
        waits = self.waits
        return RoutingRules(
            lead_days=self.pay_lead_days,
            merge_days=self.merge_days,
            near_days=self.near_days,
            first_wait=timedelta(minutes=waits.first),
            first_wait_off=timedelta(minutes=waits.first_off_hours),
            second_wait=timedelta(minutes=waits.second),
            third_wait=timedelta(minutes=waits.third),
            possible_factor=waits.possible_factor,
            task_hour=self.task_hour,
            stale=timedelta(days=self.stale_days),
            overdue=timedelta(minutes=self.overdue_minutes),
            official=frozenset(self.official_channels),
            reply=self.reply,
            queued=self.queued,
        )


def load_disconnections(folder: Path | str) -> DisconnectionFile:
    """Return what the file of ``folder`` says; raises ConfigError where it cannot be read."""
    path = Path(folder) / DISCONNECTIONS_FILE
    return validate(DisconnectionFile, load_yaml(path)) if path.exists() else DisconnectionFile()

"""``config/service.yaml``: when the service works, with which systems, and how careful it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ubm_sync.config.kinds import Address, Zone
from ubm_sync.mapping.wording import Words


def _clock_time(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('write a time of day as "02:30", in quotes')
    return value


ClockTime: TypeAlias = Annotated[str, AfterValidator(_clock_time)]


class Block(BaseModel):
    """What all blocks have in common: no unknown keys, no silent conversion of values."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Cadence(Block):
    """When the service works."""

    sync_every: float = Field(default=20.0, ge=1, le=3600)
    """Seconds from the beginning of one cycle to the next."""

    full_read_at: ClockTime = "02:30"
    """When everything is read once a day, in ``zone``."""

    zone: Zone = "America/Chicago"
    """The zone of times in this file, and of customers without one of their own."""


class Limit(Block):
    """A rate limit: at most ``calls`` in any ``seconds``, of which ``burst`` may come at once."""

    calls: int = Field(ge=1)
    """At most this many calls ..."""

    seconds: float = Field(gt=0)
    """... in any of so many seconds."""

    burst: int = Field(default=1, ge=1)
    """How many of them may come at once after a pause."""

    @model_validator(mode="after")
    def _burst_is_a_part(self) -> Self:
        if self.burst >= max(self.calls, 2):
            raise ValueError(f"a burst of {self.burst} must be less than the {self.calls} calls")
        return self


class System(BaseModel):
    """One external system: its rate limits, and whatever else its connector understands."""

    model_config = ConfigDict(
        extra="allow", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Words
    """What people call it, as written in messages."""

    limits: dict[str, Limit] = {}
    """Rate limits by the beginning of the budget's key."""

    @property
    def settings(self) -> Mapping[str, object]:
        """Return what its connector is given: every key but ``name`` and ``limits``."""
        extra: Mapping[str, Any] = self.model_extra or {}
        return dict(extra)


class Clears(Block):
    """How many values may be cleared without an approval; what is not said is said elsewhere."""

    share: float | None = Field(default=None, ge=0, le=1)
    """Of a customer's records, for each field and system."""

    floor: int | None = Field(default=None, ge=0)
    """As many are always allowed."""


class GuardRule(Block):
    """Other thresholds for one customer, system or field, or for two or three of them together."""

    customer: str | None = None
    """The customer's key."""

    system: str | None = None
    """As under ``systems``."""

    field: str | None = None
    """A shared field, by its name in the mapping; for ``creates`` a place."""

    share: float | None = Field(default=None, ge=0, le=1)
    """Instead of the guard's own share."""

    floor: int | None = Field(default=None, ge=0)
    """Instead of the guard's own floor."""

    clears: Clears = Clears()
    """Instead of the guard's own limits for values that are taken away."""

    creates: int | None = Field(default=None, ge=0)
    """Instead of the guard's own limit for new records."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not {"customer", "system", "field"} & self.model_fields_set:
            raise ValueError("name a customer, a system or a field; what is for all stands above")
        if not {"share", "floor", "clears", "creates"} & self.model_fields_set:
            raise ValueError("give a share, a floor, clears or creates")
        return self


class Guard(Block):
    """How much may change without a recorded approval (design promise 11)."""

    share: float = Field(default=0.3, ge=0, le=1)
    """Of a customer's records, for each field and system."""

    floor: int = Field(default=100, ge=0)
    """Changes that are always allowed, however few records there are."""

    clears: Clears = Clears(share=0.1, floor=25)
    """The same for values that are taken away; counted on their own."""

    creates: int | None = Field(default=None, ge=0)
    """New records of a customer in one place; without it any number."""

    window_minutes: int = Field(default=60, ge=0, le=10_080)
    """How long what was written counts; 0: each cycle begins anew."""

    approval_hours: int = Field(default=24, ge=1, le=720)
    """How long an approval holds."""

    canary: int = Field(default=5, ge=1, le=50)
    """Records that are written first under an approval, and read back before the rest."""

    rules: list[GuardRule] = []
    """Exceptions; the most specific one wins."""


class Vanished(Block):
    """When a row that is not in its sheet any more becomes a question to the manager."""

    quiet_minutes: float = Field(default=10, ge=0, le=1440)
    """Between the first full reading without the row and the question; two must agree."""

    rows: int = Field(default=10, ge=1)
    """More rows of a sheet at once are one question, in ``status`` and on the onboarding ticket."""

    share: float = Field(default=0.2, gt=0, le=1)
    """The same for more than this share of a sheet's rows."""


class Intake(Block):
    """How patient the new-location procedure is."""

    quiet_minutes: int = Field(default=30, ge=0, le=1440)
    """How long a row with missing cells stays a draft that nobody is asked about."""

    review_business_days: int = Field(default=2, ge=0, le=60)
    """When the customer is told to expect the manager's answer."""

    notice_days: int = Field(default=7, ge=0, le=60)
    """How long the customer sees that something was put back."""

    start_limit_days: int = Field(default=180, ge=0, le=3650)
    """How far ahead a service may start."""

    first_bill_days: int = Field(default=30, ge=0, le=365)
    """When the customer is told to expect the first bill after enrolment."""

    duplicates: Literal["refuse", "ticket"] = "refuse"
    """A row for an account that is on another row already: tell the customer only, or open a
    ticket in the stage Duplicate as well."""

    close_needs_approval: bool = True
    """Whether the manager is asked before an account is closed."""

    priority: Literal["", "low", "medium", "high", "urgent"] = "medium"
    """Of a new ticket; empty leaves the ticket system's own default."""

    texts: dict[str, Words] = {}
    """Other words for messages, by the key of the message."""


class Rollout(Block):
    """Who sees what while the service is introduced (internal first, then customers)."""

    phase: Literal["internal", "pilot", "all"] = "internal"
    """``internal``: nothing a customer can see leaves; ``pilot``: only for the customers listed."""

    pilot: list[str] = []
    """Keys of the customers in the pilot."""

    def shows(self, customer: str) -> bool:
        """Return whether a customer may be told things outside the own sheet's columns."""
        return self.phase == "all" or (self.phase == "pilot" and customer in self.pilot)


class People(Block):
    """Who is asked when a customer's own manager and backup cannot be: never nobody."""

    on_call: list[Address] = []
    """Who is asked first, in this order; coverage.yaml goes before it."""

    lead: Address | None = None
    """The team lead; coverage.yaml goes before it."""


class Versions(Block):
    """How a change of these files comes into force."""

    second_name: bool = False
    """A change that would write more than the guard allows, or that makes the guard or this rule
    less careful, waits until a second person approves it."""

    seen_days: int = Field(default=14, ge=0, le=90)
    """How long what was seen is kept for ``plan --replay``; 0: nothing is kept."""


class Service(Block):
    """The whole file."""

    systems: dict[str, System]
    """The external systems; every other key of one is a setting of its connector."""

    cadence: Cadence = Cadence()
    """When the service works."""

    guard: Guard = Guard()
    """How much may change without an approval."""

    intake: Intake = Intake()
    """The new-location procedure."""

    vanished: Vanished = Vanished()
    """Rows that are not there any more."""

    rollout: Rollout = Rollout()
    """Who sees what while the service is introduced."""

    people: People = People()
    """Who is asked when manager and backup cannot be."""

    versions: Versions = Versions()
    """How a change of these files comes into force."""

    @property
    def limits(self) -> dict[str, tuple[int, float, int]]:
        """Return budget key prefix -> (calls, seconds, burst) of all systems."""
        return {
            prefix: (limit.calls, limit.seconds, limit.burst)
            for system in self.systems.values()
            for prefix, limit in system.limits.items()
        }

    @property
    def names(self) -> dict[str, str]:
        """Return system -> what people call it."""
        return {key: system.name for key, system in self.systems.items()}

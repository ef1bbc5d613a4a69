"""What an admin may set under ``systems.hubspot`` of the service's configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ubm_hubspot.window import Rules
from ubm_sync.errors import ConfigError, Flaw

FILE = "config/service.yaml"


_AUTOMATIC = (
    r"^(re: *)?(automatic|auto|automated)[ -]?(reply|response|answer)",
    r"\bout of (the )?office\b",
    r"^auto:",
    r"\bon (annual |parental |sick )?leave\b",
    r"\bvacation (reply|response|notice)\b",
)
_RETURNED = (
    r"^undeliver(able|ed)\b",
    r"^delivery status notification",
    r"^mail delivery (failed|failure|subsystem)",
    r"^returned mail\b",
    r"^failure notice\b",
)
_OUTCOMES = {
    "SCHEDULED": "scheduled",
    "COMPLETED": "completed",
    "RESCHEDULED": "rescheduled",
    "NO_SHOW": "no_show",
    "CANCELED": "canceled",
}
_CHECKLIST = {
    "Document:": "item",
    "Approval:": "approval",
    "Login:": "credential",
    "Authorisation:": "authorisation",
    "Authorization:": "authorisation",
    "Portal:": "portal",
    "Error:": "error",
}


class FactSettings(BaseModel):
    """Where HubSpot tells what was done in an onboarding; ``systems.hubspot.facts``.

    A name of a property that the portal does not have means fewer facts, never an error.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    look_every: float = Field(default=300.0, ge=0)
    """Seconds between two looks at mail, meetings and tasks; a moved ticket is looked at at once.
    """

    overlap: float = Field(default=900.0, ge=0)
    """A look begins this many seconds before the last one (HubSpot's index lags)."""

    history_kept: int = Field(default=20, ge=0)
    """How many values of a property HubSpot remembers; 0: all. An answer older than what it still
    remembers cannot be told, so that what was asked before that is left for a person to judge."""

    sent: tuple[str, ...] = ("hs_last_message_sent_at",)
    """Ticket properties that hold when the client was last written to."""

    received: tuple[str, ...] = ("hs_last_message_received_at", "last_reply_date")
    """Ticket properties that hold when the client last wrote."""

    waiting_for: str = "ubm_waiting_for"
    """Ticket property: what the client was asked for; emptied when it came."""

    requested_at: str = "ubm_requested_at"
    """Ticket property: when the client was asked, where that was earlier than it was noted."""

    due_at: str = "ubm_due_at"
    """Ticket property: by when the client was asked to answer."""

    priority: str = "ubm_priority_reason"
    """Ticket property: why other work goes first; emptied when it does not any more."""

    scope: str = "ubm_accounts_contracted"
    """Ticket property: the number of accounts agreed on."""

    replanned: str = "ubm_replanned_at"
    """Ticket property: the day agreed on with the client for a larger scope."""

    meeting_start: str = "hs_meeting_start_time"
    """Meeting property: when it is to begin."""

    meeting_outcome: str = "hs_meeting_outcome"
    """Meeting property: what became of it."""

    outcomes: Mapping[str, str] = Field(default_factory=_OUTCOMES.copy)
    """What the portal's meeting outcomes mean: ``scheduled``, ``completed``, ``rescheduled``,
    ``no_show`` or ``canceled``; others mean nothing."""

    client_sources: tuple[str, ...] = ("meetings", "scheduling_page", "meetings_link")
    """``sourceType`` of changes that a client makes by its own hand, in lower case."""

    checklist: Mapping[str, str] = Field(default_factory=_CHECKLIST.copy)
    """How the title of a task begins that is an item of the checklist, and what it is then:
    ``item``, ``approval``, ``credential``, ``authorisation``, ``portal`` or ``error``."""

    automatic_subjects: tuple[str, ...] = _AUTOMATIC
    """Patterns of the subjects of automatic answers; capitals do not matter."""

    returned_subjects: tuple[str, ...] = _RETURNED
    """Patterns of the subjects of notices that a mail could not be delivered."""

    @field_validator("automatic_subjects", "returned_subjects")
    @classmethod
    def _patterns(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in given:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f'"{pattern}" is no pattern: {error}') from None
        return given

    @field_validator("client_sources")
    @classmethod
    def _lower(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.strip().lower() for one in given)

    @field_validator("checklist")
    @classmethod
    def _known_items(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        known = set(_CHECKLIST.values())
        for prefix, what in given.items():
            if what not in known or not prefix.strip():
                raise ValueError(f'"{prefix}: {what}" is none of {", ".join(sorted(known))}')
        return given

    @field_validator("outcomes")
    @classmethod
    def _known_outcomes(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        known = set(_OUTCOMES.values())
        for name, what in given.items():
            if what not in known:
                raise ValueError(f'"{name}: {what}" is none of {", ".join(sorted(known))}')
        return {name.upper(): what for name, what in given.items()}


class DeskSettings(BaseModel):
    """How the help desk is read; ``systems.hubspot.desk``. All times in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    first_days: float = Field(default=14.0, gt=0)
    """Of how many days the very first reading takes up the open tickets."""

    leavers_every: float = Field(default=60.0, ge=0)
    """How often at most it is read who cannot sign in any more."""

    settle_every: float = Field(default=120.0, gt=0)
    """How often the search goes back to changes that may have been indexed late."""

    messages: int = Field(default=10, ge=1, le=50)
    """How many messages of a ticket are read at most, the newest ones."""


class Settings(BaseModel):
    """Settings of the HubSpot connector; every key has a default. All times in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    api_version: str = Field(default="", pattern=r"^(\d{4}-\d{2}(-beta)?)?$")
    """Empty: the v3/v4 paths of the official client. ``2026-03``: the same calls on HubSpot's
    date-versioned paths (v4 ends 30 March 2027, v3 in September 2027)."""

    property_group: str = "ubm_onboarding"
    """The group that ``setup`` puts its properties in."""

    property_group_label: str = "UBM onboarding"
    """How people see that group."""

    default_kind: str = "location"
    """The kind of a ticket whose identity does not begin with a kind (``onboarding-...``)."""

    concurrency: int = Field(default=4, ge=1, le=16)
    """How many batches are in flight at once; 1 sends one after the other in the same thread."""

    search_overlap_min: float = Field(default=5.0, ge=0)
    """A search begins at least this long before the newest change seen (HubSpot's index lags)."""

    search_overlap_max: float = Field(default=900.0, ge=0)
    """... and at most this long before it, as far as one page reaches."""

    search_page_known: int = Field(default=150, ge=1, le=199)
    """How many records already known a quiet cycle's one page may show again (a page holds 200)."""

    settle_every: float = Field(default=600.0, gt=0)
    """How often the search goes back to changes that may have been indexed late."""

    settle_lag: float = Field(default=180.0, ge=0)
    """How late HubSpot may index a change; each instant is read again once after this."""

    reconcile_every: float = Field(default=900.0, gt=0)
    """How often archived tickets are listed (the search never shows them)."""

    check_every: float = Field(default=3600.0, gt=0)
    """How often properties, options and stages are compared with the mapping."""

    refresh_every: float = Field(default=60.0, gt=0)
    """How often at most owners, pipelines or properties are read again for an unknown one."""

    look_back: bool = True
    """Whether histories are read after writes over what people set too: one call for each 50
    tickets. Without it an edit in the fraction of a second between the look before a write and the
    write itself is lost unseen."""

    looked_back: int = Field(default=1_000, ge=50)
    """How many tickets' histories are read in one cycle at most; the others wait for the next."""

    match_pipelines: tuple[str, ...] = ()
    """Labels of other ticket pipelines in which `ubm-sync match` looks for a customer's existing
    tickets; those of the mapping are always looked at. A ticket that is linked moves into them."""

    desk: DeskSettings = DeskSettings()
    """How the help desk is read."""

    facts: FactSettings = FactSettings()
    """Where facts of an onboarding stand: who did what, and when."""

    connect_timeout: float = Field(default=5.0, gt=0)
    """How long a connection may take to open."""

    read_timeout: float = Field(default=60.0, gt=0)
    """How long HubSpot may be silent."""

    attempts: int = Field(default=5, ge=1)
    """How often a call that is safe to repeat is sent at most."""

    first_wait: float = Field(default=0.5, ge=0)
    """The pause before the first repeat; it doubles each time."""

    longest_wait: float = Field(default=90.0, gt=0)
    """A longer pause asked for by HubSpot is left to the next cycle."""


def read_settings(values: Mapping[str, object]) -> Settings:
    """Return the checked settings; raises ConfigError naming every wrong key at once."""
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        flaws = [
            Flaw(FILE, 0, 0, f"systems.hubspot.{'.'.join(map(str, one['loc']))}: {one['msg']}")
            for one in error.errors()
        ]
        raise ConfigError(flaws) from None


def rules_of(settings: Settings, settle_every: float) -> Rules:
    """Return how far a search looks back, in milliseconds."""
    return Rules(
        overlap_min=round(settings.search_overlap_min * 1000),
        overlap_max=round(settings.search_overlap_max * 1000),
        page_known=settings.search_page_known,
        settle_every=round(settle_every * 1000),
        settle_lag=round(settings.settle_lag * 1000),
    )

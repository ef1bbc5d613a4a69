"""What an admin may set under ``systems.hubspot`` of the service's configuration."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ubm_sync.errors import ConfigError, Flaw

FILE = "config/service.yaml"


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
    tickets, at most two in a cycle. Without it an edit in the fraction of a second between the
    look before a write and the write itself is lost unseen."""

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

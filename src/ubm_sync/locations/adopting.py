"""Accounts that were in the store before this service: what was done there is not done again.

What the account said when it was linked stands in the record's memory, because from then on the
service fills those fields itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ubm_sync.calendars import instant_text
from ubm_sync.locations.states import ACCOUNT, CLOSED, ENROLLED, NOT_REQUESTED
from ubm_sync.model import Observation, Values

_ADOPTED = "adopted"  # what the account said of Data Services
_ENDED_AS = "adopted_ended"  # how it was ending, or had ended, when it was linked
_UNKNOWN_AGE = datetime(2000, 1, 1, tzinfo=UTC)  # a store that does not tell when it was made
_UNDER_WAY = frozenset({"setting_up"})
_ENDED = frozenset({"closing", "closed"})


def adopted(memory: Values, seen: Observation) -> Values:
    """Return a record's memory once ``seen`` is linked to it."""
    if seen.place != ACCOUNT or "approved_at" in memory:
        return memory
    at = instant_text(seen.created_at or _UNKNOWN_AGE)
    services = seen.values.get("data_services", NOT_REQUESTED)
    after = {
        **memory,
        _ADOPTED: services,
        "approved_at": at,
        "approved_by": seen.values.get("approved_by", ""),
        "account_at": at,
    }
    status = seen.values.get("status", "")
    if status in _ENDED:
        after[_ENDED_AS] = status
    if services == ENROLLED or status not in _UNDER_WAY | _ENDED:
        after["enrolled_at"] = at  # bills come already: there is nothing to ask for
    return after


def is_adopted(memory: Mapping[str, str]) -> bool:
    """Return whether the record's account was there before the service knew of it."""
    return _ADOPTED in memory


def services_before(memory: Mapping[str, str]) -> str:
    """Return what the account said of Data Services when it was linked, "" for one of ours."""
    return memory.get(_ADOPTED, "")


def is_settled(memory: Mapping[str, str]) -> bool:
    """Return whether the account was live, or ending, when it was linked: it is never enrolled."""
    return _ADOPTED in memory and ("enrolled_at" in memory or _ENDED_AS in memory)


def ended_as(memory: Mapping[str, str]) -> str:
    """Return ``closing`` or ``closed`` where the account was that when it was linked, else "".

    Nobody asked to open it again, so it stays what it was, and is not enrolled.
    """
    return memory.get(_ENDED_AS, "")


def was_closed(memory: Mapping[str, str], account: Observation) -> bool:
    """Return whether the account was closed without us: before it was linked, or since."""
    ended = ended_as(memory)
    return bool(ended) and CLOSED.lower() in {ended, account.values.get("status")}

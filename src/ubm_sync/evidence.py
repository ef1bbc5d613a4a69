"""What is known of an onboarding, as facts somebody can look up: who did what, when, and where.

Facts come from what people do anyway: a ticket moved, a message, a meeting, a checklist item, a row
that stays wrong, a login that fails. A rule never sees a system, only these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from enum import StrEnum

from ubm_sync.model import nothing


class Kind(StrEnum):
    """What a fact is about; ``value`` says what became of it."""

    STAGE = "stage"  # value: the stage entered, by its key
    SENT = "sent"  # a message of ours to the client; value: delivered, bounced
    RECEIVED = "received"  # a message of the client's; value: reply, automatic
    MEETING = "meeting"  # value: scheduled, completed, rescheduled, no_show, canceled
    ITEM = "item"  # of the checklist; value: requested, received, accepted, rejected, void
    ROW = "row"  # of the client's sheet; value: its status
    CREDENTIAL = "credential"
    # ... value: requested, received, valid, invalid, not_provided, locked, mfa, void
    PORTAL = "portal"  # the utility's own failure; value: down, up
    AUTHORISATION = "authorisation"  # value: sent, confirmed, void
    APPROVAL = "approval"  # value: requested, approved, declined, void
    SCOPE = "scope"  # value: the number of accounts; details: replanned
    BILL = "bill"  # value: enrolled, actual; details: last_statement
    ERROR = "error"  # of ours; value: open, fixed
    PRIORITY = "priority"  # other work put first; value: set, cleared
    MERGED = "merged"  # another ticket lives on in this one; subject: its record


class Side(StrEnum):
    """Who acted."""

    CLIENT = "client"
    US = "us"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact.

    ``system``, ``record`` and ``field`` say where it stands, ``link`` opens it there. ``at`` is
    when it happened (UTC), ``actor`` who did it (an e-mail or a name, "" where nobody knows),
    ``side`` on whose side they are. ``subject`` is the thing it is about: a meeting, a checklist
    item, a row, a login. ``details`` are texts: ``due``, ``slot``, ``text`` and what else a kind
    names; ``doubt`` says why the fact may be wrong, and what is known by it needs a review.
    """

    kind: Kind
    at: datetime
    subject: str
    value: str
    system: str
    record: str
    field: str = ""
    actor: str = ""
    side: Side = Side.UNKNOWN
    link: str = ""
    details: Mapping[str, str] = default(default_factory=nothing)
    _identity: tuple[str, str, str, str] | None = default(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def ref(self) -> str:
        """What names this fact for good: the same fact read again has the same."""
        return self.identity[0]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two facts the same one."""
        known = self._identity
        if known is None:  # rules ask for it often
            ref = f"{self.system}:{self.record}:{self.field or self.kind}:{self.at.isoformat()}"
            known = ref, self.kind, self.subject, self.value
            object.__setattr__(self, "_identity", known)
        return known

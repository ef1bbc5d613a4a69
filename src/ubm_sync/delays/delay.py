"""One delay: what was late, from when to when, how it is known, and whether it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ubm_sync.delays.codes import Party
from ubm_sync.evidence import Evidence


class Status(StrEnum):
    """Whether a delay counts."""

    COUNTED = "counted"
    SUSPECTED = "suspected"  # nobody can show that the client was told, or by when
    REVIEW = "needs review"  # what is known contradicts itself
    DISPUTED = "disputed"  # somebody disagrees: it counts for nothing until that is settled
    VOID = "void"  # found to be none


@dataclass(frozen=True, slots=True)
class Delay:
    """One delay as the facts show it now.

    ``start`` and ``end`` are instants (UTC), ``end`` None while it goes on. ``trigger`` is the fact
    it began with: it names the delay for good, also when later facts move its start or its end.
    ``notice`` is the fact by which the client was told what was needed, and by when. ``told`` is
    what happened, as a sentence without its end.
    """

    code: str
    party: Party
    subject: str
    start: datetime
    end: datetime | None
    trigger: Evidence
    notice: Evidence | None
    evidence: tuple[Evidence, ...]
    told: str
    status: Status = Status.COUNTED
    doubts: tuple[str, ...] = ()
    key: str = field(init=False, compare=False)  # what identifies it within its onboarding

    def __post_init__(self) -> None:
        """Name it, once: everything that is written down and counted goes by this name."""
        object.__setattr__(self, "key", f"{self.code}|{self.subject}|{self.trigger.ref}")

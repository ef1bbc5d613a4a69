"""What one cycle is asked to do, and what it says it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ubm_sync.state import GuardStop
from ubm_sync.sync.stops import sentence

if TYPE_CHECKING:
    from ubm_sync.sync.ingest import Seen
    from ubm_sync.sync.sending import Tally


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person looked at in a plan: these writes of these records, decided at that time."""

    writes: frozenset[str]  # digests
    records: frozenset[str]
    at: datetime


@dataclass(slots=True)
class Report:
    """What one cycle saw and did."""

    run: str
    seconds: float = 0.0
    observed: int = 0
    changed: int = 0
    new: int = 0
    vanished: int = 0
    planned: int = 0
    landed: dict[str, int] = field(default_factory=dict)
    restored: int = 0
    refused: int = 0
    quarantined: int = 0
    conflicts: int = 0
    notes: int = 0
    stops: tuple[GuardStop, ...] = ()
    problems: tuple[str, ...] = ()
    skipped: str = ""  # why nothing was done
    audit: str = ""  # hash of the audit log's last entry: outside the database it proves the log
    done: frozenset[str] = frozenset()  # digests of the writes that landed, if asked for
    version: int = 0  # of what is configured; 0: it has none

    def summary(self) -> dict[str, Any]:
        """Return the report for the state's list of runs and for ``--json``."""
        return {
            "run": self.run,
            "version": self.version,
            "seconds": round(self.seconds, 3),
            "observed": self.observed,
            "changed": self.changed,
            "new": self.new,
            "vanished": self.vanished,
            "planned": self.planned,
            "written": dict(self.landed),
            "restored": self.restored,
            "refused": self.refused,
            "quarantined": self.quarantined,
            "conflicts": self.conflicts,
            "notes": self.notes,
            "stops": [sentence(stop) for stop in self.stops],
            "problems": list(self.problems),
            "skipped": self.skipped,
            "audit": self.audit,
        }


def report_of(
    run: str,
    seconds: float,
    seen: Seen,
    tally: Tally,
    notes: int,
    stops: tuple[GuardStop, ...],
    version: int,
) -> Report:
    """Return what a cycle says that saw ``seen``, did ``tally`` and said ``notes`` notes."""
    return Report(
        run,
        seconds,
        seen.observed,
        seen.changed,
        seen.new,
        seen.vanished,
        tally.planned,
        dict(tally.landed),
        tally.restored,
        tally.refused,
        tally.quarantined,
        len(tally.conflicts),
        notes,
        stops,
        tuple(dict.fromkeys(tally.problems)),
        done=frozenset(tally.done),
        version=version,
    )

"""What the service remembers: records, observations, the journal, the audit chain.

``open_state(url)`` brings the database up to date and returns a ``State``; everything is read and
written through the repositories of a transaction (``Tx``). Not to be confused with the UBM account
store, which is one of the systems kept in step.
"""

from __future__ import annotations

from ubm_sync.state.audit import Entry, Logged
from ubm_sync.state.budget import Limit, SharedBudget, UnlimitedBudget
from ubm_sync.state.chain import Broken
from ubm_sync.state.conflicts import ConflictState, Kept
from ubm_sync.state.copying import copied
from ubm_sync.state.delay_cases import DelayCase, Ticket
from ubm_sync.state.delays import Line
from ubm_sync.state.doubts import Doubt
from ubm_sync.state.errands import Errand, ErrandKind
from ubm_sync.state.evidence import digest_of
from ubm_sync.state.guard import GuardStop
from ubm_sync.state.inquiries import Inquiry
from ubm_sync.state.journal import Intent, Told
from ubm_sync.state.lately import Seen
from ubm_sync.state.leases import Lease
from ubm_sync.state.matches import Pair
from ubm_sync.state.outbox import NoteState, Waiting
from ubm_sync.state.problems import KnownProblem
from ubm_sync.state.quarantine import Quarantined
from ubm_sync.state.records import RecordState
from ubm_sync.state.remarks import Remark
from ubm_sync.state.runs import Run
from ubm_sync.state.store import DEFAULT_URL, State, Tx, open_state
from ubm_sync.state.versions import Standing, Version

__all__ = [
    "DEFAULT_URL",
    "Broken",
    "ConflictState",
    "DelayCase",
    "Doubt",
    "Entry",
    "Errand",
    "ErrandKind",
    "GuardStop",
    "Inquiry",
    "Intent",
    "Kept",
    "KnownProblem",
    "Lease",
    "Limit",
    "Line",
    "Logged",
    "NoteState",
    "Pair",
    "Quarantined",
    "RecordState",
    "Remark",
    "Run",
    "Seen",
    "SharedBudget",
    "Standing",
    "State",
    "Ticket",
    "Told",
    "Tx",
    "UnlimitedBudget",
    "Version",
    "Waiting",
    "copied",
    "digest_of",
    "open_state",
]

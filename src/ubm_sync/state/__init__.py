"""What the service remembers: records, observations, the journal, the audit chain.

``open_state(url)`` brings the database up to date and returns a ``State``; everything is read and
written through the repositories of a transaction (``Tx``). Not to be confused with the UBM account
store, which is one of the systems kept in step.
"""

from __future__ import annotations

from ubm_sync.state.outbox import NoteState, Waiting
from ubm_sync.state.records import RecordState
from ubm_sync.state.store import DEFAULT_URL, State, Tx, open_state

__all__ = ["DEFAULT_URL", "NoteState", "RecordState", "State", "Tx", "Waiting", "open_state"]

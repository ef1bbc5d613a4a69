"""What was planned from is kept for a while, so that a changed mapping can be tried on it.

One row for each portion, in the transaction that is written anyway. A record that waits is planned
again in every cycle; it is kept once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ubm_sync.model import Observation
from ubm_sync.state import RecordState, Seen, Tx
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.rules import Rules

FORGET_EVERY = timedelta(hours=1)
MOST = 200_000  # records whose last state is remembered, to keep each once


class Recorder:
    """Keeps the subjects of plans for ``kept``; zero: keeps nothing."""

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._last: dict[str, int] = {}
        self._forgotten: datetime | None = None

    def keep(
        self,
        tx: Tx,
        rules: Rules,
        plans: Sequence[RecordPlan],
        records: Mapping[str, RecordState],
        now: datetime,
    ) -> None:
        """Store what is new since a record was planned last."""
        if not self._kept:
            return
        if len(self._last) > MOST:
            self._last.clear()
        fresh = []
        for plan in plans:
            subject = plan.subject
            said = hash((
                tuple((place, one.version, tuple(one.values.items()), one.gone)
                      for place, one in subject.seen.items()),
                tuple(subject.base.items()),
            ))  # fmt: skip
            if self._last.get(subject.sync_id) != said:
                self._last[subject.sync_id] = said
                fresh.append(document(subject, records[subject.sync_id].memory))
        if fresh:
            tx.lately.keep(Seen(now, rules.kind, rules.version, fresh))

    def forget(self, tx: Tx, now: datetime) -> None:
        """Drop what is too old, now and then."""
        if self._forgotten is not None and now - self._forgotten < FORGET_EVERY:
            return
        self._forgotten = now
        tx.lately.forget(now - self._kept)


def document(subject: Subject, memory: Mapping[str, str]) -> dict[str, Any]:
    """Return a subject as it is kept."""
    return {
        "id": subject.sync_id,
        "customer": subject.customer.key,
        "created": subject.created_at,
        "base": subject.base,
        "memory": memory,
        "seen": [_seen(one) for one in subject.seen.values()],
        "blind": {place: sorted(names) for place, names in subject.blind.items()},
    }


def _seen(one: Observation) -> dict[str, Any]:
    whole = {
        "place": one.place, "ref": one.ref, "key": one.key, "container": one.container,
        "version": one.version, "values": one.values, "marks": one.marks,
        "created_at": one.created_at, "modified_at": one.modified_at,
        "modified_by": one.modified_by, "gone": one.gone,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value}


def observation(kept: Mapping[str, Any]) -> Observation:
    """Return what ``document`` kept of one place."""
    given: dict[str, Any] = {"key": None, "container": "", "version": "", "values": {}, **kept}
    for name in ("created_at", "modified_at"):
        if given.get(name):
            given[name] = datetime.fromisoformat(given[name])
    return Observation(**given)

"""The guard at work: what it decides is stored with the intents, what was approved is proven.

An approval lets a canary pass first: a few records are written and read back through their
connector. Only where they are as they were meant does the rest follow, in the same cycle. What is
needed for that stands in the state before the first of them is sent, so a start after a crash
reads them back before it goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias

import structlog

from ubm_sync.clock import Clock
from ubm_sync.errors import SyncError
from ubm_sync.model import NOTHING, Observation, Outcome
from ubm_sync.ports import Connector
from ubm_sync.state import Entry, GuardStop, State, Tx
from ubm_sync.sync.guard import Booking, Guard
from ubm_sync.sync.limits import Group, GuardSettings, Kind
from ubm_sync.sync.noticed import Mask, without_secrets
from ubm_sync.sync.plan import RecordPlan
from ubm_sync.sync.rules import PlaceRule
from ubm_sync.sync.stops import Held, compare, sentence

log = structlog.get_logger(__name__)

Shown: TypeAlias = dict[tuple[str, str], Observation]
_TOLD = ("fingerprint", "customer", "system", "field", "kind", "count", "limit", "used", "mapping")


def load_guard(
    tx: Tx,
    places: Mapping[str, PlaceRule],
    settings: GuardSettings,
    records: Mapping[str, int],
    mapping: str,
    now: datetime,
    chosen: frozenset[str] = frozenset(),
    versions: Mapping[str, str] = NOTHING,
) -> Guard:
    """Return the guard of one cycle with what is remembered of the ones before."""
    stops = tx.guard.list(approved=True)
    used = tx.guard.used(now - settings.window)
    return Guard(
        places,
        settings,
        records,
        mapping=mapping,
        now=now,
        used={Group(*group[:3], Kind(group[3])): count for group, count in used.items()},
        stops=stops,
        items=tx.guard.items() if stops else {},
        chosen=chosen,
        versions=versions,
    )


class Gate:
    """Lets one cycle's writes through, or not, and keeps the state and the audit of it."""

    def __init__(
        self,
        state: State,
        guard: Guard,
        connectors: Mapping[str, Connector],
        run: str,
        *,
        mask: Mask,
        clock: Clock,
    ) -> None:
        self._state = state
        self._guard = guard
        self._connectors = connectors
        self._run = run
        self._mask = mask
        self._clock = clock
        self._known = {one.stop.id: one.stop.fingerprint for one in guard.stops}
        self._stored: dict[Group, int] = {}

    @property
    def waiting(self) -> tuple[GuardStop, ...]:
        """The stops that wait for an approval."""
        return tuple(
            one.stop for one in self._guard.stops if one.stop.approved_at is None and not one.over
        )

    def judge(self, plans: Sequence[RecordPlan]) -> list[RecordPlan]:
        """Return the plans without what must wait."""
        return self._guard.judge(plans)

    def rehearse(self, plans: Sequence[RecordPlan]) -> None:
        """Judge and count without storing anything: ``waiting`` is what a cycle would stop."""
        self._guard.book(self._guard.judge(plans))

    def book(self, tx: Tx, plans: Sequence[RecordPlan], now: datetime) -> Booking:
        """Count what will be sent, before it is, and store what waits."""
        booking = self._guard.book(plans)
        self._store(tx, now)
        return booking

    def conclude(
        self,
        tx: Tx,
        booking: Booking,
        outcomes: Mapping[str, Mapping[str, Outcome]],
        now: datetime,
    ) -> None:
        """Store what became of it; an approval is used up by what it was for."""
        self._guard.conclude(booking, outcomes)
        self._store(tx, now, {group.counted for group, _ in booking.sent})

    def prove(self, now: datetime, booking: Booking | None = None) -> set[str]:
        """Read open canaries back; return the records of a portion that may follow now.

        One that is not as it was meant ends its approval. Where a system cannot be read, the rest
        waits for the next cycle.
        """
        for held in list(self._guard.stops):
            stop = held.stop
            if stop.approved_at is None or stop.proven or not stop.canary:
                continue
            try:
                agreed, wrong = self._read_back(stop)
            except SyncError as error:
                log.warning("canary not read back", system=stop.system, error=str(error))
                continue
            if wrong:
                held.reopen(f"of the first {_records(stop)} written, {wrong}", stop.canary)
            else:
                held.prove(agreed=agreed > 0)
            with self._state.transaction() as tx:
                self._store(tx, now)
        deferred = booking.deferred if booking is not None else []
        return {sync_id for sync_id, held in deferred if held.stop.proven}

    def finish(self, tx: Tx, now: datetime) -> None:
        """Say which stops are new or grew in this cycle."""
        self._store(tx, now)
        for stop in self.waiting:
            if self._known.get(stop.id) != stop.fingerprint:
                self._tell(tx, stop, "changes stopped", sentence(stop), now)

    def _read_back(self, stop: GuardStop) -> tuple[int, str]:
        """Return how many of a canary are as they were meant, and what of one is not."""
        places = self._guard.places
        canary = self._found(stop.canary)
        refs: defaultdict[str, list[str]] = defaultdict(list)
        for entry in canary:
            refs[entry["place"]].append(entry["ref"])
        shown: Shown = {}
        for place, here in refs.items():
            for page in self._connectors[stop.system].fetch(place, here):
                for one in page.observations:
                    shown[place, one.ref] = without_secrets(one, self._mask)
        return compare(canary, shown, places)

    def _found(self, canary: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return a canary with the ids of records whose creation was not answered."""
        lost = [one["record"] for one in canary if one["ref"] is None]
        seen: Mapping[str, Mapping[str, Observation]] = {}
        if lost:
            with self._state.reading() as tx:
                seen = tx.observations.load(lost)
        found = []
        for entry in canary:
            there = seen.get(entry["record"], {}).get(entry["place"])
            ref = entry["ref"] or (there.ref if there is not None else None)
            if ref is not None:
                found.append({**entry, "ref": ref})
        return found

    def _store(self, tx: Tx, now: datetime, sent: Collection[Group] = ()) -> None:
        """Store what changed since the last time.

        What was sent counts from when it was answered: a cycle may last for minutes, and nobody
        knows when in between it landed.
        """
        guard = self._guard
        for held in [one for one in guard.stops if one.changed or one.over]:
            self._store_stop(tx, held, now)
        fresh = {
            group: count
            for group, count in guard.spent.items()
            if group in sent or self._stored.get(group) != count
        }
        counts = {(*group[:3], group.kind.value): count for group, count in fresh.items()}
        tx.guard.use(self._run, self._clock.now(), counts)
        self._stored.update(fresh)

    def _store_stop(self, tx: Tx, held: Held, now: datetime) -> None:
        stop = held.stop
        for action, text in held.news:
            self._tell(tx, stop, action, text, now)
        held.news = []
        if held.over:
            self._guard.forget(held)
            tx.guard.remove(stop.id)
            if stop.approved_at is not None:
                self._tell(tx, stop, "approval used up", f"by {stop.approved_by}", now)
            return
        tx.guard.save([stop])
        tx.guard.remove_items(stop.id, held.removed)
        tx.guard.add_items(stop.id, held.added)
        held.added, held.removed, held.changed = {}, set(), False

    def _tell(self, tx: Tx, stop: GuardStop, action: str, text: str, now: datetime) -> None:
        log.warning(action, text=text, fingerprint=stop.fingerprint)
        tx.audit.append([Entry(now, self._run, "the service", action, "", told(stop, text))])


def told(stop: GuardStop, text: str = "") -> dict[str, Any]:
    """Return what the audit log keeps of a stop."""
    whole = asdict(stop)
    return {
        **{name: whole[name] for name in _TOLD},
        "sample": stop.sample,
        "canary": stop.canary,
        "text": text,
    }


def _records(stop: GuardStop) -> int:
    return len({entry["record"] for entry in stop.canary})

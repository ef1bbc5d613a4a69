"""Writes go out system by system; a record whose write did not land waits there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from ubm_sync.errors import NEXT_CYCLE, NoAccess, SyncError, Temporary, with_next_step
from ubm_sync.model import Outcome, Result, Write
from ubm_sync.ports import Connector
from ubm_sync.sync.plan import RecordPlan, references, resolve
from ubm_sync.sync.rules import Rules

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What one cycle did."""

    planned: int = 0
    landed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: int = 0
    unknown: int = 0
    quarantined: int = 0
    conflicts: set[tuple[str, str]] = field(default_factory=set)  # record and field, each once
    restored: int = 0
    problems: list[str] = field(default_factory=list)
    done: set[str] = field(default_factory=set)  # digests, where only some writes are wanted
    touched: set[str] = field(default_factory=set)  # customers whose counts may have moved


class Sender:
    """Sends the writes of one cycle; a system that fails gets no more of them.

    In one that could not be read (``unread``) a create is looked for first: a state that was
    restored from a backup does not know of what was made after it.
    """

    def __init__(
        self,
        rules: Rules,
        connectors: Mapping[str, Connector],
        tally: Tally,
        unread: frozenset[str] = frozenset(),
    ) -> None:
        self._unread = unread
        self._connectors = connectors
        self._tally = tally
        self.rules = rules
        places = rules.places.values()
        self._here = {
            system: frozenset(one.name for one in places if one.system == system)
            for system in rules.order
        }
        self._down: set[str] = set()

    def send(
        self, plans: Sequence[RecordPlan]
    ) -> tuple[dict[str, dict[str, Write]], dict[str, dict[str, Outcome]]]:
        """Send the writes system by system; a record whose write did not land waits there."""
        sent: dict[str, dict[str, Write]] = {plan.subject.sync_id: {} for plan in plans}
        outcomes: dict[str, dict[str, Outcome]] = {plan.subject.sync_id: {} for plan in plans}
        stuck: set[str] = set()
        for system in self.rules.order:
            batch: dict[tuple[str, str], tuple[str, Write]] = {}
            here, unread = self._here[system], system in self._unread
            for plan in plans:
                sync_id = plan.subject.sync_id
                if sync_id in stuck:
                    continue
                for write in plan.writes:
                    if write.place not in here:
                        continue
                    ready = self._ready(plan, write, outcomes[sync_id], unread=unread)
                    if ready is None or system in self._down:
                        stuck.add(sync_id)
                        continue
                    batch[write.place, write.key] = (sync_id, ready)
                    sent[sync_id][write.place] = ready
            if batch:
                self._apply(system, batch, outcomes)
                for (place, _), (sync_id, _) in batch.items():
                    answer = outcomes[sync_id].get(place)
                    if answer is None or answer.result is not Result.LANDED:
                        stuck.add(sync_id)
        return sent, outcomes

    def _ready(
        self, plan: RecordPlan, write: Write, outcomes: Mapping[str, Outcome], *, unread: bool
    ) -> Write | None:
        if unread and write.ref is None:
            write = replace(write, doubtful=True)
        waiting = references(write)
        return resolve(write, waiting, self._refs(plan, outcomes)) if waiting else write

    def _refs(self, plan: RecordPlan, outcomes: Mapping[str, Outcome]) -> dict[str, str]:
        refs = {place: one.ref for place, one in plan.subject.seen.items()}
        for place, outcome in outcomes.items():
            if outcome.result is Result.LANDED and outcome.ref:
                refs[place] = outcome.ref
        return refs

    def _apply(
        self,
        system: str,
        batch: Mapping[tuple[str, str], tuple[str, Write]],
        outcomes: Mapping[str, dict[str, Outcome]],
    ) -> None:
        connector = self._connectors[system]
        try:
            for outcome in connector.apply([write for _, write in batch.values()]):
                sync_id, _ = batch[outcome.place, outcome.key]
                outcomes[sync_id][outcome.place] = outcome
                if outcome.result is Result.LANDED and outcome.landed != frozenset():
                    self._tally.landed[system] += 1
        except (NoAccess, Temporary) as error:
            self._down.add(system)
            self._tally.problems.append(f"{system}: {with_next_step(error, NEXT_CYCLE)}")
            log.warning("system takes no writes", system=system, error=str(error))
        except SyncError as error:
            self._down.add(system)
            self._tally.problems.append(f"{system}: {error}")
            log.exception("system failed", system=system)

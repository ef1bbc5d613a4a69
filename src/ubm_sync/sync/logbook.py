"""Intents before, outcomes after: what the journal keeps of one portion of writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ubm_sync.model import Outcome, Result, Write
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.plan import RecordPlan
from ubm_sync.sync.rules import Rules


class Logbook:
    """Writes one run's intents and outcomes into the journal."""

    def __init__(self, rules: Rules, run: str) -> None:
        self.rules = rules
        self._run = run

    def intend(self, tx: Tx, plans: Sequence[RecordPlan], now: datetime) -> dict[str, int]:
        """Write down what will be sent, before it is: one entry per system and portion."""
        bodies: dict[str, dict[str, Any]] = {}
        for plan in plans:
            for write in plan.writes:
                system = self.rules.places[write.place].system
                body = bodies.setdefault(system, {"creates": [], "updates": {}})
                if write.ref is None:
                    body["creates"].append(f"{write.place} {write.key}")
                else:
                    body["updates"][f"{write.place} {write.key}"] = _explained(plan, write)
        return {
            system: tx.journal.intent(self._run, system, body, now)
            for system, body in bodies.items()
        }

    def conclude(
        self,
        tx: Tx,
        intents: Mapping[str, int],
        outcomes: Mapping[str, Mapping[str, Outcome]],
        now: datetime,
    ) -> None:
        """Write down what became of the intents."""
        ends: dict[str, dict[str, Any]] = {
            system: {"landed": 0, "created": {}, "refused": {}, "unknown": []} for system in intents
        }
        for by_place in outcomes.values():
            for outcome in by_place.values():
                end = ends[self.rules.places[outcome.place].system]
                name = f"{outcome.place} {outcome.key}"
                if outcome.result is Result.LANDED:
                    end["landed"] += 1
                    if outcome.created:
                        end["created"][name] = outcome.ref
                elif outcome.result is Result.REFUSED:
                    end["refused"][name] = outcome.reason
                else:
                    end["unknown"].append(name)
        for system, intent in intents.items():
            tx.journal.outcome(intent, ends[system], now)


def keep_typed(
    tx: Tx, plans: Sequence[RecordPlan], records: Mapping[str, RecordState], now: datetime
) -> None:
    """Keep what the writes will take away before they are sent, and who must be told.

    A process that is killed in between finds nothing out of place any more afterwards, but what
    was typed is kept and the flow tells the person all the same.
    """
    rare = [plan for plan in plans if plan.merged.edits or plan.merged.lost]
    for plan in rare:
        sync_id = plan.subject.sync_id
        for edit in plan.merged.edits:
            tx.kept.add(sync_id, edit.field, edit.place, edit.typed, "put back", now, edit.by)
        for lost in plan.merged.lost:
            tx.kept.add(sync_id, lost.field, lost.place, lost.value, lost.reason, now, None)
        entries = {
            f"{book.TYPED}{edit.place}.{edit.field}": book.packed(edit.typed, edit.kept, edit.by)
            for edit in plan.merged.edits
        }
        record = records[sync_id]
        record.memory = {**record.memory, **entries}
    tx.records.save([records[plan.subject.sync_id] for plan in rare])


def _explained(plan: RecordPlan, write: Write) -> dict[str, list[str | None]]:
    """Return ``field -> [before, after, why]`` of one update, for the audit."""
    before = plan.subject.seen[write.place].values
    explained: dict[str, list[str | None]] = {}
    for name, value in write.values.items():
        after = value if isinstance(value, str) or value is None else f"<{value.place}>"
        cause = plan.merged.changed.get(name)
        why = "decided by the service"
        if cause:
            seen = (plan.subject.seen.get(place) for place in cause)
            people = [one.modified_by if one is not None else None for one in seen]
            why = "changed in " + ", ".join(
                f"{place} by {who}" if who else place
                for place, who in zip(cause, people, strict=True)
            )
        explained[name] = [before.get(name), after, why]
    return explained

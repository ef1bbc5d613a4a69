"""Intents before, outcomes after: what the journal keeps of one portion of writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ubm_sync.model import Outcome, Result, Write
from ubm_sync.state import Tx
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


def _explained(plan: RecordPlan, write: Write) -> dict[str, list[str | None]]:
    """Return ``field -> [before, after, why]`` of one update, for the audit."""
    before = plan.subject.seen[write.place].values
    explained: dict[str, list[str | None]] = {}
    for name, value in write.values.items():
        after = value if isinstance(value, str) or value is None else f"<{value.place}>"
        cause = plan.merged.changed.get(name)
        why = f"changed in {', '.join(cause)}" if cause else "decided by the service"
        explained[name] = [before.get(name), after, why]
    return explained

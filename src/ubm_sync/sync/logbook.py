"""Intents before, outcomes after: what the journal keeps of one portion of writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ubm_sync.model import Outcome, Result
from ubm_sync.state import Entry, RecordState, Tx
from ubm_sync.sync import notebook as book
from ubm_sync.sync.causes import created, decided, explained
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
        records: dict[str, dict[str, None]] = {}
        for plan in plans:
            for write in plan.writes:
                system = self.rules.places[write.place].system
                body = bodies.get(system)
                if body is None:
                    body = bodies[system] = {
                        "mapping": self.rules.version,
                        "creates": {},
                        "updates": {},
                    }
                    records[system] = {}
                records[system][plan.subject.sync_id] = None
                name = f"{write.place} {write.key}"
                if write.ref is None:
                    body["creates"][name] = created(self.rules, plan, write)
                else:
                    body["updates"][name] = explained(self.rules, plan, write)
        return {
            system: tx.journal.intent(self._run, system, body, now, records[system])
            for system, body in bodies.items()
        }

    def conclude(
        self,
        tx: Tx,
        intents: Mapping[str, int],
        plans: Sequence[RecordPlan],
        outcomes: Mapping[str, Mapping[str, Outcome]],
        now: datetime,
    ) -> None:
        """Write down what became of the intents; what is not named landed as intended."""
        ends: dict[str, dict[str, Any]] = {
            system: {"landed": 0, "created": {}, "refused": {}, "unknown": []} for system in intents
        }
        self._not_sent(plans, outcomes, ends)
        for by_place in outcomes.values():
            for outcome in by_place.values():
                end = ends[self.rules.places[outcome.place].system]
                name = f"{outcome.place} {outcome.key}"
                if outcome.result is Result.LANDED:
                    end["landed"] += 1
                    if outcome.landed is not None:
                        end.setdefault("only", {})[name] = sorted(outcome.landed)
                    if outcome.created:
                        end["created"][name] = outcome.ref
                elif outcome.result is Result.REFUSED:
                    end["refused"][name] = outcome.reason
                else:
                    end["unknown"].append(name)
        for system, intent in intents.items():
            tx.journal.outcome(intent, ends[system], now)

    def _not_sent(
        self,
        plans: Sequence[RecordPlan],
        outcomes: Mapping[str, Mapping[str, Outcome]],
        ends: Mapping[str, dict[str, Any]],
    ) -> None:
        """Name the writes that had to wait: their system took no more, or another came first."""
        for plan in plans:
            answered = outcomes[plan.subject.sync_id]
            for write in plan.writes:
                if write.place not in answered:
                    end = ends[self.rules.places[write.place].system]
                    end.setdefault("not_sent", []).append(f"{write.place} {write.key}")


def keep_typed(
    tx: Tx,
    rules: Rules,
    plans: Sequence[RecordPlan],
    records: Mapping[str, RecordState],
    now: datetime,
) -> None:
    """Keep what the writes will take away before they are sent, and who must be told.

    A process that is killed in between finds nothing out of place any more afterwards, but what
    was typed is kept and the flow tells the person all the same. What a person decided holds too:
    the writes clear the field it was decided in. So does a word to the flow: what it made of it,
    and has to say of it, is stored as if the writes had been settled.
    """
    void: dict[str, list[str]] = {}
    for plan in plans:
        if plan.subject.notebook and (given_up := _note_void(tx, plan, now)):
            void[plan.subject.sync_id] = given_up
        if plan.merged.restored:
            _keep_replaced(tx, plan, now)
    words = {plan.subject.sync_id for plan in plans if takes_words(rules, plan)}
    rare = [
        plan
        for plan in plans
        if plan.merged.edits
        or plan.merged.lost
        or plan.merged.decided
        or plan.subject.sync_id in void
        or plan.subject.sync_id in words
    ]
    for plan in rare:
        sync_id = plan.subject.sync_id
        for edit in plan.merged.edits:
            tx.kept.add(sync_id, edit.field, edit.place, edit.typed, "put back", now, edit.by)
        for lost in plan.merged.lost:
            tx.kept.add(sync_id, lost.field, lost.place, lost.value, lost.reason, now, lost.by)
        record = records[sync_id]
        if sync_id in words:
            _, notebook = book.split(record.memory)
            record.memory = {**plan.decision.memory, **notebook}
            queue_notes(tx, plan, now)
        record.memory = {**record.memory, **_entries(plan)}
        for name in void.get(sync_id, ()):
            record.memory.pop(book.RESTORE + name, None)
    tx.records.save([records[plan.subject.sync_id] for plan in rare])


def _entries(plan: RecordPlan) -> dict[str, str]:
    """Return what the notebook has to say of edits that are put back, and of what was decided."""
    entries = {
        f"{book.TYPED}{edit.place}.{edit.field}": book.packed(edit.typed, edit.kept, edit.by)
        for edit in plan.merged.edits
    }
    for name in plan.merged.decided:
        entries |= decided(plan, name)
    return entries


def keep_of_gone(tx: Tx, rules: Rules, plan: RecordPlan, name: str, now: datetime) -> str:
    """Keep what a conflict's side said that is gone; return how that ended it, "" if it did not.

    With the side the conflict is gone, and nobody decided it. Where it comes back with its value,
    a person is asked again.
    """
    gone = {place for place, one in plan.subject.seen.items() if one.gone}
    if not gone:
        return ""
    rule = next((one for one in rules.shared if one.name == name), None)
    stays, how = plan.merged.values.get(name), ""
    for conflict in tx.conflicts.for_records([plan.subject.sync_id]).get(plan.subject.sync_id, ()):
        for place in sorted(gone & conflict.values.keys()) if conflict.field == name else ():
            value, how = conflict.values[place], f"the {place} is gone: {stays!r} stays"
            if rule is None or not rule.equal(value, stays):
                by = plan.subject.seen[place].modified_by
                tx.kept.add(plan.subject.sync_id, name, place, value, f"{place} is gone", now, by)
    return how


def takes_words(rules: Rules, plan: RecordPlan) -> bool:
    """Return whether nobody can read any more after the writes what the flow went by.

    They write over a field that people set for the flow, such as the stage somebody moved a ticket
    to, or over the spelling that it corrected. What is created takes nothing away.
    """
    fixes = plan.decision.fixes
    for write in plan.writes:  # asked of every record: no generator
        if write.ref is not None:
            signals = rules.places[write.place].signals
            if not (signals.isdisjoint(write.values) and fixes.keys().isdisjoint(write.values)):
                return True
    return False


def queue_notes(tx: Tx, plan: RecordPlan, now: datetime) -> None:
    """Ask for what the flow says of one record; what was asked for before is left as it is."""
    sync_id = plan.subject.sync_id
    for note in plan.decision.notes:
        tx.outbox.queue(f"{sync_id}:{note.event}", sync_id, note.place, note.text, now)


def _note_void(tx: Tx, plan: RecordPlan, now: datetime) -> list[str]:
    """Write down which earlier values do not come back, and return their fields.

    Somebody edited them meanwhile, or a place cannot take them.
    """
    given_up = []
    for name, entry in book.entries(plan.subject.notebook, book.RESTORE):
        if name not in plan.merged.restored:
            wanted = book.Restore.read(entry)
            body = {"field": name, "value": wanted.value, "why": wanted.why, "by": wanted.by}
            sync_id = plan.subject.sync_id
            tx.audit.append([Entry(now, "", "ubm-sync", "restoring given up", sync_id, body)])
            given_up.append(name)
    return given_up


def _keep_replaced(tx: Tx, plan: RecordPlan, now: datetime) -> None:
    """Keep the values that an earlier one replaces: an undo loses nothing either."""
    for name, wanted in plan.merged.restored.items():
        places = [write.place for write in plan.writes if name in write.values]
        if places:
            sync_id, value = plan.subject.sync_id, wanted.instead_of
            tx.kept.add(sync_id, name, places[0], value, wanted.why, now, None)

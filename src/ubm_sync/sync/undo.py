"""Undoing a run: what it wrote and nobody edited since goes back to what was there before.

Only shared fields are restored: what the service fills in itself follows from them. A field goes
back in every place it lives in, whoever owns it, since an admin decides it. Nothing is deleted:
what the run created stays and is listed. This module only decides; cycles carry it out like any
other change, so that the guard, the journal and a kill at any moment mean the same as ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from ubm_sync.errors import Refused
from ubm_sync.state import Entry, RecordState, State, Tx
from ubm_sync.state.schema import chunks
from ubm_sync.sync import decisions
from ubm_sync.sync import notebook as book
from ubm_sync.sync.causes import EXTRA
from ubm_sync.sync.reverting import Field, Look, Wrote, judge
from ubm_sync.sync.rules import Rules

KIND = "undo"  # of a run in which a person took back another one
PAGE = 500  # records looked at in one transaction
FEW = 1_000  # records of a run for which later writes are looked up one by one
Progress: TypeAlias = Callable[[str, int, int | None], None]
# (sync_id, field) -> (run, value, whose edit) of what was written since
_Later: TypeAlias = dict[tuple[str, str], list[tuple[str, str | None, str]]]


@dataclass(slots=True)
class Undoing:
    """What becomes of a run's writes.

    ``fields`` are the shared ones it wrote; ``created`` what it created, as ``(customer, sync_id,
    place, ref)``; ``own`` counts fields the service fills itself, which follow from the others.
    """

    run: str
    fields: list[Field] = field(default_factory=list)
    created: list[tuple[str, str, str, str]] = field(default_factory=list)
    own: int = 0

    def having(self, *states: str) -> list[Field]:
        """Return the fields in one of these states."""
        return [one for one in self.fields if one.state in states]


@dataclass(slots=True)
class _Written:
    """What a run wrote, collected over its portions."""

    fields: dict[str, dict[str, Wrote]] = field(default_factory=dict)  # sync_id -> field
    created: dict[tuple[str, str], str] = field(default_factory=dict)  # (sync_id, place) -> ref
    last: int = 0  # the newest entry of the log that belongs to it


def look(
    state: State, kinds: Mapping[str, Rules], run: str, progress: Progress, zone: str = "UTC"
) -> Undoing:
    """Return what undoing ``run`` would do, from what was seen last; tell times in ``zone``.

    Raises Refused.
    """
    written = _written(state, run, progress)
    later = _later(state, written, progress)
    found = Undoing(run)
    shared = {kind: {rule.name for rule in rules.shared} for kind, rules in kinds.items()}
    done = 0
    for ids in chunks(written.fields, PAGE):
        with state.reading() as tx:
            view = _View(tx, kinds, ids, later, zone)
            for sync_id in ids:
                for name, wrote in written.fields[sync_id].items():
                    record = view.records.get(sync_id)
                    if record is not None and name not in shared[record.kind]:
                        found.own += 1
                    else:
                        found.fields.append(view.judged(sync_id, name, wrote))
        done += len(ids)
        progress("looking at what was written", done, len(written.fields))
    for part in chunks(written.created.items(), PAGE):
        with state.reading() as tx:
            records = tx.records.load([sync_id for (sync_id, _), _ in part])
        for (sync_id, place), ref in part:
            customer = records[sync_id].customer if sync_id in records else ""
            found.created.append((customer, sync_id, place, ref))
    return found


def decide(
    state: State, found: Undoing, by: str, now: datetime, progress: Progress
) -> tuple[str, int]:
    """Decide that what can go back goes back; return the undoing run's id and how many fields.

    The next cycles carry it out. Deciding it again adds nothing.
    """
    wanted = [one for one in found.fields if one.state == "restore" or one.overrides]
    if not wanted:
        return "", 0
    with state.transaction() as tx:
        run = tx.runs.start(now, KIND)
    done = 0
    for part in chunks(wanted, PAGE):
        with state.transaction() as tx:
            entry = {"of": found.run, "fields": _noted(part)}
            tx.audit.append([Entry(now, run, by, "undo", "", entry)])
            decisions.add(tx, ((one.sync_id, *_decision(one, by, found.run, run)) for one in part))
        done += len(part)
        progress("deciding", done, len(wanted))
    with state.transaction() as tx:
        summary = {"undoes": found.run, "by": by, "fields": len(wanted)}
        tx.runs.finish(run, now, summary)
    return run, len(wanted)


def _noted(part: Sequence[Field]) -> dict[str, dict[str, list[str | None]]]:
    noted: dict[str, dict[str, list[str | None]]] = {}
    for one in part:
        noted.setdefault(one.sync_id, {})[one.name] = [one.wrote, one.previous]
    return noted


def _decision(one: Field, by: str, run: str, undoing: str) -> tuple[str, str]:
    wanted = book.Restore(one.previous, one.wrote, by, f"undo of {run}", undoing)
    return book.RESTORE + one.name, wanted.entry()


class _View:
    """What is known of one page of records."""

    def __init__(
        self, tx: Tx, kinds: Mapping[str, Rules], ids: Sequence[str], later: _Later, zone: str
    ) -> None:
        self.records: dict[str, RecordState] = tx.records.load(ids)
        self._kinds = kinds
        self._seen = tx.observations.load(ids)
        self._decided = tx.decisions.waiting(ids)
        self._later = later
        self._zone = zone

    def judged(self, sync_id: str, name: str, wrote: Wrote) -> Field:
        """Return what becomes of one field."""
        record = self.records.get(sync_id)
        if record is None:
            gone = Field(sync_id, "", name, wrote.after, wrote.before, "left")
            gone.why = "the record is not known any more"
            return gone
        rule = next(one for one in self._kinds[record.kind].shared if one.name == name)
        entry = {**record.memory, **self._decided.get(sync_id, {})}.get(book.RESTORE + name)
        look = Look(
            record,
            self._seen.get(sync_id, {}),
            rule,
            book.Restore.read(entry) if entry else None,
            self._later.get((sync_id, name), ()),
            self._zone,
        )
        return judge(look, name, wrote)


def _later(state: State, written: _Written, progress: Progress) -> _Later:
    """Return what later runs wrote into the fields of a run, by record and field."""
    few = list(written.fields) if len(written.fields) <= FEW else None
    with state.reading() as tx:
        numbers = tx.journal.later(written.last, few) if written.fields else []
    found: _Later = {}
    for done, number in enumerate(numbers, 1):
        with state.reading() as tx:
            told = tx.journal.told(number)
        for _, sync_id, name, change in _updates(told.body):
            if name in written.fields.get(sync_id, ()):
                by = (change[EXTRA].get("by") or "") if len(change) > EXTRA else ""
                found.setdefault((sync_id, name), []).append((told.run, change[1], by))
        progress("reading what was written since", done, len(numbers))
    return found


def _updates(body: Any) -> Iterator[tuple[str, str, str, Sequence[Any]]]:
    """Yield ``(where, sync_id, field, change)`` of the updates of an intent.

    ``where`` is the journal's own name of a record in a place.
    """
    for where, fields in body.get("updates", {}).items():
        sync_id = where.partition(" ")[2].partition(":")[0]
        for name, change in fields.items():
            yield where, sync_id, name, change


def _written(state: State, run: str, progress: Progress) -> _Written:
    with state.reading() as tx:
        if tx.runs.get(run) is None:
            raise Refused(f"There is no run {run}; ubm-sync status --json names the last ones.")
        intents = tx.journal.of_run(run)
        undone = [one for one in tx.audit.of_run(run) if one.action == KIND]
    written = _Written()
    for done, number in enumerate(intents, 1):
        with state.reading() as tx:
            told = tx.journal.told(number)
        _collect(written, told.body, told.outcomes or {})
        written.last = max(written.last, number)
        progress("reading what was written", done, len(intents))
    for entry in undone:
        written.last = max(written.last, entry.seq)
        for sync_id, fields in entry.body["fields"].items():
            for name, (before, after) in fields.items():
                wrote = Wrote(after)
                wrote.before_in[""] = before
                written.fields.setdefault(sync_id, {})[name] = wrote
    return written


def _collect(written: _Written, body: Any, outcomes: Mapping[str, Any]) -> None:
    """Add what one intent wrote; what is known not to have landed is left out."""
    missed = {*outcomes.get("refused", ()), *outcomes.get("not_sent", ())}
    only: Mapping[str, Sequence[str]] = outcomes.get("only", {})
    for where, sync_id, name, change in _updates(body):
        if where in missed or name not in only.get(where, (name,)):
            continue
        if len(change) > EXTRA and "undo" in change[EXTRA]:  # it belongs to the undoing run
            continue
        wrote = written.fields.setdefault(sync_id, {}).setdefault(name, Wrote(change[1]))
        wrote.after = change[1]
        wrote.before_in.setdefault(where.partition(" ")[0], change[0])
    for made, ref in outcomes.get("created", {}).items():
        place, _, key = made.partition(" ")
        written.created[key.partition(":")[0], place] = str(ref)


def give_up(found: Undoing) -> None:
    """Call left, after the cycles of an undo, what was decided and does not stand all the same."""
    for one in found.having("restore"):
        one.state = "left"
        one.why = "an earlier value does not stand: the service itself sets this one"


def waiting(state: State, ids: Sequence[str], run: str) -> bool:
    """Return whether something that was decided to undo ``run`` is not carried out yet."""
    why = f"undo of {run}"
    for part in chunks(ids, PAGE):
        with state.reading() as tx:
            for record in tx.records.load(part).values():
                for _, entry in book.entries(record.memory, book.RESTORE):
                    if book.Restore.read(entry).why == why:
                        return True
    return False


def tally(fields: Sequence[Field]) -> dict[str, int]:
    """Return how many fields are in each state."""
    return dict(Counter(one.state for one in fields))

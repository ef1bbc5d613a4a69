"""What connectors show becomes state: observations are bound to records, changes make work.

Only what was seen is stored here; what to do about it is planned later from the stored state, so
that an event that comes twice, late or in another order ends in the same state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from ubm_sync.model import NOTHING, Customer, Observation, Page, Values, split_key
from ubm_sync.ports import Connector
from ubm_sync.state import RecordState, State, Tx
from ubm_sync.sync import attaching
from ubm_sync.sync import notebook as book
from ubm_sync.sync.absence import AGREEING_LISTINGS, Absence, Patience, forget
from ubm_sync.sync.authors import dated, with_authors
from ubm_sync.sync.binder import Binder, Seniority
from ubm_sync.sync.entering import enter
from ubm_sync.sync.identity import is_sync_id
from ubm_sync.sync.insight import InSight
from ubm_sync.sync.noticed import (
    Mask,
    carried,
    differs,
    service_edits,
    unseen,
    version_of,
    without_secrets,
)
from ubm_sync.sync.remarks import Listens, remarks
from ubm_sync.sync.rules import PlaceRule, Rules
from ubm_sync.sync.sight import Sight, decide_again, sight_of

log = structlog.get_logger(__name__)

_NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Seen:
    """What one round of reading found."""

    observed: int = 0
    changed: int = 0
    new: int = 0
    vanished: int = 0
    listed: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, other: Seen) -> None:
        """Add the numbers of another system."""
        self.observed += other.observed
        self.changed += other.changed
        self.new += other.new
        self.vanished += other.vanished


class Ingest:
    """Takes pages of observations into the state, inside the caller's transaction."""

    def __init__(
        self,
        state: State,
        rules: Mapping[str, Rules],
        customers: Iterable[Customer],
        mask: Mask = lambda _values: NOTHING,
        patience: Patience | None = None,
        listens: Listens = NOTHING,
    ) -> None:
        self._state = state
        self._listens = listens
        self._mask = mask
        self._sight = Sight()
        self._kind = {place: one.kind for one in rules.values() for place in one.places}
        self._place: dict[str, PlaceRule] = {
            name: place for one in rules.values() for name, place in one.places.items()
        }
        self._main = {one.main for one in rules.values() if one.kind == "location"}
        customers = list(customers)
        self._by_container = {one.container: one for one in customers if one.container}
        self._by_company = {one.company: one for one in customers if one.company}
        systems = {place: self._place[place].system for place in sorted(self._main)}
        self.absence = Absence(state, systems, self._by_container, patience or Patience())

    def take(
        self,
        page: Page,
        connector: Connector,
        now: datetime,
        seen: Seen,
        *,
        again: bool = False,
    ) -> None:
        """Store one page; records whose content changed become due.

        ``again``: these records were asked for, so they are compared whatever their version.

        The page, what it says of problems, and the reading position are stored in one transaction.
        Other systems are asked only outside of it.
        """
        by_place: defaultdict[str, list[Observation]] = defaultdict(list)
        for observation in page.observations:
            by_place[observation.place].append(without_secrets(observation, self._mask))
        for place, shown in by_place.items():
            observations = with_authors(
                self._state, self._place[place], connector, shown, self._mask
            )
            by_place[place] = observations
            seen.observed += len(observations)
            if place in self._main:
                for observation in observations:
                    seen.listed[place, observation.container].add(observation.ref)
        alive = self._alive(by_place, connector)
        with self._state.transaction() as tx:
            if page.checked or page.problems:
                self._note_problems(tx, page, now)
            self._sight = sight_of(tx.problems.list(), self._place)
            for place, observations in by_place.items():
                if place in self._main:
                    self.absence.returned(tx, place, observations, now)
                self._take_place(tx, place, observations, alive, now, seen, again=again)
            tx.cursors.put(connector.name, connector.cursor())

    def _alive(
        self, by_place: Mapping[str, Sequence[Observation]], connector: Connector
    ) -> frozenset[str]:
        """Return which rows, whose identity another row shows now, are still there themselves.

        A row whose holder is gone was moved, one whose holder is there was copied.
        """
        alive: set[str] = set()
        for place in self._main & by_place.keys():
            keys = {one.key: one.ref for one in by_place[place] if one.key and is_sync_id(one.key)}
            if not keys:
                continue
            refs = [one.ref for one in by_place[place] if one.key in keys]
            with self._state.reading() as tx:
                known = tx.observations.known(place, refs)
                fresh = [one.key for one in by_place[place] if one.key and one.ref not in known]
                holders = tx.observations.load(fresh) if fresh else {}
            doubtful = {
                there[place].ref
                for there in holders.values()
                if place in there and not there[place].gone
            } - set(refs)
            alive.update(set(refs) & {h[place].ref for h in holders.values() if place in h})
            for _ in range(AGREEING_LISTINGS):  # absence is believed only when it is said twice
                if missing := sorted(doubtful - alive):
                    for page in connector.fetch(place, missing):
                        alive.update(one.ref for one in page.observations if not one.gone)
        return frozenset(alive)

    def _note_problems(self, tx: Tx, page: Page, now: datetime) -> None:
        fresh, cleared = tx.problems.replace(set(page.checked), list(page.problems), now)
        for problem in fresh:
            log.warning("problem found", scope=problem.scope, code=problem.code, text=problem.text)
        if fresh or cleared:
            decide_again(tx, self._place, self._by_container, fresh, cleared)

    def _take_place(
        self,
        tx: Tx,
        place: str,
        observations: Sequence[Observation],
        alive: frozenset[str],
        now: datetime,
        seen: Seen,
        *,
        again: bool,
    ) -> None:
        known = self._known(tx, place, observations)
        fresh: list[Observation] = []
        changed: list[tuple[str, Observation]] = []
        for observation in observations:
            entry = known.get(observation.ref)
            if entry is None:
                blind = self._blind(place, observation.container)
                fresh.append(unseen(None, observation, blind))
            elif again or entry[1] != observation.version or observation.gone:
                changed.append((entry[0], observation))
        if changed:
            self._update(tx, place, changed, now, seen)
        if fresh and place in self._main:
            self._admit(tx, place, fresh, alive, now, seen)
        elif fresh:
            self._attach(tx, fresh, seen, now)
            seen.new += enter(tx, self._kind[place], fresh, self._by_company, now)

    def _known(
        self, tx: Tx, place: str, observations: Sequence[Observation]
    ) -> Mapping[str, tuple[str, str]]:
        """Return which record each known ref is, and its version.

        A row that was taken for moved, because its copy was there and it was not, and that is back
        stands for itself again.
        """
        if place not in self._main:
            return tx.observations.resolve(place, [one.ref for one in observations])
        left = [one.ref for one in observations if one.gone]
        found = dict(tx.observations.resolve(place, left)) if left else {}
        found.update(tx.observations.known(place, [one.ref for one in observations]))
        return found

    def _update(
        self,
        tx: Tx,
        place: str,
        changed: list[tuple[str, Observation]],
        now: datetime,
        seen: Seen,
    ) -> None:
        before = tx.observations.get(place, [one.ref for _, one in changed])
        rule = self._place[place]
        save: list[tuple[str, Observation]] = []
        dirty: list[str] = []
        typed: dict[str, dict[str, str]] = {}
        in_sight = InSight(rule)
        for sync_id, observation in changed:
            entry = before.get(observation.ref)
            old = entry[1] if entry is not None else None
            if observation.gone and old is not None:
                if old.gone == observation.gone or old.gone.startswith("merged"):
                    continue  # what was merged is listed as archived as well
                # Its own version would hide it, should it come back as it was.
                observation = replace(old, gone=observation.gone, version=observation.gone)  # noqa: PLW2901
            elif old is not None:
                observation = carried(rule, old, observation)  # noqa: PLW2901
                blind = self._blind(place, observation.container)
                observation = unseen(old, observation, blind)  # noqa: PLW2901
                if old.marks:
                    in_sight.see(sync_id, old, observation)
            same = old is not None and not differs(old, observation)
            save.append((sync_id, dated(rule, old, observation, same=same)))
            if old is None or not version_of(old) or not same:
                dirty.append(sync_id)
                # Where a write met what an earlier one of ours had made, nobody read yet what is
                # there: a difference that we made ourselves is no edit by a person.
                ours = old is not None and not old.version and observation.modified_by == ""
                if old is not None and not observation.gone and not ours:
                    edits = service_edits(rule, old, observation)
                    if edits:
                        typed[sync_id] = edits
        back = [(i, one) for i, one in save if attaching.is_met_now(before.get(one.ref), one)]
        for sync_id, edits in self._meet(tx, back).items():
            typed[sync_id] = {**edits, **typed.get(sync_id, {})}
        tx.observations.save(save)
        tx.remarks.hear(remarks(self._listens, save, before))
        seen.changed += len(dirty)
        self._touch(tx, dirty, typed, now)
        in_sight.store(tx)

    def _blind(self, place: str, container: str) -> frozenset[str]:
        sight = self._sight
        return sight.blind_in(self._place[place], container) if sight.blind else _NOTHING

    def _touch(
        self,
        tx: Tx,
        dirty: list[str],
        typed: Mapping[str, Mapping[str, str]],
        now: datetime,
    ) -> None:
        """Make records due; keep what people typed over the service's own fields."""
        if not dirty:
            return
        tx.records.mark_dirty(dirty)
        rare = [sync_id for sync_id in dirty if sync_id in typed]
        records = tx.records.load(rare) if rare else {}
        for sync_id, record in records.items():
            memory = dict(record.memory)
            for where, entry in typed[sync_id].items():
                sent = book.any_of(memory.get(book.SENT + where))
                value, _, by = book.unpacked(entry, 3)
                if value not in sent[:-1]:  # an older one may still be followed by the newest
                    memory.pop(book.SENT + where, None)
                if not {value, book.LATER} & {*sent}:
                    memory[book.TYPED + where] = entry
                    place, _, name = where.partition(".")
                    tx.kept.add(sync_id, name, place, value or None, "put back", now, by or None)
            record.memory = memory
            record.dirty = True
        if records:
            tx.records.save(records.values())

    def _admit(
        self,
        tx: Tx,
        place: str,
        fresh: Sequence[Observation],
        alive: frozenset[str],
        now: datetime,
        seen: Seen,
    ) -> None:
        """Bind records never seen before: a new one, a moved one, or a copy of another."""
        keys = [split_key(one.key)[0] for one in fresh if one.key]
        before = tx.observations.load(keys) if keys else {}
        binder = Binder(tx, place, alive, self._by_container)
        seniority = Seniority()
        bound = binder.bind(sorted(fresh, key=lambda one: one.created_at or now), now)
        existing = tx.records.load([sync_id for sync_id, _ in bound])
        new: list[RecordState] = []
        for sync_id, observation in bound:
            record = existing.get(sync_id)
            if record is None:
                customer = self._by_container[observation.container]
                created_at = seniority.of(observation.created_at or now)
                new.append(
                    RecordState(sync_id, self._kind[place], customer.key, created_at, {}, {})
                )
        tx.records.save(new)
        self._keep_typed(tx, bound, {one.sync_id for one in new}, before, now)
        forget(tx, place, [i for i, one in existing.items() if book.VANISHED + place in one.memory])
        tx.observations.save(bound)
        tx.remarks.hear(remarks(self._listens, bound))
        tx.records.mark_dirty([sync_id for sync_id, _ in bound if sync_id in existing])
        seen.new += len(new)

    def _keep_typed(
        self,
        tx: Tx,
        bound: Sequence[tuple[str, Observation]],
        new: set[str],
        before: Mapping[str, Mapping[str, Observation]],
        now: datetime,
    ) -> None:
        """Keep what people typed over the service's own fields before it knew of the record.

        ``before`` is what was last seen of the records whose identity these carry: a row that was
        copied or moved shows what was filled in there.
        """
        for sync_id, seen in bound:
            rule = self._place[seen.place]
            filled: Values = NOTHING
            if seen.key is not None:
                held = before.get(split_key(seen.key)[0], {}).get(seen.place)
                if held is None:
                    continue
                filled = held.values
            elif sync_id not in new:
                continue
            for name in sorted(rule.service & seen.values.keys()):
                value, by = seen.values[name], seen.modified_by
                if value != filled.get(name):
                    tx.kept.add(sync_id, name, seen.place, value, "put back", now, by)

    def _attach(self, tx: Tx, fresh: Sequence[Observation], seen: Seen, now: datetime) -> None:
        """Store what carries a record's key in another place than where the record began.

        What was archived already counts where nothing else is known to be there: it was created
        right before a crash, or after the backup from which the state was restored.
        """
        keyed = [(split_key(one.key)[0], one) for one in fresh if one.key is not None]
        left = [sync_id for sync_id, one in keyed if one.gone]
        records, there = tx.records.exists(left), tx.observations.load(left)
        bound = [
            (sync_id, replace(one, version=attaching.UNMET) if one.gone else one)
            for sync_id, one in keyed
            if not one.gone or (sync_id in records and one.place not in there.get(sync_id, {}))
        ]
        if not bound:
            return
        typed = self._meet(tx, bound)
        tx.observations.save(bound)
        self._touch(tx, [sync_id for sync_id, _ in bound], typed, now)
        seen.changed += len(bound)

    def _meet(self, tx: Tx, bound: Sequence[tuple[str, Observation]]) -> dict[str, dict[str, str]]:
        """Agree on nothing with a place that was not there when the others agreed.

        Return, by record, what people typed there over the service's own fields.
        """
        typed: dict[str, dict[str, str]] = {}
        there = tx.observations.load([sync_id for sync_id, _ in bound]) if bound else {}
        fresh = [
            (sync_id, one)
            for sync_id, one in bound
            if not one.gone and ((old := there.get(sync_id, {}).get(one.place)) is None or old.gone)
        ]
        records = tx.records.load([sync_id for sync_id, _ in fresh]) if fresh else {}
        for sync_id, one in fresh:
            rule, record = self._place[one.place], records.get(sync_id)
            tx.doubts.add(attaching.typed_over(rule, one, record))
            if record is None:
                continue
            names = rule.fields - self._blind(one.place, one.container)
            if edits := attaching.typed_unseen(rule, one, record.memory, names):
                typed[sync_id] = edits
            record.memory = attaching.arrived(rule, one, record.memory)
            if record.base:
                held = attaching.held_before(rule, there.get(sync_id, {}).get(one.place))
                met = attaching.meet(rule, one, record.base, record.memory, names, held)
                record.base, record.memory = met
            record.memory = attaching.made_without(rule, record.memory, names)
        tx.records.save(records.values())
        return typed

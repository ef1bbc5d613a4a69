"""A system in memory: a complete connector without I/O, for tests, simulations and rehearsals.

People act on it with ``put``, ``edit`` and ``remove``; ``lose_answers``, ``refuse`` and
``break_now`` make it behave badly on purpose.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ubm_sync.clock import Clock
from ubm_sync.errors import Temporary
from ubm_sync.model import (
    Customer,
    Note,
    Observation,
    Outcome,
    Page,
    Past,
    Place,
    Result,
    Spot,
    Write,
)
from ubm_sync.ports import SetupStep


@dataclass(slots=True)
class MemorySystem:
    """One system's records and its misbehaviour; shared by any number of connectors."""

    name: str
    places: tuple[Place, ...]
    clock: Clock
    records: dict[tuple[str, str], Observation] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)  # in order: (place, ref)
    notes: list[Note] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    lose_answers: int = 0  # so many writes take effect without an answer
    refuse: dict[tuple[str, str], str] = field(default_factory=dict)  # (place, field) -> reason
    break_now: str = ""  # every call fails with this message
    prefix: str = ""  # of new refs
    meanwhile: Callable[[], None] | None = None  # somebody acts once, between look and write
    past: dict[tuple[str, str], list[Observation]] = field(default_factory=dict)
    _made: int = 0

    def put(
        self,
        place: str,
        values: Mapping[str, str],
        *,
        container: str = "",
        key: str | None = None,
        by: str | None = None,
    ) -> str:
        """Add a record as a person would; return its ref."""
        self._made += 1
        ref = f"{self.prefix}{self._made}"
        now = self.clock.now()
        self._store(
            Observation(
                place, ref, key, container, "", dict(values),
                created_at=now, modified_at=now, modified_by=by,
            )
        )  # fmt: skip
        return ref

    def edit(
        self, place: str, ref: str, values: Mapping[str, str | None], *, by: str | None = None
    ) -> None:
        """Change fields as a person would; None clears one."""
        old = self.records[place, ref]
        merged = {**old.values, **values}
        kept = {name: value for name, value in merged.items() if value is not None}
        self._store(replace(old, values=kept, modified_at=self.clock.now(), modified_by=by))

    def remove(self, place: str, ref: str, *, gone: str = "") -> None:
        """Take a record away: without a word, or with ``gone`` as the system's own word."""
        old = self.records.pop((place, ref))
        if gone:
            self._store(replace(old, gone=gone))

    def see(self, place: str) -> dict[str, Mapping[str, str]]:
        """Return ref -> values of the records that are there."""
        return {
            ref: one.values
            for (where, ref), one in self.records.items()
            if where == place and not one.gone
        }

    def _store(self, observation: Observation) -> Observation:
        where = (observation.place, observation.ref)
        self.changes.append(where)
        observation = replace(observation, version=str(len(self.changes)))
        self.records[where] = observation
        self.past.setdefault(where, []).append(observation)
        return observation

    def write(self, write: Write) -> Outcome:
        """Take one write as the system would; creating is by ``key`` and happens once."""
        old = self._found(write)
        if write.ref is not None and old is None:
            return Outcome(write.place, write.key, Result.REFUSED, reason="not there", stale=True)
        if old is not None and write.doubtful:
            reason = "there already"
            return Outcome(
                write.place, write.key, Result.REFUSED, old.ref, reason=reason, stale=True
            )
        if old is not None and any(
            old.values.get(name) != value for name, value in write.careful.items()
        ):
            reason = "changed meanwhile"
            return Outcome(write.place, write.key, Result.REFUSED, reason=reason, stale=True)
        looked_at = old
        if self.meanwhile is not None and old is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
            old = self._found(write) or old
        refused = {
            name: self.refuse[write.place, name]
            for name in write.values
            if (write.place, name) in self.refuse
        }
        taken = {name: value for name, value in write.values.items() if name not in refused}
        if old is None:
            ref = self.put(write.place, {}, container=write.container, key=write.key)
            old = self.records[write.place, ref]
            created = True
        else:
            created = False
        merged = {**old.values, **taken}
        values = {name: value for name, value in merged.items() if isinstance(value, str)}
        known = created or write.expected == old.version
        after = self._store(
            replace(old, values=values, key=write.key, modified_at=self.clock.now(), modified_by="")
        )
        return Outcome(
            write.place,
            write.key,
            Result.LANDED,
            after.ref,
            after.version if known else "",
            frozenset(taken) if refused else None,
            " ".join(refused.values()),
            at_fault=tuple(refused),
            reasons=refused,
            created=created,
            contested=looked_at is not None and old.version != looked_at.version,
        )

    def _found(self, write: Write) -> Observation | None:
        if write.ref is not None:
            return self.records.get((write.place, write.ref))
        for observation in self.records.values():
            if observation.place == write.place and observation.key == write.key:
                return observation
        return None


class MemoryConnector:
    """The connector of a ``MemorySystem``."""

    def __init__(self, system: MemorySystem) -> None:
        self.name = system.name
        self.system = system
        self._position = 0
        self._again: set[str] = set()  # containers to be listed in full

    def ensure(self, *, dry_run: bool) -> Iterator[SetupStep]:
        """Nothing has to be set up in memory."""
        del dry_run
        for place in self.system.places:
            yield SetupStep(self.name, f'place "{place.name}"', "ok")

    def resume(self, cursor: str | None) -> None:
        """Continue at a cursor made by ``cursor``."""
        self._position = int(json.loads(cursor)["position"]) if cursor else 0

    def cursor(self) -> str:
        """Return how many changes were read."""
        return json.dumps({"position": self._position})

    def observe(self, *, full: bool) -> Iterator[Page]:
        """Yield what changed since, or everything with the containers as complete."""
        self._call("observe")
        changes = self.system.changes
        if full:
            live = [one for one in self.system.records.values() if not one.gone]
            self._position = len(changes)
            yield Page(tuple(live), complete=frozenset(one.container for one in live))
            return
        if self._again:
            again, self._again = self._again, set()
            live = [one for one in self.system.records.values() if one.container in again]
            yield Page(tuple(one for one in live if not one.gone), complete=frozenset(again))
        fresh = list(dict.fromkeys(changes[self._position :]))
        self._position = len(changes)
        found = (self.system.records.get(where) for where in fresh)
        yield Page(tuple(one for one in found if one is not None))

    def fetch(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield these records as they are now."""
        self._call("fetch")
        found = (self.system.records.get((place, ref)) for ref in refs)
        yield Page(tuple(one for one in found if one is not None))

    def unlinked(self, place: str, customer: Customer) -> Iterator[Page]:
        """Yield the records of a customer that carry no key."""
        self._call("unlinked")
        found = self.system.records.values()
        yield Page(
            tuple(
                one
                for one in found
                if one.place == place and one.container == customer.key and one.key is None
            )
        )

    def unlinked_again(self, place: str, refs: Sequence[str]) -> Iterator[Page]:
        """Yield these records as they are now."""
        return self.fetch(place, refs)

    def list_again(self, place: str, container: str) -> None:
        """List the container in full at the next reading."""
        del place
        self._again.add(container)

    def absent(self, place: str, container: str, refs: Sequence[str]) -> frozenset[str] | None:
        """Return which of these are not there."""
        del container
        self._call("absent")
        return frozenset(ref for ref in refs if (place, ref) not in self.system.records)

    def history(self, place: str, spots: Sequence[Spot]) -> Iterable[tuple[Spot, Sequence[Past]]]:
        """Yield what fields held, the newest first, one entry for each change."""
        self._call("history")
        for spot in spots:
            found: list[Past] = []
            for one in self.system.past.get((place, spot.ref), ()):
                value = one.values.get(spot.field)
                if not found or found[-1].value != value:
                    found.append(Past(value, one.modified_by, one.modified_at))
            yield spot, found[::-1]

    def person(self, by: str) -> str | None:
        """Return who that is: people are known by their names here."""
        return by

    def apply(self, writes: Sequence[Write]) -> Iterable[Outcome]:
        """Take the writes one after another."""
        self._call("apply")
        for write in writes:
            outcome = self.system.write(write)
            if self.system.lose_answers > 0:
                self.system.lose_answers -= 1
                yield Outcome(write.place, write.key, Result.UNKNOWN, reason="no answer came")
            else:
                yield outcome

    def annotate(self, notes: Sequence[Note]) -> Iterable[Outcome]:
        """Attach notes."""
        self._call("annotate")
        for note in notes:
            self.system.notes.append(note)
            if self.system.lose_answers > 0:
                self.system.lose_answers -= 1
                yield Outcome(note.place, note.key, Result.UNKNOWN)
            else:
                yield Outcome(note.place, note.key, Result.LANDED)

    def noted(self, notes: Sequence[Note]) -> frozenset[str]:
        """Return which notes are attached."""
        self._call("noted")
        there = {(one.ref, one.text) for one in self.system.notes}
        return frozenset(note.key for note in notes if (note.ref, note.text) in there)

    def close(self) -> None:
        """Nothing to release."""

    def _call(self, name: str) -> None:
        self.system.calls[name] += 1
        if self.system.break_now:
            raise Temporary(self.system.break_now)

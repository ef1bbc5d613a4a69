"""A mapping turned into what the planner asks for in its inner loop."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Protocol

from ubm_sync.mapping.equality import same
from ubm_sync.mapping.rules import FieldRule, Mapping, Policy, Role
from ubm_sync.model import FieldType


class Same(Protocol):
    """Whether two canonical values mean the same."""

    def __call__(self, a: str, b: str, /) -> bool:
        """Compare two values."""
        ...


@dataclass(frozen=True, slots=True)
class SharedRule:
    """One field that people may change in more than one place."""

    name: str
    places: tuple[str, ...]
    writers: frozenset[str]
    writers_once_accepted: frozenset[str]
    policy: Policy
    owner: str | None
    same: Same
    quiet: timedelta = timedelta()  # how long a change of an agreed value rests

    def may_write(self, place: str, *, accepted: bool) -> bool:
        """Return whether a person's change in ``place`` counts."""
        return place in (self.writers_once_accepted if accepted else self.writers)

    def equal(self, a: str | None, b: str | None) -> bool:
        """Return whether two values, absent ones included, mean the same."""
        if a == b:
            return True
        return a is not None and b is not None and self.same(a, b)


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """What may be written in one place."""

    name: str
    system: str
    suffix: str
    writable: frozenset[str]
    write_only: frozenset[str]  # never read back: what we wrote is what is there
    shared: tuple[str, ...]  # shared fields that live here and may be written
    service: frozenset[str]  # fields only the service fills: a person's edit is put back
    signals: frozenset[str]  # fields people set for a flow to read
    people: frozenset[str]  # fields that people set there as well as we
    same: MappingOf[str, Same]
    fields: frozenset[str] = frozenset()  # every field that lives here
    intake: bool = False  # customers type here: one container for each of them


class Typed(NamedTuple):
    """The shared fields that live in one place."""

    counts: tuple[str, ...]  # what people type here counts
    others: tuple[str, ...]  # it is put back
    all: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the planner needs to know of one kind of record."""

    kind: str
    shared: tuple[SharedRule, ...]
    places: MappingOf[str, PlaceRule]
    order: tuple[str, ...]  # systems in the order in which one record's writes are applied
    version: str
    main: str = field(init=False)  # the place where a record of this kind is first seen
    in_order: tuple[PlaceRule, ...] = field(init=False)  # the places as ``order`` has them written
    typed: MappingOf[str, tuple[Typed, Typed]] = field(init=False)  # at first, and once accepted
    narrowed: tuple[SharedRule, ...] = field(init=False)  # fewer may write them once accepted

    def __post_init__(self) -> None:
        """Work out once what would be asked of every record."""
        places = sorted(self.places.values(), key=lambda place: self.order.index(place.system))
        object.__setattr__(self, "main", next(iter(self.places), ""))
        object.__setattr__(self, "in_order", tuple(places))
        typed = {
            place: (_typed(self.shared, place, accepted=False),
                    _typed(self.shared, place, accepted=True))
            for place in {*self.places, *(one for rule in self.shared for one in rule.places)}
        }  # fmt: skip
        object.__setattr__(self, "typed", typed)
        narrowed = (rule for rule in self.shared if rule.writers - rule.writers_once_accepted)
        object.__setattr__(self, "narrowed", tuple(narrowed))


def _typed(shared: Iterable[SharedRule], place: str, *, accepted: bool) -> Typed:
    counts: list[str] = []
    others: list[str] = []
    for rule in shared:
        if place in rule.places:
            writers = rule.writers_once_accepted if accepted else rule.writers
            (counts if place in writers else others).append(rule.name)
    return Typed(tuple(counts), tuple(others), frozenset((*counts, *others)))


def compile_rules(mapping: Mapping) -> Rules:
    """Return the planner's view of a mapping.

    Writes go to the systems in the reverse of the order in which the mapping names its places:
    the place where a request starts is the last to be told how it went.
    """
    names = [place.name for place in mapping.places]
    shared = tuple(
        _shared(rule, names) for rule in mapping.fields.values() if rule.role is Role.SHARED
    )
    places = {place.name: _place(mapping, place.name) for place in mapping.places}
    systems = list(dict.fromkeys(place.system for place in mapping.places))
    return Rules(mapping.kind, shared, places, tuple(reversed(systems)), mapping.hash)


def _shared(rule: FieldRule, places: list[str]) -> SharedRule:
    return SharedRule(
        rule.name,
        tuple(place for place in places if place in rule.places),
        frozenset(rule.writers),
        frozenset(rule.writers_once_accepted),
        rule.conflict,
        rule.owner,
        partial(same, rule.type),
        rule.quiet,
    )


def _place(mapping: Mapping, name: str) -> PlaceRule:
    place = mapping.place(name)
    bindings = [binding for binding in place.bindings if binding.field in mapping.fields]
    role = {binding.field: mapping.fields[binding.field].role for binding in bindings}
    writable = frozenset(binding.field for binding in bindings if binding.writable)
    return PlaceRule(
        name,
        place.system,
        place.suffix,
        writable,
        frozenset(b.field for b in bindings if b.type is FieldType.LINK or not b.readable),
        tuple(b.field for b in bindings if b.writable and role[b.field] is Role.SHARED),
        frozenset(b.field for b in bindings if role[b.field] is Role.SERVICE),
        frozenset(b.field for b in bindings if role[b.field] is Role.SIGNAL),
        frozenset(b.field for b in bindings if role[b.field] is not Role.SERVICE and b.readable),
        {b.field: partial(same, b.type) for b in bindings},
        frozenset(binding.field for binding in bindings),
        place.intake,
    )

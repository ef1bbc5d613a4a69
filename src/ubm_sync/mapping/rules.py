"""A checked mapping: what the engine and the connectors are given, frozen."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from ubm_sync.mapping.checks import Validation
from ubm_sync.model import Binding, FieldType, Place


class Role(StrEnum):
    """What a field is to the service."""

    SHARED = "shared"  # typed by people, merged, the same in every place it lives in
    SERVICE = "service"  # filled by the service, per place; a person's edit is put back
    SIGNAL = "signal"  # set by people in one place for the service to read; never put back


class Policy(StrEnum):
    """Who wins when two places changed one shared field differently."""

    ASK = "ask"  # nobody: both values stay until a person decides
    OWNER = "owner"  # the place named as owner
    NEWEST = "newest"  # the latest edit


class Direction(StrEnum):
    """Which way a field's values go between one place and the others."""

    BOTH = "both"
    IN = "in"  # from there only: never written there
    OUT = "out"  # to there only: what a person changes there never counts


@dataclass(frozen=True, slots=True)
class Threshold:
    """How much of one field one cycle may change; None: as the guard's default says."""

    share: float | None = None  # of the records that have the field, 0 to 1
    floor: int | None = None  # changes that are always allowed


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One canonical field and who may change it.

    ``writers`` are the places where a person's edit counts (empty for a service field);
    ``writers_once_accepted`` replaces them once the record was accepted into the store.
    ``places`` are the ones it lives in. A change of an agreed value rests for ``quiet``.
    """

    name: str
    type: FieldType
    role: Role
    choices: tuple[str, ...]
    required: bool
    writers: frozenset[str]
    writers_once_accepted: frozenset[str]
    conflict: Policy
    owner: str | None
    places: frozenset[str]
    threshold: Threshold | None = None
    label: str = ""
    description: str = ""
    validation: Validation | None = None
    quiet: timedelta = timedelta()

    def writers_when(self, *, accepted: bool) -> frozenset[str]:
        """Return the places where an edit counts, before or after acceptance."""
        return self.writers_once_accepted if accepted else self.writers


@dataclass(frozen=True)
class Mapping:
    """One kind of record: the places it lives in and the fields it has.

    ``hash`` is the SHA-256 of the content, in hex: the same for files that differ only in comments
    and layout.
    """

    kind: str
    places: tuple[Place, ...]
    fields: collections.abc.Mapping[str, FieldRule]
    hash: str

    def place(self, name: str) -> Place:
        """Return the place called ``name``; raises KeyError where there is none."""
        return self._by_name[name]

    def places_of(self, system: str) -> tuple[Place, ...]:
        """Return the places of one system, in the order of the file."""
        return tuple(place for place in self.places if place.system == system)

    def binding(self, place: str, field: str) -> Binding | None:
        """Return how ``field`` lives in ``place``, None where it does not."""
        return self.bindings[place].get(field)

    def having(self, role: Role) -> tuple[str, ...]:
        """Return the names of the fields with one role, in the order of the file."""
        return tuple(rule.name for rule in self.fields.values() if rule.role is role)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Return the names of the shared fields, in the order of the file."""
        return self.having(Role.SHARED)

    @cached_property
    def checks(self) -> dict[str, collections.abc.Callable[[str], str]]:
        """Return field -> what is wrong with a value of it, for fields that are validated."""
        return {
            rule.name: rule.validation.complaint
            for rule in self.fields.values()
            if rule.validation is not None
        }

    @cached_property
    def titles(self) -> dict[str, str]:
        """Return field -> column title where customers type; empty where they do not."""
        return {
            binding.field: binding.external
            for place in self.places
            if place.intake
            for binding in place.bindings
        }

    @cached_property
    def bindings(self) -> dict[str, dict[str, Binding]]:
        """Return place -> field -> binding."""
        return {
            place.name: {binding.field: binding for binding in place.bindings}
            for place in self.places
        }

    @cached_property
    def _by_name(self) -> dict[str, Place]:
        return {place.name: place for place in self.places}

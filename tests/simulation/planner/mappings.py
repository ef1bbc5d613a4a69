"""Random mappings, drawn from a number: which fields live where, who owns them, who wins.

A mapping costs more to make than a case takes to play, so the cases share ``POOL`` of them. Each is
one that the doctor lets pass; a test writes them out as files and asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from ubm_sync.mapping.equality import same
from ubm_sync.mapping.rules import FieldRule, Mapping, Policy, Role
from ubm_sync.model import Binding, FieldType, Place
from ubm_sync.sync.rules import PlaceRule, Rules, compile_rules

POOL = 400
SYSTEMS = {"row": "sheet", "ticket": "desk", "queue": "desk", "account": "store"}
SUFFIXES = {"queue": "queue"}
CHOICES = ("Electric", "Gas", "Water", "Sewer")
APPROVE, DECISION, STATUS, NUMBER = "approve", "conflict_decision", "status", "number"
FIX = "fix:"  # a text that begins with it is corrected by the flow double
TYPES = (
    FieldType.TEXT,
    FieldType.TEXT,
    FieldType.IDENTIFIER,
    FieldType.IDENTIFIER,
    FieldType.NUMBER,
    FieldType.CHOICE,
    FieldType.DATE,
    FieldType.BOOLEAN,
    FieldType.PERSON,
)
_POLICIES = (Policy.ASK, Policy.ASK, Policy.ASK, Policy.OWNER, Policy.NEWEST)


@dataclass(frozen=True, slots=True)
class Field:
    """A shared field as its mapping has it: what the laws go by, whatever the engine does."""

    name: str
    kind: FieldType
    places: tuple[str, ...]
    writers: frozenset[str]
    writers_once_accepted: frozenset[str]
    policy: Policy
    owner: str | None

    def may_write(self, place: str, *, accepted: bool) -> bool:
        """Return whether what a person types there counts."""
        return place in (self.writers_once_accepted if accepted else self.writers)

    def equal(self, a: str | None, b: str | None) -> bool:
        """Return whether two values, absent ones included, mean the same."""
        return a == b or (a is not None and b is not None and same(self.kind, a, b))


@dataclass(frozen=True, slots=True)
class House:
    """One mapping as the engine sees it, and what people and places need to know of it."""

    number: int
    mapping: Mapping
    rules: Rules
    names: tuple[str, ...]  # of the places
    shared: dict[str, Field]
    types: dict[str, FieldType]
    readable: dict[str, tuple[str, ...]]  # place -> shared fields that people and we can read
    asked: frozenset[str]  # places that exist from the start; the others once it was accepted
    follows: bool  # the flow decides again once a place exists
    rewrites: frozenset[str]  # places that change how values are spelled

    def alike(self, field: str, a: str | None, b: str | None) -> bool:
        """Return whether two values of a field mean the same."""
        return a == b or (a is not None and b is not None and same(self.types[field], a, b))

    def place(self, name: str) -> PlaceRule:
        """Return the rules of one place."""
        return self.rules.places[name]


@cache
def house(number: int) -> House:
    """Return one mapping of the pool."""
    drawn = Random(f"mapping {number}")  # noqa: S311 - repeatable, not secret
    names = ("row", "ticket", *(one for one in ("account", "queue") if drawn.random() < 0.45))
    fields: dict[str, FieldRule] = {}
    bindings: dict[str, list[Binding]] = {name: [] for name in names}
    for index in range(1 + int(drawn.random() * 3.4)):
        _shared(drawn, f"f{index}", names, fields, bindings)
    for name in names:
        if name == "row" or not bindings[name] or drawn.random() < 0.6:
            _one(f"{STATUS}_{name}", Role.SERVICE, FieldType.TEXT, name, fields, bindings)
    if drawn.random() < 0.5:
        kind = FieldType.TEXT if drawn.random() < 0.5 else FieldType.LINK
        _one(NUMBER, Role.SERVICE, kind, "row", fields, bindings)
    _one(APPROVE, Role.SIGNAL, FieldType.TEXT, "ticket", fields, bindings)
    _one(DECISION, Role.SIGNAL, FieldType.TEXT, "ticket", fields, bindings)
    places = tuple(
        Place(
            name,
            "location",
            SYSTEMS[name],
            SUFFIXES.get(name, ""),
            tuple(bindings[name]),
            settings={"identity": "Sync ID", **({"intake": "true"} if name == "row" else {})},
        )
        for name in names
    )
    mapping = Mapping("location", places, fields, f"mapping {number}")
    rules = compile_rules(mapping)
    readable = {
        name: tuple(
            one for one in fields if one.startswith("f") and one in rules.places[name].people
        )
        for name in names
    }
    late = {one for one in names[2:] if drawn.random() < 0.5}
    return House(
        number,
        mapping,
        rules,
        names,
        {
            name: Field(
                name,
                rule.type,
                tuple(place for place in names if place in rule.places),
                rule.writers,
                rule.writers_once_accepted,
                rule.conflict,
                rule.owner,
            )
            for name, rule in fields.items()
            if rule.role is Role.SHARED
        },
        {name: rule.type for name, rule in fields.items()},
        readable,
        frozenset(names) - late,
        drawn.random() < 0.3,
        frozenset(name for name in names if drawn.random() < 0.3),
    )


def _shared(
    drawn: Random,
    name: str,
    names: tuple[str, ...],
    fields: dict[str, FieldRule],
    bindings: dict[str, list[Binding]],
) -> None:
    """Add a field that people fill in, in two places or more."""
    homes = [one for one in names if drawn.random() < 0.85]
    if len(homes) < 2:
        homes = list(names[:2])
    read = [one for index, one in enumerate(homes) if index < 2 or drawn.random() < 0.85]
    writers = [one for one in read if drawn.random() < 0.65] or [read[int(drawn.random() * 2)]]
    later = writers
    if drawn.random() < 0.35:
        later = [one for one in read if drawn.random() < 0.4]
    everyone = {*writers, *later}
    policy = _POLICIES[int(drawn.random() * len(_POLICIES))]
    owner = writers[int(drawn.random() * len(writers))] if policy is Policy.OWNER else None
    kind = TYPES[int(drawn.random() * len(TYPES))]
    choices = CHOICES if kind is FieldType.CHOICE else ()
    fields[name] = FieldRule(
        name,
        kind,
        Role.SHARED,
        choices,
        False,
        frozenset(writers),
        frozenset(later),
        policy,
        owner,
        frozenset(homes),
    )
    for place in homes:
        only = everyone <= {place}  # nobody else's change has to arrive there
        writable = not (only and drawn.random() < 0.4)
        bindings[place].append(
            Binding(name, name, kind, choices=choices, readable=place in read, writable=writable)
        )


def _one(
    name: str,
    role: Role,
    kind: FieldType,
    place: str,
    fields: dict[str, FieldRule],
    bindings: dict[str, list[Binding]],
) -> None:
    """Add a field that lives in one place."""
    here = frozenset({place})
    writers = here if role is Role.SIGNAL else frozenset()
    fields[name] = FieldRule(name, kind, role, (), False, writers, writers, Policy.ASK, None, here)
    bindings[place].append(Binding(name, name, kind, readable=kind is not FieldType.LINK))

"""What was seen in past days, decided again under another mapping; the differences by cause. Pure.

Each record is planned twice as it was planned then: under the mapping in force, and under the new
one. Values were kept in our own words, so they are first spelled as they stood in their place and
read from there again. Other records (duplicates, neighbours) are left out on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as default
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from ubm_sync.flow import Flow
from ubm_sync.mapping import Mapping as KindMapping
from ubm_sync.model import Customer, Mark, Observation, Ref, Written
from ubm_sync.state import Seen
from ubm_sync.sync import notebook as book
from ubm_sync.sync.plan import RecordPlan, Subject, plan_record
from ubm_sync.sync.recording import observation
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.subjects import merge_subject
from ubm_sync.versions.words import (
    GONE,
    NEW,
    OTHER,
    OWNER,
    PLACE,
    TRANSFORM,
    VALIDATION,
    VALUES,
    Difference,
    canonical,
    differences,
    external,
)

SAMPLES = 3
STATUS = "status"  # a difference of what the flow decides, beside the fields
ORDER = (NEW, GONE, VALUES, TRANSFORM, OWNER, PLACE, VALIDATION, OTHER)
Known: TypeAlias = Callable[[str, str], KindMapping | None]  # kind, hash -> a mapping of the past


@dataclass(frozen=True, slots=True)
class Side:
    """One mapping ready to decide, by kind of record."""

    mappings: Mapping[str, KindMapping]
    rules: Mapping[str, Rules]
    flows: Mapping[str, Flow]


@dataclass(slots=True)
class Group:
    """Differences of one field for one cause."""

    cause: str
    kind: str
    field: str
    records: set[str] = default(default_factory=set)
    samples: list[Mapping[str, str | None]] = default(default_factory=list)


@dataclass(slots=True)
class Replayed:
    """What came of it: how many records were decided again, and what would have been otherwise.

    ``left_out`` are records that could not be: their mapping or customer is not known any more.
    """

    records: int = 0
    left_out: int = 0
    since: datetime | None = None
    groups: list[Group] = default(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "records": self.records,
            "left_out": self.left_out,
            "since": self.since.isoformat() if self.since is not None else None,
            "groups": [
                {
                    "cause": one.cause,
                    "kind": one.kind,
                    "field": one.field,
                    "records": len(one.records),
                    "samples": one.samples,
                }
                for one in self.groups
            ],
        }


class _Spot(NamedTuple):
    place: str
    field: str


def replay(
    seen: Iterable[Seen],
    known: Known,
    before: Side,
    after: Side,
    customers: Mapping[str, Customer],
) -> Replayed:
    """Decide what was seen again under both mappings; return the differences by cause."""
    found, told = Replayed(), differences(before.mappings, after.mappings)
    groups: dict[tuple[str, str, str], Group] = {}
    for portion in seen:
        found.since = found.since or portion.at
        then = known(portion.kind, portion.mapping)
        if then is None or portion.kind not in before.rules or portion.kind not in after.rules:
            found.left_out += len(portion.records)
            continue
        for kept in portion.records:
            customer = customers.get(kept["customer"])
            if customer is None:
                found.left_out += 1
                continue
            found.records += 1
            old = _planned(kept, portion, then, before, customer)
            new = _planned(kept, portion, then, after, customer)
            _compare(portion.kind, old, new, (before, after), told, groups)
    found.groups = sorted(
        groups.values(), key=lambda one: (ORDER.index(one.cause), -len(one.records), one.field)
    )
    return found


def _planned(
    kept: Mapping[str, Any], portion: Seen, then: KindMapping, side: Side, customer: Customer
) -> RecordPlan:
    """Return the plan of a record as it would have been made under a mapping."""
    mapping, rules = side.mappings[portion.kind], side.rules[portion.kind]
    flow = side.flows[portion.kind]
    memory, notebook = book.split(kept["memory"])
    seen: dict[str, Observation] = {}
    fresh: dict[str, str] = {}
    for one in kept["seen"]:
        if one["place"] in mapping.bindings:
            read = _read_again(observation(one), then, mapping)
            seen[read.place] = read
            names = mapping.bindings[read.place].keys() - then.bindings.get(read.place, {}).keys()
            fresh |= {f"{book.FRESH}{read.place}.{name}": "" for name in names}
    blind = {place: frozenset(names) for place, names in kept["blind"].items() if place in seen}
    subject = Subject(
        kept["id"], customer, datetime.fromisoformat(kept["created"]),
        _base(kept, then, mapping, seen), memory, {**notebook, **fresh}, seen, blind,
    )  # fmt: skip
    return plan_record(rules, flow, subject, merge_subject(rules, flow, subject), portion.at)


def _read_again(seen: Observation, then: KindMapping, mapping: KindMapping) -> Observation:
    """Return a record as it stood in its place then, read with another mapping."""
    old = then.bindings.get(seen.place, {})
    new = mapping.bindings[seen.place]
    values = {
        name: canonical(new[name], external(old.get(name), value))
        for name, value in seen.values.items()
        if name in new
    }
    marks = {name: mark for name, mark in seen.marks.items() if name in new and mark in _KEPT}
    return replace(seen, values=values, marks=marks)


_KEPT = frozenset({Mark.FORMULA, Mark.LINKED, Mark.LOCKED, Mark.SYSTEM, Mark.SECRET, Mark.UNSEEN})


def _base(
    kept: Mapping[str, Any],
    then: KindMapping,
    mapping: KindMapping,
    seen: Mapping[str, Observation],
) -> dict[str, str]:
    """Return what was agreed on, in the words of another mapping: as the places that show it."""
    said = {one["place"]: one.get("values", {}) for one in kept["seen"]}
    found = {}
    for name, value in kept["base"].items():
        if name not in mapping.fields:
            continue
        places = [place for place, one in seen.items() if name in mapping.bindings[place]]
        showing = [place for place in places if said[place].get(name) == value]
        if showing and name in seen[showing[0]].values:
            found[name] = seen[showing[0]].values[name]
        elif places:
            spelled = external(then.bindings.get(places[0], {}).get(name), value)
            found[name] = canonical(mapping.bindings[places[0]][name], spelled)
        else:
            found[name] = value
    return found


def _compare(
    kind: str,
    old: RecordPlan,
    new: RecordPlan,
    sides: tuple[Side, Side],
    told: Iterable[Difference],
    groups: dict[tuple[str, str, str], Group],
) -> None:
    """Add what differs between two plans of one record to the groups."""
    wrote = dict(_written(old, sides[0].mappings[kind]))
    writes = dict(_written(new, sides[1].mappings[kind]))
    spots = [one for one in {**wrote, **writes} if wrote.get(one, "") != writes.get(one, "")]
    if old.decision.status != new.decision.status:
        spots.append(_Spot("", STATUS))
        wrote[_Spot("", STATUS)] = old.decision.status
        writes[_Spot("", STATUS)] = new.decision.status
    mine = _touching(kind, old, new, told)
    for spot in spots:
        cause = _cause(spot, mine, told, kind)
        key = (cause, kind, spot.field)
        group = groups.setdefault(key, Group(*key))
        if len(group.samples) < SAMPLES and new.subject.sync_id not in group.records:
            group.samples.append({
                "record": new.subject.sync_id,
                "label": new.decision.label,
                "place": spot.place,
                "before": wrote.get(spot),
                "after": writes.get(spot),
            })  # fmt: skip
        group.records.add(new.subject.sync_id)


def _written(plan: RecordPlan, mapping: KindMapping) -> Iterator[tuple[_Spot, str | None]]:
    """Yield what a plan writes, as it would stand there."""
    for write in plan.writes:
        bindings = mapping.bindings.get(write.place, {})
        for name, value in write.values.items():
            yield _Spot(write.place, name), _spelled(bindings.get(name), value)


def _spelled(binding: Any, value: Written) -> str | None:
    if value is None:
        return None
    return f"<id of the {value.place}>" if isinstance(value, Ref) else external(binding, value)


def _touching(
    kind: str, old: RecordPlan, new: RecordPlan, told: Iterable[Difference]
) -> list[Difference]:
    """Return the differences of the mappings that a record's own values feel, by weight."""
    a, b = old.merged.values, new.merged.values
    felt = {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
    felt |= set(old.merged.changed.keys() ^ new.merged.changed.keys())
    mine = [one for one in told if one.kind == kind and one.field in felt and one.cause in ORDER]
    return sorted(mine, key=lambda one: ORDER.index(one.cause))


def _cause(spot: _Spot, mine: list[Difference], told: Iterable[Difference], kind: str) -> str:
    """Return why a value would be another one: its own rule, else what it follows from."""
    own = [
        one.cause
        for one in told
        if one.kind == kind and one.field == spot.field and one.cause in ORDER
        and one.place in {"", spot.place}
    ]  # fmt: skip
    if own:
        return min(own, key=ORDER.index)
    elsewhere = [
        one.cause for one in told
        if one.kind == kind and one.field == spot.field and one.cause in ORDER
    ]  # fmt: skip
    if elsewhere:
        return min(elsewhere, key=ORDER.index)
    if mine:
        return mine[0].cause
    checked = any(one.kind == kind and one.cause == VALIDATION for one in told)
    return VALIDATION if checked else OTHER

"""What a change of the configuration would do: two plans over the same records compared. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ubm_sync.model import Customer, Ref, Write, Written
from ubm_sync.sync import notebook as book
from ubm_sync.sync.limits import Group, GuardSettings, Kind
from ubm_sync.sync.plan import RecordPlan

SAMPLES = 3  # changes of a group that are shown


class Spot(NamedTuple):
    """One value that would be written: ``field`` is "" for a record that would be created."""

    sync_id: str
    place: str
    field: str


class Told(NamedTuple):
    """What would be written there."""

    customer: str
    label: str  # as people know the record
    ref: str | None
    before: str | None
    after: str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """Changes of one field in one system for one customer.

    ``kind`` is the guard's, or ``withdrawn``: written as things are, and not after the change.
    """

    system: str
    place: str
    field: str
    customer: str
    kind: str
    count: int
    samples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything a change would write that is not written anyway, and the other way round.

    ``rows`` are the records concerned, ``owners`` the managers of their customers. ``problems`` are
    what a system lacks for it.
    """

    lines: tuple[Line, ...]
    rows: int
    owners: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        if not self.rows:
            return "Nothing would change in any system."
        systems = ", ".join(sorted({one.system for one in self.lines}))
        customers = len({one.customer for one in self.lines})
        return (
            f"{_count(self.rows, 'row')}, {_count(len(self.owners), 'owner')}: changes in "
            f"{systems} for {_count(customers, 'customer')}."
        )

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "rows": self.rows,
            "owners": list(self.owners),
            "text": self.sentence,
            "problems": list(self.problems),
            "changes": [
                {
                    "system": one.system,
                    "place": one.place,
                    "field": one.field,
                    "customer": one.customer,
                    "kind": one.kind,
                    "count": one.count,
                    "samples": [dict(sample) for sample in one.samples],
                }
                for one in self.lines
            ],
        }


def effect(
    now: Iterable[RecordPlan],
    then: Iterable[RecordPlan],
    systems: Mapping[str, str],
    customers: Mapping[str, Customer],
    problems: Iterable[str] = (),
) -> Effect:
    """Return what plans ``then`` write that plans ``now`` do not, and what they write no more.

    Both are of the same records at the same moment; ``systems`` maps a place to its system.
    """
    before, after = dict(_spots(now)), dict(_spots(then))
    groups: defaultdict[tuple[str, str, str, str, str], list[tuple[Spot, Told]]]
    groups = defaultdict(list)
    for spot, told in after.items():
        if spot not in before or before[spot].after != told.after:
            key = _key(spot, told, systems, told.kind.value)
            groups[key].append((spot, told))
    for spot, told in before.items():
        if spot not in after:
            groups[_key(spot, told, systems, "withdrawn")].append((spot, told))
    rows = {spot.sync_id for several in groups.values() for spot, _ in several}
    names = {customer for *_, customer, _ in groups}
    owners = sorted({customers[one].csm for one in names if one in customers} - {""})
    lines = tuple(
        Line(*key, len(several), tuple(map(_sample, sorted(several)[:SAMPLES])))
        for key, several in sorted(groups.items())
    )
    return Effect(lines, len(rows), tuple(owners), tuple(problems))


def over(found: Effect, guard: GuardSettings, records: Mapping[str, int]) -> tuple[str, ...]:
    """Return what of an effect is more than a guard lets pass without an approval, in words."""
    counts: Counter[Group] = Counter()
    for line in found.lines:
        if line.kind == "withdrawn":
            continue
        kind = Kind(line.kind)
        name = line.place if kind is Kind.CREATE else line.field
        counts[Group(line.customer, line.system, name, kind).counted] += line.count
    told = []
    for group, count in sorted(counts.items()):
        limit = guard.limit(group, records.get(group.customer, 0))
        if limit is not None and count > limit:
            told.append(
                f"it changes {group.field} of {_count(count, 'record')} in {group.system} for "
                f"{group.customer} and {limit} may be changed without an approval"
            )
    return tuple(told)


def _spots(plans: Iterable[RecordPlan]) -> Iterator[tuple[Spot, Told]]:
    for plan in plans:
        for write in plan.writes:
            yield from _of_write(plan, write)


def _of_write(plan: RecordPlan, write: Write) -> Iterator[tuple[Spot, Told]]:
    subject = plan.subject
    label = plan.decision.label
    if write.ref is None:
        told = Told(subject.customer.key, label, None, None, None, Kind.CREATE)
        yield Spot(subject.sync_id, write.place, ""), told
        return
    have = subject.seen[write.place].values
    for name, value in write.values.items():
        kind = Kind.CHANGE if value is not None else Kind.CLEAR
        if f"{book.FRESH}{write.place}.{name}" in subject.notebook:
            kind = Kind.BACKFILL
        told = Told(subject.customer.key, label, write.ref, have.get(name), _text(value), kind)
        yield Spot(subject.sync_id, write.place, name), told


def _key(
    spot: Spot, told: Told, systems: Mapping[str, str], kind: str
) -> tuple[str, str, str, str, str]:
    return systems.get(spot.place, ""), spot.place, spot.field, told.customer, kind


def _sample(one: tuple[Spot, Told]) -> dict[str, Any]:
    spot, told = one
    return {
        "record": spot.sync_id,
        "label": told.label,
        "ref": told.ref,
        "before": told.before,
        "after": told.after,
    }


def _text(value: Written) -> str | None:
    return f"<id of the {value.place}>" if isinstance(value, Ref) else value


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

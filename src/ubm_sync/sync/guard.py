"""The guard: no more is changed than its thresholds allow without a recorded approval. Pure.

Counted are records in which a value people own is changed, filled or cleared, per customer, system
and field, over all cycles of a window; the service's own status fields are the work itself and not
counted. What is over the threshold waits in a stop, whatever it is over with, until a person
approves exactly these changes. Fields that a changed mapping adds to records wait whatever their
number, unless a person carries out a plan that shows them. Docs: decisions 0008 and 0026. The share
of what exists, from a floor upwards, follows octodns' ``TooMuchChange``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ubm_sync.model import NOTHING, Outcome, Result, Write, Written
from ubm_sync.state import GuardStop
from ubm_sync.sync.fresh import is_backfill
from ubm_sync.sync.limits import Group, GuardSettings, Kind
from ubm_sync.sync.plan import RecordPlan, digest
from ubm_sync.sync.rules import PlaceRule
from ubm_sync.sync.stops import Held, Item, Spot, opened

_EDITS = frozenset({Kind.CHANGE, Kind.CLEAR})
Found = dict[Group, dict[str, Item]]  # group -> record -> its change


@dataclass(frozen=True, slots=True)
class Booking:
    """What of one portion was counted: each change with the approval it has, if any.

    ``deferred`` are records that are approved and wait until a canary was read back.
    """

    sent: dict[tuple[Group, str], tuple[Item, Held | None]]
    deferred: list[tuple[str, Held]]


class Guard:
    """Counts what one cycle changes, portion by portion, and says what must wait.

    ``records`` are the records of each customer, ``used`` what was written in the window before
    this cycle, ``stops`` those that are known, with ``items`` of each: record -> digest. ``now`` is
    the cycle's. ``chosen`` are the digests of writes of a plan that a person carries out,
    ``versions`` the hash of the mapping of each place.
    """

    def __init__(
        self,
        places: Mapping[str, PlaceRule],
        settings: GuardSettings,
        records: Mapping[str, int],
        *,
        mapping: str = "",
        now: datetime,
        used: Mapping[Group, int] | None = None,
        stops: Iterable[GuardStop] = (),
        items: Mapping[str, Mapping[str, str]] = NOTHING,
        chosen: frozenset[str] = frozenset(),
        versions: Mapping[str, str] = NOTHING,
    ) -> None:
        self._chosen = chosen
        self._versions = versions
        self.places = places
        self.now = now
        self.settings = settings
        self.mapping = mapping
        self._records = records
        self._shared = {name: frozenset(place.shared) for name, place in places.items()}
        self._used = Counter(used or {})
        self.spent: Counter[Group] = Counter()  # by this cycle, without an approval
        self._passing: dict[tuple[Group, str], Held | None] = {}
        self._deferred: list[tuple[str, Held]] = []
        self._limits: dict[Group, int | None] = {}
        self.stops: list[Held] = []
        self._by_group: defaultdict[Group, list[Held]] = defaultdict(list)
        for stop in stops:
            self._know(Held(stop, dict(items.get(stop.id, NOTHING))))
        self._counts_creates = any(one.creates is not None for one in (
            *settings.rules, settings.default,
        )) or any(one.group.kind is Kind.CREATE for one in self.stops)  # fmt: skip

    def judge(self, plans: Sequence[RecordPlan]) -> list[RecordPlan]:
        """Return the plans without the writes that must wait."""
        found = self._found(plans)
        for stop in self.stops:
            stop.forget_all_but(
                (plan.subject.sync_id for plan in plans), found.get(stop.group, NOTHING)
            )
        self._passing, self._deferred = {}, []
        held: defaultdict[str, set[Group]] = defaultdict(set)
        for group, items in found.items():
            for sync_id in self._decide(group, items):
                held[sync_id].add(group)
        if not held:
            return list(plans)
        return [
            self._without(plan, held[plan.subject.sync_id])
            if plan.subject.sync_id in held
            else plan
            for plan in plans
        ]

    def book(self, plans: Sequence[RecordPlan]) -> Booking:
        """Count what will be sent: some of what ``judge`` just let pass."""
        sent = {}
        by_id = {plan.subject.sync_id: plan for plan in plans}
        for group, items in self._found(plans).items():
            for sync_id, item in items.items():
                stop = self._passing.get((group, sync_id))
                sent[group, sync_id] = (item, stop)
                if stop is None:
                    self._spend(group, 1)
                elif not stop.stop.proven:
                    stop.send_first(item, self._first_writes(by_id[sync_id], group))
        return Booking(sent, self._deferred)

    def conclude(self, booking: Booking, outcomes: Mapping[str, Mapping[str, Outcome]]) -> None:
        """Take note of how the writes ended: what did not land is not counted."""
        for (group, sync_id), (item, stop) in booking.sent.items():
            answers = [outcomes[sync_id].get(spot.place) for spot in item.spots]
            ends = {one.result for one in answers if one is not None}
            if stop is not None:
                stop.answered(sync_id, outcomes[sync_id])
                if Result.LANDED in ends:
                    stop.drop([sync_id])
            elif not ends - {Result.REFUSED}:
                self._spend(group, -1)
            elif item.chosen:
                for known in self._by_group.get(group, ()):
                    known.drop([sync_id])

    def forget(self, stop: Held) -> None:
        """Take a stop out that is over."""
        self.stops.remove(stop)
        self._by_group[stop.group].remove(stop)

    def _know(self, stop: Held) -> None:
        """Take a stop up; one within a threshold that was raised meanwhile is over."""
        stop.renew(self.mapping, self.now - self.settings.approval)
        group, known = stop.group, stop.stop
        limit = self._limit(group)
        waits = known.approved_at is None and not known.canary
        raised = limit is None or known.limit < limit >= self._used[group] + len(stop.items)
        if waits and raised:
            stop.drop(list(stop.items))
        self.stops.append(stop)
        self._by_group[group].append(stop)

    def _limit(self, group: Group) -> int | None:
        if group not in self._limits:
            records = self._records.get(group.customer, 0)
            self._limits[group] = self.settings.limit(group, records)
        return self._limits[group]

    def _spend(self, group: Group, number: int) -> None:
        group = group.counted
        if self._limit(group) is not None:
            self._used[group] += number
            self.spent[group] += number

    def _decide(self, group: Group, items: dict[str, Item]) -> set[str]:
        """Return the records of one group that must wait."""
        rest, held = dict(items), set[str]()
        if group.kind is Kind.BACKFILL:
            self._let_chosen_pass(group, rest)
        for stop in self._by_group.get(group, ()):
            mine = sorted(one for one in rest if stop.items.get(one) == rest[one].digest)
            go = stop.let_go(mine, self.settings.canary)
            held.update(mine[go:])
            if stop.stop.approved_at is not None:
                self._deferred += ((sync_id, stop) for sync_id in mine[go:])
            self._passing.update(((group, sync_id), stop) for sync_id in mine[:go])
            for sync_id in mine:
                del rest[sync_id]
        limit = self._limit(group)
        if limit is None or self._used[group] + len(rest) <= limit:
            return held
        stop = self._open_stop(group, limit)
        stop.add(rest)
        return held | rest.keys()

    def _let_chosen_pass(self, group: Group, rest: dict[str, Item]) -> None:
        """Take out of ``rest`` what a person's plan shows, as much of it as is ordinary."""
        chosen = [sync_id for sync_id, item in rest.items() if item.chosen]
        limit = self._limit(group.counted)
        if limit is None or self._used[group.counted] + len(chosen) <= limit:
            for sync_id in chosen:
                self._passing[group, sync_id] = None
                del rest[sync_id]

    def _open_stop(self, group: Group, limit: int) -> Held:
        for stop in self._by_group[group]:
            if stop.stop.approved_at is None:
                return stop
        known = self._by_group[group]
        stop = opened(group, limit, self._used[group], self.mapping, self.now, len(known))
        self.stops.append(stop)
        known.append(stop)
        return stop

    def _found(self, plans: Iterable[RecordPlan]) -> Found:
        found: defaultdict[Group, dict[str, Item]] = defaultdict(dict)
        for plan in plans:
            if plan.writes:
                for group, item in self._changes(plan).items():
                    found[group][item.sync_id] = item
        return found

    def _changes(self, plan: RecordPlan) -> dict[Group, Item]:
        """Return what is counted of one record: one change for each group."""
        subject = plan.subject
        counted = [write for write in plan.writes if self._is_counted(plan, write)]
        if not counted:
            return {}  # nearly always
        spots: defaultdict[tuple[str, str], list[Spot]] = defaultdict(list)
        backfill: defaultdict[tuple[str, str], list[tuple[Spot, bool]]] = defaultdict(list)
        made: list[tuple[str, str]] = []
        for write in counted:
            system = self.places[write.place].system
            if write.ref is None:
                made.append((system, write.place))
                continue
            shared, have = self._shared[write.place], subject.seen[write.place].values
            fresh = self._fresh(plan, write)
            for name, value in write.values.items():
                after = value if isinstance(value, str) else None
                spot = Spot(write.place, have.get(name), after)
                if name in fresh:
                    backfill[system, name].append((spot, digest(write) in self._chosen))
                elif name in shared:
                    spots[system, name].append(spot)
        found = {}
        for (system, name), several in backfill.items():
            group = Group(subject.customer.key, system, name, Kind.BACKFILL)
            chosen = all(picked for _, picked in several)
            told = tuple(spot for spot, _ in several)
            found[group] = Item(subject.sync_id, plan.decision.label, told, chosen)
        for (system, name), changes in spots.items():
            kind = Kind.CLEAR if any(one.after is None for one in changes) else Kind.CHANGE
            group = Group(subject.customer.key, system, name, kind)
            found[group] = Item(subject.sync_id, plan.decision.label, tuple(changes))
        for system, place in made:
            group = Group(subject.customer.key, system, place, Kind.CREATE)
            found[group] = Item(subject.sync_id, plan.decision.label, (Spot(place, None, None),))
        return found

    def _is_counted(self, plan: RecordPlan, write: Write) -> bool:
        """Return whether a write may hold more than fields that are the service's own."""
        if write.ref is None:
            return self._counts_creates
        return bool(plan.subject.notebook) or not self._shared[write.place].isdisjoint(write.values)

    def _without(self, plan: RecordPlan, held: set[Group]) -> RecordPlan:
        """Return a plan without the writes and fields of the groups that must wait."""
        fields = {(one.system, one.field) for one in held if one.kind in _EDITS}
        filled = {(one.system, one.field) for one in held if one.kind is Kind.BACKFILL}
        places = {one.field for one in held if one.kind is Kind.CREATE}
        retold = plan.decision.retold if fields or filled else frozenset()
        writes: list[Write] = []
        waits: dict[str, Written] = {}
        for write in plan.writes:
            if write.ref is None:
                if write.place not in places:
                    writes.append(write)
                continue
            system, shared = self.places[write.place].system, self._shared[write.place]
            fresh = self._fresh(plan, write)
            keep = {
                name: value
                for name, value in write.values.items()
                if ((system, name) not in filled if name in fresh
                    else name not in shared or (system, name) not in fields)
                and f"{write.place}.{name}" not in retold
            }  # fmt: skip
            waits |= {
                f"{write.place}.{name}": value
                for name, value in write.values.items()
                if name in fresh and name not in keep
            }
            if len(keep) == len(write.values):
                writes.append(write)
            elif keep:
                careful = {name: value for name, value in write.careful.items() if name in keep}
                writes.append(replace(write, values=keep, careful=careful))
        return plan._replace(writes=tuple(writes), withheld=True, held=waits)

    def _fresh(self, plan: RecordPlan, write: Write) -> frozenset[str]:
        """Return the fields of a write that a changed mapping added to the record."""
        if write.ref is None or not plan.subject.notebook:
            return frozenset()
        place, version = write.place, self._versions.get(write.place, "")
        return frozenset(
            name
            for name, value in write.values.items()
            if is_backfill(plan, place, name, value, version)
        )

    def _first_writes(self, plan: RecordPlan, group: Group) -> list[tuple[Write, dict[str, str]]]:
        """Return a canary's writes in one system, each with what can be read back of it before."""
        found = []
        for write in plan.writes:
            place = self.places[write.place]
            if place.system == group.system and (
                group.kind is not Kind.CREATE or write.ref is None
            ):
                seen = plan.subject.seen.get(write.place) if write.ref is not None else None
                known = (self._shared[write.place] | self._fresh(plan, write)) - place.write_only
                have = {name: seen.values.get(name, "") if seen else "" for name in known}
                found.append((write, have))
        return found

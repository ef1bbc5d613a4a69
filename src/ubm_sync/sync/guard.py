"""The guard: no cycle changes more than its threshold without a recorded approval. Pure.

Counted are changes to values people own that exist already, per customer, system and field;
creating records and the service's own status fields are the work itself and not counted. The rule
follows octodns' ``TooMuchChange``: a share of what exists, from a floor upwards.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ubm_sync.sync.plan import RecordPlan
from ubm_sync.sync.rules import Rules


@dataclass(frozen=True, slots=True)
class Threshold:
    """At most ``floor`` changes, or ``share`` of the customer's records where that is more."""

    share: float = 0.3
    floor: int = 100

    def limit(self, records: int) -> int:
        """Return how many changes one cycle may make."""
        return max(self.floor, int(self.share * records))


@dataclass(frozen=True, slots=True)
class Stop:
    """One group of changes that waits for an approval."""

    customer: str
    system: str
    field: str
    count: int
    limit: int
    samples: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Names this group of changes, so that an approval is for these and no others."""
        text = "\0".join((self.customer, self.system, self.field, *self.samples))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def __str__(self) -> str:
        return (
            f"{self.count} changes of {self.field} in {self.system} for {self.customer} are more "
            f"than the {self.limit} one cycle may make; nothing of them was written. Look at "
            f"them with 'ubm-sync plan', then 'ubm-sync approve {self.fingerprint}'."
        )


class Guard:
    """Counts one cycle's changes and says which groups must wait."""

    def __init__(
        self,
        rules: Rules,
        thresholds: Mapping[str, Threshold],
        records: Mapping[str, int],
        approved: frozenset[str] = frozenset(),
    ) -> None:
        self._rules = rules
        self._thresholds = thresholds
        self._default = thresholds.get("*", Threshold())
        self._records = records
        self._approved = approved
        self._done: Counter[tuple[str, str, str]] = Counter()
        self.stops: dict[tuple[str, str, str], Stop] = {}

    def held(self, plans: Iterable[RecordPlan]) -> frozenset[tuple[str, str, str]]:
        """Return the groups ``(customer, system, field)`` of these plans that must wait."""
        groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        for plan in plans:
            for group in self.groups(plan):
                groups[group].append(plan.subject.sync_id)
        for group, ids in groups.items():
            customer, system, name = group
            threshold = self._thresholds.get(name, self._default)
            limit = threshold.limit(self._records.get(customer, 0))
            count = self._done[group] + len(ids)
            if group not in self.stops and count > limit:
                stop = Stop(customer, system, name, count, limit, tuple(sorted(ids)[:50]))
                if stop.fingerprint not in self._approved:
                    self.stops[group] = stop
            if group not in self.stops:
                self._done[group] = count
        return frozenset(self.stops)

    def groups(self, plan: RecordPlan) -> set[tuple[str, str, str]]:
        """Return the counted groups that one record's writes belong to."""
        found = set()
        for write in plan.writes:
            if write.ref is None:
                continue
            place = self._rules.places[write.place]
            for name in write.values:
                if name in place.shared:
                    found.add((plan.subject.customer.key, place.system, name))
        return found

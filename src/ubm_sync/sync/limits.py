"""How much may change without an approval: by field, system and customer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Kind(StrEnum):
    """What a write does to a field, or to a place."""

    CHANGE = "change"  # another value, or the first one, in a record that exists
    CLEAR = "clear"  # a value is taken away
    CREATE = "create"  # the record itself; the group's field is the name of the place
    BACKFILL = "backfill"  # a value for a field that a changed mapping put into a record


class Group(NamedTuple):
    """What is counted together."""

    customer: str
    system: str
    field: str
    kind: Kind

    @property
    def counted(self) -> Group:
        """What it counts towards once it may be written."""
        return self._replace(kind=Kind.CHANGE) if self.kind is Kind.BACKFILL else self


@dataclass(frozen=True, slots=True)
class Threshold:
    """At most ``floor`` records, or ``share`` of the customer's records where that is more.

    None where nothing is said: a less specific threshold decides.
    """

    share: float | None = None
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class GuardRule:
    """Thresholds for what it names; what it does not name, it is for all of."""

    customer: str = ""
    system: str = ""
    field: str = ""
    changes: Threshold = Threshold()
    clears: Threshold = Threshold()
    creates: int | None = None  # in one place; None: nothing is said

    def fits(self, group: Group) -> bool:
        """Return whether the rule is for this group."""
        return (
            self.customer in {"", group.customer}
            and self.system in {"", group.system}
            and self.field in {"", group.field}
        )

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """More names go before fewer; then a customer before a field before a system."""
        names = (self.customer, self.field, self.system)
        return sum(map(bool, names)), bool(self.customer), bool(self.field)


DEFAULT = GuardRule(changes=Threshold(0.3, 100), clears=Threshold(0.1, 25))


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """How careful the guard is.

    ``rules`` of the same rank: the first goes before. ``window`` is how long what was written
    counts (zero: one cycle); an approval ends after ``approval``; ``canary`` records are written
    first and read back.
    """

    rules: tuple[GuardRule, ...] = ()
    window: timedelta = timedelta(hours=1)
    approval: timedelta = timedelta(hours=24)
    canary: int = 5
    default: GuardRule = field(default=DEFAULT)

    def limit(self, group: Group, records: int) -> int | None:
        """Return how many records of a group may be written in one window; None: any number.

        A field that is new to records is filled in only where a person looked.
        """
        if group.kind is Kind.BACKFILL:
            return 0
        fitting = sorted((one for one in self.rules if one.fits(group)), key=_rank, reverse=True)
        ranked = (*fitting, self.default, DEFAULT)
        if group.kind is Kind.CREATE:
            return _first(one.creates for one in ranked)
        found = [one.clears if group.kind is Kind.CLEAR else one.changes for one in ranked]
        share = _first(one.share for one in found) or 0.0
        floor = _first(one.floor for one in found) or 0
        return max(floor, int(share * records))


def _rank(rule: GuardRule) -> tuple[int, bool, bool]:
    return rule.rank


def _first(values: Iterable[T | None]) -> T | None:
    return next((one for one in values if one is not None), None)

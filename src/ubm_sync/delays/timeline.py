"""The facts of one onboarding in order, each once, however they came and how often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ubm_sync.evidence import Evidence, Kind

# Of what is noted at one instant, a request comes before what came of it.
_FIRST = ("requested", "sent", "delivered", "scheduled", "enrolled", "down", "open", "set")
_ORDER = {**dict.fromkeys(_FIRST, 0), "received": 1}
_LAST = 2


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts of one onboarding, oldest first, each once."""

    facts: tuple[Evidence, ...]
    by_kind: Mapping[Kind, Sequence[Evidence]]

    def of(self, *kinds: Kind) -> list[Evidence]:
        """Return the facts of these kinds, oldest first."""
        if len(kinds) == 1:
            return list(self.by_kind.get(kinds[0], ()))
        return [one for one in self.facts if one.kind in kinds]

    def by_subject(self, kind: Kind) -> dict[str, list[Evidence]]:
        """Return the facts of one kind by what they are about, oldest first."""
        found: dict[str, list[Evidence]] = {}
        for one in self.by_kind.get(kind, ()):
            found.setdefault(one.subject, []).append(one)
        return found

    def by_name(self, kind: Kind) -> dict[str, list[Evidence]]:
        """Return the same where several systems name one thing: blanks and case do not matter."""
        found: dict[str, list[Evidence]] = {}
        for one in self.by_kind.get(kind, ()):
            found.setdefault(" ".join(one.subject.casefold().split()), []).append(one)
        return found


def timeline(facts: Iterable[Evidence], now: datetime) -> Timeline:
    """Return the facts known until ``now``, in order, however they came and how often."""
    unique: dict[tuple[str, str, str, str], Evidence] = {}
    for one in facts:
        if one.at <= now:
            name = one.identity
            other = unique.get(name)
            # Of two tellings that differ in their details the same one is taken every time.
            if other is None or _telling(other) < _telling(one):
                unique[name] = one
    ordered = tuple(sorted(unique.values(), key=_place))
    by_kind: dict[Kind, list[Evidence]] = {}
    for one in ordered:
        by_kind.setdefault(one.kind, []).append(one)
    return Timeline(ordered, by_kind)


def _place(fact: Evidence) -> tuple[datetime, int, tuple[str, str, str, str]]:
    return fact.at, _ORDER.get(fact.value, _LAST), fact.identity


def _telling(fact: Evidence) -> tuple[str, str, str, list[tuple[str, str]]]:
    return fact.side, fact.actor, fact.link, sorted(fact.details.items())

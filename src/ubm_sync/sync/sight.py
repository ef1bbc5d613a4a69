"""What cannot be read or written now: the problems of the systems, as places and fields."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ubm_sync.model import Customer, Mark, Observation, Problem
from ubm_sync.state import KnownProblem, Tx
from ubm_sync.sync import decisions
from ubm_sync.sync.noticed import unseen
from ubm_sync.sync.rules import PlaceRule, Rules

EVERYTHING = "/everything"  # after a system's name: its next reading must be a full one
ACCESS = "@access"  # in place of a container: the system could not be read
_NONE: frozenset[str] = frozenset()
Spot: TypeAlias = tuple[str, str, str]  # system, container, place ("": every place there)


@dataclass(frozen=True, slots=True)
class Sight:
    """What cannot be read or written now, by the scope of the problem.

    ``unread`` are the systems that were not read through: there may be more in them than is known.
    """

    blind: Mapping[Spot, frozenset[str]] = field(default_factory=dict)
    shut: frozenset[tuple[str, str]] = frozenset()
    unread: frozenset[str] = frozenset()

    def of(
        self, rules: Rules, customer: Customer
    ) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
        """Return ``(blind fields per place, shut places)`` for one customer's records."""
        blind: dict[str, frozenset[str]] = {}
        shut = set()
        for place in rules.places.values():
            own = customer.container if place.intake else ""
            if any(
                system == place.system and _here(container, own) for system, container in self.shut
            ):
                shut.add(place.name)
            if fields := self.blind_in(place, own):
                blind[place.name] = fields
        return blind, frozenset(shut)

    def blind_in(self, place: PlaceRule, container: str) -> frozenset[str]:
        """Return the fields that cannot be read of a place's records in a container.

        Only the containers of an intake are told apart; of other systems there is one.
        """
        own = container if place.intake else ""
        found = _NONE
        for (system, where, part), fields in self.blind.items():
            if system != place.system or not _here(where, own):
                continue
            if part in {"", place.name}:
                found |= fields & place.fields
        return found


def _here(container: str, own: str) -> bool:
    return container in {"", own} or not own


def sight_of(problems: Iterable[Problem | KnownProblem], places: Container[str]) -> Sight:
    """Return what the problems take from view; ``places`` are the names of all places."""
    blind: dict[Spot, frozenset[str]] = {}
    shut = set()
    unread = set()
    for problem in problems:
        system, container, part = [*problem.scope.split("/"), "", ""][:3]
        if container == ACCESS:
            unread.add(system)
        if problem.blocks:
            shut.add((system, container))
        if problem.fields:
            spot = (system, container, part if part in places else "")
            blind[spot] = blind.get(spot, _NONE) | frozenset(problem.fields)
    return Sight(blind, frozenset(shut), frozenset(unread))


def decide_again(
    tx: Tx,
    places: Mapping[str, PlaceRule],
    by_container: Mapping[str, Customer],
    fresh: Sequence[Problem],
    cleared: Sequence[KnownProblem],
) -> None:
    """Have the records decided again that a new or a solved problem concerns.

    What cannot be read any more is marked where it was last seen; what a system refused while it
    lacked something is tried again.
    """
    hidden = [one._replace(fields=(*one.fields, *one.emptied)) for one in fresh]
    _hide(tx, places, sight_of(hidden, places))
    _release(tx, {one.scope.partition("/")[0] for one in cleared})
    for one in cleared:
        system, container, _ = [*one.scope.split("/"), "", ""][:3]
        if one.fields and container not in by_container:
            tx.cursors.put(f"{system}{EVERYTHING}", "1")
    scopes = [one.scope for one in fresh] + [one.scope for one in cleared]
    for container in {scope.split("/")[1] for scope in scopes if "/" in scope}:
        customer = by_container.get(container)
        if customer is not None:
            tx.records.mark_customer_dirty(customer.key)


def _hide(tx: Tx, places: Mapping[str, PlaceRule], sight: Sight) -> None:
    """Mark the fields that went out of sight in everything that was seen of them."""
    for system, container, _ in sight.blind:
        for place in places.values():
            if place.system != system:
                continue
            found = tx.observations.all_of(place.name, container if place.intake else "")
            hidden = [(sync_id, _hidden(one, place, sight)) for sync_id, one in found]
            tx.observations.save(hidden)


def _hidden(seen: Observation, place: PlaceRule, sight: Sight) -> Observation:
    before = frozenset(name for name, mark in seen.marks.items() if mark == Mark.UNSEEN)
    gone = sight.blind_in(place, seen.container) - before
    return unseen(seen, seen, gone)


def _release(tx: Tx, systems: set[str]) -> None:
    """Try again what these systems refused: something there was mended."""
    waiting = [one.id for one in tx.quarantine.list() if one.system in systems]
    if waiting:
        decisions.retry(tx, waiting)

"""A small flow that uses everything a flow may ask of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tests.simulation.planner.mappings import APPROVE, DECISION, FIX, NUMBER, STATUS, House

from ubm_sync.flow import NOWHERE, Decision, Site, Situation
from ubm_sync.model import Customer, FieldType, Ref, Values, Written

ACCEPTED = "accepted"
TOLD = "told"
_NOBODY: frozenset[str] = frozenset()


class SmallFlow:
    """Creates places, is accepted by a signal, tells what it saw, corrects one sort of value.

    Pure as every flow: it keeps the house it decides for and nothing else.
    """

    kind = "location"

    def __init__(self, house: House) -> None:
        self.house = house
        self._statuses = {
            place: name
            for place in house.names
            if (name := f"{STATUS}_{place}") in house.place(place).service
        }
        self._numbered = NUMBER in house.place("row").service
        self._corrected = [
            name for name, kind in house.types.items()
            if kind is FieldType.TEXT and name in house.shared
        ]  # fmt: skip

    def account_key(self, customer: Customer, values: Values) -> str:
        """No two records meet here."""
        del customer, values
        return ""

    def site(self, customer: Customer, values: Values) -> Site:
        """Return that no location is named."""
        del customer, values
        return NOWHERE

    def accepted(self, memory: Values) -> bool:
        """Return whether somebody approved it before."""
        return memory.get(ACCEPTED) == "yes"

    def decide(self, situation: Situation, now: datetime) -> Decision:
        """Say which places there are, what they are told, and what was misspelled."""
        del now
        memory = dict(situation.memory)
        observed = situation.observed
        ticket = observed.get("ticket")
        accepted = memory.get(ACCEPTED) == "yes"
        signs = {} if ticket is None or ticket.gone else ticket.values
        if not accepted and signs.get(APPROVE) == "yes":
            memory[ACCEPTED] = "yes"
            accepted = True
        if situation.edits:
            told = set(memory.get(TOLD, "").split())
            told.update(f"{one.place}.{one.field}" for one in situation.edits)
            memory[TOLD] = " ".join(sorted(told))
        house = self.house
        present = frozenset(house.names) if accepted else house.asked
        filled: dict[str, dict[str, Written]] = {}
        if self._statuses:
            text = self._status(situation, memory, accepted=accepted)
            filled = {
                place: {name: text + _trouble(place, situation.troubles)}
                for place, name in self._statuses.items()
            }
        if signs and not situation.conflicts and DECISION in signs:
            filled.setdefault("ticket", {})[DECISION] = None
        if self._numbered:
            filled.setdefault("row", {})[NUMBER] = Ref("ticket")
        missing = present - observed.keys() - situation.troubles.keys()
        return Decision(
            present,
            filled,
            memory,
            "accepted" if accepted else "new",
            situation.sync_id,
            accepted=accepted,
            fixes=self._fixes(situation),
            follow_up=house.follows and bool(missing),
        )

    def _status(self, situation: Situation, memory: Mapping[str, str], *, accepted: bool) -> str:
        parts = ["accepted" if accepted else "new"]
        if situation.conflicts:
            parts.append("decide " + " ".join(one.field for one in situation.conflicts))
        if TOLD in memory:
            parts.append("put back " + memory[TOLD])
        return "; ".join(parts)

    def _fixes(self, situation: Situation) -> dict[str, str]:
        blocked = {one.field for one in situation.conflicts}
        return {
            name: value.removeprefix(FIX)
            for name in self._corrected
            if (value := situation.values.get(name)) is not None
            and value.startswith(FIX)
            and name not in blocked
        }


def _trouble(place: str, troubles: Mapping[str, str]) -> str:
    """Return what a place is told of the trouble in the others."""
    others = [one for one in sorted(troubles) if one.partition(".")[0] != place]
    return f"; not taken {' '.join(others)}" if others else ""

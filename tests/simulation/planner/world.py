"""The places of one record in memory: what they show, what people type there, what writes meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from tests.simulation.planner.case import Fault
from tests.simulation.planner.mappings import House

from ubm_sync.model import FieldType, Observation, Outcome, Past, Result, Write, Written

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTES = [NOON + timedelta(minutes=minute) for minute in range(1_000)]
UNWRITABLE = frozenset({"formula", "linked", "locked", "system"})
RENAMED, DELETED = "renamed", "deleted"
_NOTHING: Mapping[str, str] = {}
_NONE = object()


People: TypeAlias = Callable[[str, str, str | None], None]  # place, field, value


class Down(Exception):
    """The system takes no writes now."""


class Killed(BaseException):
    """The service ends here."""


class Spot:
    """One record in one place."""

    __slots__ = (
        "by", "gone", "key", "marks", "minute", "past", "ref", "values", "version",
    )  # fmt: skip

    def __init__(self, ref: str, key: str | None, values: dict[str, str], minute: int) -> None:
        self.ref = ref
        self.key = key
        self.values = values
        self.version = 1
        self.minute = minute
        self.by: str | None = "somebody"
        self.gone = ""
        self.marks: dict[str, str] = {}
        self.past: dict[str, list[Past]] = {}  # field -> its values, the oldest first


class World:
    """All places; ``refused`` and ``never`` are what systems do not take until all is mended."""

    __slots__ = (
        "arrived", "blindly", "held", "hidden", "house", "landed", "lost", "made_twice", "minute",
        "never", "refused", "sent_again", "spots",
    )  # fmt: skip

    def __init__(self, house: House) -> None:
        self.house = house
        self.spots: dict[str, Spot] = {}
        self.minute = 0
        # place -> field -> what became of its column; nearly never anything
        self.hidden: dict[str, dict[str, str]] = {}
        self.held: dict[tuple[str, str], Written] = {}  # what was refused, and told so
        self.refused: set[tuple[str, str]] = set()
        self.never: dict[str, tuple[Mapping[str, Written], str]] = {}
        self.landed: dict[tuple[str, str, Written], int] = {}
        self.lost: dict[str, int] = {}  # place -> writes without an answer
        self.made_twice = ""
        self.sent_again = ""
        self.arrived: list[Write] = []
        self.blindly = ""

    def edit(
        self, place: str, field: str, value: str | None, minute: int, by: str
    ) -> tuple[str | None] | None:
        """Have somebody type a value; return what stood there, None where they cannot."""
        spot = self.spots.get(place)
        rule = self.house.rules.places[place]
        if (
            spot is None
            or spot.gone
            or field in self.hidden.get(place, ())
            or field in spot.marks
            or field in rule.write_only
        ):
            return None
        before = spot.values.get(field)
        if value is not None and place in self.house.rewrites:
            value = rewritten(self.house.types[field], value)
        if value == before:
            return None
        self._set(spot, field, value, minute, by)
        spot.version += 1
        spot.minute = minute
        spot.by = by
        return (before,)

    def _set(self, spot: Spot, field: str, value: str | None, minute: int, by: str) -> None:
        past = spot.past.get(field)
        if past is None:
            past = spot.past[field] = [Past(spot.values.get(field))]
        past.append(Past(value, by, MINUTES[minute]))
        if value is None:
            spot.values.pop(field, None)
        else:
            spot.values[field] = value

    def look(self, place: str) -> Observation | None:
        """Return what a place shows now."""
        spot = self.spots.get(place)
        if spot is None:
            return None
        unread = self.house.rules.places[place].write_only
        hidden = self.hidden.get(place, ())
        if unread or hidden:
            values = {
                name: value
                for name, value in spot.values.items()
                if name not in unread and name not in hidden
            }
        else:
            values = dict(spot.values)
        return Observation(
            place,
            spot.ref,
            spot.key,
            "",
            str(spot.version),
            values,
            spot.marks or _NOTHING,
            NOON,
            MINUTES[spot.minute],
            spot.by,
            spot.gone,
        )

    def write(self, write: Write, fault: Fault, people: People) -> Outcome:
        """Take one write as its system would. Raises Down, and Killed.

        ``people`` is told of those who come in between.
        """
        place, kind = write.place, fault[0] if fault else ""
        if kind == "down":
            raise Down
        if kind == "kill" and fault[1] == "before":
            raise Killed
        self.arrived.append(write)
        if kind == "early":
            people(place, fault[1], fault[2])
        spot = self.spots.get(place)
        refused = self._stale(write, spot) or self._not_taken(write, kind)
        if refused is not None:
            return refused
        if kind == "part":
            self.refused.add((place, fault[1]))
        self._note_repeated(write)
        if kind == "void":
            return self._unanswered(write)
        outcome = self._land(write, spot, fault, people)
        if kind == "kill":
            raise Killed
        if kind == "lost":
            return self._unanswered(write)
        if outcome.at_fault:
            self.held |= {(place, name): write.values[name] for name in outcome.at_fault}
        return outcome

    def _stale(self, write: Write, spot: Spot | None) -> Outcome | None:
        """Refuse what was decided on what is not there any more."""
        if write.ref is None:
            if spot is not None and write.doubtful:
                return _refused(write, "there already", ref=spot.ref, stale=True)
            if spot is not None:
                self.made_twice = write.place
        elif spot is None or spot.gone:
            return _refused(write, "not there", stale=True)
        if spot is not None and _is_late(write, spot):
            return _refused(write, "changed meanwhile", stale=True)
        return None

    def _not_taken(self, write: Write, kind: str) -> Outcome | None:
        """Refuse what the system does not take, now or for good."""
        if kind == "busy":
            return _refused(write, "busy")
        never = self.never.get(write.place)
        if never is not None and never[0] == write.values:
            if never[1] == write.expected:
                self.sent_again = write.place
            return _refused(write, "not allowed", permanent=True)
        if kind != "never":
            return None
        self.never[write.place] = (write.values, write.expected)
        return _refused(write, "not allowed", permanent=True)

    def _note_repeated(self, write: Write) -> None:
        for name, value in write.values.items() if self.held else ():
            if self.held.get((write.place, name), _NONE) == value:
                self.sent_again = f"{write.place}.{name}"

    def _unanswered(self, write: Write) -> Outcome:
        self.lost[write.place] = self.lost.get(write.place, 0) + 1
        return Outcome(write.place, write.key, Result.UNKNOWN, reason="no answer")

    def _land(self, write: Write, spot: Spot | None, fault: Fault, people: People) -> Outcome:
        place = write.place
        looked_at = 0 if spot is None else spot.version
        if spot is not None and fault and fault[0] == "race":
            people(place, fault[1], fault[2])
        created = spot is None
        if spot is None:
            spot = self.spots[place] = Spot(f"{place}-1", write.key, {}, self.minute)
        known = created or write.expected == str(spot.version)
        contested = not created and spot.version != looked_at
        values, types = write.values, self.house.types
        refused = [
            name
            for name in values
            if (place, name) in self.refused or spot.marks.get(name) in UNWRITABLE
        ]
        changes = place in self.house.rewrites
        for name, value in values.items():
            if name in refused or name == "sync_id":
                continue
            if name in self.hidden.get(place, ()):
                self.blindly = f"{name} of {place}"
                continue
            text = value if type(value) is str else None
            counted = (place, name, text)
            self.landed[counted] = self.landed.get(counted, 0) + 1
            if changes and text is not None:
                text = rewritten(types[name], text)
            self._set(spot, name, text, self.minute, "")
        spot.key = write.key
        spot.version += 1
        spot.minute = self.minute
        spot.by = ""
        return Outcome(
            place,
            write.key,
            Result.LANDED,
            spot.ref,
            str(spot.version) if known else "",
            frozenset(name for name in values if name not in refused) if refused else None,
            "not taken" if refused else "",
            at_fault=tuple(refused),
            reasons=dict.fromkeys(refused, "not taken"),
            created=created,
            contested=contested,
        )

    def show(self, place: str, field: str) -> bool:
        """Have a column back; return whether it was away."""
        if field not in self.hidden.get(place, ()):
            return False
        del self.hidden[place][field]
        if (spot := self.spots.get(place)) is not None:
            spot.version += 1
        return True

    def hide(self, place: str, field: str, word: str) -> bool:
        """Take a column away: its values come back with it, or are gone."""
        spot = self.spots.get(place)
        unread = self.house.rules.places[place].write_only
        there = self.hidden.setdefault(place, {})
        if field in there or field in unread or (spot is not None and spot.gone):
            return False
        there[field] = word
        if spot is None:
            return True
        if word == DELETED:
            spot.values.pop(field, None)
            spot.past.pop(field, None)
        spot.version += 1
        return True


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")  # only a day can be written as an instant


def rewritten(kind: FieldType, value: str) -> str:
    """Return a value as a vendor spells it: the same value in other letters."""
    if kind is FieldType.TEXT:
        return " ".join(value.split())
    if kind in {FieldType.CHOICE, FieldType.PERSON}:
        return value.strip().lower()
    if kind is FieldType.BOOLEAN:
        return value.strip().upper()
    if kind is FieldType.NUMBER:
        return value.strip().removesuffix(".0")
    if kind is FieldType.DATE and _DAY.fullmatch(day := value.strip()[:10]):
        return f"{day}T00:00:00"
    return value.strip()


def _is_late(write: Write, spot: Spot) -> bool:
    """Return whether a careful field shows another value than the decision saw."""
    return any(spot.values.get(name) != before for name, before in write.careful.items())


def _refused(
    write: Write,
    reason: str,
    *,
    ref: str | None = None,
    stale: bool = False,
    permanent: bool = False,
) -> Outcome:
    return Outcome(
        write.place, write.key, Result.REFUSED, ref, reason=reason, stale=stale, permanent=permanent
    )

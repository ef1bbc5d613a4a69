"""Meetings -> facts: booked, moved, missed, called off, held, and by whom. Pure.

The history of two properties tells it: when it is to begin, and what became of it. A move is told
with the time it was to begin at before, and made by one of our users it is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ubm_hubspot.facts import Entry, Reading, Record, entries, fact, instant_of, source_of
from ubm_hubspot.settings import FactSettings
from ubm_hubspot.values import instant
from ubm_sync.evidence import Evidence, Kind, Side

_ONE_ACT = timedelta(minutes=10)  # a new time and an outcome set one after the other
_OFF = frozenset({"no_show", "canceled"})  # a time set after these is a new booking


def wanted(settings: FactSettings) -> list[str]:
    """Return the meeting properties whose history is read."""
    return [settings.meeting_start, settings.meeting_outcome]


class _Meeting:
    """A meeting while its history is walked through."""

    def __init__(self, record: Record, reading: Reading, doubt: str) -> None:
        self.reading = reading
        self.source = source_of("meetings", record)
        self.text = str((record.get("properties") or {}).get("hs_meeting_title") or "")[:120]
        self.doubt = doubt
        self.slot = ""
        self.outcome = ""
        self.moved: Entry | None = None  # the last move that was told

    def tell(self, entry: Entry, field: str, value: str, slot: str) -> Evidence:
        side = Side.CLIENT if value == "no_show" else None  # whoever noted that they did not come
        return fact(
            Kind.MEETING, self.source, entry, field, value, self.source.record, self.reading,
            side=side, slot=slot, text=self.text, doubt=entry.doubt or self.doubt,
        )  # fmt: skip

    def begins(self, entry: Entry, field: str) -> Iterator[Evidence]:
        """Yield what a new time tells: booked, booked anew, or moved from the one before."""
        before, self.slot = self.slot, _slot(entry.value)
        if not self.slot or before == self.slot:
            return
        if not before or self.outcome in _OFF:
            yield self.tell(entry, field, "scheduled", self.slot)
        elif self.outcome != "completed" and not self._is_told(entry):
            yield self.tell(entry, field, "rescheduled", before)
            self.moved = entry

    def ends(self, entry: Entry, field: str, value: str) -> Iterator[Evidence]:
        """Yield what an outcome tells."""
        before, self.outcome = self.outcome, value
        if not value or value == before:
            return
        if value == "rescheduled":
            if not self._is_told(entry):
                yield self.tell(entry, field, value, self.slot)
                self.moved = entry
        elif value != "scheduled" or before:  # the booking itself is told by its time
            yield self.tell(entry, field, value, self.slot)

    def _is_told(self, entry: Entry) -> bool:
        """Return whether this is the same move as the last one: its other half."""
        last = self.moved
        return last is not None and entry.at - last.at <= _ONE_ACT and entry.user == last.user


def of_meeting(record: Record, reading: Reading, doubt: str = "") -> Iterator[Evidence]:
    """Yield what became of a meeting; ``doubt`` says why it may belong to another onboarding."""
    start, outcome = wanted(reading.settings)
    # At one instant the outcome comes first: the time it speaks of is the one before.
    changes = [(one.at, 1, one, start) for one in entries(record, start, born=True)]
    changes += [(one.at, 0, one, outcome) for one in entries(record, outcome)]
    meeting = _Meeting(record, reading, doubt)
    for _, _, entry, field in sorted(changes, key=lambda one: one[:2]):
        if field == start:
            yield from meeting.begins(entry, field)
        else:
            value = reading.settings.outcomes.get(entry.value.strip().upper(), "")
            yield from meeting.ends(entry, field, value)


def _slot(text: str) -> str:
    at = instant_of(text)
    return "" if at is None else instant(round(at.timestamp() * 1000))

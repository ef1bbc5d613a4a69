"""Records as values, and where the ones of one object type are kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ubm_hubspot.emulator.index import SearchIndex, Snapshot
from ubm_hubspot.emulator.instants import iso


class Source(NamedTuple):
    """Who made a change, as property history tells it."""

    type: str = "INTEGRATION"
    id: str = "ubm-sync"
    label: str = "ubm-sync"
    user: int | None = None


class Revision(NamedTuple):
    """The values one write changed; names are shared between records of the same shape."""

    at: int
    source: Source
    names: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(slots=True)
class Record:
    """One record; instants in milliseconds, 0 where there is none.

    ``values`` is replaced, never changed: the search copy holds on to older ones.
    """

    id: int
    kind: str
    created: int
    modified: int
    values: dict[str, str]
    revisions: list[Revision] = field(default_factory=list)
    archived_at: int = 0
    merged_into: int = 0

    def snapshot(self) -> Snapshot:
        """Return the record at this moment."""
        return Snapshot(self.id, self.created, self.modified, self.values)

    def history(self, name: str, most: int = 0) -> list[dict[str, Any]]:
        """Return a property's history, newest first, one entry per changed value; 0: all."""
        found: list[dict[str, Any]] = []
        for revision in reversed(self.revisions):
            if name in revision.names:
                value = revision.values[revision.names.index(name)]
                found.append(_entry(value, revision))
        return found[:most] if most else found


def _entry(value: str, revision: Revision) -> dict[str, Any]:
    source = revision.source
    entry: dict[str, Any] = {
        "value": value,
        "timestamp": iso(revision.at),
        "sourceType": source.type,
        "sourceId": source.id,
        "sourceLabel": source.label,
    }
    if source.user is not None:
        entry["updatedByUserId"] = source.user
    return entry


def value_of(shown: Snapshot, name: str) -> str | None:
    """Return one property as the API shows it; None where it is empty."""
    match name:
        case "hs_object_id" | "hs_ticket_id":
            return str(shown.id)
        case "createdate" | "hs_createdate":
            return iso(shown.created)
        case "hs_lastmodifieddate" | "lastmodifieddate":
            return iso(shown.modified)
        case _:
            return _stored(shown, name)


def _stored(shown: Snapshot, name: str) -> str | None:
    found = shown.values.get(name)
    if found is None and name.startswith("hs_") and (newer := _newer_name(name)):
        return shown.values.get(newer)
    return found


_OLDER = {
    "hs_date_entered_": "hs_v2_date_entered_",
    "hs_date_exited_": "hs_v2_date_exited_",
    "hs_time_in_": "hs_v2_cumulative_time_in_",
}


def _newer_name(name: str) -> str | None:
    for older, newer in _OLDER.items():
        if name.startswith(older):
            return newer + name.removeprefix(older)
    return None


class Shelf:
    """All records of one object type: in the order of their ids, by unique value, for searches."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.live: list[int] = []
        self.archived: list[int] = []
        self.unique: dict[str, dict[str, int]] = {}  # property -> value -> id
        self.index = SearchIndex()

    def add(self, record: Record) -> None:
        """Put a record that was not there before, or is back."""
        if not self.live or self.live[-1] < record.id:
            self.live.append(record.id)
        else:
            insort(self.live, record.id)

    def put_away(self, record: Record) -> None:
        """Move a record to the archived ones."""
        del self.live[bisect_left(self.live, record.id)]
        insort(self.archived, record.id)

    def bring_back(self, record: Record) -> None:
        """Move a record from the archived ones."""
        del self.archived[bisect_left(self.archived, record.id)]
        self.add(record)

    def after(self, last: int, *, archived: bool) -> Iterator[int]:
        """Yield the ids greater than ``last`` in ascending order."""
        ids = self.archived if archived else self.live
        for position in range(bisect_right(ids, last), len(ids)):
            yield ids[position]

    def claim(self, record: int, values: dict[str, str], names: Iterable[str]) -> None:
        """Enter the unique values of a record."""
        for name in names:
            if value := values.get(name):
                self.unique.setdefault(name, {})[value] = record

    def release(self, record: int, values: dict[str, str], names: Iterable[str]) -> None:
        """Give up the unique values of a record."""
        for name in names:
            known = self.unique.get(name, {})
            if (value := values.get(name)) and known.get(value) == record:
                del known[value]

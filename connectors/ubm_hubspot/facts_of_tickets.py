"""A ticket's own history -> facts: its stages, what it waits for, its size, its priority. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ubm_hubspot.decode import MERGED, STAGE, modified_of
from ubm_hubspot.facts import (
    Entry,
    Reading,
    Record,
    Source,
    entries,
    fact,
    instant_of,
    source_of,
    value_at,
)
from ubm_hubspot.settings import FactSettings
from ubm_hubspot.values import read_date, read_instant
from ubm_sync.evidence import Evidence, Kind

_ONE_ACT = timedelta(hours=1)  # people fill in what belongs together one after the other


def wanted(settings: FactSettings) -> list[str]:
    """Return the ticket properties whose history is read."""
    names = (
        STAGE,
        *settings.sent,
        *settings.received,
        settings.waiting_for,
        settings.requested_at,
        settings.due_at,
        settings.priority,
        settings.scope,
        settings.replanned,
    )
    return sorted({name for name in names if name})


def of_ticket(record: Record, reading: Reading) -> Iterator[Evidence]:
    """Yield what a ticket's properties tell, mail left out."""
    source = source_of("tickets", record)
    yield from _stages(record, reading, source)
    yield from _waits(record, reading, source)
    yield from _priority(record, reading, source)
    yield from _scope(record, reading, source)
    yield from _merges(record, reading, source)


def merged_into(record: Record) -> tuple[str, ...]:
    """Return the ids of the tickets that were merged into one."""
    text = str((record.get("properties") or {}).get(MERGED) or "")
    return tuple(one for one in _ids(text) if one != str(record["id"]))


def _ids(text: str) -> list[str]:
    return [one for part in text.split(";") if (one := part.strip())]


def _merges(record: Record, reading: Reading, source: Source) -> Iterator[Evidence]:
    """Yield each ticket that was merged into this one, when it was first noted."""
    history = entries(record, MERGED)
    told = {ref for one in history for ref in _ids(one.value)}
    rest = [ref for ref in merged_into(record) if ref not in told]
    if rest:  # no history of it: it was merged by the time the ticket last changed
        at = datetime.fromtimestamp(modified_of(record) / 1000, UTC)
        history.append(Entry(";".join(rest), at, "", "merge"))
    before: set[str] = set()
    for one in history:
        for ref in dict.fromkeys(_ids(one.value)):
            if ref not in before and ref != str(record["id"]):
                yield fact(Kind.MERGED, source, one, MERGED, "merged", f"tickets/{ref}", reading)
            before.add(ref)


def _stages(record: Record, reading: Reading, source: Source) -> Iterator[Evidence]:
    for one in entries(record, STAGE, born=True):
        if one.value:  # a stage that was deleted is told by its id
            key = reading.stage(one.value) or one.value
            yield fact(Kind.STAGE, source, one, STAGE, key, "", reading)


def _waits(record: Record, reading: Reading, source: Source) -> Iterator[Evidence]:
    """Yield each thing the ticket waited for: requested when it was set, there when it was not."""
    name = reading.settings.waiting_for
    asked = entries(record, reading.settings.requested_at)
    dues = entries(record, reading.settings.due_at)
    history = _changes(entries(record, name))
    for one, after in pairwise([*history, None]):
        if one is None or not one.value.strip():
            continue
        what = one.value.strip()
        earlier = instant_of(_held(asked, one, after))
        at = earlier if earlier is not None and earlier < one.at else one.at
        due = day_of(_held(dues, one, after), reading.zone)
        yield fact(
            Kind.ITEM, source, one, name, "requested", what, reading, at=at, due=due, text=what
        )
        if after is not None:
            yield fact(Kind.ITEM, source, after, name, "accepted", what, reading, text=what)


def _held(history: list[Entry], since: Entry, until: Entry | None) -> str:
    """Return the last value that was given to a property for this wait, not for an earlier one."""
    given = [
        one.value
        for one in history
        if one.at >= since.at - _ONE_ACT and (until is None or one.at < until.at)
    ]
    return given[-1] if given else ""


def day_of(text: str, zone: str) -> str:
    """Return the customer's own day of a date or an instant, "" where ``text`` is neither.

    Midnight UTC is what a day without a time looks like: it is that day everywhere.
    """
    if not text.strip():
        return ""
    read = read_date(text)
    shown = read_instant(text)
    if read.mark or shown.mark:
        return ""
    at = instant_of(text)
    if at is None or shown.value.endswith("T00:00:00Z"):
        return read.value
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def _changes(history: list[Entry]) -> list[Entry]:
    """Return the entries that changed the value; written twice the same is once."""
    found: list[Entry] = []
    for one in history:
        if not found or found[-1].value.strip() != one.value.strip():
            found.append(one)
    return found


def _priority(record: Record, reading: Reading, source: Source) -> Iterator[Evidence]:
    name = reading.settings.priority
    before = ""
    for one in _changes(entries(record, name)):
        if before:
            yield fact(Kind.PRIORITY, source, one, name, "cleared", before, reading)
        before = one.value.strip()
        if before:
            yield fact(Kind.PRIORITY, source, one, name, "set", before, reading)


def _scope(record: Record, reading: Reading, source: Source) -> Iterator[Evidence]:
    settings = reading.settings
    plans = entries(record, settings.replanned)
    for one in _changes(entries(record, settings.scope)):
        size = one.value.strip().partition(".")[0]
        if size:
            yield fact(Kind.SCOPE, source, one, settings.scope, size, "accounts", reading)
    sizes = entries(record, settings.scope)
    for plan in plans:
        size = value_at(sizes, plan.at).strip().partition(".")[0]
        if plan.value.strip() and size:
            day = day_of(plan.value, reading.zone)
            name = settings.replanned
            yield fact(Kind.SCOPE, source, plan, name, size, "accounts", reading, replanned=day)

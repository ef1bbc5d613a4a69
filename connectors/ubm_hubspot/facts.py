"""What HubSpot remembers of a property: which value, when, by whom. Pure.

HubSpot lists the newest value first, has no old-value field, and may keep only the newest values;
what it does not tell is said as a doubt, so that nothing is counted by it unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ubm_hubspot.decode import CREATED, moment
from ubm_hubspot.settings import FactSettings
from ubm_sync.evidence import Evidence, Kind, Side

SYSTEM = "hubspot"
_EARLIEST, _LATEST = 1970, 9000  # years an instant may be in; others are slips
CUT = "the history of"  # how the doubt begins of a value that took the place of one not told
_BORN = timedelta(minutes=1)  # what a record was made with is in its history within this

Record = Mapping[str, Any]


class Entry(NamedTuple):
    """One value a property was given; ``user`` is a user's id, "" where it was none."""

    value: str
    at: datetime
    user: str
    source: str  # HubSpot's sourceType, in lower case
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading needs beside the records.

    ``email`` names a user by id, ``is_ours`` tells a colleague's address, ``stage`` gives the
    mapping's key of a stage id ("" where it has none any more), ``zone`` is the customer's.
    """

    settings: FactSettings
    email: Callable[[str], str | None]
    is_ours: Callable[[str], bool]
    stage: Callable[[str], str]
    zone: str = "UTC"


class Source(NamedTuple):
    """The record facts are read from: what names it in them, and what opens it."""

    record: str  # "tickets/501"
    link: str = ""


def source_of(kind: str, record: Record) -> Source:
    """Return what names a record of HubSpot's."""
    return Source(f"{kind}/{record['id']}", str(record.get("url") or ""))


def entries(record: Record, name: str, *, born: bool = False) -> list[Entry]:
    """Return a property's values, oldest first, with what is doubtful about them.

    ``born``: the record was made with a value of it, so that a later first one is not the first.
    """
    told = (record.get("propertiesWithHistory") or {}).get(name) or []
    found: list[Entry] = []
    for one in reversed(told):
        at = _moment(one.get("timestamp"))
        if at is None:
            continue
        doubt = ""
        if found and at < found[-1].at:
            doubt = f"{name} was set earlier than the value before it; was a clock set back?"
        source = str(one.get("sourceType") or "").lower()
        found.append(Entry(str(one.get("value") or ""), at, user_of(one), source, doubt))
    if found and born and _is_cut(record, found[0]):
        doubt = f"{CUT} {name} before {found[0].at.date()} is not kept any more"
        found[0] = found[0]._replace(doubt=doubt)
    return sorted(found, key=lambda one: one.at)


def _is_cut(record: Record, first: Entry) -> bool:
    """Return whether the oldest value known took the place of one that is not told."""
    created = _moment((record.get("properties") or {}).get(CREATED) or record.get("createdAt"))
    return created is not None and first.at > created + _BORN


def user_of(entry: Mapping[str, Any]) -> str:
    """Return the id of the user who set a value, "" where it was none."""
    named = entry.get("updatedByUserId")
    if named:
        return str(named)
    kind, _, number = str(entry.get("sourceId") or "").partition(":")
    return number if kind == "userId" and number.isdecimal() else ""


def value_at(history: list[Entry], instant: datetime) -> str:
    """Return the value that held at an instant, "" where none did."""
    return next((one.value for one in reversed(history) if one.at <= instant), "")


def whose(entry: Entry, reading: Reading) -> tuple[str, Side]:
    """Return who gave a property its value, and on whose side they are."""
    if entry.user:
        return reading.email(entry.user) or f"user {entry.user}", Side.US
    if entry.source in reading.settings.client_sources:
        return "", Side.CLIENT
    return entry.source.replace("_", " "), Side.UNKNOWN


def fact(
    kind: Kind,
    source: Source,
    entry: Entry,
    field: str,
    value: str,
    subject: str,
    reading: Reading,
    *,
    side: Side | None = None,
    at: datetime | None = None,
    **details: str,
) -> Evidence:
    """Return what one value of a property tells; ``side`` and ``at`` where it is not the entry's.

    Details without a text are left out.
    """
    actor, hand = whose(entry, reading)
    texts = {"doubt": entry.doubt, **details}
    return Evidence(
        kind,
        at or entry.at,
        subject,
        value,
        SYSTEM,
        source.record,
        field,
        actor,
        side or hand,
        source.link,
        {name: text for name, text in texts.items() if text},
    )


def _moment(text: object) -> datetime | None:
    try:
        at = moment(str(text or ""))
    except (ValueError, OverflowError, OSError):
        return None
    if at is None or not _EARLIEST <= at.year <= _LATEST:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def instant_of(text: str) -> datetime | None:
    """Return the instant a property's value names, None where it names none."""
    return _moment(text.strip())

"""Tasks as the checklist -> facts: what was asked for, by when, and when it came. Pure.

``Document: W-9`` that waits (or is not begun) was asked for; in progress it came and is looked at;
waiting again it was sent back; completed it is done; deferred it is not needed after all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from ubm_hubspot.facts import Reading, Record, entries, fact, source_of
from ubm_hubspot.facts_of_tickets import day_of
from ubm_sync.evidence import Evidence, Kind

STATUS = "hs_task_status"
DUE = "hs_timestamp"
TITLE = "hs_task_subject"
WANTED = (STATUS, DUE)

_BRIEF = timedelta(hours=1)  # a day that was named for less was a slip of the hand
_OPEN = frozenset({"NOT_STARTED", "WAITING"})


class _Words(NamedTuple):
    """What the steps of a task mean; "": nothing."""

    asked: str
    came: str
    back: str
    done: str
    void: str


_ITEMS: Mapping[str, tuple[Kind, _Words]] = {
    "item": (Kind.ITEM, _Words("requested", "received", "rejected", "accepted", "void")),
    "approval": (Kind.APPROVAL, _Words("requested", "", "", "approved", "void")),
    "credential": (Kind.CREDENTIAL, _Words("requested", "received", "requested", "valid", "void")),
    "authorisation": (Kind.AUTHORISATION, _Words("sent", "", "", "confirmed", "void")),
    "portal": (Kind.PORTAL, _Words("down", "", "down", "up", "up")),
    "error": (Kind.ERROR, _Words("open", "", "open", "fixed", "fixed")),
}
_OWN = frozenset({Kind.ITEM, Kind.APPROVAL})  # each task is a thing of its own, by any name


def of_task(record: Record, reading: Reading) -> Iterator[Evidence]:
    """Yield what became of an item of the checklist; nothing for a task that is none."""
    kind, words, text = _item(record, reading)
    if kind is None or words is None:
        return
    source = source_of("tasks", record)
    subject = source.record if kind in _OWN else text
    due, doubt = _due(record, reading) if kind in _OWN else ("", "")
    before = ""
    for entry in entries(record, STATUS, born=True):
        status = entry.value.strip().upper()
        value = _value(words, before, status)
        before = status
        if value:
            yield fact(
                kind, source, entry, STATUS, value, subject, reading,
                due=due, text=text, doubt=entry.doubt or doubt,
            )  # fmt: skip


def _item(record: Record, reading: Reading) -> tuple[Kind | None, _Words | None, str]:
    title = str((record.get("properties") or {}).get(TITLE) or "").strip()
    for prefix, what in reading.settings.checklist.items():
        if title.casefold().startswith(prefix.strip().casefold()):
            kind, words = _ITEMS[what]
            return kind, words, title[len(prefix.strip()) :].strip() or title
    return None, None, ""


def _value(words: _Words, before: str, status: str) -> str:
    """Return what a step of a task means after the one before."""
    if status in _OPEN:
        if before in _OPEN:
            return ""
        return words.asked if before in {"", "DEFERRED"} else words.back
    return {"IN_PROGRESS": words.came, "COMPLETED": words.done, "DEFERRED": words.void}.get(
        status, ""
    )


def _due(record: Record, reading: Reading) -> tuple[str, str]:
    """Return the day an item was due, and what is doubtful about it.

    A day that was put off counts; one that was brought forward does not, since the client had been
    told the later one.
    """
    history = entries(record, DUE)
    days = [
        day_of(one.value, reading.zone)
        for one, after in pairwise([*history, None])
        if one is not None and (after is None or after.at - one.at >= _BRIEF)
    ]
    days = [day for day in days if day]
    if not days:
        return "", ""
    doubt = "" if days[-1] == max(days) else "the day it was due was brought forward"
    return max(days), doubt

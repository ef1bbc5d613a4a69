"""Fields that a changed mapping put into records that were there already. Pure.

Filling them in is a plan of its own: it waits until a person approved it or carried out a plan that
shows it. What somebody types afterwards is an edit like any other and does not wait.
"""

from __future__ import annotations

from collections.abc import Mapping

from ubm_sync.model import Mark, Observation, Written
from ubm_sync.sync import notebook as book
from ubm_sync.sync.plan import RecordPlan


def is_backfill(plan: RecordPlan, place: str, name: str, value: Written, version: str) -> bool:
    """Return whether a value would fill a field in that is new to the record.

    Where another value was held under the same mapping, somebody edited the record since.
    """
    entry = plan.subject.notebook.get(f"{book.FRESH}{place}.{name}")
    if entry is None:
        return False
    if not entry:
        return True
    held, under = book.unpacked(entry, 2)
    return under != version or held == _text(value)


def remember(
    plan: RecordPlan,
    written: Mapping[str, frozenset[str]],
    seen: Mapping[str, Observation],
    version: str,
    notebook: dict[str, str],
) -> None:
    """Note what is held, and forget the fields that are filled in, or need not be.

    ``written`` are the fields that landed, by place.
    """
    for where in [where for where, _ in book.entries(notebook, book.FRESH)]:
        place, _, name = where.partition(".")
        if where in plan.held:
            notebook[book.FRESH + where] = book.packed(_text(plan.held[where]), version)
        elif name in written.get(place, ()) or _is_settled(plan, place, name, seen):
            notebook.pop(book.FRESH + where)


def _is_settled(plan: RecordPlan, place: str, name: str, seen: Mapping[str, Observation]) -> bool:
    """Return whether a field was looked at and nothing is to be written into it."""
    there = seen.get(place)
    if plan.withheld or there is None or there.marks.get(name) == Mark.UNSEEN:
        return False
    if name in plan.subject.blind.get(place, ()) or place in plan.subject.shut:
        return False
    return not any(one.place == place and name in one.values for one in plan.writes)


def _text(value: Written) -> str:
    return value if isinstance(value, str) else ""

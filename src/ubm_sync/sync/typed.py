"""What people typed between our look and our write, as if it had not been written over. Pure.

A system keeps what its fields held before. Where the value that our write replaced is neither the
one the decision saw nor the one it wrote, somebody typed it in between. It is then treated as what
it is, an edit that nobody had seen: the merge sees it in its place, beside the value we wrote, and
whatever follows (a conflict, one of them wins) is written, the typed value itself included. Where a
write was sent again for want of an answer, somebody may have typed over ours: that edit is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ubm_sync.model import Observation, Outcome, Past, Result, Write, Written
from ubm_sync.state import Doubt
from ubm_sync.sync import notebook as book
from ubm_sync.sync.rules import PlaceRule, Rules

if TYPE_CHECKING:
    from ubm_sync.sync.plan import RecordPlan


def doubts(
    rules: Rules, plan: RecordPlan, sent: Mapping[str, Write], outcomes: Mapping[str, Outcome]
) -> Iterator[Doubt]:
    """Yield the fields whose history must tell whether somebody was written over."""
    for place, outcome in outcomes.items():
        if outcome.result is Result.REFUSED or not (
            outcome.contested or outcome.result is Result.UNKNOWN
        ):
            continue
        write = sent.get(place)
        ref = write and (write.ref or outcome.ref)
        if write is None or not ref:
            continue
        for name, seen in _set_by_people(rules.places[place], write).items():
            if outcome.landed and name not in outcome.landed:
                continue
            origin = " ".join(_origin(plan, place, name))
            written = text_of(write.values.get(name))
            yield Doubt(
                plan.subject.sync_id, place, ref, write.container, name,
                seen or "", written, origin,
            )  # fmt: skip


def _set_by_people(rule: PlaceRule, write: Write) -> Mapping[str, str | None]:
    """Return the fields of a write that people set too, with what the decision saw there."""
    if write.ref is not None:
        return write.careful
    return {name: None for name in write.values if name in rule.people}


def _origin(plan: RecordPlan, to: str, name: str) -> Iterable[str]:
    """Return the places a value came from: where it was typed, or stood when it was chosen.

    ``UNFILLED`` where the agreed value is written into a place where it never was.
    """
    decided, changed = plan.merged.decided, plan.merged.changed.get(name, ())
    if name not in decided:
        put = plan.subject.notebook.get(f"{book.PUT}{to}.{name}", "")
        missing = put.startswith(book.UNFILLED)
        return [book.UNFILLED] if missing and not changed else changed
    seen = plan.subject.seen.items()
    return [place for place, one in seen if one.values.get(name) == decided[name]]


def has_not_seen_it(doubt: Doubt) -> bool:
    """Return whether who was written over typed where the agreed value never was."""
    return doubt.origin == book.UNFILLED


def overwritten(doubt: Doubt, past: Sequence[Past], rule: PlaceRule) -> Past | None:
    """Return what was typed unseen and written over, None where nothing was.

    ``past`` are a field's values, the newest first. Values of which both the older and the newer
    one are known to us are no news, whoever set them. Where the decision had seen our value there
    already, only what somebody else typed over it is news: our own steps to it were seen, and by
    whoever has a name and set our value over a step without one. What it had seen is news where it
    took our value for one that was never there.
    """
    field, ours = doubt.field, doubt.written

    def is_ours(one: Past) -> bool:
        return is_same(rule, field, one.value, ours)

    for at, (newer, older) in enumerate(pairwise(past)):
        if not is_ours(newer) or is_ours(older):  # sent twice, after a lost answer
            continue
        if is_same(rule, field, older.value, doubt.seen):
            had_ours = has_not_seen_it(doubt) and any(map(is_ours, past[at + 2 : at + 3]))
            return older if had_ours and older.by and older.by != newer.by else None
        if is_same(rule, field, doubt.seen, ours) and (
            not any(map(is_ours, past[at + 2 :])) or (newer.by and older.by in {newer.by, None})
        ):
            return None
        return None if _typed_ours_again(doubt, past[at:], is_ours, rule) else older
    return None


def _typed_ours_again(
    doubt: Doubt, past: Sequence[Past], is_ours: Callable[[Past], bool], rule: PlaceRule
) -> bool:
    """Return whether who typed over ours set our value again, which ends the matter.

    So it is where our write had landed before that, on what the decision saw, under a name other
    than theirs. Where the service goes by the name of a person, nobody can say.
    """
    newer, older, *before = past
    if not newer.by or newer.by != older.by:
        return False
    shown = [one.value for one in before[1:]] + [None]  # a history need not begin empty
    return any(
        is_ours(one) and one.by != newer.by and is_same(rule, doubt.field, beneath, doubt.seen)
        for one, beneath in zip(before, shown, strict=False)
    )


def had_seen_ours(doubt: Doubt, past: Sequence[Past], typed: Past, rule: PlaceRule) -> bool:
    """Return whether a value was typed over ours, which was then sent again and replaced it.

    Not where the one who typed it may have typed ours afterwards: then nobody can say what counts.
    """
    at = past.index(typed)
    if not at or past[at - 1].by == typed.by:
        return False
    return any(
        is_same(rule, doubt.field, one.value, doubt.written) for one in past[at + 1 : at + 2]
    )


def was_typed_over(doubt: Doubt, past: Sequence[Past], rule: PlaceRule) -> bool:
    """Return whether our write landed on what we had seen there, and somebody has set it since.

    That is what its answer would have told, had it come: whoever typed next had seen ours. A
    history need not begin with the empty field.
    """
    if not past or is_same(rule, doubt.field, past[0].value, doubt.written):
        return False
    shown = [*(one.value for one in past[1:]), None]
    return any(
        is_same(rule, doubt.field, newer, doubt.written)
        and is_same(rule, doubt.field, older, doubt.seen)
        for newer, older in pairwise(shown)
    )


def as_typed(
    seen: Mapping[str, Observation],
    notebook: Mapping[str, str],
    places: Mapping[str, PlaceRule],
) -> Mapping[str, Observation]:
    """Return what is there with the typed values in place of the ones written over them."""
    shown = seen
    for place, name, typed, by in _active(seen, notebook, places):
        there = shown[place]
        values = {key: value for key, value in there.values.items() if key != name}
        if typed:
            values[name] = typed
        shown = {**shown, place: replace(there, values=values, modified_by=by or there.modified_by)}
    return shown


def put_back(
    place: PlaceRule,
    seen: Observation,
    notebook: Mapping[str, str],
    wanted: dict[str, Written],
) -> None:
    """Have typed values written again where nothing else is wanted there."""
    for _, name, typed, _ in _active({place.name: seen}, notebook, {place.name: place}):
        if name in place.writable:
            wanted.setdefault(name, typed or None)


def forget_put_back(
    plan: RecordPlan,
    seen: Mapping[str, Observation],
    notebook: dict[str, str],
    places: Mapping[str, PlaceRule],
) -> None:
    """Forget typed values that are there again, were replaced by people, or did not win.

    ``seen`` is what is there after the writes.
    """
    waiting = {(write.place, name) for write in plan.writes for name in write.values}
    active = _spots(seen, notebook, places) & _spots(plan.subject.seen, notebook, places)
    for where in [where for where, _ in book.entries(notebook, book.OVER)]:
        place, _, name = where.partition(".")
        if (place, name) not in active or not ((place, name) in waiting or plan.withheld):
            notebook.pop(book.OVER + where)


def text_of(value: Written) -> str:
    """Return a written value as text, "" for none."""
    return value if isinstance(value, str) else ""


def _active(
    seen: Mapping[str, Observation],
    notebook: Mapping[str, str],
    places: Mapping[str, PlaceRule],
) -> list[tuple[str, str, str, str]]:
    """Return ``(place, field, typed, by)`` of what was written over and still is."""
    found = []
    for where, entry in book.entries(notebook, book.OVER):
        place, _, name = where.partition(".")
        typed, written, by = book.unpacked(entry, 3)
        there = seen.get(place)
        if there is None or there.gone:
            continue
        if is_same(places[place], name, there.values.get(name), written):
            found.append((place, name, typed, by))
    return found


def _spots(
    seen: Mapping[str, Observation],
    notebook: Mapping[str, str],
    places: Mapping[str, PlaceRule],
) -> set[tuple[str, str]]:
    return {(place, name) for place, name, _, _ in _active(seen, notebook, places)}


def is_same(rule: PlaceRule, field: str, value: str | None, other: str) -> bool:
    """Return whether two values of a field mean the same; "" and None are no value."""
    if (value or "") == other:
        return True
    return bool(value) and bool(other) and rule.same[field](value or "", other)

"""Promises about which values are one value, and who typed it.

As ``oracle``: nothing here imports the service, and a complaint is a sentence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.simulation.model import Ending, Model, Typed


def same(a: str, b: str) -> bool:
    """Return whether two shown values mean the same: blanks around text mean nothing."""
    return squeezed(a) == squeezed(b)


def squeezed(value: str) -> str:
    """Return a value without the blanks that mean nothing."""
    return " ".join(value.split())


def invents_no_conflict(model: Model, ending: Ending) -> Iterator[str]:
    """The sides of a conflict differ by more than the way they are written."""
    sides: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in ending.kept:
        if one.open:
            sides[one.record, one.field].append(one.value)
    for (record, name), values in sides.items():
        if len(values) > 1 and all(same(values[0], value) for value in values[1:]):
            yield f"{name} of {record} waits, though both sides say {values[0]!r}"
    if model.restorations or any(place == "ticket" for place, _ in model.disturbed):
        return  # nobody knows what had been agreed, or a vendor chose between two tickets
    typed = {(one.place, one.field, squeezed(one.value)) for one in model.typings}
    for one in ending.kept:
        side = one.place, one.field, squeezed(one.value)
        if one.open and one.value and one.place == "ticket" and side not in typed:
            yield f"{one.field} of {one.record} waits, and nobody typed {one.value!r} on a ticket"


def respells_nothing(model: Model, ending: Ending) -> Iterator[str]:
    """What says the same is not written over: a blank more or less sets nothing in motion."""
    if model.lost_answers:
        return  # nobody knows what is there, and it is written once more
    last: dict[tuple[str, str, str], str] = {}
    for change in ending.changes:
        where = change.place, change.ref, change.field
        before, last[where] = last.get(where, ""), change.value
        if change.ours and before != change.value and same(before, change.value):
            yield f"{change.value!r} was written over {before!r} in {' '.join(where)}"


def gave_way_to_a_latecomer(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether the request of an instance that had stood still brought the old value back.

    It says what that instance had read. Who typed after that, and before the standstill, was read
    by the other instance: everybody agreed, and what arrives then looks like an edit back.
    """
    records = {
        ("ticket" if one.place == "elsewhere" else one.place, one.ref): one.record
        for one in ending.things
    }
    record = records.get((typed.place, model.now(typed.place, typed.ref)))
    for since, until, at in model.latecomers:
        if not (since <= typed.number < until and record):
            continue
        read = next(
            one.before
            for one in model.typings
            if one.number >= since
            and (one.place, one.ref, one.field) == (typed.place, typed.ref, typed.field)
        )
        if any(
            one.ours
            and one.field == typed.field
            and abs(one.at - at) < 1
            and same(one.value, read)
            and records.get((one.place, one.ref)) == record
            for one in ending.changes
        ):
            return True
    return False


def keeps_what_was_typed(model: Model, ending: Ending) -> Iterator[str]:
    """Nothing is kept as if somebody had typed it on a ticket or in the store who never did.

    Into rows, and into tickets that are merged, values come in other ways too.
    """
    unsure = model.restorations or model.lost_answers or model.frozen
    if unsure or any(place == "ticket" for place, _ in model.disturbed):
        return
    typed = {(one.field, squeezed(one.value)) for one in model.typings}
    places = {(one.place, one.field, squeezed(one.value)) for one in model.typings}
    for one in ending.put_aside:
        value = squeezed(one.value)
        if one.place == "row":
            continue
        if (one.field, value) in typed and (one.place, one.field, value) not in places:
            yield (
                f"{one.field}={one.value!r} is kept as typed on the {one.place} of {one.record}, "
                "where nobody typed it"
            )

"""Where what was typed may be gone all the same: nobody could tell that it was typed at all.

Each is a known limit and no wider than it. Nothing here imports the service or a connector.
"""

from __future__ import annotations

from itertools import pairwise
from math import floor

from tests.simulation.comparing import gave_way_to_a_latecomer, same
from tests.simulation.fields import NAMES
from tests.simulation.model import Change, Ending, Model, Thing, Typed

# What the vendor's list of checkboxes takes for a tick or none, and says where it is text again.
TICKS = dict.fromkeys(("true", "yes", "1"), "true") | dict.fromkeys(("false", "no", "0"), "false")
SLOWEST = 80  # seconds: later than that no search of the stories shows a change of a ticket


def counts_as_none(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether nobody can tell an edit from what stood there before (known limits)."""
    if typed.value == "" and model.restorations:
        return True  # an older state knows nothing of it, and neither does what is there
    filled = model.filled.get((model.now("ticket", typed.ref), typed.field), 0)
    if typed.place == "ticket" and typed.value == "" and typed.number < filled:
        return True  # what was merged into the ticket stands there instead
    if _was_spelt_by_a_checkbox(model, typed, ending):
        return True
    if typed.value == "" and _was_away(model, typed):
        return True  # what is empty where a field comes back is filled in
    if _was_taken_back(model, typed, ending) or gave_way_to_a_latecomer(model, typed, ending):
        return True
    if _was_to_be_looked_back_at(model, typed, ending):
        return True
    if _was_seen_in_both_places(model, typed, ending):
        return True
    return _stood_there_before(model, typed, ending) or _is_in_the_copy(model, typed, ending)


def _was_away(model: Model, typed: Typed) -> bool:
    """Return whether the mapping had no such field there, or none any more before it was read."""
    return any(
        (name, place) == (typed.field, typed.place) and since <= typed.number < until
        for name, place, since, until in model.away
    )


def _was_spelt_by_a_checkbox(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether a tick, as people type one, came back in one word from a list of checkboxes.

    An administrator made one of the column and took it back: the vendor tells this from what is
    typed there in no way.
    """
    tick = TICKS.get(typed.value.strip().lower())
    if tick is None:
        return False
    title, here = NAMES[typed.field][0], model.now(typed.place, typed.ref)
    records = {one.record for one in ending.things if (one.place, one.ref) == (typed.place, here)}
    rows = [one for one in ending.things if one.place == "row" and one.record in records]
    return any(
        model.damage.get((row.owner, title), ("", ""))[0] == "retype"
        and row.fields[typed.field] == tick
        for row in rows
    )


def _is_in_the_copy(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether an older state that was put back shows what was typed anew since.

    To it nothing changed there, and what had been typed in between and was carried elsewhere is an
    edit made there: the vendors' histories need not tell a service its own writes from a person's.
    """
    carried = any(
        one.ours
        and one.place != typed.place
        and one.field == typed.field
        and same(one.value, typed.before)
        for one in ending.changes
    )
    for copied, put_back in model.forgotten if carried else ():
        since = [
            one
            for one in model.typings
            if copied <= one.number < typed.number
            and (one.place, one.ref, one.field) == (typed.place, typed.ref, typed.field)
        ]
        if since and since[0].number < put_back and same(since[0].before, typed.value):
            return True
    return False


def _was_to_be_looked_back_at(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether a write landed on it unseen, and the state that was to look back is gone.

    An older state was put back before the next cycle came to its end. To it both places say what
    was written: no vendor's history tells whether that value had been seen where it came from.
    A history of whole seconds, or one that spreads what is of one moment, tells only the second.
    """
    where = typed.place, model.now(typed.place, typed.ref), typed.field
    there = [one for one in ending.changes if (one.place, one.ref, one.field) == where]
    return any(
        since <= typed.number < until
        and not theirs.ours
        and ours.ours
        and floor(ours.at) <= at
        and same(theirs.value, typed.value)
        for since, until, at in model.not_looked_back
        for theirs, ours in pairwise(there)
    )


def _was_seen_in_both_places(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether the ticket's manager had typed the same, and by then something else over it.

    Where the search still shows the former, both places agree, and the latter is an edit made
    after that. The ticket's history tells otherwise, unless something goes wrong and it cannot be
    asked.
    """
    if model.untroubled or typed.place == "ticket":
        return False
    records = {(one.place, one.ref): one.record for one in ending.things}
    here = typed.place, model.now(typed.place, typed.ref)
    theirs = [one for one in ending.changes if not one.ours and one.field == typed.field]
    times = [
        one.at for one in theirs if (one.place, one.ref) == here and same(one.value, typed.value)
    ]
    on_tickets = [
        one
        for one in theirs
        if one.place == "ticket" and records.get((one.place, one.ref)) == records.get(here)
    ]
    return any(
        same(before.value, typed.value)
        and any(floor(after.at) <= at <= after.at + SLOWEST for at in times)
        for before, after in pairwise(on_tickets)
    )


def _was_taken_back(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether somebody took back what had been typed there, and no one else ever saw.

    The service compares what it sees with what was agreed on: for it nobody typed anything there.
    It may have been typed over before, as long as the same stood there when that began.
    """
    told, unseen = _told(model, typed, ending), typed.before
    here = typed.place, typed.ref, typed.field
    filled = model.filled.get((typed.ref, typed.field), 0) if typed.place == "ticket" else 0
    for one in reversed(model.typings):
        if filled <= one.number < typed.number and (one.place, one.ref, one.field) == here:
            if not same(one.value, unseen) or any(same(unseen, other) for other in told):
                return False
            if one.before == typed.value:
                return True
            unseen = one.before
    # A merge fills what is empty.
    return 0 < filled <= typed.number and typed.value == "" and unseen not in told


def _told(model: Model, typed: Typed, ending: Ending) -> set[str]:
    """Return the values of a field that others saw of this record, or of one nobody knows now.

    Of a conflict only people hear: what they empty then says nothing new.
    """
    records = {(one.place, one.ref): one.record for one in ending.things}
    ours = records.get((typed.place, model.now(typed.place, typed.ref)), "")
    others = set(records.values()) - {ours}
    told = {
        one.value
        for one in ending.kept
        if one.field == typed.field and one.record not in others and (typed.value or not one.place)
    }
    return told | {
        one.value
        for one in ending.changes
        if one.ours
        and one.field == typed.field
        and records.get((one.place, model.now(one.place, one.ref)), "") not in others
    }


def _stood_there_before(model: Model, typed: Typed, ending: Ending) -> bool:
    """Return whether somebody typed again what the service had written over.

    Where the answer to that write was lost nobody can tell this from a write that never landed,
    however often it was sent before somebody typed.
    """
    where = typed.place, typed.ref, typed.field
    past: list[Change] = []
    for one in ending.changes:
        if (one.place, one.ref, one.field) == where and not (
            past and _was_sent_again(past[-1], one)
        ):
            past.append(one)
    values = ["", *(one.value for one in past)]
    return model.lost_answers > 0 and any(
        ours.ours
        and not theirs.ours
        and same(before, theirs.value)
        and same(theirs.value, typed.value)
        and same(ours.value, typed.before)
        for before, ours, theirs in zip(values, past, past[1:], strict=False)
    )


def _was_sent_again(before: Change, after: Change) -> bool:
    """Return whether the service wrote what it had just written."""
    return before.ours and after.ours and same(before.value, after.value)


def went_with_column(model: Model, typed: Typed, row: Thing) -> bool:
    """Return whether an administrator deleted the column into which this had been typed.

    Or moved the row to a sheet whose column has another title or type: then the vendor drops the
    cell.
    """
    if row.place != "row":
        return False
    title = NAMES[typed.field][0]
    until = [model.emptied.get((row.owner, title), 0)] + [
        number
        for (moved, name), number in model.left.items()
        if name == typed.field and model.now("row", moved) == row.ref
    ]
    return typed.number < max(until)

"""The promises, each a function from what people did and what is there to complaints.

Nothing here imports the service or a connector (a test says so). A complaint is a sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from tests.simulation.comparing import (
    invents_no_conflict,
    keeps_what_was_typed,
    respells_nothing,
    same,
    squeezed,
)
from tests.simulation.excuses import counts_as_none, went_with_column
from tests.simulation.fields import LIMITED, LONGEST, NAMES
from tests.simulation.model import Change, Ending, Model, Thing, Typed
from tests.simulation.telling import TELLING

NOTED = ("ticket", "enrolment", "onboarding")
LONG = "notes"  # the field that people may fill with more than a cell takes
SOON = 2  # cycles in which everything comes to rest
HOUR = 3600 - 60  # seconds of the guard's window; a write may arrive later than it was counted


def complaints(model: Model, ending: Ending) -> list[str]:
    """Return everything that is not as promised, each beginning with the promise's name."""
    return [f"{name}: {text}" for name, law in LAWS.items() for text in law(model, ending)]


def converges(model: Model, ending: Ending) -> Iterator[str]:
    """Two cycles, then nothing is written; no cycle breaks down.

    That a column was mended is heard in the first one; where the second one is busy with what had
    waited for it, the third one says the rest.
    """
    waited = model.busy and bool(model.damage)
    for number, writes in enumerate(ending.resting, 1):
        if number > SOON + waited and writes:
            yield f"cycle {number} after everything was mended wrote or meant to {writes} times"
    yield from ending.broke


def agrees(model: Model, ending: Ending) -> Iterator[str]:
    """Every shared value is in every system on its path, or waits in a conflict."""
    waiting = {(one.record, one.field) for one in ending.kept if one.open}
    waiting |= {(record, place.partition(".")[2]) for place, record, _ in ending.set_aside}
    rows = {one.record: one for one in ending.things if one.place == "row" and one.key}
    for there in ending.things:
        row = rows.get(there.record)
        if row is None or there.place not in {"ticket", "account"}:
            continue
        for name, value in there.fields.items():
            if name not in row.fields or (there.record, name) in waiting:
                continue
            if not model.unmapped.isdisjoint({(name, "row"), (name, there.place)}):
                continue
            if (row.owner, NAMES[name][0]) in model.spoilt:
                continue
            if len(value) <= LONGEST and not same(value, row.fields[name]):
                yield (
                    f"row {row.ref} shows {name}={row.fields[name]!r}, "
                    f"{there.place} {there.ref} shows {value[:60]!r}"
                )


def loses_nothing(model: Model, ending: Ending) -> Iterator[str]:
    """What was typed is there, was replaced where it was visible, or is kept."""
    keys = {
        ("ticket" if one.place == "elsewhere" else one.place, one.ref): one.record
        for one in ending.things
    }
    kept = {(one.record, one.field, squeezed(one.value)) for one in ending.kept}
    loose = {(one.field, squeezed(one.value)) for one in ending.kept if one.value}
    things = {(one.place, one.ref): one for one in ending.things}
    by_record: defaultdict[str, list[Thing]] = defaultdict(list)
    for one in ending.things:
        if one.key:
            by_record[one.record].append(one)
    for typed in model.typings:
        where = typed.place, model.now(typed.place, typed.ref)
        there = things.get(where)
        if there is None or where in model.absent:
            continue  # its people removed it
        if (there.owner, NAMES[typed.field][0]) in model.spoilt:
            continue
        if same(typed.before, typed.value) or same(there.fields.get(typed.field, ""), typed.value):
            continue  # nothing was changed, or it is there
        record = keys[where]
        value = squeezed(typed.value)
        if (record, typed.field, value) in kept or (typed.field, value) in loose:
            continue
        if _was_replaced(model, typed, record, keys) or went_with_column(model, typed, there):
            continue
        if counts_as_none(model, typed, ending):
            continue
        yield (
            f"{typed.value[:60]!r} was typed into {typed.field} of {typed.place} {typed.ref} over "
            f"{typed.before[:60]!r}; there is {there.fields.get(typed.field, '')[:60]!r} now"
        )


def _was_replaced(
    model: Model, typed: Typed, record: str, keys: dict[tuple[str, str], str]
) -> bool:
    """Return whether somebody typed over a value later, where it was visible."""
    for other in model.typings:
        if other.number <= typed.number or other.field != typed.field:
            continue
        where = other.place, model.now(other.place, other.ref)
        here = typed.place, model.now(typed.place, typed.ref)
        # One that is gone, or that changed customers, carried another identity before.
        theirs = {keys.get(where, ""), other.key, *model.carried.get(where[1], ())}
        ours = {record, typed.key, *model.carried.get(here[1], ())} - {""}
        if where != here and ours.isdisjoint(theirs):
            continue
        if same(other.before, typed.value):
            return True
    return False


def owns(model: Model, ending: Ending) -> Iterator[str]:
    """What only the service fills is put back, and what was typed there is kept."""
    kept = {one.value for one in ending.kept}
    rows = {one.record for one in ending.things if one.place == "row"}
    for one in model.meddlings:
        if _was_meddled_with_again(model, one):
            continue
        where = one.place, model.now(one.place, one.ref)
        for there in ending.things:
            # A state from before a record was known knows a ticket by its row only.
            known = not model.restorations or there.record in rows
            ours = there.key and known and where not in model.absent
            if (there.place, there.ref) == where and ours and one.value in there.shown.values():
                yield f"{one.value!r} still stands in {one.place} {one.ref}"
            # Over its own fields the service writes without looking first.
            # An older state may know nothing of the row: then they may be what it wrote itself.
            read = one.read and not model.restorations
            if (there.place, there.ref) == where and ours and read and one.value not in kept:
                yield f"{one.value!r}, put back in {one.place} {one.ref}, is kept nowhere"


def _was_meddled_with_again(model: Model, one: Typed) -> bool:
    """Return whether somebody typed over it while it still stood there: nobody had read it yet."""
    here = one.place, model.now(one.place, one.ref)
    return any(
        (other.place, model.now(other.place, other.ref)) == here and other.before == one.value
        for other in model.meddlings
        if other.number > one.number
    )


def echoes_nothing(model: Model, ending: Ending) -> Iterator[str]:
    """The service writes a value into a field once, unless somebody changes the field again."""
    again = model.frozen + model.lost_answers
    last: dict[tuple[str, str, str], Change] = {}
    for change in ending.changes:
        where = change.place, change.ref, change.field
        if not change.ours:
            last.pop(where, None)
            continue
        before = last.get(where)
        # A write whose answer was lost is sent again; so may be one of an instance that stood
        # still between its last look at the lease and its request, and one that an older state
        # does not know of while the place cannot be read.
        same = before is not None and before.value == change.value and not again
        known = before is not None and same and not _forgotten(model, before.at, change.at)
        if known and not _never_arrived(model, ending, where):
            yield f"{change.value!r} was written into {' '.join(where)} twice in a row"
        last[where] = change
    typings = Counter((typed.field, typed.value) for typed in model.typings if typed.value)
    covered = Counter((one.place, one.ref, one.field, one.before) for one in model.typings)
    writes = Counter(
        (one.place, one.ref, one.field, one.value) for one in ending.changes if one.ours
    )
    for (place, ref, name, value), count in writes.items():
        put_back = covered[place, ref, name, value]
        allowed = typings[name, value] + put_back + again + model.restorations
        allowed += _put_back_and_decided(model, ending, (place, ref, name), value)
        allowed += _never_arrived(model, ending, (place, ref, name))
        if typings[name, value] and allowed < count and (place, ref) not in model.disturbed:
            yield f"{value!r}, typed once, was written {count} times into {name} of {place} {ref}"


def _put_back_and_decided(
    model: Model, ending: Ending, where: tuple[str, str, str], value: str
) -> int:
    """Return how often another value was put back into a field, where a person decided afterwards.

    It had been written over unseen: it is one side of a conflict then, and the decision may be for
    what is written there now once more.
    """
    typed = {
        one.value
        for one in model.typings
        if (one.place, one.ref, one.field) == where and one.key in model.decisions
    } - {value}
    return sum(
        one.ours and (one.place, one.ref, one.field) == where and one.value in typed
        for one in ending.changes
    )


def _never_arrived(model: Model, ending: Ending, where: tuple[str, str, str]) -> int:
    """Return how many values were to be written into a field and were not, for the service died.

    It cannot know that. Where somebody takes such a value away elsewhere meanwhile, what stands in
    the field already is written once more, to be sure.
    """
    if not model.killed:
        return 0
    place, ref, name = where
    key = next((one.key for one in ending.things if (one.place, one.ref) == (place, ref)), "")
    there = {one.value for one in ending.changes if (one.place, one.ref, one.field) == where}
    here = f"{place} {key}", name
    return len({value for *spot, value in ending.meant if tuple(spot) == here} - there)


def _forgotten(model: Model, earlier: float, later: float) -> bool:
    """Return whether a state was put back that does not know what was written before it."""
    return any(earlier <= at <= later for at in model.put_back_at)


def creates_once(model: Model, ending: Ending) -> Iterator[str]:
    """A record is created at most once in each place, and is there at most once."""
    for (place, key), count in ending.creations.items():
        # A state from before a record knows nothing of what was created for it and then archived,
        # and neither does a service that was not answered, or died before it was.
        unanswered = model.lost_answers > 0 or model.killed
        unknown = unanswered and key in ending.archived
        if key and count > 1 + model.restorations + unknown:
            yield f"{place} {key} was created {count} times"
    there = Counter((one.place, one.key) for one in ending.things if one.key)
    for (place, key), count in there.items():
        if count > 1:
            yield f"{place} {key} is there {count} times"


def isolates(_model: Model, ending: Ending) -> Iterator[str]:
    """Nothing stays set aside once its cause is mended and it was tried again."""
    longer = {one.record for one in ending.things if len(one.fields.get(LONG, "")) > LONGEST}
    for place, record, why in ending.set_aside:
        if record in longer and place in {"row", f"row.{LONG}"}:
            continue  # no cell takes that much, and nobody shortened it
        yield f"{place} of {record} is still set aside: {why}"


def deletes_nothing(_model: Model, ending: Ending) -> Iterator[str]:
    """The service deletes nothing, and closes only what people asked to close."""
    if ending.deletions:
        yield f"the service sent {ending.deletions} requests that delete"
    for one in ending.things:
        if one.place == "account" and one.shown.get("status") in {"closing", "closed"}:
            yield f"account {one.ref} is {one.shown['status']}, and nobody asked for that"


def logs_everything(model: Model, ending: Ending) -> Iterator[str]:
    """The log is whole, and every field we wrote was meant to be written before.

    A create is an upsert: where an older state was put back that knows nothing of a thing, or an
    instance stood still while the other one created it, what the log says its creation was to hold
    is written into what is there.
    """
    if ending.chain:
        yield f"the log is broken: {ending.chain}"
    keys = {(one.place, one.ref): one.key for one in ending.things}
    for one in ending.changes:
        key = keys.get((one.place, one.ref))
        name = f"{one.place} {key}"
        held = (name, one.field, one.value) in ending.held
        upsert = held and (model.restorations > 0 or model.came_late(one.at))
        meant = (name, one.field) in ending.intents or upsert
        if one.ours and key and not meant:
            yield f"{one.field}={one.value!r} in {one.place} {one.ref} stands in no intent"


def says_once(model: Model, ending: Ending) -> Iterator[str]:
    """No note stands on a ticket more often than it was to be said."""
    for one in ending.things:
        # A state from before a note was written does not know of it: it is said once more.
        wanted = ending.announced[one.record, one.place] * (1 + model.restorations) + model.frozen
        merged = (one.place, one.ref) in model.disturbed  # it carries another one's notes too
        if one.key and one.place in NOTED and not merged and len(one.notes) > wanted:
            yield f"{one.place} {one.ref} has {len(one.notes)} notes, {wanted} were to be written"


def goes_in_order(model: Model, ending: Ending) -> Iterator[str]:
    """No account without an approval, no enrolment without an account."""
    accounts = {one.record for one in ending.things if one.place == "account"}
    for record in accounts:
        if record not in model.approvals:
            yield f"{record} has an account, and nobody approved it"
    for one in ending.things:
        if one.place == "enrolment" and one.record not in accounts:
            yield f"Data Services was asked about {one.record}, which has no account"


def keeps_apart(model: Model, ending: Ending) -> Iterator[str]:
    """Nothing that one customer typed is shown in another one's sheet."""
    for one in ending.things:
        if one.place != "row" or one.ref in model.foreign:
            continue
        text = "\n".join(one.shown.values())
        for mark, customers in model.marks.items():
            if one.owner not in customers and f"Place {mark}" in text.split("\n"):
                others = " and ".join(sorted(customers))
                yield f"row {one.ref} of {one.owner} shows what {others} typed: Place {mark}"


def asks_first(model: Model, ending: Ending) -> Iterator[str]:
    """No more values of a field change within an hour than the guard lets pass, or was approved."""
    if model.floor is None or model.jumped or model.restorations:
        return  # nobody knows which hour it was, or what was counted is gone
    owners = {one.record: one.owner for one in ending.things if one.place == "row" and one.key}
    records = {
        (one.place, one.ref): one.record
        for one in ending.things
        if one.ref not in model.crossed and (one.place, one.ref) not in model.disturbed
    }
    groups: defaultdict[tuple[str, str, str, bool], list[tuple[float, str]]] = defaultdict(list)
    for one in ending.changes:
        record = records.get((one.place, one.ref), "")
        if one.ours and record in owners:
            system = "smartsheet" if one.place == "row" else "hubspot"
            group = owners[record], system, one.field, not one.value
            groups[group].append((one.at, record))
    for (customer, system, name, clears), writes in groups.items():
        for start, until in sorted((a, b) for a, _ in writes for b, _ in writes):
            if not start <= until < start + HOUR:
                continue
            changed = {record for at, record in writes if start <= at <= until}
            allowed = LIMITED.get(name, model.floor)
            allowed += model.let_through(customer, system, name, until)
            if len(changed) > allowed:
                what = "emptied" if clears else "changed"
                yield (
                    f"{name} was {what} in {len(changed)} records of {customer} in {system} "
                    f"within an hour, allowed were {allowed}"
                )
                break


LAWS: dict[str, Callable[[Model, Ending], Iterator[str]]] = {
    "converges": converges,
    "agrees": agrees,
    "no lost update": loses_nothing,
    "ownership": owns,
    "no echo": echoes_nothing,
    "at most one create": creates_once,
    "isolation": isolates,
    "absence is not deletion": deletes_nothing,
    "audit": logs_everything,
    "no false conflict": invents_no_conflict,
    "spelling is no change": respells_nothing,
    "only edits are kept": keeps_what_was_typed,
    "notes said once": says_once,
    "order of the procedure": goes_in_order,
    "customers kept apart": keeps_apart,
    "guard": asks_first,
    **TELLING,
}

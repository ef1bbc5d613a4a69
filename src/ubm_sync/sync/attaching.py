"""A place, or a field of it, that is seen for the first time: nobody there agreed to the base.

It was created before a crash or after the backup from which the state was restored, or a changed
mapping put the field there, while what the service remembers was agreed on by the other places
alone. Where a field comes back that a changed mapping took out, what was agreed by then still is.
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ubm_sync.model import NOTHING, Mark, Observation, Values
from ubm_sync.state import Doubt, RecordState
from ubm_sync.sync import notebook as book
from ubm_sync.sync.rules import PlaceRule, Rules, SharedRule

UNMET = "not met"  # the version of what was archived when it was found; it may come back as it was


def meet(
    rule: PlaceRule,
    seen: Observation,
    base: Mapping[str, str],
    memory: Mapping[str, str],
    names: frozenset[str],
    held: Values = NOTHING,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return a record's base and memory once ``names`` of ``seen`` belong to it.

    ``held`` is what was last seen of what was merged into it. What is empty there was emptied by
    nobody, unless it was held: it is filled in, and who types there before that has not seen what
    is agreed. Where it shows another value than the base, nothing is agreed any more,
    unless we may have created it ourselves. With that value: then nobody typed it, and what the
    others agreed on never came there. With what is agreed: then it may have been typed over, or
    another creation of ours made it, and until its history tells, nobody there has seen what is
    agreed. Where the field was there before, and the others agreed on nothing else meanwhile, it
    was typed over. Where they did, what was agreed before is left over: nobody typed it.
    """
    agreed, remembered = dict(base), dict(memory)
    for name in sorted(names):
        where, value, before = f"{rule.name}.{name}", seen.values.get(name), base.get(name)
        left = remembered.pop(book.LEFT + where, None)
        if value is None:
            had = held.get(name)
            if before is not None and not _are_same(rule, name, had, before):
                remembered.setdefault(book.PUT + where, f"{book.UNFILLED}{had or ''}")
        elif any(_are_same(rule, name, one, before) for one in (value, left)):
            continue
        elif _are_same(rule, name, value, left):
            remembered.setdefault(book.PUT + where, f"{book.UNFILLED}{value}")
        elif before is not None and (ours := _may_have_sent(rule, name, memory)) is not None:
            if any(_are_same(rule, name, value, one) for one in ours):
                remembered[book.PUT + where] = f"{book.UNFILLED}{value}"
            elif any(_are_same(rule, name, before, one) for one in ours):
                remembered[book.PUT + where] = book.UNFILLED
            else:
                del agreed[name]
    return agreed, remembered


def held_before(rule: PlaceRule, old: Observation | None) -> Values:
    """Return what was seen of ``old``, once it was merged: a merge empties nothing that it held."""
    if old is None or not old.gone.startswith("merged"):
        return NOTHING
    unread = {name for name, mark in old.marks.items() if mark == Mark.UNSEEN} | rule.write_only
    return {name: value for name, value in old.values.items() if name not in unread}


def _are_same(rule: PlaceRule, name: str, value: str | None, other: str | None) -> bool:
    return value is not None and other is not None and rule.same[name](value, other)


def leave(
    place: str,
    seen: Observation,
    base: Mapping[str, str],
    memory: Mapping[str, str],
    names: Collection[str],
) -> dict[str, str]:
    """Return a record's memory once a changed mapping took ``names`` out of a place.

    It says what was agreed with that place, for the day on which they come back.
    """
    remembered = dict(memory)
    for name in sorted(names):
        where = f"{place}.{name}"
        if name not in seen.values and seen.marks.get(name) == Mark.UNSEEN:
            continue  # it was not looked at since it came
        remembered.pop(book.LEFT + where, None)
        is_open = any(sort + where in memory for sort in (book.PUT, book.SENT, book.OVER))
        if name in base and not is_open:
            remembered[book.LEFT + where] = base[name]
    return remembered


def _may_have_sent(rule: PlaceRule, name: str, memory: Mapping[str, str]) -> list[str] | None:
    """Return the values that we may have created a place with; None where an old log does not tell.

    A base that moved after the creation was sent is none of them.
    """
    if book.MADE + rule.name not in memory:
        return []
    entries = [memory.get(f"{sort}{rule.name}.{name}") for sort in (book.PUT, book.SENT)]
    told = [one for entry in entries if entry is not None for one in book.any_of(entry)]
    return [one for one in told if one] if told else None


def meet_all(
    rules: Rules,
    seen: Mapping[str, Observation],
    base: Mapping[str, str],
    memory: Mapping[str, str],
    *,
    accepted: bool,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return a record's base and memory once all that exists of it is brought together.

    Nobody agreed on anything, but what is empty was emptied by nobody: it is filled in from where
    there is something. Where places that may write say different things the merge asks, or follows
    the field's policy; nothing is decided here.
    """
    agreed, remembered = dict(base), dict(memory)
    for rule in rules.shared:
        there = {place: seen[place].values.get(rule.name) for place in rule.places if place in seen}
        value = agreed.pop(rule.name, None)
        if value is None or any(one and not rule.equal(one, value) for one in there.values()):
            value = _common(rule, there, accepted=accepted)
        if value is None:
            continue
        agreed[rule.name] = value
        for place, one in there.items():
            if one is None:
                remembered.setdefault(f"{book.PUT}{place}.{rule.name}", book.UNFILLED)
    return agreed, remembered


def _common(rule: SharedRule, there: Mapping[str, str | None], *, accepted: bool) -> str | None:
    """Return what everybody says who says something; None where the merge has to look at it.

    Where nobody may write who says something, the last place counts: that is where it is used.
    """
    said = {place: value for place, value in there.items() if value is not None}
    writers = [value for place, value in said.items() if rule.may_write(place, accepted=accepted)]
    if not writers:
        return next(reversed(said.values()), None)
    first = writers[0]
    return first if all(rule.equal(first, one) for one in said.values()) else None


def typed_over(rule: PlaceRule, seen: Observation, record: RecordState | None) -> Iterator[Doubt]:
    """Yield the fields of what was made without an answer that show another value than was sent.

    Somebody typed there, or they were left out: the system's history tells whether ours had been
    there, so that what was typed over it is newer.
    """
    if record is None or book.MADE + rule.name not in record.memory:
        return
    for name in sorted(rule.people):
        sent = book.any_of(record.memory.get(f"{book.SENT}{rule.name}.{name}"))
        shown = seen.values.get(name, "")
        if sent and sent[-1] not in {"", book.LATER} and not (shown and shown in sent):
            yield Doubt(record.sync_id, rule.name, seen.ref, seen.container, name, "", sent[-1])


def arrived(rule: PlaceRule, seen: Observation, memory: Mapping[str, str]) -> dict[str, str]:
    """Return a record's memory once what was made without an answer shows what was sent.

    It had landed: what is typed there from now on is newer, also where the service is killed again
    before anything is agreed on. What was agreed with another one in its place is forgotten. Of the
    service's own fields nothing is left to know once all that was sent is there.
    """
    left = f"{book.LEFT}{rule.name}."
    known = {key: value for key, value in memory.items() if not key.startswith(left)}
    if book.MADE + rule.name not in memory:
        return known
    for name in sorted(rule.shared & seen.values.keys()):
        where = f"{rule.name}.{name}"
        sent = book.any_of(memory.get(book.SENT + where))
        if sent and sent[-1] == seen.values[name] != book.LATER:
            del known[book.SENT + where]
            known[book.PUT + where] = sent[-1]
    for name in rule.service & seen.values.keys():
        key = f"{book.SENT}{rule.name}.{name}"
        if key in known and {*book.any_of(known[key])} <= {"", seen.values[name]}:
            del known[key]
    return known


def typed_unseen(
    rule: PlaceRule, seen: Observation, memory: Mapping[str, str], names: Collection[str]
) -> dict[str, str]:
    """Return what a person typed over the service's own fields before what was made was found.

    That is what was not sent when it was made; ``names`` are the fields that can be read. A state
    that does not say what was sent does not tell.
    """
    found: dict[str, str] = {}
    if book.MADE + rule.name not in memory:
        return found
    for name in sorted((rule.service - rule.write_only) & seen.values.keys() & {*names}):
        where, value = f"{rule.name}.{name}", seen.values[name]
        sent = book.any_of(memory.get(book.SENT + where))
        if sent and not any(one == book.LATER or _are_same(rule, name, value, one) for one in sent):
            found[where] = book.packed(value, sent[-1] or None, seen.modified_by)
    return found


def made_without(
    rule: PlaceRule, memory: Mapping[str, str], names: Collection[str]
) -> dict[str, str]:
    """Return a record's memory once ``names`` of what was made without an answer were read.

    Of what it was made without nothing of ours can come any more: what stands there was typed.
    """
    made = book.MADE + rule.name in memory
    read = {f"{book.SENT}{rule.name}.{name}" for name in names if name not in rule.write_only}
    return {key: one for key, one in memory.items() if one or not made or key not in read}


def is_met_now(known: tuple[str, Observation] | None, seen: Observation) -> bool:
    """Return whether what was archived when it was found is there for the first time."""
    return known is not None and known[1].version == UNMET and not seen.gone


def first_seen(old: Observation, new: Observation) -> frozenset[str]:
    """Return the fields that could never be seen until now."""
    return frozenset(
        name
        for name, mark in old.marks.items()
        if mark == Mark.UNSEEN and name not in old.values and new.marks.get(name) != Mark.UNSEEN
    )

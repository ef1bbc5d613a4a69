"""Why each value is written, in words and as data, for the audit. Pure.

One update is ``field -> [before, after, why]``, with a fourth part where a person stands behind
it: ``{"by": who, "at": when they changed it, "undo": the run that put an earlier value back}``,
each only where it is known. A create is ``[values, place, by, at]``: what it held, and the place,
person and instant of the request it was made from.
"""

from __future__ import annotations

from typing import Any

from ubm_sync.model import Observation, Ref, Values, Write, Written
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import DECIDED
from ubm_sync.sync.plan import RecordPlan, references
from ubm_sync.sync.rules import PlaceRule, Rules

SERVICE = "filled by the service"
CORRECTED = "the service corrected how it was written"
EXTRA = 3  # the part of an update's entry that may be left out


def created(rules: Rules, plan: RecordPlan, write: Write) -> list[Any]:
    """Return what a create holds, and whose request it comes from."""
    values: Any = write.values
    if references(write):
        values = {name: _text(value) for name, value in write.values.items()}
    seen = plan.subject.seen.get(rules.main)
    if seen is None:
        return [values, "", None, None]
    at = seen.modified_at or seen.created_at
    return [values, seen.place, seen.modified_by, at.isoformat() if at else None]


def explained(rules: Rules, plan: RecordPlan, write: Write) -> dict[str, list[Any]]:
    """Return ``field -> [before, after, why]`` of one update."""
    place = rules.places[write.place]
    before: Values = plan.subject.seen[write.place].values
    explained: dict[str, list[Any]] = {}
    for name, value in write.values.items():
        entry: list[Any] = [before.get(name), _text(value), SERVICE]
        if name in place.shared:
            entry[2:] = _cause(rules, plan, place, name)
        explained[name] = entry
    return explained


def _cause(rules: Rules, plan: RecordPlan, place: PlaceRule, name: str) -> list[Any]:
    """Return ``[why]`` or ``[why, who and when]`` for a shared field."""
    merged = plan.merged
    if name in merged.restored:
        wanted = merged.restored[name]
        by = {"by": wanted.by, "undo": wanted.run} if wanted.run else {"by": wanted.by}
        return [f"restored by {wanted.by}: {wanted.why}", by]
    if name in plan.decision.fixes:
        return [CORRECTED]
    for edit in merged.edits:
        if (edit.place, edit.field) == (place.name, name):
            return _put_back(rules, plan, edit.field, edit.by)
    for lost in merged.lost:
        if lost.field == name:
            return _settled(plan, name, lost.reason)
    places = merged.changed.get(name)
    if places:
        return _changed([plan.subject.seen[one] for one in places if one in plan.subject.seen])
    return ["brought to the value all agreed on"]


def _put_back(rules: Rules, plan: RecordPlan, name: str, by: str | None) -> list[Any]:
    rule = next(rule for rule in rules.shared if rule.name == name)
    accepted = plan.decision.accepted
    owners = sorted(one for one in rule.places if rule.may_write(one, accepted=accepted))
    whose = f"only {' and '.join(owners)} may change it" if owners else "nobody may change it"
    what = f"put back, {whose}; {by or 'somebody'} changed it"
    return [what, {"by": by}] if by else [what]


def _settled(plan: RecordPlan, name: str, reason: str) -> list[Any]:
    if reason == DECIDED:
        by = decider(plan, name)
        return [f"conflict decided by {by}", {"by": by}]
    winner = plan.merged.values.get(name)
    sides = [
        plan.subject.seen[place]
        for place in plan.merged.changed.get(name, ())
        if plan.subject.seen[place].values.get(name) == winner
    ]
    return [f"changed differently in two places, {_POLICY.get(reason, reason)}", *_person(sides)]


_POLICY = {"owner": "its owner's value stands", "newest": "the newest edit stands"}


def decider(plan: RecordPlan, name: str) -> str:
    """Return who decided a conflict: by command, or on a ticket."""
    entry = plan.subject.notebook.get(book.DECIDE + name)
    if entry is not None and (by := book.unpacked(entry, 2)[1]):
        return by
    for seen in plan.subject.seen.values():
        if "conflict_decision" in seen.values and seen.modified_by:
            return seen.modified_by
    return "a person"


def decided(plan: RecordPlan, name: str) -> dict[str, str]:
    """Return what the notebook has to say of a decision: the chosen value, what it was against."""
    lost = {
        f"{book.LOST}{one.place}.{name}": one.value or ""
        for one in plan.merged.lost
        if one.field == name
    }
    chosen = book.chosen(plan.merged.decided[name], decider(plan, name))
    return {**lost, book.DECIDE + name: chosen}


def _changed(sides: list[Observation]) -> list[Any]:
    where = ", ".join(
        f"{one.place} by {one.modified_by}" if one.modified_by else one.place for one in sides
    )
    return [f"changed in {where}", *_person(sides)]


def _person(sides: list[Observation]) -> list[dict[str, str]]:
    """Return who changed one of these last and when, as the fourth part of an entry."""
    known = [one for one in sides if one.modified_at is not None]
    if not known:
        return []
    last = max(known, key=lambda one: str(one.modified_at))
    when = {"at": last.modified_at.isoformat()} if last.modified_at else {}
    return [{"by": last.modified_by, **when} if last.modified_by else when]


def _text(value: Written) -> str | None:
    return f"<{value.place}>" if isinstance(value, Ref) else value

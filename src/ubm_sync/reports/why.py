"""Why a value is what it is: from what was seen, what was agreed, the log, and who typed it."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from ubm_sync.mapping import FieldRule, Mapping, Role
from ubm_sync.model import Observation, record_key
from ubm_sync.ports import Change
from ubm_sync.reports.told import Written, writes_of
from ubm_sync.state import RecordState, Tx
from ubm_sync.sync import notebook as book

VANISHED = "vanished"  # gone without a word of its system
_NEAR = timedelta(hours=1)  # a write may wait for its system before it is sent
_PROGRAM = "set here by a program"
Authors = MappingOf[str, Sequence[Change]]  # place -> what was typed there, newest first


@dataclass(frozen=True, slots=True)
class Subject:
    """A record's field that somebody asks about; ``seen`` are the places it lives in."""

    sync_id: str
    mapping: Mapping
    field: str
    seen: MappingOf[str, Observation]


def find(
    tx: Tx, mappings: MappingOf[str, Mapping], system: str, ref: str, field: str
) -> Subject | None:
    """Return the field of the record that has the id ``ref`` in ``system``; None: not known."""
    for mapping in mappings.values():
        for place in mapping.places_of(system):
            known = tx.observations.resolve(place.name, [ref])
            if ref in known and field in mapping.fields:
                sync_id = known[ref][0]
                seen = tx.observations.load([sync_id]).get(sync_id, {})
                lives = {
                    name: one
                    for name, one in seen.items()
                    if mapping.binding(name, field) is not None
                }
                return Subject(sync_id, mapping, field, lives)
    return None


def explain(tx: Tx, subject: Subject, authors: Authors) -> dict[str, Any]:
    """Return the story of one field.

    ``now``: its value in each place, and who gave it that. ``rule``: what the mapping says about
    it. ``history``, newest first: every value that was typed or written, with person, time, place,
    run, reason, and the entries of the log that prove it. ``conflicts`` and ``kept``: what two
    places disagreed on, and the values that were replaced. ``authors`` is what the systems
    themselves tell of who typed what.
    """
    sync_id, field, mapping = subject.sync_id, subject.field, subject.mapping
    record = tx.records.load([sync_id]).get(sync_id)
    names = {
        f"{place.name} {record_key(sync_id, place.suffix)}": place.name
        for place in mapping.places
        if mapping.binding(place.name, field) is not None
    }
    written = list(writes_of(tx.journal.about(sync_id), names, field))
    told = authors
    authors = {place: _not_ours(place, changes, written) for place, changes in told.items()}
    return {
        "record": sync_id,
        "customer": record.customer if record is not None else "",
        "field": field,
        "base": record.base.get(field, "") if record is not None else "",
        "rule": _rule(mapping.fields[field], mapping),
        "now": [
            _now(place, _or_vanished(record, place, one), subject, authors, written)
            for place, one in subject.seen.items()
        ],
        "history": _history(written, told, authors),
        "conflicts": [
            {
                "since": one.opened_at.isoformat(),
                "agreed_before": one.base or "",
                "values": dict(one.values),
                "closed": one.closed_at.isoformat() if one.closed_at else "",
                "how": one.how,
                "by": one.by,
            }
            for one in reversed(tx.conflicts.of(sync_id, field))
        ],
        "kept": [
            {
                "id": one.id,
                "at": one.at.isoformat(),
                "place": one.place,
                "value": one.value,
                "reason": one.reason,
                "by": one.by or "",
            }
            for one in reversed(tx.kept.list(sync_id))
            if one.field == field
        ],
    }


def with_versions(tx: Tx, subject: Subject, story: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Add which version of the configuration each value was written under, and the rule is from.

    Their numbers; None where it was not stored yet.
    """
    kind = subject.mapping.kind
    for entry in story["history"]:
        found = None
        if entry["mapping"]:
            found = tx.versions.using(kind, entry["mapping"], datetime.fromisoformat(entry["at"]))
        entry["version"] = found.number if found is not None else None
    used = tx.versions.using(kind, subject.mapping.hash, now)
    story["rule"]["version"] = used.number if used is not None else None
    return story


def _not_ours(
    place: str, changes: Sequence[Change], written: Sequence[Written]
) -> Sequence[Change]:
    """Leave out what this service wrote itself: the journal tells more about that.

    Systems do not say which program it was. Of what programs set, what is nearest in time to a
    write of ours with that value is ours; more of it is another program's, a workflow's perhaps.
    """
    others = [one for one in changes if not one.is_person]
    for write in written:
        if write.place != place or not write.may_have_landed:
            continue
        same = [
            one
            for one in others
            if (one.value or "") == (write.after or "") and abs(one.at - write.at) < _NEAR
        ]
        if same:
            others.remove(min(same, key=lambda one: abs(one.at - write.at)))
    return [one for one in changes if one.is_person or one in others]


def _rule(rule: FieldRule, mapping: Mapping) -> dict[str, Any]:
    return {
        "text": _in_words(rule),
        "role": rule.role.value,
        "writers": sorted(rule.writers),
        "writers_once_accepted": sorted(rule.writers_once_accepted),
        "conflict": rule.conflict.value,
        "owner": rule.owner or "",
        "mapping": mapping.hash,
    }


def _in_words(rule: FieldRule) -> str:
    if rule.role is Role.SERVICE:
        return "filled by the service; an edit by a person is put back"
    if rule.role is Role.SIGNAL:
        return "set by people for the service to read"
    text = f"may be changed in {_places(rule.writers)}"
    if rule.writers_once_accepted != rule.writers:
        text += f", once the account exists in {_places(rule.writers_once_accepted)}"
    who = {"ask": "a person decides", "newest": "the newest edit stands"}
    else_ = who.get(rule.conflict.value, f"the value of {rule.owner} stands")
    return f"{text}; changed differently in two places, {else_}"


def _places(names: frozenset[str]) -> str:
    return " and ".join(sorted(names)) or "no place"


def _now(
    place: str,
    seen: Observation,
    subject: Subject,
    authors: Authors,
    written: Sequence[Written],
) -> dict[str, Any]:
    """Return what a place shows, and who gave the field that value as far as it is known."""
    value = seen.values.get(subject.field, "")
    by, at, how = _giver(place, value, seen, authors, written)
    return {
        "place": place,
        "ref": seen.ref,
        "value": value,
        "at": at,
        "by": by,
        "how": how,
        "gone": seen.gone,
    }


def _or_vanished(record: RecordState | None, place: str, seen: Observation) -> Observation:
    """Return what was last seen in a place, as gone where a person is asked what became of it."""
    asked = record is not None and book.VANISHED + place in record.memory
    return replace(seen, gone=VANISHED) if asked and not seen.gone else seen


def _giver(
    place: str, value: str, seen: Observation, authors: Authors, written: Sequence[Written]
) -> tuple[str, str, str]:
    """Return ``(who, when, how)`` of the value a place shows now."""
    last = next((one for one in written if one.place == place and one.landed), None)
    typed = next(iter(authors.get(place, ())), None)
    if typed is not None and (typed.value or "") == value:
        return typed.by, typed.at.isoformat(), "typed here" if typed.is_person else _PROGRAM
    if last is not None and (last.after or "") == value:
        source = _carried(last, authors)
        return source, last.typed_at or last.at.isoformat(), last.why
    at = seen.modified_at.isoformat() if seen.modified_at else ""
    return seen.modified_by or "", at, "as the record was last changed" if at else ""


def _history(written: Sequence[Written], told: Authors, authors: Authors) -> list[dict[str, Any]]:
    """Return what was written and what was typed as one story, newest first."""
    wrote = [(one.at, 1, _told(one, authors)) for one in written]
    typed = [
        (one.at, 0, _typed(place, one, before))
        for place, changes in told.items()
        for one, before in zip_longest(changes, changes[1:])
        if one in authors[place]
    ]
    newest = sorted([*wrote, *typed], key=lambda one: (one[0], one[1]), reverse=True)
    return [entry for _, _, entry in newest]


def _told(one: Written, authors: Authors) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "what": "written",
        "run": one.run,
        "place": one.place,
        "before": one.before,
        "after": one.after,
        "by": _carried(one, authors),
        "typed_at": one.typed_at,
        "why": one.why,
        "result": one.result,
        "mapping": one.mapping,
        "intent": one.intent,
        "outcome": one.outcome,
    }


def _typed(place: str, one: Change, before: Change | None) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "what": "typed",
        "run": "",
        "place": place,
        "before": before.value if before is not None else None,
        "after": one.value,
        "by": one.by,
        "typed_at": one.at.isoformat(),
        "why": f"{'typed here' if one.is_person else _PROGRAM}, as the system itself tells",
        "result": "",
        "mapping": "",
        "intent": None,
        "outcome": None,
    }


def _carried(one: Written, authors: Authors) -> str:
    """Return whose edit a write carries: as noted then, else as the edit's own system tells."""
    if one.by:
        return one.by
    edits = [
        change
        for place, changes in authors.items()
        if place != one.place
        for change in changes
        if change.value == one.after and change.at <= one.at
    ]
    newest: datetime | None = max((change.at for change in edits), default=None)
    return next((change.by for change in edits if change.at == newest), "")

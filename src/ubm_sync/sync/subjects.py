"""What the merge of one record is asked, and what the record is accepted with. Pure.

Some fields change owner with the acceptance: until then a row's edit of the account number counts.
One that comes together with the approval is newer than what the manager looked at, so the record
is accepted with what its ticket showed, and the edit is put back and told as one that came later.
The same holds after a crash in between, which finds the account and not the acceptance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ubm_sync.flow import Flow
from ubm_sync.model import NOTHING, Observation
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import HOLDS, Merged, merge
from ubm_sync.sync.own import own_values
from ubm_sync.sync.restoring import restore
from ubm_sync.sync.rules import Rules, SharedRule
from ubm_sync.sync.typed import as_typed

if TYPE_CHECKING:
    from ubm_sync.sync.plan import Subject

DECISION = "conflict_decision"
KEEP = "keep_"


def merge_subject(
    rules: Rules, flow: Flow, subject: Subject, now: datetime | None = None
) -> Merged:
    """Merge one record's shared fields, with what people decided: conflicts, earlier values."""
    accepted = flow.accepted(subject.memory)
    return _merge(rules, subject, NOTHING, now, accepted=accepted)


def typed_too_late(
    rules: Rules, flow: Flow, subject: Subject, merged: Merged
) -> Sequence[SharedRule]:
    """Return the fields changed where that counts no more if the record is accepted now.

    Nobody looked at a record that is in one place only before it was accepted there.
    """
    if not merged.changed or len(subject.seen) == 1 or flow.accepted(subject.memory):
        return ()
    return [
        rule
        for rule in rules.narrowed
        if not rule.writers_once_accepted.issuperset(merged.changed.get(rule.name, ()))
    ]


def merge_once_accepted(
    rules: Rules,
    subject: Subject,
    merged: Merged,
    late: Sequence[SharedRule],
    now: datetime | None = None,
) -> Merged:
    """Merge a record by who may write once it is accepted; ``merged`` is how it merged before.

    What was never agreed on in the ``late`` fields, because the service was killed before, stands
    as we wrote it where that was looked at, and holds until every place shows it.
    """
    chosen = {name: f"={value or ''}" for name, value in merged.decided.items()}
    once = _merge(rules, subject, chosen, now, accepted=True)
    looked_at = {
        rule.name: f"={value}"
        for rule in late
        if rule.name not in (subject.base.keys() | once.changed.keys() | chosen.keys())
        if (value := _shown(rule, subject)) is not None
    }
    if looked_at:
        once = _merge(rules, subject, {**chosen, **looked_at}, now, accepted=True)
    return once


def hold(merged: Merged, subject: Subject, late: Sequence[SharedRule]) -> None:
    """Have the values of the ``late`` fields stand until every place shows them.

    Who typed one may write it no more by then.
    """
    for rule in late:
        value = merged.values.get(rule.name)
        if rule.name not in merged.blocked and not rule.equal(value, subject.base.get(rule.name)):
            merged.decided.setdefault(rule.name, value)


def _shown(rule: SharedRule, subject: Subject) -> str | None:
    """Return what a place shows that may write a field once the record is accepted."""
    for place in rule.places:
        there = subject.seen.get(place)
        if there is None or there.gone or place not in rule.writers_once_accepted:
            continue
        if (value := there.values.get(rule.name)) is not None:
            return value
    return None


def _merge(
    rules: Rules,
    subject: Subject,
    chosen: Mapping[str, str],
    now: datetime | None,
    *,
    accepted: bool,
) -> Merged:
    live = _brought_back(
        _live(as_typed(subject.seen, subject.notebook, rules.places)), subject.notebook
    )
    decided = _decided(subject.notebook, live)
    merged = merge(
        rules,
        subject.base,
        live,
        accepted=accepted,
        blind=_out_of_sight(subject, live) if subject.blind else subject.blind,
        decided={**decided, **chosen} if chosen else decided,
        own=own_values(subject.notebook) if subject.notebook else None,
        now=now,
    )
    if subject.notebook:
        restore(rules, merged, live, subject.blind, subject.notebook)
    return merged


def _live(seen: Mapping[str, Observation]) -> Mapping[str, Observation]:
    for observation in seen.values():
        if observation.gone:
            return {place: one for place, one in seen.items() if not one.gone}
    return seen  # nearly always


def _brought_back(
    live: Mapping[str, Observation], notebook: Mapping[str, str]
) -> Mapping[str, Observation]:
    """Return what is there with the values that went with their column: nobody emptied them."""
    found = dict(book.entries(notebook, book.BACK)) if notebook else None
    if not found:
        return live
    shown = dict(live)
    for where, value in found.items():
        place, _, name = where.partition(".")
        seen = shown.get(place)
        if seen is not None and name not in seen.values:
            shown[place] = replace(seen, values={**seen.values, name: value})
    return shown


def _out_of_sight(
    subject: Subject, live: Mapping[str, Observation]
) -> Mapping[str, frozenset[str]]:
    """Return what cannot be read, but what is in conflict or written half: as it was last seen."""
    waits = {name for name, _ in book.entries(subject.notebook, book.CONFLICT)}
    waits |= {where.partition(".")[2] for where, _ in book.entries(subject.notebook, book.PUT)}
    return {
        place: fields - (waits & live[place].values.keys()) if place in live else fields
        for place, fields in subject.blind.items()
    }


def _decided(notebook: Mapping[str, str], live: Mapping[str, Observation]) -> Mapping[str, str]:
    """Return decisions about conflicts: by command per field, or on a ticket for all of them."""
    decided = {
        name: choice
        if book.CONFLICT + name in notebook or not choice.startswith("=")
        else f"{HOLDS}{choice[1:]}"
        for name, entry in book.entries(notebook, book.DECIDE)
        for choice in book.unpacked(entry, 1)
    }
    for observation in live.values():
        choice = observation.values.get(DECISION)
        if choice is not None and choice.startswith(KEEP):
            decided.setdefault("*", choice.removeprefix(KEEP))
    return decided

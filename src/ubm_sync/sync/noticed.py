"""What is stored of an observation: no secrets, and what cannot be read as it was last seen. Pure.

A column that is missing must never look like emptied cells. While a field cannot be read, its last
known value stands in for it, marked as unseen; when it can be read again and is empty, the value
went with the column and is put back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from ubm_sync.model import Mark, Observation, Outcome, Values, Write
from ubm_sync.sync import notebook as book
from ubm_sync.sync.rules import PlaceRule

Mask: TypeAlias = Callable[[Values], Values]  # -> the values that hold a secret, masked
_TEXTS = {str}
_AGAIN = "?"  # ends the version of what was not read whole: the next reading always counts
_UNTOUCHABLE = frozenset({Mark.FORMULA, Mark.LINKED, Mark.LOCKED, Mark.SYSTEM})


def without_secrets(seen: Observation, mask: Mask) -> Observation:
    """Return what may be stored: what looks like a password is masked, and marked as secret.

    A cell that cannot be written keeps its own mark: nobody can mask it there.
    """
    found = mask(seen.values)
    if not found:
        return seen
    marks = {name: Mark.SECRET for name in found if seen.marks.get(name) not in _UNTOUCHABLE}
    return replace(seen, values={**seen.values, **found}, marks={**seen.marks, **marks})


def unseen(old: Observation | None, new: Observation, blind: frozenset[str]) -> Observation:
    """Return ``new`` with its ``blind`` fields as they were last seen, marked as unseen."""
    if not blind:
        return new
    values = {name: value for name, value in new.values.items() if name not in blind}
    if old is not None:
        values |= {name: old.values[name] for name in blind if name in old.values}
    marks = {**new.marks, **dict.fromkeys(blind, Mark.UNSEEN)}
    return replace(new, values=values, marks=marks, version=to_read_again(new.version))


def to_read_again(version: str) -> str:
    """Return a version that the next reading differs from, whatever it shows."""
    return version if version.endswith(_AGAIN) else f"{version}{_AGAIN}"


def is_to_be_read_again(seen: Observation) -> bool:
    """Return whether something else may be there by now: not all of it was seen, or told."""
    return seen.version.endswith(_AGAIN)


def as_it_was(old: Observation, new: Observation) -> Observation:
    """Return a record that holds what people typed, with the time and author of their last edit.

    Our own writes move the record's time too, and nobody edited it by that.
    """
    if old.modified_at is None:
        return new
    return replace(new, modified_at=old.modified_at, modified_by=old.modified_by)


def version_of(seen: Observation) -> str:
    """Return the version as the system told it."""
    return seen.version.removesuffix(_AGAIN)


def went_with_column(old: Observation, new: Observation) -> Mapping[str, str]:
    """Return what was last seen in fields that can be read again and are empty now."""
    return {
        name: old.values[name]
        for name, mark in old.marks.items()
        if mark == Mark.UNSEEN
        and name in old.values
        and name not in new.values
        and new.marks.get(name) != Mark.UNSEEN
    }


def carried(rule: PlaceRule, old: Observation, new: Observation) -> Observation:
    """Return ``new`` with what can only be written and never read back taken from ``old``."""
    kept = {name: old.values[name] for name in rule.write_only if name in old.values}
    return replace(new, values={**new.values, **kept}) if kept else new


def differs(old: Observation, new: Observation) -> bool:
    """Return whether anything of a record is not as it was."""
    return (
        old.values != new.values
        or old.marks != new.marks
        or old.gone != new.gone
        or old.key != new.key
        or old.container != new.container
    )


def service_edits(rule: PlaceRule, old: Observation, new: Observation) -> dict[str, str]:
    """Return what a person changed in fields that only the service fills."""
    edits = {}
    for name in sorted(rule.service):  # people are told in this order
        before, after = old.values.get(name), new.values.get(name)
        if before == after or name in rule.write_only:
            continue
        if old.marks.get(name) == Mark.UNSEEN and (before is None or after is None):
            continue  # it was there before anybody could see it, or went with its column
        if before is not None and after is not None and rule.same[name](before, after):
            continue
        edits[f"{rule.name}.{name}"] = book.packed(after, before, new.modified_by)
    return edits


def after_write(
    write: Write,
    outcome: Outcome,
    before: Observation | None,
    now: datetime,
    blind: frozenset[str] = frozenset(),
) -> Observation:
    """Return what is there once a write landed; ``before`` is None where it made the record.

    What is made while some fields cannot be seen is made without these, and is read again.
    """
    taken: Mapping[str, Any] = write.values
    if outcome.landed is not None:
        taken = {name: value for name, value in taken.items() if name in outcome.landed}
    values = taken
    if {*map(type, taken.values())} != _TEXTS:  # something is cleared, or not known yet
        values = {name: value for name, value in taken.items() if type(value) is str}
    if before is None:
        made = Observation(
            write.place,
            outcome.ref or "",
            write.key,
            write.container,
            outcome.version,
            values,
            created_at=now,
            modified_at=now,
        )
        return unseen(None, made, blind)
    version = outcome.version or before.version
    if Mark.UNSEEN in before.marks.values():  # the answer does not tell what cannot be read
        version = to_read_again(version)
    kept = dict(before.values)
    if len(values) < len(taken):
        for name in taken.keys() - values.keys():
            kept.pop(name, None)  # cleared
    kept.update(values)
    return Observation(
        before.place,
        before.ref,
        write.key,
        before.container,
        version,
        kept,
        _marks_after(before.marks, taken),
        before.created_at,
        before.modified_at,
        before.modified_by,
        before.gone,
    )


def _marks_after(marks: Mapping[str, str], taken: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the marks after a write: what was masked holds no secret any more."""
    if Mark.SECRET not in marks.values():
        return marks
    return {name: mark for name, mark in marks.items() if mark != Mark.SECRET or name not in taken}

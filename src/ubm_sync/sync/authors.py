"""Who changed a record: asked of the systems that tell it only when they are asked.

Only for records that people changed since they were last seen, and only about the fields that
changed: a quiet cycle, and one that only reads back its own writes, asks nothing. Of a bulk edit
only its words to the service (approvals) are asked about; ``why`` asks about the rest when needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from ubm_sync.errors import SyncError
from ubm_sync.model import NOTHING, Observation
from ubm_sync.ports import Change, Changes, Connector, KnowsAuthors
from ubm_sync.state import State
from ubm_sync.sync.noticed import Mask, as_it_was, without_secrets
from ubm_sync.sync.rules import PlaceRule
from ubm_sync.sync.typed import is_same

FEW = 50  # edited records of a page; of more, only who gave a word to the service is asked
log = structlog.get_logger(__name__)


def with_authors(
    state: State,
    rule: PlaceRule,
    connector: Connector,
    seen: Sequence[Observation],
    mask: Mask = lambda _values: NOTHING,
) -> list[Observation]:
    """Return the observations with who changed them; as they are where nobody can say.

    What was observed may be from an index that lags. What a person has set since, by the time the
    author is asked, takes its place; a word to the service that was taken back is left out.
    """
    if not isinstance(connector, KnowsAuthors):
        return list(seen)
    with state.reading() as tx:
        known = tx.observations.get(rule.name, [one.ref for one in seen])
    edited: dict[str, list[str]] = {}
    for one in seen:
        entry = known.get(one.ref)
        if entry is not None and not one.gone and (fields := _edited(rule, entry[1], one)):
            edited[one.ref] = fields
    if len(edited) > FEW:
        said = {ref: [one for one in names if one in rule.signals] for ref, names in edited.items()}
        edited = {ref: names for ref, names in said.items() if names}
    if not edited:
        return list(seen)
    try:
        told = connector.authors([one for one in seen if one.ref in edited], edited)
    except SyncError as error:  # who it was can be asked for later; what it was cannot wait
        log.warning("authors not known", system=connector.name, error=str(error))
        return list(seen)
    return [
        without_secrets(_told(rule, one, told[one.ref]), mask) if one.ref in told else one
        for one in seen
    ]


def dated(rule: PlaceRule, old: Observation | None, new: Observation, *, same: bool) -> Observation:
    """Return ``new`` with the time and author of the last edit of what people fill in.

    ``same``: it holds what ``old`` held.
    """
    if old is None or (not same and _edited(rule, old, new)):
        return new
    return as_it_was(old, new)


def _edited(rule: PlaceRule, old: Observation, new: Observation) -> list[str]:
    """Return the fields people fill in that hold something else than before."""
    old_values, new_values = old.values, new.values
    return [
        name
        for name in sorted(rule.people)
        if not is_same(rule, name, old_values.get(name), new_values.get(name) or "")
    ]


def _told(rule: PlaceRule, seen: Observation, changes: Changes) -> Observation:
    newer = {
        name: said[0].value
        for name, said in changes.items()
        if said and _is_old(rule, seen, name, said)
    }
    values = {name: value for name, value in {**seen.values, **newer}.items() if value is not None}
    return replace(seen, values=values, modified_by=_author(rule, changes))


def _is_old(rule: PlaceRule, seen: Observation, name: str, said: Sequence[Change]) -> bool:
    """Return whether a field was set again after what was observed there.

    A marked value is not what stands there: it was masked, or cannot be read.
    """
    newest, *before = said
    if name in rule.signals and newest.value is None:
        return True
    there = seen.values.get(name, "")
    return (
        newest.is_person
        and name not in seen.marks
        and not is_same(rule, name, newest.value, there)
        and any(is_same(rule, name, one.value, there) for one in before)
    )


def _author(rule: PlaceRule, changes: Changes) -> str | None:
    """Return who made the newest of the changes; who gave a word to the service comes first."""
    last = {name: one[0] for name, one in changes.items() if one}
    said = [one for name, one in last.items() if name in rule.signals]
    newest: Change | None = max(
        said or [one for one in last.values() if one.is_person],
        key=lambda one: one.at,
        default=None,
    )
    if newest is None:
        return None
    return newest.by if newest.is_person else f"a program ({newest.by})"

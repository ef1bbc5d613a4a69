"""What to do for one record, as a value. Pure: the same state and ``now`` give the same plan.

A plan is recomputed from observations and base each time; nothing of it is kept between cycles,
so a crash costs time and never work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ubm_sync.flow import Decision, Edit, Flow, Rival, Situation
from ubm_sync.model import NOTHING, Customer, Mark, Observation, Ref, Write, Written, record_key
from ubm_sync.sync import notebook as book
from ubm_sync.sync.identity import must_identify
from ubm_sync.sync.kept_out import kept_out
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.noted import edits_noted, troubles_noted, vanished_noted
from ubm_sync.sync.noticed import is_to_be_read_again, version_of
from ubm_sync.sync.rules import PlaceRule, Rules
from ubm_sync.sync.subjects import hold, merge_once_accepted, typed_too_late
from ubm_sync.sync.typed import as_typed, put_back

IDENTITY = "sync_id"
UNWRITABLE = frozenset({Mark.FORMULA, Mark.LINKED, Mark.LOCKED, Mark.SYSTEM})
_NONE: frozenset[str] = frozenset()


class Subject(NamedTuple):
    """One record with everything its plan depends on, except its rivals."""

    sync_id: str
    customer: Customer
    created_at: datetime
    base: Mapping[str, str]
    memory: Mapping[str, str]
    notebook: Mapping[str, str]
    seen: Mapping[str, Observation]  # one per place; may be ``gone``
    blind: Mapping[str, frozenset[str]]  # place -> fields that cannot be read or written now
    shut: frozenset[str] = _NONE  # places nothing may be written to now


class RecordPlan(NamedTuple):
    """What one record needs: writes in the order of ``Rules.order``, and what follows from them."""

    subject: Subject
    merged: Merged
    decision: Decision
    writes: tuple[Write, ...]
    edits: tuple[Edit, ...]
    withheld: bool = False  # the guard took something out of the writes
    held: Mapping[str, Written] = NOTHING  # ``PLACE.FIELD`` of fresh fields among it -> value
    key_before: str = ""  # the account key of what was typed too late to be accepted with

    @property
    def quiet(self) -> bool:
        """Nothing to write and nothing to say."""
        return not self.writes and not self.decision.notes


def plan_record(
    rules: Rules,
    flow: Flow,
    subject: Subject,
    merged: Merged,
    now: datetime,
    *,
    rivals: tuple[Rival, ...] = (),
    rivals_once: tuple[Rival, ...] = (),
    counts: Mapping[str, int] = NOTHING,
    problems: Mapping[str, str] = NOTHING,
    elsewhere: tuple[str, ...] = (),
    delays: Mapping[str, str | None] = NOTHING,
) -> RecordPlan:
    """Return the plan of one record; ``rivals_once`` are those of ``key_once_accepted``."""
    main = subject.seen.get(rules.main)
    situation = Situation(
        sync_id=subject.sync_id,
        kind=rules.kind,
        customer=subject.customer,
        created_at=subject.created_at,
        values=merged.filled,
        marks=main.marks if main is not None else NOTHING,
        observed=as_typed(subject.seen, subject.notebook, rules.places),
        base=subject.base,
        memory=subject.memory,
        changed=merged.changed,
        edits=_told(subject, merged),
        conflicts=tuple(merged.conflicts),
        rivals=rivals,
        vanished=vanished_noted(subject.notebook),
        counts=counts,
        problems=problems,
        delays=delays,
        troubles={**troubles_noted(subject.notebook), **kept_out(rules, subject.seen, merged)},
        elsewhere=elsewhere,
        unanswered=book.unanswered(subject.notebook),
    )
    decision, key_before = flow.decide(situation, now), ""
    if decision.accepted and (late := typed_too_late(rules, flow, subject, merged)):
        once = merge_once_accepted(rules, subject, merged, late, now)
        other = _once_accepted(rules, subject, once, situation._replace(rivals=rivals_once))
        again = flow.decide(other, now)
        if again.accepted:
            key_before = flow.account_key(subject.customer, merged.filled)
            situation, merged, decision = other, once, again
        else:  # the approval waited for what was typed now
            hold(merged, subject, late)
    if decision.fixes:
        merged.values.update(decision.fixes)
    # Whoever gave the row its identity may have made the rest too: an older state was put back.
    forgotten = not subject.base and main is not None and main.key == subject.sync_id
    writes = [
        write
        for place in rules.in_order
        if (write := _write(place, subject, merged, decision, forgotten=forgotten)) is not None
    ]
    return RecordPlan(
        subject, merged, decision, tuple(writes), situation.edits, key_before=key_before
    )


def _once_accepted(rules: Rules, subject: Subject, once: Merged, situation: Situation) -> Situation:
    """Return what the flow is asked about a record as it merges once it is accepted."""
    return situation._replace(
        values=once.filled,
        changed=once.changed,
        edits=_told(subject, once),
        conflicts=tuple(once.conflicts),
        troubles={**troubles_noted(subject.notebook), **kept_out(rules, subject.seen, once)},
    )


def _told(subject: Subject, merged: Merged) -> tuple[Edit, ...]:
    """Return the edits that the flow is told of, each once."""
    noted = edits_noted(subject.notebook)
    return tuple({(one.place, one.field): one for one in (*noted, *merged.edits)}.values())


def key_once_accepted(
    rules: Rules, flow: Flow, subject: Subject, merged: Merged, now: datetime
) -> str:
    """Return the account key of a record if it is accepted now, "" where that changes nothing."""
    late = typed_too_late(rules, flow, subject, merged)
    if not late:
        return ""
    once = merge_once_accepted(rules, subject, merged, late, now)
    return flow.account_key(subject.customer, once.filled)


def _write(
    place: PlaceRule, subject: Subject, merged: Merged, decision: Decision, *, forgotten: bool
) -> Write | None:
    observation = subject.seen.get(place.name)
    if place.name in subject.shut or (observation is not None and observation.gone):
        return None
    if subject.notebook and book.VANISHED + place.name in subject.notebook:
        return None  # it waits for its return, or for a person
    if observation is None and place.name not in decision.present:
        return None
    key = record_key(subject.sync_id, place.suffix)
    doubted = observation is None or subject.notebook
    wanted = _wanted(place, key, merged, decision, None if doubted else observation)
    blind = subject.blind.get(place.name, _NONE) if subject.blind else _NONE
    if observation is None:
        values: dict[str, Written] = {
            name: value if type(value) is str else _bound(value, subject.seen)
            for name, value in wanted.items()
            if value is not None and name not in blind
        }
        doubtful = forgotten or book.MADE + place.name in subject.notebook
        write = Write(place.name, key, None, subject.customer.key, values, doubtful=doubtful)
    else:
        if subject.notebook:
            put_back(place, observation, subject.notebook, wanted)
        changes = _changes(place, wanted, observation, subject, blind)
        claims = observation.key is None and not place.intake
        if (
            not changes
            and not claims
            and not must_identify(observation.key, key, place.intake, subject.base)
        ):
            return None
        have = observation.values
        write = Write(
            place.name,
            key,
            observation.ref,
            observation.container,
            changes,
            version_of(observation),
            {
                name: have.get(name)
                for name in changes
                if name in place.people and observation.marks.get(name) != Mark.SECRET
            },
            claims=claims,
        )
    return _not_refused(write, subject.notebook)


def _wanted(
    place: PlaceRule,
    key: str,
    merged: Merged,
    decision: Decision,
    observation: Observation | None,
) -> dict[str, Written]:
    """Return what every writable field of the place should hold.

    Shared fields that ``observation`` shows already may be left out.
    """
    blocked = merged.blocked if merged.conflicts or merged.resting else _NONE
    values = merged.values
    wanted: dict[str, Written]
    if observation is None:
        wanted = {name: values.get(name) for name in place.shared if name not in blocked}
    else:
        have = observation.values
        wanted = {
            name: value
            for name in place.shared
            if (value := values.get(name)) != have.get(name) and name not in blocked
        }
    filled = decision.values.get(place.name, NOTHING)
    if not filled.keys() <= place.writable:
        filled = {name: value for name, value in filled.items() if name in place.writable}
    wanted.update(filled)
    if IDENTITY in place.writable:
        wanted[IDENTITY] = key
    return wanted


def _changes(
    place: PlaceRule,
    wanted: Mapping[str, Written],
    observation: Observation,
    subject: Subject,
    blind: frozenset[str],
) -> dict[str, Written]:
    have = observation.values
    changes: dict[str, Written] = {}
    doubtful = _doubtful(place, observation, subject.notebook)
    for name, value in wanted.items():
        there = have.get(name)
        if value == there and name not in doubtful:
            continue
        if name == IDENTITY and observation.key == value:
            continue
        bound = _bound(value, subject.seen)
        if name in blind or observation.marks.get(name) in UNWRITABLE:
            continue
        if _is_there(place, name, bound, there, doubtful.get(name)):
            continue
        if subject.notebook and _is_held(subject.notebook, place.name, name, bound):
            continue
        changes[name] = bound
    if observation.marks:
        _mask_there(place, observation, subject.notebook, changes)
    return changes


def _doubtful(
    place: PlaceRule, observation: Observation, notebook: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the fields that may hold what was sent without an answer.

    Nobody looked since, or nobody can: what is never read back is sent until an answer comes.
    """
    if not notebook:
        return NOTHING
    sent = dict(book.entries(notebook, f"{book.SENT}{place.name}."))
    if not sent or is_to_be_read_again(observation):
        return sent
    return {name: entry for name, entry in sent.items() if name in place.write_only}


def _is_there(
    place: PlaceRule, name: str, value: Written, there: str | None, sent: str | None
) -> bool:
    """Return whether a place holds a value for certain, in whatever spelling."""
    shown = () if sent is None else book.any_of(sent)
    return _are_same(place, name, value, there) and all(
        _are_same(place, name, value, one or None) for one in shown
    )


def _are_same(place: PlaceRule, name: str, value: Written, there: str | None) -> bool:
    if value == there:
        return True
    return isinstance(value, str) and there is not None and place.same[name](value, there)


def _mask_there(
    place: PlaceRule,
    observation: Observation,
    notebook: Mapping[str, str],
    changes: dict[str, Written],
) -> None:
    """Have a secret masked where it was typed, even where its field waits for a decision."""
    for name, mark in observation.marks.items():
        if mark == Mark.SECRET and name in place.shared and name not in changes:
            value = observation.values.get(name)
            if not _is_held(notebook, place.name, name, value):
                changes[name] = value


def _bound(value: Written, seen: Mapping[str, Observation]) -> Written:
    """Return a reference as text where the record it names exists already."""
    if isinstance(value, Ref):
        other = seen.get(value.place)
        return value if other is None else other.ref
    return value


def _is_held(notebook: Mapping[str, str], place: str, name: str, value: Written) -> bool:
    held = notebook.get(f"{book.HELD}{place}.{name}")
    if held is None:
        return False
    return book.unpacked(held, 1)[0] == (value if isinstance(value, str) else "")


def _not_refused(write: Write, notebook: Mapping[str, str]) -> Write | None:
    entry = notebook.get(book.REFUSED + write.place) if notebook else None
    if entry is not None:
        refused, _, version = book.unpacked(entry, 3)
        if refused == digest(write) and version == write.expected:
            return None
    return write


def digest(write: Write) -> str:
    """Return a short fingerprint of what a write says, whatever version it was decided on."""
    content = sorted((name, str(value)) for name, value in write.values.items())
    return hashlib.sha256(repr((write.place, write.key, write.ref, content)).encode()).hexdigest()[
        :16
    ]


def references(write: Write) -> dict[str, Ref]:
    """Return the fields whose values are known only once another write has landed."""
    if Ref not in map(type, write.values.values()):
        return {}
    return {name: value for name, value in write.values.items() if type(value) is Ref}


def creates_first(plan: RecordPlan) -> RecordPlan:
    """Leave only what creates, where the flow wants to decide again once it exists.

    What goes by a creation that the guard stopped waits with it, and the rest is written.
    """
    if not plan.decision.follow_up:
        return plan
    made = [write for write in plan.writes if write.ref is None]
    there = {*plan.subject.seen, *(write.place for write in made)}
    stopped = plan.decision.present - there
    stuck = [one for one in made if any(ref.place in stopped for ref in references(one).values())]
    creates = [write for write in made if write not in stuck]
    if not (creates or stuck):
        return plan
    writes = creates or [write for write in plan.writes if write not in stuck]
    return plan._replace(writes=tuple(writes), withheld=True)


def resolve(write: Write, waiting: Mapping[str, Ref], refs: Mapping[str, str]) -> Write | None:
    """Return ``write`` with its references filled in from ``refs`` (place -> external id).

    None where one of them is not known yet: the write has to wait.
    """
    known = {name: refs.get(ref.place) for name, ref in waiting.items()}
    if None in known.values():
        return None
    return replace(write, values={**write.values, **known})

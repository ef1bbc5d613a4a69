"""What is known after the writes: observations and base move, failures are remembered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ubm_sync.model import Mark, Observation, Outcome, Result, Write
from ubm_sync.sync import notebook as book
from ubm_sync.sync.merge import DECIDED, agreed
from ubm_sync.sync.plan import RecordPlan, digest
from ubm_sync.sync.rules import Rules
from ubm_sync.sync.typed import forget_put_back


@dataclass(slots=True)
class Settled:
    """The new state of one record.

    ``again`` asks for another plan; ``ask`` are writes that came too late, by place: the record is
    read again first. ``refusals`` are ``(place, reason)`` for the quarantine.
    """

    base: dict[str, str]
    memory: dict[str, str]
    observations: list[Observation] = field(default_factory=list)
    again: bool = False
    ask: dict[str, Write] = field(default_factory=dict)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)  # places and fields refused until now
    landed: int = 0
    closed: list[str] = field(default_factory=list)  # fields whose conflict is over


def settle(
    rules: Rules,
    plan: RecordPlan,
    sent: Mapping[str, Write],
    outcomes: Mapping[str, Outcome],
    now: datetime,
) -> Settled:
    """Return what is known of a record after its writes.

    ``sent`` are the writes as sent (references filled in) and ``outcomes`` their answers, both by
    place; a planned write that is in neither was not sent and is planned again.
    """
    subject = plan.subject
    seen = dict(subject.seen)
    notebook = {
        key: value for key, value in subject.notebook.items() if not key.startswith(book.TYPED)
    }
    settled = Settled(base={}, memory={}, again=plan.withheld)
    for write in plan.writes:
        outcome = outcomes.get(write.place)
        actual = sent.get(write.place)
        if outcome is None or actual is None:
            settled.again = True
            continue
        _take(rules, settled, seen, notebook, actual, outcome, now)
    if notebook:
        _forget_held(plan, notebook)
        _forget_back(plan, seen, notebook)
        forget_put_back(plan, seen, notebook)
    settled.base = agreed(rules, subject.base, plan.merged, _may_return(seen), blind=subject.blind)
    if notebook or settled.base != plan.merged.values:
        _remember_own(rules, plan, settled.base, seen, sent, outcomes, notebook)
    settled.closed = [
        name for name, _ in book.entries(notebook, book.CONFLICT) if name not in plan.merged.blocked
    ]
    notebook = _still_open(plan, settled.base, notebook)
    for place in plan.decision.answered:
        if entry := notebook.get(book.VANISHED + place):
            notebook[book.VANISHED + place] = book.answered(entry)
    settled.mended = [
        key.partition(":")[2]
        for key in subject.notebook
        if key.startswith((book.HELD, book.REFUSED)) and key not in notebook
    ]
    settled.memory = {**plan.decision.memory, **notebook}
    return settled


def _still_open(
    plan: RecordPlan, base: Mapping[str, str], notebook: Mapping[str, str]
) -> dict[str, str]:
    """Return the notebook with the conflicts of now, and what people decided until it is there."""
    merged = plan.merged
    drop = (book.DECIDE, book.CONFLICT, book.RESTORE)
    left = {key: value for key, value in notebook.items() if not key.startswith(drop)}
    for name, wanted in merged.restored.items():
        if merged.values.get(name) == wanted.value != base.get(name):
            left[book.RESTORE + name] = wanted.entry()
    for lost in merged.lost:
        winner = merged.values.get(lost.field)
        if lost.reason == DECIDED and winner != base.get(lost.field):
            by = book.unpacked(notebook.get(book.DECIDE + lost.field, ""), 2)[1]
            left[book.DECIDE + lost.field] = book.packed(f"={winner or ''}", by)
    left.update({f"{book.CONFLICT}{conflict.field}": "open" for conflict in merged.conflicts})
    return left


def _take(
    rules: Rules,
    settled: Settled,
    seen: dict[str, Observation],
    notebook: dict[str, str],
    write: Write,
    outcome: Outcome,
    now: datetime,
) -> None:
    place = write.place
    if outcome.result is Result.LANDED:
        after = _after(write, outcome, seen.get(place), now)
        seen[place] = after
        settled.observations.append(after)
        settled.landed += 1
        notebook.pop(book.REFUSED + place, None)
        notebook.pop(book.MADE + place, None)
        landed = outcome.landed
        for name, value in write.values.items() if notebook or landed is not None else ():
            notebook.pop(f"{book.SENT}{place}.{name}", None)
            if landed is None or name in landed:
                notebook.pop(f"{book.HELD}{place}.{name}", None)
            else:
                _hold(settled, notebook, place, name, value, outcome)
        return
    if outcome.result is Result.UNKNOWN:
        settled.again = True
        rule = rules.places[place]
        if write.ref is None:
            notebook[book.MADE + place] = "sent"
        for name, value in write.values.items():
            if name in rule.shared or (name in rule.service and isinstance(value, str)):
                where = f"{book.SENT}{place}.{name}"
                sent = value if isinstance(value, str) else ""
                notebook[where] = book.also(notebook.get(where), sent)
        return
    settled.again = True
    if outcome.stale:
        settled.ask[place] = write
    elif outcome.permanent:  # the flow tells the person, then it is quiet
        notebook[book.REFUSED + place] = refusal(write, outcome.reason)
        settled.refusals.append((place, outcome.reason))


def refusal(write: Write, reason: str) -> str:
    """Return what is remembered of a refused write: it is not sent again to the same record."""
    return book.packed(digest(write), reason, write.expected)


def _remember_own(
    rules: Rules,
    plan: RecordPlan,
    base: Mapping[str, str],
    seen: Mapping[str, Observation],
    sent: Mapping[str, Write],
    outcomes: Mapping[str, Outcome],
    notebook: dict[str, str],
) -> None:
    """Remember the shared values that landed in one place and are not agreed on everywhere."""
    open_ = plan.merged.blocked
    for place, write in sent.items():
        outcome = outcomes.get(place)
        if outcome is None or outcome.result is not Result.LANDED:
            continue
        for name in rules.places[place].shared:
            if (
                name in write.values
                and name not in open_
                and (outcome.landed is None or name in outcome.landed)
            ):
                value = write.values[name]
                notebook[f"{book.PUT}{place}.{name}"] = value if isinstance(value, str) else ""
    for rule in rules.shared:
        name = rule.name
        if name in open_ or not rule.equal(base.get(name), plan.merged.values.get(name)):
            continue
        for place in seen.keys() & rule.places:  # one that may be there was not asked
            notebook.pop(f"{book.PUT}{place}.{name}", None)
            notebook.pop(f"{book.SENT}{place}.{name}", None)


def _hold(
    settled: Settled,
    notebook: dict[str, str],
    place: str,
    name: str,
    value: object,
    outcome: Outcome,
) -> None:
    """Remember a field that the system did not take: the same value is not sent again."""
    if name in outcome.at_fault:
        held = value if isinstance(value, str) else ""
        reason = outcome.reasons.get(name, outcome.reason)
        notebook[f"{book.HELD}{place}.{name}"] = book.packed(held, reason)
        settled.refusals.append((f"{place}.{name}", reason))
        settled.again = True  # the flow tells the person
    else:
        settled.again = True


def _after(
    write: Write, outcome: Outcome, before: Observation | None, now: datetime
) -> Observation:
    values: dict[str, Any] = dict(before.values) if before is not None else {}
    taken: Mapping[str, Any] = write.values
    if outcome.landed is not None:
        taken = {name: value for name, value in taken.items() if name in outcome.landed}
    values.update(taken)
    for name, value in taken.items():
        if type(value) is not str:
            del values[name]
    if before is None:
        return Observation(
            write.place,
            outcome.ref or "",
            write.key,
            write.container,
            outcome.version,
            values,
            created_at=now,
            modified_at=now,
        )
    return Observation(
        before.place,
        before.ref,
        write.key,
        before.container,
        outcome.version or before.version,
        values,
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


def _forget_back(
    plan: RecordPlan, seen: Mapping[str, Observation], notebook: dict[str, str]
) -> None:
    """Forget a value that went with its column once the place agrees, or holds another one."""
    for where in [where for where, _ in book.entries(notebook, book.BACK)]:
        place, _, name = where.partition(".")
        there = seen[place].values.get(name) if place in seen else None
        if there is not None or plan.merged.values.get(name) is None:
            notebook.pop(book.BACK + where)


def _forget_held(plan: RecordPlan, notebook: dict[str, str]) -> None:
    """Drop what was held where another value is wanted by now."""
    for where in [where for where, _ in book.entries(notebook, book.HELD)]:
        place, _, name = where.partition(".")
        wanted = plan.decision.values.get(place, {}).get(name, plan.merged.values.get(name))
        if isinstance(wanted, str) and wanted != book.unpacked(notebook[book.HELD + where], 1)[0]:
            notebook.pop(book.HELD + where)


def _may_return(seen: Mapping[str, Observation]) -> dict[str, Observation]:
    """Return what counts for the base: an archived ticket may come back as it was, one day."""
    return {place: one for place, one in seen.items() if not one.gone.startswith("merged")}

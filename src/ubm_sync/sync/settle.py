"""What is known after the writes: observations and base move, failures are remembered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ubm_sync.model import Mark, Observation, Outcome, Ref, Result, Write, Written
from ubm_sync.sync import notebook as book
from ubm_sync.sync.causes import decided
from ubm_sync.sync.fresh import remember
from ubm_sync.sync.merge import agreed, is_everywhere
from ubm_sync.sync.noticed import after_write, is_to_be_read_again, to_read_again
from ubm_sync.sync.own import torn
from ubm_sync.sync.plan import IDENTITY, RecordPlan, digest
from ubm_sync.sync.rules import Rules, SharedRule
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
    notebook = _untold(subject.notebook)
    settled = Settled(base={}, memory={}, again=plan.withheld)
    for write in plan.writes:
        outcome = outcomes.get(write.place)
        actual = sent.get(write.place)
        if outcome is None or actual is None:
            settled.again = True
            continue
        _take(rules, plan, settled, seen, notebook, actual, outcome, now)
        if subject.base and write.ref is None and write.place in seen:
            _remember_missing(rules, subject.base, seen[write.place], notebook)
    if notebook:
        _forget_held(plan, notebook)
        remember(plan, _landed_fields(sent, outcomes), seen, rules.version, notebook)
        _forget_back(plan, seen, notebook)
        forget_put_back(plan, seen, notebook, rules.places)
    settled.base = agreed(rules, subject.base, plan.merged, _may_return(seen), blind=subject.blind)
    if notebook:
        _leave_open(subject.base, settled.base, notebook)
    if notebook or settled.base != plan.merged.values:
        _remember_own(rules, plan, seen, sent, outcomes, notebook)
    if notebook:
        blocked, open_ = plan.merged.blocked, book.entries(notebook, book.CONFLICT)
        settled.closed = [name for name, _ in open_ if name not in blocked]
    notebook = _still_open(rules, plan, settled.base, seen, notebook)
    for place in plan.decision.answered:
        if entry := notebook.get(book.VANISHED + place):
            notebook[book.VANISHED + place] = book.answered(entry)
    settled.mended = _mended(subject.notebook, notebook)
    settled.again |= bool(settled.mended)  # what the flow told of the trouble is not true any more
    settled.memory = {**plan.decision.memory, **notebook}
    return settled


def _untold(notebook: Mapping[str, str]) -> dict[str, str]:
    """Return the notebook without the edits that the flow was told of."""
    if not notebook:
        return {}  # nearly always, here and below
    return {key: value for key, value in notebook.items() if not key.startswith(book.TYPED)}


def _mended(before: Mapping[str, str], notebook: Mapping[str, str]) -> list[str]:
    """Return the places and fields that were refused until now."""
    if not before:
        return []
    return [
        key.partition(":")[2]
        for key in before
        if key.startswith((book.HELD, book.REFUSED)) and key not in notebook
    ]


def _landed_fields(
    sent: Mapping[str, Write], outcomes: Mapping[str, Outcome]
) -> dict[str, frozenset[str]]:
    """Return the fields that landed, by place."""
    found = {}
    for place, write in sent.items():
        outcome = outcomes.get(place)
        if outcome is not None and outcome.result is Result.LANDED:
            taken = write.values.keys() if outcome.landed is None else outcome.landed
            found[place] = frozenset(taken)
    return found


def _leave_open(
    before: Mapping[str, str], base: dict[str, str], notebook: Mapping[str, str]
) -> None:
    """Agree on nothing of which a typed value was written over and waits to come back."""
    for where, _ in book.entries(notebook, book.OVER):
        name = where.partition(".")[2]
        base.pop(name, None)
        if name in before:
            base[name] = before[name]


def _still_open(
    rules: Rules,
    plan: RecordPlan,
    base: Mapping[str, str],
    seen: Mapping[str, Observation],
    notebook: Mapping[str, str],
) -> dict[str, str]:
    """Return the notebook with the conflicts of now, and what people decided until it is there."""
    merged = plan.merged
    if not (notebook or merged.restored or merged.decided or merged.conflicts):
        return {}  # nearly always
    drop = (book.DECIDE, book.CONFLICT, book.RESTORE, book.LOST)
    left = {key: value for key, value in notebook.items() if not key.startswith(drop)}
    for name, wanted in merged.restored.items():
        if merged.values.get(name) == wanted.value != base.get(name):
            left[book.RESTORE + name] = wanted.entry()
    for rule in rules.shared if merged.decided else ():
        _remember_decision(rule, plan, seen, left)
    left.update(torn(rules, plan.subject.base, merged.conflicts, notebook))
    return left


def _take(
    rules: Rules,
    plan: RecordPlan,
    settled: Settled,
    seen: dict[str, Observation],
    notebook: dict[str, str],
    write: Write,
    outcome: Outcome,
    now: datetime,
) -> None:
    place = write.place
    if outcome.result is Result.LANDED:
        blind = plan.subject.blind.get(place, frozenset())
        after = after_write(write, outcome, seen.get(place), now, blind)
        seen[place] = after
        settled.observations.append(after)
        settled.landed += 1
        notebook.pop(book.REFUSED + place, None)
        notebook.pop(book.MADE + place, None)
        landed = outcome.landed
        for name, value in write.values.items() if notebook or landed is not None else ():
            if landed is None or name in landed:
                notebook.pop(f"{book.SENT}{place}.{name}", None)
                notebook.pop(f"{book.HELD}{place}.{name}", None)
            else:
                _hold(settled, notebook, place, name, value, outcome)
        return
    settled.again = True
    if outcome.result is Result.UNKNOWN:
        _doubt(rules, plan, notebook, write)
        if write.ref is not None and place in seen:  # what is there by now is not known
            before = seen[place]
            seen[place] = replace(before, version=to_read_again(before.version))
            settled.observations.append(seen[place])
    elif outcome.stale:
        settled.ask[place] = write
    elif outcome.permanent and _is_by_field(write, outcome):
        for name, value in write.values.items():
            _hold(settled, notebook, place, name, value, outcome)
    elif outcome.permanent:  # the flow tells the person, then it is quiet
        notebook[book.REFUSED + place] = refusal(write, outcome.reason)
        settled.refusals.append((place, outcome.reason))


def _is_by_field(write: Write, outcome: Outcome) -> bool:
    """Return whether a system named every field of a refused update, and so each is held by itself.

    Whether it took others with them, another time, makes no difference to these.
    """
    whole = write.ref is None or write.claims or IDENTITY in write.values
    return not whole and outcome.at_fault != () and write.values.keys() <= {*outcome.at_fault}


def _doubt(rules: Rules, plan: RecordPlan, notebook: dict[str, str], write: Write) -> None:
    """Remember what may be there: a create may have left out any of its fields."""
    place, rule = write.place, rules.places[write.place]
    if write.ref is None:
        notebook[book.MADE + place] = "sent"
        for name in (*(one.name for one in rules.shared if place in one.places), *rule.service):
            notebook.setdefault(f"{book.SENT}{place}.{name}", "")
    for name, value in write.values.items():
        if _is_theirs(plan, place, name, value):
            continue
        is_later = name in rule.service and isinstance(value, Ref) and write.ref is None
        if is_later or name in rule.shared or (name in rule.service and isinstance(value, str)):
            where = f"{book.SENT}{place}.{name}"
            sent = book.LATER if is_later else value if isinstance(value, str) else ""
            notebook[where] = book.also(notebook.get(where), sent)


def refusal(write: Write, reason: str) -> str:
    """Return what is remembered of a refused write: it is not sent again to the same record."""
    return book.packed(digest(write), reason, write.expected)


def _remember_own(
    rules: Rules,
    plan: RecordPlan,
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
                and not _is_typed(plan, place, name, write)
            ):
                value = write.values[name]
                notebook[f"{book.PUT}{place}.{name}"] = value if isinstance(value, str) else ""
    there = _may_return(seen)
    for rule in rules.shared:
        name = rule.name
        if name not in open_ and is_everywhere(
            rule, plan.merged.values.get(name), there, plan.subject.blind
        ):
            for place in seen.keys() & rule.places:  # one that may be there was not asked
                notebook.pop(f"{book.PUT}{place}.{name}", None)
                is_unread = name in rules.places[place].write_only
                if not (is_unread or seen[place].gone or is_to_be_read_again(seen[place])):
                    notebook.pop(f"{book.SENT}{place}.{name}", None)


def _is_typed(plan: RecordPlan, place: str, name: str, write: Write) -> bool:
    """Return whether a person typed there what was written, or it comes back with its column."""
    went = plan.subject.notebook.get(f"{book.BACK}{place}.{name}")
    if went is not None and went == write.values[name]:
        return True
    return _is_theirs(plan, place, name, write.values[name])


def _is_theirs(plan: RecordPlan, place: str, name: str, value: Written) -> bool:
    """Return whether a value stays the one of the person who typed it there, though we wrote it.

    A secret is masked where it stood, a flow corrects what was typed, and what was typed is
    written once more where it was written over unseen or where it is not known what is there.
    """
    changed = place in plan.merged.changed.get(name, ())
    if name in plan.decision.fixes:
        return changed
    over = plan.subject.notebook.get(f"{book.OVER}{place}.{name}")
    if over is not None and (book.unpacked(over, 1)[0] or None) == value:
        return True
    before = plan.subject.seen.get(place)
    if before is None or before.values.get(name) != value:
        return False
    return changed or before.marks.get(name) == Mark.SECRET


def _remember_decision(
    rule: SharedRule,
    plan: RecordPlan,
    seen: Mapping[str, Observation],
    notebook: dict[str, str],
) -> None:
    """Remember what a person decided until it is written everywhere.

    Where it stands already it counts as ours, so that what is typed over it is known as newer.
    """
    name, chosen = rule.name, plan.merged.decided
    winner = chosen.get(name)
    if name not in chosen or is_everywhere(rule, winner, _may_return(seen), plan.subject.blind):
        return
    notebook.update(decided(plan, name))
    for place in (one for one in rule.places if one in seen):
        where, there = f"{place}.{name}", seen[place].values.get(name)
        if rule.equal(there, winner):
            notebook[book.PUT + where] = winner or ""
        is_done = rule.equal(there, plan.merged.values.get(name))
        if is_done or (there or "") != notebook.get(book.LOST + where):
            notebook.pop(book.LOST + where, None)


def _remember_missing(
    rules: Rules, base: Mapping[str, str], made: Observation, notebook: dict[str, str]
) -> None:
    """Remember what a record was created without, though it is agreed: nobody emptied it there."""
    for rule in rules.shared:
        if made.place in rule.places and rule.name in base and rule.name not in made.values:
            notebook[f"{book.PUT}{made.place}.{rule.name}"] = book.UNFILLED


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


def _forget_back(
    plan: RecordPlan, seen: Mapping[str, Observation], notebook: dict[str, str]
) -> None:
    """Forget a value that went with its column once the place agrees, or holds another one."""
    for where in [where for where, _ in book.entries(notebook, book.BACK)]:
        place, _, name = where.partition(".")
        there = seen[place].values.get(name) if place in seen else None
        waits = name in plan.merged.blocked  # a value in conflict still counts
        if there is not None or (plan.merged.values.get(name) is None and not waits):
            notebook.pop(book.BACK + where)
            if there is None:  # it stays empty, and nobody emptied it
                notebook[book.PUT + where] = ""
            else:  # whoever typed it, it was not us
                notebook.pop(book.SENT + where, None)


def _forget_held(plan: RecordPlan, notebook: dict[str, str]) -> None:
    """Drop what was held where another value is wanted by now, or somebody put it there."""
    for where in [where for where, _ in book.entries(notebook, book.HELD)]:
        place, _, name = where.partition(".")
        if _is_there_now(plan, place, name, notebook):
            notebook.pop(book.HELD + where)
            continue
        wanted = plan.decision.values.get(place, {}).get(name, plan.merged.values.get(name))
        if name in plan.merged.blocked:
            continue  # what is wanted is not decided
        if (wanted or "") != book.unpacked(notebook[book.HELD + where], 1)[0]:
            notebook.pop(book.HELD + where)


def _is_there_now(plan: RecordPlan, place: str, name: str, notebook: Mapping[str, str]) -> bool:
    """Return whether a place shows by now what it would not take from us before."""
    where, seen = f"{place}.{name}", plan.subject.seen.get(place)
    entry = plan.subject.notebook.get(book.HELD + where)
    if entry is None or entry != notebook.get(book.HELD + where):
        return False  # another value was refused right now
    if seen is None or seen.gone or book.SENT + where in notebook:
        return False
    is_read = seen.marks.get(name) not in {Mark.SECRET, Mark.UNSEEN}
    return is_read and seen.values.get(name) == (book.unpacked(entry, 1)[0] or None)


def _may_return(seen: Mapping[str, Observation]) -> dict[str, Observation]:
    """Return what counts for the base: an archived ticket may come back as it was, one day."""
    for observation in seen.values():
        if observation.gone:
            return {p: one for p, one in seen.items() if not one.gone.startswith("merged")}
    return dict(seen)  # nearly always

"""What must hold of each plan, and of what is known after it was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from tests.simulation.planner.service import Service
from tests.simulation.planner.witness import shown
from tests.simulation.planner.world import UNWRITABLE

from ubm_sync.mapping.rules import Policy
from ubm_sync.model import Outcome, Ref, Result
from ubm_sync.sync import notebook as book
from ubm_sync.sync.noticed import is_to_be_read_again
from ubm_sync.sync.plan import RecordPlan, Subject, digest
from ubm_sync.sync.settle import Settled

Verdict: TypeAlias = str | bool  # True: held; False: there was nothing to hold; or what is wrong
IDENTITY = "sync_id"
T = TypeVar("T")

# ----------------------------------------------------------------------------------- of plans


def writes_only_what_differs(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promise 4, no echo: what a place shows for certain is not written there once more."""
    asked = False
    for write in plan.writes:
        if write.ref is None:
            continue
        there, place = subject.seen[write.place], service.rules.places[write.place]
        doubted = is_to_be_read_again(there)
        for name, value in write.values.items():
            asked = True
            have = there.values.get(name)
            if value != have and (
                have is None
                or type(value) is not str
                or name == IDENTITY
                or not service.house.alike(name, value, have)
            ):
                continue
            if there.marks.get(name) == "secret":
                continue
            sent = f"{book.SENT}{write.place}.{name}" in subject.notebook
            if sent and (doubted or name in place.write_only):
                continue
            return f"{name} of {write.place} is {have!r} and is written again as {value!r}"
    return asked


def writes_nothing_it_may_not(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promises 3 and 10: no write where nothing can be, or may be, written or looked at now."""
    for write in plan.writes:
        name, place = write.place, service.rules.places[write.place]
        there = subject.seen.get(name)
        if name in subject.shut:
            return f"{name} is shut and is written to"
        if there is not None and there.gone:
            return f"{name} is {there.gone} and is written to"
        if not write.values and write.ref is not None and there is not None and there.key:
            return f"a write to {name} says nothing"
        blind = subject.blind.get(name, ())
        marks = {} if there is None else there.marks
        for field in write.values:
            if field == IDENTITY:
                continue
            if field in blind:
                return f"the column of {field} in {name} is away and is written to"
            if marks.get(field) in UNWRITABLE:
                return f"{field} of {name} is {marks[field]} and is written to"
            if field not in place.writable:
                return f"{field} of {name} may not be written"
    return bool(plan.writes)


def looks_before_it_writes(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promise 2: over what people may type, no write without saying what was seen there."""
    asked = False
    for write in plan.writes:
        if write.ref is None:
            continue
        there, people = subject.seen[write.place], service.rules.places[write.place].people
        for field in write.values:
            if field in people and there.marks.get(field) != "secret":
                asked = True
                if field not in write.careful:
                    return f"{field} of {write.place} is written over without a look"
                if write.careful[field] != there.values.get(field):
                    return f"{field} of {write.place} is compared with what was not seen there"
    return asked


def a_conflict_is_one(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promise 13: a conflict has two values that differ, each shown where it counts.

    What was agreed on is one where it was typed by somebody who had been asked.
    """
    shared = service.house.shared
    accepted = plan.decision.accepted
    for one in plan.merged.conflicts:
        rule = shared[one.field]
        values = list(one.values.values())
        if all(rule.equal(values[0], other) for other in values[1:]):
            return f"{one.field}: {dict(one.values)} are one value"
        for place, value in one.values.items():
            ours = f"{book.PUT}{place}.{one.field}" in subject.notebook
            asked = place in subject.notebook.get(book.CONFLICT + one.field, "").split()
            if rule.equal(value, one.base) and not (ours or asked):
                return f"{one.field}: {place} has the agreed value {value!r}"
            if not rule.may_write(place, accepted=accepted):
                return f"{one.field}: {place} has no word in it"
    return bool(plan.merged.conflicts)


def a_conflict_moves_nothing(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promise 2: both values of a conflict stay where they are until a person decides."""
    blocked = plan.merged.blocked
    if not blocked:
        return False
    del service
    for write in plan.writes:
        for field in blocked & write.values.keys():
            where = f"{write.place}.{field}"
            if write.ref is None:
                return f"{where} is in conflict and is created with {write.values[field]!r}"
            masks = subject.seen[write.place].marks.get(field) == "secret"
            if not masks and book.OVER + where not in subject.notebook:
                return f"{where} is in conflict and is written as {write.values[field]!r}"
    return True


def only_owners_move_a_field(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promise 3: what is to stand everywhere was agreed, typed where it counts, or decided."""
    asked = False
    accepted = plan.decision.accepted
    merged = plan.merged
    for name, rule in service.house.shared.items():
        value, base = merged.values.get(name), subject.base.get(name)
        if value == base or rule.equal(value, base):
            continue
        asked = True
        if name in merged.decided or name in merged.restored or name in plan.decision.fixes:
            continue
        if any(
            rule.equal(value, one)
            for place in rule.places
            if rule.may_write(place, accepted=accepted)
            for one in _at(subject, place, name)
        ):
            continue
        return f"{name} is to be {value!r} everywhere, which nobody typed who may"
    return asked


def the_policy_decides(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Section 4, merge: of different changes the mapping's policy takes one, the rest is kept."""
    asked = False
    for lost in plan.merged.lost:
        rule = service.house.shared[lost.field]
        if lost.reason == "owner":
            asked = True
            owned = _at(subject, rule.owner or "", lost.field)
            value = plan.merged.values.get(lost.field)
            if rule.policy is not Policy.OWNER or lost.place == rule.owner:
                return f"{lost.field} of {lost.place} lost to an owner that it has not"
            if lost.field not in plan.decision.fixes and not any(
                rule.equal(value, one) for one in owned
            ):
                return f"{lost.field} is not what its owner {rule.owner} says"
        elif lost.reason == "newest":
            asked = True
            mine = subject.seen[lost.place].modified_at
            sides = plan.merged.changed[lost.field]
            newest = max(filter(None, (subject.seen[place].modified_at for place in sides)))
            if rule.policy is not Policy.NEWEST or mine is None or mine >= newest:
                return f"{lost.field} of {lost.place} lost to an older edit"
    return asked


def _at(subject: Subject, place: str, name: str) -> list[str | None]:
    """Return what a place shows, or showed before we wrote over it or its column went."""
    there = subject.seen.get(place)
    if there is None or there.gone:
        return []
    found = [there.values.get(name)]
    for prefix in (book.OVER, book.BACK):
        entry = subject.notebook.get(f"{prefix}{place}.{name}")
        if entry is not None:
            found.append(book.unpacked(entry, 1)[0] or None)
    return found


OF_PLANS: tuple[Callable[[Service, Subject, RecordPlan], Verdict], ...] = (
    writes_only_what_differs,
    writes_nothing_it_may_not,
    looks_before_it_writes,
    a_conflict_is_one,
    a_conflict_moves_nothing,
    only_owners_move_a_field,
    the_policy_decides,
)

# ------------------------------------------------------------------------- of some plans: dear


def planned_again_it_is_the_same(service: Service, subject: Subject, plan: RecordPlan) -> Verdict:
    """Promises 7 and 15: the same state gives the same plan, and planning changes no state."""
    before = (dict(subject.base), dict(subject.memory), dict(subject.notebook), dict(subject.seen))
    again = service.plan(subject)
    after = (subject.base, subject.memory, subject.notebook, subject.seen)
    if before != after:
        return "planning changed what it plans on"
    if plan.decision.follow_up:
        return again.merged == plan.merged or "merged again it is another merge"
    if list(map(digest, again.writes)) != list(map(digest, plan.writes)):
        return "planned again it has other digests"
    if again.writes != plan.writes:
        return f"planned again it is {again.writes} instead of {plan.writes}"
    return again == plan or "planned again something else is decided"


def the_order_of_what_is_known_is_nothing(
    service: Service, subject: Subject, plan: RecordPlan
) -> Verdict:
    """Promise 8: in whatever order the state holds what was seen, the plan is the same."""
    other = subject._replace(
        base=_reversed(subject.base),
        memory=_reversed(subject.memory),
        notebook=_reversed(subject.notebook),
        seen=_reversed(subject.seen),
    )
    again = service.plan(other)
    writes = plan.writes
    if plan.decision.follow_up:
        return again.merged.values == plan.merged.values or "the merge depends on an order"
    if [(one.place, dict(one.values)) for one in again.writes] != [
        (one.place, dict(one.values)) for one in writes
    ]:
        return f"the plan depends on an order: {again.writes} instead of {writes}"
    if again.merged.values != plan.merged.values or again.merged.blocked != plan.merged.blocked:
        return "the merge depends on an order"
    return len(subject.seen) > 1


def _reversed(some: Mapping[str, T]) -> dict[str, T]:
    return dict(reversed(list(some.items())))


OF_SOME_PLANS = (planned_again_it_is_the_same, the_order_of_what_is_known_is_nothing)

# -------------------------------------------------------------------------- of what is known after


def the_base_moves_when_all_agree(
    service: Service, plan: RecordPlan, settled: Settled, outcomes: Mapping[str, Outcome]
) -> Verdict:
    """Section 4, state kept: the base holds what all places agreed on, and nothing else."""
    del outcomes
    before = plan.subject.base
    if settled.base == before:
        return False
    seen = service.seen
    if settled.observations:
        seen = {**seen, **{one.place: one for one in settled.observations}}
    for name, rule in service.house.shared.items():
        value = settled.base.get(name)
        if value == before.get(name):
            continue
        for place in rule.places:
            there = seen.get(place)
            if there is None or there.gone.startswith("merged"):
                continue
            if not rule.equal(there.values.get(name), value):
                return f"{name} is taken as agreed to be {value!r}, {place} shows another value"
        if name in plan.merged.blocked:
            return f"{name} is in conflict and is taken as agreed"
    return True


def what_landed_is_known(
    service: Service, plan: RecordPlan, settled: Settled, outcomes: Mapping[str, Outcome]
) -> Verdict:
    """Section 4, state kept: after a write that landed the observation is what is there."""
    asked = False
    written = {write.place: write.values for write in plan.writes}
    shows = {one.place: one for one in settled.observations}
    for place, outcome in outcomes.items():
        if outcome.result is not Result.LANDED or not outcome.version:
            continue
        asked = True
        there, spot = shows.get(place), service.world.spots[place]
        if there is None:
            return f"{place} was written and nothing is known of it"
        for name, rule in service.house.shared.items():
            if place not in rule.places or name in service.world.hidden.get(place, ()):
                continue
            if outcome.landed is not None and name not in outcome.landed:
                continue
            if name in service.rules.places[place].write_only and name not in written[place]:
                continue  # it was sent before, without an answer, and cannot be read
            now = spot.values.get(name)
            if not rule.equal(shown(there.values.get(name)), shown(now)):
                if spot.marks.get(name) or there.marks.get(name) == "unseen":
                    continue
                return f"{name} of {place} is {now!r} and known as {there.values.get(name)!r}"
    return asked


def what_failed_is_tried_again(
    service: Service, plan: RecordPlan, settled: Settled, outcomes: Mapping[str, Outcome]
) -> Verdict:
    """Promise 1: a write that did not land makes its record due, or is known as refused."""
    del service
    asked = False
    for write in plan.writes:
        outcome = outcomes.get(write.place)
        if outcome is None or outcome.result is not Result.LANDED or outcome.landed is not None:
            asked = True
            if not settled.again:
                return f"what was not written to {write.place} is forgotten"
    return asked


def what_arrives_is_what_was_planned(
    service: Service, plan: RecordPlan, settled: Settled, outcomes: Mapping[str, Outcome]
) -> Verdict:
    """Promise 7: nothing is sent but what the plan shows, only its references are filled in."""
    del settled, outcomes
    planned = {write.place: write for write in plan.writes}
    arrived = service.world.arrived[service.arrived :] if planned else []
    for write in arrived:
        meant = planned.get(write.place)
        if meant is None:
            return f"a write to {write.place} arrived that the plan does not show"
        for name, value in meant.values.items():
            if type(value) is not Ref and write.values[name] != value:
                return f"{name} of {write.place} was planned as {value!r} and sent otherwise"
        sent = (write.key, write.ref, write.expected, write.careful, write.values.keys())
        if sent != (meant.key, meant.ref, meant.expected, meant.careful, meant.values.keys()):
            return f"the write to {write.place} is not the one of the plan"
    return bool(arrived)


OF_ENDINGS: tuple[Callable[[Service, RecordPlan, Settled, Mapping[str, Outcome]], Verdict], ...] = (
    the_base_moves_when_all_agree,
    what_landed_is_known,
    what_failed_is_tried_again,
    what_arrives_is_what_was_planned,
)

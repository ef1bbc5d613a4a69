"""What must hold once people have stopped, everything is mended and the service is at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulation.planner.judging import fixed, is_among, is_kept, is_shown, known, was_put_back
from tests.simulation.planner.knowledge import MASKED
from tests.simulation.planner.plan_laws import Verdict
from tests.simulation.planner.twin_laws import (
    a_kill_costs_only_time,
    a_lost_answer_costs_only_time,
    a_refusal_costs_only_time,
    the_order_of_news_is_nothing,
)
from tests.simulation.planner.witness import NO, WENT, YES, shown

from ubm_sync.sync import notebook as book

if TYPE_CHECKING:
    from tests.simulation.planner.playing import Play

MOST_QUIET = 2  # cycles to a fixed point once people stop and faults are mended


def every_cycle_ends(play: Play) -> Verdict:
    """Promise 1: no record is decided again and again within one cycle."""
    if play.service.worn_out:
        return "one record was decided more than five times in one cycle"
    return True


def comes_to_rest(play: Play) -> Verdict:
    """Promise 1: once quiet, two cycles are enough; after them nothing is planned any more."""
    writes = play.quiet_writes
    if len(writes) > MOST_QUIET and writes[MOST_QUIET]:
        return f"the third quiet cycle still writes: {writes}"
    service = play.service
    if service.doubts:
        return f"it still doubts {service.doubts}"
    plan = service.plan(service.subject())
    if plan.writes:
        return f"at rest it would still write {[(w.place, dict(w.values)) for w in plan.writes]}"
    before = (service.base, service.memory)
    settled = play.settle(plan)
    if (settled.base, settled.memory) != before:
        return f"at rest its memory still moves: {before} -> {(settled.base, settled.memory)}"
    if service.dirty or settled.again:
        return "it does not come to rest"
    return True


def all_places_agree(play: Play) -> Verdict:
    """Promise 1: at rest every place shows the same, except where a person must decide."""
    asked = False
    for name, here in play.final.items():
        if name in play.service.conflicts or len(here) < 2:
            continue
        asked = True
        equal = play.house.shared[name].equal
        values = [fixed(shown(value)) for value in here.values()]
        if not all(equal(values[0], value) for value in values[1:]):
            return f"{name} does not agree: {here}"
    return asked


def nothing_typed_is_lost(play: Play) -> Verdict:
    """Promise 2: what was typed is everywhere, typed over by who saw it, in conflict, or kept."""
    asked = False
    for number, one in enumerate(play.typed):
        rule = play.house.shared.get(one.field)
        if rule is None or one.legal in {NO, WENT}:
            continue
        value = shown(one.value)
        if rule.equal(value, shown(one.saw)):
            continue  # the same value in other letters
        asked = True
        if is_shown(play, rule, one, value) or is_kept(play, rule, one, value):
            continue
        if any(other.between for other in play.typed if other.field == one.field) and any(
            rule.equal(value, other.agreed) for other in play.typed if other.field == one.field
        ):
            continue  # it was agreed before somebody was written over unseen: as if never changed
        first = next(
            index
            for index, other in enumerate(play.typed)
            if other.field == one.field and rule.equal(shown(other.value), value)
        )
        if any(
            later.field == one.field
            and (later.legal != NO or later.place == one.place)
            and (
                ((one.place, one.field) in play.deleted and later.place == one.place)
                or any(
                    rule.equal(shown(before), known)
                    for before in (later.saw, later.agreed)
                    for known in (value, fixed(value))
                )
            )
            for later in play.typed[first + 1 :]
        ):
            continue
        spot = play.world.spots.get(one.place)
        if spot is None or spot.gone:
            continue  # it left with its record
        if one.between and any(
            later.field == one.field and later.place == one.place
            for later in play.typed[number + 1 :]
        ):
            continue  # a history in which people typed since tells no more
        return f"{value!r}, typed into {one.field} of {one.place}, is nowhere"
    return asked


def owners_decide(play: Play) -> Verdict:
    """Promise 3: what stands in the end was agreed, typed where it counts, decided or corrected."""
    asked = False
    start = play.case.start
    for name, here in play.final.items():
        if name in play.service.conflicts:
            continue
        rule = play.house.shared[name]
        if len(here) < 2:
            continue
        values = list(here.values())
        if not rule.equal(values[0], values[-1]):
            continue
        asked = True
        value = values[0]
        if any(rule.equal(value, one) for one in known(play, name, start.base)):
            continue
        return f"{name} is {value!r} in the end, which nobody typed who may"
    return asked


def nothing_vanishes(play: Play) -> Verdict:
    """Promise 10: absence is not deletion; a field is empty only because somebody emptied it."""
    asked = False
    for name, before in play.case.start.base.items():
        rule = play.house.shared[name]
        here = play.final[name]
        if len(here) < 2 or name in play.service.conflicts:
            continue
        asked = True
        if any(value is not None for value in here.values()):
            continue
        if any(
            one.field == name and one.value is None and one.legal != NO for one in play.typed
        ) or any(one[0] == name and one[1] is None for one in (*play.decided, *play.restored)):
            continue
        del rule
        return f"{name} was {before!r} and is empty, and nobody emptied it"
    return asked


def a_foreign_edit_is_kept_and_told(play: Play) -> Verdict:
    """Promise 3: what is typed where it does not count is put back, kept, and told."""
    asked = False
    for number, one in enumerate(play.typed):
        if one.legal != NO:
            continue
        if not was_put_back(play, one, play.typed[number + 1 :]):
            continue
        asked = True
        said = f"{shown(one.value)!r}, typed into {one.field} of {one.place}, was put back"
        if not is_among(play, one, play.service.kept.items):
            return f"{said} and not kept"
        if not one.between and not is_among(play, one, play.service.told):
            return f"{said} silently"
    return asked


def no_false_conflict(play: Play) -> Verdict:
    """Promise 13: who typed over a value that stood there is in no conflict with it."""
    if not play.service.conflicts:
        return False
    for name, values in play.service.conflicts.items():
        equal = play.house.shared[name].equal
        typed = [one for one in play.typed if one.field == name and one.legal != NO]
        for place, value in values.items():
            unknown = place in play.world.lost or any(one.between for one in typed)
            if play.service.kills or unknown:
                continue  # whether it stood there when it was typed over is not known
            once = [one for one in typed if equal(shown(one.value), value)]
            if MASKED in values.values():
                continue  # two secrets look alike
            if len(once) != 1 or once[0].place != place:
                continue
            for other, before in values.items():
                there = (place, name, before)
                if (
                    other != place
                    and there in play.world.landed
                    and equal(once[0].saw, before)
                    and not any(
                        equal(shown(later.value), before) and later.place == other
                        for later in typed[typed.index(once[0]) :]
                    )
                ):
                    return f"{name}: {value!r} was typed over {before!r}, and both are in conflict"
    return True


def a_conflict_keeps_both(play: Play) -> Verdict:
    """Promise 2: both values of an open conflict are still where they were typed."""
    asked = False
    for name, values in play.service.conflicts.items():
        equal = play.house.shared[name].equal
        for place, value in values.items():
            spot = play.world.spots[place]
            if spot.gone:
                continue
            if f"{book.BACK}{place}.{name}" in play.service.memory:
                continue  # it went with its column
            asked = True
            if not equal(shown(spot.values.get(name)), value):
                return f"{name} of {place} is in conflict and is not {value!r} any more"
    return asked


def a_decision_stands(play: Play) -> Verdict:
    """Promise 2: what a person decided stands, unless somebody typed or decided later."""
    asked = False
    last = {one.field: one for one in play.decided}
    restored = {name for name, _ in play.restored}
    for name, one in last.items():
        if name in restored or any(later.field == name for later in play.typed[one.seen :]):
            continue
        if play.left or play.service.accepted != play.case.start.accepted:
            continue  # the chosen value left with its record, or does not count there any more
        asked = True
        if name in play.service.conflicts:
            return f"{name} was decided and is in conflict"
        rule = play.house.shared[name]
        wanted = shown(one.value)
        for place, value in play.final[name].items():
            if not rule.equal(shown(value), wanted) and not rule.equal(value, fixed(wanted)):
                return f"{name} was decided to be {wanted!r} and is {value!r} in {place}"
    return asked


def what_is_typed_over_a_decision_stands(play: Play) -> Verdict:
    """Promise 2: who types over a value that was chosen had seen it: theirs is the newer word."""
    asked = False
    last = {one.field: one for one in play.decided}
    restored = {name for name, _ in play.restored}
    for name, one in last.items():
        since = [typed for typed in play.typed[one.seen :] if typed.field == name]
        if name in restored or len(since) != 1 or since[0].legal != YES or play.service.kills:
            continue
        rule, typed = play.house.shared[name], since[0]
        spot = play.world.spots[typed.place]
        if not typed.ours or not rule.equal(typed.saw, one.value) or spot.gone:
            continue
        if typed.between or play.hidden or typed.place in play.world.lost:
            continue
        asked = True
        value = shown(typed.value)
        for place, now in play.final[name].items():
            if not rule.equal(shown(now), value) and not rule.equal(now, fixed(value)):
                return f"{value!r} was typed over the chosen {one.value!r}; {place} shows {now!r}"
    return asked


def no_echo(play: Play) -> Verdict:
    """Promise 4: one edit is written once into each other place, except for lost answers."""
    asked = False
    kills = play.service.kills
    for one in play.typed:
        rule = play.house.shared.get(one.field)
        if rule is None or one.value is None:
            continue
        for place in rule.places:
            number = play.world.landed.get((place, one.field, shown(one.value)), 0)
            if not number:
                continue
            asked = True
            reasons = sum(
                other.field == one.field and (other.place == place or other.value == one.value)
                for other in play.typed
            )
            reasons += sum(other.field == one.field for other in play.decided)
            reasons += sum(name == one.field for name, _ in play.restored)
            reasons += play.world.lost.get(place, 0) + kills + play.hidden
            if number > 1 + reasons:
                return f"{one.value!r} was written {number} times into {one.field} of {place}"
    return asked


def at_most_one_create(play: Play) -> Verdict:
    """Promise 5: a record whose answer was lost is looked for before it is created again."""
    if play.world.made_twice:
        return f"{play.world.made_twice} was created without looking for what was there"
    return any(spot.ref.endswith("-1") for spot in play.world.spots.values())


def what_is_refused_is_not_sent_again(play: Play) -> Verdict:
    """Section 4, state kept: what a system refuses for good is told once and then quiet."""
    if play.world.sent_again:
        return f"what {play.world.sent_again} refuses was sent to it again"
    return play.was_refused


def never_writes_blindly(play: Play) -> Verdict:
    """Promise 10: nothing arrives where a column is away."""
    if play.world.blindly:
        return f"a write of {play.world.blindly} arrived, where its column is away"
    return play.hidden > 0


AT_THE_END: tuple[Callable[[Play], Verdict], ...] = (
    every_cycle_ends,
    comes_to_rest,
    all_places_agree,
    nothing_typed_is_lost,
    owners_decide,
    nothing_vanishes,
    a_foreign_edit_is_kept_and_told,
    no_false_conflict,
    a_conflict_keeps_both,
    a_decision_stands,
    what_is_typed_over_a_decision_stands,
    no_echo,
    at_most_one_create,
    what_is_refused_is_not_sent_again,
    never_writes_blindly,
    a_kill_costs_only_time,
    a_lost_answer_costs_only_time,
    a_refusal_costs_only_time,
    the_order_of_news_is_nothing,
)

"""The end of every story: what is broken is mended, people stop, the service comes to rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.simulation.evidence import Memory, gather, intents, not_told, writes
from tests.simulation.fields import NAMES
from tests.simulation.model import Ending, Model
from tests.simulation.oracle import SOON, agrees
from tests.simulation.template import ADMIN
from tests.simulation.trouble import Troubles
from tests.simulation.world import POISON, World

from ubm_sync.sync import decisions

LONG = 7200.0  # longer than any lag, lease or pause
BETWEEN = 120.0
CYCLES = 4  # two to rest, two to see that it is rest
RESTING = [0, 0]  # writes of the last cycles: what wrote nothing twice is at rest
FULL_READS = 2  # that must agree before a missing row is asked about
ROUNDS = 12  # approvals that one pile of changes may need


def bring_to_rest(
    world: World,
    troubles: Troubles,
    model: Model,
    memory: Memory,
    broke: list[str],
    *,
    guarded: bool,
) -> Ending:
    """Mend everything, let the service work until it should be done, and look.

    ``guarded``: the guard lets so little pass that people must approve first. So they must what a
    changed mapping adds to records, also to those that were set aside when the others were looked
    through.
    """
    troubles.calm()
    model.lost_answers = troubles.lost_answers
    model.killed |= world.cut_off
    _repair(world, model)
    world.customers(lambda one: replace(one, paused=False))
    for clock in world.clocks:
        clock.skew = timedelta()
    world.clock.sleep(LONG)
    for number in range(len(world.services)):
        world.end(number)
    deleted = world.counts["people: delete_column"]
    unseen = deleted and not world.smartsheet.switches.columns_move_version
    # What a page left out is found by the next full reading, and so is a column that came back
    # between our reading and our writing where its sheet's version says nothing of it.
    if world.counts["struck: short"] or unseen:
        world.clock.sleep(BETWEEN)
        _cycle(world, broke, full=True)
    if guarded or world.remapped:
        _approve_all(world, model)
    if world.poisonous and world.counts["people: poison"]:
        broke += _without_the_poisoned(world, model, memory)
        world.poisonous = False
        if guarded:
            _approve_all(world, model)
    with world.memory.reading() as tx:
        aside = bool(tx.quarantine.list())
    if model.crossed or any(place == "row" for place, _ in model.absent):
        _miss_rows(world, broke)
    with world.memory.transaction() as tx:
        aside |= bool(tx.quarantine.list())
        decisions.retry(tx, None)
    if aside and (guarded or world.remapped):  # what was set aside could not be approved so far
        _approve_all(world, model)
    resting, waiting = _rest(world, broke)
    return replace(gather(world, memory, resting, broke), waited=waiting)


def _rest(world: World, broke: list[str]) -> tuple[list[int], frozenset[str]]:
    """Let the service work until it is at rest.

    Return how often each cycle wrote or meant to, and which rows did not name their accounts after
    the first one.
    """
    resting: list[int] = []
    waiting: frozenset[str] = frozenset()
    while len(resting) < CYCLES + (world.busy_from is not None) and resting[-2:] != RESTING:
        world.clock.sleep(BETWEEN)
        before = writes(world) + intents(world)
        _cycle(world, broke)
        resting.append(writes(world) + intents(world) - before)
        if len(resting) == 1:
            waiting = not_told(world)
    return resting, waiting


def _cycle(world: World, broke: list[str], *, full: bool = False) -> Any:
    try:
        return world.working(0, lambda service: service.engine.cycle(full=full))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        broke.append(f"a cycle broke down: {type(error).__name__}: {error}")
        return None


def _miss_rows(world: World, broke: list[str]) -> None:
    """Let the service read everything until it may believe that rows are gone, and ask."""
    for _ in range(FULL_READS):
        world.clock.sleep(LONG)
        _cycle(world, broke, full=True)


def _repair(world: World, model: Model) -> None:
    """Undo what administrators did to columns, newest first."""
    for (key, title), (how, option) in reversed(model.damage.items()):
        client = next(one for one in world.clients if one.key == key)
        order: dict[str, Any] = {"sheet": client.sheet, "who": ADMIN, "title": title}
        match how:
            case "rename":
                order |= {"do": "rename_column", "title": f"{title} (old)", "to": title}
            case "delete":
                column = {"title": title, "type": "TEXT_NUMBER"}
                order |= {"do": "add_column", "column": column}
            case "retype":
                order |= {"do": "retype_column", "type": "TEXT_NUMBER"}
            case _:
                order |= {"do": "add_option", "option": option}
        try:
            world.smartsheet.act(order)
        except (KeyError, ValueError) as error:
            world.note(f"not repaired: {error}")
            model.spoilt.add((key, title))
        else:
            world.say(f"an admin repairs {title} of {key} ({how})")


def _approve_all(world: World, model: Model) -> None:
    """Let the guard's stops pass, as long as there are any."""
    for _ in range(ROUNDS):
        world.clock.sleep(BETWEEN)
        _cycle(world, [])
        with world.memory.transaction() as tx:
            waiting = tx.guard.list()
            for one in waiting:
                tx.guard.approve(one.fingerprint, "Priya N.", world.clock.now())
                model.waved_through(
                    one.customer, one.system, one.field, one.count, world.clock.now().timestamp()
                )
        if not waiting:
            return


def _without_the_poisoned(world: World, model: Model, memory: Memory) -> list[str]:
    """Return what a record that nobody can work on does to the others: nothing."""
    resting, _ = _rest(world, [])
    ending = gather(world, memory, resting, [])
    sick = {one.record for one in ending.things if POISON in one.fields.get(_POISONED, "")} | {
        record for _, record, _ in ending.set_aside
    }
    others = {*model.crossed, *model.copies} if sick - {one.record for one in ending.things} else ()
    ending.things = [
        one
        for one in ending.things
        # One that waits for an identity of its own still shows that of another record.
        if one.record not in sick and not (one.place == "row" and one.ref in others)
    ]
    said = [f"beside a poisoned record: {text}" for text in agrees(model, ending)]
    # Rows that vanished are asked about in the second cycle; a busy one leaves that to the third.
    if any(resting[SOON + model.busy :]):
        said.append(f"beside a poisoned record there is no rest: {resting}")
    return said


_POISONED = next(name for name in NAMES if name == "notes")

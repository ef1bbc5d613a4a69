"""What a seed wants to happen: whose acts, which ends, which faults."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.system.stories.exchange import When
from tests.system.stories.lives import (
    BY_REQUEST,
    BY_STATEMENT,
    FREEZES,
    KILLS,
    End,
    some_end,
)
from tests.system.stories.people import Act, some_acts

from ubm_sync.emulation.faults import Fault, Rule

LATE = 1.0  # seconds of a stall; the line tells the service that it waited too long
ERRANDS = ("setup", "migrate", "apply", "resolve")


@dataclass(frozen=True, slots=True)
class Plan:
    """One story, before it is played."""

    seed: int
    ends: tuple[End, ...]
    acts: tuple[tuple[int, When, Act], ...]  # requests since the last act, before or after
    faults: dict[str, tuple[Rule, ...]]
    two: bool = False  # a second instance from the beginning
    errand: str = ""  # a command that is killed, too
    errand_ends: tuple[End, ...] = ()
    lane: bool = True


def plan(seed: int) -> Plan:
    """Return the plan of a seed: every 8th story has two instances, a frozen one, an errand."""
    chance = random.Random(f"story {seed}")  # noqa: S311 - repeatable on purpose
    kind = seed % 8
    errand = ERRANDS[seed // 8 % len(ERRANDS)] if kind == 5 else ""
    hows = BY_REQUEST if kind == 7 else KILLS
    lives = chance.choice([1, 2, 2, 3])
    ends = [some_end(chance, hows, 6 if kind == 6 else 25) for _ in range(lives)]
    if kind == 7:
        ends.insert(0, some_end(chance, FREEZES))
    acts = tuple(
        (chance.choice([0, 1, 2, 3, 5, 8]), chance.choice(list(When)), act)
        for act in some_acts(chance, chance.randrange(8, 18))
    )
    killed = BY_STATEMENT if errand in {"migrate", "resolve"} else KILLS
    return Plan(
        seed,
        tuple(ends),
        acts,
        _faults(chance),
        two=kind == 6,
        errand=errand,
        errand_ends=tuple(some_end(chance, killed) for _ in range(2 if errand else 0)),
        # A frozen instance's second thread may hold a write, which no story could know of.
        lane=kind != 7,
    )


def _faults(chance: random.Random) -> dict[str, tuple[Rule, ...]]:
    """Return what goes wrong on the line; on every third line nothing."""
    found = {}
    for name in ("hubspot", "smartsheet"):
        kinds = chance.sample(list(Fault), chance.choice([0, 1, 2]))
        found[name] = tuple(
            Rule(kind, rate=chance.choice([0.02, 0.06, 0.2]), seconds=LATE) for kind in kinds
        )
    return found

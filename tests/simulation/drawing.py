"""Stories drawn from a seed: each with its own few kinds of acts and troubles, at its own rates.

Swarm testing (Groce et al.): a run in which everything can happen lets nothing happen often; a
random part of it, often.
"""

from __future__ import annotations

import random
from typing import Any

from tests.simulation.errands import with_errand
from tests.simulation.hands import Act
from tests.simulation.people import BY_COMMAND
from tests.simulation.remapping import CHANGES, Remap
from tests.simulation.steps import (
    Backup,
    Calm,
    Cycle,
    Plan,
    PutBack,
    Restart,
    Skew,
    Step,
    Story,
    Wait,
)
from tests.simulation.trouble import CLIMATE, KINDS, Trouble
from tests.simulation.twin import NO_LAG, SETTLED, TRAIT

WEIGHTS = {
    "add": 8,
    "edit_row": 8,
    "edit_ticket": 8,
    "approve": 5,
    "enrol": 3,
    "clear_cell": 2,
    "choose_in_row": 1,
    "choose_on_ticket": 1,
    "clear_property": 2,
    "quarrel": 1,
    "type_too_much": 0.3,
    "decide_on_ticket": 2,
    "resolve": 1,
    "decline": 1,
    "withdraw": 1,
    "move_stage": 1,
    "copy_row": 1,
    "move_row": 1,
    "delete_row": 1,
    "restore_row": 1,
    "add_again": 1,
    "bulk_edit": 1,
    "archive": 1,
    "unarchive": 1,
    "merge": 1,
    "move_pipeline": 0.3,
    "edit_owned_cell": 1,
    "edit_owned_property": 1,
    "rename_column": 0.5,
    "delete_column": 0.5,
    "drop_option": 0.5,
    "retype_column": 0.2,
    "retry": 0.5,
    "approve_stop": 1,
    "pause": 0.5,
    "edit_account": 1,
    "poison": 1,
}
ALWAYS = ("add", "edit_row", "edit_ticket", "approve")
# Acts that do nothing without another one before them.
NEED = {
    "restore_row": "delete_row",
    "unarchive": "archive",
    "resolve": "quarrel",
    "decide_on_ticket": "quarrel",
    "approve_stop": "bulk_edit",
}
TURNS = (4, 8)
BULK = 12  # weight of bulk edits where the guard lets little pass
LONG = 200.0  # seconds after which nothing is on its way any more


def draw(seed: int) -> Story:
    """Return the story of a seed."""
    return with_errand(_Pen(seed).story())


class _Pen:
    """Draws one story."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = chance = random.Random(f"story {seed}")  # noqa: S311 - repeatable on purpose
        others = [name for name in WEIGHTS if name not in ALWAYS]
        some = chance.sample(others, chance.randrange(3, len(others)))
        self.guarded = chance.random() < 0.1
        some += [NEED[name] for name in some if name in NEED]
        some += ["bulk_edit", "approve_stop"] if self.guarded else []
        self.acts = [*ALWAYS, *sorted({*some})]
        self.weights = [WEIGHTS[name] * chance.choice([0.5, 1, 3]) for name in self.acts]
        if self.guarded:
            self.weights[self.acts.index("bulk_edit")] = BULK
        count = chance.choice([0, 1, 1, 2, 3, 4, 6])
        self.troubles = chance.sample(sorted(KINDS), count)
        self.kill = chance.choice([0.0, 0.0, 0.1, 0.3])
        self.rival = chance.choice([0.0, 0.0, 0.0, 0.3])
        self.meanwhile = chance.choice([0.0, 0.5, 1.5])
        self.skew = chance.random() < 0.1
        self.backup = chance.random() < 0.1
        self.plans = chance.random() < 0.15
        self.twin = chance.random() < 0.08
        self.changes = chance.sample(sorted(CHANGES), chance.choice([0, 0, 0, 1, 2]))

    def story(self) -> Story:
        """Return everything drawn."""
        steps: list[Step] = [self._act("add") for _ in range(5 if self.guarded else 2)]
        turns = self.chance.randint(*TURNS)
        if self.twin:
            return self._comparable(steps, turns // 2)
        for turn in range(turns):
            steps += [self._act() for _ in range(self.chance.randrange(5))]
            steps += self._surroundings(turn)
            steps.append(Wait(self.chance.choice([1, 5, 20, 60, 60, 200])))
            steps.append(self._cycle())
        return Story(self.seed, tuple(steps), self._climate(), self._traits())

    def _comparable(self, steps: list[Step], turns: int) -> Story:
        """Return a story in which people act only where the service is at rest."""
        for _ in range(turns):
            steps += [self._act() for _ in range(self.chance.randrange(1, 5))]
            for kill in (self.chance.randrange(1, 45), self.chance.randrange(1, 110)):
                steps += [Wait(self.chance.choice([1, 60])), Cycle(kill=kill)]
            for _ in range(SETTLED):
                steps += [Wait(LONG), Cycle()]
        climate = self._climate()
        climate["hubspot"] |= NO_LAG
        return Story(self.seed, tuple(steps), climate, {TRAIT: True})

    def _act(self, kind: str = "") -> Act:
        chance = self.chance
        kind = kind or chance.choices(self.acts, self.weights)[0]
        return Act(
            kind, chance.randrange(1_000_000), chance.randrange(1000), chance.randrange(1000)
        )

    def _surroundings(self, turn: int) -> list[Step]:
        chance = self.chance
        steps: list[Step] = []
        if self.troubles and chance.random() < 0.4:
            steps.append(Calm())
        if self.troubles and chance.random() < 0.7:
            kind = chance.choice(self.troubles)
            path = chance.choice(["", "writes", "reads"])
            rate = chance.choice([0.03, 0.1, 0.5])
            steps.append(Trouble(kind, chance.choice(KINDS[kind]), rate, path))
        if self.skew and chance.random() < 0.3:
            steps.append(Skew(chance.randrange(2), chance.choice([-3600.0, -90.0, 90.0, 3600.0])))
        if self.backup and turn in {1, 4}:
            steps.append(Backup() if turn == 1 else PutBack())
        if self.changes and chance.random() < 0.3:
            steps.append(Remap(chance.choice(self.changes)))
        if chance.random() < 0.08:
            steps.append(Restart(chance.randrange(2)))
        if chance.random() < 0.04:
            steps.append(Wait(7200.0))
        if self.plans and chance.random() < 0.3:
            steps.append(Plan(tuple(self._act() for _ in range(chance.choice([0, 0, 2])))))
        return steps

    def _cycle(self) -> Cycle:
        chance = self.chance
        acts = int(self.meanwhile * 2 * chance.random())
        late = chance.random() < 0.5
        last = 8 if late else 26
        meanwhile = [(chance.randrange(1, last), self._act()) for _ in range(acts)]
        rival = chance.randrange(1, 18) if chance.random() < self.rival else None
        return Cycle(
            instance=chance.randrange(2) if self.rival else 0,
            full=chance.random() < 0.1,
            kill=chance.randrange(1, 36) if chance.random() < self.kill else None,
            meanwhile=tuple(one for one in meanwhile if one[1].kind not in BY_COMMAND),
            rival=rival,
            pause=0.0 if rival is None else chance.choice([0.0, 700.0]),
            late=late,
        )

    def _climate(self) -> dict[str, dict[str, Any]]:
        return {
            system: {
                name: self.chance.choice(values)
                for name, values in switches.items()
                if self.chance.random() < 0.4
            }
            for system, switches in CLIMATE.items()
        }

    def _traits(self) -> dict[str, Any]:
        traits: dict[str, Any] = {}
        if "poison" in self.acts:
            traits["poisonous"] = True
        if self.chance.random() < 0.2:
            traits["same_machine"] = False
        if self.guarded:
            traits["floor"] = self.chance.choice([1, 2, 4])
        if self.changes and self.chance.random() < 0.5:
            traits["mapping"] = self.changes[0]
        if self.chance.random() < 0.25:
            traits["busy_from"] = self.chance.choice([1, 2, 4])
        return traits

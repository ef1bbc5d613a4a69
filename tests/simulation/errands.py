"""Errands: what stories drawn at random hardly ever come to by themselves.

Most bugs show only where three or four things happen in a row, to the same record. Every fifth
story therefore ends with such a row of things, in the place of as many of its last turns: it takes
no longer than before. What it is about is drawn from a stream of its own, so that the beginning of
the story and all other stories stay as they were drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.fields import ALIKE, TYPED
from tests.simulation.hands import Act
from tests.simulation.steps import Calm, Cycle, Plan, Step, Story, Wait
from tests.simulation.trouble import Trouble
from tests.simulation.twin import TRAIT as TWIN

EVERY = 5
TRAIT = "errand"
COMPLETE = 4  # kind of a row in which nothing is missing
LAST = -1  # of what is there, the newest
SOON, LONG = 60.0, 1000.0


@dataclass(frozen=True, slots=True)
class Errand:
    """Steps, and what must hold in the story for them to matter."""

    steps: tuple[Step, ...]
    traits: Mapping[str, Any] = field(default_factory=dict)
    climate: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def with_errand(story: Story) -> Story:
    """Return the story with an errand for its last turns, if it is one of those that have one."""
    if story.seed % EVERY != EVERY - 1 or TWIN in story.traits:
        return story
    names = sorted(ERRANDS)
    name = names[story.seed // EVERY % len(names)]
    errand = ERRANDS[name](_Pen(story.seed))
    steps: tuple[Step, ...] = (Calm(), Wait(LONG), Cycle(), *errand.steps)
    turns = sum(isinstance(step, Cycle) for step in steps)
    climate = {
        system: {**given, **errand.climate.get(system, {})}
        for system, given in story.climate.items()
    }
    return Story(
        story.seed,
        (*_without_last(story.steps, turns), *steps),
        climate,
        {**story.traits, **errand.traits, TRAIT: name},
    )


def _without_last(steps: tuple[Step, ...], turns: int) -> tuple[Step, ...]:
    """Return a story's steps without so many turns at its end, but with its first one."""
    ends = [number for number, step in enumerate(steps, 1) if isinstance(step, Cycle)]
    return steps[: ends[max(len(ends) - turns, 1) - 1]]


class _Pen:
    """Draws the acts of one errand."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"errand {seed}")  # noqa: S311 - repeatable on purpose
        self.b = self.chance.randrange(1000)  # one row or ticket
        self.alike = self.chance.randrange(len(ALIKE))  # one field, as an index of either list
        self.c = TYPED.index(ALIKE[self.alike])

    def new(self) -> int:
        """Return what makes typed text unique, and new text of it."""
        return 4 * self.chance.randrange(250_000) + 2

    def alike_text(self) -> int:
        """Return what makes typed text look nearly as what stood there."""
        return 4 * self.chance.randrange(250_000)

    def act(self, kind: str, *, a: int | None = None, b: int | None = None,
            c: int | None = None) -> Act:  # fmt: skip
        """Return an act on the errand's record and field, or on those given."""
        return Act(
            kind,
            self.new() if a is None else a,
            self.b if b is None else b,
            self.c if c is None else c,
        )

    def add(self, client: int | None = None) -> Act:
        """Return that a complete row is added."""
        where = self.chance.randrange(2) if client is None else client
        return self.act("add", b=where, c=COMPLETE)

    def approve(self) -> Act:
        """Return that the oldest tickets are approved."""
        return self.act("approve", b=0, c=3)

    def meanwhile(self, last: int, act: Act, *, late: bool) -> Cycle:
        """Return a cycle in which somebody acts at one of its first moments."""
        return Cycle(meanwhile=((self.chance.randrange(1, last), act),), late=late)


def _work() -> tuple[Step, ...]:
    return Wait(SOON), Cycle()


def _withdraws(pen: _Pen) -> Errand:
    down = Trouble("locked", "store", 1.0)
    seen_at_once = {"hubspot": {"search_lag": 0.0, "search_lag_jitter": 0.0}}
    again = pen.act("think_again")
    return Errand(
        (pen.add(), *_work(), pen.approve(), down, *_work(), Calm(), again, *_work()),
        climate=seen_at_once,
    )


def _decides(pen: _Pen) -> Errand:
    return Errand((pen.act("quarrel", c=pen.alike), *_work(), pen.act("resolve"), *_work()))


def _looks_at_an_old_plan(pen: _Pen) -> Errand:
    kind = pen.chance.choice(["edit_row", "edit_ticket"])
    return Errand((pen.act(kind), Plan((pen.act(kind),)), *_work()))


def _types_too_much(pen: _Pen) -> Errand:
    return Errand((pen.act("type_too_much"), *_work()))


def _loses_a_column(pen: _Pen) -> Errand:
    lost = pen.act(pen.chance.choice(["delete_column", "rename_column"]), b=0, c=pen.alike)
    typed = pen.act("edit_ticket", b=LAST)
    read_again = pen.act("edit_its_row", b=LAST, c=1 - pen.alike)
    return Errand((pen.add(0), *_work(), typed, *_work(), lost, read_again, *_work()))


def _types_alike(pen: _Pen) -> Errand:
    kind = pen.chance.choice(["edit_row", "edit_ticket"])
    turned = pen.b % 2  # the same letters in the other case; else figures
    first = pen.new() if turned else pen.alike_text()
    again = pen.act(kind, a=pen.alike_text())
    return Errand((pen.act(kind, a=first), *_work(), again, *_work()))


def _says_the_same(pen: _Pen) -> Errand:
    return Errand((pen.act("say_the_same"), *_work()))


def _restores_a_row(pen: _Pen) -> Errand:
    anew = {"smartsheet": {"restored_rows_keep_ids": False}}
    between = pen.chance.choice([(), _work()])
    return Errand((pen.act("delete_row"), *between, pen.act("restore_row"), *_work()), climate=anew)


def _is_not_answered(pen: _Pen) -> Errand:
    lost = Trouble("drop", "hubspot", 1.0, "writes")
    return Errand((pen.act("edit_row"), lost, *_work(), pen.act("edit_row"), Calm(), *_work()))


def _finds_what_was_created(pen: _Pen) -> Errand:
    lost = Trouble("drop", "hubspot", 1.0, "writes")
    filled = TYPED.index(pen.chance.choice(["location_name", "name_on_account"]))
    typed = pen.act("edit_ticket", b=LAST, c=filled)
    late = {"hubspot": {"search_lag": 20.0, "search_lag_jitter": 60.0}}  # no search shows it yet
    again = Wait(1.0), Cycle(), *_work()
    return Errand((pen.add(), lost, *_work(), Calm(), typed, *again), climate=late)


def _writes_half(pen: _Pen) -> Errand:
    down = Trouble("error", "smartsheet", 1.0, "writes")
    return Errand((
        pen.approve(), *_work(), pen.act("edit_ticket"), down, *_work(),
        pen.act("edit_ticket"), Calm(), *_work(),
    ))  # fmt: skip


def _is_done_in_part(pen: _Pen) -> Errand:
    part = Trouble("partial", "hubspot", pen.chance.choice([0.5, 1.0]), "writes")
    edits = [pen.act("edit_row", b=number) for number in range(3)]
    return Errand((*edits, part, *_work(), Calm(), *_work()))


def _types_over_a_ticket(pen: _Pen) -> Errand:
    typed = pen.meanwhile(4, pen.act("edit_ticket"), late=pen.chance.random() < 0.5)
    return Errand((pen.act("edit_its_row", c=pen.alike), Wait(SOON), typed, *_work()))


def _types_over_a_row(pen: _Pen) -> Errand:
    late = pen.chance.random() < 0.5
    typed = pen.meanwhile(4, pen.act("edit_its_row", c=pen.alike), late=late)
    return Errand((pen.act("edit_ticket"), Wait(SOON), typed, *_work()))


def _types_beside_a_row(pen: _Pen) -> Errand:
    beside = pen.act("edit_row", b=pen.b + 1, c=TYPED.index("address_2"))
    typed = pen.meanwhile(3, beside, late=True)
    return Errand((pen.act("edit_ticket"), Wait(SOON), typed, *_work()))


def _is_indexed_late(pen: _Pen) -> Errand:
    late = {"hubspot": {"search_lag": 0.0, "search_lag_jitter": 60.0}}
    early = Wait(pen.chance.choice([10.0, 20.0, 30.0]))  # some of them can be found by then
    return Errand((pen.act("bulk_edit"), early, Cycle(), *_work()), climate=late)


def _brings_a_ticket_back(pen: _Pen) -> Errand:
    typed = pen.act("edit_its_row", c=pen.alike)
    return Errand((pen.act("archive", c=0), *_work(), pen.act("unarchive"), typed, *_work()))


def _edits_one_after_the_other(pen: _Pen) -> Errand:
    edits = [(pen.act("edit_row", b=number), *_work()) for number in range(3)]
    steps = [step for some in edits for step in some]
    floor = pen.chance.choice([1, 1, 2])
    return Errand((*(pen.add(0) for _ in range(3)), *_work(), *steps), traits={"floor": floor})


def _stands_still(pen: _Pen) -> Errand:
    edits = [pen.act("edit_row", b=number) for number in range(4)]
    rival, pause = pen.chance.randrange(8, 32), pen.chance.choice([0.0, 700.0])
    still = Cycle(rival=rival, pause=pause)
    return Errand((pen.add(), pen.approve(), *edits, Wait(SOON), still, *_work()))


def _has_the_last_word(pen: _Pen) -> Errand:
    return Errand((pen.add(), *_work(), pen.approve()))


ERRANDS: Mapping[str, Callable[[_Pen], Errand]] = {
    "an approval is withdrawn before anything came of it": _withdraws,
    "a conflict is decided by command": _decides,
    "a plan is carried out that is not true any more": _looks_at_an_old_plan,
    "more is typed than a cell takes": _types_too_much,
    "a column goes": _loses_a_column,
    "what is typed looks like what stood there": _types_alike,
    "both sides type the same": _says_the_same,
    "a deleted row is taken back": _restores_a_row,
    "the answer to a change is lost": _is_not_answered,
    "the answer to a new ticket is lost": _finds_what_was_created,
    "half of a change is written": _writes_half,
    "a batch is done in part": _is_done_in_part,
    "somebody types into a ticket meanwhile": _types_over_a_ticket,
    "somebody types into a row meanwhile": _types_over_a_row,
    "somebody types into another row meanwhile": _types_beside_a_row,
    "the index shows changes one after the other": _is_indexed_late,
    "an archived ticket is taken back": _brings_a_ticket_back,
    "one change follows the other": _edits_one_after_the_other,
    "an instance stands still while the other one works": _stands_still,
    "the last request is approved late": _has_the_last_word,
}

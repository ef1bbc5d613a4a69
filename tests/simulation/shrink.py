"""Makes a story that goes wrong shorter, as long as the same promise is broken (Zeller's ddmin)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation import twin
from tests.simulation.steps import Cycle, Plan, Step, Story, shorter
from tests.simulation.story import Result, run

T = TypeVar("T")
MOST_RUNS = 400


def promise(complaint: str) -> str:
    """Return the promise a complaint is about."""
    return complaint.partition(":")[0]


def shrink(red: Result, play: Callable[[Story], Result] = run, most: int = MOST_RUNS) -> Result:
    """Return a shortest story found that breaks the first promise the given one breaks."""
    wanted, best, left = promise(red.complaints[0]), red, most

    def still(story: Story) -> bool:
        nonlocal best, left
        if left <= 0 or (twin.has_twin(story) and not twin.is_comparable(story)):
            return False
        left -= 1
        result = play(story)
        if wanted not in map(promise, result.complaints):
            return False
        best = result
        return True

    before = None
    while before != best.story and left > 0:
        before = best.story
        steps = _fewest(best.story.steps, lambda some: still(shorter(best.story, some)))
        still(shorter(best.story, steps))
        for simpler in _simpler(lambda: best.story):
            still(simpler)
    return best


def _fewest(steps: Sequence[Step], still: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Return as few steps as are needed, leaving out halves first and single ones last."""
    steps = list(steps)
    size = max(len(steps) // 2, 1)
    while True:
        position = 0
        while position < len(steps):
            fewer = [*steps[:position], *steps[position + size :]]
            if still(fewer):
                steps = fewer
            else:
                position += size
        if size == 1:
            return steps
        size = max(size // 2, 1)


def _simpler(story: Callable[[], Story]) -> Iterator[Story]:
    """Yield stories with one thing less inside a step, or in what holds for all of it."""
    for system in list(story().climate):
        for name in list(story().climate[system]):
            climate = {one: dict(given) for one, given in story().climate.items()}
            del climate[system][name]
            yield replace(story(), climate=climate)
    for name in list(story().traits):
        yield replace(story(), traits={k: v for k, v in story().traits.items() if k != name})
    for position in range(len(story().steps)):
        for step in _less(story().steps[position]):
            steps = list(story().steps)
            steps[position] = step
            yield shorter(story(), steps)


def _less(step: Step) -> Iterator[Step]:
    match step:
        case Cycle():
            for number in range(len(step.meanwhile)):
                few = step.meanwhile[:number] + step.meanwhile[number + 1 :]
                yield replace(step, meanwhile=few)
            if step.kill is not None:
                yield replace(step, kill=None)
            if step.rival is not None:
                yield replace(step, rival=None, pause=0.0)
            if step.full:
                yield replace(step, full=False)
        case Plan():
            for number in range(len(step.between)):
                yield replace(step, between=step.between[:number] + step.between[number + 1 :])
        case _:
            return

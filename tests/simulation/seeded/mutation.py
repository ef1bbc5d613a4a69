"""One bug put into the engine by hand, and hints which stories it cannot touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.simulation import errands
from tests.simulation.hands import Act
from tests.simulation.remapping import Remap
from tests.simulation.seeded.patching import Bug
from tests.simulation.steps import Backup, Cycle, Plan, Story
from tests.simulation.trouble import LOST, Trouble

Hint: TypeAlias = Callable[[Story], bool]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One bug: ``breaks`` says what a user would see; ``hint`` skips stories it cannot touch.

    ``apply`` returns a context manager that puts the bug in and takes it out again.
    """

    name: str
    breaks: str
    apply: Bug
    hint: Hint = lambda _story: True


def acts(*kinds: str) -> Hint:
    return lambda story: any(one.kind in kinds for one in _all_acts(story))


def _all_acts(story: Story) -> Iterator[Act]:
    for step in story.steps:
        match step:
            case Act():
                yield step
            case Cycle():
                yield from (act for _, act in step.meanwhile)
            case Plan():
                yield from step.between
            case _:
                pass


def troubles(*kinds: str) -> Hint:
    return lambda story: any(
        isinstance(step, Trouble) and step.kind in kinds for step in story.steps
    )


def _cycles(which: Callable[[Cycle], Any]) -> Hint:
    return lambda story: any(isinstance(step, Cycle) and which(step) for step in story.steps)


def errand(*names: str) -> Hint:
    """Stories that end with one of these errands."""
    if unknown := {*names} - errands.ERRANDS.keys():
        raise KeyError(f"no such errands: {sorted(unknown)}")
    return lambda story: story.traits.get(errands.TRAIT) in names


def either(*hints: Hint) -> Hint:
    return lambda story: any(hint(story) for hint in hints)


def every(*hints: Hint) -> Hint:
    return lambda story: all(hint(story) for hint in hints)


guarded: Hint = lambda story: "floor" in story.traits and acts("bulk_edit")(story)  # noqa: E731
killed = _cycles(lambda one: one.kill is not None)
rivals = _cycles(lambda one: one.rival is not None)
disturbed = _cycles(lambda one: one.meanwhile)
lost_answers = troubles(*(fault.value for fault in LOST))
copied: Hint = lambda story: any(isinstance(step, Backup) for step in story.steps)  # noqa: E731
remapped: Hint = lambda story: (  # noqa: E731
    "mapping" in story.traits or any(isinstance(step, Remap) for step in story.steps)
)
rewritten: Hint = lambda story: bool(story.climate.get("hubspot", {}).get("trims_text"))  # noqa: E731
lagging: Hint = lambda story: bool(  # noqa: E731
    story.climate.get("hubspot", {}).get("search_lag_jitter")
)
planned: Hint = lambda story: any(isinstance(step, Plan) for step in story.steps)  # noqa: E731

"""The steps of a story, as data: what people do, what goes wrong and when the service works.

The list is drawn from the seed once; carrying it out draws nothing that another step's absence
would move, so that a story that goes wrong can be shortened step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.simulation.hands import Act
from tests.simulation.remapping import Remap
from tests.simulation.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes for everybody."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Skew:
    """The clock of an instance's machine is set wrong, or right again."""

    instance: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cycle:
    """An instance works; people act and it may die at numbered moments of it.

    ``late``: people act at moments right before the service writes, and those alone are counted
    for them. ``rival``: at that moment the other instance works, after ``pause`` seconds in which
    this one stood still.
    """

    instance: int = 0
    full: bool = False
    kill: int | None = None
    meanwhile: tuple[tuple[int, Act], ...] = ()
    rival: int | None = None
    pause: float = 0.0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Calm:
    """Everything is mended."""


@dataclass(frozen=True, slots=True)
class Restart:
    """An instance is stopped and started again."""

    instance: int = 0


@dataclass(frozen=True, slots=True)
class Backup:
    """The service's state is copied away."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """The service's state is replaced by the copy."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan is saved, people act, and the plan is carried out."""

    between: tuple[Act, ...] = ()


Step: TypeAlias = (
    Act | Wait | Skew | Cycle | Trouble | Calm | Restart | Backup | PutBack | Plan | Remap
)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that makes one run: ``traits`` hold for the whole of it."""

    seed: int
    steps: tuple[Step, ...]
    climate: dict[str, dict[str, Any]] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)


def shorter(story: Story, steps: Sequence[Step]) -> Story:
    """Return the story with other steps."""
    return Story(story.seed, tuple(steps), story.climate, story.traits)

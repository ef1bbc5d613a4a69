"""Stories as files: the red ones are kept and played again by the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from tests.simulation.hands import Act
from tests.simulation.steps import Step, Story

FOLDER = Path(__file__).parent / "stories"
_STEPS = {kind.__name__: kind for kind in get_args(Step)}


def save(story: Story, told: tuple[str, ...], complaints: tuple[str, ...], folder: Path) -> Path:
    """Write a story with what it tells; return the file."""
    path = folder / f"seed-{story.seed}.json"
    document = {
        "seed": story.seed,
        "complaints": list(complaints),
        "told": list(told),
        "traits": story.traits,
        "climate": story.climate,
        "steps": [{"step": type(step).__name__, **asdict(step)} for step in story.steps],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Story:
    """Return the story of a file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    steps = tuple(_step(one) for one in document["steps"])
    return Story(document["seed"], steps, document["climate"], document["traits"])


def _step(given: Mapping[str, Any]) -> Step:
    values = {name: value for name, value in given.items() if name != "step"}
    if "meanwhile" in values:
        values["meanwhile"] = tuple((at, Act(**act)) for at, act in values["meanwhile"])
    if "between" in values:
        values["between"] = tuple(Act(**act) for act in values["between"])
    step: Step = _STEPS[given["step"]](**values)
    return step

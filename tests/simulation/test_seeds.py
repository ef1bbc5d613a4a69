"""The promises hold in random stories and in those that once went wrong, always the same way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation import archive
from tests.simulation.driver import play, replay
from tests.simulation.lean import USUAL

SEEDS = 2_000
BATCH = 25
ROOT = Path(__file__).parents[2]
STORED = sorted(archive.FOLDER.glob("*.json"))
SAMPLE = (*range(4), 14, 48)  # databases are locked in some, our own fields typed over


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_promise_is_kept_whatever_goes_wrong(first: int) -> None:
    red = play(range(first, first + BATCH)).red

    assert not red, "\n".join(["", *red[0].told, f"make simulate SEED={red[0].story.seed}"])


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_story_that_once_went_wrong_goes_well(path: Path) -> None:
    result = replay(archive.load(path))

    assert not result.complaints, "\n".join(["", *result.told])


def test_the_same_seed_is_the_same_story_with_other_hashes_and_all_of_sqlalchemy() -> None:
    program = f"from tests.simulation.driver import play;print(play({SAMPLE}).trace)"
    others = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, **other},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for other in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", USUAL: "1"})
    ]

    assert others == [play(SAMPLE).trace] * 2

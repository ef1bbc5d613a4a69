"""200,000 generated cases keep every law, each law is really asked, and always the same way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.planner import laws
from tests.simulation.planner.driver import BATCH, play, shortest

CASES = 200_000
ROOT = Path(__file__).parents[3]
SAMPLE = 200
SELDOM = {"what_is_typed_over_a_decision_stands": 16_418}  # asked of one case in some thousands


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_the_planner_keeps_every_law(first: int) -> None:
    tally = play(first, BATCH)

    assert not tally.red, "\n".join(
        [
            "",
            *(f"case {number}: {law}: {text}" for number, (law, text) in tally.red.items()),
            *shortest(min(tally.red)),
        ]
    )
    names = {law.__name__ for law in laws.ALL} - SELDOM.keys()
    never = sorted(name for name in names if not tally.laws.get(name))
    assert not never, f"these laws were asked of no case: {never}"


@pytest.mark.parametrize(("law", "number"), SELDOM.items())
def test_a_law_that_is_seldom_asked_is_asked(law: str, number: int) -> None:
    tally = play(number, 1)

    assert not tally.red
    assert tally.laws[law] == 1


def test_the_same_case_is_the_same_in_another_process_with_other_hashes() -> None:
    program = f"from tests.simulation.planner.driver import play;print(play(0, {SAMPLE}).trace)"
    others = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]

    assert others == [play(0, SAMPLE).trace] * 2

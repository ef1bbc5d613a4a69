"""Every seeded bug breaks a promise in the seed noted for it, and only because of the bug."""

from __future__ import annotations

import pytest
from tests.simulation.driver import play as played
from tests.simulation.mutations import MUTATIONS, noted, play
from tests.simulation.seeded.mutation import Mutation
from tests.simulation.test_seeds import SEEDS

ENOUGH = 25
CAUGHT = [one for one in MUTATIONS if one.name in noted()]
ELSEWHERE = sorted({one.seed for one in noted().values() if one.seed >= SEEDS})


@pytest.mark.parametrize("mutation", CAUGHT, ids=lambda one: one.name)
def test_a_bug_breaks_a_promise(mutation: Mutation) -> None:
    seed = noted()[mutation.name].seed

    found = play(mutation, seed)

    assert found is not None, (
        f"seed {seed} does not see that {mutation.name}; find another one: "
        "python -m tests.simulation --mutations --search 200"
    )


def test_without_the_bugs_the_promises_are_kept() -> None:
    assert not played(ELSEWHERE).red  # the other seeds are in the batches of test_seeds


def test_bugs_are_many_and_each_is_named_once() -> None:
    assert len(CAUGHT) >= ENOUGH
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)

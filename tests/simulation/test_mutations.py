"""Every seeded bug breaks a promise in the seed noted for it, and only because of the bug.

A change of the engine may turn a story so that another one of the first seeds sees the bug.
"""

from __future__ import annotations

import pytest
from tests.simulation.driver import play as played
from tests.simulation.mutations import MUTATIONS, noted, play, search
from tests.simulation.seeded.mutation import Mutation
from tests.simulation.test_seeds import SEEDS

ENOUGH = 25
OTHERS = range(100)  # looked through where the noted seed does not see its bug any more
CAUGHT = [one for one in MUTATIONS if one.name in noted()]
ELSEWHERE = sorted({one.seed for one in noted().values() if one.seed >= SEEDS})


@pytest.mark.parametrize("mutation", CAUGHT, ids=lambda one: one.name)
def test_a_bug_breaks_a_promise(mutation: Mutation) -> None:
    seed = noted()[mutation.name].seed

    found = play(mutation, seed) or search(mutation, OTHERS)

    assert found is not None, (
        f"neither seed {seed} nor one below {OTHERS.stop} sees that {mutation.name}; "
        "look further: python -m tests.simulation --mutations --search 2000"
    )


def test_without_the_bugs_the_promises_are_kept() -> None:
    assert not played(ELSEWHERE).red  # the other seeds are in the batches of test_seeds


def test_bugs_are_many_and_each_is_named_once() -> None:
    assert len(CAUGHT) >= ENOUGH
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)

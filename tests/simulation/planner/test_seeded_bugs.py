"""Every seeded bug breaks a law in the case noted for it, and only because of the bug."""

from __future__ import annotations

import pytest
from tests.simulation.planner.driver import wrong
from tests.simulation.planner.seeded import MUTATIONS, Mutation, look, noted

ENOUGH = 38


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_bug_breaks_a_law(mutation: Mutation) -> None:
    known = noted()[mutation.name]

    assert look(mutation, known.case) == known, (
        f"case {known.case} does not see that {mutation.name}; look for another one: "
        "python -m tests.simulation.planner --mutations --search 20000"
    )


def test_without_the_bugs_the_laws_hold() -> None:
    assert not [one.case for one in noted().values() if wrong(one.case)[0]]


def test_bugs_are_many_and_each_is_named_once() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS) >= ENOUGH

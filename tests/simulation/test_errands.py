"""Every fifth story ends with an errand, and costs no more for it; the others stay as they are."""

from __future__ import annotations

from tests.simulation.drawing import draw
from tests.simulation.errands import ERRANDS, EVERY, TRAIT, with_errand
from tests.simulation.hands import Act
from tests.simulation.steps import Cycle, Story, Wait

SHORT = Story(EVERY - 1, (Act("add"), Wait(1.0), Cycle(), Act("approve"), Cycle(), Act("enrol")))


def test_every_errand_is_run_in_some_story_of_the_first_hundreds() -> None:
    told = {draw(seed).traits.get(TRAIT) for seed in range(3 * EVERY * len(ERRANDS))}

    assert told - {None} == ERRANDS.keys()


def test_a_story_keeps_its_beginning_and_all_that_holds_for_it() -> None:
    given = Story(SHORT.seed, SHORT.steps, {"hubspot": {"search_lag": 2.0}}, {"poisonous": True})

    story = with_errand(given)

    assert story.steps[:3] == SHORT.steps[:3]
    assert story.climate == given.climate
    assert story.traits == {"poisonous": True, TRAIT: min(ERRANDS)}


def test_an_errand_takes_the_place_of_as_many_turns() -> None:
    steps = tuple(Cycle() for _ in range(8))

    for number in range(len(ERRANDS)):
        story = with_errand(Story(EVERY * number + EVERY - 1, steps))
        assert sum(isinstance(step, Cycle) for step in story.steps) == len(steps)


def test_stories_that_are_compared_with_their_twin_and_all_others_have_none() -> None:
    assert with_errand(Story(EVERY - 2, SHORT.steps)).steps == SHORT.steps
    twin = Story(SHORT.seed, SHORT.steps, traits={"twin": True})
    assert with_errand(twin) == twin

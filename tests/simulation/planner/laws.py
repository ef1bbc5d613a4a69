"""What must hold, one function for each law, with the promise of the design it stands for.

A law returns True where it held, False where there was nothing to hold, and a sentence where it
was broken. A law that is never asked in thousands of cases is a failure of the check itself.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.planner.crowd_laws import OF_CROWDS
from tests.simulation.planner.end_laws import AT_THE_END
from tests.simulation.planner.plan_laws import OF_ENDINGS, OF_PLANS, OF_SOME_PLANS
from tests.simulation.planner.values import OF_VALUES

ALL: tuple[Callable[..., str | bool], ...] = (
    *OF_PLANS,
    *OF_SOME_PLANS,
    *OF_ENDINGS,
    *AT_THE_END,
    *OF_CROWDS,
    *OF_VALUES,
)

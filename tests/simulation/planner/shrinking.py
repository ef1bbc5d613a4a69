"""Makes a red case smaller, as long as it breaks the same law."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation.planner.case import Case, Step

Broken = Callable[[Case], str]  # -> the law a case breaks, "" for none


def shrink(case: Case, broken: Broken) -> Case:
    """Return a smallest case found that breaks the law the given one breaks."""
    law = broken(case)
    smaller: Case | None = case
    while smaller is not None:
        case = smaller
        smaller = next((one for one in _smaller(case) if broken(one) == law), None)
    return case


def _smaller(case: Case) -> Iterator[Case]:
    steps = case.steps
    for size in (len(steps) // 2, 1):
        if size:
            for at in range(0, len(steps), size):
                yield case._replace(steps=steps[:at] + steps[at + size :])
    for at, step in enumerate(steps):
        for simpler in _simpler(step):
            yield case._replace(steps=(*steps[:at], simpler, *steps[at + 1 :]))
    start = case.start
    for name in {name for values in start.there.values() for name in values}:
        there = {
            place: {key: value for key, value in values.items() if key != name}
            for place, values in start.there.items()
        }
        base = {key: value for key, value in start.base.items() if key != name}
        yield case._replace(start=start._replace(base=base, there=there))


def _simpler(step: Step) -> Iterator[Step]:
    if step[0] == "cycle":
        _, faults, unread = step
        for at in range(len(faults)):
            yield ("cycle", faults[:at] + faults[at + 1 :], unread)
        if unread:
            yield ("cycle", faults, ())
    elif step[0] in {"edit", "sign"} and step[4]:
        yield (*step[:4], 0)

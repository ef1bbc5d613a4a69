"""``python -m tests.simulation --mutations``: which seed catches which seeded bug, as a table."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.mutations import MUTATIONS, Caught, note, noted, play, search
from tests.simulation.seeded.mutation import Mutation

HEAD = (
    "| bug | what it does | seed | promise that complained | core-seconds |",
    "| --- | --- | --- | --- | --- |",
)


def report(say: Callable[[str], None], most: int, only: str) -> int:
    """Print the table; return 1 where a bug is not caught.

    A noted seed that does not catch its bug any more is looked for again among the first
    ``most`` seeds, and what was found is noted. ``only``: bugs whose name holds this.
    """
    found, missed = dict(noted()), 0
    for line in HEAD:
        say(line)
    for mutation in MUTATIONS:
        if only not in mutation.name:
            continue
        caught = _again(mutation) or (search(mutation, range(most)) if most else None)
        missed += caught is None
        found.pop(mutation.name, None)
        if caught is not None:
            found[mutation.name] = caught
        say(_line(mutation, caught))
        if most:
            note(found)
    return 1 if missed else 0


def _again(mutation: Mutation) -> Caught | None:
    known = noted().get(mutation.name)
    return None if known is None else play(mutation, known.seed)


def _line(mutation: Mutation, caught: Caught | None) -> str:
    told = ("-", "not caught", "-")
    if caught is not None:
        told = (str(caught.seed), caught.promise, f"{caught.seconds:.1f}")
    return f"| {mutation.name} | {mutation.breaks} | {' | '.join(told)} |"

"""Bugs put into the engine by hand: a promise that catches none of them promises nothing.

Each bug is put in for as long as a seed is played and taken out again. The seed noted for it (in
``seeded/seeds.json``, rewritten by ``python -m tests.simulation --mutations --search N``) is the
first one found whose story breaks a promise because of it.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from tests.simulation.drawing import draw
from tests.simulation.driver import quiet
from tests.simulation.seeded.connectors import CONNECTORS
from tests.simulation.seeded.core import CORE
from tests.simulation.seeded.flows import FLOWS
from tests.simulation.seeded.mutation import Mutation
from tests.simulation.seeded.reading import READING
from tests.simulation.seeded.sending import SENDING
from tests.simulation.shrink import promise
from tests.simulation.story import run
from tests.simulation.template import template

SEEDS = Path(__file__).parent / "seeded" / "seeds.json"
CACHED = type(cache(quiet))
ONCE = 1  # what is read from a file
MOST_SECONDS = 30.0  # of a core for one seed: a bug may keep the engine from ending
ENDLESS = "ends: the service was still at work after {} seconds"


class Endless(BaseException):
    """A seed takes longer than any healthy one."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A seed that catches a bug: the promise that complained, and the core-seconds it took."""

    seed: int
    promise: str
    seconds: float


MUTATIONS: tuple[Mutation, ...] = (*CORE, *READING, *SENDING, *CONNECTORS, *FLOWS)


def play(mutation: Mutation, seed: int) -> Caught | None:
    """Play one seed with a bug; None where every promise is kept all the same."""
    quiet()
    template()  # set up without the bug
    started = time.process_time()
    with mutation.apply(), _forgetful(), _ending():
        try:
            complaints: tuple[str, ...] = run(draw(seed)).complaints
        except Endless:
            complaints = (ENDLESS.format(MOST_SECONDS),)
    seconds = time.process_time() - started
    return Caught(seed, promise(complaints[0]), round(seconds, 2)) if complaints else None


def search(mutation: Mutation, seeds: Iterable[int], most: int | None = None) -> Caught | None:
    """Return the first of these seeds that catches a bug, with the seconds all of them took.

    No more than ``most`` stories are played: those that the bug can touch.
    """
    started = time.process_time()
    touched = (seed for seed in seeds if mutation.hint(draw(seed)))
    for seed in islice(touched, most):
        if (found := play(mutation, seed)) is not None:
            return Caught(seed, found.promise, round(time.process_time() - started, 2))
    return None


@contextmanager
def _forgetful() -> Iterator[None]:
    """Have nothing remembered from before the bug, nor anything from it afterwards."""
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("ubm_"):
            for one in list(vars(module).values()):
                if isinstance(one, CACHED) and one.cache_parameters()["maxsize"] != ONCE:
                    one.cache_clear()


@contextmanager
def _ending() -> Iterator[None]:
    def end(*_signal: Any) -> None:
        raise Endless

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@cache
def noted() -> dict[str, Caught]:
    """Return the seeds that are known, by the bug's name."""
    return {name: Caught(*one) for name, one in json.loads(SEEDS.read_text()).items()}


def note(found: dict[str, Caught]) -> None:
    """Write down which seed catches which bug."""
    lines = [
        f"  {json.dumps(one.name)}: {json.dumps([it.seed, it.promise, it.seconds])}"
        for one in MUTATIONS
        if (it := found.get(one.name)) is not None
    ]
    SEEDS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    noted.cache_clear()

"""Many seeds: played in one process or several, counted, the red ones shortened and kept."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import structlog
from tests.simulation.drawing import draw
from tests.simulation.steps import Story
from tests.simulation.story import Result, run

BATCH = 25


@dataclass(slots=True)
class Tally:
    """What came of some seeds: their traces, what struck, and the stories that went wrong."""

    traces: dict[int, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    red: list[Result] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what came of other seeds."""
        self.traces |= other.traces
        self.counts += other.counts
        self.red += other.red

    @property
    def trace(self) -> str:
        """One hash over all seeds, whatever the order in which they were played."""
        text = "\n".join(f"{seed} {trace}" for seed, trace in sorted(self.traces.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def play(seeds: Iterable[int]) -> Tally:
    """Play these seeds in this process."""
    quiet()
    tally = Tally()
    for seed in seeds:
        result = run(draw(seed))
        tally.traces[seed] = result.trace
        tally.counts += result.counts
        if result.complaints:
            tally.red.append(result)
    return tally


def spread(seeds: range, workers: int) -> Iterator[Tally]:
    """Play seeds in several processes; yield what came of each batch."""
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    if workers == 1:
        yield from map(play, batches)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play, batches)


def quiet() -> None:
    """Write no logs: making their lines takes as long as a cycle."""
    structlog.configure(
        processors=[_drop],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.ReturnLoggerFactory(),
    )


def _drop(_logger: object, _name: str, _event: object) -> str:
    raise structlog.DropEvent


def replay(story: Story) -> Result:
    """Play one story quietly."""
    quiet()
    return run(story)

"""Several requests in flight, results in the order of the jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_flight(jobs: Iterable[Callable[[], T]], limit: int) -> Iterator[T]:
    """Run ``jobs``, at most ``limit`` at once, and yield their results in order.

    A job that raises ends the iteration with its error once the ones before it are yielded; the
    ones already sent are awaited. With one job or a limit of 1 everything runs in this thread, so
    that a simulation is repeatable.
    """
    waiting = iter(jobs)
    first = list(islice(waiting, 2))
    if limit == 1 or len(first) < 2:  # noqa: PLR2004 - nothing to run beside it
        for job in first:
            yield job()
        for job in waiting:
            yield job()
        return
    with ThreadPoolExecutor(max_workers=limit, thread_name_prefix="hubspot") as pool:
        running: deque[Future[T]] = deque(pool.submit(job) for job in first)
        try:
            while running:
                running.extend(pool.submit(job) for job in islice(waiting, limit - len(running)))
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

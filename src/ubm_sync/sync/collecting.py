"""Python's collector of reference cycles, told to look less often while many records are alive.

A cycle holds thousands of records at once and leaves next to no reference cycles behind; with the
interpreter's own thresholds the collector walks over all of them again and again, which took a
quarter of the time of a first sync.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (200_000, 20, 50)


@contextmanager
def seldom() -> Iterator[None]:
    """Collect seldom until the block ends.

    Nothing is frozen: what is unfrozen afterwards counts as old without ever having been counted
    as new, and Python would never again look through all there is, for days on end.
    """
    before = gc.get_threshold()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)

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
    """Collect seldom, and leave alone what is there already, until the block ends."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

"""Memory of cycles in which many records are alive: collected seldom, given back afterwards.

A cycle holds thousands of records at once and leaves next to no reference cycles behind; with the
interpreter's own thresholds the collector walks over all of them again and again, which took a
quarter of the time of a first sync.
"""

from __future__ import annotations

import ctypes
import gc
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

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


def give_back() -> None:
    """Hand memory that nothing uses any more back to the system, where the C library can.

    Pages and requests of many megabytes leave glibc's heap in pieces; it keeps them, and the next
    large cycle gets its memory beside them.
    """
    if (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if platform.libc_ver()[0] != "glibc":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)

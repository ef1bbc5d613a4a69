from __future__ import annotations

import gc
import platform
from pathlib import Path
from weakref import ReferenceType, ref

import pytest

from ubm_sync.sync import collecting


class Ring:
    """Something that only the collector can free, with much that hangs on it."""

    def __init__(self) -> None:
        self.itself = self
        self.more: list[list[int]] = [[] for _ in range(1_000)]


def test_reference_cycles_are_collected_seldom_inside_and_as_before_after() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()

    with collecting.seldom():
        assert gc.get_threshold() == collecting.THRESHOLDS

    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, frozen)


def test_what_cycle_after_cycle_leaves_behind_is_freed_one_day() -> None:
    made: list[ReferenceType[Ring]] = []
    once = len(gc.get_objects()) // 1_000  # as much as there is already

    for _ in range(once):
        held = Ring()
        with collecting.seldom():
            made.append(ref(held))
            del held

    assert sum(one() is not None for one in made) < once


def resident() -> int:
    """Return the bytes of memory this process has."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


def test_freed_memory_between_what_is_still_needed_goes_back_to_the_system() -> None:
    blocks = [b"x" * 100_000 for _ in range(2_000)]
    needed = blocks[-1]  # without it the C library would have given all back by itself
    del blocks
    if platform.libc_ver()[0] != "glibc":
        collecting.give_back()  # does nothing, and says nothing
        return
    before = resident()

    collecting.give_back()

    assert needed
    assert before - resident() > 100_000_000


def test_an_error_inside_changes_nothing_of_that() -> None:
    before = gc.get_threshold()

    with pytest.raises(ValueError, match="inside"), collecting.seldom():
        raise ValueError("inside")

    assert gc.get_threshold() == before

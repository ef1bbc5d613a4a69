from __future__ import annotations

import gc
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


def test_an_error_inside_changes_nothing_of_that() -> None:
    before = gc.get_threshold()

    with pytest.raises(ValueError, match="inside"), collecting.seldom():
        raise ValueError("inside")

    assert gc.get_threshold() == before

from __future__ import annotations

import gc

import pytest

from ubm_sync.sync import collecting


def test_reference_cycles_are_collected_seldom_inside_and_as_before_after() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()

    with collecting.seldom():
        assert gc.get_threshold() == collecting.THRESHOLDS
        assert gc.get_freeze_count() > frozen

    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_an_error_inside_changes_nothing_of_that() -> None:
    before = gc.get_threshold()

    with pytest.raises(ValueError, match="inside"), collecting.seldom():
        raise ValueError("inside")

    assert gc.get_threshold() == before

"""A lane on SQLite, on a Monday morning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.dispatch.lane import MORNING, Lane

from ubm_sync.clock import VirtualClock
from ubm_sync.state import open_state


@pytest.fixture
def lane(sqlite_url: str) -> Iterator[Lane]:
    """A desk without tickets, and everybody at work."""
    clock = VirtualClock(MORNING)
    state = open_state(sqlite_url, clock)
    yield Lane(state, clock)
    state.close()

"""A state on both databases, at an instant that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.state.samples import NOON

from ubm_sync.clock import VirtualClock
from ubm_sync.state import State, open_state


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that is moved by the test."""
    return VirtualClock(NOON)


@pytest.fixture
def state(database_url: str, clock: VirtualClock) -> Iterator[State]:
    """An empty state, once on SQLite and once on PostgreSQL."""
    opened = open_state(database_url, clock)
    yield opened
    opened.close()

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.integration.hubspot_emulator.support import NOON, Bench, Factory, client_of

from ubm_hubspot.emulator import create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.server import Server


@pytest.fixture
def make_bench() -> Iterator[Callable[..., Bench]]:
    """Serves portals with the switches asked for."""
    with ExitStack() as stack:

        def make(**switches: Any) -> Bench:
            clock = VirtualClock(NOON)
            quiet = {"per_ten_seconds": 0, "search_per_second": 0, "search_lag": 0.0}
            emulator = create(clock=clock, seed=7, **(quiet | switches))
            server = stack.enter_context(Server(emulator))
            factory = Factory()
            stack.callback(factory.close)
            return Bench(emulator, clock, server.url, client_of(server.url, factory))

        yield make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """A furnished portal without limits and without search lag."""
    made = make_bench()
    made.furnish()
    return made

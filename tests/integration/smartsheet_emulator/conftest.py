from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.smartsheet_emulator.playground import (
    Book,
    Playground,
    Server,
    opened,
    played,
)


@pytest.fixture
def play() -> Iterator[Playground]:
    emulator = played()
    with Server(emulator) as server:
        playground = Playground(emulator, server.url)
        yield playground
        playground.close()


@pytest.fixture
def book(play: Playground) -> Book:
    return opened(play)

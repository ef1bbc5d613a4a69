"""The whole service for each test: in one process at rest, or with a terminal to type into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.stack import Stack
from tests.system.commands import Office, Terminal

from ubm_sync.clock import ShiftedClock


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The service between two emulators; after the test one more cycle must write nothing."""
    with Stack(tmp_path / "stack") as stack:
        stack.settle()
        yield stack
        assert not stack.rests()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Two customers, set up; people act in the world, commands run in the terminal."""
    with office_in(tmp_path / "w", prepared=True) as office:
        yield office


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Office]:
    """Systems in which nothing was set up yet, and a terminal."""
    with office_in(tmp_path / "w", prepared=False) as office:
        yield office


@contextmanager
def office_in(folder: Path, *, prepared: bool) -> Iterator[Office]:
    """Give two customers on served emulators, and a terminal in ``folder``."""
    switches = {"hubspot": {"search_lag": 0.0}}
    clock = ShiftedClock()
    with Stack(folder, served=True, prepared=prepared, clock=clock, switches=switches) as world:
        terminal = Terminal(folder)
        terminal.variables(world.variables)
        yield Office(world, terminal)

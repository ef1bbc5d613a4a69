"""The whole service for each test, at rest in the beginning and in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stack import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The service between two emulators; after the test one more cycle must write nothing."""
    with Stack(tmp_path / "stack") as stack:
        stack.settle()
        yield stack
        assert not stack.rests()

"""What stories change in the process that plays them, put back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Write logs again after a story that was played quietly."""
    yield
    structlog.reset_defaults()

"""What a running service says while it cannot look at its files or its state."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs
from tests.stack import Stack

from ubm_sync.config import Environment
from ubm_sync.errors import Temporary
from ubm_sync.live import Live
from ubm_sync.versions.found import Found


class Troubled:
    """Files that cannot be looked at for the reason named, if one is."""

    def __init__(self) -> None:
        self.trouble = ""

    def moved(self, environment: Environment) -> bool:
        """Return that nothing was edited."""
        del environment
        if self.trouble:
            raise Temporary(self.trouble)
        return False

    def read(self) -> tuple[Environment, Found]:
        """Nobody asks, for nothing was edited."""
        raise AssertionError


def test_a_trouble_is_logged_once_as_long_as_it_lasts(tmp_path: Path) -> None:
    source = Troubled()
    with Stack(tmp_path) as stack, capture_logs() as logs:
        live = Live(stack.app, source=source)
        for trouble in ("away", "away", "full", "", "full", "full"):
            source.trouble = trouble
            assert not live.refresh()

    told = [one["error"] for one in logs if one["event"] == "configuration not looked at"]
    assert told == ["away", "full", "full"]

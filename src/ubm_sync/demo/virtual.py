"""A stage with a clock of its own: a hundred days pass in seconds, and nothing else is disturbed.

Service and emulators are in one process and share the clock, so that no instant differs from one
showing to the next. The emulators end with the process; what the service wrote stays in the folder.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from ubm_sync.clock import VirtualClock
from ubm_sync.demo.stage import Stage, emulators
from ubm_sync.emulation.server import Server


class VirtualStage(Stage):
    """Emulators on loopback while the context lasts; ``clock`` stands still until it is moved."""

    def __init__(self, folder: Path, start: datetime) -> None:
        super().__init__(folder)
        self.clock = VirtualClock(start)
        self._served = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._served.close()

    def open(self, config: Path, mappings: Path) -> None:
        """Start the emulators and write the file that points a service at them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        variables: dict[str, str] = {}
        for entry in emulators():
            emulator = entry.load()(clock=self.clock)
            server = self._served.enter_context(Server(emulator))
            self._addresses[entry.name] = server.url
            variables |= emulator.environment(server.url)
        self._furnish(config, mappings, variables)

"""An emulator as a process of its own: serve, keep the data in a file, end when nobody asks."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.server import Server

SAVE_EVERY = 2.0  # seconds
LOOK_EVERY = 0.5  # seconds


@dataclass(slots=True)
class Keeper:
    """Saves an emulator after changes, and ends it when nobody asks any more."""

    emulator: Emulator
    data: Path | None
    idle_exit: float  # seconds without a request; 0: never
    _saved: object = None
    _saved_at: float = 0.0

    def open(self) -> None:
        """Start from the file where there is one; raises ValueError where it cannot be used."""
        if self.data is not None and self.data.exists():
            self.emulator.load(self.data)
            self._saved = self.emulator.mark

    def keep(self, stop: threading.Event) -> None:
        """Save at most every two seconds until ``stop`` or the idle time has passed, then once."""
        while not stop.wait(LOOK_EVERY):
            now = time.monotonic()
            if self.idle_exit and now - self.emulator.last_call > self.idle_exit:
                break
            if now - self._saved_at > SAVE_EVERY:
                self.save()
        self.save()

    def save(self) -> None:
        """Save where something changed since the last time."""
        mark = self.emulator.mark
        if self.data is not None and mark != self._saved:
            self.emulator.save(self.data)
            self._saved, self._saved_at = mark, time.monotonic()


def run(program: str, create: Callable[[int], Emulator], arguments: list[str] | None = None) -> int:
    """Serve the emulator that ``create`` makes of a seed; return the exit code.

    Prints the variables that point a service at it, one ``NAME=value`` a line.
    """
    options = _options(program, arguments)
    emulator = create(options.seed)
    keeper = Keeper(emulator, options.data, options.idle_exit)
    try:
        keeper.open()
        server = Server(emulator, options.port)
    except (ValueError, OSError, OverflowError) as error:
        sys.stderr.write(f"The emulator cannot start: {error}\n")
        return 1
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with server, emulator.at_work():
        for variable, value in emulator.environment(server.url).items():
            sys.stdout.write(f"{variable}={value}\n")
        sys.stdout.flush()
        keeper.keep(stop)
    return 0


def _options(program: str, arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m {program}", description="Play an external system on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose (default)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--data", type=Path, help="file to start from and to save to")
    parser.add_argument(
        "--idle-exit", type=float, default=0.0, help="end after so many seconds without a request"
    )
    return parser.parse_args(arguments)

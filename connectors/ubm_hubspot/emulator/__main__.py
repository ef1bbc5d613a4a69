"""``python -m ubm_hubspot.emulator --port N [--data FILE]``: a portal until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ubm_hubspot.emulator import HubSpotEmulator, create
from ubm_sync.emulation.server import Server

SAVE_EVERY = 2.0  # seconds
LOOK_EVERY = 0.5  # seconds


@dataclass(slots=True)
class Keeper:
    """Saves a portal after changes, and ends it when nobody asks any more."""

    emulator: HubSpotEmulator
    data: Path | None
    idle_exit: float  # seconds without a request; 0: never
    _saved: tuple[int, int] = (0, -1)
    _saved_at: float = 0.0

    def open(self) -> None:
        """Start from the file where there is one; raises ValueError where it cannot be used."""
        if self.data is not None and self.data.exists():
            self.emulator.load(self.data)
            self._saved = self._mark()

    def keep(self, stop: threading.Event) -> None:
        """Save at most every two seconds until ``stop`` or the idle time has passed, then once."""
        requests, since = self.emulator.requests, time.monotonic()
        while not stop.wait(LOOK_EVERY):
            now = time.monotonic()
            if self.emulator.requests != requests:
                requests, since = self.emulator.requests, now
            if self.idle_exit and now - since > self.idle_exit:
                break
            if now - self._saved_at > SAVE_EVERY:
                self.save()
        self.save()

    def save(self) -> None:
        """Save where something changed since the last time."""
        mark = self._mark()
        if self.data is not None and mark != self._saved:
            self.emulator.save(self.data)
            self._saved, self._saved_at = mark, time.monotonic()

    def _mark(self) -> tuple[int, int]:
        return id(self.emulator.portal), self.emulator.portal.changes


def main(arguments: list[str] | None = None) -> int:
    """Serve a portal; prints the variables that point a service at it."""
    options = _options(arguments)
    emulator = create(seed=options.seed)
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
    with server:
        for name_of, value in emulator.environment(server.url).items():
            sys.stdout.write(f"{name_of}={value}\n")
        sys.stdout.flush()
        deliveries = emulator.webhooks.start(emulator.lock)
        keeper.keep(stop)
        emulator.webhooks.stop()
        deliveries.join(timeout=1)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ubm_hubspot.emulator", description="Play a HubSpot portal on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose (default)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--data", type=Path, help="file to start from and to save to")
    parser.add_argument(
        "--idle-exit", type=float, default=0.0, help="end after so many seconds without a request"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

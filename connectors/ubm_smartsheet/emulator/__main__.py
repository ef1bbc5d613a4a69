"""``python -m ubm_smartsheet.emulator --port 8080``: the vendor on loopback until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from ubm_smartsheet.emulator import SmartsheetEmulator, create
from ubm_sync.emulation.idle import exit_when_idle
from ubm_sync.emulation.server import Server

SAVE_EVERY = 2.0


def main() -> int:
    """Serve; prints the environment that points a service here."""
    parser = argparse.ArgumentParser(
        prog="python -m ubm_smartsheet.emulator", description="Play the API 2.0 on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose (default)")
    parser.add_argument("--seed", type=int, default=0, help="where ids and tokens come from")
    parser.add_argument("--data", type=Path, help="file to start from and to save to")
    parser.add_argument("--idle-exit", type=float, default=0, help="seconds; 0: never")
    options = parser.parse_args()
    try:
        return _serve(options.port, options.seed, options.data, options.idle_exit)
    except (OSError, ValueError) as error:
        print(f"The emulator could not start: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 1


def _serve(port: int, seed: int, data: Path | None, idle: float) -> int:
    emulator = create(seed=seed)
    exit_when_idle(emulator, idle)
    if data and data.exists():
        emulator.load(data)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with Server(emulator, port) as server:
        for variable, value in emulator.environment(server.url).items():
            print(f"{variable}={value}", flush=True)  # noqa: T201 - a command's output
        _keep(emulator, data, stop)
    return 0


def _keep(emulator: SmartsheetEmulator, data: Path | None, stop: threading.Event) -> None:
    saved = emulator.state.changes if data and data.exists() else -1
    while True:
        stopped = stop.wait(SAVE_EVERY)
        if data and emulator.state.changes != saved:
            saved = emulator.state.changes
            emulator.save(data)
        if stopped:
            return


if __name__ == "__main__":
    sys.exit(main())

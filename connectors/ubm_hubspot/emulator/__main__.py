"""``python -m ubm_hubspot.emulator --port N [--data FILE]``: serve a portal until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from ubm_hubspot.emulator import create
from ubm_hubspot.emulator.saving import Saver, load
from ubm_sync.emulation.server import Server


def main(arguments: list[str] | None = None) -> int:
    """Serve a portal; prints the variables that point a service at it."""
    parser = argparse.ArgumentParser(prog="ubm_hubspot.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: let the system choose")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--data", type=Path, help="file to keep the portal in")
    options = parser.parse_args(arguments)
    emulator = create(seed=options.seed)
    saver = None
    if options.data is not None:
        if options.data.exists():
            load(emulator, options.data)
        saver = Saver(emulator, options.data)
        saver.start()
    server = Server(emulator, options.port)
    for name, value in emulator.environment(server.url).items():
        sys.stdout.write(f"{name}={value}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, _interrupt)
    deliveries = emulator.webhooks.start(emulator.lock)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        emulator.webhooks.stop()
        deliveries.join(timeout=1)
        if saver is not None:
            saver.stop()
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

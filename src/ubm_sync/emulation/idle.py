"""An emulator started for somebody who went away ends by itself."""

from __future__ import annotations

import os
import signal
import threading
import time

from ubm_sync.emulation.emulator import Emulator


def exit_when_idle(emulator: Emulator, seconds: float) -> None:
    """Send this process SIGTERM after ``seconds`` without a request; 0 never does."""
    if seconds <= 0:
        return

    def watch() -> None:
        while (left := emulator.last_call + seconds - time.monotonic()) > 0:
            time.sleep(min(left, 5.0))
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="idle", daemon=True).start()

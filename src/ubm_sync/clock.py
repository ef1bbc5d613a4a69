"""Time as an argument: nothing in the service reads the machine's clock but ``SystemClock``."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the service knows of time."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``, or earlier where the service is told to stop."""
        ...


class SystemClock:
    """The machine's clock; ``stop`` wakes every sleeper."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than until the stop event."""
        if seconds > 0:
            self._stop.wait(seconds)


class ShiftedClock:
    """The machine's clock moved by an offset that a test or a demo may push forward."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """Return the machine's instant plus the offset, in UTC."""
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        if seconds > 0:
            time.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._offset += by


class VirtualClock:
    """A clock that stands still until it is moved; sleeping moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the virtual instant."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock by ``seconds`` at once."""
        if seconds > 0:
            self._now += timedelta(seconds=seconds)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward (or back, to play a clock that was set wrong)."""
        self._now += by

    def set(self, instant: datetime) -> None:
        """Put the clock at ``instant``."""
        self._now = instant.astimezone(UTC)

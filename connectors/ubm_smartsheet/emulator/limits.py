"""How much one token may ask: requests per minute, and one write per sheet at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ubm_smartsheet.emulator.errors import BUSY, Refused

MINUTE = 60.0


@dataclass
class Limits:
    """Counts per token on the emulator's clock."""

    windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _running: set[tuple[int, str]] = field(default_factory=set)
    _until: dict[tuple[int, str], float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, token: str, cost: int, per_minute: int, now: datetime) -> None:
        """Count a request; raises Refused 4003 where the minute's share is used up."""
        if per_minute <= 0:
            return
        with self._guard:
            start, spent = self.windows.get(token, (now.timestamp(), 0))
            if not 0 <= now.timestamp() - start < MINUTE:
                start, spent = now.timestamp(), 0
            if spent + cost > per_minute:
                raise Refused(4003)
            self.windows[token] = (start, spent + cost)

    def resets_in(self, token: str, now: datetime) -> int:
        """Return the whole seconds until a token may ask again."""
        start, _ = self.windows.get(token, (now.timestamp(), 0))
        return max(1, int(start + MINUTE - now.timestamp()) + 1)

    @property
    def busy(self) -> bool:
        """Whether a write is running at this instant."""
        return bool(self._running)

    def hold(self, sheet: int, token: str, until: float) -> None:
        """Keep a sheet busy for a token until an instant: its write takes that long."""
        with self._guard:
            self._until[sheet, token] = until

    @contextmanager
    def writing(self, sheet: int | None, token: str, now: datetime) -> Iterator[None]:
        """Run a write; raises Refused 4004 while another one of the token runs on the sheet."""
        if sheet is None:
            yield
            return
        key = (sheet, token)
        with self._guard:
            if key in self._running or self._until.get(key, 0.0) > now.timestamp():
                raise Refused(4004, words=BUSY.format(sheet))
            self._running.add(key)
        try:
            yield
        finally:
            with self._guard:
                self._running.discard(key)

"""The vendor on loopback: sheets, columns, rows and people, as truly as the facts allow."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.emulator.emulator import SmartsheetEmulator
from ubm_smartsheet.emulator.switches import Switches
from ubm_sync.clock import Clock, ShiftedClock

__all__ = ["SmartsheetEmulator", "Switches", "create"]


def create(*, clock: Clock | None = None, seed: int = 0, **switches: Any) -> SmartsheetEmulator:
    """Return an emulator; ``switches`` are fields of ``Switches``.

    Raises TypeError for a switch that does not exist.
    """
    return SmartsheetEmulator(clock or ShiftedClock(), Switches(**switches), seed)

"""A HubSpot portal on loopback, true in what the connector calls.

``create()`` makes one; ``python -m ubm_hubspot.emulator`` serves one. What nobody has verified on
a live portal is a switch (``switches.Switches``).
"""

from __future__ import annotations

from typing import Any

from ubm_hubspot.emulator.emulator import CLIENT_SECRET, TOKEN, HubSpotEmulator
from ubm_hubspot.emulator.switches import Switches
from ubm_sync.clock import Clock, ShiftedClock

__all__ = ["CLIENT_SECRET", "TOKEN", "HubSpotEmulator", "Switches", "create"]


def create(*, clock: Clock | None = None, seed: int = 0, **switches: Any) -> HubSpotEmulator:
    """Return a portal with nothing in it but the standard furniture.

    ``switches`` are fields of ``Switches``; an unknown one raises TypeError.
    """
    return HubSpotEmulator(clock or ShiftedClock(), Switches(**switches), seed)

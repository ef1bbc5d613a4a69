"""Who typed what, and what stood there when they did: what the end of a case is judged by."""

from __future__ import annotations

from typing import NamedTuple

from tests.simulation.planner.knowledge import MASKED, SECRET

YES, NO, EITHER, WENT = "yes", "no", "either", "went"


class Typed(NamedTuple):
    """One value somebody typed; ``saw`` is what stood there at that moment, ``agreed`` the base.

    ``ours`` says that the service had written what stood there.

    ``legal`` says whether it counts: ``either`` where that changes with the acceptance of the
    record and it was not accepted yet, ``went`` where it went with its column, or was taken back,
    before the service looked. ``between`` a look and a write: nobody could see it.
    """

    field: str
    place: str
    value: str | None
    saw: str | None
    legal: str
    between: bool
    agreed: str | None
    ours: bool


class Decided(NamedTuple):
    """A decision by command: what shall stand everywhere, and how much was typed before it.

    ``seen`` of the typed values were there when the service last looked.
    """

    field: str
    value: str | None
    seen: int


def shown(value: str | None) -> str | None:
    """Return a typed value as it may be stored."""
    return MASKED if value is not None and value.lstrip().startswith(SECRET) else value

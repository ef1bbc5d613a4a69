"""How far the help desk was read: JSON text that goes on where a process ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from ubm_hubspot.desk_schema import DeskSchema
from ubm_hubspot.window import Rules, Window

_FORMAT = 1
_KEPT = 2_000  # pairs of ticket and time of change
MOST_MAILS = 400
MOST_AGAIN = 200  # tickets that HubSpot would not show and that are asked for again


@dataclass(slots=True)
class Position:
    """The reading position; instants in epoch milliseconds.

    ``first``: the first reading is not done yet. ``again``:
    tickets that changed and could not be read. ``mails``: how far mail was searched, and
    ``known_mails`` what was found (only where tickets do not tell of messages). ``check_at``: when
    the portal is compared with the mapping.
    """

    window: Window
    first: bool = True
    again: list[str] = field(default_factory=list)
    mails: int = 0
    known_mails: list[str] = field(default_factory=list)
    check_at: int = 0


def begin(rules: Rules, now: int, first: int) -> Position:
    """Return the position before a first reading that goes back ``first`` milliseconds."""
    window = Window(rules)
    window.start(max(1, now - first))
    return Position(window, mails=now)


def dump(position: Position, schema: DeskSchema, mapping: str) -> str:
    """Return a position as text, some 50 kB where many tickets changed lately."""
    state = {
        "format": _FORMAT,
        "window": position.window.dump(_KEPT),
        "first": position.first,
        "again": position.again,
        "mails": position.mails,
        "known_mails": position.known_mails,
        "check_at": position.check_at,
        "mapping": mapping,
        "schema": schema.dump(),
    }
    return orjson.dumps(state).decode()


def load(cursor: str, rules: Rules, schema: DeskSchema, mapping: str) -> Position | None:
    """Return what ``dump`` wrote; None where it is of another format.

    After a change of the mapping the portal is compared with it at once.
    """
    state: dict[str, Any] = orjson.loads(cursor)
    if state.get("format") != _FORMAT:
        return None
    window = Window(rules)
    window.load(state["window"])
    position = Position(
        window,
        first=bool(state["first"]),
        again=[str(ref) for ref in state["again"]],
        mails=int(state["mails"]),
        known_mails=[str(ref) for ref in state["known_mails"]],
    )
    if state.get("mapping") == mapping:
        position.check_at = int(state["check_at"])
        schema.load(state["schema"])
    return position

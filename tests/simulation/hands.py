"""What all people have: eyes and hands in both vendors' pages, and the model they tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.simulation.fields import ALIKE, LOCATIONS, TEXTS
from tests.simulation.model import Model
from tests.simulation.world import World
from tests.stack import MANAGER, Client


@dataclass(frozen=True, slots=True)
class Act:
    """One thing somebody does: ``a`` makes typed text unique, ``b`` and ``c`` choose."""

    kind: str
    a: int = 0
    b: int = 0
    c: int = 0


LOOK_ALIKE = ("1", "True", "1.0", "01", "true", "1e0")
SELDOM = 4
BLANKS = ("{}  ", "  {}", " {} ")


def text(act: Act, name: str, before: str) -> str:
    """Return what is typed: new text, or now and then what looks nearly as what was there."""
    kind, number = act.a % SELDOM, act.a // SELDOM
    if name in ALIKE and kind == 0 and before in LOOK_ALIKE:
        return LOOK_ALIKE[(LOOK_ALIKE.index(before) + 1 + number) % len(LOOK_ALIKE)]
    if name in ALIKE and kind == 0:
        turned = before.swapcase()
        return turned if turned != before and act.b % 2 else LOOK_ALIKE[number % len(LOOK_ALIKE)]
    if kind == 1 and number % SELDOM == 0:  # pasted with blanks, which a vendor may trim
        return BLANKS[number % len(BLANKS)].format(TEXTS[name].format(act.a))
    return TEXTS[name].format(act.a)


class Hands:
    """Sees and acts in one world."""

    def __init__(self, world: World, model: Model) -> None:
        self.world = world
        self.model = model

    def sheet(self, do: str, client: Client, who: str = "", **order: object) -> Any:
        """Act in a customer's sheet, as the customer unless ``who`` says otherwise."""
        who = who or client.person
        return self.world.smartsheet.act({"sheet": client.sheet, "who": who, **order, "do": do})

    def rows(self) -> list[tuple[Client, int, dict[str, str]]]:
        """Return every row as its customer sees it, in the order of the sheets."""
        return [
            (client, one["row"], one["cells"])
            for client in self.world.clients
            for one in self.sheet("see_sheet", client)
        ]

    def row(self, act: Act) -> tuple[Client, int, dict[str, str]]:
        """Return the row an act is about; raises IndexError where there is none."""
        rows = self.rows()
        if not rows:
            raise IndexError("no rows")
        return rows[act.b % len(rows)]

    def desk(self, do: str, who: str = MANAGER, **order: object) -> Any:
        """Act in the ticket system."""
        return self.world.hubspot.act({"who": who, **order, "do": do})

    def tickets(self, pipeline: str = LOCATIONS) -> list[dict[str, Any]]:
        """Return the tickets of a pipeline, oldest first."""
        found: list[dict[str, Any]] = self.desk("find_tickets", pipeline=pipeline)
        return sorted(found, key=lambda one: int(one["id"]))

    def ticket(self, act: Act, pipeline: str = LOCATIONS) -> dict[str, Any]:
        """Return the ticket an act is about; raises IndexError where there is none."""
        tickets = self.tickets(pipeline)
        if not tickets:
            raise IndexError("no tickets")
        return tickets[act.b % len(tickets)]

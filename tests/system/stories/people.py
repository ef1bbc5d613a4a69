"""What people do at both ends while the service works and dies, as data.

An act chooses by position among what is there, so it keeps its meaning in every replay; one for
which nothing is there does nothing. What was typed, and over what, is written down for the oracle.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from tests.stack import ENROLMENTS, LOCATIONS, MANAGER, ROW, SERVICES, Client

from ubm_sync.emulation.emulator import Emulator

# field -> column of the sheet, property of the ticket, column of the account, what people type
FIELDS: Mapping[str, tuple[str, str, str, str]] = {
    "gl_code": ("GL / Cost Center", "ubm_gl_code", "gl_code", "GL-{}"),
    "notes": ("Notes", "ubm_notes", "notes", "note {}"),
    "address_2": ("Address 2", "ubm_address_2", "address_2", "Suite {}"),
    "name_on_account": (
        "Name on Account", "ubm_name_on_account", "name_on_account", "Halsted {} LLC",
    ),
    "location_name": ("Location Name", "ubm_location_name", "location_name", "Store {}"),
}  # fmt: skip
EMPTIED = ("gl_code", "notes", "address_2")
ID_COLUMN, ID_PROPERTY = "UBM Sync ID", "ubm_sync_id"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing somebody does: ``number`` makes what is typed unique, ``pick`` and ``which``
    choose among what is there."""

    kind: str
    number: int
    pick: int
    which: int


@dataclass(frozen=True, slots=True)
class Typed:
    """A value somebody typed, or chose in a conflict: in which row or ticket, and over what."""

    field: str
    value: str
    place: str  # row, ticket
    ref: str
    before: str
    chosen: bool = False


@dataclass(slots=True)
class People:
    """The customers, the manager and Data Services of one story."""

    emulators: Mapping[str, Emulator]
    clients: tuple[Client, ...]
    tell: Callable[[str], None]
    typed: list[Typed] = field(default_factory=list)
    added: int = 0
    copied: set[str] = field(default_factory=set)  # rows that are a copy, or were copied
    copies: set[str] = field(default_factory=set)
    deleted: dict[str, Client] = field(default_factory=dict)  # row -> whose
    approved: set[str] = field(default_factory=set)  # tickets
    declined: set[str] = field(default_factory=set)

    def do(self, act: Act) -> None:
        """Do it, where there is something to do it with."""
        ACTS[act.kind](self, act)

    # --------------------------------------------------------------------------------- the sheets

    def sheet(self, do: str, client: Client, **order: object) -> Any:
        """Act in a customer's sheet as that customer."""
        given = {"sheet": client.sheet, "who": client.person, **order, "do": do}
        return self.emulators["smartsheet"].act(given)

    def rows(self) -> list[tuple[Client, str, dict[str, str]]]:
        """Return every row as its customer sees it: whose, id, cells by title."""
        return [
            (client, str(one["row"]), one["cells"])
            for client in self.clients
            for one in self.sheet("see_sheet", client)
        ]

    def add(self, act: Act) -> None:
        """Type a complete new row."""
        client = self.clients[act.pick % len(self.clients)]
        cells = {
            **ROW,
            "Account Number": f"77{act.number:06}",
            "Location Code": f"'{act.number:04}",
            "Location Name": f"Place {act.number}",
        }
        row = self.sheet("add_row", client, cells=cells)["row"]
        self.added += 1
        self.tell(f"{client.key} adds row {row}, Place {act.number}")

    def edit_row(self, act: Act) -> None:
        """Type over a cell, or empty it."""
        rows = self.rows()
        if not rows:
            return
        client, row, cells = rows[act.pick % len(rows)]
        name, value = _typing(act)
        title = FIELDS[name][0]
        before = cells.get(title, "")
        self.sheet("edit_row", client, row=row, cells={title: value or None})
        self.typed.append(Typed(name, value, "row", row, before))
        self.tell(f"{client.key} types {name}={value!r} over {before!r} in row {row}")

    def copy_row(self, act: Act) -> None:
        """Copy a row inside its sheet, all cells included."""
        rows = self.rows()
        if rows:
            client, row, _ = rows[act.pick % len(rows)]
            new = self.sheet("copy_row", client, row=row)["row"]
            self.copied |= {row, str(new)}
            self.copies.add(str(new))
            self.added += 1
            self.tell(f"{client.key} copies row {row} to {new}")

    def delete_row(self, act: Act) -> None:
        """Delete a row; somebody else may take it back."""
        rows = self.rows()
        if len(rows) > 1:
            client, row, _ = rows[act.pick % len(rows)]
            self.sheet("delete_row", client, row=row)
            self.deleted[row] = client
            self.tell(f"{client.key} deletes row {row}")

    def restore_row(self, act: Act) -> None:
        """Take a deleted row back."""
        del act
        if self.deleted:
            row, client = self.deleted.popitem()
            self.sheet("restore_row", client, row=row)
            self.tell(f"{client.key} restores row {row}")

    # -------------------------------------------------------------------------------- the tickets

    def desk(self, do: str, who: str = MANAGER, **order: object) -> Any:
        """Act in the ticket system."""
        return self.emulators["hubspot"].act({"who": who, **order, "do": do})

    def tickets(self, pipeline: str = LOCATIONS) -> list[dict[str, Any]]:
        """Return the tickets of a pipeline as people see them, oldest first."""
        found: list[dict[str, Any]] = self.desk("find_tickets", pipeline=pipeline)
        return sorted(found, key=lambda one: int(one["id"]))

    def edit_ticket(self, act: Act) -> None:
        """Type over a field, or empty it."""
        tickets = self.tickets()
        if not tickets:
            return
        ticket = tickets[act.pick % len(tickets)]
        name, value = _typing(act)
        there = FIELDS[name][1]
        before = ticket["properties"].get(there) or ""
        self.desk("edit_ticket", id=ticket["id"], properties={there: value})
        self.typed.append(Typed(name, value, "ticket", ticket["id"], before))
        self.tell(f"the manager types {name}={value!r} over {before!r} in ticket {ticket['id']}")

    def approve(self, act: Act) -> None:
        """Approve what waits, as a list."""
        ids = self._waiting()[: 1 + act.which % 3]
        if ids:
            self.desk("bulk_edit", ids=ids, properties={"ubm_approval": "approve"})
            self.approved |= set(ids)
            self.tell(f"the manager approves {ids}")

    def decline(self, act: Act) -> None:
        """Decline one that waits."""
        for ref in self._waiting()[:1]:
            words = {"ubm_approval": "decline", "ubm_decline_reason": f"no contract {act.number}"}
            self.desk("edit_ticket", id=ref, properties=words)
            self.declined.add(ref)
            self.tell(f"the manager declines {ref}")

    def _waiting(self) -> list[str]:
        decided = self.approved | self.declined
        return [
            one["id"]
            for one in self.tickets()
            if one["stage"] == "Waiting for CSM" and one["id"] not in decided
        ]

    def enrol(self, act: Act) -> None:
        """Say as Data Services that accounts are enrolled."""
        asked = [one["id"] for one in self.tickets(ENROLMENTS) if one["stage"] == "Requested"]
        ids = asked[: 1 + act.which % 3]
        if ids:
            self.desk("bulk_move", SERVICES, ids=ids, stage="Enrolled")
            self.tell(f"Data Services enrols {ids}")

    def decide(self, act: Act) -> None:
        """Decide conflicts on a ticket."""
        torn = [one for one in self.tickets() if one["properties"].get("ubm_conflict")]
        if torn:
            ticket, choice = torn[act.pick % len(torn)], ("row", "ticket")[act.which % 2]
            self._choose(ticket, choice)
            words = {"ubm_conflict_decision": f"keep_{choice}"}
            self.desk("edit_ticket", id=ticket["id"], properties=words)
            self.tell(f"the manager keeps the {choice}'s values in {ticket['id']}")

    def _choose(self, ticket: Mapping[str, Any], choice: str) -> None:
        """Write down a decision: who keeps one side's value types it over the other side's."""
        there = ticket["properties"]
        same = [
            (row in self.copies, row, cells)  # a new copy still carries the number of its original
            for _, row, cells in self.rows()
            if cells[ID_COLUMN] == there[ID_PROPERTY]
        ]
        for _, row, cells in sorted(same, key=itemgetter(0))[:1]:
            for name, (title, property_, _, _) in FIELDS.items():
                if f"{title}: the row says" in there["ubm_conflict"]:
                    of_row, of_ticket = cells.get(title) or "", there.get(property_) or ""
                    self.typed.append(
                        Typed(name, of_row, "ticket", ticket["id"], of_ticket, chosen=True)
                        if choice == "row"
                        else Typed(name, of_ticket, "row", row, of_row, chosen=True)
                    )


def _typing(act: Act) -> tuple[str, str]:
    """Return the field an act is about and what is typed: sometimes nothing."""
    name = list(FIELDS)[act.which % len(FIELDS)]
    empty = name in EMPTIED and act.number % 6 == 0
    return name, "" if empty else FIELDS[name][3].format(act.number)


ACTS: Mapping[str, Callable[[People, Act], None]] = {
    "add": People.add,
    "edit row": People.edit_row,
    "edit ticket": People.edit_ticket,
    "approve": People.approve,
    "decline": People.decline,
    "enrol": People.enrol,
    "decide": People.decide,
    "copy row": People.copy_row,
    "delete row": People.delete_row,
    "restore row": People.restore_row,
}
WEIGHTS = {
    "add": 4, "edit row": 7, "edit ticket": 7, "approve": 6, "decline": 1, "enrol": 5,
    "decide": 2, "copy row": 1, "delete row": 1, "restore row": 1,
}  # fmt: skip


def some_acts(chance: random.Random, count: int) -> list[Act]:
    """Return what people will try to do, a new row first."""
    kinds = ["add", *chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count - 1)]
    return [
        Act(kind, number, chance.randrange(100), chance.randrange(100))
        for number, kind in enumerate(kinds, 1)
    ]

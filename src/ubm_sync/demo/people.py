"""The people of the demo, acting and seeing through the emulators, in the mapping's own words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from ubm_sync.app import Application
from ubm_sync.demo.cast import Client
from ubm_sync.demo.stage import Stage


class People:
    """Customers in their sheets, managers and Data Services in their tickets."""

    def __init__(self, stage: Stage, app: Application) -> None:
        self._stage = stage
        mapping = app.configuration.mappings["location"]
        self._mapping = mapping
        self.sheets_in = mapping.place("row").system
        self.tickets_in = mapping.place("ticket").system
        self._titles = {name: b.external for name, b in mapping.bindings["row"].items()}
        self._properties = {name: b.external for name, b in mapping.bindings["ticket"].items()}
        self._sheets: dict[str, int] = {}

    def enter(self, client: Client, sheet: str) -> None:
        """Remember where a customer types."""
        self._sheets[client.key] = int(sheet)

    def type_row(self, client: Client, cells: Mapping[str, str]) -> int:
        """Add a row as the customer."""
        row: int = self._sheet(client, "add_row", cells=self._titled(cells))["row"]
        return row

    def edit_row(self, client: Client, row: int, cells: Mapping[str, str | None]) -> None:
        """Change cells as the customer."""
        self._sheet(client, "edit_row", row=row, cells=self._titled(cells))

    def rows(self, client: Client) -> dict[int, dict[str, str]]:
        """Return what the customer sees: row -> field -> shown text."""
        names = {title: name for name, title in self._titles.items()}
        return {
            one["row"]: {
                names[title]: text for title, text in one["cells"].items() if title in names
            }
            for one in self._sheet(client, "see_sheet")
        }

    def tickets(self, place: str = "ticket", **where: str) -> list[dict[str, Any]]:
        """Return the tickets of one pipeline as their owners see them."""
        pipeline = self._place(place)
        wanted = {self._properties[name]: value for name, value in where.items()}
        found: list[dict[str, Any]] = self._desk(
            "everybody", "find_tickets", where=wanted, pipeline=pipeline
        )
        for ticket in found:
            ticket["values"] = {
                name: ticket["properties"].get(external, "")
                for name, external in self._properties.items()
            }
            ticket["notes"] = [_rendered(note) for note in ticket["notes"]]
        return found

    def edit_tickets(self, who: str, ids: list[str], **values: str) -> None:
        """Change properties of a list of tickets at once, as from a list view."""
        binding = self._mapping.bindings["ticket"]
        properties = {
            self._properties[name]: binding[name].encode.get(value, value)
            for name, value in values.items()
        }
        self._desk(who, "bulk_edit", ids=ids, properties=properties)

    def move_tickets(self, who: str, ids: list[str], place: str, stage: str) -> None:
        """Move tickets to another stage of their pipeline."""
        labels = {one.key: one.label for one in self._mapping.place(place).stages}
        self._desk(who, "bulk_move", ids=ids, stage=labels[stage])

    def onboarding(self, pipeline: str, subject: str) -> dict[str, Any]:
        """Return a customer's onboarding ticket."""
        found: list[dict[str, Any]] = self._desk(
            "everybody", "find_tickets", where={"subject": subject}, pipeline=pipeline
        )
        if not found:
            return {}
        return {**found[0], "notes": [_rendered(note) for note in found[0]["notes"]]}

    def hire(self, email: str, first: str, last: str) -> None:
        """Add a user of the ticket system."""
        self._desk(email, "add_owner", email=email, firstName=first, lastName=last)

    def sign(self, client: Client) -> str:
        """Create the customer's company and its person; return the company's id."""
        self._stage.act(
            self.sheets_in, client.person, "add_user", email=client.person, name=client.person
        )
        return str(self._desk(client.csm, "create_company", name=client.name)["id"])

    def title(self, field: str) -> str:
        """Return the column title of a field."""
        return self._titles[field]

    def _titled(self, cells: Mapping[str, str | None]) -> dict[str, str | None]:
        return {self._titles[name]: value for name, value in cells.items()}

    def _place(self, place: str) -> str:
        return self._mapping.place(place).pipeline

    def _sheet(self, client: Client, do: str, **order: object) -> Any:
        sheet = self._sheets[client.key]
        return self._stage.act(self.sheets_in, client.person, do, sheet=sheet, **order)

    def _desk(self, who: str, do: str, **order: object) -> Any:
        return self._stage.act(self.tickets_in, who, do, **order)


def _rendered(note: str) -> str:
    """Return a note as a page shows it: the ticket system keeps notes as HTML."""
    return html.unescape(re.sub(r"<br ?/?>", "\n", note))

"""A help desk as people use it, and the connector on it: the mapping that is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.integration.hubspot_connector.portal import CSM, PLACES, Portal

from ubm_sync.desk import DESK, KIND, DeskPage, Dossier, Filing, Opening, Task, Ticket
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Outcome, Place, Problem

MAPPINGS = Path(__file__).parents[3] / "mappings"
SHIPPED: Place = load_mappings(MAPPINGS)[KIND].place(DESK)
JO = "jo@halsted.example"
BO = "bo@ubm.example"


class HelpDesk(Portal):
    """A portal whose desk is read, page by page, with the cursor stored."""

    def __init__(self, *, setup: bool = True, **more: Any) -> None:
        super().__init__(places=more.pop("places", PLACES), desk=SHIPPED, **more)
        self.act("add_owner", email=BO, firstName="Bo", lastName="Ray")
        self.stored: str | None = None
        self.problems: dict[str, Problem] = {}
        if setup:
            list(self.connector.ensure(dry_run=False))

    def poll(self) -> list[Ticket]:
        """Return what is new or changed since the last poll."""
        return [one for page in self.desk_pages() for one in page.tickets]

    def desk_pages(self) -> list[DeskPage]:
        """Return the pages of one poll, their cursors and problems stored."""
        pages = []
        for page in self.connector.arrivals(self.stored):
            self.take(page)
            pages.append(page)
        return pages

    def take(self, page: DeskPage) -> None:
        """Store what a page tells, as the service does."""
        self.stored = page.cursor
        kept = {k: one for k, one in self.problems.items() if k not in page.checked}
        self.problems = kept | {one.scope: one for one in page.problems}

    def begin_again(self) -> None:
        """Replace the process by one that knows only the stored cursor."""
        self.connector = self.connect()

    def write_in(self, subject: str = "Notice", text: str = "", **more: Any) -> str:
        """Let a customer write where no ticket is yet; returns the ticket."""
        return str(self.act("write_in", subject=subject, text=text, **more)["id"])

    def ticket(self, subject: str = "Notice", **more: Any) -> str:
        """Let somebody of ours make a ticket."""
        properties = {"subject": subject, **more.pop("properties", {})}
        return str(self.act("create_ticket", properties=properties, **more)["id"])

    def dossier(self, ref: str) -> Dossier:
        """Return one ticket with all that stands beside it."""
        return self.connector.dossiers([ref])[ref]

    def file(self, *filings: Filing) -> dict[str, Outcome]:
        """Write to tickets and return the outcomes by key."""
        return {one.key: one for one in self.connector.file(filings)}

    def open(self, *openings: Opening) -> dict[str, Outcome]:
        """Open tickets and return the outcomes by key."""
        return {one.key: one for one in self.connector.open(openings)}

    def assign(self, *tasks: Task) -> dict[str, Outcome]:
        """Make tasks and return the outcomes by key."""
        return {one.key: one for one in self.connector.assign(tasks)}

    def searches(self) -> int:
        """Return how many searches were made so far."""
        counts = self.emulator.counts.items()
        return sum(count for path, count in counts if path.rstrip("/").endswith("/search"))

    def switch(self, **switches: Any) -> None:
        """Make the portal behave otherwise from now on."""
        self.emulator.switches = type(self.emulator.switches)(
            **{**_shown(self.emulator.switches), **switches}
        )


def _shown(switches: Any) -> dict[str, Any]:
    return {name: getattr(switches, name) for name in switches.__dataclass_fields__}


def refs(tickets: Sequence[Ticket]) -> list[str]:
    """Return the ids of tickets."""
    return [one.ref for one in tickets]


__all__ = ["BO", "CSM", "JO", "SHIPPED", "HelpDesk", "refs"]

"""A service, a customer and their sheet on the emulator, without sockets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from ubm_smartsheet.connector import SheetConnector
from ubm_smartsheet.emulator import SmartsheetEmulator, create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.server import InProcessAdapter
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Customer, Observation, Outcome, Page, Place, Problem, Write
from ubm_sync.ports import Connection, Lane

DANA = "dana@halstedfoods.example"
START = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
_MAPPINGS = Path(__file__).parents[3] / "mappings"


@cache
def row_place() -> Place:
    return load_mappings(_MAPPINGS)["location"].place("row")


@dataclass
class OpenBudget:
    """A budget without limit that remembers what it was asked."""

    reserved: Counter[str] = field(default_factory=Counter)
    penalties: list[tuple[str, float]] = field(default_factory=list)

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        del lane
        self.reserved[key] += cost
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        self.penalties.append((key, seconds))


class World:
    """One emulator, one or more customers with a sheet each, one connector."""

    def __init__(
        self, *names: str, settings: dict[str, object] | None = None, **switches: Any
    ) -> None:
        self.clock = VirtualClock(START)
        self.emulator: SmartsheetEmulator = create(
            clock=self.clock, **{"per_minute": 0, **switches}
        )
        self.budget = OpenBudget()
        self.settings = settings or {}
        self.place = row_place()
        self.environment = self.emulator.environment("http://127.0.0.1:1")
        self.customers: tuple[Customer, ...] = ()
        self.act("add_user", email=DANA, name="Dana Lee")
        maker = self.connect()
        list(maker.ensure(dry_run=False))
        for name in names or ("Halsted Foods",):
            key = name.lower().replace(" ", "-")
            sheet = maker.create_sheet(name, [DANA])
            self.customers += (Customer(key=key, name=name, sheet=sheet),)
        self.emulator.counts.clear()
        self.connector = self.connect()

    def connect(self) -> SheetConnector:
        connector = self.connect_over_http()
        connector.mount(InProcessAdapter(self.emulator))
        return connector

    def connect_over_http(self) -> SheetConnector:
        return SheetConnector(
            Connection(
                (self.place,),
                self.customers,
                self.settings,
                self.environment,
                self.clock,
                self.budget,
            )
        )

    @property
    def sheet(self) -> str:
        return self.customers[0].sheet

    @property
    def calls(self) -> int:
        return sum(self.emulator.counts.values())

    def act(self, do: str, **order: Any) -> Any:
        return self.emulator.act({"do": do, **order})

    def faults(self, *rules: Rule, seed: int = 1) -> None:
        self.emulator.faults = Faults(seed, list(rules))

    def fault(self, fault: Fault, path: str, times: int | None = 1) -> None:
        self.faults(Rule(fault, path=path, times=times))

    def add(self, sheet: str = "", **cells: Any) -> str:
        """Let the customer type a row; keyword names are titles with ``_`` for a space."""
        given = {name.replace("_", " "): value for name, value in cells.items()}
        made = self.act("add_row", who=DANA, sheet=int(sheet or self.sheet), cells=given)
        return str(made["row"])

    def edit(self, row: str, **cells: Any) -> None:
        given = {name.replace("_", " "): value for name, value in cells.items()}
        self.act("edit_row", who=DANA, sheet=int(self.sheet), row=int(row), cells=given)

    def load(self, count: int, sheet: str = "") -> list[str]:
        rows = [[f"{number:05}", f"Store {number}"] for number in range(count)]
        made = self.act(
            "load_rows",
            who=DANA,
            sheet=int(sheet or self.sheet),
            columns=["Location Code", "Location Name"],
            rows=rows,
        )
        return [str(row) for row in made["rows"]]

    def see(self, row: str, sheet: str = "") -> dict[str, str]:
        seen = self.act("see_row", sheet=int(sheet or self.sheet), row=int(row))
        return cast("dict[str, str]", seen["cells"])

    def observe(self, *, full: bool = False) -> Seen:
        """Read one round."""
        return Seen(list(self.connector.observe(full=full)))

    def later(self, seconds: float = 1.0) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def write(self, row: str | None, seen: Observation | None = None, **values: Any) -> Write:
        return Write(
            "row",
            values.pop("key", "01900000-0000-7000-8000-000000000001"),
            row,
            values.pop("container", self.sheet),
            values,
            seen.version if seen is not None else "",
        )

    def apply(self, *writes: Write) -> list[Outcome]:
        return list(self.connector.apply(writes))

    def garble(self, sheet: str) -> None:
        """Let the emulator answer for one sheet in a shape that nobody documented."""
        adapter = InProcessAdapter(self.emulator)

        class Garbling(BaseAdapter):
            def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
                answer = adapter.send(request, *args, **kwargs)
                if f"/sheets/{sheet}?" in str(request.url):
                    answer.raw = BytesIO(answer.content.replace(b'"cells"', b'"boxes"'))
                    answer._content = False  # type: ignore[assignment]  # read it anew
                    answer._content_consumed = False  # type: ignore[attr-defined]
                return answer

            def close(self) -> None:
                adapter.close()

        self.connector.mount(Garbling())

    def link_tickets(self, link: str) -> None:
        """Show tickets as links to ``link``."""
        bindings = tuple(
            replace(one, settings={**one.settings, "link": link}) if one.field == "ticket" else one
            for one in self.place.bindings
        )
        self.place = replace(self.place, bindings=bindings)
        self.connector = self.connect()

    def rename_titles(self, **titles: str) -> None:
        """Bind the first customer's fields to its own column titles."""
        first, *rest = self.customers
        self.customers = (replace(first, titles=titles), *rest)
        self.connector = self.connect()


class Seen:
    """What one round of reading gave."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages
        self.observations = [one for page in pages for one in page.observations]
        self.by_ref = {one.ref: one for one in self.observations}
        self.complete = frozenset[str]().union(*(page.complete for page in pages))
        self.checked = frozenset[str]().union(*(page.checked for page in pages))
        self.problems: list[Problem] = [one for page in pages for one in page.problems]

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

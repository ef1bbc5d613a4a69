"""One onboarding on a clock of its own: what people do in it, what the service says, day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from ubm_sync.app import Application
from ubm_sync.calendars import day_text, local
from ubm_sync.cli import screen
from ubm_sync.demo.cast import Client
from ubm_sync.demo.people import People
from ubm_sync.demo.story import StepFailed
from ubm_sync.demo.virtual import VirtualStage
from ubm_sync.sync.cycle import Engine

MINUTE = 60.0  # seconds between two cycles
MOST = 12  # cycles until nothing is left to write


class Diary:
    """Moves the clock, lets people act and the service run, and tells what came of it."""

    def __init__(
        self, stage: VirtualStage, app: Application, people: People, client: Client
    ) -> None:
        self._stage = stage
        self._people = people
        self._client = client
        self._begun = local(stage.clock.now(), client.zone).date()
        self._told = 0  # notes that were shown
        self._mapping = app.configuration.mappings["onboarding"]
        self._engine: Engine = app.engine()

    @cached_property
    def ticket(self) -> str:
        """The id of the onboarding ticket."""
        return str(self._page()["id"])

    @property
    def day(self) -> int:
        """How many days the onboarding is old."""
        return (local(self._stage.clock.now(), self._client.zone).date() - self._begun).days

    def until(self, when: str) -> None:
        """Let time pass until a moment of the customer's (``2026-09-03 09:00``), and work then.

        Time passes all at once, as for a service that had nothing to do.
        """
        self._pass(when)
        self.settle()

    def do(self, when: str, told: str, who: str, what: str, ref: str = "", **order: Any) -> str:
        """Let somebody act on the ticket (or on ``ref``) at a moment, then let the service work.

        Returns the id of what was made, "" where nothing was.
        """
        self._pass(when)
        date = day_text(local(self._stage.clock.now(), self._client.zone).date(), weekday=False)
        screen.say(f"{date:<6} day {self.day:>3}  {told}", "bold")
        answer = self._stage.act(self._people.tickets_in, who, what, id=ref or self.ticket, **order)
        self.settle()
        return str(answer.get("id", "")) if isinstance(answer, dict) else ""

    def move(self, when: str, told: str, stage: str) -> None:
        """Let the manager move the ticket to a stage, by the mapping's key of it."""
        labels = {one.key: one.label for one in self._mapping.place("onboarding").stages}
        self.do(when, told, self._client.csm, "move_ticket", stage=labels[stage])

    def settle(self) -> None:
        """Run cycles a minute apart until nothing is left to write; show the notes they wrote."""
        for _ in range(MOST):
            self._stage.clock.sleep(MINUTE)
            report = self._engine.cycle()
            if report.problems or report.skipped:
                raise StepFailed(f"A cycle failed: {report.skipped or report.problems[0]}")
            if not report.landed and not report.notes:
                break
        else:
            raise StepFailed(f"The service did not come to rest within {MOST} cycles.")
        fresh = self.notes()[self._told :]
        self._told += len(fresh)
        for note in fresh:
            screen.say(f"               note on the ticket: {note}", "dim")

    def notes(self) -> list[str]:
        """Return the notes on the ticket, oldest first."""
        return list(self._page()["notes"])

    def seen(self, field: str) -> str:
        """Return a field of the ticket as its owner sees it, "" where it is empty."""
        external = self._mapping.bindings["onboarding"][field].external
        return str(self._page()["properties"].get(external) or "")

    def shown(self, *fields: str) -> list[tuple[str, str]]:
        """Return fields of the ticket with the names people see."""
        return [(self._mapping.fields[name].label, self.seen(name)) for name in fields]

    def expect(self, what: str, holds: Callable[[], bool]) -> None:
        """Say that something is so; raises StepFailed where it is not."""
        if not holds():
            raise StepFailed(f"On day {self.day} this was not so: {what}.")
        screen.say(f"  ok  {what}", "green")

    def expect_fields(self, what: str, **fields: str) -> None:
        """Say that fields of the ticket hold these values; raises StepFailed where one does not."""
        found = {name: self.seen(name) for name in fields}
        if found != fields:
            raise StepFailed(f"On day {self.day} this was not so: {what}; the ticket says {found}.")
        screen.say(f"  ok  {what}", "green")

    def _pass(self, when: str) -> None:
        there = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(self._client.zone))
        self._stage.clock.sleep((there - self._stage.clock.now()).total_seconds())

    def _page(self) -> dict[str, Any]:
        pipeline = self._mapping.place("onboarding").pipeline
        return self._people.onboarding(pipeline, f"Onboarding {self._client.name}")

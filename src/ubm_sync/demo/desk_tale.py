"""What is played at a help desk: people act on tickets, the service looks, and what is seen."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ubm_sync.calendars import clock_text, day_text, local
from ubm_sync.cli import screen
from ubm_sync.demo.cast import DREW, HALSTED, LEA, PRIYA
from ubm_sync.demo.opening import enter, set_up
from ubm_sync.demo.people import People
from ubm_sync.demo.story import StepFailed
from ubm_sync.demo.tale import Tale
from ubm_sync.demo.virtual import VirtualStage
from ubm_sync.desk import DESK, KIND

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday, 08:00 in Chicago
POLL = timedelta(seconds=20)
CLIENT = replace(HALSTED, backup=PRIYA)


class DeskTale(Tale):
    """Acts at a help desk and shows what stands on its tickets; its parts come with a subclass."""

    def __init__(self, stage: VirtualStage) -> None:
        super().__init__(stage)
        self._told: dict[str, int] = {}

    def _open(self) -> None:
        set_up(self.app)
        self.app = enter(self.stage, self.app, [CLIENT])
        self.people = People(self.stage, self.app)
        self.people.enter(CLIENT, self.app.customers[CLIENT.key].sheet)
        for email, first, last in ((LEA, "Lea", "Brandt"), (DREW, "Drew", "Malik")):
            self.people.hire(email, first, last)
        mapping = self.app.configuration.mappings[KIND]
        self._place = mapping.place(DESK)
        self._names = {name: one.external for name, one in mapping.bindings[DESK].items()}
        self.engine = self.app.engine()
        lane = self.app.dispatcher()
        if lane is None:
            raise StepFailed("There is no help desk to look at.")
        self.lane = lane

    # ------------------------------------------------------------------------------ what happens

    def _settle(self) -> None:
        """Let cycles pass until nothing is left to write, as long as a half-typed row waits."""
        self.stage.clock.sleep(self.app.configuration.service.intake.quiet_minutes * 60 + 1)
        while self.engine.cycle().landed:
            self.stage.clock.sleep(POLL.total_seconds())

    def arrives(
        self, when: str, told: str, subject: str, content: str, channel: str = "EMAIL"
    ) -> str:
        """Let a ticket come in at a moment, then let the service look; return its id."""
        self._pass(when)
        self.say(f'{told}: "{subject}"')
        answer = self._act(
            "",
            "create_ticket",
            properties={"subject": subject, "content": content, "source_type": channel},
            company=self.app.customers[CLIENT.key].company,
            pipeline=self._place.pipeline,
            stage=self._stage_label("new"),
        )
        ref = str(answer["id"])
        self.stage.clock.sleep(POLL.total_seconds())
        self.look()
        self._show_notes(ref)
        return ref

    def does(self, when: str, told: str, who: str, what: str, ref: str, **order: Any) -> None:
        """Let somebody act on a ticket at a moment, then let the service look."""
        self._pass(when)
        self.say(told)
        self._act(who, what, id=ref, **order)
        self.look()
        self._show_notes(ref)

    def until(self, when: str) -> None:
        """Let time pass, and the service look every five minutes."""
        there = self._at(when)
        while self.stage.clock.now() < there:
            left = there - self.stage.clock.now()
            self.stage.clock.sleep(min(left, timedelta(minutes=5)).total_seconds())
            self.look()
        for ref in list(self._told):
            self._show_notes(ref)

    def look(self) -> None:
        """Look at the desk once."""
        done = self.lane.round()
        if done.problems or done.skipped:
            raise StepFailed(f"A look failed: {done.skipped or done.problems[0]}")

    def _pass(self, when: str) -> None:
        there = self._at(when)
        self.stage.clock.sleep(max(0.0, (there - self.stage.clock.now()).total_seconds()))

    @staticmethod
    def _at(when: str) -> datetime:
        naive = datetime.fromisoformat(when)
        return naive.replace(tzinfo=local(START, CLIENT.zone).tzinfo)

    # ------------------------------------------------------------------------------ what is seen

    def say(self, told: str) -> None:
        """Say what happens, with the time."""
        now = self.stage.clock.now()
        date = day_text(local(now, CLIENT.zone).date())
        screen.say(f"{date:<10} {clock_text(now, CLIENT.zone)}  {told}", "bold")

    def notes(self, ref: str) -> list[str]:
        """Return the notes on a ticket, oldest first."""
        found: list[str] = self._page(ref)["notes"]
        return [html.unescape(re.sub(r"<br ?/?>", "\n", one)) for one in found]

    def tasks(self, ref: str) -> list[str]:
        """Return who was given a task about a ticket, in the order of time."""
        return [str(one["owner"]) for one in self._page(ref)["tasks"]]

    def expect(self, what: str, holds: Callable[[], bool]) -> None:
        """Say that something is so; raises StepFailed where it is not."""
        if not holds():
            raise StepFailed(f"At the help desk this was not so: {what}.")
        screen.say(f"  ok  {what}", "green")

    def expect_fields(self, ref: str, what: str, **fields: str) -> None:
        """Say that a ticket shows these values; raises StepFailed where it does not."""
        page = self._page(ref)
        shown = {name: page["properties"].get(self._names[name], "") for name in fields}
        if "owner" in shown:
            shown["owner"] = page["owner"]
        if shown != fields:
            raise StepFailed(f"At the help desk this was not so: {what}; it shows {shown}.")
        screen.say(f"  ok  {what}", "green")

    def _was_told_last(self, ref: str, who: str) -> bool:
        told = self.tasks(ref)
        return told.count(who) == 1 and told[-1] == who

    def _show_notes(self, ref: str) -> None:
        notes = self.notes(ref)
        for note in notes[self._told.get(ref, 0) :]:
            screen.say(f"                  note: {note}", "dim")
        self._told[ref] = len(notes)

    def _page(self, ref: str) -> dict[str, Any]:
        page: dict[str, Any] = self._act("everybody", "see_ticket", id=ref)
        return page

    def _find(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._act(
            "everybody", "find_tickets", pipeline=self._place.pipeline
        )
        return found

    def _act(self, who: str, do: str, **order: object) -> Any:
        return self.stage.act(self._place.system, who, do, **order)

    def _stage_label(self, key: str) -> str:
        return next(one.label for one in self._place.stages if one.key == key)

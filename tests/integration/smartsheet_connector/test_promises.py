"""Whatever people, the network and restarts do: in the end what was read is what is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.integration.smartsheet_connector.world import DANA, World

from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.errors import Temporary
from ubm_sync.model import Observation, Outcome, Page, Result, Write

FAULTS = (
    Fault.THROTTLE,
    Fault.ERROR,
    Fault.HTML,
    Fault.RESET,
    Fault.DROP,
    Fault.TRUNCATE,
    Fault.GARBLED,
    Fault.ODD_SUCCESS,
)
SWITCHES: tuple[dict[str, Any], ...] = (
    {},
    {"write_answers_all_cells": True, "past_last_page": "last"},
    {"columns_move_version": False, "numbers_as_floats": True, "rate_headers": "retry-after"},
    {"lost_access": 403, "rate_headers": "x-ratelimit"},
)


class Player:
    """Plays customer, network and service against each other, repeatably."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.world = World(
            "Halsted Foods",
            "Marlow Hotels",
            settings={"page_size": self.random.choice([3, 10, 2500]), "rows_per_write": 4},
            **SWITCHES[seed % len(SWITCHES)],
        )
        self.view: dict[str, Observation] = {}
        self.rows: dict[str, list[str]] = {one.sheet: [] for one in self.world.customers}
        self.cursor: str | None = None
        self.created = 0
        self.names: list[str] = []

    def step(self) -> None:
        steps: list[Callable[[], None]] = [
            self.add, self.edit, self.edit, self.delete, self.copy, self.wait, self.observe,
            self.observe, self.write, self.write, self.create, self.restart,
        ]  # fmt: skip
        self.random.choice(steps)()

    def _sheet(self) -> str:
        return self.random.choice(sorted(self.rows))

    def _row(self) -> tuple[str, str] | None:
        sheet = self._sheet()
        return (sheet, self.random.choice(self.rows[sheet])) if self.rows[sheet] else None

    def add(self) -> None:
        sheet = self._sheet()
        for _ in range(self.random.randint(1, 6)):
            name = f"Store {self.random.randint(1, 99)}"
            self.rows[sheet].append(self.world.add(sheet, Location_Name=name))

    def edit(self) -> None:
        if chosen := self._row():
            sheet, row = chosen
            cells = {self.random.choice(["City", "Notes", "ZIP"]): self.random.choice("abc")}
            self.world.act("edit_row", who=DANA, sheet=int(sheet), row=int(row), cells=cells)

    def delete(self) -> None:
        if chosen := self._row():
            sheet, row = chosen
            self.rows[sheet].remove(row)
            self.world.act("delete_row", who=DANA, sheet=int(sheet), row=int(row))

    def copy(self) -> None:
        if chosen := self._row():
            sheet, row = chosen
            made = self.world.act("copy_row", who=DANA, sheet=int(sheet), row=int(row))
            self.rows[sheet].append(str(made["row"]))

    def wait(self) -> None:
        self.world.later(self.random.choice([0, 1, 30, 300, 5000]))

    def restart(self) -> None:
        self.world.connector = self.world.connect()
        self.world.connector.resume(self.cursor)

    def trouble(self) -> None:
        rules = [
            Rule(self.random.choice(FAULTS), rate=0.5, times=self.random.randint(1, 3))
            for _ in range(self.random.randint(0, 2))
        ]
        self.world.faults(*rules, seed=self.random.randint(0, 999))

    def observe(self, *, full: bool = False) -> None:
        self.trouble()
        shown: dict[str, set[str]] = {}
        try:
            for page in self.world.connector.observe(full=full):
                self._take(page, shown)
            self.cursor = self.world.connector.cursor()
        except Temporary:
            pass
        self.world.faults()

    def _take(self, page: Page, shown: dict[str, set[str]]) -> None:
        for one in page.observations:
            self.view[one.ref] = one
            shown.setdefault(one.container, set()).add(one.ref)
        for sheet in page.complete:
            listed = shown.get(sheet, set())
            gone = [r for r, o in self.view.items() if o.container == sheet and r not in listed]
            for ref in gone:
                del self.view[ref]

    def write(self) -> None:
        chosen = self.random.sample(sorted(self.view), min(len(self.view), 7))
        writes = [
            self.world.write(
                ref,
                self.view[ref],
                key=f"id-{ref}",
                container=self.view[ref].container,
                **{self.random.choice(["sync_message", "city"]): self.random.choice("xyz")},
            )
            for ref in chosen
        ]
        self.trouble()
        try:
            by_key = {write.key: write for write in writes}
            for outcome in self.world.connector.apply(writes):
                if outcome.result is Result.LANDED:
                    self._landed(by_key[outcome.key], outcome)
        except Temporary:
            pass
        self.world.faults()

    def _landed(self, write: Write, outcome: Outcome) -> None:
        """Take an outcome into the view as the engine does."""
        old = self.view[str(write.ref)]
        values = {**old.values, **{name: str(value) for name, value in write.values.items()}}
        self.view[old.ref] = replace(old, values=values, version=outcome.version, key=write.key)

    def create(self) -> None:
        """Create a row, and insist until it is there: an answer may be lost each time."""
        self.created += 1
        name = f"made-{self.created}"
        self.names.append(name)
        sheet = self._sheet()
        for _ in range(6):
            self.trouble()
            write = self.world.write(None, key=f"id-{name}", container=sheet, location_name=name)
            try:
                (outcome,) = self.world.connector.apply([write])
            except Temporary:
                continue
            if outcome.result is Result.LANDED and outcome.ref is not None:
                self.rows[sheet].append(outcome.ref)
                break
        self.world.faults()

    def truth(self) -> dict[str, dict[str, str]]:
        fresh = self.world.connect()
        return {
            one.ref: dict(one.values)
            for page in fresh.observe(full=True)
            for one in page.observations
        }


@pytest.mark.parametrize("seed", range(8))
def test_reading_converges_to_what_is_there(seed: int) -> None:
    player = Player(seed)
    for _ in range(40):
        player.step()
    player.world.later(1)
    shown: dict[str, set[str]] = {}
    for page in player.world.connector.observe(full=False):  # no full read is ordered
        player._take(page, shown)
    for page in player.world.connector.observe(full=False):  # what was saved twice, once more
        player._take(page, shown)

    truth = player.truth()

    assert {ref: dict(one.values) for ref, one in player.view.items()} == truth
    before = player.world.calls
    assert list(player.world.connector.observe(full=False)) == []
    assert player.world.calls - before == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_row_is_created_once_whatever_is_lost(seed: int) -> None:
    player = Player(seed)
    for _ in range(8):
        player.create()
        player.restart()
        player.observe()

    names = [one.get("location_name") for one in player.truth().values()]
    made = [name for name in names if name in player.names]
    assert len(made) == len(set(made))

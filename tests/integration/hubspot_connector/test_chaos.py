"""Random play: people edit, we write, HubSpot fails, the service is killed; nothing is lost."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.integration.hubspot_connector.portal import Portal, new

from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.errors import SyncError
from ubm_sync.model import Observation, Result, Write

FAULTS = (
    Fault.DROP,
    Fault.ERROR,
    Fault.HTML,
    Fault.GARBLED,
    Fault.RESET,
    Fault.THROTTLE,
    Fault.TRUNCATE,
    Fault.ODD_SUCCESS,
    Fault.SHORT,
    Fault.PARTIAL,
)


class Engine:
    """What the service keeps of HubSpot: the last observation of each ticket, and the cursor."""

    def __init__(self, seed: int, *, whole_seconds: bool = False) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a repeatable play
        self.portal = Portal(
            search_lag=2.0,
            search_lag_jitter=60.0,
            whole_seconds=whole_seconds,
            settings={"settle_every": 120, "settle_lag": 70, "search_overlap_max": 30},
        )
        self.portal.setup()
        self.kept: dict[str, Observation] = {}
        self.cursor = self.portal.connector.cursor()
        self.typed: dict[str, str] = {}
        self.wanted: dict[str, str] = {}
        self.portal.emulator.faults.seed = seed

    def observe(self, *, full: bool = False) -> None:
        with suppress(SyncError):
            for page in self.portal.connector.observe(full=full):
                for seen in page.observations:
                    known = self.kept.get(seen.ref)
                    if known is None or known.version != seen.version:
                        assert known is None or seen.version >= known.version.rstrip("~=")
                        self.kept[seen.ref] = seen
                self.cursor = self.portal.connector.cursor()

    def write(self, turn: int) -> None:
        refs = {seen.key: seen.ref for seen in self.kept.values()}
        writes = []
        for number in self.chance.sample(range(40), 12):
            key, text = f"key-{number}", f"wanted {turn}"
            self.wanted[key] = text
            if key in refs:
                writes.append(Write("ticket", key, refs[key], "tickets", {"vendor": text}))
            else:
                writes.append(new(key, vendor=text))
        with suppress(SyncError):
            for outcome in self.portal.connector.apply(writes):
                if outcome.result is not Result.LANDED or outcome.ref is None:
                    continue
                text = next(str(w.values["vendor"]) for w in writes if w.key == outcome.key)
                known = self.kept.get(outcome.ref) or Observation(
                    "ticket", outcome.ref, outcome.key, "tickets", "", {}
                )
                values = {**known.values, "vendor": text}
                self.kept[outcome.ref] = replace(known, values=values, version=outcome.version)
            self.cursor = self.portal.connector.cursor()

    def edit(self, turn: int) -> None:
        for seen in self.chance.sample(sorted(self.kept), min(3, len(self.kept))):
            self.typed[seen] = f"typed {turn}"
            self.portal.act(
                "edit_ticket", id=seen, properties={"ubm_account_number": self.typed[seen]}
            )

    def rest(self) -> None:
        """Let HubSpot heal and its index settle, and write what is still missing."""
        self.portal.heal()
        for _ in range(6):
            self.portal.later(60)
            self.observe()
        refs = {seen.key: seen.ref for seen in self.kept.values()}
        writes = [
            Write("ticket", key, refs[key], "tickets", {"vendor": text})
            for key, text in self.wanted.items()
            if key in refs
        ]
        writes += [new(key, vendor=text) for key, text in self.wanted.items() if key not in refs]
        assert {one.result for one in self.portal.connector.apply(writes)} == {Result.LANDED}
        for _ in range(8):
            self.portal.later(60)
            self.observe()


@pytest.mark.parametrize("whole_seconds", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_no_edit_is_lost_and_no_ticket_made_twice(seed: int, whole_seconds: bool) -> None:
    engine = Engine(seed, whole_seconds=whole_seconds)
    portal, chance = engine.portal, engine.chance
    for turn in range(25):
        fault = chance.choice(FAULTS)
        portal.emulator.faults.rules[:] = [Rule(fault, rate=chance.choice([0.0, 0.1, 0.5]))]
        portal.later(chance.choice([1, 5, 20]))
        engine.edit(turn)
        engine.write(turn)
        if chance.random() < 0.3:
            engine.edit(turn + 100)
        portal.later(chance.choice([0, 1, 20]))
        if chance.random() < 0.2:
            portal.connector = portal.connect(engine.cursor)
        engine.observe(full=chance.random() < 0.1)
    engine.rest()

    truth = {str(seen["id"]): seen["properties"] for seen in portal.act("find_tickets", where={})}
    keys = [properties["ubm_sync_id"] for properties in truth.values()]
    assert sorted(keys) == sorted(engine.wanted)
    assert set(engine.kept) == set(truth)
    for ref, seen in engine.kept.items():
        assert seen.values.get("account_number", "") == engine.typed.get(ref, "")
        assert seen.values["vendor"] == truth[ref]["ubm_vendor"] == engine.wanted[str(seen.key)]

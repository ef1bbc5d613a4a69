"""What goes wrong, as data: each trouble lasts from its step until the next calm."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.moments import FULL, LOCKED
from tests.simulation.world import World

from ubm_sync.emulation.faults import Fault, Rule

WRITES = r"^(POST|PUT|PATCH) .*(/rows|/batch/(update|upsert)|/notes|/discussions|/create)$"
READS = r"^(GET|POST .*/(search|batch/read)$)"
PATHS = {"": "", "writes": WRITES, "reads": READS}
# Which statements a trouble of a database can strike, and how much rarer than it is set.
STRIKES = {
    "locked": {"begin": 1.0},
    "disk full": {"insert": 0.1, "update": 0.1, "commit": 0.3},
}
STALL_SECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong: ``kind`` at ``where``, as often as ``rate`` says."""

    kind: str
    where: str  # a vendor, a database, or a customer's sheet by number
    rate: float = 1.0
    path: str = ""  # all requests, or writes or reads only


LOST = {Fault.DROP, Fault.STALL, Fault.TRUNCATE, Fault.ODD_SUCCESS}  # after the effect
HTTP = tuple(fault.value for fault in Fault)
DATABASES = ("state", "store")
KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(HTTP, ("hubspot", "smartsheet")),
    "retry after": ("hubspot", "smartsheet"),
    "daily quota": ("hubspot",),
    "token revoked": ("hubspot", "smartsheet"),
    "scope missing": ("hubspot",),
    "sheet unshared": ("0", "1"),
    "locked": DATABASES,
    "disk full": DATABASES,
}
# Settings nobody has verified, and how vendors rewrite and delay: drawn once for a story.
CLIMATE: dict[str, dict[str, tuple[Any, ...]]] = {
    "hubspot": {
        "search_lag": (0.0, 2.0, 20.0),
        "search_lag_jitter": (0.0, 10.0, 60.0),
        "search_repeats": (0, 1, 3),
        "trims_text": (False, True),
        "missing_rejects_batch": (False, True),
        "merge_makes_new_record": (False, True),
        "merged_listed_as_archived": (False, True),
        "activity_touches_record": (False, True),
        "archived_holds_unique_value": (False, True),
    },
    "smartsheet": {
        "write_answers_all_cells": (False, True),
        "restored_rows_keep_ids": (False, True),
        "delete_moves_version": (False, True),
        "columns_move_version": (False, True),
        "numbers_as_floats": (False, True),
        "restriction_first": (False, True),
        "past_last_page": ("empty", "last"),
        "lost_access": (404, 403),
        "revoked_error": (1002, 1003),
    },
}


class Troubles:
    """Lets things go wrong in one world, and mends them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(f"databases {seed}")  # noqa: S311 - repeatable on purpose
        self.lost_answers = 0
        self._databases: list[Trouble] = []
        self._calm = {name: one.switches for name, one in world.emulators.items()}
        for number, emulator in enumerate(world.emulators.values()):
            emulator.faults.seed = seed
            emulator.faults._random.seed(f"{seed} {number}")
        for clock in (world.state_clock, world.store_clock):
            clock.fails = self._fails

    def climate(self, switches: dict[str, dict[str, Any]]) -> None:
        """Set the vendors' switches for the whole story."""
        for name, given in switches.items():
            emulator = self.world.emulators[name]
            emulator.switches = replace(emulator.switches, **given)
            self._calm[name] = emulator.switches

    def begin(self, trouble: Trouble) -> None:
        """Let something go wrong from now on."""
        world, where = self.world, trouble.where
        world.say(f"trouble: {trouble.kind} at {where} {trouble.rate} {trouble.path}".rstrip())
        match trouble.kind:
            case "locked" | "disk full":
                self._databases.append(trouble)
            case "token revoked":
                world.emulators[where].act({"do": "revoke_token"})
            case "sheet unshared":
                sheet = world.clients[int(where)].sheet
                world.smartsheet.act({"do": "lose_access", "sheet": sheet})
            case "scope missing":
                self._switch("hubspot", missing_scopes=("tickets",))
            case "daily quota":
                self._switch("hubspot", daily=1)
            case "retry after":
                if where == "hubspot":
                    self._switch(where, retry_after=True)
                else:
                    self._switch(where, rate_headers="retry-after")
                self._rule(Fault.THROTTLE, trouble)
            case kind:
                self._rule(Fault(kind), trouble)
        world.counts[f"trouble: {trouble.kind}"] += 1

    def calm(self) -> None:
        """Mend everything."""
        world = self.world
        world.say("everything is mended")
        self._databases.clear()
        for name, emulator in world.emulators.items():
            for request, fault in emulator.faults.struck:
                world.counts[f"struck: {fault.value}"] += 1
                partly = fault is Fault.SHORT and not re.match(READS, request)
                self.lost_answers += partly or fault in LOST
            emulator.faults.struck.clear()
            emulator.faults.rules.clear()
            emulator.switches = self._calm[name]
            emulator.act({"do": "restore_token"})
        for client in world.clients:
            world.smartsheet.act({"do": "regain_access", "sheet": client.sheet})

    def _switch(self, name: str, **given: Any) -> None:
        emulator = self.world.emulators[name]
        emulator.switches = replace(emulator.switches, **given)

    def _rule(self, fault: Fault, trouble: Trouble) -> None:
        faults = self.world.emulators[trouble.where].faults
        path = PATHS[trouble.path]
        faults.rules.append(Rule(fault, rate=trouble.rate, path=path, seconds=STALL_SECONDS))

    def _fails(self, name: str, what: str) -> str:
        for trouble in self._databases:
            if trouble.where != name or what not in STRIKES[trouble.kind]:
                continue
            if self.chance.random() < trouble.rate * STRIKES[trouble.kind][what]:
                self.world.counts[f"struck: {trouble.kind}"] += 1
                self.world.note(f"{trouble.kind} at {what} of {name}")
                return LOCKED if trouble.kind == "locked" else FULL
        return ""

"""What every seed starts from, made once per process: a world that is set up and at rest.

Setting the systems up takes half a second; taking a snapshot of them over takes five milliseconds.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import Engine, delete
from tests.simulation.lean import lean
from tests.stack import Client, Stack

from ubm_hubspot.emulator.emulator import HubSpotEmulator
from ubm_hubspot.emulator.saving import dump
from ubm_smartsheet.emulator.emulator import SmartsheetEmulator
from ubm_sync.clock import Clock, SystemClock
from ubm_sync.config import Configuration
from ubm_sync.database import open_engine
from ubm_sync.state import Limit, SharedBudget
from ubm_sync.state.budget import budget

ADMIN = "pat@ubm.example"  # may change columns, and cells that are locked for customers
# What stands in messages, and so in the trace: no folder of this process. Nobody opens these.
ADDRESSES = {"UBM_DATABASE_URL": "sqlite:///ubm.db", "UBM_SYNC_STATE_URL": "sqlite:///state.db"}
FREE = {
    "hubspot": {"per_ten_seconds": 0, "search_per_second": 0},
    "smartsheet": {"per_minute": 0},
}


@dataclass(slots=True)
class Database:
    """A database in memory that takes over a snapshot; one connection serves everybody."""

    engine: Engine
    image: sqlite3.Connection

    @classmethod
    def of(cls, file: Path) -> Database:
        """Return a database with the content of a file."""
        image = sqlite3.connect(":memory:", check_same_thread=False)
        source = sqlite3.connect(file)
        source.backup(image)
        source.close()
        return cls(open_engine("sqlite://"), image)

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection behind the engine."""
        found: Any = self.engine.raw_connection().driver_connection
        connection: sqlite3.Connection = found
        return connection

    def restore(self, image: sqlite3.Connection | None = None) -> None:
        """Put everything back as it was in ``image`` (the snapshot by default)."""
        raw = self.raw
        if raw.in_transaction:
            raw.rollback()
        (image or self.image).backup(raw)

    def copied(self) -> sqlite3.Connection:
        """Return a backup of what is there now."""
        image = sqlite3.connect(":memory:", check_same_thread=False)
        self.raw.backup(image)
        return image


@dataclass(slots=True)
class Template:
    """The snapshots, and what does not change from seed to seed."""

    folder: tempfile.TemporaryDirectory[str]
    started: datetime
    clients: tuple[Client, ...]
    variables: Mapping[str, str]
    configuration: Configuration
    portal: Path
    sheets: Path
    state: Database
    store: Database
    sheet_client: Any
    budget: SharedBudget

    def emulators(self, clock: Any) -> tuple[HubSpotEmulator, SmartsheetEmulator]:
        """Return the vendors as they are at the beginning."""
        hubspot, smartsheet = HubSpotEmulator(clock), SmartsheetEmulator(clock)
        hubspot.switches = replace(hubspot.switches, **FREE["hubspot"])
        smartsheet.switches = replace(smartsheet.switches, **FREE["smartsheet"])
        hubspot.load(self.portal)
        smartsheet.load(self.sheets)
        return hubspot, smartsheet

    def budget_for(self, clock: Clock) -> SharedBudget:
        """Return the rate limits, of which nothing is used yet."""
        with self.budget._engine.connect() as connection:
            connection.execute(delete(budget))
        self.budget._clock = clock
        return self.budget

    def sheet_client_for(self, session: Any) -> Any:
        """Return the vendor's client on another session.

        Making one reads all certificates of the machine, which takes as long as two cycles.
        """
        client = object.__new__(type(self.sheet_client))
        vars(client).update(vars(self.sheet_client))
        client._session = session
        return client


@cache
def template() -> Template:
    """Set everything up, once in each process."""
    folder = tempfile.TemporaryDirectory(prefix="simulation-")
    root = Path(folder.name)
    with Stack(root / "stack", prepared=False, switches=FREE) as stack:
        _one_request_at_a_time(stack.folder / "config" / "service.yaml")
        stack.prepare()
        _let_in(stack)
        stack.settle()
        sheets: Any = stack.app.connectors["smartsheet"]
        configuration = stack.app.configuration
        sheet_client = sheets._client._sdk
        stack.stop()
        (root / "portal").write_bytes(dump(stack.hubspot.portal, stack.hubspot.webhooks))
        stack.smartsheet.save(root / "sheets")
        made = Template(
            folder,
            stack.clock.now(),
            stack.clients,
            stack.variables | ADDRESSES,
            configuration,
            root / "portal",
            root / "sheets",
            Database.of(stack.folder / "state.db"),
            Database.of(stack.folder / "ubm.db"),
            sheet_client,
            _budget(configuration),
        )
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again is a tenth of a seed
    return made


def _budget(configuration: Configuration) -> SharedBudget:
    limits = {key: Limit(*one) for key, one in configuration.service.limits.items()}
    made = SharedBudget("sqlite://", limits, SystemClock())
    lean(made._engine)
    made._drop()  # from now on it is asked without a detour
    return made


def _let_in(stack: Stack) -> None:
    """Give the administrator access to every sheet."""
    stack.smartsheet.act({"do": "add_user", "email": ADMIN})
    for client in stack.clients:
        share = {"do": "share_sheet", "sheet": client.sheet, "email": ADMIN, "level": "ADMIN"}
        stack.smartsheet.act(share)


def _one_request_at_a_time(path: Path) -> None:
    """Have the connectors use no threads, so that everything follows from the seed."""
    yaml = YAML()
    service = yaml.load(path)
    service["systems"]["hubspot"] |= {
        "concurrency": 1,
        "settle_every": 120,
        "settle_lag": 70,
        "reconcile_every": 60,
        "facts": {"look_every": 3600},  # there is no mail in the stories
    }
    service["systems"]["smartsheet"] |= {"writers": 1}
    yaml.dump(service, path)

"""Where stories are played: both emulators as servers, databases from templates, a zygote.

Everything is built once and set back for each story: the emulators' state from a saved file, the
databases as copies of prepared ones. The service reaches the emulators over sockets only; each of
its two instances has addresses of its own, so that the line knows who calls.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML
from sqlalchemy import create_engine, make_url, text
from tests.databases import KINDS, PostgresServer
from tests.stack import ROW, Client, Stack, clients
from tests.system.stories.exchange import Exchange, Tap
from tests.system.stories.zygote import Zygote

from ubm_sync.app import Application
from ubm_sync.clock import ShiftedClock
from ubm_sync.config import Environment
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.faults import Faults
from ubm_sync.emulation.server import Server

FIRST, SECOND = "A", "B"  # the two instances of the service
WITHOUT_LANE = "config_without_lane"  # the folder with a configuration of its own
NO_LIMITS: Mapping[str, Mapping[str, Any]] = {
    "hubspot": {"per_ten_seconds": 0, "search_per_second": 0, "daily": 0, "search_lag": 0.0},
    "smartsheet": {"per_minute": 0},
}
# One request after the other, and the same ones in each cycle, so that a story is repeatable.
SETTINGS = {
    "hubspot": {"concurrency": 1, "attempts": 3, "reconcile_every": 0.001},
    "smartsheet": {
        "writers": 1,
        "attempts": 3,
        "maintenance_wait": 20,  # a longer one is left to later cycles, which takes real time
    },
}


BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state <> 'idle'"
)


@dataclass(frozen=True, slots=True)
class Databases:
    """The addresses of the state and of the account store of one story."""

    kind: str
    state: str
    store: str

    @property
    def variables(self) -> dict[str, str]:
        """The variables that point the service at them."""
        return {"UBM_SYNC_STATE_URL": self.state, "UBM_DATABASE_URL": self.store}

    def is_held(self) -> bool:
        """Return whether somebody is in the middle of a transaction that keeps others waiting."""
        if self.kind == "sqlite":
            folder = Path(make_url(self.state).database or "").parent
            return any(_is_locked(one) for one in folder.glob("*.db"))
        busy = 0
        for url in (self.state, self.store):
            engine = create_engine(url)
            with engine.connect() as connection:
                busy += connection.scalar(text(BUSY)) or 0
            engine.dispose()
        return busy > 0


@dataclass(slots=True)
class House:
    """Everything that stories share; leaves nothing behind."""

    folder: Path
    postgres: PostgresServer
    emulators: dict[str, Emulator] = field(init=False)
    clients: tuple[Client, ...] = field(default_factory=clients)
    zygote: Zygote = field(init=False)
    exchange: Exchange = field(default_factory=lambda: Exchange(lambda _text: None))
    _variables: dict[str, dict[str, str]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _templates: dict[str, Databases] = field(default_factory=dict)
    _number: int = 0
    _lane: bool = True

    def __enter__(self) -> Self:
        try:
            self._furnish(self._open)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def variables(self, caller: str, databases: Databases) -> dict[str, str]:
        """Return what an instance of the service is started with."""
        own = {} if self._lane else {"UBM_SYNC_CONFIG": str(self.folder / WITHOUT_LANE)}
        return {**self._variables[caller], **own, **databases.variables}

    @contextmanager
    def story(
        self, kind: str, exchange: Exchange, *, empty: bool = False, lane: bool = True
    ) -> Iterator[Databases]:
        """Set everything back; give prepared (or ``empty``) databases that vanish afterwards.

        ``lane``: whether the service looks for disconnections beside its cycles.
        """
        self.exchange, self._lane = exchange, lane
        self.restore(prepared=True)
        self._number += 1
        with self._databases(kind, f"story_{self._number}", empty=empty) as databases:
            yield databases

    def restore(self, *, prepared: bool) -> None:
        """Set the emulators back: set up with both customers, or with nothing done yet."""
        name = "prepared" if prepared else "bare"
        for emulator in self.emulators.values():
            emulator.clock = ShiftedClock()
            emulator.faults = Faults()
            emulator.load(self.folder / f"{emulator.name}.{name}")
            emulator.counts.clear()
            emulator.calls.clear()

    # ------------------------------------------------------------------------------- the building

    def _furnish(self, stack: ExitStack) -> None:
        with Stack(self.folder / "w", prepared=False, clock=ShiftedClock()) as world:
            for system, given in NO_LIMITS.items():
                world.switch(system, **given)
            _adjust(self.folder / "w" / "config" / "service.yaml")
            self.emulators = world.emulators
            self._save("bare")
            world.prepare()
            self.clients = world.clients
            self._save("prepared")
            base = dict(world.variables)
            shutil.copytree(self.folder / "w" / "config", self.folder / WITHOUT_LANE)
        lane = self.folder / WITHOUT_LANE / "disconnections.yaml"
        lane.write_text("on: false\n", encoding="utf-8")
        for caller in (FIRST, SECOND):
            self._variables[caller] = dict(base)
            for emulator in self.emulators.values():
                tap: Any = Tap(emulator, caller, lambda: self.exchange)
                server = stack.enter_context(Server(tap))
                self._variables[caller] |= emulator.environment(server.url)
        self.zygote = stack.enter_context(Zygote(self.folder / "zygote.log"))
        self._warm()

    def _save(self, name: str) -> None:
        for emulator in self.emulators.values():
            emulator.save(self.folder / f"{emulator.name}.{name}")

    def _warm(self) -> None:
        """Let the zygote take rows all the way once, so that it has used everything.

        On each kind of database: what was not imported before a fork is imported after each.
        """
        sheet = self.emulators["smartsheet"]
        for kind in KINDS:
            self.restore(prepared=True)
            for client in self.clients:
                order = {"do": "add_row", "who": client.person, "sheet": client.sheet, "cells": ROW}
                sheet.act(order)
            with self._databases(kind, "warm", empty=False) as databases:
                for self._lane in (False, True):
                    self.zygote.warm(self.variables(FIRST, databases), self.folder)

    # ------------------------------------------------------------------------------- the databases

    @contextmanager
    def _databases(self, kind: str, name: str, *, empty: bool) -> Iterator[Databases]:
        if kind == "sqlite":
            try:
                yield self._files(name, empty=empty)
            finally:
                shutil.rmtree(self.folder / name, ignore_errors=True)
            return
        server = self.postgres
        template = Databases(kind, "", "") if empty else self._template(kind)
        with server.database(template.state) as state, server.database(template.store) as store:
            yield Databases(kind, state, store)

    def _files(self, name: str, *, empty: bool) -> Databases:
        folder = self.folder / name
        if empty:
            folder.mkdir()
        else:
            self._template("sqlite")
            shutil.copytree(self.folder / "template", folder)
        return Databases("sqlite", f"sqlite:///{folder}/state.db", f"sqlite:///{folder}/ubm.db")

    def _template(self, kind: str) -> Databases:
        """Return databases as ``ubm-sync setup`` leaves them; made at the first use."""
        if kind not in self._templates:
            if kind == "sqlite":
                made = self._files("template", empty=True)
            else:
                server = self.postgres
                urls = [self._open.enter_context(server.database()) for _ in range(2)]
                made = Databases(kind, *urls)
            self._set_up(made)
            self._templates[kind] = made
        return self._templates[kind]

    def _set_up(self, databases: Databases) -> None:
        app = Application(Environment(self.variables(FIRST, databases), {}))
        try:
            for name, connector in app.connectors.items():
                assert all(step.state != "problem" for step in connector.ensure(dry_run=False))
                app.keep(name)
        finally:
            app.close()


def _is_locked(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("begin immediate")
        except sqlite3.OperationalError:
            return True
        connection.execute("rollback")
        return False


def _adjust(path: Path) -> None:
    yaml = YAML()
    service = yaml.load(path)
    service["intake"]["quiet_minutes"] = 0
    for name, system in service["systems"].items():
        system.pop("limits", None)
        system.update(SETTINGS.get(name, {}))
    yaml.dump(service, path)

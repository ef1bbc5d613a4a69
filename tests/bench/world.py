"""Both emulators as processes of their own, and a folder in which the service finds them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson
import requests
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
TICK = os.sysconf("SC_CLK_TCK")
MANAGER = "dana@example.com"


@dataclass(slots=True)
class Emulator:
    """One emulator process."""

    name: str
    variables: dict[str, str]
    process: subprocess.Popen[str]
    url: str

    def control(self, what: str, order: object = None) -> Any:
        """Send one order of the control API and return the answer."""
        where = f"{self.url}/_control/{what}"
        data = None if order is None else orjson.dumps(order)
        answer = requests.request("POST" if data else "GET", where, data=data, timeout=300)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    def act(self, **order: object) -> Any:
        """Do what a person does in the vendor's own pages."""
        return self.control("act", order)

    def calls(self) -> Counter[str]:
        """Return how often each route was called so far."""
        return Counter(self.control("calls")["counts"])

    def cpu(self) -> float:
        """Return the seconds of processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


def start_emulator(name: str, variables: int) -> Emulator:
    """Start an emulator that prints ``variables`` lines of its environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"ubm_{name}.emulator"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(variables)]
    values = dict(line.split("=", 1) for line in lines)
    address = next(value for key, value in values.items() if key.endswith("BASE_URL"))
    return Emulator(name, values, process, address.removesuffix("/2.0"))


@dataclass(slots=True)
class World:
    """The emulators and the service's folder; leaves nothing behind."""

    folder: Path
    hubspot: Emulator = field(init=False)
    smartsheet: Emulator = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.hubspot = start_emulator("hubspot", 3)
        self.smartsheet = start_emulator("smartsheet", 2)
        for emulator in (self.hubspot, self.smartsheet):
            self._open.callback(emulator.process.wait)
            self._open.callback(emulator.process.terminate)
        self._configure()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _configure(self) -> None:
        """Copy the shipped configuration, without rate limits: the machine's speed is measured."""
        limits_off = {"per_ten_seconds": 0, "search_per_second": 0, "daily": 0, "search_lag": 0.0}
        self.hubspot.control("switches", limits_off)
        self.smartsheet.control("switches", {"per_minute": 0, "max_cells": 0})
        shutil.copytree(ROOT / "mappings", self.folder / "mappings")
        shutil.copytree(ROOT / "config", self.folder / "config")
        yaml = YAML()
        path = self.folder / "config" / "service.yaml"
        service = yaml.load(path)
        for system in service["systems"].values():
            system.pop("limits", None)
        yaml.dump(service, path)
        variables = {**self.hubspot.variables, **self.smartsheet.variables}
        lines = [f"{name}={value}\n" for name, value in variables.items()]
        (self.folder / ".env").write_text("".join(lines))

    def prepare(self, sheets: int) -> list[int]:
        """Set everything up and add ``sheets`` customers; return the ids of their sheets."""
        self.hubspot.act(do="add_owner", email=MANAGER, firstName="Dana", lastName="Lee")
        companies = [
            self.hubspot.act(do="create_company", name=f"Customer {number}", who=MANAGER)["id"]
            for number in range(sheets)
        ]
        with Service(self.folder) as service:
            return [int(one) for one in service.ask("prepare", companies)["sheets"]]


class Service:
    """The service in a process of its own, asked line by line."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path}
        # As an installed service: its modules are not compiled anew in each process.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def ask(self, what: str, given: object = None) -> dict[str, Any]:
        """Send one order and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, given]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The service ended while it was asked to {what}.")
        answer: dict[str, Any] = json.loads(line)
        return answer

"""The stage of the demo's own day: emulators as processes of their own, on the machine's clock.

The emulators outlive this process on purpose: whoever kills the demo can start the service again
and see it finish. They end with ``stop``, at the next demo, or after a while without calls.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import requests

from ubm_sync.demo.stage import Stage, emulators
from ubm_sync.errors import Temporary

IDLE_SECONDS = 1800
START_SECONDS = 30
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


class LastingStage(Stage):
    """Starts, finds again and stops the emulators of one demo folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._register = folder / "emulators.json"

    def clear(self) -> None:
        """Stop what an earlier demo left running and forget its data."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def open(self, config: Path, mappings: Path) -> None:
        """Start the emulators (again) and write the file that points the service at them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        known = self._known()
        variables: dict[str, str] = {}
        running: dict[str, Any] = {}
        for entry in emulators():
            before = known.get(entry.name, {})
            process, answer = self._running(entry.name, before.get("pid", 0)) or self._start(
                entry.name, entry.module, before.get("port", 0)
            )
            variables.update(answer)
            address = next(match for value in answer.values() if (match := ADDRESS.match(value)))
            self._addresses[entry.name] = address.group()
            running[entry.name] = {"pid": process, "port": int(address.group(1))}
            self._register.write_bytes(orjson.dumps(running))
        self._furnish(config, mappings, variables)

    def stop(self) -> None:
        """Stop the emulators of this folder; nothing happens where none runs."""
        for name, entry in self._known().items():
            pid = entry["pid"]
            if not _is_emulator(pid, name):
                continue
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 5
            while _is_emulator(pid, name) and time.monotonic() < deadline:
                time.sleep(0.05)

    def _known(self) -> Mapping[str, Any]:
        if not self._register.exists():
            return {}
        found: dict[str, Any] = orjson.loads(self._register.read_bytes())
        return found

    def _running(self, name: str, pid: int) -> tuple[int, dict[str, str]] | None:
        """Return an emulator that is still there from before."""
        if not pid or not _is_emulator(pid, name):
            return None
        found = _variables(self.folder / f"{name}.out")
        return (pid, found) if _answers(found) else None

    def _start(self, name: str, module: str, port: int) -> tuple[int, dict[str, str]]:
        """Start one emulator; return its process id and the variables it prints."""
        printed = self.folder / f"{name}.out"
        command = [
            sys.executable, "-m", module,
            "--port", str(port),
            "--data", str(self.folder / f"{name}.data"),
            "--idle-exit", str(IDLE_SECONDS),
        ]  # fmt: skip
        with printed.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = _variables(printed)
            if _answers(found):
                return process.pid, found
            if process.poll() is not None:
                break
            time.sleep(0.05)
        tail = printed.read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise Temporary(f"The emulator of {name} did not start: {' '.join(tail) or 'no answer'}.")


def _variables(printed: Path) -> dict[str, str]:
    lines = printed.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def _answers(variables: Mapping[str, str]) -> bool:
    addresses = [match for value in variables.values() if (match := ADDRESS.match(value))]
    if not addresses:
        return False
    try:
        return requests.get(f"{addresses[0].group()}/_control/health", timeout=2).ok
    except requests.RequestException:
        return False


def _is_emulator(pid: int, name: str) -> bool:
    """Return whether the process is still the emulator we started, not another with its number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return name.encode() in command and b"emulator" in command and state != "Z"

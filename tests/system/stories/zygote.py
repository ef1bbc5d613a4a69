"""A process in which everything is imported and used once, and which forks services from itself.

A start costs a few milliseconds instead of two seconds, and is still a start: a process of its own
with connections and memory of its own, which ``kill -9`` ends as it ends any other.

Orders come as lines of JSON, each is answered by a line of JSON:

| order | answer |
| --- | --- |
| ``["warm", [variables, folder]]`` | ``null``, after whole cycles and commands in this process |
| ``["start", {...}]`` | the process's number; the order is an ``Order`` of ``served`` |
| ``["wait", [number, seconds]]`` | ``["ended", code]``, ``["stopped", signal]``, ``["runs", 0]`` |

It ends with its standard input, and takes every process along that still runs.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.system.stories import served

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0  # seconds


class Zygote:
    """The other end of the line: starts services and waits for them."""

    def __init__(self, log: Path) -> None:
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.system.stories.zygote"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                cwd=ROOT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self, variables: Mapping[str, str], folder: Path) -> None:
        """Have it use everything once, on systems and in a folder nobody needs afterwards."""
        self._ask("warm", [dict(variables), str(folder)])

    def start(self, order: served.Order) -> int:
        """Start a service or a command; return its process number."""
        return int(self._ask("start", order.document()))

    def wait(self, number: int, seconds: float = PATIENCE) -> tuple[str, int]:
        """Return how a process ended or that it was stopped; ``("runs", 0)`` after ``seconds``."""
        how, code = self._ask("wait", [number, seconds])
        return str(how), int(code)

    def close(self) -> None:
        """End it, and with it whatever it started."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, what: str, given: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, given]).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that starts services ended; see its log")
        return json.loads(line)


class _Nursery:
    """What the zygote itself does."""

    def __init__(self) -> None:
        self._running: set[int] = set()

    def warm(self, given: list[Any]) -> None:
        served.warm(*given)
        if threading.active_count() > 1:
            raise RuntimeError("a fork would copy the locks of threads that are not there")
        gc.freeze()  # pages that are never touched stay shared

    def start(self, order: dict[str, Any]) -> int:
        number = os.fork()
        if number == 0:
            served.become(served.Order(**order))
        self._running.add(number)
        return number

    def wait(self, given: list[Any]) -> tuple[str, int]:
        number, seconds = int(given[0]), float(given[1])
        if number not in self._running:
            return "ended", 0
        until = time.monotonic() + seconds
        while True:
            found, status = os.waitpid(number, os.WNOHANG | os.WUNTRACED)
            if found and os.WIFSTOPPED(status):
                return "stopped", os.WSTOPSIG(status)
            if found:
                self._running.discard(number)
                return "ended", os.waitstatus_to_exitcode(status)
            if time.monotonic() > until:
                return "runs", 0
            time.sleep(0.005)

    def close(self) -> None:
        for number in self._running:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)


def main() -> None:
    """Carry out orders until there are no more."""
    nursery = _Nursery()
    try:
        for line in sys.stdin:
            what, given = json.loads(line)
            sys.stdout.write(json.dumps(getattr(nursery, what)(given)) + "\n")
            sys.stdout.flush()
    finally:
        nursery.close()


if __name__ == "__main__":
    main()

"""How fast a disconnection reaches somebody: ``python -m tests.bench.disconnections [TICKETS]``.

Emulators and service are processes of their own; the service is ``ubm-sync run`` with its shipped
pace (a look every 15 seconds) unless ``--poll`` says otherwise. Tickets come in at random moments.
Measured is the time from a ticket's creation until owner, priority, note and task are all there,
as somebody would see them who looks four times a second: first while nothing else happens, then
while 10,000 new rows are taken in, then while somebody edits 10,000 tickets. A report, not a test.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.bench.rows import TITLES, rows
from tests.bench.world import MANAGER, ROOT, World

ROWS = 10_000
SEED = 5
LOOK = 0.25  # seconds between two looks of the one who measures
PATIENCE = 180.0  # seconds until a ticket counts as not routed
NOTICE = "ComEd disconnect notice for acct 44{:08}, shutoff is scheduled for 12/28/2026."


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.disconnections")
    parser.add_argument("tickets", nargs="?", type=int, default=60)
    parser.add_argument("--poll", type=float, default=15.0, help="seconds between two looks")
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder, World(Path(folder)) as world:
        sheets = world.prepare(1)
        _pace(world.folder, options.poll)
        bench = _Bench(world, options.tickets, options.poll)
        with _service(world.folder):
            bench.show("nothing else to do", lambda: None)
            today = datetime.now(UTC).date()
            bench.show(
                f"while {options.rows:,} new rows are taken in",
                lambda: world.smartsheet.act(
                    do="load_rows",
                    sheet=sheets[0],
                    columns=list(TITLES),
                    rows=list(rows(0, options.rows, today)),
                ),
            )
            time.sleep(30)
            bench.show(
                "while somebody edits all their tickets",
                lambda: world.hubspot.act(
                    do="bulk_edit",
                    who=MANAGER,
                    where={"ubm_customer_key": "customer0"},
                    properties={"hs_ticket_priority": "LOW"},
                ),
            )


class _Bench:
    """Lets tickets come in and waits until somebody has them."""

    def __init__(self, world: World, tickets: int, poll: float) -> None:
        self._world = world
        self._tickets = tickets
        self._poll = poll
        self._chance = random.Random(SEED)  # noqa: S311 - a bench, not a secret
        self._number = 0
        found = world.hubspot.act(do="find_tickets", pipeline="Onboarding")
        self._company = found[0]["companies"][0] if found and found[0]["companies"] else None

    def show(self, what: str, begin: Callable[[], Any]) -> None:
        """Print how long tickets took while something else went on."""
        begin()
        seconds = sorted(self._measure())
        missed = self._tickets - len(seconds)
        told = ", ".join(f"{name} {_at(seconds, share):.1f} s" for name, share in
                         (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)))  # fmt: skip
        _say(
            f"{what}: {len(seconds)} tickets, a look every {self._poll:g} s: {told}, longest "
            f"{seconds[-1] if seconds else 0:.1f} s; not routed: {missed}"
        )

    def _measure(self) -> Iterator[float]:
        """Yield for each ticket how many seconds it took until all was there."""
        gap = max(1.0, 2 * self._poll / self._tickets * 1.5)
        waiting: dict[str, float] = {}
        left, next_at = self._tickets, time.monotonic()
        while left or waiting:
            now = time.monotonic()
            if left and now >= next_at:
                waiting[self._arrive()] = time.monotonic()
                left, next_at = left - 1, now + self._chance.uniform(0, 2 * gap)
            for ref, since in list(waiting.items()):
                if self._is_there(ref):
                    yield time.monotonic() - since
                    del waiting[ref]
                elif time.monotonic() - since > PATIENCE:
                    del waiting[ref]
            time.sleep(LOOK)

    def _arrive(self) -> str:
        self._number += 1
        ticket = self._world.hubspot.act(
            do="create_ticket",
            properties={"subject": "DISCONNECT NOTICE", "content": NOTICE.format(self._number)},
            pipeline="Support",
            stage="New",
        )
        return str(ticket["id"])

    def _is_there(self, ref: str) -> bool:
        page = self._world.hubspot.act(do="see_ticket", id=ref)
        urgent = page["properties"].get("hs_ticket_priority") == "URGENT"
        return bool(page["owner"] and urgent and page["notes"] and page["tasks"])


def _at(seconds: list[float], share: float) -> float:
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else 0.0


def _pace(folder: Path, poll: float) -> None:
    """Set how often the desk is looked at, and somebody on call for tickets of nobody."""
    yaml = YAML()
    path = folder / "config" / "disconnections.yaml"
    settings = yaml.load(path)
    settings["poll_every"] = poll
    yaml.dump(settings, path)
    path = folder / "config" / "coverage.yaml"
    settings = yaml.load(path)
    settings["on_call"] = {"order": [MANAGER]}
    yaml.dump(settings, path)


@contextmanager
def _service(folder: Path) -> Iterator[None]:
    """Run the service as it runs, until the block ends."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "run.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ubm_sync", "run"], cwd=folder, env=environment, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

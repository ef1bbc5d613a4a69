"""``python -m tests.bench [RECORDS ...]``: how many calls, how fast, how much memory.

Without numbers: 1,000, 10,000 and 100,000 records. A report, not a test: it always exits 0.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.run import Bench, Phase, Run
from tests.bench.world import World

SIZES = (1_000, 10_000, 100_000)
HEADER = """\
Two emulators run as processes of their own and the service as a third, on {cores} cores, Python
{python}, loopback, no rate limits, search without lag, SQLite files for state and store. Rows have
20 filled cells in a sheet of 27 columns, at most 20,000 in a sheet (which is more cells than the
vendor's 500,000; that limit is off).

  calls      requests that reached the emulators
  least      ceil(rows/500) reads and as many writes for each sheet, and ceil(N/100) ticket upserts;
             for "nothing changed": one list of sheets and one search
  wall, cpu  of the service's process, cpu without keeping the answers for the floor; emu is the
             processor time of both emulators meanwhile, in part while the service plans the next
             records, else it waits for them
  records/s  by wall
  peak       highest memory of the service's process so far, interpreter and libraries included
  floor      every answer of the first sync decoded by orjson, each record in it hashed (SHA-256)
             and upserted into SQLite in write-ahead mode: no HTTP, no merging, nothing sent.
             Measured in the same run on the same bytes.

Before edits and quiet cycles the vendors' clocks go on by 15 minutes. The first change in a sheet
after many writes of our own reads that sheet in whole: "one edit on each side" shows what it costs.
"""
LINE = "{:<28}{:>7}{:>8}{:>8}{:>7}{:>9}{:>9}{:>8}{:>10}{:>9}"
TITLES = (
    "", "cycles", "calls", "least", "ratio", "wall s", "cpu s", "emu s", "records/s", "peak MB",
)  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("records", nargs="*", type=int, default=SIZES)
    parser.add_argument(
        "--seconds", type=float, default=290, help="phases that end later are left out"
    )
    parser.add_argument("--calls", action="store_true", help="also print the calls by route")
    options = parser.parse_args()
    _print(HEADER.format(cores=os.cpu_count(), python=platform.python_version()))
    started = time.monotonic()
    for records in options.records:
        with tempfile.TemporaryDirectory(prefix="bench") as folder, World(Path(folder)) as world:
            try:
                run = Bench(world, records, _progress, started + options.seconds).go()
            except Exception as error:  # noqa: BLE001 - a report about the rest is still wanted
                _print(f"{records:,} records: not measured ({type(error).__name__}: {error})")
                continue
        _show(run, by_route=options.calls)
    _print(f"Took {time.monotonic() - started:.0f} s.")


def _show(run: Run, *, by_route: bool) -> None:
    sheets = "1 sheet" if run.sheets == 1 else f"{run.sheets} sheets"
    _print(f"\n{run.records:,} records in {sheets}\n" + LINE.format(*TITLES))
    for phase in run.phases:
        _print(_line(phase))
        for text in phase.problems:
            _print(f"    ! {text}")
        if by_route:
            for route, number in sorted(phase.calls.items()):
                _print(f"    {number:>6} {route}")
    if run.skipped:
        _print(f"left out to end in time: {run.skipped}")
    first, floor = run.phases[0], run.floor
    rate = floor["records"] / floor["wall"]
    _print(
        f"floor: {floor['bytes'] / 1e6:,.0f} MB and {floor['records']:,.0f} records as answered in "
        f"{floor['wall']:.2f} s ({rate:,.0f} records/s); the first sync took "
        f"{first.cpu / floor['cpu']:.1f} x its processor time, {first.wall / floor['wall']:.1f} x "
        "its wall time"
    )


def _line(phase: Phase) -> str:
    calls = phase.calls.total()
    speed = f"{phase.changes / phase.wall:,.0f}" if phase.changes and phase.wall else "-"
    return LINE.format(
        phase.name,
        phase.cycles,
        f"{calls:,}",
        f"{phase.bound:,}" if phase.bound else "-",
        f"{calls / phase.bound:.2f}" if phase.bound else "-",
        f"{phase.wall:.3f}",
        f"{phase.cpu:.3f}",
        f"{phase.emulators:.2f}",
        speed,
        f"{phase.peak:,.0f}",
    )


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def _print(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

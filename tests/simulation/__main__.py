"""``python -m tests.simulation``: plays many seeds, or one and tells its story.

Says how many seeds a second it plays, which are red, what struck how often, and one hash over
everything that happened: the same seeds give the same hash.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.simulation import archive, mutated
from tests.simulation.drawing import draw
from tests.simulation.driver import Tally, quiet, replay, spread
from tests.simulation.shrink import shrink
from tests.simulation.story import Result

MOST_SHRUNK = 5  # red stories that are shortened; the others are listed


def main() -> int:
    """Return the exit code: 1 where a promise was broken."""
    asked = _arguments()
    quiet()
    if asked.mutations:
        return mutated.report(say, asked.search, asked.only)
    if asked.story is not None:
        return _tell(replay(archive.load(asked.story)))
    if asked.seed is not None:
        return _one(asked.seed, keep=asked.keep)
    started, tally = time.monotonic(), Tally()
    for part in spread(range(asked.first, asked.first + asked.seeds), asked.workers):
        tally.add(part)
        done, seconds = len(tally.traces), time.monotonic() - started
        for result in part.red:
            say(f"red: seed {result.story.seed}: {result.complaints[0]}")
        say(f"{done} seeds, {done / seconds:.1f} a second, {len(tally.red)} red", "\r")
    say("")
    _report(tally)
    for result in tally.red[:MOST_SHRUNK]:
        _keep(shrink(result), keep=asked.keep)
    return 1 if tally.red else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only; tells its story")
    parser.add_argument("--story", type=Path, help="a stored story; tells it")
    parser.add_argument("--mutations", action="store_true", help="put bugs in, one by one")
    parser.add_argument("--search", type=int, default=0, help="look for catching seeds below")
    parser.add_argument("--only", default="", help="bugs whose name holds this")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--keep", type=Path, default=archive.FOLDER, help="where red ones go")
    return parser.parse_args()


def _one(seed: int, *, keep: Path) -> int:
    result = replay(draw(seed))
    code = _tell(result)
    if code:
        _keep(shrink(result), keep=keep)
    return code


def _tell(result: Result) -> int:
    say("\n".join(result.told))
    say(f"trace {result.trace}")
    return 1 if result.complaints else 0


def _keep(result: Result, *, keep: Path) -> None:
    path = archive.save(result.story, result.told, result.complaints, keep)
    say(f"\nseed {result.story.seed}, shortened to {len(result.story.steps)} steps, in {path}:")
    say("\n".join(result.told))


def _report(tally: Tally) -> None:
    groups: dict[str, Counter[str]] = {}
    for name, count in tally.counts.items():
        group, _, what = name.partition(": ")
        groups.setdefault(group, Counter())[what] = count
    for group, counts in sorted(groups.items()):
        told = ", ".join(f"{what} {count}" for what, count in counts.most_common())
        say(f"{group}: {told}")
    say(f"trace of all: {tally.trace}")


def say(text: str, end: str = "\n") -> None:
    """Write to the terminal."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

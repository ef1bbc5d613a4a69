"""``python -m tests.simulation.planner``: plays many cases against the pure core, or tells one.

Says how many cases a core plays in a minute, how often each law was really asked, what went wrong
how often, and one hash over everything: the same seed gives the same hash.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.planner import laws
from tests.simulation.planner.drawing import draw
from tests.simulation.planner.driver import (
    CROWD,
    SORTS,
    VALUES,
    Tally,
    shortest,
    spread,
    told,
    wrong,
)
from tests.simulation.planner.seeded import MUTATIONS, Caught, look, note, noted, search

MOST_TOLD = 5  # red cases that are shortened and told; the others are listed


def main() -> int:
    """Return the exit code: 1 where a law was broken or never asked."""
    asked = _arguments()
    if asked.mutations:
        return _mutations(asked.search)
    if asked.case is not None:
        return _one(asked.case, asked.seed)
    tally = Tally()
    for part in spread(asked.first, asked.cases, asked.seed, asked.workers):
        tally.add(part)
        say(f"{tally.cases:,} cases, {tally.pace:,} a core-minute, {len(tally.red)} red", "\r")
    say("")
    return _report(tally, asked.seed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation.planner",
        description=__doc__,
        epilog="example: python -m tests.simulation.planner --cases 200000 --workers 2",
    )
    parser.add_argument("--cases", type=int, default=20_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, default=0, help="draws other cases under each number")
    parser.add_argument("--case", type=int, help="this one only; tells its story")
    parser.add_argument("--mutations", action="store_true", help="put bugs in, one by one")
    parser.add_argument("--search", type=int, default=0, help="look for cases below; note them")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    return parser.parse_args()


def _one(number: int, seed: int) -> int:
    law, text = wrong(number, seed)
    if number % SORTS not in {CROWD, VALUES}:
        say("\n".join(told(draw(number, seed))))
    say(f"{law}: {text}" if law else "every law holds")
    if not law:
        return 0
    say("\nshortened:")
    say("\n".join(shortest(number, seed)))
    return 1


def _mutations(most: int) -> int:
    """Say which case and law catches each seeded bug; 1 where one is not caught."""
    found: dict[str, Caught] = {}
    missed = 0
    known = noted()
    say("| bug | what it does | case | law that complained |\n| --- | --- | --- | --- |")
    for one in MUTATIONS:
        caught = look(one, known[one.name].case) if one.name in known else None
        if caught is None and most:
            caught = search(one, most)
        missed += caught is None
        if caught is not None:
            found[one.name] = caught
        where = "- | not caught" if caught is None else f"{caught.case} | {caught.law}"
        say(f"| {one.name} | {one.breaks} | {where} |")
    if most:
        note(found)
    return 1 if missed else 0


def _report(tally: Tally, seed: int) -> int:
    plans = tally.plans / tally.cases
    say(f"{tally.seconds:.0f} core-seconds, {plans:.1f} plans a case, {len(tally.red)} red")
    say("laws, and how often each was asked:")
    never = 0
    for law in laws.ALL:
        count = tally.laws.get(law.__name__, 0)
        never += not count
        say(f"  {count:>12,}  {law.__name__}")
    told_faults = sorted(tally.faults.items(), key=lambda one: -one[1])
    say("steps and faults: " + ", ".join(f"{name} {count:,}" for name, count in told_faults))
    say(f"trace of all: {tally.trace}")
    for number, (name, text) in sorted(tally.red.items()):
        say(f"red: case {number}: {name}: {text}")
    for number in sorted(tally.red)[:MOST_TOLD]:
        say("\n" + "\n".join(shortest(number, seed)))
    if never:
        say(f"{never} laws were never asked: play more cases")
    return 1 if tally.red or never else 0


def say(text: str, end: str = "\n") -> None:
    """Write to the terminal."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Play stories by their seed: ``python -m tests.system.stories --seed S --database sqlite``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.databases import KINDS, postgres_server
from tests.system.stories.house import House
from tests.system.stories.plans import plan
from tests.system.stories.story import Story


def main() -> int:
    """Play; tell the story of each that ends badly, or of the only one."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.stories", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1, help="how many seeds from there")
    parser.add_argument("--database", choices=KINDS, default=KINDS[0])
    given = parser.parse_args()
    red, faults, ends = 0, Counter[str](), Counter[str]()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as postgres,
        House(Path(folder), postgres) as house,
    ):
        begun = time.monotonic()
        for seed in range(given.seed, given.seed + given.count):
            story = Story(house, given.database, plan(seed))
            complaints = story.play()
            faults.update(story.faults)
            ends.update(end.how.value for end in (*story.plan.ends, *story.plan.errand_ends))
            red += bool(complaints)
            if complaints or given.count == 1:
                sys.stdout.write("\n".join([*story.told, "", *complaints, ""]))
        took = time.monotonic() - begun
    sys.stdout.write(f"{given.count} stories, {red} red, {given.count / took:.2f} a second\n")
    sys.stdout.write(f"faults: {dict(faults)}\nends: {dict(ends)}\n")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())

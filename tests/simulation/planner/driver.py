"""Many cases: played in one process or several, counted, and the red ones told."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from zlib import crc32

from tests.simulation.planner.case import Case
from tests.simulation.planner.crowd import CrowdPlay, draw_crowd
from tests.simulation.planner.crowd_laws import OF_CROWDS
from tests.simulation.planner.drawing import draw
from tests.simulation.planner.playing import Broken, Play
from tests.simulation.planner.shrinking import shrink
from tests.simulation.planner.values import OF_VALUES, draw_values

BATCH = 5_000
SORTS, CROWD, VALUES = 20, 7, 13  # of so many numbers one is a crowd, one some values
OTHER = "raises"  # the law that a case breaks which ends with another error


@dataclass(slots=True)
class Tally:
    """What came of some cases."""

    cases: int = 0
    seconds: float = 0.0  # of a core
    plans: int = 0
    laws: dict[str, int] = field(default_factory=dict)  # law -> how often it was really asked
    faults: dict[str, int] = field(default_factory=dict)
    red: dict[int, tuple[str, str]] = field(default_factory=dict)  # case -> law, what is wrong
    traces: dict[int, str] = field(default_factory=dict)  # first case of a batch -> its trace

    def add(self, other: Tally) -> None:
        """Take in what came of other cases."""
        self.cases += other.cases
        self.seconds += other.seconds
        self.plans += other.plans
        for mine, more in ((self.laws, other.laws), (self.faults, other.faults)):
            for name, count in more.items():
                mine[name] = mine.get(name, 0) + count
        self.red |= other.red
        self.traces |= other.traces

    @property
    def trace(self) -> str:
        """One hash over everything that was written and known, whatever the order of batches."""
        text = "\n".join(f"{first} {trace}" for first, trace in sorted(self.traces.items()))
        return sha256(text.encode()).hexdigest()[:16]

    @property
    def pace(self) -> int:
        """Cases a core plays in a minute."""
        return int(self.cases / self.seconds * 60) if self.seconds else 0


def play(first: int, count: int, seed: int = 0) -> Tally:
    """Play so many cases in this process."""
    tally = Tally(cases=count)
    started = time.process_time()
    traces = []
    gc.disable()  # cases leave no cycles behind, and it would look through all there is
    try:
        for number in range(first, first + count):
            try:
                traces.append(_play(number, seed, tally))
            except Broken as broken:
                tally.red[number] = (broken.law, broken.text)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this case's
                tally.red[number] = (OTHER, repr(error))
    finally:
        gc.enable()
    tally.seconds = time.process_time() - started
    tally.traces[first] = sha256(repr(traces).encode()).hexdigest()[:16]
    return tally


def _play(number: int, seed: int, tally: Tally) -> int:
    """Play one case, whatever sort it is; return its trace. Raises Broken."""
    sort = number % SORTS
    if sort == CROWD:
        crowd = CrowdPlay(draw_crowd(number, seed))
        crowd.run()
        ask(OF_CROWDS, crowd, tally.laws)
        return crc32(repr(crowd.facts).encode())
    if sort == VALUES:
        values = draw_values(number, seed)
        ask(OF_VALUES, values, tally.laws)
        return crc32(repr(values).encode())
    case = draw(number, seed)
    _count(case, tally.faults)
    one = Play(case, tally.laws)
    try:
        one.run()
        return one.trace
    finally:
        tally.plans += one.service.plans
        one.leave()


def ask(some: Iterable[Callable[..., str | bool]], about: object, counts: dict[str, int]) -> None:
    """Ask laws; raises Broken."""
    for law in some:
        verdict = law(about)
        if verdict is True:
            counts[law.__name__] = counts.get(law.__name__, 0) + 1
        elif verdict is not False:
            raise Broken(law.__name__, verdict)


def _count(case: Case, faults: dict[str, int]) -> None:
    for step in case.steps:
        if step[0] == "cycle":
            for _, fault in step[1]:
                faults[fault[0]] = faults.get(fault[0], 0) + 1
            if step[2]:
                faults["unread"] = faults.get("unread", 0) + 1
        else:
            faults[step[0]] = faults.get(step[0], 0) + 1


def spread(first: int, count: int, seed: int, workers: int) -> Iterator[Tally]:
    """Play cases in several processes; yield what came of each batch."""
    starts = range(first, first + count, BATCH)
    sizes = [min(BATCH, first + count - start) for start in starts]
    seeds = [seed] * len(sizes)
    if workers == 1:
        yield from map(play, starts, sizes, seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play, starts, sizes, seeds)


def wrong(number: int, seed: int = 0) -> tuple[str, str]:
    """Return the law that a case breaks, and how; "" and "" for none."""
    red = play(number, 1, seed).red.get(number)
    return ("", "") if red is None else red


def broken(case: Case) -> str:
    """Return the law a case breaks, "" for none."""
    try:
        Play(case, {}).run()
    except Broken as found:
        return found.law
    except Exception:  # noqa: BLE001 - as above
        return OTHER
    return ""


def told(case: Case) -> list[str]:
    """Play a case once more and return what happens in it, line by line."""
    story: list[str] = []
    one = Play(case, {}, story)
    try:
        one.run()
    except Broken as found:
        story.append(f"BROKEN {found}")
    except Exception as error:  # noqa: BLE001 - as above
        story.append(f"BROKEN {OTHER}: {error!r}")
    return [*_setting(one), *story, *_end(one)]


def shortest(number: int, seed: int = 0) -> list[str]:
    """Return the story of the smallest case that breaks what a red one breaks."""
    if number % SORTS == CROWD:
        crowd = CrowdPlay(draw_crowd(number, seed))
        crowd.run()
        return [repr(crowd.crowd), *map(repr, crowd.facts), *map(repr, crowd.written)]
    if number % SORTS == VALUES:
        return [repr(draw_values(number, seed))]
    return told(shrink(draw(number, seed), broken))


def _setting(play: Play) -> list[str]:
    case, house = play.case, play.house
    late = set(house.names) - house.asked
    lines = [
        f"case {case.number}, mapping {house.number}: {', '.join(house.names)}"
        + (f"; once accepted: {', '.join(sorted(late))}" if late else "")
        + (f"; spelled anew in {', '.join(sorted(house.rewrites))}" if house.rewrites else "")
    ]
    for name, rule in house.shared.items():
        who = " ".join(sorted(rule.writers))
        later = " ".join(sorted(rule.writers_once_accepted))
        unwritable = [one for one in rule.places if name not in house.place(one).writable]
        unread = [one for one in rule.places if name in house.place(one).write_only]
        lines.append(
            f"  {name} ({house.types[name]}) in {' '.join(rule.places)}; typed in {who}"
            + (f", once accepted in {later or 'none'}" if later != who else "")
            + f"; {rule.policy}{f' {rule.owner}' if rule.owner else ''}"
            + (f"; not written in {' '.join(unwritable)}" if unwritable else "")
            + (f"; not read in {' '.join(unread)}" if unread else "")
        )
    known = "known" if case.start.known else "new"
    known += ", accepted" if case.start.accepted else ""
    lines.append(f"  at first ({known}): {case.start.there}, agreed {case.start.base}")
    return lines


def _end(play: Play) -> list[str]:
    service = play.service
    lines = [
        f"{place} {spot.gone or 'shows'} {spot.values}" for place, spot in play.world.spots.items()
    ]
    lines.append(f"agreed {service.base}; remembered {service.memory}")
    lines.append(f"kept {service.kept.items}; in conflict {service.conflicts}")
    return lines

"""The processes of one story: how they start, how each comes to its end, and what follows it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.system.stories import served
from tests.system.stories.exchange import Moment, Pass, When
from tests.system.stories.house import FIRST, Databases, House

NOTHING: Mapping[str, str] = {}
FAR = 40  # requests after which an end that waits for a write comes anyway
Command = tuple[str, ...]


class How(StrEnum):
    """How a process comes to its end, or to a stop."""

    UNHEARD = "killed, its request never arrived"
    LATE = "killed, its request took effect"
    UNANSWERED = "killed before the answer"
    STATEMENT = "killed before a statement"
    COMMIT = "killed before a commit"
    COMMITTED = "killed after a commit"
    FROZEN = "stopped beyond its lease, its request arrives afterwards"
    FROZEN_UNANSWERED = "stopped beyond its lease before the answer"
    FROZEN_COMMITTED = "stopped beyond its lease after a commit"


FUSES = {
    How.STATEMENT: ("statement", signal.SIGKILL),
    How.COMMIT: ("commit", signal.SIGKILL),
    How.COMMITTED: ("committed", signal.SIGKILL),
    How.FROZEN_COMMITTED: ("committed", signal.SIGSTOP),
}
KILLS = (How.UNHEARD, How.LATE, How.UNANSWERED, How.STATEMENT, How.COMMIT, How.COMMITTED)
BY_REQUEST = (How.UNHEARD, How.LATE, How.UNANSWERED)
BY_STATEMENT = (How.STATEMENT, How.COMMIT, How.COMMITTED)
FREEZES = (How.FROZEN, How.FROZEN_UNANSWERED, How.FROZEN_COMMITTED)


@dataclass(frozen=True, slots=True)
class End:
    """The end of one life: at its n-th request (or write), or its n-th statement or commit."""

    how: How
    at: int
    of_writes: bool = False

    def __str__(self) -> str:
        counted = " (of its writes)" if self.of_writes else ""
        return f"{self.how}, at {self.at}{counted}"


def some_end(chance: random.Random, hows: Iterable[How], most: int = 25) -> End:
    """Draw an end; ``most`` limits the number of the request."""
    how = chance.choice(list(hows))
    if how in FUSES:
        return End(how, chance.randrange(1, 250 if how is How.STATEMENT else 40))
    if chance.random() < 0.6:
        return End(how, chance.randrange(1, 6), of_writes=True)
    return End(how, chance.randrange(1, most))


class Lives:
    """Starts processes and ends the lives of the first instance as planned."""

    def __init__(
        self, house: House, name: str, ends: Iterable[End], say: Callable[[str], None]
    ) -> None:
        self.running: dict[str, int] = {}
        self.since_start = 0  # requests of the first instance in its present life
        self.end: End | None = None
        self._house = house
        self._ends = deque(ends)
        self._say = say
        self._writes = 0
        self._held = False
        self.log = house.folder / f"{name}.log"

    @property
    def over(self) -> bool:
        """Whether the first instance lives on undisturbed."""
        return not self._ends and self.end is None

    def start(
        self,
        caller: str,
        databases: Databases,
        commands: tuple[Command, ...] = (),
        *,
        ahead: float = 0.0,
        output: str = "",
        variables: Mapping[str, str] = NOTHING,
    ) -> None:
        """Start the service, or commands, as one of the instances."""
        fuse, fate = None, ""
        if caller == FIRST:
            self.next_end()
            fate = f", to be {self.end}" if self.end is not None else ""
            if self.end is not None and self.end.how in FUSES:
                what, which = FUSES[self.end.how]
                fuse = (what, self.end.at, int(which))
        order = served.Order(
            folder=str(self._house.folder),
            variables={**self._house.variables(caller, databases), **variables},
            log=str(self.log),
            commands=commands,
            ahead=ahead,
            signal_at=fuse,
            output=output,
        )
        self._say(f"== {caller} starts{''.join(f' {one[0]}' for one in commands)}{fate}")
        self.running[caller] = self._house.zygote.start(order)

    @property
    def holds_a_write(self) -> bool:
        """Whether a write of the frozen first instance is on its way and arrives afterwards."""
        return self._held

    def next_end(self) -> None:
        """Go over to the next planned end."""
        self.end = self._ends.popleft() if self._ends else None
        self.since_start = self._writes = 0

    def plan(self, ends: Iterable[End]) -> None:
        """Plan these ends from now on."""
        self._ends = deque(ends)

    def look(self, caller: str, seconds: float) -> tuple[str, int]:
        """Return how an instance is; wait for news at most so many seconds."""
        how, code = self._house.zygote.wait(self.running[caller], seconds)
        if how == "ended":
            del self.running[caller]
        return how, code

    def insist(
        self,
        databases: Databases,
        commands: tuple[Command, ...],
        variables: Mapping[str, str] = NOTHING,
    ) -> tuple[int, str]:
        """Run commands, again where they are killed; return the last one's code and all output.

        After the output of each stand U+001E and its code.
        """
        while True:
            output = Path(f"{self.log}.out")
            output.unlink(missing_ok=True)
            self.start(FIRST, databases, commands, output=str(output), variables=variables)
            how, code = self.look(FIRST, 120.0)
            if how == "ended" and code == -signal.SIGKILL:
                self._say(f"== {FIRST} is dead")
                continue
            return code if how == "ended" else 99, output.read_text(encoding="utf-8")

    def kill(self) -> None:
        """End the present life of the first instance now."""
        os.kill(self.running[FIRST], signal.SIGKILL)

    def nudge(self) -> None:
        """Let the frozen first instance go on for a moment."""
        os.kill(self.running[FIRST], signal.SIGCONT)
        time.sleep(0.01)
        os.kill(self.running[FIRST], signal.SIGSTOP)
        self.look(FIRST, 120.0)

    def wake(self) -> None:
        """Let the first instance go on."""
        self.next_end()
        os.kill(self.running[FIRST], signal.SIGCONT)

    def end_well(self) -> list[str]:
        """Ask every instance to stop; return what is wrong with how they did."""
        said = []
        for caller, number in list(self.running.items()):
            os.kill(number, signal.SIGTERM)
            how, code = self.look(caller, 120.0)
            early = caller == FIRST and code == -signal.SIGTERM and not self.since_start
            if (how, code) != ("ended", 0) and not early:
                said.append(f"{caller} was asked to stop: {how} {code}")
        return said

    def stop_all(self) -> None:
        """Leave nothing running."""
        for caller, number in list(self.running.items()):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            self.look(caller, 120.0)

    def last_words(self) -> list[str]:
        """Return the end of what the processes logged."""
        return self.log.read_text(encoding="utf-8").splitlines()[-15:]

    def pass_by(self, moment: Moment) -> Pass:
        """Let the first instance come to its end, where this is its moment."""
        end = self.end
        if moment.when is When.BEFORE:
            self.since_start += 1
            self._writes += moment.writes
        else:
            self._held = False
        if end is None or end.how in FUSES or not self._is_due(end, moment):
            return Pass.ON
        before = end.how in {How.UNHEARD, How.LATE, How.FROZEN}
        if before != (moment.when is When.BEFORE):
            return Pass.ON
        self._say(f"== at #{moment.number} {moment.line}: {end.how}")
        self.end = End(end.how, 10**9)  # once; it is over when the process is seen to be gone
        if end.how in FREEZES:
            self._held = end.how is How.FROZEN and moment.writes
            os.kill(self.running[FIRST], signal.SIGSTOP)
            return Pass.HELD
        os.kill(self.running[FIRST], signal.SIGKILL)
        return Pass.ON if end.how is How.LATE else Pass.DEAD

    def _is_due(self, end: End, moment: Moment) -> bool:
        if end.of_writes and self.since_start < FAR:
            return moment.writes and self._writes >= end.at
        return self.since_start >= end.at

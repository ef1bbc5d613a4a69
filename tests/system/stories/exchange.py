"""The line between the service and both systems: every request is counted, told, and a moment.

A story hangs on these moments instead of on the time of day: "before the 17th request has its
effect" and "after the effect of the 23rd, before its answer" come again in every replay.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from ubm_sync.emulation.emulator import CONTROL, Emulator
from ubm_sync.emulation.messages import Delivery, Request, Response

LOOK = re.compile(r"/batch/read$|/version$|^GET /2.0/sheets/\d+$")
READS = ("/search", "/batch/read")
HELD_AT_MOST = 600.0  # seconds; longer than any story
TOO_LATE = "x-too-late"  # header of an answer that comes after the service has given up waiting
ANSWERS = {200, 201, 207}  # anything else is no answer for the service: it may send again
NOTHING = Response(status=0, delivery=Delivery.NOTHING)
CYCLE = "GET /2.0/sheets"  # asked once at the beginning of each cycle's reading


class When(Enum):
    """On which side of the effect of a request."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Moment:
    """One request as it passes: its number, who sent it, what it asks."""

    number: int
    when: When
    caller: str
    line: str  # METHOD path

    failed: bool = False

    @property
    def writes(self) -> bool:
        """Whether the request wants to change something."""
        return is_write(self.line)

    @property
    def is_before_a_write(self) -> bool:
        """Whether the service has looked and may write next.

        What is typed in that fraction of a second is written over (decision 0011): neither vendor
        can compare and set. Nobody types then.
        """
        if self.when is When.BEFORE:
            return self.writes
        return not self.failed and LOOK.search(self.line) is not None


class Pass(Enum):
    """What becomes of a request, or of its answer."""

    ON = "it goes on"
    DEAD = "it goes no further"
    HELD = "it goes on when the story says so"


Watcher = Callable[[Moment], Pass]


def is_write(line: str) -> bool:
    """Return whether ``METHOD path`` changes something at the other side."""
    method, _, path = line.partition(" ")
    return method != "GET" and not path.endswith(READS)


@dataclass(slots=True)
class Exchange:
    """Counts the requests of all callers and tells each moment to ``watch``, one at a time."""

    tell: Callable[[str], None]
    watch: Watcher = lambda _moment: Pass.ON
    requests: int = 0
    cycles: int = 0
    idle: int = 0  # whole cycles since the last write
    broken: list[str] = field(default_factory=list)  # errors of the story itself
    released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def arrives(self, caller: str, request: Request) -> tuple[Moment, Pass]:
        """Count a request and say what becomes of it."""
        line = f"{request.method} {request.path}"
        with self._lock:
            self.requests += 1
            moment = Moment(self.requests, When.BEFORE, caller, line)
            if moment.writes:
                self.idle = -1  # the cycle in hand does not count
            elif line == CYCLE:
                self.cycles += 1
                self.idle += 1
            return moment, self.watch(moment)

    def answered(self, moment: Moment, response: Response) -> Pass:
        """Pass the moment after the effect; say what becomes of the answer."""
        with self._lock:
            lost = "" if response.delivery is Delivery.WHOLE else f" ({response.delivery.value})"
            lost = lost or (" (too late)" if TOO_LATE in response.headers else "")
            words = f"{moment.caller} {moment.line} -> {response.status}{lost}"
            self.tell(f"  #{moment.number} {words}")
            failed = lost or response.status not in ANSWERS
            return self.watch(replace(moment, when=When.AFTER, failed=bool(failed)))

    def begin_rest(self) -> None:
        """Count idle cycles from the next one that begins."""
        with self._lock:
            self.idle = -1

    def wait(self) -> None:
        """Hold a request until the story lets it go."""
        self.released.wait(HELD_AT_MOST)


class Tap:
    """One caller's line to an emulator; stands in for the emulator in its ``Server``."""

    def __init__(self, emulator: Emulator, caller: str, exchange: Callable[[], Exchange]) -> None:
        self.name = f"{emulator.name}-{caller}"
        self._emulator = emulator
        self._caller = caller
        self._exchange = exchange

    def handle(self, request: Request) -> Response:
        """Let a request through, or what a story leaves of it."""
        if request.path.startswith(CONTROL):
            return self._emulator.handle(request)
        exchange = self._exchange()
        try:
            return self._pass(request, exchange)
        except Exception as error:
            exchange.broken.append(f"the story breaks: {error!r}")
            raise  # the server closes the line, as at any error

    def _pass(self, request: Request, exchange: Exchange) -> Response:
        moment, fate = exchange.arrives(self._caller, request)
        if fate is Pass.HELD:
            exchange.wait()
        if fate is Pass.DEAD:
            return NOTHING
        response = self._emulator.handle(request)
        if response.stall or fate is Pass.HELD:
            response = _too_late(response)
        fate = exchange.answered(moment, response)
        if fate is Pass.HELD:
            exchange.wait()
            response = _too_late(response)
        return NOTHING if fate is Pass.DEAD else response


def _too_late(response: Response) -> Response:
    """Mark an answer as one that comes too late instead of sending it late."""
    return replace(response, stall=0.0, headers={**response.headers, TOO_LATE: "yes"})

"""The part every emulator has: the order of faults and effects, the call log, the control API.

The control API lies outside the vendor's paths, under ``/_control/``:

| request | does |
| --- | --- |
| ``GET  /_control/health`` | answers ``{"name": ..., "now": ...}`` |
| ``POST /_control/reset`` | forgets everything |
| ``POST /_control/clock {"advance": seconds}`` | moves the emulator's clock |
| ``POST /_control/switches {name: value}`` | sets unverified behaviours |
| ``POST /_control/faults {"seed": n, "rules": [{"fault": ..., "rate": ..., ...}]}`` | sets faults |
| ``GET  /_control/calls`` | answers counts per method and route, and the last calls |
| ``POST /_control/act {"who": ..., "do": ..., ...}`` | acts as a person (see the emulator) |
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ubm_sync.clock import Clock, ShiftedClock, VirtualClock
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Delivery, Request, Response, as_json

CONTROL = "/_control/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as logged."""

    at: str
    method: str
    path: str
    query: str
    status: int
    size: int


class Emulator(ABC):
    """Answers requests as a vendor would; subclasses hold the vendor's meaning.

    ``switches`` is a dataclass instance whose fields are the behaviours nobody has verified.
    """

    name = "emulator"

    def __init__(self, clock: Clock, switches: object, faults: Faults | None = None) -> None:
        if not is_dataclass(switches):
            raise TypeError("switches must be a dataclass instance")
        self.clock = clock
        self.switches: Any = switches
        self.faults = faults or Faults()
        self.calls: deque[Call] = deque(maxlen=50_000)
        self.counts: Counter[str] = Counter()
        self.lock = threading.RLock()
        self.last_call = time.monotonic()

    @abstractmethod
    def answer(self, request: Request, fault: Rule | None) -> Response:
        """Answer one request; ``fault`` is SHORT or PARTIAL where the answer itself is faulty."""

    @abstractmethod
    def failed(self, request: Request, fault: Fault) -> Response:
        """Return the vendor's own words for THROTTLE, ERROR, HTML or GARBLED."""

    @abstractmethod
    def act(self, order: dict[str, Any]) -> object:
        """Do what a person does in the vendor's own pages; returns what the person sees."""

    @abstractmethod
    def environment(self, url: str) -> dict[str, str]:
        """Return the variables of the contract that point a service at this emulator.

        ``url`` is scheme, host and port; the answer holds the address and a valid token.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    @property
    @abstractmethod
    def mark(self) -> object:
        """What is different after every change."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write everything into a file, in one step."""

    @abstractmethod
    def load(self, path: Path) -> None:
        """Start from a saved file; raises ValueError where it cannot be used."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Do what the emulated system does by itself while it is served."""
        yield

    def route(self, request: Request) -> str:
        """Return the name under which a request is counted; ids should be left out."""
        return request.path

    def handle(self, request: Request) -> Response:
        """Answer one request, faults included."""
        self.last_call = time.monotonic()
        if request.path.startswith(CONTROL):
            with self.lock:
                return self._control(request)
        rule = self.faults.draw(request.method, request.path)
        response = self._with_fault(request, rule)
        self.counts[f"{request.method} {self.route(request)}"] += 1
        self.calls.append(
            Call(
                self.clock.now().isoformat(),
                request.method,
                request.path,
                request.query,
                response.status,
                len(response.body),
            )
        )
        return response

    def _with_fault(self, request: Request, rule: Rule | None) -> Response:
        if rule is None:
            return self.answer(request, None)
        fault = rule.fault
        if fault in {Fault.THROTTLE, Fault.ERROR, Fault.HTML, Fault.GARBLED}:
            return self.failed(request, fault)
        if fault is Fault.RESET:
            return Response(status=0, delivery=Delivery.NOTHING)
        response = self.answer(request, rule if fault in {Fault.SHORT, Fault.PARTIAL} else None)
        if fault is Fault.DROP:
            return replace(response, delivery=Delivery.NOTHING)
        if fault is Fault.TRUNCATE:
            return replace(response, delivery=Delivery.CUT)
        if fault is Fault.STALL:
            return replace(response, stall=rule.seconds)
        if fault is Fault.ODD_SUCCESS:
            return replace(response, status=202, body=b"")
        return response

    def _control(self, request: Request) -> Response:
        order = request.json() or {}
        match request.path.removeprefix(CONTROL):
            case "health":
                return as_json({"name": self.name, "now": self.clock.now().isoformat()})
            case "reset":
                self.reset()
                self.calls.clear()
                self.counts.clear()
                return as_json({})
            case "clock":
                return self._move_clock(float(order["advance"]))
            case "switches":
                return self._set_switches(order)
            case "faults":
                rules = [Rule(**{**rule, "fault": Fault(rule["fault"])}) for rule in order["rules"]]
                self.faults = Faults(seed=int(order.get("seed", 0)), rules=rules)
                return as_json({"rules": len(rules)})
            case "calls":
                last = [asdict(call) for call in list(self.calls)[-200:]]
                return as_json({"counts": dict(self.counts), "last": last})
            case "act":
                try:
                    return as_json(self.act(order))
                except (KeyError, ValueError, TypeError) as error:
                    return as_json({"error": f"{type(error).__name__}: {error}"}, status=400)
            case unknown:
                return as_json({"error": f"no control route {unknown!r}"}, status=404)

    def _move_clock(self, seconds: float) -> Response:
        if not isinstance(self.clock, ShiftedClock | VirtualClock):
            return as_json({"error": "this clock cannot be moved"}, status=400)
        self.clock.advance(timedelta(seconds=seconds))
        return as_json({"now": self.clock.now().isoformat()})

    def _set_switches(self, order: dict[str, Any]) -> Response:
        unknown = [name for name in order if not hasattr(self.switches, name)]
        if unknown:
            return as_json({"error": f"no switch {', '.join(unknown)}"}, status=400)
        self.switches = replace(self.switches, **order)
        return as_json(asdict(self.switches))

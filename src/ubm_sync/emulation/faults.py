"""Faults by seed: what goes wrong between a client and a vendor, repeatable."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """The ways a request goes wrong."""

    THROTTLE = "throttle"  # 429, before any effect
    ERROR = "error"  # 5xx with the vendor's JSON body, before any effect
    HTML = "html"  # 502/503 with an HTML body, before any effect
    RESET = "reset"  # connection closed before any effect
    DROP = "drop"  # connection closed AFTER the effect: the answer is lost
    STALL = "stall"  # a slow answer
    TRUNCATE = "truncate"  # the body ends half-way
    SHORT = "short"  # a listing that leaves records out, with status 200
    PARTIAL = "partial"  # a batch of which a part fails for no reason of its own
    GARBLED = "garbled"  # an error body that is not UTF-8
    ODD_SUCCESS = "odd success"  # an unexpected 2xx


@dataclass(slots=True)
class Rule:
    """How often a fault strikes, and where.

    ``rate`` is a probability per request; ``path`` a regular expression on ``METHOD path``;
    ``times`` limits the strikes (None: for ever); ``seconds`` is for STALL.
    """

    fault: Fault
    rate: float = 1.0
    path: str = ""
    times: int | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Faults:
    """Draws the faults of one emulator from its seed."""

    seed: int = 0
    rules: list[Rule] = field(default_factory=list)
    struck: list[tuple[str, Fault]] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def draw(self, method: str, path: str) -> Rule | None:
        """Return the rule that strikes this request, if one does; at most one does."""
        line = f"{method} {path}"
        for rule in self.rules:
            if rule.times == 0 or (rule.path and not re.search(rule.path, line)):
                continue
            if rule.rate < 1.0 and self._random.random() >= rule.rate:
                continue
            if rule.times is not None:
                rule.times -= 1
            self.struck.append((line, rule.fault))
            return rule
        return None

    def choose(self, count: int, share: float = 0.5) -> frozenset[int]:
        """Return the positions of a batch of ``count`` that a PARTIAL or SHORT fault takes out."""
        taken = {index for index in range(count) if self._random.random() < share}
        return frozenset(taken or ({0} if count else set()))

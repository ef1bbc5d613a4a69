"""What a check of a row found, in the customer's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ubm_sync.locations.rules import LocationRules
from ubm_sync.model import Values

_SHOWN = 40


class Level(StrEnum):
    """What a finding means for the row."""

    ERROR = "error"  # the row is not sent on; the customer must fix it
    WARNING = "warning"  # it goes on; the manager sees it


class Finding(NamedTuple):
    """One thing wrong with one field: a sentence with the offending value and what to type."""

    field: str
    level: Level
    sentence: str


class Findings(NamedTuple):
    """Everything found in one row.

    ``missing`` are required fields that are empty, in the order of the columns; they are errors
    too, but are told in one sentence. ``fixes`` are fields corrected for the customer. ``passed``
    of ``total`` checked fields have no finding. ``recheck`` is the day from which a date that is
    too far ahead now is acceptable.
    """

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    missing: tuple[str, ...]
    fixes: Mapping[str, str]
    flagged: frozenset[str]
    total: int
    recheck: date | None = None

    @property
    def passed(self) -> int:
        """The number of checked fields without a finding."""
        return self.total - len(self.flagged)

    @property
    def valid(self) -> bool:
        """Whether the row can be sent on."""
        return not self.errors and not self.missing


class Checker:
    """Collects findings while the checks run; the checks read fields and say what is wrong."""

    __slots__ = (
        "errors", "fixes", "flagged", "marks", "missing", "recheck", "request", "rules", "titles",
        "today", "values", "warnings",
    )  # fmt: skip

    def __init__(
        self,
        values: Values,
        marks: Mapping[str, str],
        request: str,
        today: date,
        rules: LocationRules,
        titles: Mapping[str, str],
    ) -> None:
        self.values = values
        self.marks = marks
        self.request = request
        self.today = today
        self.rules = rules
        self.titles = titles
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []
        self.missing: list[str] = []
        self.fixes: dict[str, str] = {}
        self.flagged: set[str] = set()
        self.recheck: date | None = None

    def error(self, field: str, sentence: str) -> None:
        """Say what the customer must fix; ``{}`` stands for the column's title."""
        self.errors.append(Finding(field, Level.ERROR, self._titled(field, sentence)))
        self.flagged.add(field)

    def warn(self, field: str, sentence: str) -> None:
        """Say what the manager should look at; ``{}`` stands for the column's title."""
        self.warnings.append(Finding(field, Level.WARNING, self._titled(field, sentence)))
        self.flagged.add(field)

    def fix(self, field: str, value: str) -> None:
        """Correct a field for the customer."""
        if value != self.values.get(field):
            self.fixes[field] = value
            self.flagged.add(field)

    def findings(self, total: int) -> Findings:
        """Return what was found in ``total`` checked fields."""
        return Findings(
            tuple(self.errors),
            tuple(self.warnings),
            tuple(self.missing),
            self.fixes,
            frozenset(self.flagged),
            total,
            self.recheck,
        )

    def _titled(self, field: str, sentence: str) -> str:
        return sentence.replace("{}", self.titles.get(field, field), 1)


def sentence(text: str) -> str:
    """Return what a person wrote so that another sentence can follow it."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def shown(text: str, length: int = _SHOWN) -> str:
    """Return a typed value as a message quotes it: one line, no more than ``length`` characters."""
    if len(text) <= length and "\n" not in text and "  " not in text:
        return text
    if len(text) > 4 * length:
        text = text[: 4 * length]
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"

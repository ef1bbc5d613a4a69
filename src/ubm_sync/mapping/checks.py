"""What a field's own ``validation`` says of a value, in the customer's words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ubm_sync.mapping.expressions import Expression, Pattern
from ubm_sync.model import FieldType

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Validation:
    """What a value must be like; what is None is not asked for.

    ``shortest`` and ``longest`` are characters, ``at_least`` and ``at_most`` numbers, or days
    (YYYY-MM-DD) of a date. ``message`` takes the place of the sentence, with {} for the column's
    title.
    """

    type: FieldType
    pattern: Pattern | None = None
    shortest: int | None = None
    longest: int | None = None
    at_least: str | None = None
    at_most: str | None = None
    expression: Expression | None = None
    message: str = ""

    def complaint(self, value: str) -> str:
        """Return what to tell the customer, "" where the value is as it must be.

        ``{}`` in it stands for the column's title. Never raises: what an expression cannot work
        out is not as it must be.
        """
        why = self._why(value)
        if not why:
            return ""
        shown = " ".join(value.split())
        shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
        return self.message or f'{{}} "{shown}" {why}'

    def _why(self, value: str) -> str:
        size = len(value)
        if self.shortest is not None and size < self.shortest:
            return f"is too short. Please type at least {self.shortest} characters."
        if self.longest is not None and size > self.longest:
            return f"is too long. Please type at most {self.longest} characters."
        if self.at_least is not None and self._below(value, self.at_least):
            return f"is too low. The least is {self.at_least}."
        if self.at_most is not None and self._below(self.at_most, value):
            return f"is too high. The most is {self.at_most}."
        try:
            if self.pattern is not None and not self.pattern.fits(value):
                return "does not have the right form. Please check it."
            if self.expression is not None and not self.expression.holds(value):
                return "cannot be used. Please check it."
        except ValueError:
            return "cannot be used. Please check it."
        return ""

    def _below(self, a: str, b: str) -> bool:
        if self.type is not FieldType.NUMBER:
            return a < b
        try:
            return Decimal(a) < Decimal(b)
        except InvalidOperation:
            return True

"""How values are written in one place and read back: named steps, maps of values and of people.

A transform is a list of steps. Each step has a way in (from the place to us) and a way out; reading
goes through the list from the first to the last, writing the other way round. What cannot be read
stays as it was typed, with a mark; what cannot be written raises with a sentence. Nothing is ever
cut or guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from ubm_sync.mapping.expressions import expression
from ubm_sync.model import NOTHING, FieldType, Mark

_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_MOST_DIGITS = 300

Change = Callable[[str], str]


class Unmapped(StrEnum):
    """What becomes of a value that a value map does not know."""

    KEEP = "keep"  # it goes on as it is, and the check of the row says so
    DEFAULT = "default"  # it is read as the default
    RESTORE = "restore"  # it does not count: it is put back, kept, and told


@dataclass(frozen=True, slots=True)
class Step:
    """One step; two with the same name and argument are equal."""

    name: str
    argument: str
    inward: Change = field(compare=False, repr=False)
    outward: Change = field(compare=False, repr=False)


def _same(text: str) -> str:
    return text


def _spaces(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    return "".join(one for one in text if one in "0123456789")


def _from_us_date(text: str) -> str:
    found = _US_DATE.fullmatch(text.strip())
    if found is None:
        return date.fromisoformat(text.strip()).isoformat()
    month, day, year = (int(part) for part in found.groups())
    return date(year, month, day).isoformat()


def _to_us_date(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{value}" is not a date; write it as YYYY-MM-DD.') from None
    return f"{day:%m/%d/%Y}"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f'"{text}" is not a number.') from None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(f'"{text}" is not a number.')
    return number


def _plain(number: Decimal) -> str:
    shown = f"{number:f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown in {"-0", ""} else shown


def _scaled(factor: Decimal, *, up: bool) -> Change:
    def change(text: str) -> str:
        number = _number(text)
        return _plain(number * factor if up else number / factor)

    return change


def _padded(width: int) -> Change:
    def change(text: str) -> str:
        return text.rjust(width, "0") if text.isascii() and text.isdigit() else text

    return change


def _unpadded(text: str) -> str:
    return text.lstrip("0") or "0" if text.isascii() and text.isdigit() else text


#: Steps without an argument: (in, out). What only tidies up leaves the way out alone.
PLAIN: Mapping[str, tuple[Change, Change]] = {
    "trim": (str.strip, _same),
    "spaces": (_spaces, _same),
    "upper": (str.upper, _same),
    "lower": (str.lower, _same),
    "digits": (_digits, _same),
    "us_date": (_from_us_date, _to_us_date),
}
#: Steps with one: the argument is ``zero_pad: 4`` (a width) or ``divide: 100`` (a factor).
WITH_ARGUMENT = ("zero_pad", "divide", "replace")


def plain_step(name: str) -> Step:
    """Return a step without an argument; raises KeyError for an unknown one."""
    inward, outward = PLAIN[name]
    return Step(name, "", inward, outward)


def zero_pad(width: int) -> Step:
    """Return the step for numbers that stand there without their leading zeros."""
    return Step("zero_pad", str(width), _padded(width), _unpadded)


def divide(factor: str) -> Step:
    """Return the step for numbers that stand there ``factor`` times as large: cents for dollars."""
    by = Decimal(factor)
    return Step("divide", factor, _scaled(by, up=False), _scaled(by, up=True))


def replace(old: str, new: str) -> Step:
    """Return the step that writes ``new`` for each ``old`` of theirs, and ``old`` for ``new``."""
    return Step(
        "replace",
        f"{old}\0{new}",
        lambda text: text.replace(old, new),
        (lambda text: text.replace(new, old)) if new else _same,
    )


def expressions(read: str, write: str) -> Step:
    """Return the step of two expressions, "" for one that leaves the text alone."""
    inward = expression(read).text if read else _same
    outward = expression(write).text if write else _same
    return Step("expression", f"{read}\0{write}", inward, outward)


@dataclass(frozen=True, slots=True)
class Translator:
    """What one field's values are in one place (see ``model.Translation``).

    ``known`` are our values where the field has a list of them. ``people`` and ``persons`` are
    e-mails, ours to theirs (folded to lower case) and theirs to ours.
    """

    type: FieldType
    steps: tuple[Step, ...] = ()
    encode: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    decode: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    known: frozenset[str] = frozenset()
    unmapped: Unmapped = Unmapped.KEEP
    default: str = ""
    people: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    persons: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    def read(self, text: str) -> tuple[str, str]:
        """Return our value of what stands there, and what is odd about it."""
        if self.persons or self.people:
            return self.persons.get(text.strip().casefold(), text), ""
        value = text
        for step in self.steps:
            try:
                value = step.inward(value)
            except (ValueError, ArithmeticError):
                return text, Mark.UNTYPED
        value = self.decode.get(value, value)
        if self.known and value not in self.known:
            return self._unknown(value)
        return value, ""

    def write(self, value: str) -> str:
        """Return what is to stand there."""
        if self.persons or self.people:
            return self.people.get(value.strip().casefold(), value)
        text = self.encode.get(value, value)
        for step in reversed(self.steps):
            try:
                text = step.outward(text)
            except ArithmeticError as error:
                raise ValueError(f'"{value}" cannot be written there.') from error
        return text

    def _unknown(self, value: str) -> tuple[str, str]:
        folded = value.casefold()
        for one in self.known:
            if one.casefold() == folded or self.encode.get(one, "").casefold() == folded:
                return one, ""
        if self.unmapped is Unmapped.DEFAULT:
            return self.default, ""
        return value, Mark.UNMAPPED if self.unmapped is Unmapped.RESTORE else Mark.FOREIGN

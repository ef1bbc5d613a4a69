"""Whether a transform loses anything: tried on many values, told by one of them (promise 14).

Two laws. *Written and read back*, a value of ours is the same value: else the service would take
its own writing for an edit. *Read, written and read again*, a value of theirs means the same: else
a record would never come to rest. A transform that is only read, or only written, needs neither.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from ubm_sync.mapping.build import translation_of
from ubm_sync.mapping.equality import same
from ubm_sync.mapping.expressions import expression
from ubm_sync.mapping.language import FieldBlock, SpotBlock
from ubm_sync.mapping.transforms import Translator
from ubm_sync.model import FieldType, Mark

_RANDOM = 400
_TEXTS = (
    "Joliet", "joliet", "JOLIET", "New  York", "St. Louis", "O'Fallon", "Con Edison #2", "A", "a b",
    "0412", "412", "00", "0", "0045-220 17", "12/01/2026", "Zürich", "7", "x-1", "No. 5 & Sons",
    "1,000", "A1B2", "-5", "3.0", "true", "12-3456789", "ß",
)  # fmt: skip
_NUMBERS = (
    "0", "1", "-1", "0.5", "0.01", "12.34", "2400000", "2400001", "0.001", "99999999999", "7",
    "-0.25", "3", "10", "100", "1000000.5",
)  # fmt: skip
_DAYS = ("2026-01-02", "2026-12-31", "2024-02-29", "1999-11-30", "2026-10-01", "2030-07-04")
_ALPHABETS = ("0123456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz0123456789 -./#")


def counterexample(block: FieldBlock, spot: SpotBlock, *, writes: bool, reads: bool) -> str | None:
    """Return in plain words a value that the transform loses, None where none was found.

    The values are those of the field's type that pass its own validation, and its examples.
    """
    translation = translation_of(block, spot)
    if translation is None or not writes:
        return None
    values = list(_domain(block))
    for value in values:
        if text := _lost(block, translation, value, reads=reads):
            return text
    if reads:
        for there in (*_values(block.type), *values):
            if text := _restless(block, translation, there):
                return text
    return None


def unfit_example(block: FieldBlock, value: str) -> str:
    """Return why a value cannot be one of a field, "" where it can."""
    if why := fits_type(block.type, value):
        return why
    if block.choices and value not in block.choices:
        return "it is not among the `choices`"
    if block.type is FieldType.BOOLEAN and value not in {"true", "false"}:
        return "it is neither true nor false"
    if block.validation is None:
        return ""
    complaint = block.validation.validation(block.type).complaint(value)
    return complaint.replace("{}", block.label or "It", 1)


def fits_type(type_: FieldType, value: str) -> str:
    """Return why a text is no value of a type, "" where it is one."""
    if type_ is FieldType.DATE and not _is_day(value):
        return "it is not a day like 2026-12-24"
    if type_ is FieldType.NUMBER and not _is_number(value):
        return "it is not a number"
    return ""


def broken_expression(block: FieldBlock, source: str) -> str:
    """Return how an expression fails on the values of a field, "" where it holds for one.

    It may refuse values, but not all of them, and it must be able to judge each.
    """
    asked = expression(source)
    values = [*block.examples, *block.choices, *_values(block.type)]
    held = False
    for value in values:
        try:
            held = asked.holds(value) or held
        except ValueError as error:
            return f'{error} (of "{value}", for example)'
    if not held and not block.examples:
        return "no value was found of which this is true; correct it, or give `examples` that pass"
    return ""


def _lost(block: FieldBlock, translation: Translator, value: str, *, reads: bool) -> str:
    try:
        there = translation.write(value)
    except ValueError as error:
        return f'the value "{value}" cannot be written there: {error}'
    if not reads:
        return ""
    if not there.strip():
        return f'"{value}" would be written as nothing there, so it would be lost; {_MEND}'
    back, mark = translation.read(there)
    if mark != Mark.UNTYPED and same(block.type, back, value):
        return ""
    seen = f'read back as "{back}"' if mark != Mark.UNTYPED else "cannot be read back"
    return (
        f'"{value}" is written there as "{there}" and {seen}: the service would take its own '
        f"writing for an edit; {_MEND}"
    )


def _restless(block: FieldBlock, translation: Translator, there: str) -> str:
    value, mark = translation.read(there)
    if mark or not value.strip() or (block.validation and unfit_example(block, value)):
        return ""
    try:
        again = translation.write(value)
    except ValueError as error:
        return f'"{there}" there is "{value}" for us, which cannot be written back: {error}'
    after, mark = translation.read(again)
    if not mark and same(block.type, after, value):
        return ""
    return (
        f'"{there}" there is "{value}" for us, is written back as "{again}" and is "{after}" then: '
        f"the record would never come to rest; {_MEND}"
    )


_MEND = "give the transform a way back, limit the field's `validation`, or say `direction: in`"


def _domain(block: FieldBlock) -> Iterator[str]:
    for value in (*block.examples, *_values(block.type)):
        if not unfit_example(block, value):
            yield value


@lru_cache(maxsize=16)
def _values(type_: FieldType) -> tuple[str, ...]:
    """Return values of a type, the plain ones first; the same each time."""
    chance = random.Random(20260101)  # noqa: S311 - examples, not secrets
    if type_ is FieldType.NUMBER:
        more = (f"{chance.randint(-(10**9), 10**9)}" for _ in range(100))
        return (*_NUMBERS, *more)
    if type_ is FieldType.DATE:
        days = (date.fromordinal(chance.randint(729_755, 748_000)) for _ in range(100))
        return (*_DAYS, *(day.isoformat() for day in days))
    made = []
    for number in range(_RANDOM):
        letters = _ALPHABETS[number % len(_ALPHABETS)]
        length = 1 + number % 14
        made.append("".join(chance.choice(letters) for _ in range(length)).strip())
    texts = (one for one in made if one)
    return tuple(dict.fromkeys((*_TEXTS, *texts)))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False

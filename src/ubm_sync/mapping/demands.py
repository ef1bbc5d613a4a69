"""What a mapping demands of values and of the ways they go: whether it can be met at all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from ubm_sync.errors import Flaw
from ubm_sync.mapping.language import FieldBlock, MappingFile, ValidationBlock
from ubm_sync.mapping.laws import broken_expression, fits_type, unfit_example
from ubm_sync.mapping.located import Located, PathOf
from ubm_sync.mapping.rules import Direction, Role
from ubm_sync.model import FieldType

Found: TypeAlias = Iterator[Flaw]


def examine_required(file: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    """Yield that customers must fill in what they do not see."""
    if not block.required or block.role is not Role.SHARED:
        return
    for place, one in file.places.items():
        if one.intake and place not in block.at:
            text = f'customers must fill in "{name}" but it is not in "{place}", where they type'
            yield located.flaw(f"{text}; add it there", "fields", name, "required", key=True)


def examine_directions(_: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    """Yield directions that contradict what else is said of a place."""
    for place, spot in block.at.items():
        at = ("fields", name, "at", place)
        if spot.direction is Direction.IN and not spot.readable:
            text = "it is neither read nor written there"
            yield located.flaw(f"{text}; delete `readable: false` or the place", *at, "direction")
        if spot.direction is Direction.OUT and not spot.writable:
            text = "it goes out to a place where it may not be written"
            yield located.flaw(f"{text}; delete `writable: false`", *at, "direction")
        if block.role is Role.SERVICE and spot.direction is Direction.IN:
            text = f'"{name}" is filled by the service: nothing comes in'
            yield located.flaw(f"{text}; delete this or use another role", *at, "direction")


def examine_validation(file: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    """Yield what is wrong with a check: nobody is told, or nothing can pass it."""
    at = ("fields", name)
    yield from _examples(located, at, block)
    asked = block.validation
    if asked is None:
        return
    where = (*at, "validation")
    if block.role is not Role.SHARED or not any(
        file.places[place].intake for place in block.at if place in file.places
    ):
        text = f'nobody is told what is wrong with "{name}": customers do not type it'
        yield located.flaw(f"{text}; delete this", *where, key=True)
        return
    if asked.shortest is not None and asked.longest is not None and asked.shortest > asked.longest:
        text = f"no text has {asked.shortest} characters or more and at most {asked.longest}"
        yield located.flaw(text, *where, "longest")
    comparable = True
    for key, value in (("at_least", asked.at_least), ("at_most", asked.at_most)):
        if value is None:
            continue
        if block.type not in {FieldType.NUMBER, FieldType.DATE}:
            text = f"`{key}` is for numbers and dates; this field is {block.type}: delete it"
            yield located.flaw(text, *where, key, key=True)
        elif bad := fits_type(block.type, value):
            yield located.flaw(f'"{value}" cannot be compared with: {bad}', *where, key)
            comparable = False
    if comparable and asked.at_least and asked.at_most and _is_backwards(block, asked):
        text = f"nothing is at least {asked.at_least} and at most {asked.at_most}; swap them"
        yield located.flaw(text, *where, "at_most")
    if asked.expression is not None and (why := broken_expression(block, asked.expression)):
        yield located.flaw(why, *where, "expression")


def _is_backwards(block: FieldBlock, asked: ValidationBlock) -> bool:
    low, high = asked.at_least or "", asked.at_most or ""
    if block.type is FieldType.NUMBER:
        return Decimal(low) > Decimal(high)
    return block.type is FieldType.DATE and low > high


def _examples(located: Located, at: PathOf, block: FieldBlock) -> Found:
    """Yield examples that the field's own type or validation refuses."""
    for index, example in enumerate(block.examples):
        if why := unfit_example(block, example):
            text = f'the example "{example}" does not fit: {why}'
            yield located.flaw(text, *at, "examples", index)

"""Whether a value survives the way out and back (design promise 14), with a counterexample."""

from __future__ import annotations

from collections.abc import Iterator

from ubm_sync.errors import Flaw
from ubm_sync.mapping.equality import comparable, same
from ubm_sync.mapping.language import FieldBlock, SpotBlock
from ubm_sync.mapping.located import Located, PathOf, listed, nearest
from ubm_sync.model import FieldType

_SHAPED = {FieldType.TEXT, FieldType.IDENTIFIER, FieldType.NUMBER, FieldType.LINK}


def examine_translation(
    located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock
) -> Iterator[Flaw]:
    """Yield what is wrong with how one field's values are written and read in one place."""
    yield from _shape(located, at, block, spot)
    domain = _domain(block)
    if spot.encode and domain is None:
        text = f"`encode` needs a known list of values; a {block.type} field can hold anything"
        yield located.flaw(f"{text}: delete it", *at, "encode", key=True)
        return
    unknown = [word for word in spot.encode if domain is not None and word not in domain]
    for word in unknown:
        hint = nearest(word, domain or ()) or f"; they are {listed(domain or ())}"
        text = f'"{word}" is not one of our values of this field{hint}'
        yield located.flaw(text, *at, "encode", word, key=True)
    if not unknown:
        yield from _round_trip(located, at, domain or (), spot)


def _round_trip(
    located: Located, at: PathOf, domain: tuple[str, ...], spot: SpotBlock
) -> Iterator[Flaw]:
    """Each of our values must come back as itself; values not in ``encode`` pass unchanged."""
    read_as: dict[str, str] = {}
    for value in domain:
        outside = spot.encode.get(value, value)
        first = read_as.setdefault(comparable(FieldType.CHOICE, outside), value)
        if not same(FieldType.CHOICE, first, value):  # the same choice twice is another flaw
            text = f'"{first}" and "{value}" would both be "{outside}" there'
            why = f'reading "{outside}" back, nobody can tell which was meant'
            where = value if value in spot.encode else first
            yield located.flaw(f"{text}: {why}; use two different values", *at, "encode", where)


def _shape(located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock) -> Iterator[Flaw]:
    if not spot.shape:
        return
    if spot.shape.count("{}") != 1:
        text = f'a shape needs {{}} exactly once, where the value goes; "{spot.shape}" does not'
        yield located.flaw(text, *at, "shape")
    elif block.type not in _SHAPED:
        text = f"a {block.type} field cannot have a shape: its value would not be read back"
        yield located.flaw(text, *at, "shape", key=True)


def _domain(block: FieldBlock) -> tuple[str, ...] | None:
    """Return all values a field can have, None where there is no end of them."""
    if block.type is FieldType.CHOICE:
        return tuple(block.choices)
    return ("true", "false") if block.type is FieldType.BOOLEAN else None

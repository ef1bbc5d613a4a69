"""Whether a value survives the way out and back (design promise 14), with a counterexample."""

from __future__ import annotations

from collections.abc import Iterator

from ubm_sync.errors import Flaw
from ubm_sync.mapping.build import is_writable
from ubm_sync.mapping.equality import comparable, same
from ubm_sync.mapping.language import FieldBlock, SpotBlock
from ubm_sync.mapping.laws import counterexample
from ubm_sync.mapping.located import Located, PathOf, listed, nearest
from ubm_sync.mapping.transforms import Unmapped
from ubm_sync.model import FieldType

_SHAPED = {FieldType.TEXT, FieldType.IDENTIFIER, FieldType.NUMBER, FieldType.LINK}


def examine_translation(
    located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock
) -> Iterator[Flaw]:
    """Yield what is wrong with how one field's values are written and read in one place."""
    yield from _shape(located, at, block, spot)
    yield from _transform(located, at, block, spot)
    yield from _people(located, at, block, spot)
    yield from _unmapped(located, at, block, spot)
    domain = _domain(block)
    if spot.encode and domain is None:
        text = f"`encode` needs a known list of values; a {block.type} field can hold anything"
        yield located.flaw(f"{text}: delete it", *at, "encode", key=True)
        return
    yield from _decode(located, at, domain, spot)
    unknown = [word for word in spot.encode if domain is not None and word not in domain]
    for word in unknown:
        hint = nearest(word, domain or ()) or f"; they are {listed(domain or ())}"
        text = f'"{word}" is not one of our values of this field{hint}'
        yield located.flaw(text, *at, "encode", word, key=True)
    if not unknown:
        yield from _round_trip(located, at, domain or (), spot)


def _decode(
    located: Located, at: PathOf, domain: tuple[str, ...] | None, spot: SpotBlock
) -> Iterator[Flaw]:
    """More of their words: each means one of ours, and is not the word for another one."""
    if not spot.decode:
        return
    if domain is None:
        text = "`decode` needs a known list of values; this field can hold anything: delete it"
        yield located.flaw(text, *at, "decode", key=True)
        return
    written = {spot.encode.get(value, value): value for value in domain}
    for theirs, ours in spot.decode.items():
        if ours not in domain:
            hint = nearest(ours, domain) or f"; they are {listed(domain)}"
            yield located.flaw(
                f'"{ours}" is not one of our values of this field{hint}', *at, "decode", theirs
            )
        elif written.get(theirs, ours) != ours:
            text = f'"{theirs}" is what "{written[theirs]}" is written as there'
            yield located.flaw(
                f'{text}, so it cannot mean "{ours}" too; delete one', *at, "decode", theirs,
                key=True,
            )  # fmt: skip


def _unmapped(located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock) -> Iterator[Flaw]:
    if spot.unmapped is not None and not block.choices:
        text = "`unmapped` needs a known list of values; only a choice has one: delete it"
        yield located.flaw(text, *at, "unmapped", key=True)
    if (spot.unmapped is Unmapped.DEFAULT) != (spot.default is not None):
        if spot.default is None:
            yield located.flaw("which one? add `default` with one of our values", *at, "unmapped")
        else:
            text = "`default` needs `unmapped: default`"
            yield located.flaw(text, *at, "default", key=True)
    elif spot.default is not None and block.choices and spot.default not in block.choices:
        hint = nearest(spot.default, block.choices) or f"; they are {listed(block.choices)}"
        text = f'"{spot.default}" is not one of our values of this field{hint}'
        yield located.flaw(text, *at, "default")


def _people(located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock) -> Iterator[Flaw]:
    if not spot.people:
        return
    if block.type is not FieldType.PERSON:
        text = f"`people` is for e-mails of people; this field is {block.type}: delete it"
        yield located.flaw(text, *at, "people", key=True)
        return
    ours: dict[str, str] = {}
    there: dict[str, str] = {}
    for one, other in spot.people.items():
        for email, where in ((one, True), (other, False)):
            if email.count("@") != 1 or email.strip() != email:
                text = f'"{email}" is not an e-mail address; write one like dana.lee@example.com'
                yield located.flaw(text, *at, "people", one, key=where)
        if ours.setdefault(one.casefold(), one) != one:
            text = f'"{one}" is "{ours[one.casefold()]}", who is above; keep one of the two'
            yield located.flaw(text, *at, "people", one, key=True)
        if there.setdefault(other.casefold(), one) != one:
            text = f'"{other}" is "{there[other.casefold()]}" there already'
            why = "reading it back, nobody can tell who was meant"
            yield located.flaw(f"{text}: {why}", *at, "people", one)
    for one, other in spot.people.items():
        if other.casefold() in ours and ours[other.casefold()] != one:
            text = f'"{other}" is one of our own people, mapped to somebody else there'
            why = f'reading "{other}" back would give "{one}"'
            yield located.flaw(f"{text}: {why}; map both or neither", *at, "people", one)


_TRANSFORMED = {
    FieldType.TEXT, FieldType.LONG_TEXT, FieldType.IDENTIFIER, FieldType.NUMBER, FieldType.DATE,
}  # fmt: skip
_FOR_TYPE = {
    "divide": (FieldType.NUMBER,),
    "us_date": (FieldType.DATE,),
    "zero_pad": (FieldType.IDENTIFIER, FieldType.TEXT),
}


def _transform(located: Located, at: PathOf, block: FieldBlock, spot: SpotBlock) -> Iterator[Flaw]:
    if not spot.transform:
        return
    if block.type not in _TRANSFORMED:
        how = "use `people`" if block.type is FieldType.PERSON else "use `encode`"
        text = f"a {block.type} field cannot have a transform; {how} or delete it"
        yield located.flaw(text, *at, "transform", key=True)
        return
    wrong = False
    for index, step in enumerate(spot.steps()):
        types = _FOR_TYPE.get(step.name)
        if types is not None and block.type not in types:
            wrong = True
            text = f'"{step.name}" is for a field of type {" or ".join(types)}'
            yield located.flaw(f"{text}; this one is {block.type}", *at, "transform", index)
    if wrong:
        return
    found = counterexample(block, spot, writes=is_writable(spot), reads=spot.readable)
    if found is not None:
        yield located.flaw(found, *at, "transform", key=True)


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

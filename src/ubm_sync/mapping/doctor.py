"""Whether a mapping makes sense: every check says what goes wrong for people, and where to mend it.

``examine`` looks at one file, ``compare`` at all files together. Pure: flaws out, nothing raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from ubm_sync.errors import Flaw
from ubm_sync.mapping.build import is_writable, writers_of
from ubm_sync.mapping.demands import (
    examine_directions,
    examine_required,
    examine_validation,
)
from ubm_sync.mapping.equality import comparable
from ubm_sync.mapping.language import FieldBlock, MappingFile
from ubm_sync.mapping.located import Located, nearest
from ubm_sync.mapping.rules import Direction, Policy, Role
from ubm_sync.mapping.translation import examine_translation
from ubm_sync.model import FieldType

Found: TypeAlias = Iterator[Flaw]


def examine(file: MappingFile, located: Located) -> list[Flaw]:
    """Return everything wrong with one mapping."""
    flaws = [*_places(file, located), *_externals(file, located)]
    for name, block in file.fields.items():
        for check in _FIELD_CHECKS:
            flaws.extend(check(file, located, name, block))
    return flaws


def compare(files: Sequence[tuple[MappingFile, Located]]) -> list[Flaw]:
    """Return what contradicts between mappings: a kind or place twice, a field with two types."""
    flaws: list[Flaw] = []
    kinds: dict[str, str] = {}
    places: dict[str, str] = {}
    for file, located in files:
        if file.kind in kinds:
            text = f'kind "{file.kind}" is described in {kinds[file.kind]} too; keep one'
            flaws.append(located.flaw(text, "kind"))
        kinds.setdefault(file.kind, located.file)
        for place in file.places:
            if place in places:
                text = f'place "{place}" is also in {places[place]}; give one another name'
                flaws.append(located.flaw(text, "places", place, key=True))
            places.setdefault(place, located.file)
    return [*flaws, *_shared_externals(files)]


def _places(file: MappingFile, located: Located) -> Found:
    seen: dict[tuple[str, str], str] = {}
    homes = {place for field in file.fields.values() for place in field.at}
    # neither was a flawed field left out, nor is the name of a place misspelt
    complete = len(file.fields) == len(located.data["fields"]) and homes <= file.places.keys()
    for name, block in file.places.items():
        at = ("places", name)
        twin = seen.setdefault((block.system, block.suffix), name)
        if twin != name:
            text = f'"{name}" and "{twin}" would carry the same identity in {block.system}'
            yield located.flaw(f"{text}: give one of them a suffix of its own", *at, key=True)
        if block.without_sheet and not block.intake:
            text = "only the place that customers type into has rows without a sheet; delete this"
            yield located.flaw(f"{text} or say `intake: true`", *at, "without_sheet")
        if ":" in block.suffix:
            yield located.flaw('a suffix cannot contain ":"', *at, "suffix")
        if block.stages and not block.pipeline:
            yield located.flaw(
                "stages need the pipeline they are in; add `pipeline`", *at, "stages"
            )
        if block.pipeline and not block.stages:
            yield located.flaw("a pipeline needs its stages; add `stages`", *at, "pipeline")
        for part in ("key", "label"):
            words = [getattr(stage, part) for stage in block.stages]
            for index, first in _doubles(words):
                text = f'two stages have the {part} "{words[index]}" (number {first + 1} and this)'
                yield located.flaw(f"{text}; change one", *at, "stages", index, part)
        if complete and name not in homes:
            text = f'no field lives in "{name}"; give it a field or delete it'
            yield located.flaw(text, *at, key=True)


def _externals(file: MappingFile, located: Located) -> Found:
    for place, block in file.places.items():
        identity = block.identity.casefold()
        used: dict[str, str] = {}
        for name, field in file.fields.items():
            spot = field.at.get(place)
            if spot is None:
                continue
            at = ("fields", name, "at", place)
            end = "each would overwrite the other; use another name"
            if spot.name.casefold() == identity:
                text = f'"{spot.name}" of "{place}" already holds the identity of the record'
                yield located.flaw(f"{text}: {end}", *at)
                continue
            other = used.setdefault(spot.name.casefold(), name)
            if other != name:  # nobody can tell which of the two was meant: both are named
                for one, twin in ((name, other), (other, name)):
                    where = ("fields", one, "at", place)
                    line = located.spot("fields", twin, "at", place)[0]
                    text = f'"{spot.name}" of "{place}" already holds "{twin}" (line {line})'
                    yield located.flaw(f"{text}: {end}", *where)


def _shared_externals(files: Sequence[tuple[MappingFile, Located]]) -> Found:
    """Two places of one system may share a field there, but then it has one type."""
    first: dict[tuple[str, str], tuple[FieldType, tuple[str, ...], str]] = {}
    for file, located in files:
        for name, field in file.fields.items():
            for place, spot in field.at.items():
                if place not in file.places or field.type is FieldType.STAGE:
                    continue
                where = (file.places[place].system, spot.name)
                mine = (field.type, tuple(field.choices), f'"{place}"')
                theirs = first.setdefault(where, mine)
                if theirs[:2] != mine[:2] and theirs[2] != mine[2]:
                    differ = f"is {mine[0]} here but {theirs[0]} for"
                    if mine[0] == theirs[0]:
                        differ = "has other choices here than for"
                    text = f'"{spot.name}" {differ} {theirs[2]} of the same system'
                    how = "make them agree or use two names"
                    yield located.flaw(f"{text}; {how}", "fields", name, "at", place)


def _homes(file: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    at = ("fields", name)
    for place in block.at:
        if place not in file.places:
            text = f'there is no place "{place}"{nearest(place, file.places)}'
            yield located.flaw(text, *at, "at", place, key=True)
    if not block.at:
        text = f'"{name}" lives nowhere; name a place under `at` or delete the field'
        yield located.flaw(text, *at, "at", key=True)
    elif block.role is Role.SHARED and len(block.at) == 1:
        text = f'"{name}" is shared but lives in one place only; add a place, or another role'
        yield located.flaw(text, *at, "at", key=True)


def _writers(file: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    at = ("fields", name)
    lists = (("writers", block.writers), ("writers_once_accepted", block.writers_once_accepted))
    for key, places in lists:
        for index, place in enumerate(places or ()):
            if place not in file.places:
                text = f'there is no place "{place}"{nearest(place, file.places)}'
            elif place not in block.at:
                text = f'"{name}" does not live in "{place}": nobody can change it there'
            elif block.at[place].direction is Direction.OUT:
                text = f'"{name}" goes only out to "{place}": what is changed there never counts'
            elif block.at[place].locked and block.role is Role.SHARED and block.at[place].writable:
                text = f'"{name}" is locked in "{place}": nobody can change it there'
            elif not block.at[place].readable or block.type is FieldType.LINK:
                text = f'"{name}" is not read from "{place}": a change there would not be seen'
            else:
                continue
            yield located.flaw(text, *at, key, index)
    if block.role is Role.SERVICE and writers_of(block):
        text = f'"{name}" is filled by the service, so no place can be a writer; delete this'
        yield located.flaw(text, *at, "writers", key=True)
    if block.role is not Role.SERVICE and not writers_of(block):
        text = f'nobody may change "{name}"; name the places in `writers`'
        yield located.flaw(text, *at, "writers" if block.writers is not None else "role", key=True)


def _paths(_: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    """Yield places that a shared value could never reach."""
    if block.role is not Role.SHARED:
        return
    everyone = {*writers_of(block), *(block.writers_once_accepted or ())}
    for place, spot in block.at.items():
        others = sorted(everyone - {place})
        if others and not is_writable(spot):
            text = f'a change of "{name}" in "{others[0]}" can never reach "{place}"'
            how = f'make it writable there, or let only "{place}" be a writer'
            yield located.flaw(f"{text}: {how}", "fields", name, "at", place)


def _policy(_: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    at = ("fields", name)
    if block.role is not Role.SHARED:
        for key in ("conflict", "owner", "writers_once_accepted", "quiet_minutes"):
            if getattr(block, key):
                text = f"only a shared field has `{key}`; this one has the role {block.role}"
                yield located.flaw(f"{text}: delete it", *at, key, key=True)
        if block.required and block.role is Role.SERVICE:
            text = "a field filled by the service cannot be required of people; delete this"
            yield located.flaw(text, *at, "required", key=True)
        return
    if (block.conflict is Policy.OWNER) != (block.owner is not None):
        if block.owner is None:
            yield located.flaw("who is the owner? add `owner` with a place", *at, "conflict")
        else:
            yield located.flaw("`owner` needs `conflict: owner`", *at, "owner", key=True)
    elif block.owner is not None and block.owner not in writers_of(block):
        hint = nearest(block.owner, writers_of(block))
        yield located.flaw(
            f'the owner "{block.owner}" is not among the writers{hint}', *at, "owner"
        )


def _choices(file: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    at = ("fields", name)
    if block.type is FieldType.CHOICE and not block.choices:
        yield located.flaw(f'"{name}" is a choice; list its `choices`', *at, "type")
    if block.choices and block.type is not FieldType.CHOICE:
        text = f"only a choice has `choices`; this field is {block.type}"
        yield located.flaw(f"{text}: delete them or use `type: choice`", *at, "choices", key=True)
    for index, first in _doubles(block.choices):
        text = f'"{block.choices[index]}" is the same choice as number {first + 1}; keep one'
        yield located.flaw(text, *at, "choices", index)
    for place, spot in block.at.items():
        home = file.places.get(place)
        if block.type is FieldType.STAGE and home and not home.stages:
            text = f'"{place}" has no pipeline, so it cannot have a stage'
            yield located.flaw(text, *at, "at", place, key=True)
        if spot.settings.get("restricted") == "true" and not block.choices:
            text = "restricted to what? only a field with `choices` can be restricted"
            yield located.flaw(text, *at, "at", place, "settings", "restricted")


def _translations(_: MappingFile, located: Located, name: str, block: FieldBlock) -> Found:
    for place, spot in block.at.items():
        yield from examine_translation(located, ("fields", name, "at", place), block, spot)


def _doubles(words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield (index, index of the first) for words that people would call the same."""
    seen: dict[str, int] = {}
    for index, word in enumerate(words):
        first = seen.setdefault(comparable(FieldType.CHOICE, word), index)
        if first != index:
            yield index, first


_FIELD_CHECKS: tuple[Callable[[MappingFile, Located, str, FieldBlock], Found], ...] = (
    _homes,
    _writers,
    _paths,
    _policy,
    _choices,
    examine_directions,
    examine_required,
    examine_validation,
    _translations,
)

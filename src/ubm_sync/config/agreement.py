"""Whether the files agree with what stands behind them: the flows, and each system's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ubm_sync.config.service import Service
from ubm_sync.errors import Flaw
from ubm_sync.flow import Needs
from ubm_sync.mapping import Located, Sound, inspect_part, listed, nearest
from ubm_sync.model import FieldType
from ubm_sync.ports import Dialect


def unmet(needs: Sequence[Needs], sound: Sequence[Sound], folder: str) -> Iterator[Flaw]:
    """Yield what the flows need and the mappings lack: kinds, fields, values, stages."""
    by_kind = {one.kind: one for one in needs}
    there = {one.mapping.kind for one in sound}
    for one in sound:
        kind = one.mapping.kind
        if kind in by_kind:
            yield from _fields(by_kind[kind], one)
            yield from _values(by_kind[kind], one)
            yield from _stages(by_kind[kind], one)
        elif by_kind:
            hint = nearest(kind, by_kind) or f"; there are {listed(by_kind)}"
            text = f'nothing works with records of kind "{kind}"{hint}'
            yield one.source.flaw(text, "kind")
    for one_need in needs:
        if one_need.wanted and one_need.kind not in there and not _misspelt(sound, by_kind):
            text = f'no mapping is of kind "{one_need.kind}", so there is nothing to sync; add it'
            yield Flaw(folder, 0, 0, text)


def _misspelt(sound: Iterable[Sound], known: Mapping[str, Needs]) -> bool:
    return any(one.mapping.kind not in known for one in sound)


def _fields(needs: Needs, one: Sound) -> Iterator[Flaw]:
    for place, fields in needs.fields.items():
        if place not in one.file.places:
            names = [name for name in one.file.places if name not in needs.fields]
            hint = nearest(place, names)
            text = f'records of kind "{needs.kind}" need the place "{place}"{hint or "; add it"}'
            yield one.source.flaw(text, "places", key=True)
            continue
        for name in fields:
            block = one.file.fields.get(name)
            if block is None:
                others = [other for other in one.file.fields if place in one.file.fields[other].at]
                hint = nearest(name, others) or "; add it"
                text = f'the procedure needs a field "{name}" in "{place}"{hint}'
                yield one.source.flaw(text, "fields", key=True)
            elif place not in block.at:
                text = f'the procedure needs "{name}" in "{place}"; add it here'
                yield one.source.flaw(text, "fields", name, "at", key=True)


def _values(needs: Needs, one: Sound) -> Iterator[Flaw]:
    for name, wanted in needs.values.items():
        block = one.file.fields.get(name)
        if block is None:
            continue
        at = ("fields", name)
        if block.type is not FieldType.CHOICE:
            if block.type not in {FieldType.TEXT, FieldType.IDENTIFIER, FieldType.LONG_TEXT}:
                text = f'"{name}" holds words like "{wanted[0]}"; make it a choice'
                yield one.source.flaw(text, *at, "type")
            continue
        lacking = [value for value in wanted if value not in block.choices]
        for value in lacking:
            alike = [it for it in block.choices if it not in wanted and nearest(value, [it])]
            index = block.choices.index(alike[0]) if alike else None
            text = f'the procedure needs the value "{value}" of "{name}"'
            if index is None:
                yield one.source.flaw(f"{text}; add it", *at, "choices", key=True)
            else:
                text = f'{text}; "{block.choices[index]}" means nothing to it: write "{value}"'
                yield one.source.flaw(text, *at, "choices", index)
        if name in needs.closed and not lacking:
            for index, value in enumerate(block.choices):
                if value not in wanted:
                    text = f'nothing ever sets "{name}" to "{value}", or acts on it'
                    hint = f"; it knows {listed(wanted, 20)}: delete it"
                    yield one.source.flaw(f"{text}{hint}", *at, "choices", index)


def _stages(needs: Needs, one: Sound) -> Iterator[Flaw]:
    for place, wanted in needs.stages.items():
        block = one.file.places.get(place)
        if block is None:
            continue
        keys = [stage.key for stage in block.stages]
        for key in wanted:
            if key in keys:
                continue
            spare = [other for other in keys if other not in wanted and nearest(key, [other])]
            text = f'the procedure needs a stage with the key "{key}" in "{place}"'
            if spare:
                index = keys.index(spare[0])
                text = f'{text}; "{spare[0]}" means nothing to it: write "{key}"'
                yield one.source.flaw(text, "places", place, "stages", index, "key")
            else:
                part = "stages" if block.stages else "system"
                yield one.source.flaw(f"{text}; add it", "places", place, part, key=True)


def in_dialect(
    dialects: Mapping[str, Dialect], service: Service | None, source: Located,
    sound: Sequence[Sound],
) -> Iterator[Flaw]:  # fmt: skip
    """Yield what a system does not understand: its settings, those of fields, and their types."""
    if service is not None:
        for name, system in service.systems.items():
            if name in dialects:
                settings = dict(system.settings)
                model = dialects[name].system
                yield from inspect_part(model, source, settings, "systems", name)
            elif dialects:
                hint = nearest(name, dialects) or f"; there are {listed(sorted(dialects))}"
                text = f'there is no connector for a system "{name}"{hint}'
                yield source.flaw(text, "systems", name, key=True)
    for one in sound:
        yield from _bindings(dialects, service, one)


def _bindings(
    dialects: Mapping[str, Dialect], service: Service | None, one: Sound
) -> Iterator[Flaw]:
    for place in one.mapping.places:
        dialect = dialects.get(place.system)
        if dialect is None:
            continue
        system = service.systems.get(place.system) if service is not None else None
        settings = system.settings if system is not None else {}
        for binding in place.bindings:
            at = ("fields", binding.field, "at", place.name)
            given = dict(binding.settings)
            flaws = inspect_part(dialect.field, one.source, given, *at, "settings")
            yield from flaws
            if not flaws and (why := dialect.objection(place, binding, settings)):
                yield one.source.flaw(why, *at)

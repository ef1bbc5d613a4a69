"""From a file's content to the frozen mapping; no checks here, the doctor has made them."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from types import MappingProxyType

from ubm_sync.mapping.language import FieldBlock, MappingFile, PlaceBlock, SpotBlock
from ubm_sync.mapping.rules import Direction, FieldRule, Mapping, Policy, Role, Threshold
from ubm_sync.mapping.transforms import Translator, Unmapped
from ubm_sync.model import Binding, FieldType, Place, Stage


def build(file: MappingFile) -> Mapping:
    """Return the mapping a file describes."""
    rules = {name: _rule(name, block) for name, block in file.fields.items()}
    places = tuple(_place(file, name, block) for name, block in file.places.items())
    content = json.dumps(file.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    return Mapping(
        kind=file.kind,
        places=places,
        fields=MappingProxyType(rules),
        hash=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def writers_of(block: FieldBlock) -> list[str]:
    """Return the places where an edit counts; a signal counts wherever it can be read."""
    if block.writers is not None:
        return block.writers
    if block.role is Role.SIGNAL:
        return [
            place
            for place, spot in block.at.items()
            if spot.readable and spot.direction is not Direction.OUT
        ]
    return []


def _rule(name: str, block: FieldBlock) -> FieldRule:
    writers = frozenset(writers_of(block))
    later = block.writers_once_accepted
    limit = block.threshold
    return FieldRule(
        name=name,
        type=block.type,
        role=block.role,
        choices=tuple(block.choices),
        required=block.required,
        writers=writers,
        writers_once_accepted=writers if later is None else frozenset(later),
        conflict=block.conflict or Policy.ASK,
        owner=block.owner,
        places=frozenset(block.at),
        threshold=Threshold(limit.share, limit.floor) if limit else None,
        label=_label(name, block),
        description=block.description,
        validation=block.validation.validation(block.type) if block.validation else None,
        quiet=timedelta(minutes=block.quiet_minutes),
    )


def _place(file: MappingFile, name: str, block: PlaceBlock) -> Place:
    stages = tuple(Stage(stage.key, stage.label, stage.closed) for stage in block.stages)
    bindings = (
        _binding(field, rule, name, stages)
        for field, rule in file.fields.items()
        if name in rule.at
    )
    settings = {"identity": block.identity, **({"intake": "true"} if block.intake else {})}
    if block.without_sheet:
        settings["without_sheet"] = block.without_sheet
    return Place(
        name=name,
        kind=file.kind,
        system=block.system,
        suffix=block.suffix,
        bindings=tuple(bindings),
        pipeline=block.pipeline,
        stages=stages,
        settings=MappingProxyType({**settings, **block.settings}),
    )


def _binding(name: str, block: FieldBlock, place: str, stages: tuple[Stage, ...]) -> Binding:
    spot = block.at[place]
    keys = tuple(stage.key for stage in stages)
    return Binding(
        field=name,
        external=spot.name,
        type=block.type,
        label=spot.label or _label(name, block),
        choices=keys if block.type is FieldType.STAGE else tuple(block.choices),
        encode=MappingProxyType(dict(spot.encode)),
        decode=MappingProxyType(_decode(spot)),
        shape=spot.shape,
        translation=translation_of(block, spot),
        readable=spot.readable and block.type is not FieldType.LINK,
        writable=is_writable(spot),
        locked=spot.locked,
        required=block.required,
        unique=spot.unique,
        description=spot.description or block.description,
        settings=MappingProxyType(dict(spot.settings)),
    )


def is_writable(spot: SpotBlock) -> bool:
    """Return whether the service writes there."""
    return spot.writable and spot.direction is not Direction.IN


def translation_of(block: FieldBlock, spot: SpotBlock) -> Translator | None:
    """Return how values differ there, None where a map of options says it all."""
    usual = spot.unmapped in {None, Unmapped.KEEP}
    if usual and not (spot.transform or spot.people):
        return None
    return Translator(
        type=block.type,
        steps=spot.steps(),
        encode=MappingProxyType(dict(spot.encode)),
        decode=MappingProxyType(_decode(spot)),
        known=frozenset(block.choices),
        unmapped=spot.unmapped or Unmapped.KEEP,
        default=spot.default or "",
        people=MappingProxyType({ours.casefold(): there for ours, there in spot.people.items()}),
        persons=MappingProxyType({there.casefold(): ours for ours, there in spot.people.items()}),
    )


def _decode(spot: SpotBlock) -> dict[str, str]:
    return {**spot.decode, **{outside: inside for inside, outside in spot.encode.items()}}


def _label(name: str, block: FieldBlock) -> str:
    return block.label or name.replace("_", " ").capitalize()

"""Writes -> what HubSpot is sent; pure but for the names it looks up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ubm_hubspot.decode import KEYLESS, PIPELINE, STAGE
from ubm_hubspot.values import LONGEST, WRITERS, Unfit, choice_writer, write_text
from ubm_sync.model import Binding, FieldType, Place, Ref, Write, record_key, split_key


class Ids(Protocol):
    """What encoding must know of the portal; may read it when asked something new."""

    @property
    def options(self) -> Mapping[tuple[str, str], str]:
        """Options that the portal has under another value: property, our value -> its value."""
        ...

    def owner_id(self, email: str) -> str | None:
        """Return the id of the active owner with this e-mail."""
        ...

    def stage_ids(self, place: str, key: str) -> tuple[str, str] | None:
        """Return the ids of pipeline and stage, None where the portal lacks one of them."""
        ...


_TEXTS = frozenset({FieldType.TEXT, FieldType.IDENTIFIER, FieldType.LONG_TEXT})


@dataclass(slots=True)
class Parcel:
    """One write as it will be sent; ``faults`` are fields left out, with a sentence each.

    ``until``: as long as the look at what it writes over holds; None where none was needed.
    """

    write: Write
    identity: str  # the value of the unique property
    properties: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)  # field -> id of the company
    faults: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None


class Encoder:
    """Turns writes into parcels."""

    def __init__(self, places: Iterable[Place], ids: Ids, *, identity: str) -> None:
        self._ids = ids
        self._identity = identity
        self._places = {place.name: place for place in places}
        self._bindings: dict[str, dict[str, Binding]] = {}
        self._writers = {}
        self._plain: dict[str, dict[str, str]] = {}  # place -> field sent as it is -> property
        self._choices: dict[str, dict[tuple[str, str | Ref | None], tuple[str, str]]] = {}
        self.fields_of: dict[str, dict[str, str]] = {}  # place -> property -> canonical field
        for name, place in self._places.items():
            self._bindings[name] = {each.field: each for each in place.bindings}
            self._choices[name] = {}
            self.fields_of[name] = _fields_of(place.bindings)
            self._plain[name] = {
                each.field: each.external
                for each in place.bindings
                if each.type in _TEXTS and each.writable
                if not (each.shape or each.translation)
                if each.external != identity
            }
            for binding in place.bindings:
                if binding.type is FieldType.CHOICE:
                    self._writers[name, binding.field] = choice_writer(binding)

    def parcel(self, write: Write) -> Parcel:
        """Return ``write`` in HubSpot's words; values it cannot hold become faults."""
        place = self._places[write.place]
        bindings = self._bindings[write.place]
        parcel = Parcel(write, record_key(split_key(write.key)[0], place.suffix))
        plain, properties = self._plain[write.place], parcel.properties
        choices = self._choices[write.place]
        for name, value in write.values.items():
            external = plain.get(name)
            if external is not None and isinstance(value, str) and len(value) <= LONGEST:
                properties[external] = value  # nearly every field: no detour
                continue
            known = choices.get((name, value))
            if known is not None:  # an option that was translated before
                properties[known[0]] = self._ids.options.get(known, known[1])
                continue
            binding = bindings.get(name)
            if binding is None or not binding.writable:
                parcel.faults[name] = f'"{name}" is not a field the mapping lets us write there.'
            elif isinstance(value, Ref):
                parcel.faults[name] = f'"{name}" waits for another system.'
            elif binding.external != self._identity:
                try:
                    self._add(parcel, place.name, binding, value)
                except Unfit as error:
                    parcel.faults[name] = str(error)
        if write.ref is None:
            self._begin(parcel, place)
        elif write.claims or write.expected.endswith(KEYLESS):
            parcel.properties[self._identity] = parcel.identity
        return parcel

    def _add(self, parcel: Parcel, place: str, binding: Binding, value: str | None) -> None:
        if binding.type is FieldType.LINK:
            if not value:
                raise Unfit("A company is linked to a ticket by this service, never unlinked.")
            parcel.links[binding.field] = value
        elif binding.type is FieldType.STAGE:
            if not value:
                raise Unfit("A ticket cannot be without a stage.")
            self._set_stage(parcel, place, value)
        elif not value:
            parcel.properties[binding.external] = ""
        elif binding.type is FieldType.PERSON:
            parcel.properties[binding.external] = self._owner(_translated(binding, value))
        else:
            write = self._writers.get((place, binding.field)) or WRITERS.get(binding.type)
            given = value if binding.type is FieldType.CHOICE else _translated(binding, value)
            text = write(given) if write else write_text(given)
            shaped = binding.shape.replace("{}", text) if binding.shape else text
            ours = (binding.external, shaped)
            parcel.properties[binding.external] = self._ids.options.get(ours, shaped)
            if binding.type is FieldType.CHOICE and value in binding.choices:
                self._choices[place][binding.field, value] = ours

    def _set_stage(self, parcel: Parcel, place: str, key: str) -> None:
        # Always both: a stage id means something only in its own pipeline.
        found = self._ids.stage_ids(place, key)
        if found is None:
            label = next((s.label for s in self._places[place].stages if s.key == key), key)
            raise Unfit(
                f'The HubSpot pipeline "{self._places[place].pipeline}" has no stage "{label}"; '
                "run `ubm-sync setup hubspot` or rename the stage back."
            )
        parcel.properties[PIPELINE], parcel.properties[STAGE] = found

    def _owner(self, email: str) -> str:
        owner = self._ids.owner_id(email)
        if owner is None:
            raise Unfit(f"No active HubSpot user has the e-mail {email}.")
        return owner

    def _begin(self, parcel: Parcel, place: Place) -> None:
        # HubSpot: a ticket needs a stage; a write that names none starts in the first one.
        parcel.properties[self._identity] = parcel.identity
        if STAGE not in parcel.properties and place.stages:
            found = self._ids.stage_ids(place.name, place.stages[0].key)
            if found is not None:
                parcel.properties[PIPELINE], parcel.properties[STAGE] = found


def _translated(binding: Binding, value: str) -> str:
    if binding.translation is None:
        return value
    try:
        return binding.translation.write(value)
    except ValueError as error:
        raise Unfit(str(error)) from error


def _fields_of(bindings: Sequence[Binding]) -> dict[str, str]:
    fields = {each.external: each.field for each in bindings if each.type is not FieldType.LINK}
    for each in bindings:
        if each.type is FieldType.STAGE:
            fields[PIPELINE] = fields[STAGE] = each.field
    return fields

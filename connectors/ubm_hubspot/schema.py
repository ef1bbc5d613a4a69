"""What the portal must have for the mapping, and what it lacks; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ubm_hubspot.catalog import fold
from ubm_hubspot.decode import CONTAINER, PIPELINE, STAGE
from ubm_sync.model import Binding, Customer, FieldType, Place, Problem

SCOPE = f"hubspot/{CONTAINER}"
PEOPLE = "hubspot/people"
FIX = "run `ubm-sync setup hubspot`"

_TYPES: Mapping[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("string", "text"),
    FieldType.IDENTIFIER: ("string", "text"),
    FieldType.LONG_TEXT: ("string", "textarea"),
    FieldType.CHOICE: ("enumeration", "select"),
    FieldType.DATE: ("date", "date"),
    FieldType.INSTANT: ("datetime", "date"),
    FieldType.NUMBER: ("number", "number"),
    FieldType.BOOLEAN: ("bool", "booleancheckbox"),
    FieldType.PERSON: ("enumeration", "select"),
}
_OWN_WORDS = frozenset({"subject", "content"})


@dataclass(slots=True)
class Wanted:
    """One ticket property the mapping needs; ``fields`` are the canonical fields in it."""

    name: str
    type: str
    field_type: str
    label: str
    description: str = ""
    unique: bool = False
    person: bool = False
    options: dict[str, str] = field(default_factory=dict)  # value -> label
    fields: list[str] = field(default_factory=list)
    clash: str = ""  # two places want different types

    @property
    def vendors(self) -> bool:
        """Whether HubSpot itself provides it: such a property is never created."""
        return self.name in _OWN_WORDS or self.name.startswith(("hs_", "hubspot_"))

    def definition(self, group: str) -> dict[str, Any]:
        """Return the body that creates it."""
        body: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "groupName": group,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "formField": False,
        }
        if self.unique:
            body["hasUniqueValue"] = True
        if self.person:
            body |= {"externalOptions": True, "referencedObjectType": "OWNER"}
        elif self.type == "bool":
            body["options"] = [option("true", "Yes", 0), option("false", "No", 1)]
        elif self.type == "enumeration":
            pairs = enumerate(self.options.items())
            body["options"] = [option(value, label, at) for at, (value, label) in pairs]
        return body


def option(value: str, label: str, order: int) -> dict[str, Any]:
    """Return one option of an enumeration as HubSpot is sent it."""
    return {"value": value, "label": label, "displayOrder": order, "hidden": False}


def wanted(places: Iterable[Place], identity: str) -> dict[str, Wanted]:
    """Return the properties that ``places`` need, by name, the identity first."""
    found = {
        identity: Wanted(
            identity,
            "string",
            "text",
            "UBM Sync ID",
            "Ties this ticket to its row and its account. Do not change.",
            unique=True,
        )
    }
    for place in places:
        for binding in place.bindings:
            if binding.type in _TYPES and binding.external not in {identity, PIPELINE, STAGE}:
                _add(found, binding)
    return found


def _add(found: dict[str, Wanted], binding: Binding) -> None:
    type_, field_type = _TYPES[binding.type]
    field_type = binding.settings.get("field_type", field_type)
    one = found.setdefault(
        binding.external,
        Wanted(
            binding.external,
            type_,
            field_type,
            binding.label or _title(binding.field),
            binding.description,
            unique=binding.unique,
            person=binding.type is FieldType.PERSON,
        ),
    )
    if one.type != type_:
        one.clash = f"the mapping uses it as {one.type} and as {type_}"
    if one.field_type == "text" and field_type == "textarea":
        one.field_type = field_type
    if binding.field not in one.fields:
        one.fields.append(binding.field)
    for choice in binding.choices if binding.type is FieldType.CHOICE else ():
        value = binding.encode.get(choice, choice)
        one.options.setdefault(value, _title(choice) if choice.islower() else choice)


def _title(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def flaw_of(want: Wanted, live: Mapping[str, Any]) -> str:
    """Return why a live property cannot serve, "" where it can (options aside)."""
    if want.clash:
        return want.clash
    if live.get("type") != want.type:
        return (
            f"its type is {live.get('type')}, not {want.type}; rename it in HubSpot or map the"
            " field to another property"
        )
    if want.unique and not live.get("hasUniqueValue"):
        return (
            "it does not refuse equal values (hasUniqueValue), which can only be set when a"
            f" property is created; delete it in HubSpot and {FIX}"
        )
    return ""


def adopted(want: Wanted, live: Mapping[str, Any]) -> dict[str, str]:
    """Return our options that the portal has under another value: our value -> the portal's.

    HubSpot: labels of a property are unique, so no second option of that name can be added. One
    whose value stands for another of our options is not taken.
    """
    if want.person or want.type != "enumeration":
        return {}
    options = live.get("options") or []
    there = {str(each.get("value")) for each in options}
    by_label = {fold(str(each.get("label"))): str(each.get("value")) for each in options}
    found = {
        value: by_label[fold(label)]
        for value, label in want.options.items()
        if value not in there and by_label.get(fold(label), value) not in want.options
    }
    return found if len(set(found.values())) == len(found) else {}


def taken_labels(want: Wanted, live: Mapping[str, Any]) -> str:
    """Return which options cannot be added, because another value of ours has their label."""
    lacking = missing_options(want, live)
    return "; ".join(
        f'the option "{each["label"]}" has the value "{each["value"]}" there, and ours is "{value}"'
        for value, label in lacking.items()
        for each in live.get("options") or []
        if fold(str(each.get("label"))) == fold(label)
    )


def missing_options(want: Wanted, live: Mapping[str, Any]) -> dict[str, str]:
    """Return the options, value -> label, that a live property of ours lacks.

    Those of HubSpot's own are the portal's affair: an older one has no priority "Urgent", say.
    """
    if want.person or want.vendors or want.type != "enumeration" or live.get("externalOptions"):
        return {}
    there = {str(each.get("value")) for each in live.get("options") or []}
    there |= adopted(want, live).keys()
    return {value: label for value, label in want.options.items() if value not in there}


def problems(
    places: Sequence[Place],
    identity: str,
    live: Mapping[str, Mapping[str, Any]],
    pipelines: Sequence[Mapping[str, Any]],
    *,
    part: str = SCOPE,
    wants: Mapping[str, Wanted] | None = None,
) -> tuple[Problem, ...]:
    """Return everything the portal lacks, in plain words; ``part`` is what the scopes begin with.

    ``wants`` are the properties that ``places`` need, where they are known already. Only records
    need their identity: nothing may be written to them without it.
    """
    found: list[Problem] = []
    wants = wanted(places, identity) if wants is None else wants
    for name, want in wants.items():
        vital = name == identity and part == SCOPE
        found += _property_problems(f"{part}/{name}", want, live.get(name), vital=vital)
    by_label = {fold(str(each["label"])): each for each in pipelines}
    for place in places:
        if place.pipeline:
            live_one = by_label.get(fold(place.pipeline))
            found += _stage_problems(f"{part}/{place.name}", place, live_one)
    return tuple(found)


def unowned(
    customers: Iterable[Customer], stand_ins: Sequence[str], knows: Callable[[str], bool]
) -> Iterator[Problem]:
    """Yield a problem for each customer whose tickets nobody can own; ``knows`` tells users."""
    on_call = any(knows(email) for email in stand_ins)
    for customer in customers:
        people = [email for email in (customer.csm, customer.backup) if email]
        if on_call or customer.paused or any(knows(email) for email in people):
            continue
        names = " or ".join((*people, *stand_ins)) or "named for them"
        yield Problem(
            f"{PEOPLE}/{customer.key}",
            "no_owner",
            f"The tickets of {customer.name} have no owner: HubSpot has no active user {names}; "
            'name an active one as its manager or backup, or under "people" in service.yaml.',
        )


def scopes(places: Iterable[Place], identity: str, *, part: str = SCOPE) -> frozenset[str]:
    """Return every scope that ``problems`` (and, for records, ``unowned``) may speak of."""
    places = tuple(places)
    names = {f"{part}/{name}" for name in wanted(places, identity)}
    people = {PEOPLE} if part == SCOPE else set()
    return frozenset({part, *people, *names, *(f"{part}/{place.name}" for place in places)})


def _property_problems(
    scope: str, want: Wanted, live: Mapping[str, Any] | None, *, vital: bool
) -> list[Problem]:
    fields = tuple(want.fields)
    what = f'The HubSpot ticket property "{want.name}" ({want.label})'
    if live is None:
        text = f"{what} is missing; {FIX}."
        return [Problem(scope, "property_missing", text, vital, fields)]
    if flaw := flaw_of(want, live):
        text = f"{what} cannot be used: {flaw}."
        return [Problem(scope, "property_unfit", text, vital, fields)]
    if lacking := missing_options(want, live):
        names = ", ".join(f'"{label}"' for label in lacking.values())
        text = f"{what} lacks the option {names}; {FIX} or add it in HubSpot."
        return [Problem(scope, "option_missing", text)]
    return []


def _stage_problems(scope: str, place: Place, pipeline: Mapping[str, Any] | None) -> list[Problem]:
    if pipeline is None:
        text = f'The HubSpot ticket pipeline "{place.pipeline}" is missing; {FIX}.'
        fields = tuple(b.field for b in place.bindings if b.type is FieldType.STAGE)
        return [Problem(scope, "pipeline_missing", text, fields=fields)]
    live = {fold(str(each["label"])) for each in pipeline.get("stages") or []}
    lacking = [stage.label for stage in place.stages if fold(stage.label) not in live]
    if not lacking:
        return []
    names = ", ".join(f'"{label}"' for label in lacking)
    text = (
        f'The HubSpot pipeline "{place.pipeline}" has no stage {names}; rename it back in HubSpot '
        f"or {FIX}."
    )
    return [Problem(scope, "stage_missing", text)]

"""Properties and their groups: list, get, create, patch, archive, and batches."""

from __future__ import annotations

import re
from typing import Any

from ubm_hubspot.emulator.api import Answer, Call
from ubm_hubspot.emulator.batch_api import LARGEST_BATCH, envelope
from ubm_hubspot.emulator.definitions import FIELD_TYPES, TYPES, Definition
from ubm_hubspot.emulator.portal import Group, Portal
from ubm_hubspot.emulator.refusals import Refusal, invalid, not_found

MOST_UNIQUE = 10
MOST_CUSTOM = 1_000
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def properties(call: Call, kind: str, rest: list[str]) -> Answer:
    """Answer a request below ``/crm/v3/properties/{type}``."""
    match rest:
        case []:
            return _list(call, kind) if call.request.method == "GET" else _create(call, kind)
        case ["groups"]:
            return _groups(call, kind)
        case ["groups", name]:
            return _group(call, kind, name)
        case ["batch", action]:
            return _batch(call, kind, action)
        case [name]:
            return _one(call, kind, name)
        case _:
            raise not_found()


def _list(call: Call, kind: str) -> Answer:
    portal = call.portal
    if call.flag("archived"):
        shown = list(portal.archived_definitions[kind].values())
    else:
        shown = [one for one in portal.definitions[kind].values() if _readable(portal, one)]
    return 200, {"results": [one.as_json() for one in shown]}


def _readable(portal: Portal, definition: Definition) -> bool:
    delay = portal.switches.property_delay
    return not delay or definition.created + delay * 1000 <= portal.now()


def _create(call: Call, kind: str) -> Answer:
    return 201, create_property(call.portal, kind, call.json()).as_json()


def create_property(portal: Portal, kind: str, body: dict[str, Any]) -> Definition:
    """Create a property, or bring an archived one of that name back; raises Refusal."""
    name = body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(f"{name!r} is not a valid property name: it must be lower case.")
    if name in portal.definitions[kind]:
        raise Refusal(
            409,
            "OBJECT_ALREADY_EXISTS",
            f"A property named '{name}' already exists.",
            sub_category="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"propertyName": [name]},
        )
    portal.archived_definitions[kind].pop(name, None)
    definition = _from_body(portal, kind, name, body)
    portal.definitions[kind][name] = definition
    return definition


def _from_body(portal: Portal, kind: str, name: str, body: dict[str, Any]) -> Definition:
    for needed in ("label", "type", "fieldType", "groupName"):
        if not body.get(needed):
            raise invalid(f"Some required fields were not set: [{needed}]")
    _check_types(body["type"], body["fieldType"])
    if body["groupName"] not in portal.groups[kind]:
        raise invalid(f"The group {body['groupName']} does not exist.")
    if body["type"] == "enumeration" and body.get("externalOptions") is not True:
        _check_options(body.get("options"))
    unique = bool(body.get("hasUniqueValue"))
    if unique and len(portal.unique_names(kind)) >= MOST_UNIQUE:
        raise invalid(f"An object takes at most {MOST_UNIQUE} unique properties.")
    custom = sum(not one.defined_by_vendor for one in portal.definitions[kind].values())
    if custom >= MOST_CUSTOM:
        raise invalid(f"An object takes at most {MOST_CUSTOM} custom properties.")
    now = portal.stamp()
    return Definition(
        name=name,
        label=str(body["label"]),
        type=body["type"],
        field_type=body["fieldType"],
        group=body["groupName"],
        description=body.get("description") or "",
        options=_with_booleans(body),
        unique=unique,
        external_options=bool(body.get("externalOptions")),
        hidden=bool(body.get("hidden")),
        form_field=bool(body.get("formField")),
        display_order=body.get("displayOrder", -1),
        created=now,
        updated=now,
    )


def _with_booleans(body: dict[str, Any]) -> list[dict[str, Any]]:
    options = list(body.get("options") or [])
    if body["type"] == "bool" and not options:
        return [{"value": "true", "label": "Yes"}, {"value": "false", "label": "No"}]
    return options


def _check_types(type_: object, field_type: object) -> None:
    if type_ not in TYPES:
        raise invalid(f"{type_} is not a property type.")
    if field_type not in FIELD_TYPES:
        raise invalid(f"{field_type} is not a field type.")


def _check_options(options: object) -> None:
    if not isinstance(options, list):
        raise invalid("An enumeration needs options.")
    values = [one.get("value") for one in options]
    if any(not value or not one.get("label") for value, one in zip(values, options, strict=True)):
        raise invalid("Each option needs a label and a value.")
    labels = [one["label"] for one in options]
    if len(set(values)) < len(values) or len(set(labels)) < len(labels):
        raise invalid("Option labels and values must be unique.")


def _one(call: Call, kind: str, name: str) -> Answer:
    portal = call.portal
    if call.request.method == "GET" and call.flag("archived"):
        archived = portal.archived_definitions[kind].get(name)
        if archived is None:
            raise _unknown(name)
        return 200, archived.as_json()
    definition = portal.definitions[kind].get(name)
    if definition is None or not _readable(portal, definition):
        raise _unknown(name)
    if call.request.method == "PATCH":
        change_property(portal, kind, definition, call.json())
    elif call.request.method == "DELETE":
        archive_property(portal, kind, name)
        return 204, None
    return 200, definition.as_json()


def _unknown(name: str) -> Refusal:
    message = f"Property {name} does not exist"
    detail = {"message": message, "code": "PROPERTY_DOESNT_EXIST", "in": "propertyName"}
    return Refusal(404, "OBJECT_NOT_FOUND", message, errors=[detail])


def change_property(
    portal: Portal, kind: str, definition: Definition, body: dict[str, Any]
) -> None:
    """Patch a property: ``options`` replaces the whole list; raises Refusal."""
    if "type" in body or "fieldType" in body:
        _check_types(
            body.get("type", definition.type), body.get("fieldType", definition.field_type)
        )
    if body.get("groupName") and body["groupName"] not in portal.groups[kind]:
        raise invalid(f"The group {body['groupName']} does not exist.")
    if body.get("options") is not None:
        _check_options(body["options"])
        definition.set_options(body["options"])
    definition.label = body.get("label") or definition.label
    definition.type = body.get("type") or definition.type
    definition.field_type = body.get("fieldType") or definition.field_type
    definition.group = body.get("groupName") or definition.group
    if body.get("description") is not None:
        definition.description = body["description"]
    definition.hidden = bool(body.get("hidden", definition.hidden))
    definition.form_field = bool(body.get("formField", definition.form_field))
    definition.display_order = body.get("displayOrder", definition.display_order)
    definition.updated = portal.stamp()


def archive_property(portal: Portal, kind: str, name: str) -> None:
    """Archive a property of the portal's own; raises Refusal."""
    definition = portal.definitions[kind].get(name)
    if definition is None:
        raise _unknown(name)
    if definition.defined_by_vendor:
        raise invalid(f"{name} is a standard property and cannot be archived.")
    definition.archived_at = portal.stamp()
    portal.archived_definitions[kind][name] = portal.definitions[kind].pop(name)


def _groups(call: Call, kind: str) -> Answer:
    groups = call.portal.groups[kind]
    if call.request.method == "GET":
        return 200, {"results": [group.as_json() for group in groups.values()]}
    body = call.json()
    name = body.get("name")
    if not isinstance(name, str) or not name or not body.get("label"):
        raise invalid("Some required fields were not set: [name, label]")
    if name in groups:
        raise Refusal(
            409,
            "OBJECT_ALREADY_EXISTS",
            f"A property group named '{name}' already exists.",
            sub_category="PropertyGroups.GROUP_WITH_NAME_EXISTS",
        )
    groups[name] = Group(name, body["label"], body.get("displayOrder", -1))
    call.portal.changes += 1
    return 201, groups[name].as_json()


def _group(call: Call, kind: str, name: str) -> Answer:
    portal = call.portal
    group = portal.groups[kind].get(name)
    if group is None:
        raise not_found(f"Property group {name} does not exist")
    if call.request.method == "PATCH":
        body = call.json()
        group.label = body.get("label") or group.label
        group.display_order = body.get("displayOrder", group.display_order)
        portal.changes += 1
    elif call.request.method == "DELETE":
        if any(one.group == name for one in portal.definitions[kind].values()):
            raise Refusal(
                400,
                "VALIDATION_ERROR",
                f"The group {name} still has properties.",
                sub_category="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
            )
        del portal.groups[kind][name]
        portal.changes += 1
        return 204, None
    return 200, group.as_json()


def _batch(call: Call, kind: str, action: str) -> Answer:
    portal = call.portal
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for one in call.inputs(LARGEST_BATCH):
        name = str(one.get("name"))
        try:
            if action == "create":
                results.append(create_property(portal, kind, one).as_json())
            elif action == "archive":
                archive_property(portal, kind, name)
            else:
                known = portal.definitions[kind].get(name)
                if known is None or not _readable(portal, known):
                    raise _unknown(name)
                results.append(known.as_json())
        except Refusal as refusal:
            errors.append(refusal.item({"propertyName": [name]}))
    if action == "archive":
        return 204, None
    return envelope(call, results, errors, 201 if action == "create" else 200)

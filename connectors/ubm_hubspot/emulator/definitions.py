"""Properties as defined in a portal, and what each accepts as a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ubm_hubspot.emulator.instants import iso, parse_date, parse_instant
from ubm_hubspot.emulator.refusals import Flaw

TYPES = ("bool", "date", "datetime", "enumeration", "number", "phone_number", "string")
FIELD_TYPES = (
    "booleancheckbox",
    "calculation_equation",
    "checkbox",
    "date",
    "file",
    "html",
    "number",
    "phonenumber",
    "radio",
    "select",
    "text",
    "textarea",
)
LONGEST_TEXT = 65_536  # characters
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(slots=True)
class Definition:
    """One property of one object type; instants in milliseconds."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group: str = "ticketinformation"
    description: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    calculated: bool = False
    external_options: bool = False
    hidden: bool = False
    form_field: bool = False
    display_order: int = -1
    defined_by_vendor: bool = False
    created: int = 0
    updated: int = 0
    archived_at: int = 0
    allowed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.set_options(self.options)

    def set_options(self, options: Iterable[dict[str, Any]]) -> None:
        """Replace the whole list of options."""
        self.options = [
            {
                "label": str(option.get("label", option["value"])),
                "value": str(option["value"]),
                "description": option.get("description") or "",
                "displayOrder": option.get("displayOrder", position),
                "hidden": bool(option.get("hidden", False)),
            }
            for position, option in enumerate(options)
        ]
        self.allowed = {option["value"]: option["value"] for option in self.options}

    def as_json(self) -> dict[str, Any]:
        """Return the property as the API shows it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": self.options,
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.defined_by_vendor,
            "modificationMetadata": {
                "archivable": not self.defined_by_vendor,
                "readOnlyDefinition": self.defined_by_vendor,
                "readOnlyOptions": self.defined_by_vendor and not self.options,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
            "archived": bool(self.archived_at),
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
        }
        if self.archived_at:
            shown["archivedAt"] = iso(self.archived_at)
        return shown


class BadValue(ValueError):
    """A value a property does not accept; carries the flaw."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


def accept(definition: Definition, text: str, before: str = "") -> str:
    """Return ``text`` as it is stored for ``definition``; raises BadValue.

    ``before`` is the value so far: HubSpot lets a leading ``;`` append to a multi-checkbox.
    """
    match definition.type:
        case "string" | "phone_number":
            if len(text) > LONGEST_TEXT:
                raise _bad(definition, "INVALID_LENGTH", f"{definition.name} is too long.")
            return text
        case "enumeration" | "bool":
            return _option(definition, text, before)
        case "number":
            if not _NUMBER.fullmatch(text):
                raise _bad(definition, "INVALID_LONG", f"{text} was not a valid number.")
            return text
        case "date":
            return _date(definition, text)
        case _:
            try:
                return iso(parse_instant(text))
            except (ValueError, OverflowError):
                raise _bad(definition, "INVALID_DATE", f"{text} was not a valid date.") from None


def _date(definition: Definition, text: str) -> str:
    try:
        return parse_date(text)
    except (ValueError, OverflowError):
        message = f"{text} is not a valid date: it must be midnight UTC or YYYY-MM-DD."
        raise _bad(definition, "INVALID_DATE", message) from None


def _option(definition: Definition, text: str, before: str) -> str:
    allowed = definition.allowed
    known = allowed.get(text)
    if known is not None:
        return known
    if definition.external_options:
        return text
    if definition.type == "bool":
        if text.lower() in {"true", "false"}:
            return text.lower()
    elif definition.field_type == "checkbox":
        wanted = text.split(";")
        if text.startswith(";"):
            wanted = before.split(";") + wanted
        chosen = [value for value in dict.fromkeys(wanted) if value]
        if all(value in allowed for value in chosen):
            return ";".join(chosen)
    listed = ", ".join(f'label: "{o["label"]}"\nvalue: "{o["value"]}"' for o in definition.options)
    raise _bad(
        definition, "INVALID_OPTION", f"{text} was not one of the allowed options: [{listed}]"
    )


def _bad(definition: Definition, code: str, message: str) -> BadValue:
    return BadValue(Flaw(definition.name, code, message))

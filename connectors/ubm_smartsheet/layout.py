"""What a sheet's columns should be, and the requests that make them so. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ubm_smartsheet.columns import (
    SYSTEM_TYPES,
    Column,
    expected_options,
    reads_as_text,
    type_of,
    wanted_type,
)
from ubm_smartsheet.traits import DROPDOWNS, LONGEST_DESCRIPTION, is_restricted
from ubm_sync.model import Binding

_SYSTEM_BASE = {
    "AUTO_NUMBER": "TEXT_NUMBER",
    "CREATED_BY": "CONTACT_LIST",
    "MODIFIED_BY": "CONTACT_LIST",
    "CREATED_DATE": "DATETIME",
    "MODIFIED_DATE": "DATETIME",
}
_PREFERRED_PRIMARY = "location_name"


class Change(NamedTuple):
    """One change to an existing column: the request's body and its description for people."""

    column: Column
    body: dict[str, Any]
    what: str


def primary_of(bindings: Sequence[Binding]) -> str:
    """Return the field that becomes the primary column.

    Smartsheet: exactly one primary column, of type TEXT_NUMBER; a system column cannot be it.
    Raises ValueError where no text column is bound.
    """
    fit = [one for one in bindings if wanted_type(one) == "TEXT_NUMBER" and not one.locked]
    for one in fit:
        if one.settings.get("primary") == "true":
            return one.field
    for one in fit:
        if one.field == _PREFERRED_PRIMARY:
            return one.field
    for one in [*fit, *(one for one in bindings if wanted_type(one) == "TEXT_NUMBER")]:
        return one.field
    raise ValueError("No text column is bound, and a sheet needs one as its primary column.")


def new_column(binding: Binding) -> dict[str, Any]:
    """Return the body that adds a field's column; what only a later change may set is left out."""
    kind = wanted_type(binding)
    body: dict[str, Any] = {"title": binding.external, "type": _SYSTEM_BASE.get(kind, kind)}
    if kind in SYSTEM_TYPES:
        body["systemColumnType"] = kind
    if kind == "AUTO_NUMBER":
        body["autoNumberFormat"] = {
            "prefix": binding.settings.get("prefix", ""),
            "suffix": binding.settings.get("suffix", ""),
            "fill": binding.settings.get("fill", ""),
            "startingNumber": 1,
        }
    if kind in {"PICKLIST", "MULTI_PICKLIST"}:
        body["options"] = list(expected_options(binding))
    if binding.description:
        body["description"] = binding.description[:LONGEST_DESCRIPTION]
    width = binding.settings.get("width", "")
    if width.isdigit():
        body["width"] = int(width)
    return body


def new_sheet(name: str, bindings: Sequence[Binding]) -> dict[str, Any]:
    """Return the body that creates the template sheet, columns in the order of the bindings."""
    primary = primary_of(bindings)
    columns = [
        new_column(binding) | ({"primary": True} if binding.field == primary else {})
        for binding in bindings
    ]
    return {"name": name, "columns": columns}


def changes(
    bindings: Sequence[Binding], columns: Mapping[str, Column], *, template: bool
) -> Iterator[Change]:
    """Yield what must change in existing columns; nothing of the customer's is taken away.

    Options are united (the vendor replaces the whole list). Locks, hiding and the restriction to
    listed values are put back on the service's own columns, in a template on all that ask for it.
    """
    for binding in bindings:
        column = columns.get(binding.field)
        if column is None or column.system:
            continue
        fits = type_of(column) == wanted_type(binding)
        if not fits and not reads_as_text(binding, column):
            continue
        body: dict[str, Any] = {}
        said = []
        if fits and (added := _options_to_add(binding, column)):
            # Options come with the type (1090), and unsent attributes stay as they are.
            body |= {"type": column.type, "options": [*column.options, *added]}
            said.append(f"options {', '.join(added)}")
        ours = template or binding.locked
        if binding.locked and not column.locked and not column.primary:
            body["locked"] = True
            said.append("lock")
        if ours and binding.settings.get("hidden") == "true" and not column.hidden:
            body["hidden"] = True
            said.append("hidden")
        if fits and ours and is_restricted(binding) and not column.validation:
            body["validation"] = True
            said.append("listed values only")
        if template and (text := _other_description(binding, column)):
            body["description"] = text
            said.append("description")
        if body:
            yield Change(column, body, ", ".join(said))


def _options_to_add(binding: Binding, column: Column) -> list[str]:
    if column.type not in DROPDOWNS:
        return []
    return [one for one in expected_options(binding) if one not in column.options]


def _other_description(binding: Binding, column: Column) -> str:
    text = binding.description[:LONGEST_DESCRIPTION]
    return text if text != column.description else ""


def missing(
    bindings: Sequence[Binding], columns: Mapping[str, Column]
) -> tuple[list[Binding], list[Binding]]:
    """Return the absent columns: those the service adds, and those a person must put back."""
    absent = [binding for binding in bindings if binding.field not in columns]
    ours = [one for one in absent if one.locked or wanted_type(one) in SYSTEM_TYPES]
    return ours, [one for one in absent if one not in ours]

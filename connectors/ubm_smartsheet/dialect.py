"""What a mapping may say about a column, and which fields a column can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ubm_smartsheet.columns import SYSTEM_TYPES, wanted_type
from ubm_smartsheet.settings import Settings
from ubm_sync.model import Binding, FieldType, Place
from ubm_sync.ports import Dialect

_TEXT = "TEXT_NUMBER"
_ALLOWED: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: frozenset({_TEXT, "PICKLIST", "CONTACT_LIST", "DURATION"}),
    FieldType.LONG_TEXT: frozenset({_TEXT}),
    FieldType.IDENTIFIER: frozenset({_TEXT, "PICKLIST"}),
    FieldType.CHOICE: frozenset({"PICKLIST", "MULTI_PICKLIST", _TEXT}),
    FieldType.DATE: frozenset({"DATE", "ABSTRACT_DATETIME", _TEXT}),
    FieldType.INSTANT: frozenset({_TEXT, "ABSTRACT_DATETIME", "DATETIME"}),
    FieldType.NUMBER: frozenset({_TEXT}),
    FieldType.BOOLEAN: frozenset({"CHECKBOX", "PICKLIST", _TEXT}),
    FieldType.PERSON: frozenset({"CONTACT_LIST", "MULTI_CONTACT_LIST", _TEXT}),
}
_LONGEST_TITLE = 50


class ColumnSettings(BaseModel):
    """The ``settings`` of a field that lives in a column."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    column: Literal[
        "TEXT_NUMBER", "PICKLIST", "MULTI_PICKLIST", "DATE", "DATETIME", "ABSTRACT_DATETIME",
        "CHECKBOX", "CONTACT_LIST", "MULTI_CONTACT_LIST", "DURATION", "AUTO_NUMBER", "CREATED_BY",
        "MODIFIED_BY", "CREATED_DATE", "MODIFIED_DATE",
    ] | None = None  # fmt: skip
    """The column's type; without it the one that fits the field's type."""

    restricted: Literal["true", "false"] = "false"
    """Whether only the listed values can be entered."""

    hidden: Literal["true", "false"] = "false"
    """Whether the column is hidden."""

    primary: Literal["true", "false"] = "false"
    """Whether it is the sheet's primary column; exactly one is."""

    width: str = Field(default="", pattern=r"^[0-9]{0,4}$")
    """The width in pixels."""

    prefix: str = ""
    """What a numbered column puts before the number."""

    suffix: str = ""
    """What a numbered column puts after the number."""

    fill: str = Field(default="", pattern=r"^0*$")
    """How many digits a numbered column shows at least: as many zeros."""

    link: str = ""
    """A web address the cell links to, with {} for the value."""


def objection(place: Place, binding: Binding, settings: Mapping[str, object]) -> str:
    """Return why a field cannot live in its column, "" where it can."""
    del place, settings
    if len(binding.external) > _LONGEST_TITLE:
        return f"a column's title has at most {_LONGEST_TITLE} characters; shorten it"
    if binding.type not in _ALLOWED:
        return f"a sheet cannot hold a field of type {binding.type}"
    column = wanted_type(binding)
    if column in SYSTEM_TYPES:
        return "" if not binding.writable else (
            f"a column of type {column} is filled by the sheet; add `writable: false`"
        )  # fmt: skip
    if column not in _ALLOWED[binding.type]:
        allowed = " or ".join(sorted(_ALLOWED[binding.type]))
        text = f"a field of type {binding.type} cannot be in a column of type {column}"
        return f"{text}; it needs {allowed}"
    return ""


DIALECT = Dialect(Settings, ColumnSettings, objection)

"""What a mapping may say about a ticket property, and which fields a property can hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ubm_hubspot.settings import Settings
from ubm_sync.model import Binding, FieldType, Place
from ubm_sync.ports import Dialect

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_STAGE = "hs_pipeline_stage"
#: Properties that HubSpot fills itself: a shared field there would be changed for ever.
_CALCULATED = frozenset(
    {
        "hs_lastmodifieddate", "createdate", "hs_object_id", "hs_createdate", "closed_date",
        "hs_pipeline", "hs_merged_object_ids", "hs_time_in_stage", "time_to_close",
        "hs_last_message_sent_at", "hs_last_message_received_at", "hs_updated_by_user_id",
        "hs_created_by_user_id", "num_notes", "notes_last_updated", "hs_num_times_contacted",
    }
)  # fmt: skip


class PropertySettings(BaseModel):
    """The ``settings`` of a field that lives in a ticket property."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    field_type: Literal[
        "text", "textarea", "select", "radio", "checkbox", "booleancheckbox", "date", "number",
        "phonenumber", "html",
    ] | None = None  # fmt: skip
    """How the property is entered; ``checkbox`` lets several options be chosen."""


def objection(place: Place, binding: Binding, settings: Mapping[str, object]) -> str:
    """Return why a field cannot live in its property, "" where it can."""
    del place, settings
    name = binding.external
    if binding.type is FieldType.LINK:
        return ""
    if not _NAME.fullmatch(name):
        return f'"{name}" is no name of a property: lower-case letters, digits and _, at most 100'
    if name in _CALCULATED and binding.writable:
        return f'"{name}" is filled by the ticket system and changes by itself; use another one'
    if (name == _STAGE) != (binding.type is FieldType.STAGE):
        return f"the property of the stage is {_STAGE}, and a field of type stage is nowhere else"
    return ""


DIALECT = Dialect(Settings, PropertySettings, objection)

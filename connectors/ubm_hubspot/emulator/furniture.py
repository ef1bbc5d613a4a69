"""What stands in every portal before anybody adds to it: object types, properties, pipelines."""

from __future__ import annotations

from typing import Any, NamedTuple

from ubm_hubspot.emulator.definitions import Definition
from ubm_hubspot.emulator.switches import Switches


class ObjectType(NamedTuple):
    """One kind of record: its path name, singular, type id, required scope and required values."""

    name: str
    singular: str
    type_id: str
    scope: str
    required: tuple[str, ...]
    shown: tuple[str, ...]  # properties of an answer when none were asked for


OBJECT_TYPES = {
    kind.name: kind
    for kind in (
        ObjectType(
            "tickets",
            "ticket",
            "0-5",
            "tickets",
            ("subject", "hs_pipeline_stage"),
            (
                "content",
                "hs_pipeline",
                "hs_pipeline_stage",
                "hs_ticket_category",
                "hs_ticket_priority",
                "subject",
            ),
        ),
        ObjectType(
            "companies", "company", "0-2", "crm.objects.companies.read", (), ("name", "domain")
        ),
        ObjectType(
            "contacts",
            "contact",
            "0-1",
            "crm.objects.contacts.read",
            (),
            ("firstname", "lastname", "email"),
        ),
        ObjectType("notes", "note", "0-46", "crm.objects.contacts.read", ("hs_timestamp",), ()),
        ObjectType("tasks", "task", "0-27", "crm.objects.contacts.read", ("hs_timestamp",), ()),
        ObjectType(
            "meetings", "meeting", "0-47", "crm.objects.contacts.read", ("hs_timestamp",), ()
        ),
        ObjectType(
            "emails",
            "email",
            "0-49",
            "sales-email-read",
            ("hs_timestamp", "hs_email_direction"),
            (),
        ),
    )
}
TYPE_NAMES = {
    alias: kind.name
    for kind in OBJECT_TYPES.values()
    for alias in (kind.name, kind.singular, kind.type_id)
}
MESSAGE_PROPERTIES = ("hs_last_message_sent_at", "hs_last_message_received_at", "last_reply_date")
SYSTEM = ("createdate", "hs_lastmodifieddate", "hs_object_id")  # in every answer
STAGE_PROPERTIES = (
    ("hs_v2_date_entered_", "datetime"),
    ("hs_v2_date_exited_", "datetime"),
    ("hs_v2_cumulative_time_in_", "number"),
    ("hs_v2_latest_time_in_", "number"),
)
OLD_STAGE_PROPERTIES = (
    ("hs_date_entered_", "datetime"),
    ("hs_date_exited_", "datetime"),
    ("hs_time_in_", "number"),
)

_GROUPS = {"tickets": "ticketinformation", "companies": "companyinformation"}

# name: (type, field type, options, flags); flags: r read-only, c calculated, u unique, x external
_EVERYWHERE: dict[str, tuple[str, str, str, str]] = {
    "createdate": ("datetime", "date", "", "r"),
    "hs_createdate": ("datetime", "date", "", "r"),
    "hs_lastmodifieddate": ("datetime", "date", "", "r"),
    "hs_object_id": ("number", "number", "", "ru"),
    "hs_merged_object_ids": ("enumeration", "checkbox", "", "rx"),
    "hs_object_source": ("string", "text", "", "r"),
    "hs_object_source_id": ("string", "text", "", "r"),
    "hs_object_source_label": ("string", "text", "", "r"),
    "hs_unique_creation_key": ("string", "text", "", "ru"),
    "hs_created_by_user_id": ("number", "number", "", "r"),
    "hs_updated_by_user_id": ("number", "number", "", "r"),
    "hubspot_owner_id": ("enumeration", "select", "", "x"),
    "hubspot_owner_assigneddate": ("datetime", "date", "", "r"),
}
_ACTIVITY = {
    "hs_timestamp": ("datetime", "date", "", ""),
    "hs_attachment_ids": ("string", "text", "", ""),
}
_OWN: dict[str, dict[str, tuple[str, str, str, str]]] = {
    "tickets": {
        "subject": ("string", "text", "", ""),
        "content": ("string", "textarea", "", ""),
        "hs_pipeline": ("enumeration", "select", "", "x"),
        "hs_pipeline_stage": ("enumeration", "select", "", "x"),
        "hs_ticket_priority": ("enumeration", "select", "LOW MEDIUM HIGH URGENT", ""),
        "hs_ticket_category": (
            "enumeration",
            "checkbox",
            "PRODUCT_ISSUE BILLING_ISSUE FEATURE_REQUEST GENERAL_INQUIRY",
            "",
        ),
        "hs_resolution": (
            "enumeration",
            "select",
            "ISSUE_FIXED FEATURE_REQUEST_TRACKED REFUND_APPLIED SENT_KNOWLEDGE_DOCUMENT_LINK",
            "",
        ),
        "source_type": ("enumeration", "select", "CHAT EMAIL FORM PHONE", ""),
        "closed_date": ("datetime", "date", "", ""),
        "hs_last_closed_date": ("datetime", "date", "", "r"),
        "hs_ticket_reopened_at": ("datetime", "date", "", "r"),
        "time_to_close": ("number", "calculation_equation", "", "rc"),
        "hs_ticket_id": ("number", "number", "", "r"),
        "hs_external_object_ids": ("string", "text", "", "u"),
        "hs_primary_company_id": ("number", "number", "", "rc"),
        "hs_pinned_engagement_id": ("number", "number", "", ""),
        "hs_last_message_sent_at": ("datetime", "date", "", "r"),
        "hs_last_message_received_at": ("datetime", "date", "", "r"),
        "last_reply_date": ("datetime", "date", "", "r"),
    },
    "companies": dict.fromkeys(
        ("name", "domain", "phone", "address", "city", "state", "zip", "country"),
        ("string", "text", "", ""),
    )
    | {"description": ("string", "textarea", "", "")},
    "contacts": dict.fromkeys(
        ("firstname", "lastname", "phone", "company"), ("string", "text", "", "")
    )
    | {"email": ("string", "text", "", "u"), "lastmodifieddate": ("datetime", "date", "", "r")},
    "notes": _ACTIVITY | {"hs_note_body": ("string", "html", "", "")},
    "tasks": _ACTIVITY
    | {
        "hs_task_subject": ("string", "text", "", ""),
        "hs_task_body": ("string", "html", "", ""),
        "hs_task_status": (
            "enumeration",
            "select",
            "NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED",
            "",
        ),
        "hs_task_priority": ("enumeration", "select", "NONE LOW MEDIUM HIGH", ""),
        "hs_task_type": ("enumeration", "select", "TODO CALL EMAIL", ""),
        "hs_task_reminders": ("string", "text", "", ""),
    },
    "meetings": _ACTIVITY
    | {
        "hs_meeting_title": ("string", "text", "", ""),
        "hs_meeting_body": ("string", "html", "", ""),
        "hs_meeting_start_time": ("datetime", "date", "", ""),
        "hs_meeting_end_time": ("datetime", "date", "", ""),
        "hs_meeting_outcome": (
            "enumeration",
            "select",
            "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
            "",
        ),
    },
    "emails": _ACTIVITY
    | dict.fromkeys(
        ("hs_email_subject", "hs_email_headers", "hs_email_from_email", "hs_email_to_email"),
        ("string", "text", "", ""),
    )
    | {
        "hs_email_text": ("string", "textarea", "", ""),
        "hs_email_html": ("string", "html", "", ""),
        "hs_email_direction": (
            "enumeration",
            "select",
            "EMAIL INCOMING_EMAIL FORWARDED_EMAIL",
            "",
        ),
        "hs_email_status": (
            "enumeration",
            "select",
            "BOUNCED FAILED SCHEDULED SENDING SENT",
            "",
        ),
    },
}


def default_group(kind: str) -> str:
    """Return the name of the group that holds a type's standard properties."""
    return _GROUPS.get(kind, f"{kind.removesuffix('s')}information")


def standard_properties(kind: str, switches: Switches) -> dict[str, Definition]:
    """Return the properties every portal has for ``kind``."""
    rows = _EVERYWHERE | _OWN[kind]
    definitions = {name: _definition(kind, name, *row) for name, row in rows.items()}
    if kind == "tickets":
        _fit_tickets(definitions, switches)
    if kind == "tasks" and not switches.task_priority_none:
        _drop_option(definitions["hs_task_priority"], "NONE")
    return definitions


def _fit_tickets(definitions: dict[str, Definition], switches: Switches) -> None:
    if not switches.urgent_priority:
        _drop_option(definitions["hs_ticket_priority"], "URGENT")
    definitions["hs_unique_creation_key"].read_only = not switches.unique_creation_key_writable
    if not switches.message_properties:
        for name in MESSAGE_PROPERTIES:
            del definitions[name]
    if switches.ticket_is_closed:
        definitions["hs_is_closed"] = _definition(
            "tickets", "hs_is_closed", "bool", "booleancheckbox", "true false", "rc"
        )


def _drop_option(definition: Definition, value: str) -> None:
    definition.set_options([option for option in definition.options if option["value"] != value])


def _definition(
    kind: str, name: str, type_: str, field_type: str, options: str, flags: str
) -> Definition:
    return Definition(
        name=name,
        label=name.removeprefix("hs_").replace("_", " ").capitalize(),
        type=type_,
        field_type=field_type,
        group=default_group(kind),
        options=[
            {"value": value, "label": value.replace("_", " ").capitalize()}
            for value in options.split()
        ],
        unique="u" in flags,
        read_only="r" in flags,
        calculated="c" in flags,
        external_options="x" in flags,
        defined_by_vendor=True,
    )


def stage_properties(kind: str, stage: str, label: str, *, old: bool) -> list[Definition]:
    """Return the calculated properties that come and go with a stage."""
    rows = STAGE_PROPERTIES + (OLD_STAGE_PROPERTIES if old else ())
    return [
        Definition(
            name=f"{prefix}{stage}",
            label=f"{prefix.removeprefix('hs_').replace('_', ' ').strip().capitalize()} ({label})",
            type=type_,
            field_type="calculation_equation",
            group=default_group(kind),
            read_only=True,
            calculated=True,
            defined_by_vendor=True,
        )
        for prefix, type_ in rows
    ]


DEFAULT_STAGES: tuple[tuple[str, str, str], ...] = (
    ("1", "New", "OPEN"),
    ("2", "Waiting on contact", "OPEN"),
    ("3", "Waiting on us", "OPEN"),
    ("4", "Closed", "CLOSED"),
)


def stage_metadata(given: dict[str, Any] | None) -> dict[str, str]:
    """Return a stage's metadata as HubSpot keeps it: both values are text."""
    given = given or {}
    closed = str(given.get("isClosed", "false")).lower() == "true"
    state = str(given.get("ticketState") or ("CLOSED" if closed else "OPEN")).upper()
    return {"ticketState": state, "isClosed": "true" if state == "CLOSED" else "false"}

"""Columns, bindings and rows for the tests of the pure parts."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.columns import Column, bindings_of
from ubm_smartsheet.decode import RowDecoder
from ubm_sync.model import Binding, FieldType, Observation, Place

BINDINGS = (
    Binding("number", "Request #", FieldType.IDENTIFIER, locked=True, writable=False,
            settings={"column": "AUTO_NUMBER", "prefix": "LOC-", "fill": "00000"}),
    Binding("kind", "Request Type", FieldType.CHOICE, choices=("add", "close"),
            encode={"add": "Add location", "close": "Close"},
            decode={"Add location": "add", "Close": "close"},
            settings={"column": "PICKLIST", "restricted": "true"}),
    Binding("location_name", "Location Name"),
    Binding("account_number", "Account Number", FieldType.IDENTIFIER),
    Binding("start", "Service Start", FieldType.DATE),
    Binding("online", "Online", FieldType.BOOLEAN),
    Binding("amount", "Amount", FieldType.NUMBER),
    Binding("csm", "CSM", FieldType.PERSON),
    Binding("tags", "Tags", settings={"column": "MULTI_PICKLIST"}),
    Binding("notes", "Notes", FieldType.LONG_TEXT),
    Binding("sync_status", "Sync Status", FieldType.CHOICE, choices=("Draft", "Active"),
            locked=True),
    Binding("ticket", "Ticket", FieldType.IDENTIFIER, shape="#{}", locked=True,
            settings={"link": "https://tickets.example/{}"}),
)  # fmt: skip
PLACE = Place("row", "location", "smartsheet", "", BINDINGS)
ALL = bindings_of(PLACE, "UBM Sync ID")
TYPES = {
    "kind": "PICKLIST",
    "start": "DATE",
    "online": "CHECKBOX",
    "csm": "CONTACT_LIST",
    "tags": "MULTI_PICKLIST",
    "sync_status": "PICKLIST",
}
LOCKED = {"number", "sync_status", "ticket", "sync_id"}


def live(**changes: dict[str, Any]) -> dict[str, Column]:
    """Return a sheet's columns by field, ids from 101 on; ``changes`` replace attributes."""
    columns = {}
    for position, binding in enumerate(ALL):
        name = binding.field
        column = Column(
            101 + position,
            binding.external,
            TYPES.get(name, "TEXT_NUMBER"),
            system="AUTO_NUMBER" if name == "number" else "",
            locked=name in LOCKED,
            hidden=name == "sync_id",
            validation=name == "kind",
            options=tuple(binding.encode.get(one, one) for one in binding.choices),
        )
        columns[name] = column._replace(**changes.get(name, {}))
    return columns


def decoded(
    *,
    keep_blank: bool = False,
    row: dict[str, Any] | None = None,
    columns: dict[str, Column] | None = None,
    **cells: Any,
) -> Observation | None:
    """Return a row decoded from cells given by field: a value, or a dict with all attributes."""
    columns = columns or live()
    decoder = RowDecoder("row", "7", ALL, columns, key_is_value=False)
    body = {
        "id": 555,
        "createdAt": "2026-11-01T08:00:00Z",
        "modifiedAt": "2026-11-21T15:04:05Z",
        "cells": [
            {"columnId": columns[name].id}
            | (cell if isinstance(cell, dict) else {"value": cell, "displayValue": str(cell)})
            for name, cell in cells.items()
        ],
    }
    return decoder.row(body | (row or {}), keep_blank=keep_blank)

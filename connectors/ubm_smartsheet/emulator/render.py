"""Sheets, columns, rows and cells as the vendor writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from ubm_smartsheet.emulator.model import Cell, Column, Level, Rich, Row, Sheet, User
from ubm_smartsheet.emulator.placement import sibling_before

#: The API level from which a type is shown as itself; below it reads as text.
LEVELS = {"MULTI_CONTACT_LIST": 1, "MULTI_PICKLIST": 2}
TEXT_TYPES = frozenset({"TEXT_NUMBER", "PICKLIST"})
SILENT_TYPES = frozenset({"CHECKBOX", "DATE", "DATETIME"})
SYSTEM_TIMES = {"CREATED_DATE", "MODIFIED_DATE"}
SYSTEM_PEOPLE = {"CREATED_BY", "MODIFIED_BY"}


@dataclass(frozen=True, slots=True)
class View:
    """What a reader asked for; equal views share the cached bytes of a row."""

    layout: int
    level: int = 0
    objects: bool = False
    writers: bool = False
    skip_empty: bool = False
    floats: bool = False
    columns: tuple[int, ...] | None = None


@lru_cache(maxsize=4096)
def stamp(seconds: int) -> str:
    """Return whole seconds since 1970 as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_date(text: object) -> bool:
    """Tell whether a value of a date column is a date; such a cell may hold any text."""
    if not isinstance(text, str) or len(text) != 10 or text[4] != "-" or text[7] != "-":  # noqa: PLR2004 - YYYY-MM-DD
        return False
    return text[:4].isdigit() and text[5:7].isdigit() and text[8:].isdigit()


def number_text(number: float) -> str:
    """Return a number as the sheet shows it."""
    return str(int(number)) if number == int(number) else repr(round(number, 10))


def shown(column: Column, cell: Cell | None, people: dict[int, User], row: Row) -> str:
    """Return what a person sees in a cell."""
    if column.system in SYSTEM_TIMES:
        return stamp(row.created_at if column.system == "CREATED_DATE" else row.modified_at)
    if column.system in SYSTEM_PEOPLE:
        return people[row.created_by if column.system == "CREATED_BY" else row.modified_by].email
    if isinstance(cell, Rich):
        return cell.display if cell.display is not None else plain_text(cell.value)
    return plain_text(cell)


def plain_text(value: str | float | bool | None) -> str:
    """Return a plain value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(value)


def cell_json(
    column: Column, cell: Cell | None, view: View, row: Row, people: dict[int, User]
) -> dict[str, Any]:
    """Return one cell; an empty one is its column id only."""
    body: dict[str, Any] = {"columnId": column.id}
    if column.system in SYSTEM_TIMES | SYSTEM_PEOPLE:
        return body | _system_cell(column, view, row, people)
    if cell is None:
        return body
    if isinstance(cell, Rich):
        return body | _rich_cell(column, cell, view)
    value = body["value"] = _number(cell, view)
    if view.objects:
        body["objectValue"] = _plain_object(column, value)
    if not (column.type in SILENT_TYPES and _fits(column, value)):
        body["displayValue"] = plain_text(value)
    return body


def _number(value: Any, view: View) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and view.floats else value


def _fits(column: Column, value: object) -> bool:
    return isinstance(value, bool) if column.type == "CHECKBOX" else is_date(value)


def _plain_object(column: Column, value: Any) -> Any:
    if column.type == "DATE" and is_date(value):
        return {"objectType": "DATE", "value": value}
    if column.type in {"ABSTRACT_DATETIME", "DATETIME"} and isinstance(value, str):
        return {"objectType": column.type, "value": value}
    if column.type == "CONTACT_LIST":
        return {"objectType": "CONTACT", "name": value}
    return value


def _system_cell(column: Column, view: View, row: Row, people: dict[int, User]) -> dict[str, Any]:
    created = str(column.system).startswith("CREATED")
    if column.system in SYSTEM_TIMES:
        time = stamp(row.created_at if created else row.modified_at)
        object_value: dict[str, Any] = {"objectType": "DATETIME", "value": time}
        return {"value": time} | ({"objectValue": object_value} if view.objects else {})
    user = people[row.created_by if created else row.modified_by]
    object_value = {"objectType": "CONTACT", "email": user.email, "name": user.name}
    objects = {"objectValue": object_value} if view.objects else {}
    return {"value": user.email, **objects, "displayValue": user.name}


def _rich_cell(column: Column, cell: Rich, view: View) -> dict[str, Any]:
    body: dict[str, Any] = {}
    multiple = column.type in LEVELS
    as_itself = LEVELS.get(column.type, 0) <= view.level
    if cell.value is not None and not (multiple and as_itself):
        body["value"] = _number(cell.value, view)
    elif multiple and not as_itself:
        body["value"] = cell.display
    if view.objects and (cell.object is not None or cell.value is not None):
        body["objectValue"] = cell.object if cell.object and as_itself else body.get("value")
    if cell.display is not None:
        body["displayValue"] = cell.display
    elif cell.value is not None and not (column.type in SILENT_TYPES and _fits(column, cell.value)):
        body["displayValue"] = plain_text(cell.value)
    extras = (
        ("formula", cell.formula),
        ("hyperlink", cell.hyperlink),
        ("linkInFromCell", cell.link),
        ("format", cell.format),
    )
    return body | {name: extra for name, extra in extras if extra is not None}


def chosen(sheet: Sheet, view: View) -> list[Column]:
    """Return the columns of a view in the sheet's order."""
    if view.columns is None:
        return sheet.columns
    return [column for column in sheet.columns if column.id in view.columns]


def tail(row: Row, columns: Sequence[Column], view: View, people: dict[int, User]) -> bytes:
    """Return a row as JSON from ``createdAt`` on; its place in the sheet comes before."""
    pieces = [_cells(row, columns, view, people)]
    if view.writers:
        pieces += [
            b',"createdBy":' + orjson.dumps(person(people[row.created_by])),
            b',"modifiedBy":' + orjson.dumps(person(people[row.modified_by])),
        ]
    if row.format:
        pieces.append(b',"format":' + orjson.dumps(row.format))
    head = f'"createdAt":"{stamp(row.created_at)}","modifiedAt":"{stamp(row.modified_at)}",'
    return b'%b"cells":[%b}' % (head.encode(), b"".join(pieces))


def _cells(row: Row, columns: Sequence[Column], view: View, people: dict[int, User]) -> bytes:
    # Plain text is nearly every cell of a sheet: it is written without a dict in between.
    parts: list[bytes] = []
    get = row.cells.get
    dumps = orjson.dumps
    for column in columns:
        cell = get(column.id)
        if type(cell) is str and column.type in TEXT_TYPES:
            text = dumps(cell)
            objects = b',"objectValue":' + text if view.objects else b""
            parts.append(
                b'{"columnId":%d,"value":%b%b,"displayValue":%b}' % (column.id, text, objects, text)
            )
        elif cell is None and column.system is None:
            if not view.skip_empty:
                parts.append(b'{"columnId":%d}' % column.id)
        else:
            parts.append(dumps(cell_json(column, cell, view, row, people)))
    return b",".join(parts) + b"]"


def head(sheet: Sheet, row: Row, level: Level) -> bytes:
    """Return a row as JSON up to ``createdAt``: what depends on its place and its reader."""
    before = sibling_before(sheet, row)
    parts = [f'{{"id":{row.id},"rowNumber":{row.number}']
    if row.parent is not None:
        parts.append(f'"parentId":{row.parent}')
    if before is not None:
        parts.append(f'"siblingId":{before.id}')
    parts.append(f'"expanded":{"true" if row.expanded else "false"}')
    if row.locked:
        parts.append(f'"locked":true,"lockedForUser":{"false" if level >= Level.ADMIN else "true"}')
    return (",".join(parts) + ",").encode()


def rows_json(
    sheet: Sheet,
    rows: Sequence[Row],
    view: View,
    level: Level,
    people: dict[int, User],
    below: Mapping[int, bytes],
) -> bytes:
    """Return rows as a JSON array; unchanged rows come from their cached bytes.

    ``below`` holds by row id what hangs below a row, as JSON after a comma.
    """
    columns = chosen(sheet, view)
    parts: list[bytes] = []
    for row in rows:
        if row.tail is None or row.view != view:
            row.tail = tail(row, columns, view, people)
            row.view = view
        whole = head(sheet, row, level) + row.tail
        parts.append(whole[:-1] + below[row.id] + b"}" if row.id in below else whole)
    return b"[" + b",".join(parts) + b"]"


def column_json(column: Column, index: int, level: Level, api_level: int) -> dict[str, Any]:
    """Return a column; types above the reader's API level read as TEXT_NUMBER."""
    needed = LEVELS.get(column.type, 0)
    body: dict[str, Any] = {
        "id": column.id,
        "version": needed if needed <= api_level else 0,
        "index": index,
        "title": column.title,
        "type": column.type if needed <= api_level else "TEXT_NUMBER",
        "validation": column.validation,
        "width": column.width,
    }
    present = (
        ("primary", column.primary),
        ("options", column.options),
        ("contactOptions", column.contacts),
        ("symbol", column.symbol),
        ("systemColumnType", column.system),
        ("autoNumberFormat", column.auto),
        ("formula", column.formula),
        ("description", column.description),
        ("hidden", column.hidden),
    )
    body |= {name: value for name, value in present if value}
    if column.locked:
        body |= {"locked": True, "lockedForUser": level < Level.ADMIN}
    return body


def person(user: User) -> dict[str, str]:
    """Return who wrote something."""
    return {"name": user.name, "email": user.email}

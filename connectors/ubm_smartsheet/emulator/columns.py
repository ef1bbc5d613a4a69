"""Columns: adding, changing and deleting them by the vendor's rules."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.emulator.cells import converted
from ubm_smartsheet.emulator.errors import Refused, unexpected
from ubm_smartsheet.emulator.model import Column, Ids, Sheet
from ubm_smartsheet.emulator.switches import Switches

TYPES = frozenset(
    {
        "TEXT_NUMBER",
        "DATE",
        "DATETIME",
        "ABSTRACT_DATETIME",
        "CONTACT_LIST",
        "CHECKBOX",
        "PICKLIST",
        "DURATION",
        "PREDECESSOR",
        "MULTI_CONTACT_LIST",
        "MULTI_PICKLIST",
    }
)
#: A system column has exactly one type.
SYSTEM_TYPES = {
    "AUTO_NUMBER": "TEXT_NUMBER",
    "CREATED_BY": "CONTACT_LIST",
    "MODIFIED_BY": "CONTACT_LIST",
    "CREATED_DATE": "DATETIME",
    "MODIFIED_DATE": "DATETIME",
}
OPTION_TYPES = frozenset({"PICKLIST", "MULTI_PICKLIST"})
#: Attributes of a column as sent -> as stored.
ATTRIBUTES = {
    "title": "title",
    "type": "type",
    "options": "options",
    "symbol": "symbol",
    "systemColumnType": "system",
    "autoNumberFormat": "auto",
    "formula": "formula",
    "description": "description",
    "hidden": "hidden",
    "locked": "locked",
    "validation": "validation",
    "width": "width",
    "contactOptions": "contacts",
    "primary": "primary",
}
#: What each attribute is, as JSON; null stands for "none".
KINDS: dict[str, type] = {
    "options": list,
    "contactOptions": list,
    "autoNumberFormat": dict,
    "hidden": bool,
    "locked": bool,
    "validation": bool,
    "primary": bool,
    "width": int,
}
#: Sent back by clients that read a column before; the vendor takes no notice of them.
IGNORED = frozenset({"id", "index", "version", "lockedForUser", "tags", "format", "filter"})
LONGEST_TITLE = 50


def made(body: Any, ids: Ids) -> Column:
    """Return a new column from a request's object."""
    if not isinstance(body, dict):
        raise Refused(1008, "a column must be an object")
    if not body.get("title"):
        raise Refused(1012, "column.title")
    if "type" not in body and not body.get("systemColumnType"):
        raise Refused(1012, "column.type")
    column = Column(ids.draw(), "")
    assign(column, body)
    return column


def assign(column: Column, body: dict[str, Any]) -> None:
    """Set the sent attributes after checking them; raises Refused 1008, 1031, 1041."""
    _check_kinds(body)
    title = body.get("title", column.title)
    if not isinstance(title, str) or not title.strip():
        raise Refused(1031, title, "column.title")
    if len(title) > LONGEST_TITLE:
        raise Refused(1041, "column.title", LONGEST_TITLE, len(title))
    system = body.get("systemColumnType", column.system)
    if system and system not in SYSTEM_TYPES:
        raise Refused(1031, system, "column.systemColumnType")
    kind = body.get("type") or (SYSTEM_TYPES[system] if system else column.type)
    if kind not in TYPES:
        raise Refused(1031, kind, "column.type")
    if system and kind != SYSTEM_TYPES[system]:
        raise Refused(1079, kind, system)
    if body.get("options") and kind not in OPTION_TYPES:
        raise Refused(1060, kind)
    for name, value in body.items():
        if name in ATTRIBUTES:
            setattr(column, ATTRIBUTES[name], _stored(name, value))
    column.type = kind


def _check_kinds(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name not in ATTRIBUTES and name not in IGNORED:
            raise Refused(1008, f'Unknown attribute "{name}" found.')
        if name in ATTRIBUTES and not isinstance(value, KINDS.get(name, str) | None):
            raise unexpected(name)
    if not all(isinstance(one, str) for one in body.get("options") or []):
        raise Refused(1031, body["options"], "column.options")
    if not all(isinstance(one, dict) for one in body.get("contactOptions") or []):
        raise unexpected("contactOptions")


def _stored(name: str, value: Any) -> Any:
    if name == "options":
        return list(dict.fromkeys(value or []))
    if name in {"hidden", "locked", "validation", "primary"}:
        return bool(value)
    if name in {"formula", "symbol", "systemColumnType", "description"}:
        return value or None
    if name == "width":
        return value or Column(0, "").width
    if name == "contactOptions":
        return list(value or [])
    return value


def check_set(columns: list[Column], switches: Switches) -> None:
    """Check the columns of a sheet together; raises Refused 1055, 1056, 1057, 1077, 1260."""
    if sum(column.primary for column in columns) != 1:
        raise Refused(1055)
    primary = next(column for column in columns if column.primary)
    if primary.type != "TEXT_NUMBER":
        raise Refused(1057)
    titles = [column.title for column in columns]
    for title in titles:
        if titles.count(title) > 1:
            raise Refused(1056)
    systems = [column.system for column in columns if column.system]
    if len(set(systems)) < len(systems):
        raise Refused(1077, max(systems, key=systems.count))
    if all(column.hidden for column in columns):
        raise Refused(1260)
    if switches.max_columns and len(columns) > switches.max_columns:
        raise Refused(
            switches.full_error, words=f"A sheet has at most {switches.max_columns} columns."
        )


def add(sheet: Sheet, bodies: list[Any], ids: Ids, switches: Switches) -> list[Column]:
    """Insert columns at their index; several must name the same one."""
    indexes = [body.get("index") for body in bodies if isinstance(body, dict)]
    if not indexes or not isinstance(index := indexes[0], int):
        raise Refused(1012, "column.index")
    for other in indexes:
        if other != index:
            raise Refused(1135, other, index)
    new = [made(body, ids) for body in bodies]
    place = max(0, min(index, len(sheet.columns)))
    together = [*sheet.columns[:place], *new, *sheet.columns[place:]]
    check_set(together, switches)
    cells = len(together) * len(sheet.order)
    if switches.max_cells and cells > switches.max_cells:
        raise Refused(switches.full_error, words="The sheet holds as many cells as it can.")
    sheet.columns = together
    sheet.layout += 1
    return new


def update(sheet: Sheet, column: Column, body: Any, switches: Switches) -> Column:
    """Change a column; a new type converts every cell and clears the restriction.

    Raises Refused 1090 where options, symbol or system type come without the type.
    """
    if not isinstance(body, dict):
        raise Refused(1008, "a column must be an object")
    if "type" not in body and {"options", "symbol", "systemColumnType"} & body.keys():
        raise Refused(1090)
    changed = Column(**{name: getattr(column, name) for name in column.__slots__})
    assign(changed, body)
    if column.primary and changed.type != column.type:
        raise Refused(1057)
    others = [other for other in sheet.columns if other is not column]
    place = body.get("index", sheet.columns.index(column))
    if not isinstance(place, int):
        raise Refused(1031, place, "column.index")
    together = [*others[:place], changed, *others[place:]]
    if changed.primary and not column.primary:
        raise Refused(1055)
    check_set(together, switches)
    if changed.type != column.type:
        changed.validation = bool(body.get("validation", False))
        _convert(sheet, changed)
    sheet.columns = together
    sheet.layout += 1
    return changed


def _convert(sheet: Sheet, column: Column) -> None:
    if column.type != "PICKLIST":
        column.options = column.options if column.type == "MULTI_PICKLIST" else []
    for row in sheet.order:
        cell = row.cells.get(column.id)
        if cell is None:
            continue
        new = converted(column, cell)
        if new is None:
            del row.cells[column.id]
        else:
            row.cells[column.id] = new


def delete(sheet: Sheet, column: Column) -> None:
    """Delete a column and its cells; raises Refused 1065 for the primary, 1260 for the last."""
    if column.primary:
        raise Refused(1065)
    left = [other for other in sheet.columns if other is not column]
    if all(other.hidden for other in left):
        raise Refused(1260)
    sheet.columns = left
    sheet.layout += 1
    for row in sheet.order:
        row.cells.pop(column.id, None)


def next_auto(sheet: Sheet, column: Column, at_year: str) -> str:
    """Return the next auto number, such as ``LOC-00142`` for prefix ``LOC-`` and fill ``00000``."""
    form = column.auto or {}
    first = form.get("startingNumber")
    number = (first if isinstance(first, int) else 1) + sheet.next_number - 1
    fill = len(str(form.get("fill") or ""))
    prefix = str(form.get("prefix") or "").replace("{YYYY}", at_year)
    suffix = str(form.get("suffix") or "").replace("{YYYY}", at_year)
    return f"{prefix}{str(number).zfill(fill)}{suffix}"

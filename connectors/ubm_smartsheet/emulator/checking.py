"""Checks of the rows of a write request, before anything changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ubm_smartsheet.emulator import cells, placement
from ubm_smartsheet.emulator.errors import Refused, unexpected
from ubm_smartsheet.emulator.model import Cell, Column, Rich, Row, Sheet
from ubm_smartsheet.emulator.state import Author, State
from ubm_smartsheet.emulator.switches import Switches

ROW_NAMES = frozenset({"id", "cells", "expanded", "format", "locked", *placement.ATTRIBUTES})
READ_ONLY = frozenset({"createdAt", "modifiedAt", "createdBy", "modifiedBy", "permalink"})
CELL_NAMES = frozenset(
    {
        "columnId",
        "value",
        "objectValue",
        "formula",
        "hyperlink",
        "linkInFromCell",
        "strict",
        "format",
        "image",
        "overrideValidation",
        "displayValue",
        "columnType",
    }
)
#: The code of a value that does not fit its type.
STRICT = 1042
CONTENTS = ("value", "objectValue", "formula", "hyperlink", "linkInFromCell", "image")


@dataclass(slots=True)
class Change:
    """One checked row of a request."""

    index: int
    cells: dict[int, Cell | None]
    body: dict[str, Any]
    row: Row | None = None


@dataclass(slots=True)
class Checker:
    """Checks the rows of one request against the sheet and its author."""

    sheet: Sheet
    author: Author
    switches: Switches
    state: State
    override: bool = False
    columns: dict[int, Column] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {column.id: column for column in self.sheet.columns}

    def change(self, index: int, body: Any, *, new: bool) -> Change:
        """Return a checked row; raises Refused with its place in the request."""
        row_id = body.get("id") if isinstance(body, dict) else None
        try:
            self._check_names(body, new=new)
            row = None if new else self._existing(row_id)
            return Change(index, self._cells(body.get("cells"), row), body, row)
        except Refused as refused:
            raise refused.at(index, row_id if isinstance(row_id, int) else None) from None

    def _check_names(self, body: Any, *, new: bool) -> None:
        if not isinstance(body, dict):
            raise Refused(1008, "a row must be an object")
        if "locked" in body and not self.author.is_admin:
            raise Refused(1004)
        if not isinstance(body.get("format"), str | None):
            raise unexpected("format")
        if body.keys() <= ROW_NAMES and not (new and "id" in body):
            return
        for name in body:
            if name in READ_ONLY:
                raise unexpected(name)
            if name not in ROW_NAMES or (new and name == "id"):
                raise Refused(1032, f"row.{name}")

    def _existing(self, row_id: object) -> Row:
        if row_id is None:
            raise Refused(1012, "row.id")
        if not isinstance(row_id, int) or isinstance(row_id, bool) or row_id <= 0:
            raise Refused(1034, row_id)
        row = self.sheet.rows.get(row_id)
        if row is None:
            raise Refused(1006)
        if row.locked and not self.author.is_admin:
            raise Refused(1050, row_id)
        return row

    def _cells(self, given: Any, row: Row | None) -> dict[int, Cell | None]:
        result: dict[int, Cell | None] = {}
        if given is None:
            return result
        if not isinstance(given, list):
            raise unexpected("cells")
        linked = 0
        for body in given:
            column = self._column(body, result)
            if body.keys() == {"columnId", "value"} and self._is_plain(column):
                result[column.id] = self._strict(column, body["value"])
            else:
                linked += bool(body.get("linkInFromCell"))
                result[column.id] = self._cell(column, body, row)
        if linked and linked != len(given):
            raise Refused(1115)
        return result

    def _is_plain(self, column: Column) -> bool:
        return not column.validation or column.type == "PICKLIST"

    def _column(self, body: Any, seen: dict[int, Cell | None]) -> Column:
        if not isinstance(body, dict):
            raise Refused(1008, "a cell must be an object")
        column_id = body.get("columnId")
        if column_id is None:
            raise Refused(1012, "cell.columnId")
        column = self.columns.get(column_id) if isinstance(column_id, int) else None
        if column is None:
            raise Refused(1036, column_id)
        if column.id in seen:
            raise Refused(1037, column_id)
        if column.system is not None:
            raise Refused(1046, column_id)
        if column.formula is not None:
            raise Refused(1302, column_id)
        if column.locked and not self.author.is_admin:
            raise Refused(1039, column_id)
        return column

    def _cell(self, column: Column, body: dict[str, Any], row: Row | None) -> Cell | None:
        unknown = body.keys() - CELL_NAMES
        if unknown:
            raise Refused(1008, f'Unknown attribute "{min(unknown)}" found.')
        for name in ("hyperlink", "linkInFromCell"):
            if not isinstance(body.get(name), dict | None):
                raise unexpected(name)
        given = [name for name in CONTENTS if name in body]
        if not given:
            raise Refused(1012, "cell.value")
        if body.get("formula") is not None:
            if given != ["formula"]:
                raise Refused(1163)
            if not str(body["formula"]).startswith("="):
                raise Refused(1162)
            return Rich(formula=str(body["formula"]))
        if body.get("linkInFromCell") is not None:
            return self._link(body, row)
        if body.get("value") is not None and body.get("objectValue") is not None:
            raise Refused(1130)
        cell = self._value(column, body)
        return self._linked_text(cell, body)

    def _strict(self, column: Column, value: Any, name: str | None = None) -> Cell | None:
        try:
            return cells.strict(column, value, name)
        except Refused as refused:
            if column.validation and self.switches.restriction_first and refused.code == STRICT:
                raise restricted(column, self.switches) from None
            raise

    def _value(self, column: Column, body: dict[str, Any]) -> Cell | None:
        strict = body.get("strict", True)
        if body.get("objectValue") is not None:
            cell = cells.from_object(column, body["objectValue"])
        elif strict:
            cell = self._strict(column, body.get("value"), body.get("displayValue"))
        else:
            cell = cells.lenient(column, body.get("value"))
        if cells.allowed(column, cell):
            return cell
        if not (self.override or body.get("overrideValidation")):
            raise restricted(column, self.switches)
        if strict:
            raise Refused(1032, "cell.overrideValidation")
        if not self.author.is_admin:
            raise Refused(1212)
        return cell

    def _link(self, body: dict[str, Any], row: Row | None) -> Rich:
        if row is None:
            raise Refused(1032, "cell.linkInFromCell")
        if body.get("hyperlink") is not None:
            raise Refused(1109)
        if body.get("value") is not None:
            raise Refused(1110)
        return linked(self.state, self.author.user, body["linkInFromCell"])

    def _linked_text(self, cell: Cell | None, body: dict[str, Any]) -> Cell | None:
        link = body.get("hyperlink")
        if not link:
            return cell
        targets = [name for name in ("url", "sheetId", "reportId") if link.get(name) is not None]
        if len(targets) != 1:
            raise Refused(1112 if "url" in targets else 1111 if targets else 1117)
        text = cell.value if isinstance(cell, Rich) else cell
        if text is not None and not isinstance(text, str):
            raise Refused(1113)
        text = text or str(link.get("url") or "")
        return Rich(value=text, display=text, hyperlink={name: link[name] for name in targets})


def linked(state: State, user: int, link: dict[str, Any]) -> Rich:
    """Return a cell that shows another sheet's cell; its status says whether it can."""
    names = ("sheetId", "rowId", "columnId")
    place = {name: link[name] for name in names if isinstance(link.get(name), int)}
    source = state.sheets.get(place.get("sheetId", 0))
    if source is None or source.level_of(user) is None:
        return Rich(link={**place, "status": "INACCESSIBLE"})
    named = {**place, "sheetName": source.name}
    row = source.rows.get(place.get("rowId", 0))
    if row is None or source.column(place.get("columnId", 0)) is None:
        return Rich(link={**named, "status": "BROKEN"})
    cell = row.cells.get(place["columnId"])
    shown = {**named, "status": "OK"}
    if isinstance(cell, Rich):
        return Rich(value=cell.value, display=cell.display, object=cell.object, link=shown)
    return Rich(value=cell, link=shown)


def restricted(column: Column, switches: Switches) -> Refused:
    """Return the refusal of a value that a restricted column does not take."""
    words = (
        f"CELL_VALUE_FAILS_VALIDATION: The value for cell in column {column.id} "
        "did not conform to its validation."
    )
    return Refused(switches.restricted_error, words=words)

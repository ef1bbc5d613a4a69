"""Adding and changing rows: checks first, then effects, partial success where asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from ubm_smartsheet.emulator import cells, placement, render
from ubm_smartsheet.emulator.context import Context
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Cell, Column, Level, Rich, Row, Sheet
from ubm_smartsheet.emulator.placement import NOWHERE, Place
from ubm_smartsheet.emulator.state import Author, auto_columns, check_room
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
            raise Refused(1008, 'Field "format" was of unexpected type.')
        if body.keys() <= ROW_NAMES and not (new and "id" in body):
            return
        for name in body:
            if name in READ_ONLY:
                raise Refused(1008, f'Field "{name}" was of unexpected type.')
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
            raise Refused(1008, 'Field "cells" was of unexpected type.')
        linked = 0
        for body in given:
            column = self._column(body, result)
            if body.keys() == {"columnId", "value"} and self._is_plain(column):
                result[column.id] = cells.strict(column, body["value"])
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
                raise Refused(1008, f'Field "{name}" was of unexpected type.')
        given = [name for name in CONTENTS if name in body]
        if not given:
            raise Refused(1012, "cell.value")
        if body.get("formula") is not None:
            if given != ["formula"]:
                raise Refused(1163)
            return Rich(formula=str(body["formula"]))
        if body.get("linkInFromCell") is not None:
            return self._link(body, row)
        if body.get("value") is not None and body.get("objectValue") is not None:
            raise Refused(1130)
        cell = self._value(column, body)
        return self._linked_text(cell, body)

    def _value(self, column: Column, body: dict[str, Any]) -> Cell | None:
        strict = body.get("strict", True)
        if body.get("objectValue") is not None:
            cell = cells.from_object(column, body["objectValue"])
        elif strict:
            cell = cells.strict(column, body.get("value"), body.get("displayValue"))
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
        return Rich(link={**body["linkInFromCell"], "status": "OK"})

    def _linked_text(self, cell: Cell | None, body: dict[str, Any]) -> Cell | None:
        link = body.get("hyperlink")
        if not link:
            return cell
        targets = [name for name in ("url", "sheetId", "reportId") if link.get(name) is not None]
        if len(targets) != 1:
            raise Refused(1112 if "url" in targets else 1111 if targets else 1012, "hyperlink.url")
        text = cell.value if isinstance(cell, Rich) else cell
        if text is not None and not isinstance(text, str):
            raise Refused(1113)
        text = text or str(link.get("url") or "")
        return Rich(value=text, display=text, hyperlink={name: link[name] for name in targets})


def restricted(column: Column, switches: Switches) -> Refused:
    """Return the refusal of a value that a restricted column does not take."""
    words = f"The value of column {column.title!r} must be one of the values it allows."
    return Refused(switches.restricted_error, words=words)


def add(ctx: Context) -> bytes:
    """POST rows: at most 500, one object or a list; new rows go to the bottom by default."""
    return _write(ctx, new=True)


def update(ctx: Context) -> bytes:
    """PUT rows: only the cells that are sent change; rows stay where they are by default."""
    return _write(ctx, new=False)


def _write(ctx: Context, *, new: bool) -> bytes:
    sheet = ctx.sheet(Level.EDITOR)
    given = ctx.body()
    bodies = given if isinstance(given, list) else [given]
    if not bodies:
        raise Refused(1160, "no rows")
    if len(bodies) > ctx.switches.max_batch:
        raise Refused(1160, f"at most {ctx.switches.max_batch} rows may be sent at once")
    author = ctx.author(sheet)
    place = _same_place(bodies)
    changes, failed = _checked(ctx, sheet, author, bodies, new=new)
    if changes:
        if new:
            check_room(sheet, len(changes), ctx.switches)
        apply(ctx, sheet, author, changes, place)
    ctx.notes["rows"] = len(changes)
    return _answer(ctx, sheet, changes, failed, single=not isinstance(given, list))


def _same_place(bodies: list[Any]) -> Place:
    places = {placement.asked(body) for body in bodies if isinstance(body, dict)}
    if len(places) > 1:
        raise Refused(1123)
    return places.pop() if places else NOWHERE


def _checked(
    ctx: Context, sheet: Sheet, author: Author, bodies: list[Any], *, new: bool
) -> tuple[list[Change], list[dict[str, Any]]]:
    partial = ctx.flag("allowPartialSuccess")
    checker = Checker(sheet, author, ctx.switches, ctx.flag("overrideValidation"))
    struck = ctx.struck(len(bodies)) if ctx.struck and not ctx.short else frozenset()
    changes: list[Change] = []
    failed: list[dict[str, Any]] = []
    for index, body in enumerate(bodies):
        try:
            if index in struck:
                row_id = body.get("id") if isinstance(body, dict) else None
                raise Refused(4000).at(index, row_id)
            changes.append(checker.change(index, body, new=new))
        except Refused as refused:
            if not partial:
                raise
            ctx.state.references += 1
            error = refused.body(f"e{ctx.state.references:011x}")
            failed.append({**error.pop("detail", {"index": index}), "error": error})
    return changes, failed


def apply(ctx: Context, sheet: Sheet, author: Author, changes: list[Change], place: Place) -> None:
    """Write checked rows: one version further for all of them together."""
    state = ctx.state
    if place is not NOWHERE:
        moving = [change.row for change in changes if change.row]
        placement.check(sheet, moving, place)
    if changes[0].row is None:
        autos = auto_columns(sheet)
        for change in changes:
            filled = {key: cell for key, cell in change.cells.items() if cell is not None}
            change.row = state.new_row(sheet, filled, author, autos)
            _attributes(change)
        placement.insert(sheet, [change.row for change in changes if change.row], place)
        for change in changes:
            state.tell(sheet, author, "row", "created", id=change.row.id if change.row else None)
    else:
        _update(ctx, sheet, author, changes, place)
    state.touch(sheet, author)


def _update(
    ctx: Context, sheet: Sheet, author: Author, changes: list[Change], place: Place
) -> None:
    for change in changes:
        row = change.row
        if row is None:
            continue
        for column_id, cell in change.cells.items():
            ctx.state.set_cell(sheet, row, column_id, cell, author)
        _attributes(change)
        ctx.state.mark(row, author)
        ctx.state.tell(sheet, author, "row", "updated", id=row.id)
    if place is not NOWHERE:
        placement.move_all(sheet, [change.row for change in changes if change.row], place)


def _attributes(change: Change) -> None:
    body, row = change.body, change.row
    if row is None:
        return
    if body.keys() & {"expanded", "locked", "format"}:
        row.expanded = bool(body.get("expanded", row.expanded))
        row.locked = bool(body.get("locked", row.locked))
        row.format = body.get("format", row.format)


def _answer(
    ctx: Context, sheet: Sheet, changes: list[Change], failed: list[dict[str, Any]], *, single: bool
) -> bytes:
    result = b"[]" if ctx.short else _results(ctx, sheet, changes)
    if single and not ctx.flag("allowPartialSuccess") and result != b"[]":
        result = result[1:-1]
    if failed:
        return b'{"message":"PARTIAL_SUCCESS","resultCode":3,"version":%d,"result":%b,' % (
            sheet.version,
            result,
        ) + b'"failedItems":%b}' % orjson.dumps(failed)
    return b'{"message":"SUCCESS","resultCode":0,"version":%d,"result":%b}' % (
        sheet.version,
        result,
    )


def _results(ctx: Context, sheet: Sheet, changes: list[Change]) -> bytes:
    level = ctx.level(sheet)
    view = render.View(sheet.layout, level=2, floats=ctx.switches.numbers_as_floats)
    parts = []
    for change in changes:
        row = change.row
        if row is None:
            continue
        whole = ctx.switches.write_answers_all_cells
        columns = [c for c in sheet.columns if whole or c.id in change.cells]
        tail = render.tail(row, columns, view, ctx.state.users)
        parts.append(render.head(sheet, row, level) + tail)
    return b"[" + b",".join(parts) + b"]"

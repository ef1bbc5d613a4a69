"""Deleting rows, and moving or copying them to another sheet."""

from __future__ import annotations

from typing import Any

from ubm_smartsheet.emulator import placement
from ubm_smartsheet.emulator.columns import add as add_columns
from ubm_smartsheet.emulator.context import Context, success
from ubm_smartsheet.emulator.errors import Refused, unexpected
from ubm_smartsheet.emulator.model import Cell, Level, Row, Sheet
from ubm_smartsheet.emulator.state import Author, State, auto_columns, check_room
from ubm_smartsheet.emulator.switches import Switches


def delete(ctx: Context) -> dict[str, object]:
    """DELETE rows: children go too; with one missing id nothing goes, unless told to ignore it."""
    sheet = ctx.sheet(Level.EDITOR)
    ids = ctx.numbers("ids")
    if not ids:
        raise Refused(1009, "ids")
    found = [sheet.rows[row_id] for row_id in dict.fromkeys(ids) if row_id in sheet.rows]
    if len(found) < len(set(ids)) and not ctx.flag("ignoreRowsNotFound"):
        raise Refused(1006)
    if not found:
        return success([], version=sheet.version)
    author = ctx.author(sheet)
    gone = remove(ctx.state, sheet, found, author)
    ctx.state.touch(sheet, author, moves_version=ctx.switches.delete_moves_version)
    result = [] if ctx.short else [row.id for row in gone]
    return success(result, version=sheet.version)


def remove(state: State, sheet: Sheet, rows: list[Row], author: Author) -> list[Row]:
    """Delete rows with all that hangs below them; raises Refused 1092 for locked ones."""
    gone: dict[int, Row] = {}
    for row in rows:
        for member in placement.family_of(sheet, row):
            if member.locked and not author.is_admin:
                raise Refused(1092, member.id)
            gone[member.id] = member
    for row_id, row in gone.items():
        del sheet.rows[row_id]
        sheet.bin[row_id] = row
        state.tell(sheet, author, "row", "deleted", id=row_id)
    sheet.order = [row for row in sheet.order if row.id not in gone]
    sheet.renumber()
    return list(gone.values())


def move(ctx: Context) -> dict[str, object]:
    """POST rows/move: the rows get new ids at the bottom of the other sheet."""
    return _transfer(ctx, leaves=True)


def copy(ctx: Context) -> dict[str, object]:
    """POST rows/copy: as move, and the rows stay as well."""
    return _transfer(ctx, leaves=False)


def _transfer(ctx: Context, *, leaves: bool) -> dict[str, object]:
    body = ctx.json_object()
    row_ids = ctx.part(body, "rowIds", list)
    if not row_ids:
        raise Refused(1012, "rowIds")
    if not all(isinstance(row_id, int) for row_id in row_ids):
        raise unexpected("rowIds")
    target_id = ctx.part(body, "to", dict).get("sheetId")
    if target_id is None:
        raise Refused(1012, "to.sheetId")
    sheet = ctx.sheet(Level.EDITOR if leaves else Level.VIEWER)
    if target_id == sheet.id:
        raise Refused(1136)
    target = ctx.sheet_of(target_id, Level.EDITOR)
    rows = [sheet.rows[row_id] for row_id in row_ids if row_id in sheet.rows]
    if len(rows) < len(row_ids) and not ctx.flag("ignoreRowsNotFound"):
        raise Refused(1006)
    mappings = transfer(
        ctx.state, sheet, target, rows, ctx.author(sheet), ctx.switches, leaves=leaves
    )
    return {"destinationSheetId": target.id, "rowMappings": mappings}


def transfer(
    state: State,
    sheet: Sheet,
    target: Sheet,
    rows: list[Row],
    author: Author,
    switches: Switches,
    *,
    leaves: bool,
) -> list[dict[str, int]]:
    """Copy rows to the bottom of ``target``, and remove them here where they leave.

    Columns are matched by title and type; columns the target lacks are added to it.
    """
    check_room(target, len(rows), switches)
    columns = _matched(state, sheet, target, switches)
    there = Author(
        author.user, target.level_of(author.user) or author.level, author.at, author.agent
    )
    autos = auto_columns(target)
    new_ids: dict[int, int] = {}
    new_rows: list[Row] = []
    for row in rows:
        cells: dict[int, Cell] = {
            columns[column]: cell for column, cell in row.cells.items() if column in columns
        }
        new = state.new_row(target, cells, there, autos)
        new_ids[row.id] = new.id
        new_rows.append(new)
    placement.insert(target, new_rows, placement.NOWHERE)
    for row, new in zip(rows, new_rows, strict=True):
        new.parent = new_ids.get(row.parent) if row.parent else None
        state.tell(target, there, "row", "created", id=new.id)
    state.touch(target, there)
    if leaves:
        remove(state, sheet, rows, author)
        state.touch(sheet, author, moves_version=switches.delete_moves_version)
    return [{"from": old, "to": new} for old, new in new_ids.items()]


def _matched(state: State, sheet: Sheet, target: Sheet, switches: Switches) -> dict[int, int]:
    known = {(column.title, column.type): column for column in target.columns}
    titles = {column.title for column in target.columns}
    found: dict[int, int] = {}
    for column in sheet.columns:
        if column.system:
            continue
        other = known.get((column.title, column.type))
        if other is None and column.title not in titles:
            body: dict[str, Any] = {
                "title": column.title,
                "type": column.type,
                "options": column.options,
                "index": len(target.columns),
            }
            other = add_columns(target, [body], state.ids, switches)[0]
        if other is not None and not other.system:
            found[column.id] = other.id
    return found

"""Adding and changing rows: checks first, then effects, partial success where asked for."""

from __future__ import annotations

from typing import Any

import orjson

from ubm_smartsheet.emulator import placement, render
from ubm_smartsheet.emulator.checking import Change, Checker
from ubm_smartsheet.emulator.context import Context
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Level, Sheet
from ubm_smartsheet.emulator.placement import NOWHERE, Place
from ubm_smartsheet.emulator.state import Author, auto_columns, check_room


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
    if not new:
        _check_once(bodies)
    author = ctx.author(sheet)
    place = _same_place(bodies)
    changes, failed = _checked(ctx, sheet, author, bodies, new=new)
    if changes:
        if new:
            check_room(sheet, len(changes), ctx.switches)
        apply(ctx, sheet, author, changes, place)
    ctx.notes["rows"] = len(changes)
    return _answer(ctx, sheet, changes, failed, single=not isinstance(given, list))


def _check_once(bodies: list[Any]) -> None:
    seen: set[int] = set()
    for body in bodies:
        row_id = body.get("id") if isinstance(body, dict) else None
        if isinstance(row_id, int):
            if row_id in seen:
                raise Refused(1137)
            seen.add(row_id)


def _same_place(bodies: list[Any]) -> Place:
    places = {placement.asked(body) for body in bodies if isinstance(body, dict)}
    if len(places) > 1:
        raise Refused(1123)
    return places.pop() if places else NOWHERE


def _checked(
    ctx: Context, sheet: Sheet, author: Author, bodies: list[Any], *, new: bool
) -> tuple[list[Change], list[dict[str, Any]]]:
    partial = ctx.flag("allowPartialSuccess")
    checker = Checker(sheet, author, ctx.switches, ctx.state, ctx.flag("overrideValidation"))
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

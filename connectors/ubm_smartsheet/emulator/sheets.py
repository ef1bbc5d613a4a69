"""Sheets as a whole: create, create from a template, copy, rename, delete; their columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ubm_smartsheet.emulator import columns, placement, reading, render
from ubm_smartsheet.emulator.context import Context, success
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Column, Level, Row, Sheet, User
from ubm_smartsheet.emulator.state import Author, State
from ubm_smartsheet.emulator.switches import Switches

LONGEST_NAME = 50


def create(ctx: Context) -> dict[str, object]:
    """POST sheets: ``{name, columns}``, or ``{name, fromId}`` to start from another sheet."""
    body = ctx.json_object()
    name = _name(body.get("name"), "sheet.name")
    if body.get("fromId") is not None:
        source = ctx.sheet_of(body["fromId"])
        sheet = duplicate(ctx.state, source, name, ctx.user.id, ctx.now, ctx.names("include"))
    else:
        sheet = build(ctx.state, name, body.get("columns"), ctx.user.id, ctx.now, ctx.switches)
    return success(_created(sheet))


def _name(name: object, attribute: str) -> str:
    if not name or not isinstance(name, str):
        raise Refused(1012, attribute)
    if len(name) > LONGEST_NAME:
        raise Refused(1041, attribute, LONGEST_NAME, len(name))
    return name


def build(state: State, name: str, bodies: Any, owner: int, now: int, switches: Switches) -> Sheet:
    """Return a new sheet with these columns, stored."""
    if not isinstance(bodies, list) or not bodies:
        raise Refused(1054)
    made = [columns.made(body, state.ids) for body in bodies]
    columns.check_set(made, switches)
    sheet = Sheet(state.ids.draw(), name, owner, now, now, made)
    state.sheets[sheet.id] = sheet
    state.changes += 1
    return sheet


def copy(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/copy: new sheet, row and column ids; ``include=data`` for the rows."""
    source = ctx.sheet()
    body = ctx.json_object()
    if body.get("destinationType", "home") not in ("home", "folder", "workspace"):
        raise Refused(1031, body.get("destinationType"), "destinationType")
    name = _name(body.get("newName") or f"Copy of {source.name}"[:LONGEST_NAME], "newName")
    include = ctx.names("include")
    sheet = duplicate(ctx.state, source, name, ctx.user.id, ctx.now, include)
    if "shares" in include:
        sheet.shares = {user: lvl for user, lvl in source.shares.items() if user != sheet.owner}
    return success(_created(sheet))


def duplicate(
    state: State, source: Sheet, name: str, owner: int, now: int, include: set[str]
) -> Sheet:
    """Return a copy with new ids throughout; histories are never copied."""
    ids = {column.id: state.ids.draw() for column in source.columns}
    made = [
        replace(column, id=ids[column.id], options=list(column.options))
        for column in source.columns
    ]
    sheet = Sheet(state.ids.draw(), name, owner, now, now, made, source=source.id)
    if {"data", "all"} & include:
        _copy_rows(state, source, sheet, ids, Author(owner, Level.OWNER, now))
    state.sheets[sheet.id] = sheet
    state.changes += 1
    return sheet


def _copy_rows(
    state: State, source: Sheet, sheet: Sheet, ids: dict[int, int], author: Author
) -> None:
    renamed: dict[int, int] = {}
    for row in source.order:
        cells = {ids[column]: cell for column, cell in row.cells.items() if column in ids}
        new = Row(state.ids.draw(), cells, author.at, author.at, author.user, author.user)
        new.parent = renamed.get(row.parent) if row.parent else None
        new.locked, new.expanded, new.format = row.locked, row.expanded, row.format
        renamed[row.id] = new.id
        sheet.order.append(new)
        sheet.rows[new.id] = new
    sheet.next_number = source.next_number
    sheet.renumber()


def _created(sheet: Sheet) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "name": sheet.name,
        "accessLevel": Level.OWNER.name,
        "permalink": reading.permalink(sheet),
        "columns": [
            render.column_json(column, index, Level.OWNER, 2)
            for index, column in enumerate(sheet.columns)
        ],
    }


def rename(ctx: Context) -> dict[str, object]:
    """PUT sheets/{id}: a new name, from administrators."""
    sheet = ctx.sheet(Level.ADMIN)
    body = ctx.json_object()
    sheet.name = _name(body.get("name", sheet.name), "sheet.name")
    ctx.state.touch(sheet, ctx.author(sheet))
    return success({"id": sheet.id, "name": sheet.name, "version": sheet.version})


def delete(ctx: Context) -> dict[str, object]:
    """DELETE sheets/{id}: by its owner."""
    sheet = ctx.sheet(Level.OWNER)
    del ctx.state.sheets[sheet.id]
    ctx.state.changes += 1
    return {"message": "SUCCESS", "resultCode": 0}


def add_columns(ctx: Context) -> dict[str, object]:
    """POST sheets/{id}/columns: one or several, from administrators."""
    sheet = ctx.sheet(Level.ADMIN)
    body = ctx.body()
    bodies = body if isinstance(body, list) else [body]
    new = columns.add(sheet, bodies, ctx.state.ids, ctx.switches)
    author = ctx.author(sheet)
    for column in new:
        ctx.state.tell(sheet, author, "column", "created", id=column.id)
        if column.system == "AUTO_NUMBER":
            number_rows(sheet, column)
    result = [_column(ctx, sheet, column) for column in new]
    _columns_changed(ctx, sheet, author)
    return success(result if isinstance(body, list) else result[0], version=sheet.version)


def number_rows(sheet: Sheet, column: Column) -> None:
    """Give existing rows their numbers when an auto number column arrives."""
    sheet.next_number = 1
    for row in sheet.order:
        row.cells[column.id] = columns.next_auto(sheet, column, render.stamp(row.created_at)[:4])
        sheet.next_number += 1


def _columns_changed(ctx: Context, sheet: Sheet, author: Author) -> None:
    ctx.state.touch(sheet, author, moves_version=ctx.switches.columns_move_version)


def _column(ctx: Context, sheet: Sheet, column: Column) -> dict[str, Any]:
    return render.column_json(column, sheet.columns.index(column), ctx.level(sheet), 2)


def update_column(ctx: Context) -> dict[str, object]:
    """PUT sheets/{id}/columns/{id}: ``options`` replaces the list and needs ``type``."""
    sheet = ctx.sheet(Level.ADMIN)
    changed = columns.update(sheet, ctx.column(sheet), ctx.body(), ctx.switches)
    author = ctx.author(sheet)
    ctx.state.tell(sheet, author, "column", "updated", id=changed.id)
    _columns_changed(ctx, sheet, author)
    return success(_column(ctx, sheet, changed), version=sheet.version)


def delete_column(ctx: Context) -> dict[str, object]:
    """DELETE sheets/{id}/columns/{id}."""
    sheet = ctx.sheet(Level.ADMIN)
    column = ctx.column(sheet)
    columns.delete(sheet, column)
    author = ctx.author(sheet)
    ctx.state.tell(sheet, author, "column", "deleted", id=column.id)
    _columns_changed(ctx, sheet, author)
    return {"message": "SUCCESS", "resultCode": 0}


def sort(ctx: Context) -> bytes:
    """POST sheets/{id}/sort: row ids stay, numbers and siblings change."""
    sheet = ctx.sheet(Level.EDITOR)
    criteria = []
    for criterion in ctx.part(ctx.json_object(), "sortCriteria", list):
        column_id = criterion.get("columnId") if isinstance(criterion, dict) else None
        column = sheet.column(column_id) if isinstance(column_id, int) else None
        if column is None:
            raise Refused(1036, column_id)
        criteria.append((column, criterion.get("direction") == "DESCENDING"))
    for column, down in reversed(criteria):
        sort_rows(sheet, column, ctx.state.users, down=down)
    ctx.state.touch(sheet, ctx.author(sheet))
    return reading.get_sheet(ctx)


def sort_rows(sheet: Sheet, column: Column, people: dict[int, User], *, down: bool) -> None:
    """Sort the top rows by what a column shows, children along; empty ones go to the bottom."""
    roots = [row for row in sheet.order if row.parent is None]
    families = {row.id: placement.family_of(sheet, row) for row in roots}

    def key(row: Row) -> tuple[bool, str]:
        text = render.shown(column, row.cells.get(column.id), people, row)
        return (text == "") is not down, text.lower()

    roots.sort(key=key, reverse=down)
    sheet.order = [row for root in roots for row in families[root.id]]
    sheet.renumber()

"""Reading: lists of sheets, sheets whole or by page, versions, rows, columns, cell history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from ubm_smartsheet.emulator import render
from ubm_smartsheet.emulator.context import Context, page_of
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Level, Past, Row, Sheet
from ubm_smartsheet.emulator.render import View, stamp

#: Page size where only ``page`` is given; without both the whole sheet is sent.
USUAL_PAGE = 100


def instant(text: str, name: str) -> int:
    """Return an ISO-8601 time (or epoch milliseconds) as whole seconds; raises Refused 1018."""
    if text.isdigit():
        return int(text) // 1000
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(1018, text, name) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp())


def list_sheets(ctx: Context) -> dict[str, Any]:
    """GET sheets: the sheets the user can see, by name; ``include=sheetVersion``."""
    include = ctx.names("include")
    since = ctx.text("modifiedSince")
    earliest = instant(since, "modifiedSince") if since else 0
    seen = [
        (sheet, level)
        for sheet in sorted(ctx.state.sheets.values(), key=lambda sheet: (sheet.name, sheet.id))
        if (level := sheet.level_of(ctx.user.id)) and sheet.modified_at >= earliest
    ]
    if ctx.short and ctx.struck:
        missing = ctx.struck(len(seen))
        seen = [one for place, one in enumerate(seen) if place not in missing]
    return page_of(ctx, [_listed(ctx, sheet, level, include) for sheet, level in seen])


def _listed(ctx: Context, sheet: Sheet, level: Level, include: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": sheet.id,
        "name": sheet.name,
        "accessLevel": access(ctx, level),
        "permalink": permalink(sheet),
        "createdAt": stamp(sheet.created_at),
        "modifiedAt": stamp(sheet.modified_at),
    }
    if "sheetVersion" in include:
        body["version"] = sheet.version
    return body | extras(ctx, sheet, include)


def access(ctx: Context, level: Level) -> str:
    """Return an access level by name; commenters show only to newer readers."""
    if level is Level.COMMENTER and (ctx.number("accessApiLevel") or 0) < 1:
        return Level.VIEWER.name
    return level.name


def permalink(sheet: Sheet) -> str:
    """Return where a person opens the sheet."""
    return f"https://app.smartsheet.com/sheets/emulated{sheet.id:x}"


def extras(ctx: Context, sheet: Sheet, include: set[str]) -> dict[str, Any]:
    """Return ``source`` and owner where they are asked for."""
    body: dict[str, Any] = {}
    if "source" in include and sheet.source is not None:
        body["source"] = {"id": sheet.source, "type": "sheet"}
    if "ownerInfo" in include:
        owner = ctx.state.users[sheet.owner]
        body |= {"owner": owner.email, "ownerId": owner.id}
    return body


def version(ctx: Context) -> dict[str, int]:
    """GET sheets/{id}/version."""
    return {"version": ctx.sheet().version}


def view_of(ctx: Context, sheet: Sheet, columns: list[int] | None = None) -> View:
    """Return what the parameters ask to see of each row."""
    include = ctx.names("include")
    return View(
        layout=sheet.layout,
        level=ctx.number("level") or 0,
        objects="objectValue" in include,
        writers=bool({"writerInfo", "rowWriterInfo"} & include),
        skip_empty="nonexistentCells" in ctx.names("exclude"),
        floats=ctx.switches.numbers_as_floats,
        columns=tuple(columns) if columns is not None else None,
    )


def get_sheet(ctx: Context) -> bytes:
    """GET sheets/{id}: the sheet with its rows, filtered and by page as asked for.

    ``ifVersionAfter`` answers the version alone while it is current.
    """
    sheet = ctx.sheet()
    known = ctx.number("ifVersionAfter")
    if known is not None and known >= sheet.version:
        return b'{"version":%d}' % sheet.version
    columns = ctx.numbers("columnIds")
    view = view_of(ctx, sheet, columns)
    level = ctx.level(sheet)
    rows = _page(ctx, _filtered(ctx, sheet))
    if ctx.short and ctx.struck:
        missing = ctx.struck(len(rows))
        rows = [row for place, row in enumerate(rows) if place not in missing]
    top = orjson.dumps(_sheet_body(ctx, sheet, level, view))
    below = _below(ctx, sheet)
    body = render.rows_json(sheet, rows, view, level, ctx.state.users, below)
    return b'%b,"rows":%b%b}' % (top[:-1], body, below.get(sheet.id, b""))


def _below(ctx: Context, sheet: Sheet) -> dict[int, bytes]:
    """Return what hangs below rows (and the sheet) by id: discussions and attachments."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    include = ctx.names("include")
    if "discussions" in include:
        found.setdefault(sheet.id, {})["discussions"] = []
        for thread in sheet.discussions.values():
            kinds = found.setdefault(thread.row or sheet.id, {})
            kinds.setdefault("discussions", []).append(thread_head(ctx, sheet, thread.id))
    if "attachments" in include:
        found.setdefault(sheet.id, {})["attachments"] = []
        for one in sheet.attachments:
            found.setdefault(one["parentId"], {}).setdefault("attachments", []).append(one)
    return {owner: b"," + orjson.dumps(kinds)[1:-1] for owner, kinds in found.items()}


def thread_head(ctx: Context, sheet: Sheet, thread_id: int) -> dict[str, Any]:
    """Return a discussion without its comments: get sheet does not hold their text."""
    thread = sheet.discussions[thread_id]
    author = ctx.state.users[thread.by]
    last = thread.comments[-1]
    return {
        "id": thread.id,
        "title": thread.comments[0].text[:100],
        "commentCount": len(thread.comments),
        "createdBy": render.person(author),
        "lastCommentedAt": stamp(last.at),
        "lastCommentedUser": render.person(ctx.state.users[last.by]),
        "accessLevel": access(ctx, ctx.level(sheet)),
        "parentType": "ROW" if thread.row else "SHEET",
        "parentId": thread.row or sheet.id,
        "readOnly": False,
    }


def _filtered(ctx: Context, sheet: Sheet) -> list[Row]:
    rows = sheet.order
    ids = ctx.numbers("rowIds")
    if ids is not None:
        wanted = set(ids)
        rows = [row for row in rows if row.id in wanted]
    numbers = ctx.numbers("rowNumbers")
    if numbers is not None:
        wanted = set(numbers)
        rows = [row for row in rows if row.number in wanted]
    since = ctx.text("rowsModifiedSince")
    if since:
        earliest = instant(since, "rowsModifiedSince")
        rows = [row for row in rows if row.modified_at >= earliest]
    return rows


def _page(ctx: Context, rows: list[Row]) -> list[Row]:
    if not {"pageSize", "page"} & ctx.query.keys():
        return rows
    size, page = ctx.positive("pageSize", USUAL_PAGE), ctx.positive("page", 1)
    last = max(1, -(-len(rows) // size))
    if page > last and ctx.switches.past_last_page == "last":
        page = last
    return rows[(page - 1) * size : page * size]


def _sheet_body(ctx: Context, sheet: Sheet, level: Level, view: View) -> dict[str, Any]:
    include = ctx.names("include")
    return {
        "id": sheet.id,
        "name": sheet.name,
        "version": sheet.version,
        "totalRowCount": len(sheet.order),
        "accessLevel": access(ctx, level),
        "effectiveAttachmentOptions": ["FILE", "LINK", "GOOGLE_DRIVE"],
        "ganttEnabled": False,
        "dependenciesEnabled": False,
        "resourceManagementEnabled": False,
        "resourceManagementType": "NONE",
        "cellImageUploadEnabled": True,
        "userSettings": {"criticalPathEnabled": False, "displaySummaryTasks": True},
        "userPermissions": {
            "summaryPermissions": "ADMIN" if level >= Level.ADMIN else "READ_WRITE"
        },
        "hasSummaryFields": False,
        "permalink": permalink(sheet),
        "createdAt": stamp(sheet.created_at),
        "modifiedAt": stamp(sheet.modified_at),
        "isMultiPicklistEnabled": True,
        **extras(ctx, sheet, include),
        "columns": [
            render.column_json(column, sheet.columns.index(column), level, view.level)
            for column in render.chosen(sheet, view)
        ],
    }


def get_row(ctx: Context) -> bytes:
    """GET sheets/{id}/rows/{id}: a missing row is 404 1006."""
    sheet = ctx.sheet()
    row = ctx.row(sheet)
    level = ctx.level(sheet)
    view = view_of(ctx, sheet)
    columns = render.chosen(sheet, view)
    body = render.head(sheet, row, level) + render.tail(row, columns, view, ctx.state.users)
    more: dict[str, Any] = {
        "sheetId": sheet.id,
        "accessLevel": access(ctx, level),
        "version": sheet.version,
    }
    if "columns" in ctx.names("include"):
        more["columns"] = [
            render.column_json(column, index, level, view.level)
            for index, column in enumerate(columns)
        ]
    return body[:-1] + b"," + orjson.dumps(more)[1:]


def list_columns(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/columns."""
    sheet = ctx.sheet()
    level, api_level = ctx.level(sheet), ctx.number("level") or 0
    return page_of(
        ctx,
        [
            render.column_json(column, index, level, api_level)
            for index, column in enumerate(sheet.columns)
        ],
    )


def get_column(ctx: Context) -> dict[str, Any]:
    """GET sheets/{id}/columns/{id}."""
    sheet = ctx.sheet()
    column = ctx.column(sheet)
    index = sheet.columns.index(column)
    return render.column_json(column, index, ctx.level(sheet), ctx.number("level") or 0)


def cell_history(ctx: Context) -> dict[str, Any]:
    """GET the history of one cell, newest first; costs as much as ten requests."""
    sheet = ctx.sheet()
    row, column = ctx.row(sheet), ctx.column(sheet, 2)
    past = sheet.history.get((row.id, column.id))
    if past is None:
        past = [Past(row.cells.get(column.id), row.created_at, row.created_by)]
    view = view_of(ctx, sheet)
    people = ctx.state.users
    return page_of(
        ctx,
        [
            {
                **render.cell_json(column, one.cell, view, row, people),
                "modifiedAt": stamp(one.at),
                "modifiedBy": render.person(people[one.by]),
            }
            for one in reversed(past)
        ],
    )

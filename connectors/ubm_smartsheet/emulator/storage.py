"""The whole state in one file: a line for users and webhooks, then one line per sheet."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from ubm_smartsheet.emulator.model import (
    Cell,
    Column,
    Comment,
    Discussion,
    Level,
    Past,
    Rich,
    Row,
    Sheet,
    User,
)
from ubm_smartsheet.emulator.state import State
from ubm_smartsheet.emulator.webhooks import Webhook

FORM = 1
_ROW_PARTS = 9


def dumped(state: State) -> list[bytes]:
    """Return the state as lines of JSON."""
    return [orjson.dumps(_head(state)), *[orjson.dumps(_sheet(s)) for s in state.sheets.values()]]


def write(path: Path, lines: list[bytes]) -> None:
    """Write lines beside ``path``, then put them in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(b"\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path) -> State:
    """Return the state of a file; raises ValueError where it was written in another form."""
    first, *rest = path.read_bytes().split(b"\n")
    head = orjson.loads(first)
    if head.get("form") != FORM:
        raise ValueError(f"{path} was written by another version: delete it and start again")
    state = State(head["seed"])
    state.users = {body["id"]: User(**body) for body in head["users"]}
    state.tokens = {user.token: user.id for user in state.users.values()}
    state.service = state.users[head["service"]]
    state.revoked = set(head["revoked"])
    state.references = head["references"]
    kind, numbers, gauss = head["random"]
    state.ids.random.setstate((kind, tuple(numbers), gauss))
    state.webhooks = {body["id"]: Webhook(**body) for body in head["webhooks"]}
    state.listened = {hook.sheet for hook in state.webhooks.values() if hook.enabled}
    for line in rest:
        sheet = _sheet_from(orjson.loads(line))
        state.sheets[sheet.id] = sheet
    return state


def _head(state: State) -> dict[str, Any]:
    return {
        "form": FORM,
        "seed": state.seed,
        "users": [asdict(user) for user in state.users.values()],
        "service": state.service.id,
        "revoked": sorted(state.revoked),
        "references": state.references,
        "random": state.ids.random.getstate(),
        # What waits to be sent is lost with the process, as with a vendor's outage.
        "webhooks": [asdict(hook) | {"waiting": []} for hook in state.webhooks.values()],
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    ids = [column.id for column in sheet.columns]
    return {
        "id": sheet.id,
        "name": sheet.name,
        "owner": sheet.owner,
        "created_at": sheet.created_at,
        "modified_at": sheet.modified_at,
        "version": sheet.version,
        "source": sheet.source,
        "next_number": sheet.next_number,
        "columns": [asdict(column) for column in sheet.columns],
        "rows": [_row(row, ids) for row in sheet.order],
        "bin": [_row(row, ids) for row in sheet.bin.values()],
        "shares": [[user, int(level)] for user, level in sheet.shares.items()],
        "lost": sorted(sheet.lost),
        "history": [
            [*key, [[_cell(one.cell), one.at, one.by] for one in past]]
            for key, past in sheet.history.items()
        ],
        "discussions": [asdict(thread) for thread in sheet.discussions.values()],
        "attachments": sheet.attachments,
        "update_requests": sheet.update_requests,
    }


def _row(row: Row, columns: list[int]) -> list[Any]:
    get = row.cells.get
    return [
        row.id,
        row.created_at,
        row.modified_at,
        row.created_by,
        row.modified_by,
        row.parent,
        row.expanded,
        row.locked,
        row.format,
        *[cell if (cell := get(c)).__class__ is not Rich else _cell(cell) for c in columns],
    ]


def _cell(cell: Cell | None) -> Any:
    return asdict(cell) if isinstance(cell, Rich) else cell


def _cell_from(body: Any) -> Any:
    return Rich(**body) if isinstance(body, dict) else body


def _row_from(body: list[Any], columns: list[int]) -> Row:
    row_id, created_at, modified_at, created_by, modified_by, parent, expanded, locked, look = body[
        :_ROW_PARTS
    ]
    cells = {
        column: _cell_from(cell)
        for column, cell in zip(columns, body[_ROW_PARTS:], strict=True)
        if cell is not None
    }
    row = Row(row_id, cells, created_at, modified_at, created_by, modified_by, parent=parent)
    row.expanded, row.locked, row.format = expanded, locked, look
    return row


def _sheet_from(body: dict[str, Any]) -> Sheet:
    columns = [Column(**column) for column in body["columns"]]
    ids = [column.id for column in columns]
    sheet = Sheet(
        body["id"],
        body["name"],
        body["owner"],
        body["created_at"],
        body["modified_at"],
        columns,
        body["version"],
        body["source"],
        next_number=body["next_number"],
        lost=set(body["lost"]),
        attachments=body["attachments"],
        update_requests=body["update_requests"],
    )
    sheet.order = [_row_from(row, ids) for row in body["rows"]]
    sheet.rows = {row.id: row for row in sheet.order}
    sheet.bin = {row.id: row for row in (_row_from(row, ids) for row in body["bin"])}
    sheet.renumber()
    sheet.shares = {user: Level(level) for user, level in body["shares"]}
    sheet.history = {
        (row, column): [Past(_cell_from(cell), at, by) for cell, at, by in past]
        for row, column, past in body["history"]
    }
    for thread in body["discussions"]:
        thread["comments"] = [Comment(**comment) for comment in thread["comments"]]
        sheet.discussions[thread["id"]] = Discussion(**thread)
    return sheet

"""Orders about sheets, columns, access, tokens and the emulator as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ubm_smartsheet.emulator import columns, sheets, users
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Level, Sheet, User
from ubm_smartsheet.emulator.state import Author, State
from ubm_smartsheet.emulator.switches import Switches

Order = dict[str, Any]


def _who(state: State, order: Order) -> User:
    return state.user(str(order["who"])) if order.get("who") else state.service


def _open(state: State, order: Order, now: int) -> tuple[Sheet, Author]:
    sheet = state.sheet(int(order["sheet"]))
    user = _who(state, order)
    level = sheet.level_of(user.id)
    if level is None or level < Level.ADMIN:
        raise Refused(1004)
    return sheet, Author(user.id, level, now)


def _change(
    state: State, switches: Switches, now: int, order: Order, body: Callable[[Any], Order]
) -> object:
    sheet, author = _open(state, order, now)
    column = sheet.titled(str(order["title"]))
    columns.update(sheet, column, body(column), switches)
    state.tell(sheet, author, "column", "updated", id=column.id)
    state.touch(sheet, author, moves_version=switches.columns_move_version)
    return {"version": sheet.version, "column": column.id}


def create_sheet(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{name, columns}`` -> ``{sheet, columns: {title: id}}``: ``who`` owns it."""
    owner = _who(state, order).id
    return _made(sheets.build(state, str(order["name"]), order["columns"], owner, now, switches))


def copy_sheet(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, name}`` -> ``{sheet, columns}``: with its rows, owned by ``who``."""
    del switches
    source, owner = state.sheet(int(order["sheet"])), _who(state, order).id
    if source.level_of(owner) is None:
        raise Refused(1004)
    return _made(sheets.duplicate(state, source, str(order["name"]), owner, now, {"data"}))


def _made(sheet: Sheet) -> dict[str, Any]:
    return {"sheet": sheet.id, "columns": {column.title: column.id for column in sheet.columns}}


def share_sheet(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, email, level}``: level such as EDITOR or ADMIN."""
    del switches, now
    sheet, user = state.sheet(int(order["sheet"])), state.user(str(order["email"]))
    users.grant(sheet, user, Level[str(order["level"]).upper()])
    sheet.touched += 1
    state.changes += 1
    return {"user": user.id}


def rename_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title, to}``: administrators only, as every change of columns."""
    return _change(state, switches, now, order, lambda _: {"title": str(order["to"])})


def retype_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title, type}``: every cell is converted, the restriction is cleared."""
    return _change(state, switches, now, order, lambda _: {"type": str(order["type"])})


def drop_option(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title, option}``: cells keep the value that is no longer offered."""

    def body(column: Any) -> Order:
        left = [option for option in column.options if option != order["option"]]
        return {"type": column.type, "options": left}

    return _change(state, switches, now, order, body)


def add_option(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title, option}``."""

    def body(column: Any) -> Order:
        return {"type": column.type, "options": [*column.options, str(order["option"])]}

    return _change(state, switches, now, order, body)


def unlock_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title}``: editors may write it from now on."""
    return _change(state, switches, now, order, lambda _: {"locked": False})


def lock_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title}``."""
    return _change(state, switches, now, order, lambda _: {"locked": True})


def add_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, column: {title, type, ...}}`` -> ``{version, column}``: at the right end."""
    sheet, author = _open(state, order, now)
    body = {"index": len(sheet.columns), **order["column"]}
    column = columns.add(sheet, [body], state.ids, switches)[0]
    state.tell(sheet, author, "column", "created", id=column.id)
    state.touch(sheet, author, moves_version=switches.columns_move_version)
    return {"version": sheet.version, "column": column.id}


def delete_column(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, title}``: with all its values."""
    sheet, author = _open(state, order, now)
    column = sheet.titled(str(order["title"]))
    columns.delete(sheet, column)
    state.tell(sheet, author, "column", "deleted", id=column.id)
    state.touch(sheet, author, moves_version=switches.columns_move_version)
    return {"version": sheet.version, "column": column.id}


def lock_row(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, row, locked?}``: locks a row, or unlocks it with ``locked: false``."""
    del switches
    sheet, author = _open(state, order, now)
    row = sheet.rows[int(order["row"])]
    row.locked = bool(order.get("locked", True))
    state.mark(row, author)
    state.touch(sheet, author)
    return {"version": sheet.version}


def delete_sheet(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet}``: by an administrator."""
    del switches
    sheet, _ = _open(state, order, now)
    del state.sheets[sheet.id]
    state.changes += 1
    return {}


def add_user(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{email, name}`` -> ``{user, token}``."""
    del switches, now
    email = str(order["email"])
    user = state.add_user(email, str(order.get("name") or email.partition("@")[0]))
    return {"user": user.id, "token": user.token}


def _account(state: State, order: Order) -> User:
    return state.user(str(order["email"])) if order.get("email") else state.service


def revoke_token(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{email?}``: the token (the service's by default) is refused from now on."""
    del switches, now
    state.revoked.add(_account(state, order).token)
    state.changes += 1
    return {}


def restore_token(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{email?}``: the token works again."""
    del switches, now
    state.revoked.discard(_account(state, order).token)
    state.changes += 1
    return {}


def lose_access(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, email?}``: the user (the service by default) no longer sees the sheet."""
    del switches, now
    sheet = state.sheet(int(order["sheet"]))
    sheet.lost.add(_account(state, order).id)
    sheet.touched += 1
    state.changes += 1
    return {}


def regain_access(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet, email?}``: the user sees the sheet again."""
    del switches, now
    sheet = state.sheet(int(order["sheet"]))
    sheet.lost.discard(_account(state, order).id)
    sheet.touched += 1
    state.changes += 1
    return {}


def disable_webhooks(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{sheet}`` -> ``{webhooks}``: the vendor switches them off for good."""
    del switches, now
    hooks = [hook for hook in state.webhooks.values() if hook.sheet == int(order["sheet"])]
    for hook in hooks:
        hook.enabled, hook.status = False, "DISABLED_ADMINISTRATIVE"
        hook.waiting.clear()
    state.changes += 1
    return {"webhooks": [hook.id for hook in hooks]}


def summary(state: State, switches: Switches, now: int, order: Order) -> object:
    """``{}`` -> ``{sheets: [{sheet, name, rows, version}]}``."""
    del switches, now, order
    return {
        "sheets": [
            {
                "sheet": sheet.id,
                "name": sheet.name,
                "rows": len(sheet.order),
                "version": sheet.version,
            }
            for sheet in state.sheets.values()
        ]
    }


ORDERS: dict[str, Callable[[State, Switches, int, Order], object]] = {
    order.__name__: order
    for order in (
        create_sheet,
        copy_sheet,
        share_sheet,
        rename_column,
        retype_column,
        drop_option,
        add_option,
        unlock_column,
        lock_column,
        add_column,
        delete_column,
        lock_row,
        delete_sheet,
        add_user,
        revoke_token,
        restore_token,
        lose_access,
        regain_access,
        disable_webhooks,
        summary,
    )
}

"""Which request does what, whether it writes, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ubm_smartsheet.emulator import discussions, moves, reading, rows, sheets, users, webhook_api
from ubm_smartsheet.emulator.context import Context

PREFIX = "/2.0/"


class Route(NamedTuple):
    """A handler; ``writes`` marks changes of the sheet in the path.

    ``calls_out`` marks one that waits for somebody else, so it must not hold the others up.
    """

    handler: Callable[[Context], object]
    writes: bool = False
    cost: int = 1
    calls_out: bool = False


_S = "sheets/{}"
ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "users/me"): Route(users.me),
    ("GET", "users"): Route(users.list_users),
    ("GET", "users/{}"): Route(users.get_user),
    ("GET", "sheets"): Route(reading.list_sheets),
    ("POST", "sheets"): Route(sheets.create),
    ("GET", _S): Route(reading.get_sheet),
    ("PUT", _S): Route(sheets.rename, writes=True),
    ("DELETE", _S): Route(sheets.delete, writes=True),
    ("GET", f"{_S}/version"): Route(reading.version),
    ("POST", f"{_S}/copy"): Route(sheets.copy),
    ("POST", f"{_S}/sort"): Route(sheets.sort, writes=True),
    ("GET", f"{_S}/columns"): Route(reading.list_columns),
    ("POST", f"{_S}/columns"): Route(sheets.add_columns, writes=True),
    ("GET", f"{_S}/columns/{{}}"): Route(reading.get_column),
    ("PUT", f"{_S}/columns/{{}}"): Route(sheets.update_column, writes=True),
    ("DELETE", f"{_S}/columns/{{}}"): Route(sheets.delete_column, writes=True),
    ("POST", f"{_S}/rows"): Route(rows.add, writes=True),
    ("PUT", f"{_S}/rows"): Route(rows.update, writes=True),
    ("DELETE", f"{_S}/rows"): Route(moves.delete, writes=True),
    ("POST", f"{_S}/rows/move"): Route(moves.move, writes=True),
    ("POST", f"{_S}/rows/copy"): Route(moves.copy, writes=True),
    ("GET", f"{_S}/rows/{{}}"): Route(reading.get_row),
    ("GET", f"{_S}/rows/{{}}/columns/{{}}/history"): Route(reading.cell_history, cost=10),
    ("GET", f"{_S}/rows/{{}}/discussions"): Route(discussions.list_of_row),
    ("POST", f"{_S}/rows/{{}}/discussions"): Route(discussions.create_on_row, writes=True),
    ("GET", f"{_S}/rows/{{}}/attachments"): Route(discussions.attachments_of_row),
    ("POST", f"{_S}/rows/{{}}/attachments"): Route(discussions.attach_to_row, True, 10),
    ("GET", f"{_S}/attachments"): Route(discussions.attachments_of_sheet),
    ("GET", f"{_S}/discussions"): Route(discussions.list_all),
    ("POST", f"{_S}/discussions"): Route(discussions.create_on_sheet, writes=True),
    ("GET", f"{_S}/discussions/{{}}"): Route(discussions.get),
    ("DELETE", f"{_S}/discussions/{{}}"): Route(discussions.delete, writes=True),
    ("POST", f"{_S}/discussions/{{}}/comments"): Route(discussions.add_comment, writes=True),
    ("GET", f"{_S}/comments/{{}}"): Route(discussions.get_comment),
    ("PUT", f"{_S}/comments/{{}}"): Route(discussions.edit_comment, writes=True),
    ("DELETE", f"{_S}/comments/{{}}"): Route(discussions.delete_comment, writes=True),
    ("GET", f"{_S}/updaterequests"): Route(discussions.update_requests),
    ("POST", f"{_S}/updaterequests"): Route(discussions.request_update, writes=True),
    ("GET", "shares"): Route(users.list_shares),
    ("POST", "shares"): Route(users.create_shares),
    ("GET", "shares/{}"): Route(users.get_share),
    ("PATCH", "shares/{}"): Route(users.update_share),
    ("DELETE", "shares/{}"): Route(users.delete_share),
    ("GET", "webhooks"): Route(webhook_api.list_all),
    ("POST", "webhooks"): Route(webhook_api.create),
    ("GET", "webhooks/{}"): Route(webhook_api.get),
    ("PUT", "webhooks/{}"): Route(webhook_api.update, calls_out=True),
    ("DELETE", "webhooks/{}"): Route(webhook_api.delete),
    ("POST", "webhooks/{}/resetsharedsecret"): Route(webhook_api.reset_secret),
}


PATHS = frozenset(path for _, path in ROUTES)


def template(path: str) -> tuple[str, list[str]]:
    """Return a path with ``{}`` for its ids, without the prefix, and the ids."""
    parts = path.removeprefix(PREFIX).strip("/").split("/")
    ids: list[str] = []
    names: list[str] = []
    for place, part in enumerate(parts):
        if part.isdigit() or (place == 1 and parts[0] == "shares"):
            ids.append(part)
            names.append("{}")
        else:
            names.append(part)
    return "/".join(names), ids

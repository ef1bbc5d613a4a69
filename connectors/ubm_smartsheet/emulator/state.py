"""Everything the emulator remembers, and the marks each change leaves."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ubm_smartsheet.emulator import columns
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Cell, Column, Ids, Level, Past, Row, Sheet, User
from ubm_smartsheet.emulator.render import stamp
from ubm_smartsheet.emulator.switches import Switches

SERVICE_EMAIL = "ubm-sync@example.com"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a sheet as its webhooks tell it."""

    sheet: int
    object_type: str
    event_type: str
    user: int
    at: int
    id: int | None = None
    row: int | None = None
    column: int | None = None
    agent: str | None = None


@dataclass(slots=True)
class Author:
    """Who changes a sheet, when, and under which change agent."""

    user: int
    level: Level
    at: int
    agent: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether locks do not bind."""
        return self.level >= Level.ADMIN


@dataclass
class State:
    """Users, sheets and webhooks; ids come from the seed."""

    seed: int = 0
    ids: Ids = field(init=False)
    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    sheets: dict[int, Sheet] = field(default_factory=dict)
    webhooks: dict[int, Any] = field(default_factory=dict)
    #: Sheets that an enabled webhook listens to, and what waits to be told.
    listened: set[int] = field(default_factory=set)
    events: deque[Event] = field(default_factory=deque)
    references: int = 0
    changes: int = 0

    def __post_init__(self) -> None:
        self.ids = Ids(self.seed)
        self.service = self.add_user(SERVICE_EMAIL, "UBM Sync")

    def add_user(self, email: str, name: str) -> User:
        """Return the user with this e-mail address, made where there is none."""
        for user in self.users.values():
            if user.email == email:
                return user
        user = User(self.ids.draw(), email, name, self.ids.text(37))
        self.users[user.id] = user
        self.tokens[user.token] = user.id
        self.changes += 1
        return user

    def user(self, email: str) -> User:
        """Return a user; raises KeyError for an unknown address."""
        for user in self.users.values():
            if user.email == email:
                return user
        raise KeyError(f"no user {email!r}: add_user first")

    def sheet(self, sheet_id: int) -> Sheet:
        """Return a sheet; raises KeyError."""
        if sheet_id not in self.sheets:
            raise KeyError(f"no sheet {sheet_id}")
        return self.sheets[sheet_id]

    def touch(self, sheet: Sheet, author: Author, *, moves_version: bool = True) -> None:
        """Mark a sheet as changed: one version further, and a new time."""
        sheet.version += moves_version
        sheet.modified_at = max(sheet.modified_at, author.at)
        sheet.touched += 1
        self.changes += 1

    def tell(
        self,
        sheet: Sheet,
        author: Author,
        kind: str,
        what: str,
        *,
        id: int | None = None,  # noqa: A002 - the vendor's name
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        """Queue an event where a webhook listens; nothing is kept where none does."""
        if sheet.id in self.listened:
            self.events.append(
                Event(sheet.id, kind, what, author.user, author.at, id, row, column, author.agent)
            )

    def set_cell(
        self, sheet: Sheet, row: Row, column_id: int, cell: Cell | None, author: Author
    ) -> None:
        """Change one cell of an existing row; its former value goes to the cell history."""
        before = row.cells.get(column_id)
        past = sheet.history.get((row.id, column_id))
        if past is None:
            past = sheet.history[row.id, column_id] = []
            if before is not None:
                past.append(Past(before, row.created_at, row.created_by))
        past.append(Past(cell, author.at, author.user))
        if cell is None:
            row.cells.pop(column_id, None)
        else:
            row.cells[column_id] = cell
        self.tell(sheet, author, "cell", "updated", row=row.id, column=column_id)

    def mark(self, row: Row, author: Author) -> None:
        """Mark a row as written."""
        row.modified_at = author.at
        row.modified_by = author.user
        row.tail = None

    def new_row(
        self, sheet: Sheet, cells: dict[int, Cell], author: Author, autos: list[Column]
    ) -> Row:
        """Return a row that is not in the sheet yet; auto numbers are drawn."""
        for column in autos:
            cells[column.id] = columns.next_auto(sheet, column, stamp(author.at)[:4])
        sheet.next_number += 1
        return Row(self.ids.draw(), cells, author.at, author.at, author.user, author.user)


def auto_columns(sheet: Sheet) -> list[Column]:
    """Return the columns that number the rows."""
    return [column for column in sheet.columns if column.system == "AUTO_NUMBER"]


def check_room(sheet: Sheet, more: int, switches: Switches) -> None:
    """Refuse rows that the sheet has no room for."""
    rows = len(sheet.order) + more
    if switches.max_rows and rows > switches.max_rows:
        raise Refused(switches.full_error, words=f"A sheet has at most {switches.max_rows} rows.")
    if switches.max_cells and rows * len(sheet.columns) > switches.max_cells:
        raise Refused(switches.full_error, words=f"A sheet has at most {switches.max_cells} cells.")

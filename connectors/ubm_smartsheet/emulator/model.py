"""What the vendor stores: users, sheets, columns, rows, cells."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias


class Level(IntEnum):
    """What a user may do on a sheet, in rising order."""

    VIEWER = 1
    COMMENTER = 2
    EDITOR = 3
    EDITOR_SHARE = 4
    ADMIN = 5
    OWNER = 6


@dataclass(slots=True)
class User:
    """A person or the service; ``token`` lets it use the API."""

    id: int
    email: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Rich:
    """A cell that is more than a plain value."""

    value: str | float | bool | None = None
    display: str | None = None
    object: dict[str, Any] | None = None
    formula: str | None = None
    hyperlink: dict[str, Any] | None = None
    link: dict[str, Any] | None = None
    format: str | None = None


#: Plain values stand for themselves: text, number, checkbox, date text.
Cell: TypeAlias = str | float | bool | Rich


@dataclass(slots=True)
class Column:
    """A column; its index is its place in ``Sheet.columns``."""

    id: int
    title: str
    type: str = "TEXT_NUMBER"
    primary: bool = False
    options: list[str] = field(default_factory=list)
    symbol: str | None = None
    system: str | None = None
    auto: dict[str, Any] | None = None
    formula: str | None = None
    description: str | None = None
    hidden: bool = False
    locked: bool = False
    validation: bool = False
    width: int = 150
    contacts: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Row:
    """A row; ``number`` counts from 1; times are whole seconds since 1970."""

    id: int
    cells: dict[int, Cell]
    created_at: int
    modified_at: int
    created_by: int
    modified_by: int
    number: int = 0
    parent: int | None = None
    expanded: bool = True
    locked: bool = False
    format: str | None = None
    #: The row as JSON after its place in the sheet, and the view it was made for.
    tail: bytes | None = None
    view: object = None


@dataclass(frozen=True, slots=True)
class Past:
    """One value a cell had."""

    cell: Cell | None
    at: int
    by: int


@dataclass(slots=True)
class Comment:
    """One comment of a discussion."""

    id: int
    text: str
    by: int
    at: int


@dataclass(slots=True)
class Discussion:
    """A thread on a row, or on the sheet where ``row`` is None."""

    id: int
    row: int | None
    comments: list[Comment]
    by: int
    at: int


@dataclass(slots=True, eq=False)
class Sheet:
    """A sheet; ``order`` holds its rows from top to bottom."""

    id: int
    name: str
    owner: int
    created_at: int
    modified_at: int
    columns: list[Column]
    version: int = 1
    source: int | None = None
    order: list[Row] = field(default_factory=list)
    rows: dict[int, Row] = field(default_factory=dict)
    shares: dict[int, Level] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    history: dict[tuple[int, int], list[Past]] = field(default_factory=dict)
    discussions: dict[int, Discussion] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    update_requests: list[dict[str, Any]] = field(default_factory=list)
    bin: dict[int, Row] = field(default_factory=dict)
    next_number: int = 1
    #: Grows with every change of columns (layout) and of anything (touched).
    layout: int = 0
    touched: int = 0

    def column(self, column_id: int) -> Column | None:
        """Return the column with this id."""
        return next((column for column in self.columns if column.id == column_id), None)

    def titled(self, title: str) -> Column:
        """Return the column with this title; raises KeyError where there is none."""
        for column in self.columns:
            if column.title == title:
                return column
        raise KeyError(f"no column titled {title!r} in sheet {self.name!r}")

    def level_of(self, user: int) -> Level | None:
        """Return what ``user`` may do here; None: may not see the sheet."""
        if user in self.lost:
            return None
        return Level.OWNER if user == self.owner else self.shares.get(user)

    def renumber(self, start: int = 0) -> None:
        """Give rows their numbers again from position ``start`` on."""
        for number, row in enumerate(self.order[start:], start + 1):
            row.number = number


class Ids:
    """Draws 16-digit ids from a seed, as JSON integers every language reads exactly."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._used: set[int] = set()

    def draw(self) -> int:
        """Return an id that was not drawn before."""
        while True:
            drawn = self.random.randrange(10**15, 2**53)
            if drawn not in self._used:
                self._used.add(drawn)
                return drawn

    def text(self, length: int = 24) -> str:
        """Return a random text of letters and digits."""
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self.random.choices(alphabet, k=length))

"""One request on its way through the handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ubm_smartsheet.emulator.errors import Refused, unexpected
from ubm_smartsheet.emulator.model import Column, Level, Row, Sheet, User
from ubm_smartsheet.emulator.state import Author, State
from ubm_smartsheet.emulator.switches import Switches


@dataclass(slots=True)
class Context:
    """A request with its user, and the state it reads and changes."""

    state: State
    switches: Switches
    user: User
    now: int
    ids: list[str]
    query: Mapping[str, Sequence[str]]
    raw: bytes = b""
    agent: str | None = None
    #: Positions of a batch that a PARTIAL or SHORT fault takes out, given its length.
    struck: Callable[[int], frozenset[int]] | None = None
    #: Whether the fault is that the answer leaves things out.
    short: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else None

    def flag(self, name: str) -> bool:
        """Return a boolean parameter; clients send true, True or TRUE."""
        return (self.text(name) or "").lower() == "true"

    def number(self, name: str) -> int | None:
        """Return a whole number; raises Refused 1018 for anything else."""
        text = self.text(name)
        if text is None or text == "":
            return None
        try:
            return int(text)
        except ValueError:
            raise Refused(1018, text, name) from None

    def positive(self, name: str, default: int) -> int:
        """Return a whole number above zero; raises Refused 1018 for anything else."""
        number = self.number(name)
        if number is not None and number < 1:
            raise Refused(1018, number, name)
        return default if number is None else number

    def names(self, name: str) -> set[str]:
        """Return a comma list."""
        return {part.strip() for value in self.query.get(name, []) for part in value.split(",")}

    def numbers(self, name: str) -> list[int] | None:
        """Return a comma list of ids; None where the parameter is missing."""
        if name not in self.query:
            return None
        try:
            return [int(part) for part in self.query[name][-1].split(",") if part.strip()]
        except ValueError:
            raise Refused(1018, self.query[name][-1], name) from None

    def body(self) -> Any:
        """Return the request's JSON; raises Refused 1008 where there is none."""
        if not self.raw:
            raise Refused(1024)
        try:
            return orjson.loads(self.raw)
        except ValueError as error:
            raise Refused(1008, error) from None

    def json_object(self) -> dict[str, Any]:
        """Return the request's JSON object."""
        body = self.body()
        if not isinstance(body, dict):
            raise Refused(1008, "an object was expected")
        return body

    def part(self, body: dict[str, Any], name: str, kind: type) -> Any:
        """Return an attribute of a JSON object, empty where it is missing.

        Raises Refused 1008 for another kind of JSON than ``kind``.
        """
        value = body.get(name)
        if value is not None and not isinstance(value, kind):
            raise unexpected(name)
        return kind() if value is None else value

    def sheet(self, needed: Level = Level.VIEWER) -> Sheet:
        """Return the sheet of the path; refuses one that is unknown, not shared, or too little."""
        return self.sheet_of(self.id(0), needed)

    def sheet_of(self, sheet_id: object, needed: Level = Level.VIEWER) -> Sheet:
        """Return a sheet by id, where the user may do what is needed."""
        sheet = self.state.sheets.get(sheet_id) if isinstance(sheet_id, int) else None
        if sheet is None:
            raise Refused(1006)
        level = sheet.level_of(self.user.id)
        if level is None:
            raise Refused(1004 if self.switches.lost_access == 403 else 1006)  # noqa: PLR2004 - HTTP
        if level < needed:
            raise Refused(1004)
        return sheet

    def id(self, place: int) -> int:
        """Return an id of the path."""
        return int(self.ids[place])

    def row(self, sheet: Sheet) -> Row:
        """Return the row of the path."""
        row = sheet.rows.get(self.id(1))
        if row is None:
            raise Refused(1006)
        return row

    def column(self, sheet: Sheet, place: int = 1) -> Column:
        """Return the column of the path."""
        column = sheet.column(self.id(place))
        if column is None:
            raise Refused(1006)
        return column

    def level(self, sheet: Sheet) -> Level:
        """Return what the user may do on a sheet that was found."""
        return sheet.level_of(self.user.id) or Level.VIEWER

    def author(self, sheet: Sheet) -> Author:
        """Return the request's user as the author of a change."""
        return Author(self.user.id, self.level(sheet), self.now, self.agent)


def page_of(ctx: Context, items: list[Any], default: int = 100) -> dict[str, Any]:
    """Return a page in the vendor's envelope; includeAll gives everything at once."""
    size, number = ctx.positive("pageSize", default), ctx.positive("page", 1)
    if ctx.flag("includeAll"):
        size, number = max(len(items), 1), 1
    pages = max(1, -(-len(items) // size))
    return {
        "pageNumber": number,
        "pageSize": size,
        "totalPages": pages,
        "totalCount": len(items),
        "data": items[(number - 1) * size : number * size],
    }


def success(result: object, **more: object) -> dict[str, object]:
    """Return the vendor's envelope of a successful write."""
    return {"message": "SUCCESS", "resultCode": 0, **more, "result": result}

"""Where rows go: top, bottom, under a parent, beside a sibling."""

from __future__ import annotations

from typing import Any, NamedTuple

from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Row, Sheet

ATTRIBUTES = ("toTop", "toBottom", "parentId", "siblingId", "above", "indent", "outdent")


class Place(NamedTuple):
    """A place as asked for; all rows of a request name the same one."""

    top: bool = False
    bottom: bool = False
    parent: int | None = None
    sibling: int | None = None
    above: bool = False
    indent: bool = False
    outdent: bool = False
    #: Whether ``parentId`` was sent; null means the top level of the hierarchy.
    to_parent: bool = False


NOWHERE = Place()


def asked(body: dict[str, Any]) -> Place:
    """Return the place a row names; raises Refused 1062 for one that contradicts itself."""
    if not any(name in body for name in ATTRIBUTES):
        return NOWHERE
    for name, code in (("parentId", 1063), ("siblingId", 1064)):
        if not isinstance(body.get(name), int | None):
            raise Refused(code, body[name])
    place = Place(
        top=bool(body.get("toTop")),
        bottom=bool(body.get("toBottom")),
        parent=body.get("parentId"),
        sibling=body.get("siblingId"),
        above=bool(body.get("above")),
        indent=body.get("indent") == 1,
        outdent=body.get("outdent") == 1,
        to_parent="parentId" in body,
    )
    kinds = place.to_parent + (place.sibling is not None) + place.indent + place.outdent
    alone = place.sibling is not None or place.indent or place.outdent
    if kinds > 1 or (place.top and place.bottom) or (alone and (place.top or place.bottom)):
        raise Refused(1062)
    if place.above and place.sibling is None:
        raise Refused(1062)
    return place


def end_of(sheet: Sheet, row: Row) -> int:
    """Return the position just after a row and all that hangs below it."""
    family = {row.id}
    position = row.number
    while position < len(sheet.order) and sheet.order[position].parent in family:
        family.add(sheet.order[position].id)
        position += 1
    return position


def family_of(sheet: Sheet, row: Row) -> list[Row]:
    """Return a row and all that hangs below it, from top to bottom."""
    return sheet.order[row.number - 1 : end_of(sheet, row)]


def target(sheet: Sheet, place: Place) -> tuple[int, int | None]:
    """Return position and parent of a place; raises Refused 1063, 1064."""
    if place.sibling is not None:
        sibling = sheet.rows.get(place.sibling)
        if sibling is None:
            raise Refused(1064, place.sibling)
        position = sibling.number - 1 if place.above else end_of(sheet, sibling)
        return position, sibling.parent
    if place.parent is not None:
        parent = sheet.rows.get(place.parent)
        if parent is None:
            raise Refused(1063, place.parent)
        return (end_of(sheet, parent) if place.bottom else parent.number), parent.id
    return (0 if place.top else len(sheet.order)), None


def insert(sheet: Sheet, rows: list[Row], place: Place) -> None:
    """Put new rows into the sheet, the first one first; by default at the bottom."""
    position, parent = target(sheet, place)
    for row in rows:
        row.parent = parent
        sheet.rows[row.id] = row
    sheet.order[position:position] = rows
    sheet.renumber(position)


def check(sheet: Sheet, rows: list[Row], place: Place) -> None:
    """Refuse a move before anything is changed: 1062, 1063, 1064."""
    target(sheet, place)
    for row in rows:
        family = {member.id for member in family_of(sheet, row)}
        if {place.parent, place.sibling} & family:
            raise Refused(1063 if place.parent else 1064, place.parent or place.sibling)
        if place.outdent and row.parent is None:
            raise Refused(1062)
        if place.indent and sibling_before(sheet, row) is None:
            raise Refused(1062)


def sibling_before(sheet: Sheet, row: Row) -> Row | None:
    """Return the row before ``row`` on the same level of the hierarchy."""
    for position in range(row.number - 2, -1, -1):
        other = sheet.order[position]
        if other.parent == row.parent:
            return other
        if other.id == row.parent:
            return None
    return None


def move_all(sheet: Sheet, rows: list[Row], place: Place) -> None:
    """Move rows one by one so that they keep their order at the new place."""
    stacks = place.top or (place.sibling is not None and not place.above)
    stacks = stacks or (place.parent is not None and not place.bottom)
    for row in reversed(rows) if stacks else rows:
        _move(sheet, row, place)


def _move(sheet: Sheet, row: Row, place: Place) -> None:
    if place.indent or place.outdent:
        _change_depth(sheet, row, place)
        return
    family = family_of(sheet, row)
    start = row.number - 1
    del sheet.order[start : start + len(family)]
    sheet.renumber()
    position, row.parent = target(sheet, place)
    sheet.order[position:position] = family
    sheet.renumber()


def _change_depth(sheet: Sheet, row: Row, place: Place) -> None:
    if place.indent:
        before = sibling_before(sheet, row)
        row.parent = before.id if before else row.parent
    elif row.parent is not None:
        parent = sheet.rows[row.parent]
        family = family_of(sheet, row)
        start = row.number - 1
        after = end_of(sheet, parent)
        sheet.order[after:after] = family
        del sheet.order[start : start + len(family)]
        row.parent = parent.parent
        sheet.renumber()

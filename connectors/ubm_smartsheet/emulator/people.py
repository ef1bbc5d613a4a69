"""What people do in the sheet itself: type, delete, move, comment, change columns, share.

Every order is a JSON object with ``do``; ``who`` is the person's e-mail address (the service's
own user where it is missing) and is recorded as the author. Typing is read as the sheet's own
page reads it: numbers, dates and addresses are recognised, a leading apostrophe keeps text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ubm_smartsheet.emulator import (
    cells,
    discussions,
    moves,
    placement,
    render,
    sheets,
    structure,
)
from ubm_smartsheet.emulator.checking import linked, restricted
from ubm_smartsheet.emulator.errors import Refused
from ubm_smartsheet.emulator.model import Cell, Column, Level, Rich, Row, Sheet
from ubm_smartsheet.emulator.state import Author, State, auto_columns, check_room
from ubm_smartsheet.emulator.switches import Switches

Order = dict[str, Any]


@dataclass(slots=True)
class People:
    """Carries out orders at one instant (whole seconds since 1970)."""

    state: State
    switches: Switches
    now: int

    def act(self, order: Order) -> object:
        """Carry out one order; raises KeyError for an unknown name, Refused where it may not."""
        name = str(order["do"])
        if name in structure.ORDERS:
            return structure.ORDERS[name](self.state, self.switches, self.now, order)
        if name not in self.orders:
            known = ", ".join(sorted([*self.orders, *structure.ORDERS]))
            raise KeyError(f"no order {name!r}; there are {known}")
        return self.orders[name](self, order)

    def _who(self, order: Order) -> int:
        email = order.get("who")
        return self.state.user(str(email)).id if email else self.state.service.id

    def _open(self, order: Order, needed: Level) -> tuple[Sheet, Author]:
        sheet = self.state.sheet(int(order["sheet"]))
        user = self._who(order)
        level = sheet.level_of(user)
        if level is None or level < needed:
            raise Refused(1004)
        return sheet, Author(user, level, self.now)

    def _row(self, sheet: Sheet, order: Order) -> Row:
        row = sheet.rows.get(int(order["row"]))
        if row is None:
            raise KeyError(f"no row {order['row']} in sheet {sheet.name!r}")
        return row

    def _typed(self, sheet: Sheet, given: dict[str, Any], author: Author) -> dict[int, Cell | None]:
        return {
            column.id: self._cell(column, value, author)
            for column, value in ((sheet.titled(title), v) for title, v in given.items())
        }

    def _cell(self, column: Column, value: Any, author: Author) -> Cell | None:
        if column.system:
            raise Refused(1046, column.id)
        if column.formula:
            raise Refused(1302, column.id)
        if column.locked and not author.is_admin:
            raise Refused(1039, column.id)
        cell = cells.lenient(column, value, strips_zeros=self.switches.ui_strips_zeros)
        if not author.is_admin and not cells.allowed(column, cell):
            raise restricted(column, self.switches)
        return cell

    def add_row(self, order: Order) -> object:
        """``{sheet, cells: {title: value}}`` -> ``{row, rowNumber}``: a new row at the bottom."""
        return self.add_rows({**order, "rows": [order.get("cells") or {}]})[0]

    def add_rows(self, order: Order) -> list[dict[str, int]]:
        """``{sheet, rows: [{title: value}]}`` -> ``[{row, rowNumber}]``."""
        sheet, author = self._open(order, Level.EDITOR)
        typed = [self._typed(sheet, given, author) for given in order["rows"]]
        check_room(sheet, len(typed), self.switches)
        autos = auto_columns(sheet)
        new = []
        for values in typed:
            filled = {column: cell for column, cell in values.items() if cell is not None}
            new.append(self.state.new_row(sheet, filled, author, autos))
        return self._placed(sheet, new, author)

    def _placed(self, sheet: Sheet, new: list[Row], author: Author) -> list[dict[str, int]]:
        placement.insert(sheet, new, placement.NOWHERE)
        for row in new:
            self.state.tell(sheet, author, "row", "created", id=row.id)
        self.state.touch(sheet, author)
        return [{"row": row.id, "rowNumber": row.number} for row in new]

    def load_rows(self, order: Order) -> object:
        """``{sheet, columns: [title], rows: [[value]]}`` -> ``{rows: [id]}``: in bulk, as given.

        Values are stored without being read as typed, for large fixtures.
        """
        sheet, author = self._open(order, Level.EDITOR)
        rows = order["rows"]
        check_room(sheet, len(rows), self.switches)
        ids = [sheet.titled(title).id for title in order["columns"]]
        autos = auto_columns(sheet)
        new = []
        for values in rows:
            pairs = zip(ids, values, strict=True)
            filled = {column: value for column, value in pairs if value not in {None, ""}}
            new.append(self.state.new_row(sheet, filled, author, autos))
        self._placed(sheet, new, author)
        return {"rows": [row.id for row in new]}

    def edit_row(self, order: Order) -> object:
        """``{sheet, row, cells: {title: value or null}}``."""
        return self.edit_rows({**order, "rows": [{"row": order["row"], "cells": order["cells"]}]})

    def edit_rows(self, order: Order) -> object:
        """``{sheet, rows: [{row, cells}]}``: all of them in one saving."""
        sheet, author = self._open(order, Level.EDITOR)
        edits = []
        for edit in order["rows"]:
            row = self._row(sheet, edit)
            if row.locked and not author.is_admin:
                raise Refused(1050, row.id)
            edits.append((row, self._typed(sheet, edit["cells"], author)))
        for row, values in edits:
            for column_id, cell in values.items():
                self.state.set_cell(sheet, row, column_id, cell, author)
            self.state.mark(row, author)
            self.state.tell(sheet, author, "row", "updated", id=row.id)
        self.state.touch(sheet, author)
        return {"version": sheet.version}

    def delete_row(self, order: Order) -> object:
        """``{sheet, row}``: with all that hangs below it; locked columns do not prevent it."""
        sheet, author = self._open(order, Level.EDITOR)
        gone = moves.remove(self.state, sheet, [self._row(sheet, order)], author)
        self.state.touch(sheet, author, moves_version=self.switches.delete_moves_version)
        return {"rows": [row.id for row in gone]}

    def restore_row(self, order: Order) -> object:
        """``{sheet, row}`` -> ``{row, rowNumber}``: takes a deleted row back."""
        sheet, author = self._open(order, Level.EDITOR)
        row = sheet.bin.pop(int(order["row"]))
        row.parent = None
        if not self.switches.restored_rows_keep_ids:
            row.id = self.state.ids.draw()
        self.state.mark(row, author)
        return self._placed(sheet, [row], author)[0]

    def move_row(self, order: Order) -> object:
        """``{sheet, row, to}`` -> ``{row, rowNumber}``: to another sheet, under a new id."""
        return self._transfer(order, leaves=True)

    def copy_row(self, order: Order) -> object:
        """``{sheet, row, to?}`` -> ``{row, rowNumber}``: same cells, locked ones included."""
        if order.get("to") not in {None, order["sheet"]}:
            return self._transfer(order, leaves=False)
        sheet, author = self._open(order, Level.EDITOR)
        check_room(sheet, 1, self.switches)
        system = {column.id for column in sheet.columns if column.system}
        source = self._row(sheet, order)
        same = {column: cell for column, cell in source.cells.items() if column not in system}
        new = self.state.new_row(sheet, same, author, auto_columns(sheet))
        return self._placed(sheet, [new], author)[0]

    def _transfer(self, order: Order, *, leaves: bool) -> object:
        sheet, author = self._open(order, Level.EDITOR)
        target, _ = self._open({**order, "sheet": order["to"]}, Level.EDITOR)
        row = self._row(sheet, order)
        rows = placement.family_of(sheet, row)
        mapped = moves.transfer(
            self.state, sheet, target, rows, author, self.switches, leaves=leaves
        )
        new = target.rows[mapped[0]["to"]]
        return {"row": new.id, "rowNumber": new.number}

    def see_sheet(self, order: Order) -> object:
        """``{sheet}`` -> ``[{row, rowNumber, cells: {title: what is shown}}]``."""
        sheet, _ = self._open(order, Level.VIEWER)
        return [self._seen(sheet, row) for row in sheet.order]

    def see_row(self, order: Order) -> object:
        """``{sheet, row}`` -> ``{row, rowNumber, cells}``."""
        sheet, _ = self._open(order, Level.VIEWER)
        return self._seen(sheet, self._row(sheet, order))

    def _seen(self, sheet: Sheet, row: Row) -> dict[str, Any]:
        people = self.state.users
        seen = {
            column.title: render.shown(column, row.cells.get(column.id), people, row)
            for column in sheet.columns
        }
        return {"row": row.id, "rowNumber": row.number, "cells": seen}

    def set_formula(self, order: Order) -> object:
        """``{sheet, row, title, formula, value}``: the value is what the formula shows."""
        sheet, author = self._open(order, Level.EDITOR)
        row, column = self._row(sheet, order), sheet.titled(order["title"])
        if column.locked and not author.is_admin:
            raise Refused(1039, column.id)
        cell = Rich(value=order.get("value"), formula=str(order["formula"]))
        self.state.set_cell(sheet, row, column.id, cell, author)
        self.state.mark(row, author)
        self.state.touch(sheet, author)
        return {"version": sheet.version}

    def recalculate(self, order: Order) -> object:
        """``{sheet, row, title, value}``: a formula shows something else, by nobody's edit."""
        sheet, author = self._open(order, Level.VIEWER)
        row, column = self._row(sheet, order), sheet.titled(order["title"])
        former = row.cells.get(column.id)
        if not isinstance(former, Rich) or former.formula is None:
            raise ValueError(f"no formula in column {column.title!r} of row {row.id}")
        cell = Rich(value=order["value"], formula=former.formula)
        if self.switches.formula_moves_modified:
            self.state.set_cell(sheet, row, column.id, cell, author)
            self.state.mark(row, author)
            self.state.touch(sheet, author)
        else:
            row.cells[column.id] = cell
            row.tail = None
        return {"version": sheet.version}

    def sort_sheet(self, order: Order) -> object:
        """``{sheet, title, down?}``: row ids stay, row numbers change."""
        sheet, author = self._open(order, Level.EDITOR)
        column = sheet.titled(order["title"])
        sheets.sort_rows(sheet, column, self.state.users, down=bool(order.get("down")))
        self.state.touch(sheet, author)
        return {"version": sheet.version}

    def link_cell(self, order: Order) -> object:
        """``{sheet, row, title, from: {sheet, row, title}}``: shows another sheet's cell."""
        sheet, author = self._open(order, Level.EDITOR)
        row, column = self._row(sheet, order), sheet.titled(order["title"])
        source = self.state.sheet(int(order["from"]["sheet"]))
        place = {
            "sheetId": source.id,
            "rowId": int(order["from"]["row"]),
            "columnId": source.titled(order["from"]["title"]).id,
        }
        cell = linked(self.state, author.user, place)
        self.state.set_cell(sheet, row, column.id, cell, author)
        self.state.mark(row, author)
        self.state.touch(sheet, author)
        return {"version": sheet.version}

    def attach(self, order: Order) -> object:
        """``{sheet, row, name}`` -> ``{attachment}``: a file's name, such as a bill's copy."""
        sheet, author = self._open(order, Level.EDITOR)
        row = self._row(sheet, order)
        file = {"name": str(order["name"]), "attachmentType": "FILE"}
        made = discussions.attach(self.state, sheet, row, file, author)
        return {"attachment": made["id"]}

    def comment(self, order: Order) -> object:
        """``{sheet, row, text}`` -> ``{discussion}``."""
        sheet, author = self._open(order, Level.COMMENTER)
        row = self._row(sheet, order)
        thread = discussions.start(self.state, sheet, row, str(order["text"]), author)
        return {"discussion": thread.id}

    orders: ClassVar[dict[str, Callable[[People, Order], object]]] = {
        "add_row": add_row,
        "add_rows": add_rows,
        "load_rows": load_rows,
        "edit_row": edit_row,
        "edit_rows": edit_rows,
        "delete_row": delete_row,
        "restore_row": restore_row,
        "move_row": move_row,
        "copy_row": copy_row,
        "see_sheet": see_sheet,
        "see_row": see_row,
        "set_formula": set_formula,
        "recalculate": recalculate,
        "sort_sheet": sort_sheet,
        "link_cell": link_cell,
        "attach": attach,
        "comment": comment,
    }

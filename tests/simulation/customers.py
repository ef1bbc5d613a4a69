"""What customers and their administrators do in the sheets."""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.fields import DELIVERIES, EMPTIED, ID_COLUMN, NAMES, NUMBER, OWNED, TYPED
from tests.simulation.hands import Act, Hands, text
from tests.simulation.template import ADMIN
from tests.simulation.world import POISON
from tests.stack import ROW, Client


def stayed_behind(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the fields whose cells did not come along when a row was moved, by their titles.

    The other sheet calls the column otherwise, or has made it one of another type: the vendor
    matches columns by both, and drops what it finds no column for.
    """
    return [
        name
        for name, (title, *_) in NAMES.items()
        if title not in before.keys() & after or (before[title] and not after[title])
    ]


class Customers(Hands):
    """People in the sheets."""

    def add(self, act: Act) -> None:
        """Add a row: complete, half typed, or wrong."""
        client = self.world.clients[act.b % len(self.world.clients)]
        cells = {
            **ROW,
            "Account Number": f"77{act.a:06}",
            "Location Code": f"'{act.a % 10_000:04}",
            "Location Name": f"Place {act.a}",
        }
        match act.c % 6:
            case 1:
                del cells["City"]
            case 2:
                cells["ZIP"] = "99"
            case 3:
                cells["Online Access"] = "No online account"
            case _:
                pass
        row = self.sheet("add_row", client, cells=cells)["row"]
        self.world.say(f"{client.key} adds row {row} ({cells['Location Name']}, kind {act.c % 6})")
        self.model.added(str(row), client.key, f"{act.a}")

    def edit_row(self, act: Act) -> None:
        """Type over a cell of a row."""
        name = TYPED[act.c % len(TYPED)]
        _, _, cells = self.row(act)
        self._type_in_row(act, name, text(act, name, cells.get(NAMES[name][0]) or ""))

    def choose_in_row(self, act: Act) -> None:
        """Choose another entry of a list in a row."""
        self._type_in_row(act, "bill_delivery", DELIVERIES[act.c % len(DELIVERIES)])

    def clear_cell(self, act: Act) -> None:
        """Empty a cell of a row."""
        self._type_in_row(act, EMPTIED[act.c % len(EMPTIED)], "")

    def _type_in_row(self, act: Act, name: str, value: str) -> None:
        client, row, cells = self.row(act)
        title = NAMES[name][0]
        before = cells.get(title, "")
        self.sheet("edit_row", client, row=row, cells={title: f"'{value}" if value else None})
        told = f"{name}={value!r} over {before[:60]!r}"
        self.world.say(f"{client.key} types {told} in row {row}")
        self.model.typed("row", str(row), name, value, before, cells.get(ID_COLUMN) or "")
        account = cells.get(OWNED[1][0]) or ""
        # The service's own word, and about this row: a copy, or a row that came over from another
        # customer, shows another record's account until it is a record.
        own = str(row) not in self.model.crossed and str(row) not in self.model.copies
        if name == NUMBER and account and not account.startswith("mine") and own:
            self.model.barred.append((str(row), value))

    def copy_row(self, act: Act) -> None:
        """Copy a row inside its sheet."""
        client, row, _ = self.row(act)
        new = self.sheet("copy_row", client, row=row)["row"]
        self.world.say(f"{client.key} copies row {row} to {new}")
        self.model.copied(str(row), str(new))

    def move_row(self, act: Act) -> None:
        """Move a row to the other customer's sheet, where it gets another id."""
        client, row, cells = self.row(act)
        to = next(one for one in self.world.clients if one is not client)
        new = self.sheet("move_row", client, ADMIN, row=row, to=to.sheet)["row"]
        self.world.say(f"an admin moves row {row} from {client.key} to {to.key}, as {new}")
        there = self.sheet("see_row", to, row=new)["cells"]
        left = stayed_behind(cells, there)
        self.model.moved(str(row), str(new), cells.get(ID_COLUMN) or "", left)

    def delete_row(self, act: Act) -> None:
        """Delete a row."""
        client, row, _ = self.row(act)
        self.sheet("delete_row", client, row=row)
        self.world.say(f"{client.key} deletes row {row}")
        self.model.removed("row", str(row))

    def restore_row(self, act: Act) -> None:
        """Take a deleted row back."""
        bins = [
            (client, row)
            for client in self.world.clients
            for row in self.world.smartsheet.state.sheets[client.sheet].bin
        ]
        client, row = bins[act.b % len(bins)] if bins else (None, 0)
        if client is None:
            raise IndexError("nothing was deleted")
        new = self.sheet("restore_row", client, row=row)["row"]
        self.world.say(f"{client.key} restores row {row} as {new}")
        named = bool(self.sheet("see_row", client, row=new)["cells"].get(ID_COLUMN))
        self.model.restored("row", str(row), str(new), named=named)

    def add_again(self, act: Act) -> None:
        """Type a row anew with what another one holds, as people do after a mistake."""
        client, row, cells = self.row(act)
        again = {title: cells.get(title) or None for title in ROW}
        code = str(again.get("Location Code") or "")
        again["Location Code"] = f"'{code}" if code else None
        given = {title: value for title, value in again.items() if value}
        new = self.sheet("add_row", client, cells=given)["row"]
        self.world.say(f"{client.key} types row {row} anew as {new}")
        self.model.added(str(new), client.key, "")
        self.model.repeated(str(row), str(new))

    def poison(self, act: Act) -> None:
        """Type what the decisions about a record break down over."""
        if self.world.poisonous:
            self._type_in_row(act, "notes", f"{POISON} {act.a}")

    def edit_owned_cell(self, act: Act) -> None:
        """Change a cell that only the service fills, as an administrator may."""
        client, row, cells = self.row(act)
        title = OWNED[act.c % len(OWNED)][0]
        self.sheet("edit_row", client, ADMIN, row=row, cells={title: f"mine {act.a}"})
        self.world.say(f"an admin types 'mine {act.a}' into {title} of row {row}")
        self.model.meddled("row", str(row), f"mine {act.a}", cells.get(title, ""))

    # ------------------------------------------------------------------------------- the columns

    def rename_column(self, act: Act) -> None:
        """Give a column another title."""
        client, title = self._column(act)
        self.sheet("rename_column", client, ADMIN, title=title, to=f"{title} (old)")
        self.world.say(f"an admin renames column {title} of {client.key}")
        self.model.damaged(client.key, "rename", title)

    def delete_column(self, act: Act) -> None:
        """Delete a column with all its values."""
        client, title = self._column(act)
        self.sheet("delete_column", client, ADMIN, title=title)
        self.world.say(f"an admin deletes column {title} of {client.key}")
        self.model.damaged(client.key, "delete", title)

    def drop_option(self, act: Act) -> None:
        """Take an option of a list away."""
        client = self.world.clients[act.b % len(self.world.clients)]
        option = ("Online portal", "Full service")[act.c % 2]
        title = ("Bill Delivery", "Bill Type")[act.c % 2]
        self.sheet("drop_option", client, ADMIN, title=title, option=option)
        self.world.say(f"an admin takes the option {option} of {title} away for {client.key}")
        self.model.damaged(client.key, "option", title, option)

    def retype_column(self, act: Act) -> None:
        """Make a column one of another type."""
        client, title = self._column(act)
        self.sheet("retype_column", client, ADMIN, title=title, type="CHECKBOX")
        self.world.say(f"an admin makes column {title} of {client.key} a list of checkboxes")
        self.model.damaged(client.key, "retype", title)

    def _column(self, act: Act) -> tuple[Client, str]:
        client = self.world.clients[act.b % len(self.world.clients)]
        return client, NAMES[EMPTIED[act.c % len(EMPTIED)]][0]

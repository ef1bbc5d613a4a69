"""What makes a sheet what the template says, one request after the other. Pure.

Nothing here empties a cell or deletes a column, a row or an option. Steps are worked out from what
a sheet shows now, so that the next one is always right, whoever changed the sheet meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ubm_smartsheet.columns import (
    SYSTEM_TYPES,
    Column,
    Match,
    expected_options,
    parse_column,
    type_of,
    wanted_type,
)
from ubm_smartsheet.judging import out_of_order
from ubm_smartsheet.layout import new_column
from ubm_smartsheet.traits import DROPDOWNS, LONGEST_DESCRIPTION, is_restricted
from ubm_smartsheet.wording import in_words, kind_of
from ubm_sync.model import Binding, Deviation
from ubm_sync.template import Kind

LONGEST_TITLE = 50


class Remedy(NamedTuple):
    """One request: its body, and the column it changes (None: it adds one).

    ``key`` is the same for the same change, whenever it is worked out. ``converts`` is the type
    that the column's cells are converted to. A remedy without a body is left to a person;
    ``detail`` says why. ``foreseen``: another one comes first, and this is worked out anew then.
    """

    key: str
    title: str
    detail: str
    body: dict[str, Any] | None
    column: Column | None = None
    converts: str = ""
    foreseen: bool = False


class Remedies:
    """Works out what one sheet needs."""

    def __init__(
        self,
        bindings: Sequence[Binding],
        found: Match,
        titles: Mapping[int, str],
        exempt: Mapping[tuple[str, str], Deviation],
    ) -> None:
        self._bindings = bindings
        self._found = found
        self._first_titles = titles
        self._exempt = exempt
        self._by_title = {column.title: column for column in found.live}

    def every(self, *, order: bool = False) -> Iterator[Remedy]:
        """Yield what is to be done, in the order it has to be done in.

        A column that is added is given its lock and the like by a later one, once it is there.
        """
        yield from self._titles()
        yield from self._absent()
        for binding in self._bindings:
            column = self._found.columns.get(binding.field)
            if column is not None and not column.system:
                yield from self._properties(binding, column)
        if order:
            yield from self._order()

    def _is_exempt(self, binding: Binding, kind: Kind) -> bool:
        return (binding.field, kind) in self._exempt

    # ------------------------------------------------------------------------------------- titles

    def _titles(self) -> Iterator[Remedy]:
        """Yield titles to be put back: first those that are free, then one of those in a circle."""
        wrong = [
            (one, column)
            for one in self._bindings
            if (column := self._found.columns.get(one.field)) is not None
            and column.title != one.external
            and not self._is_exempt(one, Kind.RENAMED)
        ]
        strays = {column.id for _, column in wrong}
        free = [(one, column) for one, column in wrong if one.external not in self._by_title]
        for binding, column in free:
            yield _renaming(binding.field, column, binding.external)
        taken = [one for one in wrong if one not in free]
        for binding, column in taken:
            holder = self._by_title[binding.external]
            if holder.id not in strays:
                given_up = self._given_up(binding, holder)
                yield given_up
                if given_up.body is not None:
                    yield _renaming(binding.field, column, binding.external)._replace(foreseen=True)
        circle = [
            (one, column) for one, column in taken if self._by_title[one.external].id in strays
        ]
        if circle and not free:
            holder = self._by_title[circle[0][0].external]
            field = next(one.field for one, column in wrong if column.id == holder.id)
            yield _renaming(field, holder, self._unused(holder.title))
        for binding, column in circle:
            yield _renaming(binding.field, column, binding.external)._replace(foreseen=True)

    def _given_up(self, binding: Binding, holder: Column) -> Remedy:
        """Have another column give up a title that is a field's."""
        former = self._first_titles.get(holder.id, "")
        key = f"{binding.field}/title-taken"
        if former and former != holder.title and former not in self._by_title:
            return _renaming(binding.field, holder, former)
        owner = next(
            (one.field for one in self._bindings
             if (at := self._found.columns.get(one.field)) and at.id == holder.id), ""
        )  # fmt: skip
        text = (
            f'Another column is called "{holder.title}", the title of the template\'s; rename that '
            "one, then apply the template again."
            if not owner
            else f'"{holder.title}" is the column of "{owner}"; correct the titles by hand.'
        )
        return Remedy(key, binding.external, text, None, holder)

    def _unused(self, title: str) -> str:
        number = 2
        while (tried := f"{title[: LONGEST_TITLE - 4]} {number}") in self._by_title:
            number += 1
        return tried

    # ------------------------------------------------------------------------------ absent columns

    def _absent(self) -> Iterator[Remedy]:
        owners = {column.id for column in self._found.columns.values()}
        place = -1
        for binding in self._bindings:
            column = self._found.columns.get(binding.field)
            if column is not None:
                place = self._found.live.index(column)
                continue
            if self._is_exempt(binding, Kind.MISSING):
                continue
            holder = self._by_title.get(binding.external)
            given_up = None
            if holder is not None and holder.id not in owners:
                given_up = self._given_up(binding, holder)
                yield given_up
            if given_up is None or given_up.body is not None:
                yield from self._added(binding, place + 1, is_free=holder is None)

    def _added(self, binding: Binding, index: int, *, is_free: bool) -> Iterator[Remedy]:
        """Yield the addition of a column, and what is set once it is there.

        Where a field's column has its title, that one gets its own title back first.
        """
        body = new_column(binding)
        add = Remedy(f"{binding.field}/add", binding.external, "add the column", body)
        yield add._replace(body=body | {"index": index}, foreseen=not is_free)
        if wanted_type(binding) not in SYSTEM_TYPES:
            made = parse_column({**body, "id": 0})
            yield from self._properties(binding, made, foreseen=True)

    # -------------------------------------------------------------------------- types, locks and co

    def _properties(
        self, binding: Binding, column: Column, *, foreseen: bool = False
    ) -> Iterator[Remedy]:
        wanted = wanted_type(binding)
        if type_of(column) != wanted:
            if self._is_exempt(binding, Kind.RETYPED):
                return
            if wanted in SYSTEM_TYPES or column.primary:
                text = f"The column's type cannot be changed to {kind_of(wanted)}; add it anew."
                yield Remedy(f"{binding.field}/type", column.title, text, None, column)
                return
            body: dict[str, Any] = {"type": wanted}
            if wanted in DROPDOWNS:
                body["options"] = list(expected_options(binding))
            key = f"{binding.field}/type:{wanted}"
            yield Remedy(key, column.title, f"type {kind_of(wanted)}", body, column, wanted)
            options = tuple(body.get("options", ()))
            made = column._replace(type=wanted, options=options, validation=False)
            yield from self._properties(binding, made, foreseen=True)
            return
        body, said = self._changes(binding, column)
        if body:
            yield Remedy(
                f"{binding.field}/{'+'.join(said)}",
                column.title,
                ", ".join(in_words(one) for one in said),
                body,
                column,
                foreseen=foreseen,
            )

    def _changes(self, binding: Binding, column: Column) -> tuple[dict[str, Any], list[str]]:
        body: dict[str, Any] = {}
        said: list[str] = []
        if column.type in DROPDOWNS and not self._is_exempt(binding, Kind.OPTIONS):
            added = [one for one in expected_options(binding) if one not in column.options]
            if added:
                # Options come with the type (1090), and unsent attributes stay as they are.
                body |= {"type": column.type, "options": [*column.options, *added]}
                said += [f"option:{one}" for one in added]
        altered = self._is_exempt(binding, Kind.ALTERED)
        lock = Kind.UNLOCKED if binding.locked else Kind.ALTERED
        differs = binding.locked != column.locked and not self._is_exempt(binding, lock)
        if differs and not column.primary:
            body["locked"] = binding.locked
            said.append(f"locked:{str(binding.locked).lower()}")
        hidden = binding.settings.get("hidden") == "true"
        if not column.primary and hidden != column.hidden and not altered:
            body["hidden"] = hidden
            said.append(f"hidden:{str(hidden).lower()}")
        unrestricted = is_restricted(binding) and not column.validation
        if unrestricted and not self._is_exempt(binding, Kind.UNRESTRICTED):
            body["validation"] = True
            said.append("restricted:true")
        text = binding.description[:LONGEST_DESCRIPTION]
        if text and column.description != text and not altered:
            body["description"] = text
            said.append("description")
        return body, said

    # --------------------------------------------------------------------------------------- order

    def _order(self) -> Iterator[Remedy]:
        """Yield one column to move: the first that stands elsewhere, behind its forerunner."""
        moved = {one.id for one in out_of_order(self._bindings, self._found)}
        for place, binding in enumerate(self._bindings):
            column = self._found.columns.get(binding.field)
            if column is None or column.id not in moved:
                continue
            before = [
                self._found.columns[one.field]
                for one in self._bindings[:place]
                if one.field in self._found.columns
            ]
            left = [one for one in self._found.live if one.id != column.id]
            index = left.index(before[-1]) + 1 if before else 0
            yield Remedy(f"{binding.field}/order", column.title, "order", {"index": index}, column)


def _renaming(field: str, column: Column, title: str) -> Remedy:
    detail = f'title "{title}" instead of "{column.title}"'
    key = f"{field}/title:{title}"
    return Remedy(key, title, detail, {"title": title}, column)


def survives(kind: str, cell: Mapping[str, Any]) -> bool:
    """Return whether a cell reads the same after its column is converted to ``kind``.

    Smartsheet converts every cell with its column. Text stays in a dropdown, also text that is not
    listed; a date column keeps days, takes typed days as such and keeps other text as text; what a
    number becomes there is not documented.
    """
    value = cell.get("value")
    if value is None:
        return "objectValue" not in cell or kind in {"TEXT_NUMBER", "PICKLIST"}
    if kind in {"TEXT_NUMBER", "PICKLIST"}:
        return not isinstance(value, bool)
    if kind == "CHECKBOX":
        return isinstance(value, bool) or value in {"true", "false"}
    return isinstance(value, str)

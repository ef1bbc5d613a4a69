"""Columns of one sheet: read, matched to fields by id, compared with what they should be. Pure.

A title is for people; an id is what a field is bound to. Titles decide only where a field was never
bound in that sheet, or where its id is gone and exactly one column has the same title and type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ubm_sync.model import Binding, FieldType, Place

SYNC_ID = "sync_id"
SYSTEM_TYPES = frozenset(
    {"AUTO_NUMBER", "CREATED_BY", "MODIFIED_BY", "CREATED_DATE", "MODIFIED_DATE"}
)
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.DATE})
_BY_FIELD_TYPE = {
    FieldType.CHOICE: "PICKLIST",
    FieldType.DATE: "DATE",
    FieldType.BOOLEAN: "CHECKBOX",
    FieldType.PERSON: "CONTACT_LIST",
}


class Column(NamedTuple):
    """One column as the vendor describes it."""

    id: int
    title: str
    type: str
    system: str = ""
    locked: bool = False
    locked_for_us: bool = False
    formula: bool = False
    hidden: bool = False
    validation: bool = False
    primary: bool = False
    options: tuple[str, ...] = ()
    description: str = ""


class Known(NamedTuple):
    """What a field was bound to: the column's id and type, and the title the mapping had then.

    ``lost`` are the traits of the template (see ``traits``) that the column had and has no more.
    """

    id: int
    wanted: str
    type: str
    title: str  # the column's own title when it was last seen
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Which column each field lives in; ``replaced`` are fields whose old column is gone.

    ``live`` are all columns of the sheet, from left to right.
    """

    columns: Mapping[str, Column]
    known: Mapping[str, Known]
    replaced: tuple[str, ...] = ()
    live: tuple[Column, ...] = ()

    @property
    def unbound(self) -> tuple[Column, ...]:
        """The columns that are no field's."""
        bound = {column.id for column in self.columns.values()}
        return tuple(one for one in self.live if one.id not in bound)

    def is_usable(self, binding: Binding) -> bool:
        """Return whether the column of a field can be read, though its type may be another.

        One that had the right type and lost it is not: its cells were converted with it.
        """
        column, wanted = self.columns[binding.field], wanted_type(binding)
        if type_of(column) == wanted:
            return True
        return self.known[binding.field].type != wanted and reads_as_text(binding, column)


def parse_column(body: Mapping[str, Any]) -> Column:
    """Return a column from the vendor's object; unknown attributes are ignored."""
    return Column(
        int(body["id"]),
        str(body.get("title", "")),
        str(body.get("type", "TEXT_NUMBER")),
        str(body.get("systemColumnType") or ""),
        bool(body.get("locked")),
        bool(body.get("lockedForUser")),
        bool(body.get("formula")),
        bool(body.get("hidden")),
        bool(body.get("validation")),
        bool(body.get("primary")),
        tuple(str(option) for option in body.get("options") or ()),
        str(body.get("description") or ""),
    )


def bindings_of(place: Place, id_column: str) -> tuple[Binding, ...]:
    """Return the place's bindings, the identity's column added where they have none.

    Its title is the place's setting ``identity``, else ``id_column``.
    """
    if any(binding.field == SYNC_ID for binding in place.bindings):
        return place.bindings
    identity = Binding(
        SYNC_ID,
        place.settings.get("identity") or id_column,
        FieldType.IDENTIFIER,
        locked=True,
        settings={"hidden": "true", "column": "TEXT_NUMBER"},
    )
    return (*place.bindings, identity)


def titled(bindings: Iterable[Binding], titles: Mapping[str, str]) -> tuple[Binding, ...]:
    """Return the bindings with one customer's own column titles."""
    return tuple(
        replace(binding, external=titles[binding.field]) if titles.get(binding.field) else binding
        for binding in bindings
    )


def wanted_type(binding: Binding) -> str:
    """Return the column type a field asks for; a system column is named by its system type."""
    return binding.settings.get("column") or _BY_FIELD_TYPE.get(binding.type, "TEXT_NUMBER")


def type_of(column: Column) -> str:
    """Return a column's type in the words of ``wanted_type``."""
    return column.system or column.type


def reads_as_text(binding: Binding, column: Column) -> bool:
    """Return whether a column of another type than its field's holds the same values as text.

    In a text column choices and dates can be typed; from a dropdown a text can be chosen.
    """
    wanted, actual = wanted_type(binding), type_of(column)
    if actual == "TEXT_NUMBER":
        return binding.type in _CHOSEN and wanted != actual
    return actual == "PICKLIST" and wanted == "TEXT_NUMBER"


def expected_options(binding: Binding) -> tuple[str, ...]:
    """Return the choices of a field in the sheet's own words, in order."""
    return tuple(binding.encode.get(choice, choice) for choice in binding.choices)


def match(
    bindings: Sequence[Binding],
    known: Mapping[str, Known],
    live: Sequence[Column],
    titles: Mapping[int, str] | None = None,
) -> Match:
    """Find each field's column: by id, else by title where that is certain.

    A field that was bound under another title of the mapping is bound anew, for an admin changed
    it; where no column has the new title yet, it stays where it is. ``titles`` are the first titles
    of columns that are no field's: one that was renamed since does not take the place of a column
    that is gone, for what it holds is something else.
    """
    by_id = {column.id: column for column in live}
    taken = {
        known[binding.field].id
        for binding in bindings
        if binding.field in known and known[binding.field].wanted == binding.external
    } & by_id.keys()
    found: dict[str, Column] = {}
    remembered: dict[str, Known] = {}
    replaced = []
    for binding in bindings:
        before = known.get(binding.field)
        elsewhere: Known | None = None
        if before is not None and before.wanted != binding.external:
            before, elsewhere = None, before
        column = by_id.get(before.id) if before is not None else None
        if column is None:
            free = [one for one in live if one.id not in taken]
            column = _by_title(binding, before, free, titles or {})
            if column is not None and before is not None:
                replaced.append(binding.field)
        wanted = binding.external
        if column is None and elsewhere is not None:
            column = by_id.get(elsewhere.id) if elsewhere.id not in taken else None
            before, wanted = elsewhere, elsewhere.wanted
        if column is None:
            if before is not None:
                remembered[binding.field] = before
            continue
        taken.add(column.id)
        found[binding.field] = column
        was = type_of(column)
        if before is not None and before.id == column.id and was != wanted_type(binding):
            was = before.type  # it became right before, or it never was
        lost = before.lost if before is not None else ()
        remembered[binding.field] = Known(column.id, wanted, was, column.title, lost)
    return Match(found, remembered, tuple(replaced), tuple(live))


def _by_title(
    binding: Binding, before: Known | None, free: Sequence[Column], first: Mapping[int, str]
) -> Column | None:
    titles = [binding.external]
    if before is not None and before.title != binding.external:
        titles.append(before.title)
    for title in titles:
        exact = [one for one in free if one.title == title]
        alike = exact or [one for one in free if folded(one.title) == folded(title)]
        if before is not None:
            alike = [one for one in alike if type_of(one) == before.type]
            alike = [one for one in alike if folded(first.get(one.id, title)) == folded(title)]
        if len(alike) == 1:
            return alike[0]
    return None


def folded(title: str) -> str:
    """Return a title or an option as it is compared: case and runs of blanks do not count."""
    return " ".join(title.split()).casefold()

"""What is wrong with a sheet's columns, in sentences for the person who can mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ubm_smartsheet.columns import (
    SYNC_ID,
    SYNC_STATUS,
    Column,
    Match,
    expected_options,
    type_of,
    wanted_type,
)
from ubm_sync.model import Binding, Problem

SYSTEM = "smartsheet"
_VITAL = frozenset({SYNC_ID, SYNC_STATUS})
MOST_ROWS, MOST_CELLS = 20_000, 500_000  # the vendor's limits of one sheet
_NEARLY = 0.8
_SHOWN = 5
_KINDS = {
    "TEXT_NUMBER": "Text/Number",
    "PICKLIST": "Dropdown",
    "MULTI_PICKLIST": "Dropdown with several values",
    "DATE": "Date",
    "CHECKBOX": "Checkbox",
    "CONTACT_LIST": "Contact list",
    "MULTI_CONTACT_LIST": "Contact list with several people",
    "AUTO_NUMBER": "Auto-Number",
    "DATETIME": "Date and time",
    "ABSTRACT_DATETIME": "Date and time",
}


def scope_of(sheet: str, field: str = "") -> str:
    """Return the scope of problems of a sheet, or of one field in it."""
    return f"{SYSTEM}/{sheet}/{field}" if field else f"{SYSTEM}/{sheet}"


def problems(sheet: str, name: str, bindings: Sequence[Binding], found: Match) -> Iterator[Problem]:
    """Yield everything wrong with the columns of a sheet; complete each time."""
    for binding in bindings:
        column = found.columns.get(binding.field)
        if column is None:
            yield _missing(sheet, name, binding)
            continue
        if binding.field in found.replaced and not binding.locked:
            yield _replaced(sheet, name, binding, column)
        elif column.title != binding.external:
            yield _renamed(sheet, name, binding, column)
        if not found.is_usable(binding):
            yield _retyped(sheet, name, binding, column)
            continue
        if wanted_type(binding) != type_of(column):
            yield _untyped(sheet, name, binding, column)
        yield from _options(sheet, name, binding, column)
        if binding.locked and not column.locked and not column.system:
            yield _unlocked(sheet, name, binding, column)


def no_access(sheet: str, name: str, reason: str = "") -> Problem:
    """Return the problem of a sheet that this token cannot see; never a deletion."""
    called = f'Sheet "{name}" (id {sheet})' if name else f"The sheet with id {sheet}"
    because = f" {reason}" if reason else ""
    return Problem(
        scope_of(sheet),
        "no_access",
        f"{called} is not accessible with the service's token; nothing in it is taken as deleted. "
        f"Share it with the service's account as Admin.{because}",
        blocks=True,
    )


def unread(sheet: str, name: str, reason: str) -> Problem:
    """Return the problem of a sheet that could not be read this time."""
    return Problem(
        scope_of(sheet, "reading"),
        "not_read",
        f'Sheet "{name or sheet}" could not be read; it is tried again by itself. {reason}',
    )


def headroom(sheet: str, name: str, rows: int, columns: int) -> Iterator[Problem]:
    """Yield a warning where a sheet holds over 80 % of what the vendor allows.

    Smartsheet: 20,000 rows and 500,000 cells a sheet.
    """
    limit = min(MOST_ROWS, MOST_CELLS // max(columns, 1))
    if rows > limit * _NEARLY:
        yield Problem(
            scope_of(sheet),
            "sheet_nearly_full",
            f'Sheet "{name}" has {rows:,} of at most {limit:,} rows; archive closed rows or start '
            "a second sheet.",
        )


def _missing(sheet: str, name: str, binding: Binding) -> Problem:
    vital = binding.field in _VITAL
    stop = (
        "nothing is written to this sheet until it is back"
        if vital
        else "its values are neither read nor written, everything else goes on"
    )
    mend = (
        'run "ubm-sync setup smartsheet" to add it again'
        if binding.locked
        else "add it again, or restore the deleted column (Activity Log)"
    )
    return Problem(
        scope_of(sheet) if vital else scope_of(sheet, binding.field),
        "column_missing",
        f'Column "{binding.external}" is missing in sheet "{name}"; {stop}. The rows are safe; '
        f"{mend}.",
        blocks=vital,
        fields=(binding.field,),
    )


def _renamed(sheet: str, name: str, binding: Binding, column: Column) -> Problem:
    return Problem(
        scope_of(sheet, binding.field),
        "column_renamed",
        f'Column "{binding.external}" was renamed to "{column.title}" in sheet "{name}". The rows '
        "are safe and everything keeps working; rename it back, or note the new title under "
        f'"titles" of this customer.',
    )


def _replaced(sheet: str, name: str, binding: Binding, column: Column) -> Problem:
    return Problem(
        scope_of(sheet, binding.field),
        "column_replaced",
        f'Column "{binding.external}" of sheet "{name}" was deleted, and another column '
        f'"{column.title}" with the same title and type is used in its place; what it held is '
        "put back.",
        emptied=(binding.field,),
    )


def _retyped(sheet: str, name: str, binding: Binding, column: Column) -> Problem:
    wanted, actual = wanted_type(binding), type_of(column)
    return Problem(
        scope_of(sheet, binding.field),
        "column_retyped",
        f'Column "{column.title}" of sheet "{name}" is of type {_KINDS.get(actual, actual)} but '
        f"should be {_KINDS.get(wanted, wanted)}; its values wait until the type is put back. "
        "The rows are safe.",
        fields=(binding.field,),
    )


def _untyped(sheet: str, name: str, binding: Binding, column: Column) -> Problem:
    wanted, actual = wanted_type(binding), type_of(column)
    return Problem(
        scope_of(sheet, binding.field),
        "column_untyped",
        f'Column "{column.title}" of sheet "{name}" is of type {_KINDS.get(actual, actual)} but '
        f"should be {_KINDS.get(wanted, wanted)}; what is in it is read as text and works. To have "
        "it checked while people type, change its type (Edit Column Properties).",
    )


def _options(sheet: str, name: str, binding: Binding, column: Column) -> Iterator[Problem]:
    if column.type not in {"PICKLIST", "MULTI_PICKLIST"}:
        return
    there = set(column.options)
    gone = [option for option in expected_options(binding) if option not in there]
    if not gone:
        return
    listed = ", ".join(f'"{option}"' for option in gone[:_SHOWN])
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    one = len(gone) == 1
    yield Problem(
        scope_of(sheet, binding.field),
        "option_missing",
        f"The value{'' if one else 's'} {listed}{more} of dropdown "
        f'"{column.title}" in sheet "{name}" {"is" if one else "are"} gone; put '
        f"{'it' if one else 'them'} back (Edit Column Properties), or run "
        '"ubm-sync setup smartsheet".',
    )


def _unlocked(sheet: str, name: str, binding: Binding, column: Column) -> Problem:
    return Problem(
        scope_of(sheet, binding.field),
        "column_unlocked",
        f'Column "{column.title}" of sheet "{name}" is not locked, so people can type over what '
        'the service fills in; lock it, or run "ubm-sync setup smartsheet".',
    )

"""What is wrong with a sheet's columns, in sentences for the person who can mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ubm_smartsheet.columns import SYNC_ID, Column
from ubm_smartsheet.wording import quoted
from ubm_sync.model import Binding, Problem
from ubm_sync.template import Drift, Kind

SYSTEM = "smartsheet"
MOST_ROWS, MOST_CELLS = 20_000, 500_000  # the vendor's limits of one sheet
_NEARLY = 0.8
_SHOWN = 3
#: What is told, by its word in the list of problems. Other differences stand in the template's
#: status only: nothing has to be done about them.
_CODES = {
    Kind.MISSING: "column_missing",
    Kind.AWAITED: "column_awaited",
    Kind.RENAMED: "column_renamed",
    Kind.CONFUSED: "column_confused",
    Kind.REPLACED: "column_replaced",
    Kind.RETYPED: "column_retyped",
    Kind.UNTYPED: "column_untyped",
    Kind.OPTIONS: "option_missing",
    Kind.UNLOCKED: "column_unlocked",
    Kind.UNRESTRICTED: "column_unrestricted",
}
_EXEMPT = "column_exempt"


def scope_of(sheet: str, field: str = "") -> str:
    """Return the scope of problems of a sheet, or of one field in it."""
    return f"{SYSTEM}/{sheet}/{field}" if field else f"{SYSTEM}/{sheet}"


def problems(sheet: str, drifts: Iterable[Drift]) -> Iterator[Problem]:
    """Yield the problem of each difference that somebody should know of, or that holds up a field.

    Without the identity a row could not be told from a copy, so its column stops the sheet.
    """
    for one in drifts:
        code = _CODES.get(one.kind)
        if one.exempt is not None:
            code = _EXEMPT if one.pauses else None
        if code is None or (one.kind in {Kind.OPTIONS, Kind.AWAITED} and not one.pauses):
            continue
        vital = one.pauses and one.field == SYNC_ID and one.kind in {Kind.MISSING, Kind.AWAITED}
        yield Problem(
            scope_of(sheet) if vital else scope_of(sheet, one.field),
            code,
            one.text,
            blocks=vital,
            fields=(one.field,) if one.pauses else (),
            emptied=(one.field,) if one.kind is Kind.REPLACED else (),
        )


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


def locked_out(
    sheet: str, name: str, bindings: Iterable[Binding], columns: Mapping[str, Column]
) -> Iterator[Problem]:
    """Yield the problem of a sheet with columns that this token may not write."""
    closed = [
        columns[one.field].title
        for one in bindings
        if one.writable and one.field in columns and columns[one.field].locked_for_us
    ]
    if closed:
        yield Problem(
            scope_of(sheet, "access"),
            "columns_locked",
            f'Sheet "{name or sheet}" is not shared with the service\'s account as Admin: its '
            f"locked columns {quoted(closed, _SHOWN)} cannot be written, and customers see no "
            "answer there. Share it as Admin; then everything is written by itself.",
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

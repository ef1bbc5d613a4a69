"""What a refused row means: which field is at fault, in a plain sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ubm_smartsheet.columns import Column

ROW_GONE = frozenset({1006, 1034})
ROW_LOCKED = frozenset({1045, 1050, 1092})
PASSING = frozenset({0, 4000, 4001, 4002, 4003, 4004})
CELL = frozenset(
    {1031, 1036, 1037, 1038, 1039, 1041, 1042, 1046, 1109, 1110, 1111, 1112, 1113, 1115, 1130}
    | {1131, 1148, 1163, 1212, 1277, 1301, 1302}
)
_NUMBER = re.compile(r"\d{3,}")
_SENTENCES = {
    1039: 'column "{title}" is locked',
    1041: 'the text is too long for column "{title}"',
    1046: 'column "{title}" is filled by Smartsheet',
    1148: 'the number is too large for column "{title}"',
    1212: 'column "{title}" takes only listed values',
    1302: 'column "{title}" is calculated by a formula',
}


class Refusal(NamedTuple):
    """One row refused by the vendor.

    ``fields`` are the fields at fault, empty where the vendor did not say. ``cell`` says that a
    cell is at fault, so that the row may go without it.
    """

    code: int
    reason: str
    fields: tuple[str, ...] = ()
    cell: bool = False
    gone: bool = False
    locked: bool = False
    passing: bool = False


def understand(error: Mapping[str, Any], columns: Mapping[str, Column]) -> Refusal:
    """Return the meaning of ``{errorCode, message}`` for a row that sent ``columns``.

    The vendor names a column only inside its message, by id or by title.
    """
    code = int(error.get("errorCode") or 0)
    message = str(error.get("message") or "").strip()
    if code in ROW_GONE:
        return Refusal(code, "row not found", gone=True)
    if code in ROW_LOCKED:
        return Refusal(code, "the row is locked; unlock it", locked=True)
    if code in PASSING:
        return Refusal(code, f"Smartsheet could not take it now ({message or code})", passing=True)
    fields = _named(message, columns)
    is_cell = code in CELL or code >= 5000  # noqa: PLR2004 - 5xxx: restricted values and account states
    return Refusal(code, _sentence(code, message, fields, columns), fields, cell=is_cell)


def _named(message: str, columns: Mapping[str, Column]) -> tuple[str, ...]:
    numbers = {int(number) for number in _NUMBER.findall(message)}
    by_id = tuple(name for name, column in columns.items() if column.id in numbers)
    if by_id:
        return by_id
    return tuple(
        name for name, column in columns.items() if column.title and f'"{column.title}"' in message
    )


def _sentence(
    code: int, message: str, fields: tuple[str, ...], columns: Mapping[str, Column]
) -> str:
    if not fields:
        return f"Smartsheet refused the row: {message.rstrip('.') or f'code {code}'}"
    title = columns[fields[0]].title
    if code == 1042:  # noqa: PLR2004 - a value that does not fit its column's type
        kind = columns[fields[0]].type
        if kind == "PICKLIST":
            return f'dropdown "{title}" does not have this value; add it to the dropdown'
        return f'the value does not fit column "{title}" (type {kind})'
    known = _SENTENCES.get(code)
    if known is not None:
        return known.format(title=title)
    return f'Smartsheet refused "{title}": {message.rstrip(".") or f"code {code}"}'

"""Rows as the vendor sends them become observations. Pure, and hot: compiled once per layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from ubm_smartsheet.columns import SYNC_ID, Column, folded, reads_as_text
from ubm_smartsheet.values import canonical_number, shown_number, trimmed
from ubm_smartsheet.versions import ROW_LOCKED, closed_columns, make_version
from ubm_sync.model import NOTHING, Binding, FieldType, Mark, Observation, Translation

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TYPED_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")  # as people in the US type it
_DATE_LENGTH = 10
_MOST_ACCEPTED = 5000
_WRITTEN_ELSEWHERE = frozenset({Mark.FORMULA, Mark.LINKED})


class _Cell(NamedTuple):
    """How one column's cells are read."""

    type: FieldType
    checkbox: bool
    prefix: str
    suffix: str
    decode: Mapping[str, str]
    choices: frozenset[str]
    typed: Mapping[str, str] = NOTHING  # a choice as typed into a text column, folded -> ours
    is_text: bool = False  # a text column where another type is meant
    translation: Translation | None = None


#: How one column is read: its field, whether any text passes as it is, texts that are known to
#: pass unchanged (learnt on the way: options and dates repeat), and the slow way.
_Column: TypeAlias = tuple[str, bool, set[str], _Cell]


class RowDecoder:
    """Decodes the rows of one sheet; valid as long as the sheet's columns are the same."""

    def __init__(
        self,
        place: str,
        sheet: str,
        bindings: Sequence[Binding],
        columns: Mapping[str, Column],
        *,
        key_is_value: bool,
    ) -> None:
        self._place = place
        self._sheet = sheet
        self._key_is_value = key_is_value
        bound = [(one, columns[one.field]) for one in bindings if one.field in columns]
        self._cells = {column.id: _compiled(one, column) for one, column in bound if one.readable}
        self._typed = frozenset(
            one.field for one, column in bound if not one.locked and not column.system
        )
        marks = {one.field: mark for one, column in bound if (mark := _column_mark(column))}
        self._marks: Mapping[str, str] = MappingProxyType(marks) if marks else NOTHING
        self._closed = closed_columns(
            field for field, mark in marks.items() if mark is not Mark.SYSTEM
        )
        self._fields = tuple(one.field for one, _ in bound)

    def row(self, body: Mapping[str, Any], *, keep_blank: bool = False) -> Observation | None:
        """Return one row, or None where no customer typed anything and it has no identity."""
        values, marks = self._values(body["cells"])
        key = values.get(SYNC_ID) if self._key_is_value else values.pop(SYNC_ID, None)
        if key is None and not keep_blank and self._typed.isdisjoint(values):
            return None
        return self._observation(body, key, values, marks)

    def cell(self, field: str, body: Mapping[str, Any]) -> str | None:
        """Return the value of one cell, as its column's history shows it."""
        return self._values([body])[0].get(field)

    def _values(
        self, cells: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, str], dict[str, str] | None]:
        """Return canonical values and marks by field; the innermost loop of every read."""
        values: dict[str, str] = {}
        marks: dict[str, str] | None = None
        columns = self._cells
        for cell in cells:
            if len(cell) == 1 or (how := columns.get(cell["columnId"])) is None:
                continue  # only a column id is an empty cell; other columns are not ours
            field, plain, accepted, reading = how
            value = cell.get("value")
            mark = None
            if plain and type(value) is str:
                text = value.strip() if value.isascii() else trimmed(value)
            elif value in accepted:
                text = value
            else:
                text, mark = _read(reading, cell, value)
                if mark is None and text == value and len(accepted) < _MOST_ACCEPTED:
                    accepted.add(text)
            if "formula" in cell or "linkInFromCell" in cell:
                mark = Mark.FORMULA if "formula" in cell else Mark.LINKED
            if text:
                values[field] = text
            if mark is not None:
                marks = {} if marks is None else marks
                marks[field] = mark
        return values, marks

    def _observation(
        self,
        body: Mapping[str, Any],
        key: str | None,
        values: dict[str, str],
        marks: dict[str, str] | None,
    ) -> Observation:
        fixed: Sequence[str] = ()
        shown = self._marks
        if marks is not None:
            fixed = [field for field, mark in marks.items() if mark in _WRITTEN_ELSEWHERE]
            shown = {**marks, **self._marks}
        if body.get("lockedForUser"):
            fixed = (ROW_LOCKED,)
            shown = {**dict.fromkeys(self._fields, Mark.LOCKED), **shown}
        modified = body.get("modifiedAt") or ""
        created = body.get("createdAt")
        by = body.get("modifiedBy")
        return Observation(
            self._place,
            str(body["id"]),
            key,
            self._sheet,
            make_version(modified, values, key, fixed, self._closed),
            values,
            shown,
            datetime.fromisoformat(created) if created else None,
            datetime.fromisoformat(modified) if modified else None,
            by.get("email") or by.get("name") if by else None,
        )


def _compiled(binding: Binding, column: Column) -> _Column:
    prefix, _, suffix = binding.shape.partition("{}")
    checkbox = column.type == "CHECKBOX"
    plain = binding.type in {FieldType.TEXT, FieldType.LONG_TEXT, FieldType.IDENTIFIER}
    translation = binding.translation
    as_it_is = plain and not (binding.shape or binding.decode or checkbox or translation)
    choices = frozenset(binding.choices) if binding.type is FieldType.CHOICE else frozenset()
    is_text = column.type == "TEXT_NUMBER" and reads_as_text(binding, column)
    shown = {one: binding.encode.get(one, one) for one in choices} if is_text else {}
    typed = {folded(word): one for one in shown for word in (one, shown[one])}
    cell = _Cell(
        binding.type, checkbox, prefix, suffix, binding.decode, choices, typed or NOTHING, is_text,
        translation,
    )  # fmt: skip
    return binding.field, as_it_is, set(), cell


def _column_mark(column: Column) -> Mark | None:
    if column.system:
        return Mark.SYSTEM
    if column.formula:
        return Mark.FORMULA
    return Mark.LOCKED if column.locked_for_us else None


def _read(how: _Cell, cell: Mapping[str, Any], value: Any) -> tuple[str, Mark | None]:
    """Return the canonical text of a cell that is not plain text, and what is odd about it."""
    mark = None
    if isinstance(value, str):
        text = trimmed(value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | float):
        text, mark = _number(how, cell, value)
    else:
        text = _object(cell)
    if not text:
        return "", None
    if how.prefix or how.suffix:
        text = _unshaped(text, how.prefix, how.suffix)
    text, odd = _translated(how, text)
    if odd == Mark.UNMAPPED:
        return text, odd
    mark = odd or mark
    if how.type is FieldType.DATE:
        return _date(_typed_date(text))  # a date column may hold any text, too
    if how.is_text:
        text = how.typed.get(folded(text), text)
    if (how.checkbox and text not in {"true", "false"}) or (
        how.choices and text not in how.choices
    ):
        mark = mark or Mark.UNTYPED
    return text, mark


def _translated(how: _Cell, text: str) -> tuple[str, Mark | None]:
    if how.translation is None:
        return how.decode.get(text, text), None
    value, mark = how.translation.read(text)
    return value, Mark(mark) if mark else None


def _number(how: _Cell, cell: Mapping[str, Any], value: float) -> tuple[str, Mark | None]:
    if how.type is FieldType.NUMBER:
        return canonical_number(value), None
    display = cell.get("displayValue")
    text = trimmed(display) if isinstance(display, str) else ""
    mark = Mark.NUMERIC if how.type is FieldType.IDENTIFIER else None
    return text or shown_number(value), mark


def _object(cell: Mapping[str, Any]) -> str:
    """Return what a cell without a plain value shows: several values, a person, a duration."""
    body = cell.get("objectValue")
    if not isinstance(body, dict):
        return trimmed(str(body)) if isinstance(body, str) else ""
    values = body.get("values")
    if isinstance(values, list):
        parts = (one if isinstance(one, str) else _person(one) for one in values)
        return "; ".join(text for part in parts if (text := trimmed(part)))
    if body.get("objectType") == "CONTACT":
        return trimmed(_person(body))
    value = body.get("value")
    shown: object = value if isinstance(value, str) else cell.get("displayValue")
    return trimmed(shown) if isinstance(shown, str) else ""


def _person(body: object) -> str:
    return str(body.get("email") or body.get("name") or "") if isinstance(body, dict) else str(body)


def _date(text: str) -> tuple[str, Mark | None]:
    day = text[:_DATE_LENGTH]
    if _DATE.fullmatch(day) and (len(text) == _DATE_LENGTH or text[_DATE_LENGTH] == "T"):
        return day, None
    return text, Mark.UNTYPED


def _typed_date(text: str) -> str:
    """Return a day typed as ``12/1/2026`` or ``12/01/26`` as ISO; anything else as it is."""
    found = _TYPED_DATE.fullmatch(text)
    if found is None:
        return text
    month, day, year = (int(part) for part in found.groups())
    try:
        return date(year if year > 99 else 2000 + year, month, day).isoformat()  # noqa: PLR2004 - two digits
    except ValueError:
        return text


def _unshaped(text: str, prefix: str, suffix: str) -> str:
    if text.startswith(prefix) and text.endswith(suffix) and len(text) > len(prefix) + len(suffix):
        return text[len(prefix) : len(text) - len(suffix)]
    return text

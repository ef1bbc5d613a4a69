"""Canonical text to column values and back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ubm_store.schema import ENROLMENTS, SOURCES, STATUSES
from ubm_sync.model import Binding, Mark, Written

DATES = frozenset({"service_start", "service_end"})
INSTANTS = frozenset({"approved_at"})
LISTED: Mapping[str, tuple[str, ...]] = {
    "status": STATUSES,
    "data_services": ENROLMENTS,
    "source": SOURCES,
}

# fmt: off
# The columns a mapping may name; the others belong to the store.
COLUMNS = (
    "customer_key", "request_type", "location_code", "location_name", "address_1", "address_2",
    "city", "state", "zip", "vendor", "vendor_canonical", "commodity", "account_number",
    "account_key", "meter_numbers", "bill_type", "name_on_account", "service_start",
    "service_end", "bill_delivery", "online_access", "gl_code", "notes", "status", "approved_by",
    "approved_at", "data_services", "data_services_ref", "source",
)
# fmt: on
NO_DATE = "is not a date like 2026-12-31"
NO_INSTANT = "is not an instant like 2026-12-31T09:40:00Z"
IDENTITY = "sync_id"  # written by the store from the key of the write


@dataclass(frozen=True, slots=True)
class Encoded:
    """What one write means for the table: values for columns, and the fields that cannot go in."""

    columns: Mapping[str, Any]
    faults: Mapping[str, str]  # field -> why


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one row says: canonical values by field, and what is odd about some."""

    values: dict[str, str]
    marks: dict[str, str]


class Fields:
    """The fields of a place and the columns they live in."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        known = [b for b in bindings if _column(b) in COLUMNS]
        self.unknown = tuple(
            b.field for b in bindings if _column(b) not in COLUMNS and b.field != IDENTITY
        )
        self._by_field = {b.field: b for b in known}
        self._by_column = {_column(b): b for b in known}
        readable = {column: b for column, b in self._by_column.items() if b.readable}
        self._names = tuple(readable[c].field if c in readable else "" for c in COLUMNS)
        self._special = {c: b for c, b in readable.items() if _is_special(c, b)}
        # most choices are in the mapping's own words: one look at a set is all they need
        self._choices = tuple(
            (b.field, frozenset(b.choices))
            for c, b in readable.items()
            if b.choices and c not in self._special
        )

    def field_of(self, column: str) -> str:
        """Return the field that lives in ``column``, the column's own name if none does."""
        binding = self._by_column.get(column)
        return column if binding is None else binding.field

    def encode(self, values: Mapping[str, Written]) -> Encoded:
        """Return the column values of a write; a value that fits nowhere is a fault of its field.

        ``None`` and empty text clear the column. The identity is not among the columns.
        """
        columns: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for name, value in values.items():
            binding = self._by_field.get(name)
            if binding is None:
                if name != IDENTITY:
                    faults[name] = f'the store has no column for "{name}"'
                continue
            try:
                columns[_column(binding)] = _encoded(binding, value)
            except ValueError as error:
                faults[name] = str(error)
        return Encoded(columns, faults)

    def decode(self, cells: Sequence[str | None]) -> Decoded:
        """Return the canonical values of one row's ``COLUMNS``, given as text in that order."""
        names = self._names
        values = {name: cell for name, cell in zip(names, cells, strict=True) if cell and name}
        marks: dict[str, str] = {
            name: Mark.FOREIGN
            for name, choices in self._choices
            if name in values and values[name] not in choices
        }
        for column, binding in self._special.items():
            name = binding.field
            if name in values:
                values[name], mark = _decoded(binding, column, values[name])
                if mark:
                    marks[name] = mark
        return Decoded(values, marks)


def as_text(value: object) -> str | None:
    """Return a column value in canonical text, None where it is empty."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value not in {None, ""} else None


def instant_text(value: datetime) -> str:
    """Return an instant as canonical text: UTC, ``Z``, a fraction only where there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant; one without a zone is in UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def meters(text: str | None) -> tuple[str, ...]:
    """Return the meter numbers of a list separated by ``;``, each once, in order."""
    parts = (part.strip() for part in (text or "").split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _column(binding: Binding) -> str:
    return binding.external or binding.field


def _is_special(column: str, binding: Binding) -> bool:
    if column in DATES or column in INSTANTS:
        return True
    return bool(binding.shape or binding.decode or binding.translation)


def outgoing(binding: Binding, value: Written) -> str | None:
    """Return a written value in the words of the table, None to clear. Raises ValueError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"the id in {value.place} is not known yet")  # noqa: TRY004 - a fault of the value
    translation = binding.translation
    text = translation.write(value) if translation else binding.encode.get(value, value)
    text = binding.shape.replace("{}", text) if binding.shape else text
    if "\0" in text or not _is_unicode(text):
        raise ValueError("it holds characters that no database stores")
    return text


def incoming(binding: Binding, text: str) -> tuple[str, str]:
    """Return ``(canonical value, mark)`` of a cell: its shape and its words taken back."""
    if binding.shape:
        start, _, end = binding.shape.partition("{}")
        if text.startswith(start) and text.endswith(end) and len(text) >= len(start) + len(end):
            text = text[len(start) : len(text) - len(end)]
    if binding.translation is not None:
        text, mark = binding.translation.read(text)
        if mark:
            return text, mark
    else:
        text = binding.decode.get(text, text)
    if binding.choices and text not in binding.choices:
        return text, Mark.FOREIGN
    return text, ""


def parsed(read: Callable[[str], Any], text: str, complaint: str) -> Any:
    """Return what ``read`` makes of ``text``. Raises ValueError with the complaint."""
    try:
        return read(text)
    except (ValueError, ArithmeticError, LookupError):
        raise ValueError(f'"{text}" {complaint}') from None


def _encoded(binding: Binding, value: Written) -> Any:
    text = outgoing(binding, value)
    column = _column(binding)
    if text is None:
        return None
    if column in DATES:
        return parsed(date.fromisoformat, text, NO_DATE)
    if column in INSTANTS:
        return parsed(instant, text, NO_INSTANT)
    if column in LISTED and text not in LISTED[column]:
        raise ValueError(f'"{text}" is none of {", ".join(LISTED[column])}')
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(binding: Binding, column: str, text: str) -> tuple[str, str]:
    """Return ``(canonical value, mark)`` of one special cell."""
    try:
        if column in DATES:
            text = date.fromisoformat(text).isoformat()
        elif column in INSTANTS:
            text = instant_text(instant(text))
        if column in DATES or column in INSTANTS:
            return (text, "") if binding.translation is None else incoming(binding, text)
    except (ValueError, OverflowError):
        return text, Mark.UNTYPED  # SQLite lets a person store any text in any column
    return incoming(binding, text)

"""Writes become cells: only what changes, strict, and nothing that is not ours to write. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ubm_smartsheet.columns import SYNC_ID, Column
from ubm_smartsheet.versions import ROW_LOCKED, carries, fixed_fields
from ubm_sync.model import Binding, FieldType, Ref, Write, Written

LONGEST_TEXT = 4000  # Smartsheet: a longer text is cut without a word


@dataclass(slots=True)
class Row:
    """What one write asks of one row: cells by field, and why other fields are left out.

    ``lasting`` says that a fault lies in the value itself: the same write cannot succeed.
    ``columns`` are those the cells are meant for; a look before the write may show others.
    """

    write: Write
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    lasting: bool = False
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, Column]:
        """The columns of its cells, by field."""
        return {name: self.columns[name] for name in self.cells}

    @property
    def reasons(self) -> str:
        """Why fields are left out, as one text."""
        return "; ".join(dict.fromkeys(self.faults.values()))

    def without(self, fields: Sequence[str], reason: str) -> Row:
        """Return the row without cells that the vendor refused for their value."""
        return Row(
            self.write,
            {name: cell for name, cell in self.cells.items() if name not in fields},
            self.faults | dict.fromkeys(fields, reason),
            lasting=True,
            columns=self.columns,
        )


def encode_row(
    write: Write, bindings: Mapping[str, Binding], columns: Mapping[str, Column], missing: str
) -> Row:
    """Return the cells of a write; ``missing`` says what to do about a column that is not there.

    ``write.expected`` names the fields that held a formula or a link when the row was read, and
    tells whether the row carries its identity already.
    """
    row = Row(write, columns=columns)
    fixed = fixed_fields(write.expected)
    for name, value in write.values.items():
        binding, column = bindings.get(name), columns.get(name)
        if binding is None:
            row.faults[name] = f"the mapping binds {name!r} to no column"
            row.lasting = True
        elif column is None:
            row.faults[name] = f'column "{binding.external}" is missing; {missing}'
        elif reason := _not_ours(column, binding, name, fixed):
            row.faults[name] = reason
        else:
            _encode(row, name, value, binding, column)
    alone = not write.values  # a copied row with nothing else to change
    if (row.cells or alone) and write.ref is not None and SYNC_ID not in row.cells:
        _identify(row, columns.get(SYNC_ID))
    return row


def _identify(row: Row, column: Column | None) -> None:
    """Add the identity where the row carries none or, as a copy, another row's."""
    if column is None or carries(row.write.expected, row.write.key):
        return
    if column.locked_for_us:
        row.faults[SYNC_ID] = f'column "{column.title}" is locked for the service'
    else:
        row.cells[SYNC_ID] = identity_cell(row.write.key, column)


def identity_cell(key: str, column: Column) -> dict[str, Any]:
    """Return the cell that carries a record's identity."""
    return {"columnId": column.id, "value": key, "strict": True}


def _not_ours(column: Column, binding: Binding, name: str, fixed: frozenset[str]) -> str:
    """Return why a cell must not be written, "" where it may be."""
    title = column.title
    if column.system:
        return f'column "{title}" is filled by Smartsheet'
    if column.formula:
        return f'column "{title}" is calculated by a formula'
    if column.locked_for_us:
        return f'column "{title}" is locked for the service; make its account Admin of the sheet'
    if ROW_LOCKED in fixed:
        return "the row is locked; unlock it"
    if name in fixed:
        return f'the cell in "{title}" holds a formula or a link; it was left as it is'
    return "" if binding.writable else f'column "{title}" is not written by the service'


def _encode(row: Row, name: str, value: Written, binding: Binding, column: Column) -> None:
    if isinstance(value, Ref):
        row.faults[name] = f"its value waits for the {value.place}"
        return
    cell: dict[str, Any] = {"columnId": column.id}
    link = binding.settings.get("link", "")
    if value is None:
        # An empty string clears a cell; the vendor keeps a link unless it is taken off too.
        cell["value"] = False if column.type == "CHECKBOX" else ""
        row.cells[name] = cell | ({"hyperlink": None} if link else {})
        return
    try:
        text = outgoing(binding, value)
    except ValueError as error:
        row.faults[name] = str(error)
        row.lasting = True
        return
    if binding.shape:
        text = binding.shape.replace("{}", text)
    if len(text) > LONGEST_TEXT:
        row.faults[name] = (
            f"it has {len(text):,} characters and a cell takes at most {LONGEST_TEXT:,}; shorten it"
        )
        row.lasting = True
        return
    cell |= _content(text, binding, column)
    if link:
        cell["hyperlink"] = {"url": link.replace("{}", value)}
    row.cells[name] = cell


def outgoing(binding: Binding, value: str) -> str:
    """Return a value in the sheet's words; raises ValueError where there are none."""
    if binding.translation is not None:
        return binding.translation.write(value)
    return binding.encode.get(value, value)


def _content(text: str, binding: Binding, column: Column) -> dict[str, Any]:
    """Return value or objectValue; strict, so that "007" and "50%" stay what they are."""
    parts: Sequence[str]
    if column.type == "MULTI_PICKLIST":
        parts = [part for part in text.split("; ") if part]
        return {"objectValue": {"objectType": "MULTI_PICKLIST", "values": parts}}
    if column.type == "MULTI_CONTACT_LIST":
        people = [{"objectType": "CONTACT", "email": part} for part in text.split("; ") if part]
        return {"objectValue": {"objectType": "MULTI_CONTACT", "values": people}}
    if column.type == "CHECKBOX" and text in {"true", "false"}:
        return {"value": text == "true", "strict": True}
    if binding.type is FieldType.NUMBER and column.type == "TEXT_NUMBER":
        return {"value": _number(text), "strict": True}
    return {"value": text, "strict": True}


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    if number.is_integer() and abs(number) < 2**53:
        return int(number)
    return number if abs(number) < 2**53 else text

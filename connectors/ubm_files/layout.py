"""Which column holds what: titles are found whatever their case and spaces. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ubm_files import checks
from ubm_files.tables import Table, Unreadable
from ubm_files.values import Cell, Seen, folded, read_value, trimmed
from ubm_sync.model import Binding, Place

IDENTITY = "@identity"  # the column that carries a row's identity, as a field
CHECK = "@check"  # the column that says what a result file showed
_FEWEST = 3  # titles that make a line the line of titles
_SAMPLE = 20
_SHOWN = 5  # columns named in a sentence


class Form:
    """The columns of one customer: titles as the customer, the template and people say them."""

    def __init__(self, place: Place, titles: Mapping[str, str]) -> None:
        self.bindings: Mapping[str, Binding] = {one.field: one for one in place.bindings}
        self.typed = tuple(
            one.field for one in place.bindings if one.writable and not one.locked and one.readable
        )
        number = (o.field for o in place.bindings if o.settings.get("column") == "AUTO_NUMBER")
        self.number = next(number, "")
        self.identity = place.settings.get("identity", "UBM Sync ID")
        self.titles = {name: titles.get(name, one.external) for name, one in self.bindings.items()}
        known: dict[str, str] = {}
        for name, one in self.bindings.items():
            for title in (one.label, one.external, self.titles[name]):
                known[folded(title)] = name
        known |= {folded(title): name for name, title in self.titles.items()}
        known[folded(self.identity)] = IDENTITY
        known[folded(checks.TITLE)] = CHECK
        self._known = {title: name for title, name in known.items() if title}

    def field_of(self, title: str) -> str | None:
        """Return the field a title stands for, None where it is none of ours."""
        return self._known.get(folded(trimmed(title)))

    def fits(self, line: Sequence[str]) -> int:
        """Return how many cells of a line are titles of ours."""
        return len({name for one in line if (name := self.field_of(one)) is not None})


class Line(NamedTuple):
    """One row of a file: what it says of each column that is there, and who it says it is."""

    values: Mapping[str, Seen]  # field -> what is there; an empty text where nothing is
    identity: str = ""
    number: str = ""
    check: str = ""

    def text(self, name: str) -> str:
        """Return what the row says of a field, "" where nothing."""
        seen = self.values.get(name)
        return "" if seen is None else seen.text


@dataclass(frozen=True, slots=True)
class Drop:
    """A file as read: its rows, the fields it has columns for, and what was left aside."""

    lines: tuple[Line, ...]
    fields: frozenset[str]
    unknown: tuple[str, ...] = ()  # titles of columns that are not read
    double: tuple[str, ...] = ()  # titles that came twice; the first one counts
    missing: tuple[str, ...] = ()  # titles of required columns that are not there
    delimiter: str = ""

    @property
    def remark(self) -> str:
        """Return what was not read, as sentences; "" where all was."""
        parts = []
        if self.unknown:
            parts.append(
                f"not read, because the template has no such column: {_some(self.unknown)}"
            )
        if self.double:
            parts.append(f"there twice, and the first counts: {_some(self.double)}")
        if self.missing:
            parts.append(f"missing columns: {_some(self.missing)}")
        return "; ".join(parts)


@dataclass(slots=True)
class _Columns:
    fields: dict[int, str] = field(default_factory=dict)  # column -> field
    unknown: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)


def read_drop(table: Table, form: Form, delimiter: str = "") -> Drop:
    """Return the rows of a table below its line of titles.

    Raises Unreadable where no line is one.
    """
    at = _title_line(table, form)
    columns = _columns(table[at], form)
    there = set(columns.fields.values())
    required = (name for name in form.typed if form.bindings[name].required)
    return Drop(
        tuple(one for line in table[at + 1 :] if (one := _line(line, columns, form)) is not None),
        frozenset(there & set(form.typed)),
        tuple(columns.unknown),
        tuple(columns.double),
        tuple(form.titles[name] for name in required if name not in there),
        delimiter,
    )


def _title_line(table: Table, form: Form) -> int:
    counts = [form.fits([one.text for one in line]) for line in table[:_SAMPLE]]
    most = max(counts, default=0)
    if most < _FEWEST:
        named = ", ".join(f'"{form.titles[name]}"' for name in form.typed[:3])
        raise Unreadable(
            f"no line of it has the column titles of the template (such as {named}); "
            "put them into the first line.",
            may_grow=True,
        )
    return counts.index(most)


def _columns(line: Sequence[Cell], form: Form) -> _Columns:
    found = _Columns()
    for at, cell in enumerate(line):
        title = trimmed(cell.text)
        name = form.field_of(title)
        if name is None:
            if title:
                found.unknown.append(title[:60])
        elif name in found.fields.values():
            found.double.append(title[:60])
        else:
            found.fields[at] = name
    return found


def _line(cells: Sequence[Cell], columns: _Columns, form: Form) -> Line | None:
    """Return one row; None where nothing is in it that a person fills in."""
    values: dict[str, Seen] = {}
    identity = number = check = ""
    for at, name in columns.fields.items():
        cell = cells[at] if at < len(cells) else Cell("")
        if name == IDENTITY:
            identity = trimmed(cell.text).lower()
        elif name == CHECK:
            check = trimmed(cell.text)
        elif name == form.number:
            number = trimmed(cell.text)
        elif name in form.typed:
            values[name] = read_value(form.bindings[name], cell)
    if not any(one.text for one in values.values()):
        return None
    return Line(values, identity, number, check)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown

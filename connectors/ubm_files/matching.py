"""Which row each line of a file is: the one it says, else the one about the same account. Pure.

A row that no line is about stays as it is: a file that leaves it out deletes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from ubm_files.layout import Line
from ubm_sync.spelling import fold, number_key

Key: TypeAlias = Hashable | None
KeyOf: TypeAlias = Callable[[Mapping[str, str]], Key]


@dataclass(slots=True)
class Row:
    """One row of the register.

    ``given`` is what its file said last, field by field, so that only what a later file says
    differently counts as an edit.
    """

    ref: str
    number: int
    key: str = ""  # the record's identity, once the engine gave it one
    values: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> Iterable[Mapping[str, str]]:
        """What the row holds, and what its file said."""
        return (self.given, self.values) if self.given else (self.values,)


def assign(lines: Sequence[Line], rows: Sequence[Row], number_field: str) -> list[Row | None]:
    """Return, for each line, the row it is about; None: a new one. No row comes twice.

    In this order, each for what is left: the identity, the request's number; account number,
    vendor and bill type; account number and location, where one of vendor and bill type was
    corrected; the location where either side has no account number (yet). Two different account
    numbers are two accounts, however alike all the rest is.
    """
    found: list[Row | None] = [None] * len(lines)
    left = {row.ref: row for row in sorted(rows, key=lambda row: row.number)}
    _pair(lines, found, left, lambda line: line.identity or None, lambda row: (row.key or None,))
    _pair(
        lines,
        found,
        left,
        lambda line: folded_number(line.number),
        lambda row: (folded_number(row.values.get(number_field, "")),),
    )
    for of in (_account, _same_vendor, _same_type):
        _pair(lines, found, left, partial(_of_line, of), partial(_of_row, of))
    may = _one_without_number
    _pair(lines, found, left, partial(_of_line, _place), partial(_of_row, _place), may=may)
    return found


def folded_number(text: str) -> str | None:
    """Return a request's number as it is compared."""
    return text.casefold().replace(" ", "") or None


def _pair(
    lines: Sequence[Line],
    found: list[Row | None],
    left: dict[str, Row],
    of_line: Callable[[Line], Key],
    of_row: Callable[[Row], Iterable[Key]],
    may: Callable[[Line, Row], bool] = lambda _line, _row: True,
) -> None:
    """Give lines the first row left that has the same key; the first line goes first."""
    by_key: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in left.values():
        for key in dict.fromkeys(of_row(row)):
            if key is not None:
                by_key[key].append(row)
    for at, line in enumerate(lines):
        if found[at] is not None or (key := of_line(line)) is None:
            continue
        for row in by_key.get(key, ()):
            if row.ref in left and may(line, row):
                found[at] = left.pop(row.ref)
                break


def _of_line(of: KeyOf, line: Line) -> Key:
    return of({name: seen.text for name, seen in line.values.items()})


def _of_row(of: KeyOf, row: Row) -> Iterable[Key]:
    return [of(values) for values in row.versions]


def _number(values: Mapping[str, str]) -> str:
    return number_key(values.get("account_number", ""))


def _account(values: Mapping[str, str]) -> Key:
    number, vendor = _number(values), fold(values.get("vendor", ""))
    # Without a vendor a number is nobody's; supply and delivery may share one.
    return (number, vendor, _type(values)) if number and vendor else None


def _same_vendor(values: Mapping[str, str]) -> Key:
    where, number, vendor = _place(values), _number(values), fold(values.get("vendor", ""))
    return (number, where, vendor) if number and where is not None and vendor else None


def _same_type(values: Mapping[str, str]) -> Key:
    where, number = _place(values), _number(values)
    return (number, where, _type(values)) if number and where is not None else None


def _type(values: Mapping[str, str]) -> str:
    return values.get("bill_type", "").casefold()


def _place(values: Mapping[str, str]) -> Key:
    where = number_key(values.get("location_code", "")) or fold(values.get("location_name", ""))
    return (where, values.get("commodity", "").casefold()) if where else None


def _one_without_number(line: Line, row: Row) -> bool:
    """Return whether line and row may be the same although their numbers do not say so."""
    has = bool(number_key(line.text("account_number")))
    known = [bool(_number(values)) for values in row.versions]
    if has and all(known):
        return False  # two numbers
    vendors = {fold(values.get("vendor", "")) for values in row.versions} - {""}
    vendor = fold(line.text("vendor"))
    return not vendor or not vendors or vendor in vendors

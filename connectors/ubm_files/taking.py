"""What a file changes in the register: only what it says otherwise than it said before. Pure.

A manager may have corrected a field since the customer's file was read. When the file comes again,
its old value is not an edit; a value that differs from what the same file said before is one. In a
result file that somebody saved, what differs from what it showed is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeAlias

from ubm_files import checks
from ubm_files.layout import Drop, Form, Line
from ubm_files.matching import assign
from ubm_files.register import Entry
from ubm_files.values import is_damaged
from ubm_sync.model import FieldType, Mark

Mask: TypeAlias = Callable[[Mapping[str, str]], Mapping[str, str]]  # -> what holds a secret, masked
_PRINT = "sha256:"


class Taken(NamedTuple):
    """What came of a file: the row of each line, and the rows to be stored."""

    refs: list[str]
    save: list[Entry]
    new: int = 0
    changed: int = 0


def take(
    drop: Drop,
    rows: Sequence[Entry],
    form: Form,
    mask: Mask,
    *,
    container: str,
    name: str,
    last_number: int,
    now: datetime,
) -> Taken:
    """Return what a file of a customer changes; ``rows`` are all rows of that customer.

    ``name`` is the file's, kept as who typed what it says. The same file again changes nothing.
    """
    known = {row.ref: row for row in rows}
    refs: list[str] = []
    save: list[Entry] = []
    new = changed = 0
    for line, match in zip(drop.lines, assign(drop.lines, rows, form.number), strict=True):
        if match is None:
            last_number += 1
            row = new_row(form, container, last_number, now, name)
            new += 1
        else:
            row = known[match.ref]
        edited = _edit(row, line, drop.fields, form, mask)
        if edited or match is None:
            row.modified_at, row.modified_by = now, name
            changed += match is not None
        if edited is not None or match is None:
            save.append(row)
        refs.append(row.ref)
    return Taken(refs, save, new, changed)


def new_row(form: Form, container: str, number: int, now: datetime, by: str) -> Entry:
    """Return an empty row; its number is shown as the column of request numbers says.

    The time in its ref keeps rows apart where a lost register begins to count again.
    """
    ref = f"{container}-{number}-{round(now.timestamp()):x}"
    values: dict[str, str] = {}
    marks: dict[str, str] = {}
    if form.number:
        settings = form.bindings[form.number].settings
        digits = str(number).zfill(len(settings.get("fill", "")))
        values[form.number] = f"{settings.get('prefix', '')}{digits}"
        marks[form.number] = str(Mark.SYSTEM)
    return Entry(
        ref,
        number,
        "",
        values,
        marks,
        {},
        container,
        created_at=now,
        modified_at=now,
        modified_by=by,
    )


def _edit(row: Entry, line: Line, fields: frozenset[str], form: Form, mask: Mask) -> bool | None:
    """Take over what a line says anew; return whether that edits the row, None: nothing is new."""
    said = {name: line.values[name] for name in form.typed if name in fields}
    texts = {name: seen.text for name, seen in said.items()}
    is_its_own = bool(row.key) and line.identity == row.key  # and no copy of another's line
    as_shown = checks.unchanged(line.check, form.typed, texts) if is_its_own else None
    masked = mask({name: text for name, text in texts.items() if text})
    edited: bool | None = None
    for name, seen in said.items():
        # Of what looks like a password nothing is kept but a fingerprint, to know it again.
        given = fingerprint(seen.text) if name in masked else seen.text
        before_given = row.given.get(name, "")
        if as_shown is None and given == before_given:
            continue
        if as_shown is not None and name in as_shown:
            if given != before_given:
                _put(row.given, name, given)
                edited = bool(edited)
            continue
        before = row.values.get(name, "")
        kind = form.bindings[name].type
        if kind is FieldType.IDENTIFIER and is_damaged(seen.text, before):
            continue
        if given != before_given:
            _put(row.given, name, given)
            edited = bool(edited)
        text = masked.get(name, seen.text)
        if text == before and row.marks.get(name) == (str(seen.mark) if seen.mark else None):
            continue
        _put(row.values, name, text)
        _put(row.marks, name, "" if seen.mark is None or not text else str(seen.mark))
        edited = True
    return edited


def written(row: Entry, values: Mapping[str, str | None]) -> Entry:
    """Return a row with what the service writes into it."""
    after = replace(row, values=dict(row.values), marks=dict(row.marks), given=dict(row.given))
    for name, value in values.items():
        _put(after.values, name, value or "")
        if name in values:
            after.marks.pop(name, None)
    return after


def fingerprint(text: str) -> str:
    """Return what tells a text again without holding it."""
    return _PRINT + hashlib.sha256(text.encode()).hexdigest()[:32]


def _put(into: dict[str, str], name: str, value: str) -> None:
    if value:
        into[name] = value
    else:
        into.pop(name, None)

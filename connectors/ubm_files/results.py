"""The file beside a customer's file: its rows as they are now, with status and message. Pure.

Text that a spreadsheet would take for a formula gets an apostrophe (OWASP: CSV injection); a
result file that is dropped again is read without it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from ubm_files import checks
from ubm_files.layout import Form
from ubm_files.register import Entry
from ubm_files.values import trimmed

WORKBOOK, TEXT = ".xlsx", ".csv"
_FORMULA = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_WIDTH = 20
_LONGEST = 32_767


def escaped(text: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def result_lines(
    form: Form, rows: Iterable[Entry], said: str = "", sentence: str = ""
) -> list[list[str]]:
    """Return the titles and the rows: everything that a sheet would show, and the identity.

    A ``sentence`` about the file as a whole stands first, with ``said`` as its status.
    """
    status = [name for name in ("sync_status", "sync_message") if name in form.bindings]
    names = [*status, *(name for name in form.titles if name not in status)]
    lines = [[*(form.titles[name] for name in names), form.identity, checks.TITLE]]
    if sentence:
        lines.append([said, sentence, *[""] * (len(lines[0]) - 2)])
    for row in rows:
        typed = {name: trimmed(row.values.get(name, "")) for name in form.typed}
        shown = (_shown(form, row, name) for name in names)
        lines.append([*shown, row.key, checks.made(form.typed, typed)])
    return lines


def render(lines: Sequence[Sequence[str]], suffix: str, delimiter: str = "") -> bytes:
    """Return a result file's content: a workbook for ``.xlsx``, else text."""
    return _workbook(lines) if suffix == WORKBOOK else _text(lines, delimiter or ",")


def _shown(form: Form, row: Entry, name: str) -> str:
    value = row.values.get(name, "")
    binding = form.bindings[name]
    value = binding.encode.get(value, value)
    return binding.shape.replace("{}", value) if value and binding.shape else value


def _text(lines: Sequence[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([escaped(one) for one in line] for line in lines)
    return text.getvalue().encode("utf-8-sig", "replace")  # with a mark: spreadsheets look for it


def _workbook(lines: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Locations")
    sheet.freeze_panes = "A2"
    for number in range(len(lines[0])):
        sheet.column_dimensions[_letters(number)].width = _WIDTH
        sheet.column_dimensions[_letters(number)].hidden = lines[0][number] == checks.TITLE
    for at, line in enumerate(lines):
        cells = []
        for one in line:
            cell = WriteOnlyCell(sheet)
            text = ILLEGAL_CHARACTERS_RE.sub("", escaped(one))[:_LONGEST]
            cell.value = text or None
            if text:
                cell.data_type = "s"  # text, whatever it looks like
                cell.number_format = "@"
            if at == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _letters(number: int) -> str:
    high, low = divmod(number, 26)
    return (_letters(high - 1) if high else "") + chr(ord("A") + low)

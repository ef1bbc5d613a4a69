"""Files as rows of cells: nothing in them is run, calculated or looked up.

Every way in which a file can be unreadable ends in ``Unreadable`` with one sentence.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from openpyxl import load_workbook

from ubm_files.values import EMPTY, Cell, Kind, cell_of

TEXTS = frozenset({".csv", ".txt", ".tsv"})
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
MOST_COLUMNS = 400  # as many as a sheet may have
_LAST_ROW = 1_048_576  # of a sheet
LONGEST = 32_767  # characters: a workbook's cell holds no more
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE: an old workbook, or one behind a password
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MOST_PARTS = 5_000
_SAMPLE = 20  # lines that are looked through for the titles
_DELIMITERS = (",", ";", "\t", "|")

Table = list[list[Cell]]


class Unreadable(Exception):
    """A file that cannot be read; the text is one sentence for the person who put it there.

    ``may_grow``: it may only be incomplete yet.
    """

    def __init__(self, text: str, *, may_grow: bool = False) -> None:
        super().__init__(text)
        self.may_grow = may_grow


class Limits(NamedTuple):
    """What is not read: more rows than ``rows``, more bytes unpacked than ``unpacked``."""

    rows: int
    unpacked: int


Fits = Callable[[Sequence[str]], int]  # a line -> how many of its cells are titles of ours


class Found(NamedTuple):
    """A table and the delimiter it was written with ("" in a workbook)."""

    table: Table
    delimiter: str = ""


def read_table(suffix: str, content: bytes, fits: Fits, limits: Limits) -> Found:
    """Return the table of a file by its suffix; of a workbook the sheet that fits best.

    Raises Unreadable.
    """
    if not content:
        raise Unreadable("it is empty.", may_grow=True)
    if suffix in WORKBOOKS:
        return Found(read_workbook(content, fits, limits))
    if suffix in TEXTS:
        return read_text(content, fits, limits)
    raise Unreadable("it is neither csv nor xlsx; save it as one of them.")


def read_text(content: bytes, fits: Fits, limits: Limits) -> Found:
    """Return the table of a text file, by the delimiter under which its titles are found best."""
    if content.startswith((b"PK\x03\x04", _OLD)):
        raise Unreadable("it is a workbook by its content; give it the ending .xlsx.")
    text = decoded(content)
    first, _, rest = text.partition("\n")
    named = first.strip().lower()
    if len(named) == len("sep=,") and named.startswith("sep="):  # as spreadsheets write it
        text = rest
        candidates: tuple[str, ...] = (first.strip()[-1],)
    else:
        candidates = tuple(one for one in _DELIMITERS if one in text) or (",",)
    best = max(candidates, key=lambda one: _fitting(text, one, fits))
    table: Table = []
    for line in _lines(text, best):
        if len(table) > limits.rows + _SAMPLE:
            raise Unreadable(f"it has more than {limits.rows:,} rows; split it.")
        table.append([_text_cell(one) for one in line[:MOST_COLUMNS]])
    return Found(table, best)


def _text_cell(text: str) -> Cell:
    return Cell(text[:LONGEST], Kind.FORMULA if text.startswith("=") else Kind.TEXT)


def decoded(content: bytes) -> str:
    """Return a text file's text: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(name).removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                text = f"it says that it is {name.upper()} and is not; save it again."
                raise Unreadable(text, may_grow=True) from error
    if b"\0" in content:
        raise Unreadable("it is no text file; save it as csv or xlsx.", may_grow=True)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begun = ended = 0
    try:
        for line in reader:
            begun, ended = ended, reader.line_num
            yield line
    except csv.Error as error:
        where = f"line {reader.line_num}"
        text = f"its {where} is no csv ({error}); save it as csv or xlsx again."
        raise Unreadable(text, may_grow=True) from error
    last = islice(io.StringIO(text, newline=""), begun, ended)
    if _is_open("".join(last), delimiter):  # all rows after the mark would be one cell
        text = f"a quotation mark in line {begun + 1} has no end; close it and save it again."
        raise Unreadable(text, may_grow=True)


def _is_open(row: str, delimiter: str) -> bool:
    """Return whether a quotation mark of a row is still open at its end."""
    inside = False
    begins = True  # a mark within a cell that began without one is a sign like others
    for sign in row:
        if inside:
            inside = sign != '"'
        elif sign == '"' and begins:
            inside = True
        else:
            begins = sign == delimiter or sign in "\r\n"
    return inside


def _fitting(text: str, delimiter: str, fits: Fits) -> int:
    best = 0
    try:
        for number, line in enumerate(_lines(text, delimiter)):
            best = max(best, fits(line))
            if number == _SAMPLE:
                break
    except Unreadable:
        return best
    return best


def read_workbook(content: bytes, fits: Fits, limits: Limits) -> Table:
    """Return the sheet of a workbook that holds our titles; macros and formulas are not run."""
    if content.startswith(_OLD):
        if _LOCKED in content:
            raise Unreadable("it is protected by a password; save it without one.")
        raise Unreadable("it is an old workbook; save it as .xlsx.")
    _measure(content, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what a workbook holds besides its cells
            return _best_sheet(content, fits, limits)
    except Unreadable:
        raise
    except Exception as error:
        # The library raises whatever a damaged part leads to, of a dozen kinds.
        text = f"it is damaged or no xlsx file ({type(error).__name__}); save it again."
        raise Unreadable(text, may_grow=True) from error


def _measure(content: bytes, limits: Limits) -> None:
    """Refuse what unpacks to more than fits, before anything of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            known = parts.infolist()
    except Exception as error:
        text = "it is damaged, not complete or no xlsx file; save it again."
        raise Unreadable(text, may_grow=True) from error
    if any(part.flag_bits & 1 for part in known):
        raise Unreadable("it is protected by a password; save it without one.")
    if len(known) > _MOST_PARTS or sum(part.file_size for part in known) > limits.unpacked:
        megabytes = limits.unpacked // 1_000_000
        raise Unreadable(f"it unpacks to more than {megabytes} MB; split it.")


def _best_sheet(content: bytes, fits: Fits, limits: Limits) -> Table:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        best: Table = []
        most = -1
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            table = _sheet(sheet, limits)
            found = max((fits([one.text for one in line]) for line in table[:_SAMPLE]), default=0)
            if found > most:
                best, most = table, found
    finally:
        book.close()
    return best


def _sheet(sheet: Any, limits: Limits) -> Table:
    sheet.reset_dimensions()  # what a file says of its size need not be so
    table: Table = []
    filled = 0
    # Each row as far as it goes: one forgotten cell in the last row makes a million empty ones.
    for number, cells in enumerate(sheet.iter_rows()):
        if number == _LAST_ROW:  # what it says of the numbers of its rows need not be so either
            raise Unreadable("it is damaged: it has more rows than a sheet; save it again.")
        line = [EMPTY if cell.value is None else _cell(cell) for cell in cells[:MOST_COLUMNS]]
        while line and not line[-1].text:
            line.pop()
        filled += bool(line)
        if filled > limits.rows + _SAMPLE:
            raise Unreadable(f"it has more than {limits.rows:,} rows; split it.")
        if line or len(table) < _SAMPLE:
            table.append(line)
    return table


def _cell(cell: Any) -> Cell:
    value = cell.value
    text = getattr(value, "text", None)  # a formula over several cells
    if text is not None and not isinstance(value, str):
        return Cell(str(text)[:LONGEST], Kind.FORMULA)
    found = cell_of(value, str(cell.number_format or "General"))
    return found if len(found.text) <= LONGEST else found._replace(text=found.text[:LONGEST])

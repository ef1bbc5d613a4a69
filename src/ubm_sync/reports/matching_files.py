"""The review of a first connect as a workbook or a page: what is the same, and why.

Whatever people typed is text in both: a cell that looks like a formula is kept from being one, and
markup is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import xlsxwriter

from ubm_sync.errors import Refused
from ubm_sync.first_connect.looking import SHOWN, Look
from ubm_sync.reports.matching import COMPARED, Line, lines, summary

TITLES = (
    "Match", "Row", "Place", "Class", "Score", "May be", "Why", "Decision", "By", "When",
)  # fmt: skip
_WIDTHS = (8, 12, 10, 20, 7, 16, 60, 12, 14, 20)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_MOST = 32_000  # characters of one cell
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:1.5rem}
h1{font-size:1.5rem;margin:0 0 .4rem}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}p{margin:.2rem 0}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th,td{border-bottom:1px solid #ccc;padding:.25rem .6rem .25rem 0;text-align:left;vertical-align:top}
th{color:#555;position:sticky;top:0;background:#fff}.n{text-align:right;white-space:nowrap}
.differs{background:#fdeccf}.open td:first-child{border-left:4px solid #b3541e;padding-left:.5rem}
.values{color:#444;overflow-wrap:anywhere}footer{margin-top:1.5rem;color:#555;font-size:.85rem}
"""


def save(path: Path, looks: Sequence[Look], names: Mapping[str, str], made: str) -> None:
    """Write the review to a file; its ending says which kind. Raises Refused for another one."""
    kind = path.suffix.casefold()
    if kind not in {".xlsx", ".html", ".htm"}:
        raise Refused(f"{path} ends in neither .xlsx nor .html; choose one of these two.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == ".xlsx":
            _workbook(path, looks, names, made)
        else:
            path.write_text(page(looks, names, made), encoding="utf-8")
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise Refused(f"{path} could not be written ({error}); choose another place.") from error


def _workbook(path: Path, looks: Sequence[Look], names: Mapping[str, str], made: str) -> None:
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheets = _Sheets(book)
        about = sheets.add("Summary", ("What", ""), (34, 90))
        about.row("Made", made)
        for look in looks:
            for text in summary(look, names):
                about.row(look.customer.name, text)
        compared = [title for field in COMPARED for title in (f"{field} (row)", f"{field} (other)")]
        titles = ("Customer", *TITLES, *compared)
        review = sheets.add("Matches", titles, (14, *_WIDTHS, *(16 for _ in compared)))
        for look in looks:
            for one in lines(look):
                review.row(look.customer.key, *_cells(one), marked=_differing(one))
        rest = sheets.add("Without a row", ("Customer", "Place", "Id", *SHOWN), (14, 10, 16))
        for look in looks:
            for place, items in look.unmatched.items():
                for item in items:
                    shown = [item.values.get(name, "") for name in SHOWN]
                    rest.row(look.customer.key, place, item.ref, *shown)
        sheets.close()


def _cells(one: Line) -> Iterator[object]:
    yield from (one.id or "", one.row, one.place, one.kind)
    yield "" if one.score is None else one.score
    yield from (one.partner, "; ".join(one.reasons), one.decision, one.decided_by, one.decided_at)
    for name in COMPARED:
        yield from (one.row_values.get(name, ""), one.other_values.get(name, ""))


def _differing(one: Line) -> set[int]:
    """Return the columns in which row and partner say different things."""
    found = set()
    for number, name in enumerate(COMPARED):
        mine, theirs = one.row_values.get(name, ""), one.other_values.get(name, "")
        if one.id and mine and theirs and mine != theirs:
            first = 1 + len(TITLES) + 2 * number
            found |= {first, first + 1}
    return found


class _Sheets:
    """The sheets of a workbook, each with titles that stay and a filter."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: list[_Sheet] = []
        self.title = book.add_format({"bold": True, "bg_color": "#E8E8E8"})
        self.plain = book.add_format({"valign": "top", "text_wrap": True, "num_format": "@"})
        self.text = book.add_format(
            {"valign": "top", "text_wrap": True, "num_format": "@", "quote_prefix": True}
        )
        self.number = book.add_format({"valign": "top"})
        self.marked = book.add_format(
            {"valign": "top", "text_wrap": True, "num_format": "@", "bg_color": "#FDECCF",
             "quote_prefix": True}
        )  # fmt: skip

    def add(self, name: str, titles: Sequence[str], widths: Sequence[int]) -> _Sheet:
        """Return a new sheet."""
        made = _Sheet(self, self._book.add_worksheet(name), titles, widths)
        self._made.append(made)
        return made

    def close(self) -> None:
        """Put filters over what was written."""
        for one in self._made:
            one.close()


class _Sheet:
    """One sheet, written from top to bottom."""

    def __init__(
        self,
        style: _Sheets,
        sheet: xlsxwriter.worksheet.Worksheet,
        titles: Sequence[str],
        widths: Sequence[int],
    ) -> None:
        self._style, self._sheet, self._columns, self._next = style, sheet, len(titles), 1
        for column, title in enumerate(titles):
            sheet.write_string(0, column, title, style.title)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)

    def row(self, *cells: object, marked: Iterable[int] = ()) -> None:
        """Add a row; every text is written as a text."""
        columns = set(marked)
        for column, value in enumerate(cells):
            if isinstance(value, int | float):
                self._sheet.write_number(self._next, column, value, self._style.number)
                continue
            text = str(value)[:_MOST]
            if not text:
                continue
            style = self._style.text if text.startswith(_FORMULA) else self._style.plain
            style = self._style.marked if column in columns else style
            self._sheet.write_string(self._next, column, text, style)
        self._next += 1

    def close(self) -> None:
        """Put a filter over all rows."""
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), self._columns - 1)


def page(looks: Sequence[Look], names: Mapping[str, str], made: str) -> str:
    """Return the review as one page without scripts."""
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        _POLICY,
        f"<title>Matches to review</title><style>{_STYLE}</style></head><body><main>",
        "<h1>Matches to review</h1>",
    ]
    for look in looks:
        parts.append(f"<h2>{escape(look.customer.name)}</h2>")
        parts += [f"<p>{escape(text)}</p>" for text in summary(look, names)]
        parts += _table(lines(look))
        for place, items in look.unmatched.items():
            if items:
                label = f"{place}: matched by no row"
                parts.append(f"<h2>{escape(look.customer.name)}, {escape(label)}</h2><table>")
                parts.append(_row("th", ("Id", "Says")))
                for item in items:
                    says = "; ".join(item.values[name] for name in SHOWN if name in item.values)
                    parts.append(_row("td", (item.ref, says)))
                parts.append("</table>")
    parts.append(f"<footer><p>{escape(made)}</p></footer></main></body></html>")
    return "\n".join(parts) + "\n"


def _table(listed: Sequence[Line]) -> Iterator[str]:
    yield "<table><thead>"
    yield _row("th", (*TITLES[:7], "Row says", "The other says", *TITLES[7:9]))
    yield "</thead><tbody>"
    for one in listed:
        number = f"#{one.id}" if one.id else ""
        score = "" if one.score is None else f"{one.score:.3f}"
        cells = (number, one.row, one.place, one.kind, score, one.partner, "; ".join(one.reasons))
        texts = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        texts += _said(one, one.row_values, one.other_values)
        texts += _said(one, one.other_values, one.row_values)
        texts += f"<td>{escape(one.decision)}</td><td>{escape(one.decided_by)}</td>"
        yield f'<tr class="{"open" if one.is_open else "done"}">{texts}</tr>'
    yield "</tbody></table>"


def _said(one: Line, values: Mapping[str, str], others: Mapping[str, str]) -> str:
    parts = []
    for name in COMPARED:
        value = values.get(name, "")
        if value:
            differs = one.id and others.get(name, value) != value
            text = escape(value)
            parts.append(f'<span class="differs">{text}</span>' if differs else text)
    return f'<td class="values">{"; ".join(parts)}</td>'


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

"""``python -m tests.bench.sheets``: how quick the emulated Smartsheet is with a full sheet.

A report, not a test: processor time of one request each, the best of some, without HTTP.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.integration.smartsheet_emulator.playground import Book, Playground, played

TITLES = [f"Column {n}" for n in range(22)]
ROWS = 20_000
CHANGED = 500
PAGE = "level=2&include=objectValue&page=3&pageSize=2500"


def main() -> None:
    """Load a sheet, read a page of it twice and change 500 rows."""
    play = Playground(played(), "")
    columns = [{"title": t, "type": "TEXT_NUMBER", "primary": t == TITLES[0]} for t in TITLES]
    made = play.act("create_sheet", name="Big", columns=columns)
    book = Book(play, made["sheet"], made["columns"])
    rows = [[f"value {n} {title}" for title in TITLES] for n in range(ROWS)]
    order = {"sheet": book.id, "columns": TITLES, "rows": rows}
    _say(f"{ROWS:,} rows loaded", _seconds(lambda: play.act("load_rows", **order)))
    changes = [
        {"id": row.id, "cells": [{"columnId": id_, "value": "new"} for id_ in _six(book)]}
        for row in play.emulator.state.sheets[book.id].order[:CHANGED]
    ]

    def page() -> object:
        return play.raw("GET", book.path, query=PAGE)

    _say("a page of 2,500 rows, fresh", _seconds(page))
    _say("the same page again", min(_seconds(page) for _ in range(3)))
    put = min(_seconds(lambda: play.raw("PUT", f"{book.path}/rows", changes)) for _ in range(4))
    _say(f"{CHANGED} rows changed", put)


def _six(book: Book) -> list[int]:
    return list(book.columns.values())[:6]


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _say(what: str, seconds: float) -> None:
    sys.stdout.write(f"{what:<28}{seconds:>9.3f} s\n")


if __name__ == "__main__":
    main()

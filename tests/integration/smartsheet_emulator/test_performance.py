"""Ceilings with room for a busy machine; a bench measures the real figures."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.integration.smartsheet_emulator.playground import Book, Playground, played

TITLES = [f"Column {n}" for n in range(22)]
ROWS = 20_000


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.fixture(scope="module")
def big() -> Book:
    play = Playground(played(), "")
    columns = [{"title": t, "type": "TEXT_NUMBER", "primary": t == TITLES[0]} for t in TITLES]
    made = play.act("create_sheet", name="Big", columns=columns)
    book = Book(play, made["sheet"], made["columns"])
    rows = [[f"value {n} {title}" for title in TITLES] for n in range(ROWS)]
    order = {"sheet": book.id, "columns": TITLES, "rows": rows}
    assert cpu(lambda: play.act("load_rows", **order)) < 3
    return book


def test_a_page_of_2500_rows_is_quick_fresh_and_cached(big: Book) -> None:
    query = "level=2&include=objectValue&page=3&pageSize=2500"

    fresh = cpu(lambda: big.play.raw("GET", big.path, query=query))
    cached = min(cpu(lambda: big.play.raw("GET", big.path, query=query)) for _ in range(3))

    assert fresh < 0.3
    assert cached < 0.06


def test_500_changed_rows_are_quick(big: Book) -> None:
    ids = [row.id for row in big.play.emulator.state.sheets[big.id].order[:500]]
    columns = list(big.columns.values())[:6]
    body = [
        {"id": row, "cells": [{"columnId": column, "value": "new"} for column in columns]}
        for row in ids
    ]

    spent = min(cpu(lambda: big.play.raw("PUT", f"{big.path}/rows", body)) for _ in range(4))

    assert spent < 0.05

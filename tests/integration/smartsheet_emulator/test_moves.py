from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smartsheet.models import CopyOrMoveRowDestination, CopyOrMoveRowDirective
from tests.integration.smartsheet_emulator.playground import Book, Playground, opened, played

from ubm_smartsheet.emulator.model import Sheet


def put(book: Book, body: object) -> Any:
    return json.loads(book.play.raw("PUT", f"{book.path}/rows", body).body)


def codes(book: Book) -> list[str]:
    return book.seen("Location Code")


def directive(rows: list[int], target: int) -> CopyOrMoveRowDirective:
    to = CopyOrMoveRowDestination({"sheet_id": target})
    return CopyOrMoveRowDirective({"row_ids": rows, "to": to})


def letters(book: Book, text: str) -> dict[str, int]:
    ids = book.add(*({"location_code": letter} for letter in text))
    return dict(zip(text, ids, strict=True))


def test_new_rows_go_where_they_are_sent(book: Book) -> None:
    rows = letters(book, "ab")
    path = f"{book.path}/rows"
    cell = book.cells(location_code="x")

    book.play.raw("POST", path, [{"toTop": True, "cells": book.cells(location_code="1")}])
    book.play.raw("POST", path, [{"siblingId": rows["a"], "cells": cell}])
    book.play.raw("POST", path, [{"siblingId": rows["b"], "above": True, "cells": cell}])
    book.play.raw("POST", path, {"toBottom": True, "cells": book.cells(location_code="z")})

    assert codes(book) == ["1", "a", "x", "x", "b", "z"]


def test_children_hang_below_their_parent(book: Book) -> None:
    rows = letters(book, "ab")
    path = f"{book.path}/rows"
    for letter, place in (("2", {}), ("1", {}), ("3", {"toBottom": True})):
        body = {"parentId": rows["a"], "cells": book.cells(location_code=letter), **place}
        book.play.raw("POST", path, body)

    read = book.read()["rows"]

    assert codes(book) == ["a", "1", "2", "3", "b"]
    assert [row.get("parentId") for row in read] == [None, rows["a"], rows["a"], rows["a"], None]
    assert "siblingId" not in read[1]
    assert read[4]["siblingId"] == rows["a"]


def test_rows_moved_together_keep_their_order(book: Book) -> None:
    rows = letters(book, "abcde")

    put(book, [{"id": rows["c"], "toTop": True}, {"id": rows["e"], "toTop": True}])
    assert codes(book) == ["c", "e", "a", "b", "d"]
    put(book, [{"id": rows[one], "siblingId": rows["d"]} for one in "ca"])
    assert codes(book) == ["e", "b", "d", "c", "a"]


def test_a_row_cannot_go_below_itself(book: Book) -> None:
    rows = letters(book, "ab")
    put(book, {"id": rows["b"], "parentId": rows["a"]})

    assert put(book, {"id": rows["a"], "parentId": rows["b"]})["errorCode"] == 1063
    assert put(book, {"id": rows["a"], "siblingId": rows["a"]})["errorCode"] == 1064
    assert codes(book) == ["a", "b"]


def test_rows_are_indented_and_outdented(book: Book) -> None:
    rows = letters(book, "abc")

    assert put(book, {"id": rows["a"], "indent": 1})["errorCode"] == 1062
    put(book, [{"id": rows["b"], "indent": 1}, {"id": rows["c"], "indent": 1}])
    assert [row.get("parentId") for row in book.read()["rows"]] == [None, rows["a"], rows["a"]]
    put(book, {"id": rows["b"], "outdent": 1})
    assert codes(book) == ["a", "c", "b"]
    assert put(book, {"id": rows["b"], "outdent": 1})["errorCode"] == 1062


def test_deleting_a_row_deletes_its_children(book: Book) -> None:
    rows = letters(book, "abc")
    put(book, {"id": rows["b"], "parentId": rows["a"]})

    answer = book.play.client().Sheets.delete_rows(book.id, [rows["a"]])

    assert [one.value for one in answer.result] == [rows["a"], rows["b"]]
    assert codes(book) == ["c"]


def test_one_missing_row_keeps_them_all_unless_ignored(book: Book) -> None:
    rows = letters(book, "abc")
    client = book.play.client()
    path = f"{book.path}/rows"

    assert book.play.code("DELETE", path, query=f"ids={rows['a']},123") == (404, 1006)
    assert codes(book) == ["a", "b", "c"]
    client.Sheets.delete_rows(book.id, [rows["a"], 123], ignore_rows_not_found=True)
    assert codes(book) == ["b", "c"]
    version = book.read()["version"]
    client.Sheets.delete_rows(book.id, [123], ignore_rows_not_found=True)
    assert book.read()["version"] == version
    assert book.play.code("DELETE", path) == (400, 1009)
    assert book.play.code("DELETE", path, query="ids=x") == (400, 1018)


@pytest.mark.parametrize("moves", [True, False])
def test_deletions_move_the_version_or_not(book: Book, moves: bool) -> None:
    (row,) = book.add({"location_code": "1"})
    book.play.set(delete_moves_version=moves)

    book.play.raw("DELETE", f"{book.path}/rows", query=f"ids={row}")

    assert book.read()["version"] == 2 + moves


def test_too_many_ids_make_the_line_too_long(book: Book) -> None:
    flag, path = "ignoreRowsNotFound=False", f"{book.path}/rows"
    encoded = "%2C".join(["1234567890123456"] * 428)

    answer = book.play.raw("DELETE", path, query=f"{flag}&ids={encoded}")

    assert (answer.status, answer.body[:9]) == (414, b"<!DOCTYPE")
    fits = encoded.removesuffix("%2C1234567890123456")
    assert book.play.code("DELETE", path, query=f"{flag}&ids={fits}") == (404, 1006)


@pytest.mark.parametrize("leaves", [True, False])
def test_rows_get_new_ids_in_another_sheet(book: Book, leaves: bool) -> None:
    rows = letters(book, "ab")
    other = opened(book.play, "Other")
    other.add({"location_code": "z"})
    sheets = book.play.client().Sheets
    transfer = sheets.move_rows if leaves else sheets.copy_rows

    answer = transfer(book.id, directive([rows["a"]], other.id))

    assert answer.destination_sheet_id == other.id
    assert answer.row_mappings[0].from_ == rows["a"]
    assert answer.row_mappings[0].to == other.read()["rows"][1]["id"] != rows["a"]
    assert codes(book) == (["b"] if leaves else ["a", "b"])
    assert other.seen("Location Code") == ["z", "a"]
    assert other.seen("Request #") == ["LOC-00001", "LOC-00002"]


def test_a_target_gets_the_columns_it_lacks(play: Playground, book: Book) -> None:
    (row,) = book.add({"location_code": "1", "state": "IL"})
    column = {"title": "Location Code", "type": "TEXT_NUMBER", "primary": True}
    other = play.act("create_sheet", name="Bare", columns=[column])["sheet"]

    play.raw("POST", f"{book.path}/rows/copy", {"rowIds": [row], "to": {"sheetId": other}})

    assert play.act("see_sheet", sheet=other)[0]["cells"]["State"] == "IL"


def test_rows_stay_within_one_sheet_by_other_means(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    path = f"{book.path}/rows/move"

    assert book.play.code("POST", path, {"rowIds": [row], "to": {"sheetId": book.id}}) == (
        400,
        1136,
    )
    assert book.play.code("POST", path, {"rowIds": [row]}) == (400, 1012)
    assert book.play.code("POST", path, {"rowIds": [], "to": {"sheetId": 5}}) == (400, 1012)
    assert book.play.code("POST", path, {"rowIds": [row], "to": {"sheetId": 5}}) == (404, 1006)


def test_sorting_keeps_ids_and_changes_numbers(book: Book) -> None:
    rows = letters(book, "bca")
    criterion = {"columnId": book.columns["Location Code"], "direction": "DESCENDING"}

    book.play.raw("POST", f"{book.path}/sort", {"sortCriteria": [criterion]})

    read = book.read()["rows"]
    assert [row["id"] for row in read] == [rows["c"], rows["b"], rows["a"]]
    assert [row["rowNumber"] for row in read] == [1, 2, 3]


places = st.fixed_dictionaries(
    {},
    optional={
        "toTop": st.booleans(),
        "toBottom": st.booleans(),
        "parentId": st.integers(0, 7) | st.none(),
        "siblingId": st.integers(0, 7),
        "above": st.booleans(),
        "indent": st.just(1),
        "outdent": st.just(1),
    },
)
steps = st.lists(
    st.tuples(st.sampled_from(["add", "move", "delete"]), st.integers(0, 7), places), max_size=12
)


def whole(sheet: Sheet) -> None:
    """Numbers count from 1, parents come before children, a family is not interrupted."""
    assert [row.number for row in sheet.order] == list(range(1, len(sheet.order) + 1))
    assert {row.id for row in sheet.order} == set(sheet.rows)
    open_families: list[int | None] = [None]
    for row in sheet.order:
        while open_families[-1] != row.parent:
            open_families.pop()
            assert open_families, "a child stands apart from its family"
        open_families.append(row.id)


@given(steps=steps)
def test_the_hierarchy_stays_whole(steps: list[tuple[str, int, dict[str, Any]]]) -> None:
    play = Playground(played(), "")
    book = opened(play)
    book.add(*({"location_code": str(n)} for n in range(4)))
    sheet = play.emulator.state.sheets[book.id]
    for what, which, place in steps:
        named = dict(place)
        for name in ("parentId", "siblingId"):
            if isinstance(named.get(name), int):
                row = sheet.order[named[name]] if named[name] < len(sheet.order) else None
                named[name] = row.id if row else 123
        row_id = sheet.order[which].id if which < len(sheet.order) else 123
        if what == "add":
            answer = play.raw("POST", f"{book.path}/rows", [{"cells": []} | named] * 2)
        elif what == "move":
            answer = play.raw("PUT", f"{book.path}/rows", [{"id": row_id} | named])
        else:
            answer = play.raw("DELETE", f"{book.path}/rows", query=f"ids={row_id}")
        assert answer.status in {200, 400, 404}
        whole(sheet)

from __future__ import annotations

import json

import pytest
from tests.integration.smartsheet_emulator.playground import ANN, Book, Playground, opened

from ubm_sync.emulation.messages import Request


def test_a_typed_row_is_read_as_the_page_reads_it(book: Book) -> None:
    typed = {
        "Location Code": "0412",
        "State": "IL",
        "Service Start": "12/1/2026",
        "Online": "yes",
        "Contact": ANN,
        "Meters": "C, A",
    }

    made = book.play.act("add_row", who=ANN, sheet=book.id, cells=typed)

    seen = book.play.act("see_row", sheet=book.id, row=made["row"])
    assert seen["rowNumber"] == made["rowNumber"] == 1
    assert seen["cells"] == {
        "Location Code": "412",
        "Request #": "LOC-00001",
        "State": "IL",
        "Bill Type": "",
        "Service Start": "2026-12-01",
        "Online": "true",
        "Contact": ANN,
        "Meters": "A, C",
        "Sync Status": "",
    }


@pytest.mark.parametrize(
    ("typed", "strips", "value"),
    [("007", True, 7), ("'007", True, "007"), ("007", False, "007"), ("0.5", False, 0.5)],
)
def test_typing_strips_zeros_unless_an_apostrophe_comes_first(
    book: Book, typed: str, strips: bool, value: object
) -> None:
    book.play.set(ui_strips_zeros=strips)
    book.play.act("add_row", who=ANN, sheet=book.id, cells={"Location Code": typed})

    assert book.cell(book.read()["rows"][0], "Location Code")["value"] == value


def test_people_cannot_pass_locks_but_administrators_can(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    edit = {"sheet": book.id, "row": row, "cells": {"Sync Status": "Active"}}

    with pytest.raises(ValueError, match="1039"):
        book.play.act("edit_row", who=ANN, **edit)
    book.play.act("unlock_column", sheet=book.id, title="Sync Status")
    book.play.act("edit_row", who=ANN, **edit)
    book.play.act("lock_column", sheet=book.id, title="Sync Status")
    with pytest.raises(ValueError, match="1039"):
        book.play.act("edit_row", who=ANN, **edit)
    book.play.act("edit_row", sheet=book.id, row=row, cells={"Sync Status": None})

    assert book.seen("Sync Status") == [""]


def test_a_restricted_column_binds_editors_and_only_warns_administrators(book: Book) -> None:
    order = {"sheet": book.id, "cells": {"State": "Illinois"}}

    with pytest.raises(ValueError, match="5536"):
        book.play.act("add_row", who=ANN, **order)
    book.play.act("add_row", **order)

    assert book.seen("State") == ["Illinois"]


def test_each_saving_moves_the_version_once(book: Book) -> None:
    rows = book.play.act(
        "add_rows", who=ANN, sheet=book.id, rows=[{"Location Code": "a"}, {"Location Code": "b"}]
    )
    edits = [{"row": one["row"], "cells": {"State": "WI"}} for one in rows]
    book.play.act("edit_rows", who=ANN, sheet=book.id, rows=edits)

    read = book.read("include=writerInfo")

    assert read["version"] == 3
    assert {row["modifiedBy"]["email"] for row in read["rows"]} == {ANN}


def test_strangers_and_viewers_cannot_write(book: Book) -> None:
    book.play.act("add_user", email="bob@x.example")
    order = {"who": "bob@x.example", "sheet": book.id}

    with pytest.raises(ValueError, match="1004"):
        book.play.act("see_sheet", **order)
    book.play.act("share_sheet", sheet=book.id, email="bob@x.example", level="VIEWER")
    assert book.play.act("see_sheet", **order) == []
    with pytest.raises(ValueError, match="1004"):
        book.play.act("add_row", **order, cells={})


def test_editors_delete_rows_although_columns_are_locked(book: Book) -> None:
    (row,) = book.add({"location_code": "1", "sync_status": "Active"})

    book.play.act("delete_row", who=ANN, sheet=book.id, row=row)

    assert book.read()["rows"] == []


@pytest.mark.parametrize("keep", [True, False])
def test_a_restored_row_keeps_its_id_or_not(book: Book, keep: bool) -> None:
    (row,) = book.add({"location_code": "1"})
    book.play.set(restored_rows_keep_ids=keep)
    book.play.act("delete_row", sheet=book.id, row=row)

    restored = book.play.act("restore_row", sheet=book.id, row=row)

    assert (restored["row"] == row) is keep
    assert book.read()["rows"][0]["id"] == restored["row"]


def test_a_pasted_copy_takes_locked_cells_along(book: Book) -> None:
    (row,) = book.add({"location_code": "1", "sync_status": "id-1"})

    copy = book.play.act("copy_row", who=ANN, sheet=book.id, row=row)

    assert copy["row"] != row
    assert book.seen("Sync Status") == ["id-1", "id-1"]
    assert book.seen("Request #") == ["LOC-00001", "LOC-00002"]


def test_a_person_moves_and_copies_rows_between_sheets(book: Book) -> None:
    first, second = book.add({"location_code": "1"}, {"location_code": "2"})
    other = opened(book.play, "Other")

    moved = book.play.act("move_row", who=ANN, sheet=book.id, row=first, to=other.id)
    book.play.act("copy_row", who=ANN, sheet=book.id, row=second, to=other.id)

    assert moved["row"] != first
    assert book.seen("Location Code") == ["2"]
    assert other.seen("Location Code") == ["1", "2"]


def test_options_come_and_go(book: Book) -> None:
    book.add({"state": "WI"})
    book.play.act("drop_option", sheet=book.id, title="State", option="WI")
    book.play.act("add_option", sheet=book.id, title="State", option="IN")

    state = next(c for c in book.read()["columns"] if c["title"] == "State")

    assert state["options"] == ["IL", "IN"]
    assert book.seen("State") == ["WI"]


def test_a_retyped_column_is_the_same_column(book: Book) -> None:
    book.add({"location_code": "1", "bill_type": "Full service"})
    book.play.act("retype_column", sheet=book.id, title="Bill Type", type="TEXT_NUMBER")

    column = next(c for c in book.read()["columns"] if c["title"] == "Bill Type")

    assert (column["id"], column["type"]) == (book.columns["Bill Type"], "TEXT_NUMBER")
    assert "options" not in column


def test_columns_are_added_and_deleted_by_hand(book: Book) -> None:
    made = book.play.act("add_column", sheet=book.id, column={"title": "Extra", "type": "DATE"})
    book.play.act("delete_column", sheet=book.id, title="State")

    columns = book.read()["columns"]

    assert columns[-1]["id"] == made["column"]
    assert "State" not in {column["title"] for column in columns}


@pytest.mark.parametrize("moves", [True, False])
def test_recalculation_marks_the_row_or_not(book: Book, moves: bool) -> None:
    (row,) = book.add({"location_code": "1"})
    order = {"sheet": book.id, "row": row, "title": "Bill Type"}
    book.play.act("set_formula", **order, formula="=TODAY()", value="a")
    version = book.read()["version"]
    book.play.set(formula_moves_modified=moves)

    book.play.act("recalculate", **order, value="b")

    read = book.read()
    assert book.cell(read["rows"][0], "Bill Type")["value"] == "b"
    assert (read["version"] == version + 1) is moves


def test_a_token_is_revoked_and_restored(book: Book) -> None:
    book.play.act("revoke_token")
    assert book.play.code("GET", "/users/me") == (401, 1002)
    book.play.set(revoked_error=1003)
    assert book.play.code("GET", "/users/me") == (401, 1003)
    book.play.act("restore_token")
    assert book.play.raw("GET", "/users/me").status == 200


@pytest.mark.parametrize(("status", "code"), [(404, 1006), (403, 1004)])
def test_lost_access_is_404_or_403(book: Book, status: int, code: int) -> None:
    book.play.set(lost_access=status)
    book.play.act("lose_access", sheet=book.id)

    assert book.play.code("GET", book.path) == (status, code)
    assert book.play.code("GET", f"{book.path}/version") == (status, code)
    assert json.loads(book.play.raw("GET", "/sheets").body)["data"] == []
    book.play.act("regain_access", sheet=book.id)
    assert book.play.raw("GET", book.path).status == 200


def test_a_customers_own_copy_is_theirs(book: Book) -> None:
    book.add({"location_code": "1"})

    made = book.play.act("copy_sheet", who=ANN, sheet=book.id, name="My copy")

    assert book.play.code("GET", f"/sheets/{made['sheet']}") == (404, 1006)
    assert book.play.act("see_sheet", who=ANN, sheet=made["sheet"])[0]["cells"]["State"] == ""


def test_orders_go_over_http_and_refusals_are_told(book: Book) -> None:
    def order(**body: object) -> tuple[int, dict[str, object]]:
        raw = json.dumps(body).encode()
        answer = book.play.emulator.handle(Request("POST", "/_control/act", "", {}, raw))
        return answer.status, json.loads(answer.body)

    refused = order(do="add_row", who=ANN, sheet=book.id, cells={"Sync Status": "x"})
    words = f"1039 Cannot edit a locked column {book.columns['Sync Status']}."
    assert refused == (400, {"error": f"Refused: {words}"})
    assert "no order 'fly'" in str(order(do="fly")[1]["error"])
    assert order(do="summary")[1]["sheets"] == [
        {"sheet": book.id, "name": "Halsted locations", "rows": 0, "version": 1}
    ]
    for bad in (
        {"do": "see_sheet", "sheet": 5},
        {"do": "see_row", "sheet": book.id, "row": 5},
        {"do": "add_row", "sheet": book.id, "cells": {"No such": 1}},
        {"do": "add_row", "who": "nobody@x", "sheet": book.id},
        {"do": "add_row", "sheet": book.id, "cells": {"Request #": "x"}},
        {"do": "recalculate", "sheet": book.id, "row": 5, "title": "State", "value": 1},
    ):
        assert order(**bad)[0] == 400


def test_a_sorted_sheet_keeps_its_row_ids(book: Book) -> None:
    first, second, empty = book.add({"state": "WI"}, {"state": "IL"}, {})

    book.play.act("sort_sheet", who=ANN, sheet=book.id, title="State")
    assert [row["id"] for row in book.read()["rows"]] == [second, first, empty]
    book.play.act("sort_sheet", who=ANN, sheet=book.id, title="State", down=True)
    assert [row["id"] for row in book.read()["rows"]] == [first, second, empty]


def test_values_of_a_formula_column_are_nobodys_to_type(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    path = f"{book.path}/columns/{book.columns['Bill Type']}"
    book.play.raw("PUT", path, {"formula": '="x"'})

    with pytest.raises(ValueError, match="1302"):
        book.play.act("edit_row", who=ANN, sheet=book.id, row=row, cells={"Bill Type": "y"})


def test_locked_rows_and_formulas_in_locked_columns_bind_editors(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    book.play.act("lock_row", sheet=book.id, row=row)
    order = {"who": ANN, "sheet": book.id, "row": row}

    with pytest.raises(ValueError, match="1050"):
        book.play.act("edit_row", **order, cells={"State": "IL"})
    with pytest.raises(ValueError, match="1092"):
        book.play.act("delete_row", **order)
    with pytest.raises(ValueError, match="1039"):
        book.play.act("set_formula", **order, title="Sync Status", formula="=1", value=1)
    with pytest.raises(ValueError, match="no formula"):
        book.play.act("recalculate", **order, title="State", value=1)
    with pytest.raises(ValueError, match="1004"):
        book.play.act("copy_sheet", who=stranger(book), sheet=book.id, name="Mine")


def stranger(book: Book) -> str:
    book.play.act("add_user", email="eve@x.example")
    return "eve@x.example"


def test_a_deleted_sheet_is_gone_for_everybody(book: Book) -> None:
    book.play.act("delete_sheet", sheet=book.id)

    assert book.play.code("GET", book.path) == (404, 1006)
    assert book.play.act("summary") == {"sheets": []}


def test_the_same_seed_plays_the_same_ids(play: Playground) -> None:
    first = opened(play)
    play.emulator.reset()
    again = opened(play)

    assert (first.id, first.columns) == (again.id, again.columns)
    assert play.act("summary")["sheets"][0]["version"] == 1

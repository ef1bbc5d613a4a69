from __future__ import annotations

import json
from typing import Any

import pytest
from smartsheet.exceptions import ApiError
from smartsheet.models import Cell, ExplicitNull, Row
from tests.integration.smartsheet_emulator.playground import ANN, COLUMNS, Book, opened


def post(book: Book, body: object, query: str = "") -> Any:
    answer = book.play.raw("POST", f"{book.path}/rows", body, query=query)
    return json.loads(answer.body)


def put(book: Book, body: object, query: str = "") -> Any:
    return json.loads(book.play.raw("PUT", f"{book.path}/rows", body, query=query).body)


def test_rows_as_models_go_in_and_come_back(book: Book) -> None:
    row = Row({"to_bottom": True})
    row.cells.append(Cell({"column_id": book.columns["Location Code"], "value": "0412"}))

    result = book.play.client().Sheets.add_rows(book.id, [row])

    assert result.message == "SUCCESS"
    assert result.version == 2
    assert result.result[0].row_number == 1
    assert result.result[0].cells[0].value == "0412"


def test_rows_as_dicts_keep_null(book: Book) -> None:
    (row,) = book.add({"location_code": "1", "state": "IL"})

    book.play.client().Sheets.update_rows(
        book.id, [{"id": row, "cells": [{"columnId": book.columns["State"], "value": None}]}]
    )

    assert book.seen("State") == [""]


def test_the_dict_route_writes_a_list_as_json_text(book: Book) -> None:
    body = json.dumps([{"cells": book.cells(location_code="a")}, {"cells": []}])

    data = book.play.client().Passthrough.post(f"{book.path}/rows", body).data

    assert [row["rowNumber"] for row in data["result"]] == [1, 2]
    assert data["resultCode"] == 0


def test_the_dict_route_sends_a_plain_list_as_an_empty_body(book: Book) -> None:
    with pytest.raises(ApiError) as caught:
        book.play.client().Passthrough.post(f"{book.path}/rows", [{"cells": []}])

    assert caught.value.error.result.code == 1024


def test_one_object_is_answered_by_one_object(book: Book) -> None:
    made = post(book, {"cells": book.cells(location_code="a")})
    changed = put(book, {"id": made["result"]["id"], "cells": book.cells(location_code="b")})

    assert changed["result"]["cells"][0]["value"] == "b"
    assert (made["version"], changed["version"]) == (2, 3)


def test_one_write_moves_the_version_once_however_many_rows(book: Book) -> None:
    ids = book.add(*({"location_code": str(n)} for n in range(20)))

    answer = put(book, [{"id": row, "cells": book.cells(state="IL")} for row in ids])

    assert answer["version"] == 3
    assert len(answer["result"]) == 20


def test_only_cells_that_were_sent_change(book: Book) -> None:
    (row,) = book.add({"location_code": "1", "state": "IL"})

    put(book, [{"id": row, "cells": book.cells(online=True)}])

    seen = book.play.act("see_row", sheet=book.id, row=row)["cells"]
    assert (seen["Location Code"], seen["State"], seen["Online"]) == ("1", "IL", "true")


def test_the_first_bad_row_refuses_them_all(book: Book) -> None:
    row, other = book.add({"location_code": "1"}, {"location_code": "9"})
    bodies = [
        {"id": row, "cells": book.cells(location_code="2")},
        {"id": other, "cells": [{"columnId": 3, "value": "x"}]},
    ]

    answer = put(book, bodies)

    assert answer["errorCode"] == 1036
    assert answer["message"] == "The columnId 3 is invalid."
    assert answer["detail"] == {"index": 1, "rowId": other}
    assert answer["refId"]
    assert book.seen("Location Code") == ["1", "9"]
    assert book.read()["version"] == 2


def test_partial_success_keeps_the_good_rows(book: Book) -> None:
    client = book.play.client()
    rows = [
        {"cells": book.cells(location_code="good")},
        {"cells": [{"columnId": 123, "value": "bad"}]},
    ]

    result = client.Sheets.add_rows_with_partial_success(book.id, rows)

    assert result.message == "PARTIAL_SUCCESS"
    assert result.result_code == 3
    assert [row.cells[0].value for row in result.result] == ["good"]
    assert [(item.index, item.error.error_code) for item in result.failed_items] == [(1, 1036)]
    assert book.seen("Location Code") == ["good"]


def test_partial_success_of_changes_names_the_row(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    bodies = [{"id": 123, "cells": []}, {"id": row, "cells": book.cells(location_code="2")}]

    answer = put(book, bodies, "allowPartialSuccess=True")

    assert answer["failedItems"][0]["rowId"] == 123
    assert answer["failedItems"][0]["error"]["errorCode"] == 1006
    assert [one["id"] for one in answer["result"]] == [row]


def test_a_partial_request_without_a_good_row_moves_nothing(book: Book) -> None:
    answer = post(book, [{"cells": [{"columnId": 1, "value": 2}]}], "allowPartialSuccess=true")

    assert (answer["resultCode"], answer["result"], answer["version"]) == (3, [], 1)


def test_500_rows_are_the_limit(book: Book) -> None:
    bodies = [{"cells": book.cells(location_code=str(n))} for n in range(501)]

    assert post(book, bodies)["errorCode"] == 1160
    assert len(post(book, bodies[:500])["result"]) == 500


def test_auto_numbers_count_on(book: Book) -> None:
    book.add({"location_code": "a"}, {"location_code": "b"})
    book.play.act("delete_row", sheet=book.id, row=book.read()["rows"][1]["id"])
    book.add({"location_code": "c"})

    assert book.seen("Request #") == ["LOC-00001", "LOC-00003"]


def test_the_answer_holds_the_cells_that_were_sent_or_all(book: Book) -> None:
    sent = post(book, {"cells": book.cells(location_code="a")})
    book.play.set(write_answers_all_cells=True)
    whole = post(book, {"cells": book.cells(location_code="a")})

    assert len(sent["result"]["cells"]) == 1
    assert len(whole["result"]["cells"]) == len(COLUMNS)


def test_long_text_is_cut_without_a_word(book: Book) -> None:
    (row,) = book.add({"location_code": "x" * 4001})

    assert len(book.play.act("see_row", sheet=book.id, row=row)["cells"]["Location Code"]) == 4000


def test_a_cleared_cell_is_its_column_only(book: Book) -> None:
    (row,) = book.add({"location_code": "1", "state": "IL", "online": True})
    null = Row({"id": row})
    null.cells.append(Cell({"column_id": book.columns["State"], "value": ExplicitNull()}))
    book.play.client().Sheets.update_rows(book.id, [null])
    put(book, [{"id": row, "cells": book.cells(location_code="", online="")}])

    read = book.read()["rows"][0]

    assert book.cell(read, "State") == {"columnId": book.columns["State"]}
    assert book.cell(read, "Location Code") == {"columnId": book.columns["Location Code"]}
    assert book.cell(read, "Online")["value"] is False


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"cells": [{"value": 1}]}, 400, 1012),
        ({"cells": [{"columnId": "x", "value": 1}]}, 400, 1036),
        ({"cells": [{"columnId": True, "value": 1}]}, 400, 1036),
        ({"cells": {"columnId": 1}}, 400, 1008),
        ({"cells": [], "createdAt": "2026-01-01T00:00:00Z"}, 400, 1008),
        ({"cells": [], "rowNumber": 3}, 400, 1032),
        ({"cells": [], "id": 5}, 400, 1032),
        ({"cells": [], "parentId": 5}, 400, 1063),
        ({"cells": [], "siblingId": 5}, 400, 1064),
        ({"cells": [], "siblingId": 5, "toTop": True}, 400, 1062),
        ({"cells": [], "parentId": [5]}, 400, 1063),
        ([], 400, 1160),
        ("rows", 400, 1008),
        ([{"cells": [], "toTop": True}, {"cells": [], "toBottom": True}], 400, 1123),
    ],
)
def test_a_malformed_new_row_is_refused(book: Book, body: object, status: int, code: int) -> None:
    assert book.play.code("POST", f"{book.path}/rows", body) == (status, code)
    assert book.read()["rows"] == []


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ({"value": "x", "formula": "=1"}, 1163),
        ({"value": "x", "objectValue": "x"}, 1130),
        ({"objectValue": {"objectType": "MULTI_PICKLIST", "values": []}}, 1131),
        ({"value": [1]}, 1038),
        ({"value": {"a": 1}}, 1038),
        ({"value": 9007199254740993}, 1148),
        ({"value": 5, "hyperlink": {"url": "https://x.example"}}, 1113),
        ({"value": "x", "hyperlink": {"url": "https://x.example", "sheetId": 5}}, 1112),
        ({"hyperlink": {"sheetId": 5, "reportId": 6}}, 1111),
        ({"hyperlink": {"url": "u"}, "linkInFromCell": {"sheetId": 1}}, 1109),
        ({"value": "x", "linkInFromCell": {"sheetId": 1}}, 1110),
        ({"hyperlink": "u"}, 1008),
        ({"value": "x", "colour": "red"}, 1008),
        ({"hyperlink": {"label": "x"}}, 1117),
        ({"formula": "1+1"}, 1162),
        ({}, 1012),
    ],
)
def test_a_malformed_cell_is_refused(book: Book, cell: dict[str, Any], code: int) -> None:
    (row,) = book.add({"location_code": "1"})
    body = {"id": row, "cells": [{"columnId": book.columns["Location Code"], **cell}]}

    assert book.play.code("PUT", f"{book.path}/rows", body) == (400, code)
    assert book.seen("Location Code") == ["1"]


def test_a_row_comes_once_in_a_request(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})

    assert put(book, [{"id": row, "cells": []}] * 2)["errorCode"] == 1137


def test_links_and_values_do_not_mix_in_one_row(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    link = {"columnId": book.columns["State"], "linkInFromCell": {"sheetId": 1, "rowId": 2}}

    mixed = {"id": row, "cells": [link, *book.cells(location_code="2")]}

    assert book.play.code("PUT", f"{book.path}/rows", mixed) == (400, 1115)
    assert book.play.code("POST", f"{book.path}/rows", {"cells": [link]}) == (400, 1032)
    assert put(book, {"id": row, "cells": [link]})["resultCode"] == 0
    read = book.cell(book.read()["rows"][0], "State")
    assert read["linkInFromCell"] == {"sheetId": 1, "rowId": 2, "status": "INACCESSIBLE"}


def test_a_linked_cell_shows_its_source(book: Book) -> None:
    first, second = book.add({"location_code": "0412"}, {"location_code": "2"})
    place = {"sheetId": book.id, "rowId": first, "columnId": book.columns["Location Code"]}
    other = opened(book.play, "Other")
    (row,) = other.add({"location_code": "1"})
    link = {"columnId": other.columns["Bill Type"], "value": None, "linkInFromCell": place}
    assert put(other, {"id": row, "cells": [link]})["resultCode"] == 0

    source = {"sheet": book.id, "row": first, "title": "Location Code"}
    order: dict[str, Any] = {"sheet": other.id, "row": row, "title": "State", "from": source}
    other.play.act("link_cell", **order)
    broken = {**order, "title": "Meters", "from": {**source, "row": 5}}
    other.play.act("link_cell", **broken)

    read = other.read()["rows"][0]
    for title in ("Bill Type", "State"):
        cell = other.cell(read, title)
        assert cell["value"] == cell["displayValue"] == "0412"
        assert cell["linkInFromCell"] == {
            **place,
            "sheetName": "Halsted locations",
            "status": "OK",
        }
    assert other.cell(read, "Meters")["linkInFromCell"]["status"] == "BROKEN"
    assert second


def test_a_column_twice_in_one_row_is_refused(book: Book) -> None:
    cells = [*book.cells(location_code="a"), *book.cells(location_code="b")]

    assert book.play.code("POST", f"{book.path}/rows", {"cells": cells}) == (400, 1037)


def test_system_columns_cannot_be_written(book: Book) -> None:
    body = {"cells": [{"columnId": book.columns["Request #"], "value": "LOC-9"}]}

    assert book.play.code("POST", f"{book.path}/rows", body) == (400, 1046)


@pytest.mark.parametrize(
    ("row_id", "answer"), [(None, (400, 1012)), (-1, (400, 1034)), (123, (404, 1006))]
)
def test_a_change_needs_a_row_that_exists(
    book: Book, row_id: int | None, answer: tuple[int, int]
) -> None:
    body = {"cells": []} if row_id is None else {"id": row_id, "cells": []}

    assert book.play.code("PUT", f"{book.path}/rows", body) == answer


def test_a_hyperlink_keeps_its_text_and_can_be_cleared(book: Book) -> None:
    link = {"url": "https://app.example/ticket/18840211"}
    (row,) = book.add({"location_code": "1"})
    cell = {"columnId": book.columns["Sync Status"], "value": "#18840211", "hyperlink": link}
    put(book, {"id": row, "cells": [cell]})

    read = book.cell(book.read()["rows"][0], "Sync Status")
    assert (read["value"], read["displayValue"]) == ("#18840211", "#18840211")
    assert read["hyperlink"] == link
    assert read["objectValue"] == "#18840211"

    put(book, {"id": row, "cells": [cell | {"value": "", "hyperlink": None}]})
    cleared = book.cell(book.read()["rows"][0], "Sync Status")
    assert cleared == {"columnId": book.columns["Sync Status"]}


def test_a_value_replaces_a_formula(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    order = {"sheet": book.id, "row": row, "title": "Location Code"}
    book.play.act("set_formula", **order, formula='="04" + "12"', value="0412")

    before = book.cell(book.read()["rows"][0], "Location Code")
    put(book, {"id": row, "cells": book.cells(location_code="9")})
    after = book.cell(book.read()["rows"][0], "Location Code")

    assert (before["value"], before["formula"]) == ("0412", '="04" + "12"')
    assert "formula" not in after


def test_cells_of_a_column_formula_cannot_be_edited(book: Book) -> None:
    column = book.columns["Bill Type"]
    book.play.raw("PUT", f"{book.path}/columns/{column}", {"formula": '="x"'})

    body = {"cells": book.cells(bill_type="Full service")}

    assert book.play.code("POST", f"{book.path}/rows", body) == (400, 1302)


def test_editors_cannot_write_locked_columns_or_rows(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    (row,) = book.add({"location_code": "1"})
    locked = {"id": row, "cells": book.cells(sync_status="Active")}
    free = {"id": row, "cells": book.cells(location_code="2")}
    path = f"{book.path}/rows"

    assert book.play.code("PUT", path, locked, token=token) == (403, 1039)
    assert book.play.code("PUT", path, {"id": row, "locked": True}, token=token) == (403, 1004)
    assert book.play.raw("PUT", path, free, token=token).status == 200
    book.play.act("lock_row", sheet=book.id, row=row)
    assert book.play.code("PUT", path, free, token=token) == (403, 1050)
    assert book.play.code("DELETE", path, query=f"ids={row}", token=token) == (403, 1092)
    assert book.play.raw("PUT", path, locked).status == 200


def test_locks_show_what_they_mean_for_the_reader(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    (row,) = book.add({"location_code": "1"})
    book.play.act("lock_row", sheet=book.id, row=row)

    ours = book.read()
    theirs = json.loads(book.play.raw("GET", book.path, token=token).body)

    assert (ours["accessLevel"], theirs["accessLevel"]) == ("OWNER", "EDITOR")
    assert (ours["rows"][0]["locked"], ours["rows"][0]["lockedForUser"]) == (True, False)
    assert theirs["rows"][0]["lockedForUser"] is True
    assert theirs["columns"][8]["lockedForUser"] is True
    assert "locked" not in theirs["columns"][0]


def test_a_full_sheet_refuses_rows(book: Book) -> None:
    book.play.set(max_rows=2)
    book.add({"location_code": "1"}, {"location_code": "2"})

    assert book.play.code("POST", f"{book.path}/rows", {"cells": []}) == (400, 5732)
    book.play.set(max_rows=0, max_cells=18)
    assert book.play.code("POST", f"{book.path}/rows", {"cells": []}) == (400, 5732)

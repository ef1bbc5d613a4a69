from __future__ import annotations

import json
from typing import Any

import pytest
from smartsheet.models import Column, Sheet
from tests.integration.smartsheet_emulator.playground import ANN, COLUMNS, Book, Playground

MADE = {"title": "B", "systemColumnType": "CREATED_DATE"}
PRIMARY = {"title": "Name", "type": "TEXT_NUMBER", "primary": True}


def test_a_sheet_is_made_at_home(play: Playground) -> None:
    body = Sheet({"name": "Made", "columns": [PRIMARY, {"title": "Ok", "type": "CHECKBOX"}]})

    with pytest.warns(DeprecationWarning, match="create_sheet"):
        made = play.client().Home.create_sheet(body).result

    assert made.access_level == "OWNER"
    assert [column.title for column in made.columns] == ["Name", "Ok"]
    assert len(str(made.id)) == 16
    assert play.client().Sheets.get_sheet(made.id).name == "Made"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"columns": [PRIMARY]}, 1012),
        ({"name": "x" * 51, "columns": [PRIMARY]}, 1041),
        ({"name": "x"}, 1054),
        ({"name": "x", "columns": [{"title": "A", "type": "TEXT_NUMBER"}]}, 1055),
        ({"name": "x", "columns": [PRIMARY, PRIMARY]}, 1055),
        ({"name": "x", "columns": [PRIMARY, {"title": "Name", "type": "DATE"}]}, 1056),
        ({"name": "x", "columns": [PRIMARY | {"type": "DATE"}]}, 1057),
        ({"name": "x", "columns": [PRIMARY, {"title": "B"}]}, 1012),
        ({"name": "x", "columns": [PRIMARY, {"type": "DATE"}]}, 1012),
        ({"name": "x", "columns": [PRIMARY, {"title": "B", "type": "COLOUR"}]}, 1031),
        ({"name": "x", "columns": [PRIMARY, {"title": "b" * 51, "type": "DATE"}]}, 1041),
        ({"name": "x", "columns": [PRIMARY | {"colour": 1}]}, 1008),
        ({"name": "x", "columns": [PRIMARY | {"options": "a"}]}, 1008),
        ({"name": "x", "columns": [PRIMARY | {"hidden": True}]}, 1260),
        ({"name": "x", "columns": [PRIMARY, {"title": "B", "systemColumnType": "X"}]}, 1031),
        ({"name": "x", "columns": [PRIMARY | {"options": [1]}]}, 1031),
        ({"name": "x", "columns": [PRIMARY | {"options": ["a"]}]}, 1060),
        ({"name": "x", "columns": [PRIMARY, MADE, MADE | {"title": "C"}]}, 1077),
        ({"name": "x", "columns": [PRIMARY, MADE | {"type": "DATE"}]}, 1079),
        ({"name": "x", "columns": [PRIMARY | {"contactOptions": [1]}]}, 1008),
        ({"name": "x", "columns": [PRIMARY, "B"]}, 1008),
        ([], 1008),
    ],
)
def test_a_malformed_sheet_is_refused(play: Playground, body: object, code: int) -> None:
    assert play.code("POST", "/sheets", body) == (400, code)
    assert play.act("summary")["sheets"] == []


def test_a_sheet_from_a_template_has_new_ids_and_names_its_source(book: Book) -> None:
    book.add({"location_code": "1"})

    answer = book.play.raw("POST", "/sheets", {"name": "New customer", "fromId": book.id})
    made = json.loads(answer.body)["result"]
    read = json.loads(book.play.raw("GET", f"/sheets/{made['id']}", query="include=source").body)

    assert [column["title"] for column in read["columns"]] == [c["title"] for c in COLUMNS]
    assert not {column["id"] for column in read["columns"]} & set(book.columns.values())
    assert read["source"] == {"id": book.id, "type": "sheet"}
    assert (read["rows"], read["version"]) == ([], 1)
    assert read["columns"][8]["locked"] is True
    assert read["columns"][1]["autoNumberFormat"] == {"prefix": "LOC-", "fill": "00000"}


def test_a_copy_takes_rows_only_where_asked(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    destination = {"destinationType": "home", "newName": "Copy"}
    plain = json.loads(book.play.raw("POST", f"{book.path}/copy", destination).body)["result"]
    query = "include=data,shares"
    whole = json.loads(book.play.raw("POST", f"{book.path}/copy", destination, query=query).body)

    copied = json.loads(book.play.raw("GET", f"/sheets/{whole['result']['id']}").body)

    assert json.loads(book.play.raw("GET", f"/sheets/{plain['id']}").body)["rows"] == []
    assert copied["rows"][0]["id"] != row
    assert copied["rows"][0]["cells"][0]["value"] == "1"
    token = book.play.act("add_user", email=ANN)["token"]
    assert book.play.raw("GET", f"/sheets/{copied['id']}", token=token).status == 200
    assert book.play.raw("GET", f"/sheets/{plain['id']}", token=token).status == 404


def test_columns_are_added_at_their_index(book: Book) -> None:
    client = book.play.client()

    added = client.Sheets.add_columns(
        book.id, [Column({"title": "Vendor", "type": "TEXT_NUMBER", "index": 1})]
    )

    assert added.result[0].index == 1
    titles = [column.title for column in client.Sheets.get_columns(book.id, include_all=True).data]
    assert titles[:3] == ["Location Code", "Vendor", "Request #"]


def test_columns_added_together_go_to_one_place(book: Book) -> None:
    bodies = [{"title": title, "type": "DATE", "index": n} for n, title in enumerate("XY")]

    assert book.play.code("POST", f"{book.path}/columns", bodies) == (400, 1135)
    for body in bodies:
        body["index"] = 1
    assert book.play.raw("POST", f"{book.path}/columns", bodies).status == 200
    assert [column["title"] for column in book.read()["columns"]][1:3] == ["X", "Y"]


def test_a_column_formula_is_taken_away_by_an_empty_one(book: Book) -> None:
    path = f"{book.path}/columns/{book.columns['Bill Type']}"
    book.play.raw("PUT", path, {"formula": '="x"'})
    book.play.raw("PUT", path, {"formula": ""})

    body = {"cells": book.cells(bill_type="Full service")}
    assert book.play.raw("POST", f"{book.path}/rows", body).status == 200


def test_options_replace_the_list_and_need_the_type(book: Book) -> None:
    path = f"{book.path}/columns/{book.columns['State']}"

    assert book.play.code("PUT", path, {"options": ["IL"]}) == (400, 1090)
    changed = json.loads(
        book.play.raw("PUT", path, {"type": "PICKLIST", "options": ["IL", "IN"]}).body
    )

    assert changed["result"]["options"] == ["IL", "IN"]
    assert changed["result"]["validation"] is True
    body = {"cells": book.cells(state="WI")}
    assert book.play.code("POST", f"{book.path}/rows", body) == (400, 1042)


def test_a_rename_needs_no_type_and_keeps_the_id(book: Book) -> None:
    column = book.columns["State"]

    book.play.client().Sheets.update_column(book.id, column, Column({"title": "Province"}))

    assert book.play.client().Sheets.get_column(book.id, column).title == "Province"


def test_a_new_type_converts_cells_and_clears_the_restriction(book: Book) -> None:
    book.add({"location_code": "1", "state": "IL", "online": True, "service_start": "2026-01-02"})
    for title in ("State", "Online", "Service Start"):
        path = f"{book.path}/columns/{book.columns[title]}"
        changed = json.loads(book.play.raw("PUT", path, {"type": "TEXT_NUMBER"}).body)["result"]
        assert changed["validation"] is False

    row = book.read()["rows"][0]

    assert [book.cell(row, t)["value"] for t in ("State", "Online", "Service Start")] == [
        "IL",
        "true",
        "2026-01-02",
    ]


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [
        ("State", {"title": "Online"}, 1056),
        ("State", {"primary": True}, 1055),
        ("Location Code", {"type": "DATE"}, 1057),
        ("Location Code", {"primary": False}, 1055),
        ("State", {"index": "first"}, 1031),
        ("State", {"title": ""}, 1031),
        ("State", [], 1008),
    ],
)
def test_a_change_of_a_column_that_breaks_the_sheet_is_refused(
    book: Book, title: str, body: object, code: int
) -> None:
    before = book.read()["columns"]

    assert book.play.code("PUT", f"{book.path}/columns/{book.columns[title]}", body) == (400, code)
    assert book.read()["columns"] == before


def test_the_primary_column_stays(book: Book) -> None:
    column = book.columns["Location Code"]

    assert book.play.code("DELETE", f"{book.path}/columns/{column}") == (400, 1065)


def test_a_sheet_has_room_for_so_many_columns_and_cells(book: Book) -> None:
    column = {"title": "X", "type": "DATE", "index": 0}
    path = f"{book.path}/columns"
    book.add({"location_code": "1"})
    book.play.set(max_columns=9)
    assert book.play.code("POST", path, column) == (400, 5732)
    book.play.set(max_columns=0, max_cells=9)
    assert book.play.code("POST", path, column) == (400, 5732)
    assert book.play.code("POST", path, {"title": "X", "type": "DATE"}) == (400, 1012)


def test_the_last_visible_column_stays(play: Playground) -> None:
    columns = [PRIMARY | {"hidden": True}, {"title": "B", "type": "DATE"}]
    made = play.act("create_sheet", name="Two", columns=columns)

    path = f"/sheets/{made['sheet']}/columns/{made['columns']['B']}"
    assert play.code("DELETE", path) == (400, 1260)
    assert play.code("PUT", path, {"hidden": True}) == (400, 1260)


def test_a_deleted_column_takes_its_cells(book: Book) -> None:
    book.add({"location_code": "1", "state": "IL"})

    book.play.client().Sheets.delete_column(book.id, book.columns["State"])

    assert len(book.read()["rows"][0]["cells"]) == len(COLUMNS) - 1
    assert book.play.code("GET", f"{book.path}/columns/{book.columns['State']}") == (404, 1006)


@pytest.mark.parametrize("moves", [True, False])
def test_column_changes_move_the_version_or_not(book: Book, moves: bool) -> None:
    book.play.set(columns_move_version=moves)
    book.play.act("rename_column", sheet=book.id, title="State", to="Province")

    assert book.read()["version"] == 1 + moves


def test_editors_cannot_change_columns(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    path = f"{book.path}/columns"

    column = {"title": "X", "type": "DATE", "index": 0}
    assert book.play.code("POST", path, column, token=token) == (403, 1004)
    with pytest.raises(ValueError, match="1004"):
        book.play.act("rename_column", who=ANN, sheet=book.id, title="State", to="S")
    book.play.act("share_sheet", sheet=book.id, email=ANN, level="ADMIN")
    assert book.play.raw("POST", path, column, token=token).status == 200
    book.play.act("rename_column", who=ANN, sheet=book.id, title="State", to="S")


def test_an_auto_number_column_numbers_the_rows_that_are_there(play: Playground) -> None:
    made = play.act("create_sheet", name="Bare", columns=[PRIMARY])
    book = Book(play, made["sheet"], made["columns"])
    book.add({"name": "a"}, {"name": "b"})

    column: dict[str, Any] = {"title": "No", "systemColumnType": "AUTO_NUMBER", "index": 1}
    play.raw("POST", f"{book.path}/columns", column | {"autoNumberFormat": {"suffix": "-X"}})
    book.add({"name": "c"})

    assert book.seen("No") == ["1-X", "2-X", "3-X"]


def test_a_sheet_is_renamed_and_deleted_by_its_owner(book: Book) -> None:
    token = book.play.act("add_user", email=ANN)["token"]
    client = book.play.client()

    client.Sheets.update_sheet(book.id, Sheet({"name": "Renamed"}))
    assert client.Sheets.get_sheet(book.id).name == "Renamed"
    assert book.play.code("DELETE", book.path, token=token) == (403, 1004)
    client.Sheets.delete_sheet(book.id)
    assert book.play.code("GET", book.path) == (404, 1006)


def test_a_sheet_nobody_shared_is_not_found(play: Playground) -> None:
    play.act("add_user", email=ANN)
    made = play.act("create_sheet", who=ANN, name="Private", columns=[PRIMARY])

    assert play.code("GET", f"/sheets/{made['sheet']}") == (404, 1006)
    assert json.loads(play.raw("GET", "/sheets").body)["data"] == []
    play.act("share_sheet", sheet=made["sheet"], email="ubm-sync@example.com", level="ADMIN")
    assert play.raw("GET", f"/sheets/{made['sheet']}").status == 200

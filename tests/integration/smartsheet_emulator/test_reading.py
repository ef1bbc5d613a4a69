from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.integration.smartsheet_emulator.playground import ANN, START, Book, Playground

from ubm_sync.clock import VirtualClock


def later(play: Playground, seconds: float) -> None:
    assert isinstance(play.emulator.clock, VirtualClock)
    play.emulator.clock.advance(timedelta(seconds=seconds))


def test_the_service_is_its_token(play: Playground) -> None:
    me = play.client().Users.get_current_user()

    assert me.email == "ubm-sync@example.com"


def test_a_sheet_without_page_comes_whole(book: Book) -> None:
    book.add(*({"location_code": f"{n:04}"} for n in range(150)))

    sheet = book.play.client().Sheets.get_sheet(book.id, level=2, include="objectValue")

    assert len(sheet.rows) == 150
    assert sheet.total_row_count == 150


def test_page_alone_means_pages_of_100(book: Book) -> None:
    book.add(*({"location_code": f"{n:04}"} for n in range(150)))

    sheet = book.play.client().Sheets.get_sheet(book.id, page=2)

    assert [row.row_number for row in sheet.rows] == list(range(101, 151))
    assert sheet.total_row_count == 150


@pytest.mark.parametrize(("switch", "rows"), [("empty", 0), ("last", 1)])
def test_a_page_past_the_end_is_empty_or_the_last_one(book: Book, switch: str, rows: int) -> None:
    book.add(*({"location_code": str(n)} for n in range(11)))
    book.play.set(past_last_page=switch)

    assert len(book.read("pageSize=10&page=9")["rows"]) == rows


def test_the_dict_route_keeps_everything(book: Book) -> None:
    book.add({"location_code": "0412", "service_start": "2026-12-01", "online": True})

    data = book.play.client().Passthrough.get(f"{book.path}?level=2&include=objectValue").data
    row = data["rows"][0]

    assert data["totalRowCount"] == 1
    assert book.cell(row, "Location Code") == {
        "columnId": book.columns["Location Code"],
        "value": "0412",
        "objectValue": "0412",
        "displayValue": "0412",
    }
    assert book.cell(row, "Service Start") == {
        "columnId": book.columns["Service Start"],
        "value": "2026-12-01",
        "objectValue": {"objectType": "DATE", "value": "2026-12-01"},
    }
    assert book.cell(row, "State") == {"columnId": book.columns["State"]}
    assert "locked" not in row
    assert row["createdAt"] == "2026-11-21T15:00:00Z"


def test_cached_rows_and_fresh_rows_read_the_same(book: Book) -> None:
    book.add({"location_code": 'a"b\n', "state": "IL"}, {"location_code": "2"})
    first = book.read()

    assert book.read() == first
    book.read("level=0")
    assert book.read() == first


def test_unfilled_cells_can_be_left_out(book: Book) -> None:
    book.add({"location_code": "1"})

    row = book.read("exclude=nonexistentCells")["rows"][0]

    assert len(row["cells"]) == 2


def test_column_ids_restrict_columns_and_cells(book: Book) -> None:
    book.add({"location_code": "1", "state": "IL"})

    data = book.read(f"columnIds={book.columns['State']}")

    assert [column["title"] for column in data["columns"]] == ["State"]
    assert data["columns"][0]["index"] == 2
    assert [cell["columnId"] for cell in data["rows"][0]["cells"]] == [book.columns["State"]]


def test_rows_are_chosen_by_id_and_number(book: Book) -> None:
    ids = book.add(*({"location_code": str(n)} for n in range(5)))

    assert [r["id"] for r in book.read(f"rowIds={ids[3]},{ids[1]},123")["rows"]] == [ids[1], ids[3]]
    assert [r["id"] for r in book.read("rowNumbers=2,99")["rows"]] == [ids[1]]


def test_rows_modified_since_is_inclusive_and_by_whole_seconds(book: Book) -> None:
    first, second = book.add({"location_code": "1"}, {"location_code": "2"})
    later(book.play, 60.9)
    book.play.act("edit_row", who=ANN, sheet=book.id, row=second, cells={"State": "WI"})
    query = "rowsModifiedSince=2026-11-21T{}&include=writerInfo"

    since = book.read(query.format("15:01:00Z"))["rows"]

    assert [row["id"] for row in since] == [second]
    assert since[0]["modifiedAt"] == "2026-11-21T15:01:00Z"
    assert since[0]["modifiedBy"] == {"name": "Ann Lee", "email": ANN}
    assert since[0]["createdBy"]["name"] == "UBM Sync"
    assert [row["id"] for row in book.read(query.format("09:00:00-06:00"))["rows"]] == [
        first,
        second,
    ]
    assert book.read(query.format("15:01:01%2B00:00"))["rows"] == []
    assert book.play.code("GET", book.path, query="rowsModifiedSince=soon") == (400, 1018)


def test_an_unchanged_version_answers_the_version_alone(book: Book) -> None:
    version = book.play.client().Sheets.get_sheet_version(book.id).version

    assert book.read(f"ifVersionAfter={version}") == {"version": version}
    book.add({"location_code": "1"})
    assert len(book.read(f"ifVersionAfter={version}")["rows"]) == 1


def test_one_list_polls_every_version(book: Book) -> None:
    other = book.play.act("create_sheet", name="A first", columns=[{**COLUMN}])["sheet"]
    book.add({"location_code": "1"})

    listed = book.play.client().Sheets.list_sheets(include="sheetVersion", include_all=True)

    assert [(sheet.id, sheet.version) for sheet in listed.data] == [(other, 1), (book.id, 2)]
    assert listed.total_count == 2


COLUMN = {"title": "Name", "type": "TEXT_NUMBER", "primary": True}


def test_times_may_come_as_milliseconds(book: Book) -> None:
    since = 1000 * int(START.timestamp())

    for moment, found in ((since, 1), (since + 1000, 0)):
        listed = json.loads(book.play.raw("GET", "/sheets", query=f"modifiedSince={moment}").body)
        assert len(listed["data"]) == found


def test_the_list_is_by_page_and_by_time(book: Book) -> None:
    for n in range(4):
        later(book.play, 60)
        book.play.act("create_sheet", name=f"S{n}", columns=[{**COLUMN}])

    listed = book.play.client().Sheets.list_sheets(page_size=2, page=2)
    recent = json.loads(
        book.play.raw("GET", "/sheets", query="modifiedSince=2026-11-21T15:03:00Z").body
    )

    assert (listed.total_pages, listed.page_number, len(listed.data)) == (3, 2, 2)
    assert [sheet["name"] for sheet in recent["data"]] == ["S2", "S3"]


@pytest.mark.parametrize(
    ("level", "type_seen", "version"),
    [(0, "TEXT_NUMBER", 0), (1, "TEXT_NUMBER", 0), (2, "MULTI_PICKLIST", 2)],
)
def test_multi_selects_show_from_level_two(
    book: Book, level: int, type_seen: str, version: int
) -> None:
    cell = {
        "columnId": book.columns["Meters"],
        "objectValue": {"objectType": "MULTI_PICKLIST", "values": ["C", "A"]},
    }
    assert book.play.raw("POST", f"{book.path}/rows", {"cells": [cell]}).status == 200

    data = book.read(f"level={level}&include=objectValue")
    column = next(column for column in data["columns"] if column["title"] == "Meters")
    seen = book.cell(data["rows"][0], "Meters")

    assert (column["type"], column["version"]) == (type_seen, version)
    assert seen["displayValue"] == "A, C"
    if level == 2:
        assert "value" not in seen
        assert seen["objectValue"] == {"objectType": "MULTI_PICKLIST", "values": ["A", "C"]}
    else:
        assert seen["value"] == "A, C"


def test_a_single_row_and_a_missing_one(book: Book) -> None:
    (row,) = book.add({"location_code": "0412"})

    found = book.play.client().Sheets.get_row(book.id, row, include="columns")

    assert found.cells[0].value == "0412"
    assert len(found.columns) == len(book.columns)
    assert book.play.code("GET", f"{book.path}/rows/123") == (404, 1006)


def test_system_columns_tell_who_and_when(play: Playground) -> None:
    made = play.act(
        "create_sheet",
        name="Times",
        columns=[
            COLUMN,
            {"title": "Made", "systemColumnType": "CREATED_DATE"},
            {"title": "By", "systemColumnType": "MODIFIED_BY"},
        ],
    )
    book = Book(play, made["sheet"], made["columns"])
    book.add({"name": "x"})

    row = book.read()["rows"][0]

    assert book.cell(row, "Made")["objectValue"] == {
        "objectType": "DATETIME",
        "value": "2026-11-21T15:00:00Z",
    }
    assert book.cell(row, "By")["value"] == "ubm-sync@example.com"
    assert book.cell(row, "By")["displayValue"] == "UBM Sync"


def test_cell_history_is_newest_first(book: Book) -> None:
    (row,) = book.add({"location_code": "one"})
    later(book.play, 5)
    book.play.act("edit_row", who=ANN, sheet=book.id, row=row, cells={"Location Code": "two"})

    history = book.play.client().Cells.get_cell_history(
        book.id, row, book.columns["Location Code"], include_all=True
    )

    assert [(one.value, one.modified_by.email) for one in history.data] == [
        ("two", ANN),
        ("one", "ubm-sync@example.com"),
    ]
    assert history.data[0].modified_at > history.data[1].modified_at


@pytest.mark.parametrize("floats", [True, False])
def test_whole_numbers_may_come_as_floats(book: Book, floats: bool) -> None:
    book.play.set(numbers_as_floats=floats)
    book.add({"location_code": 7})

    body = book.play.raw("GET", book.path).body

    assert (b'"value":7.0,"displayValue":"7"' in body) is floats

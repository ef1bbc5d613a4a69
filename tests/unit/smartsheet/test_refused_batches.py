"""The connector against a server that plays rarer answers than an emulator would give."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import requests
import responses
from tests.unit.smartsheet.sheets import ALL, PLACE, live

from ubm_smartsheet.batching import MOST_DIVISIONS
from ubm_smartsheet.columns import match
from ubm_smartsheet.connector import SheetConnector
from ubm_smartsheet.cursor import SheetState, store
from ubm_smartsheet.versions import make_version
from ubm_sync.clock import VirtualClock
from ubm_sync.errors import Temporary
from ubm_sync.model import Customer, Outcome, Result, Write, Written
from ubm_sync.ports import Connection, Lane

BASE = "https://sheets.example/2.0"
AT = "2026-11-21T15:00:00Z"
Rows = list[dict[str, Any]]


class Open:
    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        del key, cost, lane
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        del key, seconds


class Played:
    """A sheet whose answers to writes a test decides."""

    def __init__(self, answer: Callable[[Rows], tuple[int, Any]]) -> None:
        self.requests: list[Rows] = []
        self.answer = answer
        self.version_status = 200
        self.version = 5
        self.connector = SheetConnector(
            Connection(
                (PLACE,),
                (Customer("halsted", "Halsted Foods", sheet="7"),),
                {},
                {"SMARTSHEET_ACCESS_TOKEN": "t0ken", "SMARTSHEET_BASE_URL": BASE},
                VirtualClock(datetime(2026, 11, 21, tzinfo=UTC)),
                Open(),
                stop=threading.Event(),
            )
        )
        found = match(ALL, {}, list(live().values()))
        state = SheetState("7", "Halsted Foods", 5, 3, AT, known=found.known, columns=found.columns)
        self.connector.resume(store([state]))
        for method in (responses.PUT, responses.POST):
            responses.add_callback(method, f"{BASE}/sheets/7/rows", callback=self._write)
        responses.add_callback(responses.GET, f"{BASE}/sheets/7/version", callback=self._version)
        responses.get(f"{BASE}/sheets/7", json=sheet_without_rows())

    def _write(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        rows = orjson.loads(request.body or b"")
        self.requests.append(rows)
        status, body = self.answer(rows)
        return status, {}, orjson.dumps(body)

    def _version(self, _: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        body = {"version": self.version} if self.version_status == 200 else refusal(1006)
        return self.version_status, {}, orjson.dumps(body)

    def update(self, *refs: str, **values: Written) -> dict[str, Outcome]:
        values = values or {"notes": "x"}
        version = make_version(AT, {}, "key", (), 0)
        writes = [Write("row", f"key-{ref}", ref, "7", values, version) for ref in refs]
        return {str(one.ref): one for one in self.connector.apply(writes)}

    def create(self, *keys: str, **values: Written) -> dict[str, Outcome]:
        values = values or {"notes": "x"}
        writes = [Write("row", key, None, "7", values) for key in keys]
        return {one.key: one for one in self.connector.apply(writes)}


def sheet_without_rows() -> dict[str, Any]:
    columns = [
        {"id": one.id, "title": one.title, "type": one.type, "options": list(one.options)}
        | ({"systemColumnType": one.system} if one.system else {})
        for one in live().values()
    ]
    return {"id": 7, "name": "Halsted Foods", "version": 5, "columns": columns, "rows": []}


def refusal(code: int, message: str = "no", **detail: Any) -> dict[str, Any]:
    return {"errorCode": code, "message": message, "refId": "x", "detail": detail or None}


def taken(rows: Rows) -> tuple[int, Any]:
    result = [
        {"id": row.get("id", 900 + index), "modifiedAt": AT, "createdAt": AT, "cells": row["cells"]}
        for index, row in enumerate(rows)
    ]
    return 200, {"message": "SUCCESS", "resultCode": 0, "result": result, "version": 6}


def ids(rows: Rows) -> list[int]:
    return [int(row.get("id", 0)) for row in rows]


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.mark.parametrize("detail", [{"index": 1}, {"rowId": 12}])
def test_the_row_an_error_names_is_refused_and_the_others_are_sent(detail: dict[str, int]) -> None:
    def answer(rows: Rows) -> tuple[int, Any]:
        return (400, refusal(1008, "Cannot parse.", **detail)) if 12 in ids(rows) else taken(rows)

    played = Played(answer)

    outcomes = played.update("11", "12", "13")

    assert [ids(rows) for rows in played.requests] == [[11, 12, 13], [11, 13]]
    assert outcomes["12"].result is Result.REFUSED
    assert outcomes["12"].permanent
    assert outcomes["12"].reason == "Smartsheet refused the row: Cannot parse"
    assert {outcomes["11"].result, outcomes["13"].result} == {Result.LANDED}


def test_a_batch_refused_without_a_name_is_halved_until_the_row_is_alone() -> None:
    def answer(rows: Rows) -> tuple[int, Any]:
        return (400, refusal(1008)) if 13 in ids(rows) else taken(rows)

    played = Played(answer)

    outcomes = played.update("11", "12", "13", "14")

    refused = [ref for ref, one in outcomes.items() if one.result is Result.REFUSED]
    assert refused == ["13"]
    assert len(outcomes) == 4


def test_a_refusal_of_everything_ends() -> None:
    played = Played(lambda _: (400, refusal(1008)))

    outcomes = played.update(*(str(number) for number in range(1, 1001)))

    assert {one.result for one in outcomes.values()} == {Result.REFUSED}
    assert len(outcomes) == 1000
    assert len(played.requests) < 250


def test_a_state_of_the_account_is_no_rows_fault() -> None:
    played = Played(lambda _: (400, refusal(5599, "The sheet is full.")))

    outcomes = played.update("11", "12")

    assert len(played.requests) == 1
    assert {one.permanent for one in outcomes.values()} == {False}
    assert "The sheet is full" in outcomes["11"].reason


def test_a_missing_row_is_told_from_a_missing_sheet() -> None:
    def answer(rows: Rows) -> tuple[int, Any]:
        return (404, refusal(1006)) if 12 in ids(rows) else taken(rows)

    played = Played(answer)

    outcomes = played.update("11", "12")

    assert outcomes["11"].result is Result.LANDED
    assert (outcomes["12"].reason, outcomes["12"].permanent) == ("row not found", False)


def test_a_missing_sheet_refuses_its_rows_for_now() -> None:
    played = Played(lambda _: (404, refusal(1006)))
    played.version_status = 404

    outcomes = played.update("11", "12")

    assert len(played.requests) == 1
    assert {one.permanent for one in outcomes.values()} == {False}
    assert "not accessible" in outcomes["11"].reason


def test_a_success_that_mentions_no_rows_is_unknown() -> None:
    played = Played(lambda _: (200, {"resultCode": 0, "message": "SUCCESS", "result": []}))

    outcomes = played.update("11")

    assert outcomes["11"].result is Result.UNKNOWN
    assert outcomes["11"].landed == frozenset()


def test_a_success_that_leaves_rows_out_is_unknown_for_those() -> None:
    played = Played(lambda rows: taken(rows[:1]))

    outcomes = played.update("11", "12")

    assert outcomes["11"].result is Result.LANDED
    assert outcomes["12"].result is Result.UNKNOWN


def partial(rows: Rows, code: int, message: str, bad: Callable[[dict[str, Any]], bool]) -> Any:
    failed = [
        {"index": index, "error": refusal(code, message)}
        for index, row in enumerate(rows)
        if bad(row)
    ]
    _, body = taken([row for row in rows if not bad(row)])
    return 200, body | {"resultCode": 3, "message": "PARTIAL_SUCCESS", "failedItems": failed}


def sends(column: str) -> Callable[[dict[str, Any]], bool]:
    wanted = live()[column].id
    return lambda row: any(cell["columnId"] == wanted for cell in row["cells"])


def test_a_cell_at_fault_that_nobody_names_is_found() -> None:
    bad = sends("amount")
    played = Played(lambda rows: partial(rows, 1042, "A value does not conform.", bad))

    outcomes = played.update("11", notes="x", amount="5", account_number="7")

    assert outcomes["11"].result is Result.LANDED
    assert outcomes["11"].landed == frozenset({"notes", "account_number"})
    assert outcomes["11"].at_fault == ("amount",)


def test_a_column_that_is_gone_when_the_sheet_is_looked_at_fails_its_field_alone() -> None:
    gone = live()["account_number"].id
    message = f"The column {gone} is not found."

    def bad(row: dict[str, Any]) -> bool:
        return any(cell["columnId"] == gone for cell in row["cells"])

    played = Played(lambda rows: partial(rows, 1036, message, bad))
    there = sheet_without_rows()
    there["columns"] = [one for one in there["columns"] if one["id"] != gone]
    there["rows"] = [{"id": 11, "cells": [], "modifiedAt": AT, "createdAt": AT}]
    responses.replace(responses.GET, f"{BASE}/sheets/7", json=there)
    played.version = 6
    version = make_version(AT, {}, "key", (), 0)
    values = {"notes": "x", "account_number": "7"}
    write = Write("row", "key-11", "11", "7", values, version, careful={"notes": None})

    (outcome,) = played.connector.apply([write])

    assert (outcome.result, outcome.at_fault) == (Result.LANDED, ("account_number",))
    assert outcome.landed == frozenset({"notes"})


def test_no_cell_is_blamed_where_there_are_too_many_to_look_for_the_one_at_fault() -> None:
    bad = sends("amount")
    played = Played(lambda rows: partial(rows, 1042, "A value does not conform.", bad))
    refs = [str(number) for number in range(11, 11 + MOST_DIVISIONS)]

    outcomes = played.update(*refs, notes="x", amount="5")

    found = [one for one in outcomes.values() if one.at_fault]
    unsought = [one for one in outcomes.values() if not one.at_fault]
    assert {one.at_fault for one in found} == {("amount",)}
    assert {one.result for one in unsought} == {Result.REFUSED}
    assert found
    assert unsought


def test_a_locked_row_is_refused_for_now_with_all_its_fields() -> None:
    played = Played(lambda rows: partial(rows, 1050, "The row is locked.", lambda _: True))

    (outcome,) = played.update("11", notes="x").values()

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)
    assert "notes" in outcome.at_fault
    assert outcome.reason == "the row is locked; unlock it"


def test_a_row_that_keeps_failing_for_no_reason_is_refused_for_now() -> None:
    played = Played(lambda rows: partial(rows, 4004, "Please retry.", lambda _: True))

    (outcome,) = played.update("11").values()

    assert len(played.requests) == 2
    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)


@pytest.mark.parametrize("new", [False, True])
def test_what_landed_is_told_though_the_system_fails_when_the_rest_is_sent_again(
    *, new: bool
) -> None:
    calls: list[int] = []

    def answer(rows: Rows) -> tuple[int, Any]:
        calls.append(1)
        if len(calls) > 1:
            return 503, refusal(4001, "Offline for maintenance.")
        first = rows[0]
        return partial(rows, 4000, "Unexpected.", lambda row: row is first)  # type: ignore[no-any-return]

    played = Played(answer)
    version = make_version(AT, {}, "key", (), 0)
    refs = [None, None] if new else ["11", "12"]
    writes = [
        Write("row", f"key-{number}", ref, "7", {"notes": "x"}, version)
        for number, ref in enumerate(refs)
    ]
    told: list[Outcome] = []

    with pytest.raises(Temporary):
        told.extend(played.connector.apply(writes))

    assert [(one.key, one.result) for one in told] == [("key-1", Result.LANDED)]


def test_a_sheet_being_written_already_is_tried_again() -> None:
    calls: list[int] = []

    def answer(rows: Rows) -> tuple[int, Any]:
        calls.append(1)
        busy = "Request failed because sheetId 7 is currently being updated by another request"
        return (500, refusal(4004, busy)) if len(calls) < 3 else taken(rows)

    (outcome,) = Played(answer).update("11").values()

    assert outcome.result is Result.LANDED


def test_a_sheet_that_stays_busy_is_a_passing_failure() -> None:
    busy = "Request failed because sheetId 7 is currently being updated by another request"

    with pytest.raises(Temporary):
        Played(lambda _: (500, refusal(4004, busy))).update("11")


def test_a_row_of_a_sheet_nobody_is_bound_to_is_refused() -> None:
    played = Played(taken)
    write = Write("row", "k", "11", "8", {"notes": "x"}, "v")

    (outcome,) = played.connector.apply([write])

    assert outcome.result is Result.REFUSED
    assert "belongs to no customer" in outcome.reason


def test_creates_refused_as_a_whole_are_parted_too() -> None:
    def answer(rows: Rows) -> tuple[int, Any]:
        keys = {cell["value"] for row in rows for cell in row["cells"]}
        return (400, refusal(1008)) if "k2" in keys else taken(rows)

    outcomes = Played(answer).create("k1", "k2", "k3")

    assert outcomes["k2"].result is Result.REFUSED
    assert {outcomes["k1"].result, outcomes["k3"].result} == {Result.LANDED}
    assert outcomes["k1"].created


def test_new_rows_that_fail_for_no_reason_are_sent_once_more() -> None:
    played = Played(lambda rows: partial(rows, 4004, "Please retry.", lambda _: True))

    (outcome,) = played.create("k1").values()

    assert len(played.requests) == 2
    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)


def test_new_rows_without_their_cells_in_the_answer_are_told_by_their_order() -> None:
    def answer(rows: Rows) -> tuple[int, Any]:
        result = [{"id": 901 + index, "modifiedAt": AT} for index, _ in enumerate(rows)]
        return 200, {"resultCode": 0, "result": result, "version": 6}

    outcomes = Played(answer).create("k1", "k2")

    assert [outcomes["k1"].ref, outcomes["k2"].ref] == ["901", "902"]


def test_creates_are_not_sent_where_the_sheet_is_out_of_reach() -> None:
    played = Played(lambda _: (403, refusal(1004)))

    (outcome,) = played.create("k1").values()

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)
    assert '"unsure":[]' in played.connector.cursor()


def test_what_is_no_rows_id_is_refused_and_not_sent() -> None:
    played = Played(taken)

    outcomes = played.update("row-11", "12")

    assert outcomes["row-11"].permanent
    assert outcomes["12"].result is Result.LANDED
    assert [ids(rows) for rows in played.requests] == [[12]]


def sheet_with(*rows: dict[str, Any]) -> dict[str, Any]:
    columns = [
        {"id": column.id, "title": column.title, "type": column.type} for column in live().values()
    ]
    return {"id": 7, "name": "Halsted Foods", "version": 6, "columns": columns, "rows": rows}


def test_a_create_that_is_not_mentioned_is_looked_for_by_its_identity() -> None:
    played = Played(lambda _: (200, {"resultCode": 0, "message": "SUCCESS", "result": []}))
    cells = [{"columnId": live()["sync_id"].id, "value": "k1"}]
    found = {"id": 901, "createdAt": AT, "modifiedAt": AT, "cells": cells}
    responses.get(f"{BASE}/sheets/7", json=sheet_with(found))

    outcomes = played.create("k1", "k2")

    assert (outcomes["k1"].result, outcomes["k1"].ref) == (Result.LANDED, "901")
    assert outcomes["k2"].result is Result.UNKNOWN
    assert '"unsure":["k2"]' in played.connector.cursor()


def test_a_create_stays_unknown_where_even_looking_fails() -> None:
    played = Played(lambda _: (500, refusal(4002)))
    responses.get(f"{BASE}/sheets/7", body=requests.ConnectionError("gone"))

    (outcome,) = played.create("k1").values()

    assert outcome.result is Result.UNKNOWN
    assert len(played.requests) == 1


def test_a_create_that_was_not_sent_is_not_doubted() -> None:
    played = Played(lambda _: (429, refusal(4003)))

    with pytest.raises(Temporary):
        played.create("k1")

    assert '"unsure":[]' in played.connector.cursor()


def test_a_list_of_sheets_that_comes_in_pages_is_read_to_its_end() -> None:
    played = Played(taken)
    pages = [{"data": [{"id": 8, "version": 1}]}, {"data": [{"id": 7, "version": 5}]}]
    for page in pages:
        responses.get(f"{BASE}/sheets", json=page | {"totalPages": 2})

    assert list(played.connector.observe(full=False)) == []


def test_a_look_heeds_only_the_rows_it_asked_for() -> None:
    played = Played(taken)
    played.version = 6
    notes = live()["notes"].id
    rows = [
        {"id": ref, "rowNumber": ref, "modifiedAt": AT, "createdAt": AT, "version": 5}
        | {"cells": [{"columnId": notes, "value": "seen"}]}
        for ref in (11, 99)
    ]
    responses.replace(responses.GET, f"{BASE}/sheets/7", json=sheet_without_rows() | {"rows": rows})
    version = make_version(AT, {}, "key", (), 0)
    write = Write("row", "k", "11", "7", {"notes": "x"}, version, careful={"notes": "seen"})

    (outcome,) = played.connector.apply([write])

    assert outcome.result is Result.LANDED
    assert [ids(rows) for rows in played.requests] == [[11]]

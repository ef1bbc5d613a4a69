from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from smartsheet.exceptions import ApiError, RateLimitExceededError, UnexpectedRequestError
from tests.integration.smartsheet_emulator.playground import (
    START,
    Book,
    Playground,
    opened,
    played,
)

from ubm_smartsheet.emulator import create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Request
from ubm_sync.emulation.server import InProcessAdapter, Server


def strike(play: Playground, fault: Fault, path: str = "", **rule: float | None) -> None:
    play.emulator.faults = Faults(7, [Rule(fault, path=path, **rule)])  # type: ignore[arg-type]


def test_a_request_needs_a_token_that_is_known(play: Playground) -> None:
    assert play.code("GET", "/users/me", token=" ") == (401, 1001)
    assert play.code("GET", "/users/me", token="x") == (401, 1002)
    assert play.code("GET", "/nothing") == (404, 1006)
    assert play.code("DELETE", "/users/me") == (405, 1122)
    with pytest.raises(ApiError) as caught:
        play.client("wrong").Users.get_current_user()
    assert caught.value.error.result.status_code == 401


def test_a_minute_has_its_share(play: Playground) -> None:
    play.set(per_minute=3)
    for _ in range(3):
        assert play.raw("GET", "/users/me").status == 200
    assert play.code("GET", "/users/me") == (429, 4003)
    assert isinstance(play.emulator.clock, VirtualClock)
    play.emulator.clock.advance(timedelta(seconds=60))
    assert play.raw("GET", "/users/me").status == 200


def test_the_client_sees_the_limit_by_its_own_name(play: Playground) -> None:
    play.set(per_minute=1)
    play.client().Users.get_current_user()

    with pytest.raises(RateLimitExceededError):
        play.client().Users.get_current_user()


def test_paths_outside_the_api_are_not_found(play: Playground) -> None:
    headers = {"authorization": f"Bearer {play.token}"}

    assert play.emulator.handle(Request("GET", "/3.0/sheets", "", headers)).status == 404


def test_each_token_has_its_own_share(play: Playground) -> None:
    other = play.act("add_user", email="ann@x.example")["token"]
    play.set(per_minute=1)
    play.raw("GET", "/users/me")

    assert play.raw("GET", "/users/me", token=other).status == 200


def test_cell_history_costs_ten(book: Book) -> None:
    (row,) = book.add({"location_code": "1"})
    path = f"{book.path}/rows/{row}/columns/{book.columns['State']}/history"
    book.play.set(per_minute=11)

    assert book.play.raw("GET", path).status == 200
    assert book.play.code("GET", path) == (429, 4003)
    assert book.play.raw("GET", "/users/me").status == 200


@pytest.mark.parametrize(
    ("switch", "header"),
    [("none", ""), ("retry-after", "Retry-After"), ("x-ratelimit", "X-RateLimit-Reset")],
)
def test_a_429_may_say_when_to_come_back(play: Playground, switch: str, header: str) -> None:
    play.set(rate_headers=switch)
    strike(play, Fault.THROTTLE)

    answer = play.raw("GET", "/users/me")

    assert answer.status == 429
    assert set(answer.headers) >= ({header} if header else set())
    assert bool(answer.headers) is bool(header)


@pytest.fixture
def live() -> Iterator[Playground]:
    emulator = create(seed=7, per_minute=0)
    with Server(emulator) as server:
        playground = Playground(emulator, server.url)
        yield playground
        playground.close()


def test_a_second_write_of_one_token_is_refused_while_the_first_runs(live: Playground) -> None:
    book, other = opened(live), opened(live, "Other")
    strike(live, Fault.STALL, "POST", times=1, seconds=0.5)
    book.add({"location_code": "1"})

    answer = live.raw("POST", f"{book.path}/rows", {"cells": []})

    body = json.loads(answer.body)
    assert (answer.status, body["errorCode"]) == (500, 4004)
    assert body["message"] == (
        f"Request failed because sheetId {book.id} is currently being updated by another "
        "request that uses the same access token."
    )
    assert live.raw("GET", book.path).status == 200
    assert live.raw("POST", f"{other.path}/rows", {"cells": []}).status == 200
    live.act("add_row", who="ann@halsted.example", sheet=book.id, cells={})


def test_writes_at_the_same_instant_collide(play: Playground) -> None:
    book = opened(play)
    play.emulator.lock.acquire()
    first = threading.Thread(target=book.add, args=({"location_code": "1"},))
    first.start()
    while not play.emulator.limits.busy:
        time.sleep(0.001)

    collided = play.code("POST", f"{book.path}/rows", {"cells": []})
    play.emulator.lock.release()
    first.join()

    assert collided == (500, 4004)
    assert book.seen("Location Code") == ["1"]


def test_slow_writes_take_their_time_by_row(play: Playground) -> None:
    book = opened(play)
    play.set(seconds_per_row=0.6)
    body: list[dict[str, Any]] = [{"cells": []}] * 500

    assert play.raw("POST", f"{book.path}/rows", body).stall == 300


@pytest.mark.parametrize(
    ("fault", "effect"), [(Fault.RESET, 0), (Fault.DROP, 1), (Fault.TRUNCATE, 1)]
)
def test_a_connection_may_close_before_or_after_the_effect(
    book: Book, fault: Fault, effect: int
) -> None:
    strike(book.play, fault, "POST", times=1)

    with pytest.raises(UnexpectedRequestError):
        book.play.client().Sheets.add_rows(book.id, [{"cells": []}])

    assert len(book.read()["rows"]) == effect


def test_errors_come_in_turn_before_any_effect(book: Book) -> None:
    strike(book.play, Fault.ERROR, "POST")
    path = f"{book.path}/rows"

    seen = [book.play.code("POST", path, {"cells": []}) for _ in range(4)]

    assert seen == [(500, 4004), (500, 4002), (503, 4001), (500, 4000)]
    assert book.read()["rows"] == []


def test_html_and_garbled_errors_are_no_json(book: Book) -> None:
    strike(book.play, Fault.HTML)
    html = book.play.raw("GET", book.path)
    strike(book.play, Fault.GARBLED)
    garbled = book.play.raw("GET", book.path)

    assert (html.status, html.content_type[:9]) == (503, "text/html")
    with pytest.raises(UnicodeDecodeError):
        garbled.body.decode()


def test_a_short_answer_leaves_rows_out(book: Book) -> None:
    book.add(*({"location_code": str(n)} for n in range(40)))
    strike(book.play, Fault.SHORT)

    read = book.read()
    listed = json.loads(book.play.raw("GET", "/sheets").body)

    assert 0 < len(read["rows"]) < 40
    assert read["totalRowCount"] == 40
    assert len(listed["data"]) == 0


def test_a_write_may_be_answered_by_an_empty_result(book: Book) -> None:
    strike(book.play, Fault.SHORT, "(POST|DELETE)")

    answer = json.loads(book.play.raw("POST", f"{book.path}/rows", [{"cells": []}] * 3).body)
    row = book.read()["rows"][0]["id"]
    gone = json.loads(book.play.raw("DELETE", f"{book.path}/rows", query=f"ids={row}").body)

    assert (answer["message"], answer["result"]) == ("SUCCESS", [])
    assert gone["result"] == []
    assert len(book.read()["rows"]) == 2


def test_a_part_of_a_batch_may_fail_for_no_reason_of_its_own(book: Book) -> None:
    strike(book.play, Fault.PARTIAL, "POST")
    path = f"{book.path}/rows"
    body: list[dict[str, Any]] = [{"cells": []}] * 40

    partial = json.loads(book.play.raw("POST", path, body, query="allowPartialSuccess=true").body)
    whole = book.play.code("POST", path, body)

    assert 0 < len(partial["failedItems"]) < 40
    assert len(partial["result"]) == 40 - len(partial["failedItems"]) == len(book.read()["rows"])
    assert whole == (500, 4000)


def test_in_one_process_it_answers_without_sockets() -> None:
    emulator = played()
    play = Playground(emulator, "http://emulated")
    opened(play)
    client = play.client()
    client._session.mount("http://", InProcessAdapter(emulator))

    assert [sheet.name for sheet in client.Sheets.list_sheets(include_all=True).data] == [
        "Halsted locations"
    ]


def test_calls_are_counted_by_route(book: Book) -> None:
    book.read()
    requests_url = f"{book.play.url}/_control/calls"

    counts = requests.get(requests_url, timeout=5).json()["counts"]

    assert counts == {"GET /2.0/sheets/{}": 1}


def test_the_clock_moves_over_http(play: Playground) -> None:
    requests.post(f"{play.url}/_control/clock", json={"advance": 90}, timeout=5)

    assert play.emulator.clock.now() == START + timedelta(seconds=90)

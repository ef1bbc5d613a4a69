from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.emulator import Emulator
from ubm_sync.emulation.faults import Fault, Faults, Rule
from ubm_sync.emulation.messages import Delivery, Request, Response, as_json
from ubm_sync.emulation.server import InProcessAdapter, Server

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Switches:
    strict: bool = True


class Shelf(Emulator):
    """Keeps texts: PUT adds one, GET lists them."""

    name = "shelf"

    def __init__(self, *rules: Rule, seed: int = 0) -> None:
        super().__init__(VirtualClock(START), Switches(), Faults(seed, list(rules)))
        self.texts: list[str] = []

    def answer(self, request: Request, fault: Rule | None) -> Response:
        if request.method == "PUT":
            self.texts.append(request.body.decode())
        shown = self.texts
        if fault is not None:
            left_out = self.faults.choose(len(shown))
            shown = [text for at, text in enumerate(shown) if at not in left_out]
        return as_json({"texts": shown})

    def failed(self, request: Request, fault: Fault) -> Response:
        del request
        return as_json({"sorry": fault.value}, status=429 if fault is Fault.THROTTLE else 503)

    def act(self, order: dict[str, Any]) -> object:
        self.texts.append(order["text"])
        return self.texts

    def environment(self, url: str) -> dict[str, str]:
        return {"SHELF_BASE_URL": url}

    def reset(self) -> None:
        self.texts.clear()

    @property
    def mark(self) -> object:
        return len(self.texts)

    def save(self, path: Path) -> None:
        path.write_bytes(orjson.dumps(self.texts))

    def load(self, path: Path) -> None:
        self.texts = orjson.loads(path.read_bytes())


def ask(shelf: Shelf, method: str, path: str, order: object = None) -> Response:
    body = b"" if order is None else orjson.dumps(order)
    return shelf.handle(Request(method, path, body=body))


def control(shelf: Shelf, what: str, order: object = None) -> Any:
    return orjson.loads(ask(shelf, "POST", f"/_control/{what}", order).body)


@contextmanager
def session(shelf: Shelf) -> Iterator[requests.Session]:
    """A session that reaches the shelf without sockets."""
    with requests.Session() as session:
        session.mount("http://", InProcessAdapter(shelf))
        yield session


def test_calls_are_counted_by_route_and_kept() -> None:
    shelf = Shelf()
    ask(shelf, "PUT", "/texts", "a")
    ask(shelf, "GET", "/texts")
    ask(shelf, "GET", "/texts")

    assert control(shelf, "calls")["counts"] == {"PUT /texts": 1, "GET /texts": 2}
    assert [one["method"] for one in control(shelf, "calls")["last"]] == ["PUT", "GET", "GET"]


def test_people_act_the_clock_moves_and_everything_can_be_forgotten() -> None:
    shelf = Shelf()

    assert control(shelf, "act", {"do": "add", "text": "a"}) == ["a"]
    assert "KeyError" in control(shelf, "act", {"do": "add"})["error"]
    assert control(shelf, "clock", {"advance": 60})["now"] == "2026-11-23T15:01:00+00:00"
    assert control(shelf, "switches", {"strict": False}) == {"strict": False}
    assert "no switch loud" in control(shelf, "switches", {"loud": True})["error"]
    assert ask(shelf, "POST", "/_control/nonsense").status == 404
    control(shelf, "reset")
    assert shelf.texts == []
    assert not shelf.counts


@pytest.mark.parametrize(
    ("fault", "status", "taken", "delivery"),
    [
        (Fault.THROTTLE, 429, False, Delivery.WHOLE),
        (Fault.ERROR, 503, False, Delivery.WHOLE),
        (Fault.RESET, 0, False, Delivery.NOTHING),
        (Fault.DROP, 200, True, Delivery.NOTHING),
        (Fault.TRUNCATE, 200, True, Delivery.CUT),
        (Fault.ODD_SUCCESS, 202, True, Delivery.WHOLE),
        (Fault.STALL, 200, True, Delivery.WHOLE),
    ],
)
def test_each_fault_strikes_before_or_after_the_effect(
    fault: Fault, status: int, taken: bool, delivery: Delivery
) -> None:
    shelf = Shelf(Rule(fault, times=1))

    answer = ask(shelf, "PUT", "/texts", "a")

    assert (answer.status, bool(shelf.texts), answer.delivery) == (status, taken, delivery)
    assert ask(shelf, "GET", "/texts").status == 200, "it struck once"


def test_a_listing_may_leave_records_out() -> None:
    shelf = Shelf(Rule(Fault.SHORT, path="^GET"))
    for text in "abcdefgh":
        ask(shelf, "PUT", "/texts", text)

    assert 0 < len(orjson.loads(ask(shelf, "GET", "/texts").body)["texts"]) < 8


def test_faults_are_the_same_for_the_same_seed() -> None:
    def struck(seed: int) -> list[bool]:
        shelf = Shelf(Rule(Fault.ERROR, rate=0.4), seed=seed)
        return [ask(shelf, "GET", "/texts").status == 503 for _ in range(60)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 10 < sum(struck(7)) < 40


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.DROP, Fault.TRUNCATE])
def test_a_lost_answer_is_a_broken_connection_with_and_without_sockets(fault: Fault) -> None:
    shelf = Shelf(Rule(fault))
    broken = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)

    with session(shelf) as inside, pytest.raises(broken):
        inside.get("http://shelf.example/texts")
    with Server(shelf) as server, pytest.raises(broken):
        requests.get(f"{server.url}/texts", timeout=5)


def test_a_stall_beyond_the_timeout_is_a_timeout() -> None:
    shelf = Shelf(Rule(Fault.STALL, seconds=9.0))

    with session(shelf) as inside, pytest.raises(requests.ReadTimeout):
        inside.get("http://shelf.example/texts", timeout=(1, 2))


def test_real_http_answers_many_at_once() -> None:
    shelf = Shelf()
    with Server(shelf) as server:

        def put(number: int) -> None:
            answer = requests.put(f"{server.url}/texts?x=1", data=str(number), timeout=5)
            assert answer.status_code == 200

        threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(shelf.texts) == [str(number) for number in range(8)]

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from smartsheet.models import Webhook
from tests.integration.smartsheet_emulator.playground import ANN, START, Book, Playground, opened

from ubm_smartsheet.emulator import SmartsheetEmulator, Switches, create
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.server import Server


@dataclass
class Receiver:
    """Answers callbacks as it is told, and keeps them."""

    status: int = 200
    proves: bool = True
    body_proof: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    signed: list[tuple[str, bytes]] = field(default_factory=list)
    challenges: int = 0

    def send(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        del url
        challenge = headers.get("Smartsheet-Hook-Challenge")
        if challenge:
            self.challenges += 1
            proof = challenge if self.proves else "wrong"
            if self.body_proof:
                return 200, {}, json.dumps({"smartsheetHookResponse": proof}).encode()
            return 200, {"smartsheet-hook-response": proof}, b""
        if self.status == 0:
            raise OSError("nobody there")
        self.calls.append(json.loads(body))
        self.signed.append((headers["Smartsheet-Hmac-SHA256"], body))
        return self.status, {}, b""


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def play(receiver: Receiver, clock: VirtualClock) -> Iterator[Playground]:
    emulator = SmartsheetEmulator(clock, Switches(per_minute=0), 7, receiver.send)
    with Server(emulator) as server:
        playground = Playground(emulator, server.url)
        yield playground
        playground.close()


@pytest.fixture
def book(play: Playground) -> Book:
    return opened(play)


def asked(book: Book, **more: Any) -> dict[str, Any]:
    return {
        "name": "rows",
        "callbackUrl": "https://sync.example/hook",
        "scope": "sheet",
        "scopeObjectId": book.id,
        "events": ["*.*"],
        "version": 1,
        **more,
    }


def made(book: Book, **more: Any) -> dict[str, Any]:
    answer = book.play.raw("POST", "/webhooks", asked(book, **more))
    hook: dict[str, Any] = json.loads(answer.body)["result"]
    return hook


def enabled(book: Book, **more: Any) -> dict[str, Any]:
    hook = made(book, **more)
    answer = book.play.raw("PUT", f"/webhooks/{hook['id']}", {"enabled": True})
    result: dict[str, Any] = json.loads(answer.body)["result"]
    return result


def state(book: Book, hook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(book.play.raw("GET", f"/webhooks/{hook['id']}").body)
    return found


def delivered(book: Book) -> int:
    sent: int = book.play.act("deliver_callbacks")["sent"]
    return sent


@pytest.mark.parametrize("body_proof", [True, False])
def test_a_webhook_fires_once_it_is_verified(
    book: Book, receiver: Receiver, body_proof: bool
) -> None:
    receiver.body_proof = body_proof
    webhooks = book.play.client().Webhooks
    new = webhooks.create_webhook(Webhook(asked(book))).result
    assert (new.enabled, new.status) == (False, "NEW_NOT_VERIFIED")

    verified = webhooks.update_webhook(new.id, Webhook({"enabled": True})).result

    assert (verified.enabled, verified.status) == (True, "ENABLED")
    assert receiver.challenges == 1


def test_a_failed_challenge_disables(book: Book, receiver: Receiver) -> None:
    receiver.proves = False

    hook = enabled(book)

    assert (hook["enabled"], hook["status"]) == (False, "DISABLED_VERIFICATION_FAILED")


def test_events_hold_ids_only_and_the_change_agent(book: Book, receiver: Receiver) -> None:
    hook = enabled(book)
    client = book.play.client()
    client.with_change_agent("ubm-sync")
    (row,) = [
        one.id
        for one in client.Sheets.add_rows(
            book.id, [{"cells": book.cells(location_code="1")}]
        ).result
    ]
    book.play.act("edit_row", who=ANN, sheet=book.id, row=row, cells={"State": "IL"})

    assert delivered(book) == 1
    (call,) = receiver.calls
    ann = book.play.act("add_user", email=ANN)["user"]
    time = "2026-11-21T15:00:00.000+00:00"
    assert call["webhookId"] == hook["id"]
    assert (call["scope"], call["scopeObjectId"]) == ("sheet", book.id)
    assert call["events"][1] == {
        "objectType": "row",
        "eventType": "created",
        "id": row,
        "userId": book.play.emulator.state.service.id,
        "timestamp": time,
        "changeAgent": "ubm-sync",
    }
    assert call["events"][2] == {
        "objectType": "cell",
        "eventType": "updated",
        "rowId": row,
        "columnId": book.columns["State"],
        "userId": ann,
        "timestamp": time,
    }
    assert delivered(book) == 0


def test_callbacks_are_signed_over_their_raw_bytes(book: Book, receiver: Receiver) -> None:
    hook = enabled(book)
    book.add({"location_code": "1"})
    delivered(book)
    ((signature, raw),) = receiver.signed

    secret = hook["sharedSecret"].encode()
    assert signature == hmac.new(secret, raw, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("status", [201, 204, 309, 399, 410])
def test_an_answer_other_than_200_disables(book: Book, receiver: Receiver, status: int) -> None:
    hook = enabled(book)
    receiver.status = status
    book.add({"location_code": "1"})
    delivered(book)

    assert state(book, hook)["status"] == "DISABLED_CALLBACK_FAILED"
    book.add({"location_code": "2"})
    assert delivered(book) == 0


@pytest.mark.parametrize("status", [0, 404, 500, 503])
def test_failures_are_retried_and_merged(
    book: Book, receiver: Receiver, clock: VirtualClock, status: int
) -> None:
    hook = enabled(book)
    receiver.status = status
    book.add({"location_code": "1"})
    delivered(book)
    assert delivered(book) == 0
    assert state(book, hook)["stats"]["lastCallbackAttemptRetryCount"] == 1

    receiver.status = 200
    book.add({"location_code": "2"})
    clock.advance(timedelta(seconds=2))
    delivered(book)

    created = [one for one in receiver.calls[-1]["events"] if one["objectType"] == "row"]
    assert len(created) == 2
    assert state(book, hook)["stats"]["lastSuccessfulCallback"] == "2026-11-21T15:00:02Z"


def test_fourteen_retries_in_vain_disable(
    book: Book, receiver: Receiver, clock: VirtualClock
) -> None:
    hook = enabled(book)
    receiver.status = 500
    book.add({"location_code": "1"})
    for _ in range(15):
        delivered(book)
        clock.advance(timedelta(hours=3))

    assert len(receiver.calls) == 15
    assert state(book, hook)["status"] == "DISABLED_CALLBACK_FAILED"
    again = json.loads(book.play.raw("PUT", f"/webhooks/{hook['id']}", {"enabled": True}).body)
    assert again["result"]["enabled"] is True


def test_the_challenge_comes_again_every_100_callbacks(book: Book, receiver: Receiver) -> None:
    enabled(book)
    (row,) = book.add({"location_code": "1"})
    for n in range(100):
        delivered(book)
        book.play.act("edit_row", sheet=book.id, row=row, cells={"Location Code": n})

    assert receiver.challenges == 2


def test_a_subscope_leaves_other_cells_out_but_not_deletions(
    book: Book, receiver: Receiver
) -> None:
    enabled(book, subscope={"columnIds": [book.columns["State"]]})
    (row,) = book.add({"location_code": "1"})
    delivered(book)
    cells = {"State": "IL", "Location Code": "2"}
    book.play.act("edit_row", who=ANN, sheet=book.id, row=row, cells=cells)
    book.play.act("delete_row", who=ANN, sheet=book.id, row=row)
    delivered(book)

    events = receiver.calls[-1]["events"]
    assert [one["columnId"] for one in events if one["objectType"] == "cell"] == [
        book.columns["State"]
    ]
    assert {"row deleted"} <= {f"{one['objectType']} {one['eventType']}" for one in events}


def test_losing_and_regaining_the_sheet_is_told(book: Book, receiver: Receiver) -> None:
    hook = enabled(book)
    book.play.act("lose_access", sheet=book.id)
    delivered(book)
    assert state(book, hook)["status"] == "DISABLED_SCOPE_INACCESSIBLE"
    book.play.act("regain_access", sheet=book.id)
    delivered(book)

    assert [call["newWebhookStatus"] for call in receiver.calls] == [
        "DISABLED_SCOPE_INACCESSIBLE",
        "ENABLED",
    ]
    assert "events" not in receiver.calls[0]


def test_of_equal_webhooks_only_the_oldest_fires(book: Book, receiver: Receiver) -> None:
    first = enabled(book)
    enabled(book)
    book.add({"location_code": "1"})
    delivered(book)

    assert [call["webhookId"] for call in receiver.calls] == [first["id"]]


def test_events_while_disabled_are_lost(book: Book, receiver: Receiver) -> None:
    hook = enabled(book)
    book.play.raw("PUT", f"/webhooks/{hook['id']}", {"enabled": False})
    book.add({"location_code": "1"})
    book.play.raw("PUT", f"/webhooks/{hook['id']}", {"enabled": True})

    assert delivered(book) == 0
    assert receiver.calls == []


def test_callbacks_may_come_late_twice_or_never(
    book: Book, receiver: Receiver, clock: VirtualClock
) -> None:
    enabled(book)
    book.play.set(callback_delay=30.0, callbacks_doubled_every=2, callbacks_lost_every=3)
    book.add({"location_code": "1"})
    assert delivered(book) == 0
    clock.advance(timedelta(seconds=30))
    delivered(book)
    assert len(receiver.calls) == 2
    assert receiver.calls[0] == receiver.calls[1]
    book.add({"location_code": "2"})
    clock.advance(timedelta(seconds=30))
    delivered(book)
    assert len(receiver.calls) == 2


def test_webhooks_are_listed_newest_first_without_totals(book: Book) -> None:
    first, second = made(book), enabled(book, name="second")

    listed = book.play.client().Webhooks.list_webhooks()

    assert [hook.id for hook in listed.data] == [second["id"], first["id"]]
    assert (listed.total_count, listed.total_pages) == (-1, -1)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"callbackUrl": "http://sync.example/hook"}, (400, 1152)),
        ({"callbackUrl": "https://sync.example:9999/hook"}, (400, 1031)),
        ({"scopeObjectId": 5}, (404, 1151)),
        ({"scope": "plan"}, (400, 1031)),
        ({"events": ["row.created"]}, (400, 1031)),
        ({"subscope": {"columnIds": [5]}}, (404, 1293)),
        ({"name": None}, (400, 1012)),
    ],
)
def test_a_malformed_webhook_is_refused(
    book: Book, more: dict[str, Any], answer: tuple[int, int]
) -> None:
    assert book.play.code("POST", "/webhooks", asked(book, **more)) == answer


def test_what_is_fixed_at_creation_stays(book: Book) -> None:
    hook = made(book)
    path = f"/webhooks/{hook['id']}"

    assert book.play.code("PUT", path, {"scopeObjectId": 5}) == (400, 1032)
    assert book.play.raw("PUT", path, {"name": "new", "callbackUrl": "https://b.example/"}).status
    assert state(book, hook)["callbackUrl"] == "https://b.example/"
    fresh = json.loads(book.play.raw("POST", f"{path}/resetsharedsecret").body)["result"]
    assert fresh["sharedSecret"] != hook["sharedSecret"]
    book.play.client().Webhooks.delete_webhook(hook["id"])
    assert book.play.code("GET", path) == (404, 1006)


def test_a_webhook_the_vendor_disabled_stays_off(book: Book) -> None:
    hook = enabled(book)

    assert book.play.act("disable_webhooks", sheet=book.id) == {"webhooks": [hook["id"]]}
    path = f"/webhooks/{hook['id']}"
    assert book.play.code("PUT", path, {"enabled": True}) == (403, 1154)


def test_http_callbacks_to_this_machine_are_a_switch(book: Book) -> None:
    body = asked(book, callbackUrl="http://127.0.0.1:5000/hook")

    assert book.play.raw("POST", "/webhooks", body).status == 200
    book.play.set(loopback_callbacks=False)
    assert book.play.code("POST", "/webhooks", body) == (400, 1152)


def test_on_a_running_clock_callbacks_go_out_by_themselves() -> None:
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            if "challenge" in body:
                self.send_header("Smartsheet-Hook-Response", body["challenge"])
            else:
                arrived.set()
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        play = Playground(create(seed=1), "")
        book = opened(play)
        url = f"http://127.0.0.1:{listener.server_address[1]}/"
        assert enabled(book, callbackUrl=url)["enabled"] is True
        book.add({"location_code": "1"})

        assert arrived.wait(5)
        play.emulator.reset()
        listener.shutdown()

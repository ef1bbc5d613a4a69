"""What subscribers are told, and how it is signed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest
from hubspot.utils.signature import Signature
from tests.integration.hubspot_emulator.support import Bench

from ubm_hubspot.emulator import CLIENT_SECRET
from ubm_hubspot.emulator.webhooks import signature

URL = "https://service.example/hooks/hubspot?tenant=a%2Fb"
EVERYTHING = [
    {"type": "ticket.creation"},
    {"type": "ticket.deletion"},
    {"type": "ticket.restore"},
    {"type": "ticket.merge"},
    {"type": "ticket.associationChange"},
    {"type": "ticket.propertyChange", "property": "ubm_approval"},
]


class Receiver:
    """Takes deliveries and answers with the status it was told to."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.requests.append((url, headers, body))
        return self.status

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, _, body in self.requests for event in orjson.loads(body)]


@pytest.fixture
def subscribed(bench: Bench) -> Bench:
    bench.emulator.webhooks.behave(doubled=0.0, shuffled=False)
    bench.act("subscribe", url=URL, subscriptions=EVERYTHING)
    return bench


def test_the_signature_is_the_vendors() -> None:
    uri = "https://www.example.com/webhook_uri"
    body = b"{'example_field':'example_value'}"
    for at, expected in (
        (1693657560000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (1700000300000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ):
        assert signature("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "POST", uri, body, at) == expected


def test_a_delivery_is_accepted_by_the_official_check(subscribed: Bench) -> None:
    subscribed.advance(10**9)  # the official check compares with the machine's clock
    subscribed.upsert("k1")
    receiver = Receiver()
    assert subscribed.emulator.webhooks.drain(receiver) == 1
    url, headers, body = receiver.requests[0]
    assert Signature.is_valid(
        signature=headers["X-HubSpot-Signature-v3"],
        client_secret=CLIENT_SECRET,
        request_body=body.decode(),
        http_uri=url.replace("%2F", "/"),
        http_method="POST",
        signature_version="v3",
        timestamp=headers["X-HubSpot-Request-Timestamp"],
    )


def test_every_subscribed_change_is_told_once(subscribed: Bench) -> None:
    ids = subscribed.upsert("k1", "k2")
    ref = ids["k1"]
    subscribed.act(
        "edit_ticket", id=ref, properties={"ubm_approval": "approve", "content": "not subscribed"}
    )
    company = subscribed.act("create_company", name="Acme")["id"]
    subscribed.client.crm.associations.v4.basic_api.create_default(
        "tickets", ref, "companies", company
    )
    subscribed.act("archive_ticket", id=ref)
    subscribed.act("restore_ticket", id=ref)
    receiver = Receiver()
    subscribed.emulator.webhooks.drain(receiver)
    assert [event["subscriptionType"] for event in receiver.events] == [
        "ticket.creation",
        "ticket.creation",
        "ticket.propertyChange",
        "ticket.associationChange",
        "ticket.deletion",
        "ticket.restore",
    ]
    change = receiver.events[2]
    assert change["objectId"] == int(ref)
    assert (change["propertyName"], change["propertyValue"]) == ("ubm_approval", "approve")
    assert change["changeSource"] == "CRM_UI"
    link = receiver.events[3]
    assert link["associationType"] == "TICKET_TO_COMPANY"
    assert (link["fromObjectId"], link["toObjectId"]) == (int(ref), int(company))


def test_a_merge_tells_which_ids_are_gone(subscribed: Bench) -> None:
    ids = subscribed.upsert("k1", "k2")
    subscribed.act("merge_tickets", primary=ids["k1"], other=ids["k2"])
    receiver = Receiver()
    subscribed.emulator.webhooks.drain(receiver)
    merge = next(one for one in receiver.events if one["subscriptionType"] == "ticket.merge")
    assert merge["primaryObjectId"] == merge["newObjectId"] == int(ids["k1"])
    assert merge["mergedObjectIds"] == [int(ids["k2"])]


def test_a_delivery_holds_a_hundred_events(subscribed: Bench) -> None:
    for start in range(0, 250, 50):
        subscribed.upsert(*[f"k{number}" for number in range(start, start + 50)])
    receiver = Receiver()
    assert subscribed.emulator.webhooks.drain(receiver) == 3
    assert [len(orjson.loads(body)) for _, _, body in receiver.requests] == [100, 100, 50]


def test_a_failed_delivery_is_tried_ten_times_more(subscribed: Bench) -> None:
    subscribed.upsert("k1")
    receiver = Receiver(status=500)
    hooks = subscribed.emulator.webhooks
    for _ in range(15):
        hooks.drain(receiver)
        subscribed.advance(3600)
    attempts = [event["attemptNumber"] for event in receiver.events]
    assert attempts == list(range(11))
    assert (hooks.given_up, hooks.waiting()) == (1, 0)


def test_a_delivery_waits_before_it_is_tried_again(subscribed: Bench) -> None:
    subscribed.upsert("k1")
    hooks = subscribed.emulator.webhooks
    assert hooks.drain(Receiver(status=503)) == 1
    assert hooks.drain(Receiver()) == 0
    subscribed.advance(3600)
    assert hooks.drain(Receiver()) == 1
    assert hooks.waiting() == 0


def test_deliveries_may_be_doubled_lost_or_stale(subscribed: Bench) -> None:
    hooks = subscribed.emulator.webhooks
    hooks.behave(doubled=1.0, stale=1.0)
    subscribed.upsert("k1")
    receiver = Receiver()
    assert hooks.drain(receiver) == 2
    assert receiver.events[0] == receiver.events[1]
    now = int(subscribed.clock.now().timestamp() * 1000)
    sent = int(receiver.requests[0][1]["X-HubSpot-Request-Timestamp"])
    assert now - sent > 300_000
    hooks.behave(doubled=0.0, lost=1.0)
    subscribed.upsert("k2")
    assert hooks.drain(receiver) == 0


@pytest.mark.parametrize(
    "subscription",
    [
        {"type": "ticket.propertyChange"},
        {"type": "ticket.propertyChange", "property": "hs_lastmodifieddate"},
        {"type": "ticket.creation", "property": "subject"},
    ],
)
def test_what_the_vendor_does_not_offer_is_refused(
    bench: Bench, subscription: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="offers no subscription"):
        bench.act("subscribe", url=URL, subscriptions=[subscription])


def test_without_subscriptions_nothing_is_kept(bench: Bench) -> None:
    bench.upsert("k1")
    assert not bench.emulator.portal.events
    assert bench.emulator.webhooks.drain(Receiver()) == 0


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes], threading.Event]]:
    bodies: list[bytes] = []
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", bodies, arrived
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_thread_delivers_over_http(
    bench: Bench, listener: tuple[str, list[bytes], threading.Event]
) -> None:
    url, bodies, arrived = listener
    hooks = bench.emulator.webhooks
    hooks.behave(doubled=0.0)
    bench.act("subscribe", url=url, subscriptions=EVERYTHING)
    thread = hooks.start(bench.emulator.lock, every=0.01)
    bench.upsert("k1")
    assert arrived.wait(timeout=5)
    hooks.stop()
    thread.join(timeout=5)
    assert orjson.loads(bodies[0])[0]["subscriptionType"] == "ticket.creation"


def test_a_listener_that_is_gone_is_tried_again_later(bench: Bench) -> None:
    bench.act("subscribe", url="http://127.0.0.1:9/hook", subscriptions=EVERYTHING)
    bench.emulator.webhooks.behave(doubled=0.0)
    bench.upsert("k1")
    assert bench.emulator.webhooks.drain() == 1
    assert bench.emulator.webhooks.waiting() == 1

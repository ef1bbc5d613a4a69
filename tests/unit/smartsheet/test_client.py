from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from ubm_smartsheet import connect
from ubm_smartsheet.client import Client
from ubm_smartsheet.settings import Settings
from ubm_sync.clock import VirtualClock
from ubm_sync.errors import NoAccess, NotThere, Refused, Temporary, Throttled, UnknownOutcome
from ubm_sync.model import Place
from ubm_sync.ports import Connection, Lane

BASE = "https://sheets.example/2.0"
TOKEN = "secret-token-1234567890"
BUSY = {"errorCode": 4003, "message": "Rate limit exceeded.", "refId": "x"}


class Budget:
    def __init__(self) -> None:
        self.reserved: list[tuple[str, int, Lane]] = []
        self.penalties: list[float] = []

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        self.reserved.append((key, cost, lane))
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        del key
        self.penalties.append(seconds)


def connection(**environment: str) -> Connection:
    return Connection(
        (Place("row", "location", "smartsheet", "", ()),),
        (),
        {},
        {"SMARTSHEET_ACCESS_TOKEN": TOKEN, "SMARTSHEET_BASE_URL": BASE + "/"} | environment,
        VirtualClock(datetime(2026, 11, 21, tzinfo=UTC)),
        Budget(),
        stop=threading.Event(),
    )


@pytest.fixture
def client() -> Client:
    return Client(connection(), Settings())


def test_no_token_is_said_at_once() -> None:
    with pytest.raises(NoAccess, match="SMARTSHEET_ACCESS_TOKEN"):
        connect(connection(SMARTSHEET_ACCESS_TOKEN=" "))


@responses.activate
def test_requests_carry_what_the_official_client_puts_on_them(client: Client) -> None:
    responses.get(f"{BASE}/sheets", json={"data": []})

    assert client.get("list", "/sheets", {"include": "sheetVersion"}) == {"data": []}

    (call,) = responses.calls
    assert call.request.url == f"{BASE}/sheets?include=sheetVersion"
    assert call.request.headers["User-Agent"].startswith("SmartsheetPythonSDK/")
    assert call.request.headers["User-Agent"].endswith("/ubm-sync")
    assert call.request.headers["Authorization"] == "[redacted]"  # by now


@responses.activate
def test_the_token_goes_out_with_every_attempt(client: Client) -> None:
    seen: list[str | None] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        seen.append(request.headers["Authorization"])
        return (500 if len(seen) == 1 else 200), {}, '{"version": 1}'

    responses.add_callback(responses.GET, f"{BASE}/sheets/1/version", callback=answer)

    answered = client.get("version", "/sheets/1/version")

    assert answered.sends == 2
    assert seen == [f"Bearer {TOKEN}"] * 2


@responses.activate
def test_writes_name_their_change_agent_and_keep_nulls(client: Client) -> None:
    responses.put(f"{BASE}/sheets/1/rows", json={"result": []})
    body = [{"id": 1, "cells": [{"columnId": 2, "value": "", "hyperlink": None}]}]

    client.put("write", "/sheets/1/rows", body, {"allowPartialSuccess": "true"})

    request = responses.calls[0].request
    assert request.headers["Smartsheet-Change-Agent"] == "ubm-sync"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body or b"") == body


def test_the_vendors_address_is_used_where_none_is_given() -> None:
    client = Client(connection(SMARTSHEET_BASE_URL=""), Settings())
    with responses.RequestsMock() as mock:
        mock.get("https://api.smartsheet.com/2.0/sheets", json={})
        client.get("list", "/sheets")


@responses.activate
def test_a_post_is_sent_once_when_its_answer_is_lost(client: Client) -> None:
    responses.post(f"{BASE}/sheets/1/rows", body=requests.ConnectionError("dropped"))

    with pytest.raises(UnknownOutcome):
        client.post("add", "/sheets/1/rows", [])

    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("status", [500, 502])
def test_a_post_is_not_repeated_after_an_unsure_answer(client: Client, status: int) -> None:
    responses.post(f"{BASE}/sheets/1/rows", status=status, json={"errorCode": 4002})

    with pytest.raises(UnknownOutcome):
        client.post("add", "/sheets/1/rows", [])

    assert len(responses.calls) == 1


@responses.activate
def test_a_post_refused_for_its_rate_is_sent_again(client: Client) -> None:
    responses.post(f"{BASE}/sheets/1/rows", status=429, json=BUSY)
    responses.post(f"{BASE}/sheets/1/rows", json={"result": []})

    client.post("add", "/sheets/1/rows", [])

    assert len(responses.calls) == 2


@responses.activate
def test_a_put_is_repeated_until_patience_ends(client: Client) -> None:
    responses.put(f"{BASE}/sheets/1/rows", body=requests.ReadTimeout("slow"))

    with pytest.raises(Temporary):
        client.put("write", "/sheets/1/rows", [])

    assert len(responses.calls) == 5


@responses.activate
def test_rate_limits_become_pauses_for_the_whole_token() -> None:
    one = connection()
    client = Client(one, Settings(rate_limit_wait=300))
    responses.get(f"{BASE}/sheets", status=429, json=BUSY)

    with pytest.raises(Throttled) as caught:
        client.get("list", "/sheets")

    assert caught.value.wait == 300
    budget = one.budget
    assert isinstance(budget, Budget)
    assert budget.penalties == [300]
    assert {key for key, _, _ in budget.reserved} == {client.budget}
    assert TOKEN not in client.budget


@responses.activate
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(401, 1002, NoAccess), (404, 1006, NotThere), (400, 1008, Refused)],
)
def test_refusals_are_not_repeated(
    client: Client, status: int, code: int, kind: type[Refused]
) -> None:
    responses.get(f"{BASE}/sheets/1", status=status, json={"errorCode": code, "message": "no"})

    with pytest.raises(kind) as caught:
        client.get("read", "/sheets/1")

    assert len(responses.calls) == 1
    assert caught.value.code == str(code)


@responses.activate
def test_an_answer_that_looks_whole_and_is_not_is_a_passing_failure(client: Client) -> None:
    responses.get(f"{BASE}/sheets", body=b'{"data": nothing}')
    responses.post(f"{BASE}/sheets", body=b'{"data": nothing}')

    with pytest.raises(Temporary):
        client.get("list", "/sheets")
    with pytest.raises(UnknownOutcome):
        client.post("create", "/sheets", {})


@responses.activate
def test_timeouts_are_long_for_writes_and_shorter_for_reads(client: Client) -> None:
    responses.get(f"{BASE}/sheets", json={})
    responses.put(f"{BASE}/sheets", json={})
    client.get("list", "/sheets")
    client.put("write", "/sheets", {})

    timeouts: list[Any] = [call.request.req_kwargs["timeout"] for call in responses.calls]  # type: ignore[attr-defined]
    assert timeouts == [(5.0, 60.0), (5.0, 400.0)]


@responses.activate
def test_nothing_that_is_logged_holds_the_token(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    responses.get(f"{BASE}/sheets", status=400, json={"errorCode": 1008, "message": "no"})

    with pytest.raises(Refused):
        client.get("list", "/sheets")

    assert TOKEN not in caplog.text
    assert TOKEN not in repr(client)


@responses.activate
def test_a_request_that_died_keeps_no_token(client: Client) -> None:
    died = requests.ConnectionError("dropped")
    died.request = requests.Request("GET", BASE, headers={"Authorization": TOKEN}).prepare()
    responses.get(f"{BASE}/sheets", body=died)

    with pytest.raises(Temporary):
        client.get("list", "/sheets")

    assert died.request.headers["Authorization"] == "[redacted]"

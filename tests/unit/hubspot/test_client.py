"""The official client sends through our one session, where ``responses`` sees it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import requests
import responses

from ubm_hubspot import connect
from ubm_hubspot.client import Client, dated
from ubm_hubspot.settings import Settings
from ubm_sync.clock import VirtualClock
from ubm_sync.errors import ConfigError, NoAccess, Refused, Temporary, Throttled, UnknownOutcome
from ubm_sync.ports import Connection, Lane

TOKEN = "pat-na1-secret-of-this-test"
TICKETS = "https://api.hubapi.com/crm/v3/objects/tickets"
SEARCH = f"{TICKETS}/search"
NOTES = "https://api.hubapi.com/crm/v3/objects/notes/batch/create"
FOUND = {"total": 0, "results": []}


class Budget:
    def __init__(self) -> None:
        self.keys: list[str] = []
        self.waits: list[float] = []

    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        del cost, lane
        self.keys.append(key)
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        del key
        self.waits.append(seconds)


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def connection(budget: Budget, token: str = TOKEN, url: str = "", **settings: Any) -> Connection:
    environment = {"HUBSPOT_ACCESS_TOKEN": token, "HUBSPOT_BASE_URL": url}
    clock = VirtualClock(datetime(2026, 11, 23, tzinfo=UTC))
    return Connection((), (), settings, environment, clock, budget)


def client(budget: Budget, **given: Any) -> Client:
    made = connection(budget, **given)
    return Client(made, Settings.model_validate(made.settings))


def search(one: Client, **options: Any) -> Any:
    operation = one.crm.tickets.search_api.do_search
    return one.call("search", operation, body={"limit": 1}, search=True, **options)


def create_note(one: Client) -> Any:
    operation = one.crm.objects.notes.batch_api.create
    return one.call("create notes", operation, body={"inputs": []}, safe=False)


def test_the_client_makes_the_request(http: responses.RequestsMock, budget: Budget) -> None:
    http.post(SEARCH, json=FOUND)

    assert search(client(budget)) == FOUND
    request = http.calls[0].request
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == b'{"limit":1}'


def test_search_has_a_budget_of_its_own(http: responses.RequestsMock, budget: Budget) -> None:
    http.post(SEARCH, json=FOUND)
    http.get(f"{TICKETS}/7", json={"id": "7"})
    one = client(budget)

    search(one)
    read = one.crm.tickets.basic_api.get_by_id
    one.call("read", read, "7", properties=["a", "b"], archived=True)

    first, second = budget.keys
    assert first.startswith("hubspot-search:")
    assert second.startswith("hubspot:")
    assert first.rpartition(":")[2] == second.rpartition(":")[2]
    assert len(second) == len("hubspot:") + 8
    assert str(http.calls[1].request.url).endswith("/7?properties=a&properties=b&archived=true")


def test_the_paths_of_a_date_version_are_used_where_set(
    http: responses.RequestsMock, budget: Budget
) -> None:
    http.post("https://api.hubapi.com/crm/objects/2026-03/tickets/search", json=FOUND)
    http.get("https://api.hubapi.com/crm/owners/2026-03", json={"results": []})
    one = client(budget, api_version="2026-03")

    assert search(one) == FOUND
    assert one.call("owners", one.crm.owners.owners_api.get_page) == {"results": []}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/crm/v3/objects/tickets/batch/upsert", "/crm/objects/V/tickets/batch/upsert"),
        ("/crm/v4/objects/{a}/{b}/associations/{c}", "/crm/objects/V/{a}/{b}/associations/{c}"),
        ("/crm/v4/associations/{a}/{b}/batch/create", "/crm/associations/V/{a}/{b}/batch/create"),
        ("/crm/v3/owners/", "/crm/owners/V"),
        ("/crm/v3/pipelines/{objectType}", "/crm/pipelines/V/{objectType}"),
        ("/crm/v3/properties/{objectType}/groups", "/crm/properties/V/{objectType}/groups"),
    ],
)
def test_a_path_has_a_dated_form(path: str, expected: str) -> None:
    assert dated(path, "V") == expected


def test_another_address_may_be_set(http: responses.RequestsMock, budget: Budget) -> None:
    http.post("http://localhost:8123/crm/v3/objects/tickets/search", json=FOUND)

    assert search(client(budget, url="http://localhost:8123/")) == FOUND


def test_a_lost_answer_is_asked_for_again_where_that_is_safe(
    http: responses.RequestsMock, budget: Budget
) -> None:
    http.post(SEARCH, body=requests.ConnectionError("gone"))
    http.post(SEARCH, status=502, body="<html>")
    http.post(SEARCH, status=202)
    http.post(SEARCH, json=FOUND)

    assert search(client(budget)) == FOUND


@pytest.mark.parametrize(
    "answer",
    [
        {"body": requests.ConnectionError("gone")},
        {"status": 502, "body": "<html>"},
        {"status": 202},
        {"status": 201, "body": b'{"results": [}'},
    ],
)
def test_a_note_whose_answer_was_lost_is_not_sent_twice(
    http: responses.RequestsMock, budget: Budget, answer: dict[str, Any]
) -> None:
    http.post(NOTES, **answer)

    with pytest.raises(UnknownOutcome):
        create_note(client(budget))
    assert len(http.calls) == 1


def test_a_cut_answer_is_temporary_where_repeating_is_safe(
    http: responses.RequestsMock, budget: Budget
) -> None:
    http.post(SEARCH, body=b'{"results": [}')

    with pytest.raises(Temporary, match="ended before its end"):
        search(client(budget))


def test_a_pause_is_kept_and_the_call_repeated(
    http: responses.RequestsMock, budget: Budget
) -> None:
    http.post(SEARCH, status=429, json={"policyName": "SECONDLY", "message": "m"})
    http.post(SEARCH, json=FOUND)

    assert search(client(budget)) == FOUND
    assert budget.waits == [1.0]


def test_the_daily_limit_is_left_to_a_later_cycle(
    http: responses.RequestsMock, budget: Budget
) -> None:
    http.post(SEARCH, status=429, json={"policyName": "DAILY", "message": "m"})

    with pytest.raises(Throttled):
        search(client(budget))
    assert budget.waits == [120.0]


def test_a_redirect_is_not_followed(http: responses.RequestsMock, budget: Budget) -> None:
    http.post(SEARCH, status=301, headers={"Location": "https://elsewhere"}, json={"message": "m"})

    with pytest.raises(Refused, match="check HUBSPOT_BASE_URL"):
        search(client(budget))


def test_the_token_is_never_shown(
    http: responses.RequestsMock, budget: Budget, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http.post(SEARCH, status=401, json={"message": f"token {TOKEN} is not valid"})
    one = client(budget)

    with pytest.raises(NoAccess) as caught:
        search(one)
    assert TOKEN not in f"{caught.value} {one!r} {caplog.text} {budget.keys}"
    assert "HUBSPOT_ACCESS_TOKEN" in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ключ"])
def test_an_unusable_token_is_refused_before_anything_is_sent(budget: Budget, token: str) -> None:
    with pytest.raises(NoAccess, match="HUBSPOT_ACCESS_TOKEN") as caught:
        search(client(budget, token=token))
    assert not token or token not in str(caught.value)


def test_spaces_around_the_token_are_forgiven(http: responses.RequestsMock, budget: Budget) -> None:
    http.post(SEARCH, json=FOUND)

    search(client(budget, token=f" {TOKEN}\n"))

    assert http.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_every_verb_of_the_client_goes_through_the_session(
    http: responses.RequestsMock, budget: Budget
) -> None:
    base = "https://api.hubapi.com/crm/v3/properties/tickets"
    http.patch(f"{base}/a", json={"name": "a"})
    http.delete(f"{base}/a", status=204)
    http.put("https://api.hubapi.com/crm/v3/pipelines/tickets/1", json={"id": "1"})
    one = client(budget)
    properties, pipelines = one.crm.properties.core_api, one.crm.pipelines.pipelines_api

    assert one.call("change", properties.update, "tickets", "a", body={"label": "A"}) == {
        "name": "a"
    }
    assert one.call("drop", properties.archive, "tickets", "a") == {}
    assert one.call("put", pipelines.replace, "tickets", "1", body={"label": "P"})["id"] == "1"


def test_models_are_accepted_as_bodies_too(http: responses.RequestsMock, budget: Budget) -> None:
    http.post(SEARCH, json=FOUND)
    one = client(budget)

    one.crm.tickets.search_api.do_search({"limit": 2}, _preload_content=False)

    assert orjson.loads(http.calls[0].request.body or b"") == {"limit": 2}


def test_an_unknown_setting_is_named(budget: Budget) -> None:
    with pytest.raises(ConfigError, match=r"systems\.hubspot\.concurency"):
        connect(connection(budget, concurency=3))


def test_an_address_without_a_scheme_is_told(budget: Budget) -> None:
    with pytest.raises(ConfigError, match="HUBSPOT_BASE_URL must begin with https://"):
        connect(connection(budget, url="localhost:8123"))


def test_connecting_sends_nothing_and_shows_no_token(budget: Budget) -> None:
    one = connect(connection(budget))

    assert TOKEN not in repr(one)
    assert one.name == "hubspot"
    one.close()


def test_every_setting_is_explained() -> None:
    assert all(field.description for field in Settings.model_fields.values())

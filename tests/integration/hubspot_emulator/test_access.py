"""Tokens, scopes, rate limits, sizes, and the paths of every version."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from hubspot import HubSpot
from hubspot.crm.tickets.exceptions import ApiException
from tests.integration.hubspot_emulator.support import Bench, modified_since
from urllib3 import Retry

from ubm_hubspot.emulator import TOKEN
from ubm_sync.emulation.messages import Request

Make = Callable[..., Bench]
TICKETS = "/crm/v3/objects/tickets"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer other"}, {"authorization": ""}])
def test_a_wrong_token_is_refused(bench: Bench, headers: dict[str, str]) -> None:
    answer = bench.emulator.handle(Request("GET", TICKETS, headers=headers))
    assert answer.status == 401
    assert orjson.loads(answer.body)["category"] == "INVALID_AUTHENTICATION"


def test_a_revoked_token_works_again_when_restored(bench: Bench) -> None:
    bench.act("revoke_token")
    assert bench.call("GET", TICKETS)[0] == 401
    bench.act("restore_token")
    assert bench.call("GET", TICKETS)[0] == 200


def test_a_missing_scope_is_named(make_bench: Make) -> None:
    bench = make_bench(missing_scopes=("tickets",))
    status, body, _ = bench.call("GET", TICKETS)
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"] == {"requiredGranularScopes": ["tickets"]}


def test_the_ten_secondly_limit_is_told_in_headers_and_body(make_bench: Make) -> None:
    bench = make_bench(per_ten_seconds=3, daily=100)
    answers = [bench.call("GET", TICKETS) for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    left = [headers["X-HubSpot-RateLimit-Remaining"] for _, _, headers in answers]
    assert left == ["2", "1", "0", "0"]
    _, body, headers = answers[-1]
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["errorType"] == "RATE_LIMIT"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert "category" not in body
    assert "Retry-After" not in headers
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    bench.advance(10)
    assert bench.call("GET", TICKETS)[0] == 200


def test_a_429_may_carry_retry_after(make_bench: Make) -> None:
    bench = make_bench(per_ten_seconds=1, retry_after=True)
    bench.call("GET", TICKETS)
    assert bench.call("GET", TICKETS)[2]["Retry-After"] == "10"


def test_searches_have_a_limit_of_their_own_and_no_headers(make_bench: Make) -> None:
    bench = make_bench(search_per_second=5, per_ten_seconds=2)
    body = modified_since(0)
    answers = [bench.call("POST", f"{TICKETS}/search", body) for _ in range(6)]
    assert [status for status, _, _ in answers] == [200] * 5 + [429]
    assert all(not headers for _, _, headers in answers)
    assert answers[-1][1]["message"] == "You have reached your secondly limit."
    assert answers[-1][1]["category"] == "RATE_LIMITS"
    assert bench.call("GET", TICKETS)[0] == 200, "the ten-secondly limit is untouched"
    bench.advance(1)
    assert bench.call("POST", f"{TICKETS}/search", body)[0] == 200


def test_the_daily_limit_ends_at_midnight_of_the_account(make_bench: Make) -> None:
    bench = make_bench(daily=2, account_time_zone="America/New_York")
    assert [bench.call("GET", TICKETS)[0] for _ in range(2)] == [200, 200]
    status, body, headers = bench.call("GET", TICKETS)
    assert (status, body["policyName"]) == (429, "DAILY")
    assert headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    bench.advance(12 * 3600)  # midnight in UTC, not there
    assert bench.call("GET", TICKETS)[0] == 429
    bench.advance(5 * 3600)
    assert bench.call("GET", TICKETS)[0] == 200


def test_long_addresses_and_bodies_are_refused(make_bench: Make) -> None:
    bench = make_bench(uri_limit=200, body_limit=500)
    assert bench.call("GET", TICKETS, query="properties=" + "x" * 200)[0] == 414
    assert bench.call("POST", TICKETS, {"properties": {"subject": "x" * 500}})[0] == 413


def test_a_portal_being_migrated_says_how_long(make_bench: Make) -> None:
    bench = make_bench(migrating=3600)
    status, _, headers = bench.call("GET", TICKETS)
    assert (status, headers["Retry-After"]) == (477, "3600")


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        ("/crm/v3/objects/tickets", "/crm/objects/{v}/tickets"),
        ("/crm/v3/objects/tickets/{id}", "/crm/objects/{v}/tickets/{id}"),
        ("/crm/v3/objects/0-5/{id}", "/crm/objects/{v}/0-5/{id}"),
        ("/crm/v3/owners/", "/crm/owners/{v}"),
        ("/crm/v3/owners", "/crm/owners/{v}/"),
        ("/crm/v3/pipelines/tickets", "/crm/pipelines/{v}/tickets"),
        ("/crm/v3/properties/tickets", "/crm/properties/{v}/tickets"),
        (
            "/crm/v4/objects/tickets/{id}/associations/companies",
            "/crm/objects/{v}/tickets/{id}/associations/companies",
        ),
        (
            "/crm/v4/associations/tickets/companies/labels",
            "/crm/associations/{v}/tickets/companies/labels",
        ),
    ],
)
@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_a_date_version_shows_the_same_store(
    bench: Bench, path: str, twin: str, version: str
) -> None:
    ref = bench.upsert("k1")["k1"]
    old = bench.call("GET", path.replace("{id}", ref))
    new = bench.call("GET", twin.replace("{id}", ref).replace("{v}", version))
    assert old[0] == new[0] == 200
    assert old[1] == new[1]


def test_writes_through_a_date_version_reach_the_same_store(bench: Bench) -> None:
    one = {"id": "k1", "idProperty": "ubm_sync_id", "properties": {"subject": "One"}}
    path = "/crm/objects/2026-03/tickets/batch/upsert"
    status, body, _ = bench.call("POST", path, {"inputs": [one]})
    assert (status, body["results"][0]["new"]) == (200, True)
    assert bench.call("GET", f"{TICKETS}/{body['results'][0]['id']}")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/crm/v3/nothing", 404),
        ("GET", "/crm/objects/2031-03/tickets", 404),
        ("GET", "/", 404),
        ("GET", "/crm/v3/objects/rockets", 400),
        ("PUT", "/crm/v3/objects/tickets/1", 405),
        ("GET", "/crm/v3/objects/tickets/abc", 404),
        ("POST", "/crm/v3/objects/tickets/batch/destroy", 404),
        ("POST", "/crm/v3/owners/", 404),
    ],
)
def test_other_paths_are_not_served(bench: Bench, method: str, path: str, status: int) -> None:
    assert bench.call(method, path)[0] == status


def test_calls_are_counted_without_ids(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    bench.call("GET", f"{TICKETS}/{ref}")
    assert bench.emulator.counts["GET /crm/v3/objects/tickets/{id}"] == 1


def test_the_client_works_without_any_factory(bench: Bench) -> None:
    client = HubSpot(access_token=TOKEN, host=bench.url, base_url=bench.url, retry=Retry(False))
    api = client.crm.tickets.basic_api
    with pytest.raises(ApiException) as caught:
        api.get_by_id("77")
    assert caught.value.status == 404
    api.api_client.rest_client.pool_manager.clear()


def test_the_clients_free_form_request_works_too(bench: Bench) -> None:
    answer = bench.client.api_request({"path": "/crm/v3/owners/"})
    assert answer.json() == {"results": []}
    answer.close()

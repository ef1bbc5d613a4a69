"""Faults by seed, in the vendor's words."""

from __future__ import annotations

import pytest
from hubspot.crm.tickets.exceptions import ApiException
from tests.integration.hubspot_emulator.support import Bench, modified_since
from urllib3.exceptions import HTTPError

from ubm_sync.emulation.faults import Fault, Faults, Rule

UPSERT = "/crm/v3/objects/tickets/batch/upsert"


def strike(bench: Bench, fault: Fault, path: str = "", times: int | None = 1) -> None:
    bench.emulator.faults = Faults(seed=3, rules=[Rule(fault, path=path, times=times)])


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.THROTTLE, 429), (Fault.ERROR, 503), (Fault.HTML, 502)],
)
def test_an_error_comes_before_any_effect(bench: Bench, fault: Fault, status: int) -> None:
    strike(bench, fault, UPSERT)
    with pytest.raises(ApiException) as caught:
        bench.upsert("k1")
    assert caught.value.status == status
    assert bench.act("find_tickets", where={}) == []
    assert bench.upsert("k1")


def test_a_garbled_error_is_not_utf8(bench: Bench) -> None:
    strike(bench, Fault.GARBLED)
    with pytest.raises(UnicodeDecodeError):
        bench.client.crm.tickets.basic_api.get_page()


@pytest.mark.parametrize(("fault", "landed"), [(Fault.RESET, 0), (Fault.DROP, 1)])
def test_a_lost_connection_may_hide_an_effect(bench: Bench, fault: Fault, landed: int) -> None:
    strike(bench, fault, UPSERT)
    with pytest.raises(HTTPError):
        bench.upsert("k1")
    assert len(bench.act("find_tickets", where={})) == landed
    bench.upsert("k1")
    assert len(bench.act("find_tickets", where={})) == 1, "an upsert can be repeated"


def test_a_truncated_answer_breaks_the_connection(bench: Bench) -> None:
    strike(bench, Fault.TRUNCATE)
    with pytest.raises(HTTPError):
        bench.client.crm.tickets.basic_api.get_page()


def test_an_unexpected_success_makes_the_client_answer_nothing(bench: Bench) -> None:
    strike(bench, Fault.ODD_SUCCESS, UPSERT)
    one = {"id": "k1", "idProperty": "ubm_sync_id", "properties": {"subject": "x"}}
    assert bench.client.crm.tickets.batch_api.upsert({"inputs": [one]}) is None
    assert len(bench.act("find_tickets", where={})) == 1


def test_part_of_a_batch_fails_for_no_reason_of_its_own(bench: Bench) -> None:
    keys = [f"k{number}" for number in range(10)]
    strike(bench, Fault.PARTIAL, UPSERT)
    written = set(bench.upsert(*keys))
    assert 0 < len(written) < 10
    assert written | set(bench.upsert(*keys)) == set(keys)


@pytest.mark.parametrize("action", ["read", "create", "update"])
def test_the_failed_part_is_named(bench: Bench, action: str) -> None:
    ids = list(bench.upsert("k1", "k2").values())
    strike(bench, Fault.PARTIAL)
    inputs = [{"id": ref, "objectWriteTraceId": ref, "properties": {"subject": "x"}} for ref in ids]
    path = f"/crm/v3/objects/tickets/batch/{action}"
    status, body, _ = bench.call("POST", path, {"inputs": inputs})
    assert status == 207
    assert {error["category"] for error in body["errors"]} == {"INTERNAL_ERROR"}
    named = [ref for error in body["errors"] for refs in error["context"].values() for ref in refs]
    assert len(named) + len(body["results"]) == 2
    assert set(named) <= set(ids)


def test_a_short_listing_leaves_records_out(bench: Bench) -> None:
    bench.upsert(*[f"k{number}" for number in range(10)])
    strike(bench, Fault.SHORT, times=2)
    assert len(bench.client.crm.tickets.basic_api.get_page().results) < 10
    answer = bench.search(**modified_since(0))
    assert answer.total == 10
    assert len(answer.results) < 10


def test_a_throttled_search_says_so_in_its_own_words(bench: Bench) -> None:
    strike(bench, Fault.THROTTLE)
    with pytest.raises(ApiException) as caught:
        bench.search(**modified_since(0))
    assert "secondly limit" in caught.value.body
    assert "X-HubSpot-RateLimit-Max" not in caught.value.headers

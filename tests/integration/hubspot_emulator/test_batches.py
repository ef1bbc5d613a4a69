"""Batches of tickets through the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hubspot.crm.tickets.exceptions import ApiException
from hubspot.crm.tickets.models import (
    BatchResponseSimplePublicObject,
    BatchResponseSimplePublicObjectWithErrors,
    BatchResponseSimplePublicUpsertObject,
    BatchResponseSimplePublicUpsertObjectWithErrors,
)
from tests.integration.hubspot_emulator.support import Bench

Make = Callable[..., Bench]


def upsert_input(key: str, *, traced: bool = True, **properties: str) -> dict[str, Any]:
    trace = {"objectWriteTraceId": f"trace-{key}"} if traced else {}
    given = {"subject": f"Ticket {key}", **properties}
    return {"id": key, "idProperty": "ubm_sync_id", "properties": given, **trace}


def test_an_upsert_creates_then_updates_the_same_records(bench: Bench) -> None:
    upsert = bench.client.crm.tickets.batch_api.upsert
    first = upsert({"inputs": [upsert_input("k1"), upsert_input("k2")]})
    again = upsert({"inputs": [upsert_input("k2"), upsert_input("k3")]})
    assert isinstance(first, BatchResponseSimplePublicUpsertObject)
    assert [one.new for one in first.results] == [True, True]
    assert {one.properties["ubm_sync_id"]: one.new for one in again.results} == {
        "k2": False,
        "k3": True,
    }
    assert {one.object_write_trace_id for one in again.results} == {"trace-k2", "trace-k3"}


def test_results_come_in_another_order_than_inputs(bench: Bench) -> None:
    keys = [f"k{number:02}" for number in range(100)]
    answer = bench.client.crm.tickets.batch_api.upsert(
        {"inputs": [upsert_input(key) for key in keys]}
    )
    answered = [one.properties["ubm_sync_id"] for one in answer.results]
    assert answered != keys
    assert sorted(answered) == keys


def test_with_trace_ids_the_valid_records_are_written(bench: Bench) -> None:
    answer = bench.client.crm.tickets.batch_api.upsert(
        {"inputs": [upsert_input("k1"), upsert_input("k2", missing="x"), upsert_input("k3")]}
    )
    assert isinstance(answer, BatchResponseSimplePublicUpsertObjectWithErrors)
    assert answer.num_errors == 1
    assert {one.properties["ubm_sync_id"] for one in answer.results} == {"k1", "k3"}
    error = answer.errors[0]
    assert error.context == {"objectWriteTraceId": ["trace-k2"]}
    detail = orjson.loads(error.message.removeprefix("Property values were not valid: "))
    assert detail[0]["error"] == "PROPERTY_DOESNT_EXIST"
    assert detail[0]["name"] == "missing"


@pytest.mark.parametrize("traces", [[None, None], ["same", "same"], ["one", None]])
def test_without_distinct_trace_ids_nothing_is_written(
    bench: Bench, traces: list[str | None]
) -> None:
    inputs = [
        upsert_input(key, traced=False, **more) | ({"objectWriteTraceId": trace} if trace else {})
        for key, more, trace in zip(("k1", "k2"), ({}, {"missing": "x"}), traces, strict=True)
    ]
    with pytest.raises(ApiException) as caught:
        bench.client.crm.tickets.batch_api.upsert({"inputs": inputs})
    assert caught.value.status == 400
    assert bench.client.crm.tickets.basic_api.get_page().results == []


def test_a_doubled_id_fails_the_whole_upsert(bench: Bench) -> None:
    with pytest.raises(ApiException) as caught:
        bench.client.crm.tickets.batch_api.upsert(
            {"inputs": [upsert_input("k1"), upsert_input("k1")]}
        )
    body = orjson.loads(caught.value.body)
    assert body["message"] == "Duplicate IDs found in batch input: [k1]. IDs must be unique"
    assert body["context"] == {"ids": ["k1"]}


def test_an_upsert_needs_a_unique_property(bench: Bench) -> None:
    one = upsert_input("k1") | {"idProperty": "subject"}
    with pytest.raises(ApiException) as caught:
        bench.client.crm.tickets.batch_api.upsert({"inputs": [one]})
    message = orjson.loads(caught.value.body)["message"]
    assert message == "Unable to perform update/upsert by non-unique 0-5 property subject"


@pytest.mark.parametrize("action", ["create", "read", "update", "upsert", "archive"])
def test_a_batch_takes_a_hundred_inputs(bench: Bench, action: str) -> None:
    inputs = [{"id": str(number)} for number in range(101)]
    path = f"/crm/v3/objects/tickets/batch/{action}"
    status, body, _ = bench.call("POST", path, {"inputs": inputs})
    assert status == 400
    assert body["message"] == (
        "The maximum number of inputs supported in a batch is 100. "
        "Please reduce the number of items and try again"
    )


def test_a_batch_read_with_history_takes_fifty_inputs(bench: Bench) -> None:
    ids = [{"id": ref} for ref in bench.upsert(*[f"k{n}" for n in range(51)]).values()]
    read = bench.client.crm.tickets.batch_api.read
    wanted = {"properties": [], "propertiesWithHistory": ["subject"]}
    answer = read({"inputs": ids[:50], **wanted})
    assert len(answer.results) == 50
    assert answer.results[0].properties_with_history["subject"][0].value == "A location"
    with pytest.raises(ApiException) as caught:
        read({"inputs": ids, **wanted})
    assert "property histories is 50" in caught.value.body


def test_missing_ids_of_a_read_are_one_error_beside_the_others(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2")
    bench.client.crm.tickets.basic_api.archive(ids["k2"])
    answer = bench.client.crm.tickets.batch_api.read(
        {"inputs": [{"id": ids["k1"]}, {"id": ids["k2"]}, {"id": "77"}], "properties": ["subject"]}
    )
    assert isinstance(answer, BatchResponseSimplePublicObjectWithErrors)
    assert [one.id for one in answer.results] == [ids["k1"]]
    assert answer.num_errors == 1
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"
    assert answer.errors[0].context == {"ids": [ids["k2"], "77"]}


def test_a_read_by_unique_value_sees_writes_at_once(make_bench: Make) -> None:
    bench = make_bench(search_lag=3600.0)
    bench.furnish()
    ids = bench.upsert("k1")
    answer = bench.client.crm.tickets.batch_api.read(
        {"inputs": [{"id": "k1"}], "idProperty": "ubm_sync_id", "properties": ["ubm_sync_id"]}
    )
    assert isinstance(answer, BatchResponseSimplePublicObject)
    assert [one.id for one in answer.results] == [ids["k1"]]


def test_archived_records_are_read_on_request(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2")
    batch = bench.client.crm.tickets.batch_api
    assert batch.archive({"inputs": [{"id": ids["k1"]}]}) is None
    both = {"inputs": [{"id": ref} for ref in ids.values()], "properties": ["subject"]}
    answer = batch.read(both, archived=True)
    assert [(one.id, one.archived) for one in answer.results] == [(ids["k1"], True)]


def test_a_batch_create_brings_associations(bench: Bench) -> None:
    ticket = bench.upsert("k1")["k1"]
    note = {
        "properties": {"hs_timestamp": "2026-11-20T10:00:00Z", "hs_note_body": "Checked"},
        "associations": [
            {
                "to": {"id": ticket},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}],
            }
        ],
    }
    answer = bench.client.crm.objects.notes.batch_api.create({"inputs": [note]})
    assert answer.status == "COMPLETE"
    assert bench.act("see_ticket", id=ticket)["notes"] == ["Checked"]


@pytest.mark.parametrize("switch", [False, True])
def test_a_missing_id_of_an_update_is_a_switch(make_bench: Make, switch: bool) -> None:
    bench = make_bench(missing_rejects_batch=switch)
    bench.furnish()
    ref = bench.upsert("k1")["k1"]
    inputs = [{"id": one, "properties": {"content": "x"}} for one in (ref, "77")]
    path = "/crm/v3/objects/tickets/batch/update"
    status, body, _ = bench.call("POST", path, {"inputs": inputs})
    assert status == (400 if switch else 207)
    if status == 207:
        assert [one["id"] for one in body["results"]] == [ref]
        assert body["errors"][0]["context"] == {"ids": ["77"]}


def test_two_new_records_of_a_batch_cannot_share_a_unique_value(bench: Bench) -> None:
    inputs = [
        {"properties": {"subject": "One", "ubm_sync_id": "k1"}, "objectWriteTraceId": trace}
        for trace in ("a", "b")
    ]
    answer = bench.client.crm.tickets.batch_api.create({"inputs": inputs})
    assert len(answer.results) == 1
    assert answer.errors[0].context == {"objectWriteTraceId": ["b"]}

"""Which values a ticket takes, and in which words the others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hubspot.crm.tickets.exceptions import ApiException
from tests.integration.hubspot_emulator.support import Bench

from ubm_hubspot.emulator import TOKEN
from ubm_sync.emulation.messages import Request

Make = Callable[..., Bench]


def refused(bench: Bench, properties: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    ref = bench.upsert("k1")["k1"]
    with pytest.raises(ApiException) as caught:
        bench.client.crm.tickets.basic_api.update(ref, {"properties": properties})
    return caught.value.status, orjson.loads(caught.value.body)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nope", "x", "PROPERTY_DOESNT_EXIST"),
        ("createdate", "0", "READ_ONLY_VALUE"),
        ("hs_ticket_priority", "urgent", "INVALID_OPTION"),
        ("hs_ticket_category", "BILLING_ISSUE;OTHER", "INVALID_OPTION"),
        ("hs_pinned_engagement_id", "twelve", "INVALID_LONG"),
        ("closed_date", "yesterday", "INVALID_DATE"),
        ("hubspot_owner_id", "12", "INVALID_OWNER_ID"),
        ("content", "x" * 65_537, "INVALID_LENGTH"),
        ("hs_pipeline_stage", "1", "INVALID_OPTION"),
        ("hs_pipeline", "0", "INVALID_OPTION"),
        ("hs_pipeline", "99", "INVALID_OPTION"),
    ],
)
def test_a_value_that_is_not_accepted_is_named(
    bench: Bench, name: str, value: str, code: str
) -> None:
    status, body = refused(bench, {name: value})
    assert status == 400
    assert body["category"] == "VALIDATION_ERROR"
    assert body["correlationId"]
    assert [one["code"] for one in body["errors"]] == [code]
    details = orjson.loads(body["message"].removeprefix("Property values were not valid: "))
    assert details[0]["error"] == code


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("hs_ticket_category", "BILLING_ISSUE;PRODUCT_ISSUE", "BILLING_ISSUE;PRODUCT_ISSUE"),
        ("hs_ticket_category", ";BILLING_ISSUE", "FEATURE_REQUEST;BILLING_ISSUE"),
        ("closed_date", "1700000000123", "2023-11-14T22:13:20.123Z"),
        ("closed_date", "2026-02-03T04:05:06+01:00", "2026-02-03T03:05:06.000Z"),
        ("ubm_day", "1700006400000", "2023-11-15"),
        ("ubm_day", "2026-02-28", "2026-02-28"),
        ("ubm_yes", "TRUE", "true"),
        ("hs_pinned_engagement_id", 12, "12"),
    ],
)
def test_a_value_is_kept_in_the_vendors_form(
    bench: Bench, name: str, given: object, kept: str
) -> None:
    create = bench.client.crm.properties.core_api.create
    common = {"groupName": "ticketinformation", "label": "x"}
    create("tickets", {"name": "ubm_day", "type": "date", "fieldType": "date", **common})
    create("tickets", {"name": "ubm_yes", "type": "bool", "fieldType": "booleancheckbox", **common})
    ref = bench.upsert("k1", hs_ticket_category="FEATURE_REQUEST")["k1"]
    changed = bench.client.crm.tickets.basic_api.update(ref, {"properties": {name: given}})
    assert changed.properties[name] == kept


def test_a_date_in_the_middle_of_a_day_is_refused(bench: Bench) -> None:
    common = {"groupName": "ticketinformation", "label": "x"}
    bench.client.crm.properties.core_api.create(
        "tickets", {"name": "ubm_day", "type": "date", "fieldType": "date", **common}
    )
    _, body = refused(bench, {"ubm_day": "1700000000123"})
    assert body["errors"][0]["code"] == "INVALID_DATE"


def test_a_ticket_needs_a_subject(bench: Bench) -> None:
    status, body, _ = bench.call("POST", "/crm/v3/objects/tickets", {"properties": {}})
    assert status == 400
    assert body["message"].startswith("Cannot create object with type: TICKET. The following")


@pytest.mark.parametrize(("switch", "status"), [("default", 201), ("reject", 400)])
def test_a_create_without_a_stage_is_a_switch(make_bench: Make, switch: str, status: int) -> None:
    bench = make_bench(create_without_stage=switch)
    given = {"properties": {"subject": "One"}}
    answered, body, _ = bench.call("POST", "/crm/v3/objects/tickets", given)
    assert answered == status
    if status == 201:
        assert body["properties"]["hs_pipeline_stage"] == "1"


@pytest.mark.parametrize(
    ("switch", "status", "category"),
    [("validation", 400, "VALIDATION_ERROR"), ("conflict", 409, "CONFLICT")],
)
def test_a_unique_value_is_taken_once(
    make_bench: Make, switch: str, status: int, category: str
) -> None:
    bench = make_bench(unique_conflict=switch)
    bench.furnish()
    ids = bench.upsert("k1", "k2")
    path = f"/crm/v3/objects/tickets/{ids['k2']}"
    answered, body, _ = bench.call("PATCH", path, {"properties": {"ubm_sync_id": "k1"}})
    assert (answered, body["category"]) == (status, category)
    assert ids["k1"] in body["message"]


@pytest.mark.parametrize("switch", ["error", "ignore"])
@pytest.mark.parametrize(
    ("name", "which"), [("nope", "unknown_property"), ("createdate", "read_only_property")]
)
def test_unknown_and_read_only_properties_are_a_switch(
    make_bench: Make, switch: str, name: str, which: str
) -> None:
    bench = make_bench(**{which: switch})
    bench.furnish()
    ref = bench.upsert("k1")["k1"]
    given = {"properties": {name: "0", "content": "x"}}
    status, body, _ = bench.call("PATCH", f"/crm/v3/objects/tickets/{ref}", given)
    assert status == (400 if switch == "error" else 200)
    if status == 200:
        assert body["properties"]["content"] == "x"


@pytest.mark.parametrize(("switch", "status"), [("reject", 400), ("accept", 200)])
def test_a_person_who_left_is_a_switch(make_bench: Make, switch: str, status: int) -> None:
    bench = make_bench(deactivated_owner=switch)
    bench.furnish()
    owner = bench.act("add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    bench.act("deactivate_owner", email="ann@example.com")
    ref = bench.upsert("k1")["k1"]
    given = {"properties": {"hubspot_owner_id": owner["id"]}}
    assert bench.call("PATCH", f"/crm/v3/objects/tickets/{ref}", given)[0] == status


@pytest.mark.parametrize("urgent", [True, False])
def test_older_portals_have_no_urgent_priority(make_bench: Make, urgent: bool) -> None:
    bench = make_bench(urgent_priority=urgent)
    found = bench.client.crm.properties.core_api.get_by_name("tickets", "hs_ticket_priority")
    assert ("URGENT" in {option.value for option in found.options}) is urgent


@pytest.mark.parametrize("held", [False, True])
def test_an_archived_ticket_may_hold_its_unique_value(make_bench: Make, held: bool) -> None:
    bench = make_bench(archived_holds_unique_value=held)
    bench.furnish()
    ref = bench.upsert("k1")["k1"]
    bench.act("archive_ticket", id=ref)
    again = bench.upsert("k1")
    assert ("k1" not in again) is held
    if not held:
        assert again["k1"] != ref


@pytest.mark.parametrize("path", ["tickets", "tickets/batch/upsert", "tickets/search"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"properties": 3, "filterGroups": 3}'])
def test_a_malformed_body_is_answered_with_400(bench: Bench, path: str, body: bytes) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    request = Request("POST", f"/crm/v3/objects/{path}", "", headers, body)
    assert bench.emulator.handle(request).status == 400

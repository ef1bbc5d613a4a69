"""Behaviours nobody has verified: each setting does what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest
from tests.integration.hubspot_emulator.support import SYNC_ID, Bench

from ubm_hubspot.emulator import Switches, create

Make = Callable[..., Bench]
TICKETS = "/crm/v3/objects/tickets"


def test_an_unknown_switch_is_an_error() -> None:
    with pytest.raises(TypeError):
        create(no_such_switch=True)


def test_every_switch_can_be_set_through_the_control_api(bench: Bench) -> None:
    wanted = {one.name: getattr(Switches(), one.name) for one in fields(Switches)}
    status, body, _ = bench.call("POST", "/_control/switches", wanted)
    assert status == 200
    assert set(body) == set(wanted)
    assert bench.call("POST", "/_control/switches", {"nope": 1})[0] == 400


def test_a_switch_takes_effect_in_a_portal_that_runs(bench: Bench) -> None:
    path = "/crm/v3/properties/tickets/hs_is_closed"
    assert bench.call("GET", path)[0] == 404
    bench.call("POST", "/_control/switches", {"ticket_is_closed": True})
    assert bench.call("GET", path)[0] == 200


@pytest.mark.parametrize("code", ["INVALID_OPTION", "INVALID_PIPELINE_STAGE"])
def test_the_code_for_a_stage_outside_its_pipeline(make_bench: Make, code: str) -> None:
    bench = make_bench(stage_error=code)
    given = {"properties": {"subject": "One", "hs_pipeline_stage": "99"}}
    _, body, _ = bench.call("POST", TICKETS, given)
    assert body["errors"][0]["code"] == code


@pytest.mark.parametrize(("trims", "kept"), [(True, "x"), (False, " x ")])
def test_text_may_be_trimmed(make_bench: Make, trims: bool, kept: str) -> None:
    bench = make_bench(trims_text=trims)
    given = {"properties": {"subject": "One", "content": " x "}}
    assert bench.call("POST", TICKETS, given)[1]["properties"]["content"] == kept


@pytest.mark.parametrize("touches", [True, False])
def test_a_note_may_move_the_tickets_date(make_bench: Make, touches: bool) -> None:
    bench = make_bench(activity_touches_record=touches)
    bench.furnish()
    ref = bench.upsert("k1")["k1"]
    before = bench.act("see_ticket", id=ref)["modified"]
    bench.act("add_note", id=ref, text="Hello")
    assert (bench.act("see_ticket", id=ref)["modified"] != before) is touches


@pytest.mark.parametrize(("unit", "length"), [("ms", 3_600_000), ("s", 3_600)])
def test_the_unit_of_time_to_close(make_bench: Make, unit: str, length: int) -> None:
    bench = make_bench(time_to_close_unit=unit)
    ref = bench.act("create_ticket", properties={"subject": "One"})["id"]
    bench.advance(3600)
    bench.act("move_ticket", id=ref, stage="Closed")
    values = bench.act("see_ticket", id=ref)["properties"]
    assert int(values["time_to_close"]) == pytest.approx(length, abs=9)


def test_closed_dates_may_never_be_set(make_bench: Make) -> None:
    bench = make_bench(closed_date="off")
    ref = bench.act("create_ticket", properties={"subject": "One"})["id"]
    bench.act("move_ticket", id=ref, stage="Closed")
    assert "closed_date" not in bench.act("see_ticket", id=ref)["properties"]


def test_tickets_may_say_whether_they_are_closed(make_bench: Make) -> None:
    bench = make_bench(ticket_is_closed=True)
    ref = bench.act("create_ticket", properties={"subject": "One"})["id"]
    bench.act("move_ticket", id=ref, stage="Closed")
    _, body, _ = bench.call("GET", f"{TICKETS}/{ref}", query="properties=hs_is_closed")
    assert body["properties"]["hs_is_closed"] == "true"


@pytest.mark.parametrize(("writable", "status"), [(True, 201), (False, 400)])
def test_the_creation_key_may_be_writable(make_bench: Make, writable: bool, status: int) -> None:
    bench = make_bench(unique_creation_key_writable=writable)
    given = {"properties": {"subject": "One", "hs_unique_creation_key": "x"}}
    assert bench.call("POST", TICKETS, given)[0] == status


@pytest.mark.parametrize(("there", "status"), [(True, 201), (False, 400)])
def test_a_task_may_have_no_priority(make_bench: Make, there: bool, status: int) -> None:
    bench = make_bench(task_priority_none=there)
    given = {"properties": {"hs_timestamp": "0", "hs_task_priority": "NONE"}}
    assert bench.call("POST", "/crm/v3/objects/tasks", given)[0] == status


def test_results_may_keep_the_order_of_inputs(make_bench: Make) -> None:
    bench = make_bench(shuffle_results=False)
    bench.call("POST", "/crm/v3/properties/tickets", SYNC_ID)
    keys = [f"k{number:02}" for number in range(50)]
    inputs = [
        {"id": key, "idProperty": "ubm_sync_id", "properties": {"subject": key}} for key in keys
    ]
    _, body, _ = bench.call("POST", f"{TICKETS}/batch/upsert", {"inputs": inputs})
    assert [one["properties"]["ubm_sync_id"] for one in body["results"]] == keys


@pytest.mark.parametrize("listed", [True, False])
def test_a_merged_ticket_may_be_listed_as_archived(make_bench: Make, listed: bool) -> None:
    bench = make_bench(merged_listed_as_archived=listed)
    one, other = (bench.act("create_ticket", properties={"subject": "x"})["id"] for _ in range(2))
    bench.act("merge_tickets", primary=one, other=other)
    _, body, _ = bench.call("GET", TICKETS, query="archived=true")
    assert ([found["id"] for found in body["results"]] == [other]) is listed
    _, body, _ = bench.call(
        "POST", f"{TICKETS}/batch/read", {"inputs": [{"id": other}]}, "archived=true"
    )
    assert bool(body["results"]) is listed


def test_the_largest_page_of_owners(make_bench: Make) -> None:
    bench = make_bench(owners_limit=100)
    assert bench.call("GET", "/crm/v3/owners", query="limit=100")[0] == 200
    assert bench.call("GET", "/crm/v3/owners", query="limit=101")[0] == 400


def test_a_switch_leaves_what_people_changed_alone(bench: Bench) -> None:
    bench.act("add_option", property="hs_ticket_priority", value="SOON", label="Soon")
    bench.call("POST", "/_control/switches", {"search_lag": 5})
    found = bench.client.crm.properties.core_api.get_by_name("tickets", "hs_ticket_priority")
    assert "SOON" in {option.value for option in found.options}

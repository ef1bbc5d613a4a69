"""Properties, groups, pipelines, stages and owners through the official client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hubspot.crm.pipelines.exceptions import ApiException as PipelineException
from hubspot.crm.properties.exceptions import ApiException
from tests.integration.hubspot_emulator.support import APPROVAL, PIPELINE, SYNC_ID, Bench

Make = Callable[..., Bench]


def error_of(caught: Any) -> tuple[int, dict[str, Any]]:
    return caught.value.status, orjson.loads(caught.value.body)


def test_a_property_is_created_once(bench: Bench) -> None:
    core = bench.client.crm.properties.core_api
    found = core.get_by_name("tickets", "ubm_sync_id")
    assert found.has_unique_value is True
    assert found.modification_metadata.read_only_value is False
    with pytest.raises(ApiException) as caught:
        core.create("tickets", SYNC_ID)
    status, body = error_of(caught)
    assert (status, body["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    assert body["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_an_unknown_property_is_not_found(bench: Bench) -> None:
    with pytest.raises(ApiException) as caught:
        bench.client.crm.properties.core_api.get_by_name("tickets", "nope")
    status, body = error_of(caught)
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")


def test_patched_options_replace_the_whole_list(bench: Bench) -> None:
    ref = bench.upsert("k1", ubm_approval="approve")["k1"]
    core = bench.client.crm.properties.core_api
    options = [{"label": "Hold", "value": "hold", "displayOrder": 0, "hidden": False}]
    changed = core.update("tickets", "ubm_approval", {"options": options})
    assert [option.value for option in changed.options] == ["hold"]
    path = f"/crm/v3/objects/tickets/{ref}"
    assert bench.call("PATCH", path, {"properties": {"ubm_approval": "approve"}})[0] == 400
    shown = bench.client.crm.tickets.basic_api.get_by_id(ref, properties=["ubm_approval"])
    assert shown.properties["ubm_approval"] == "approve", "values already there stay"


def test_properties_are_created_and_read_in_batches(bench: Bench) -> None:
    batch = bench.client.crm.properties.batch_api
    one = {**APPROVAL, "name": "ubm_other"}
    answer = batch.create("tickets", {"inputs": [one, APPROVAL]})
    assert [made.name for made in answer.results] == ["ubm_other"]
    assert answer.errors[0].category == "OBJECT_ALREADY_EXISTS"
    names = [{"name": "ubm_other"}, {"name": "nope"}]
    answer = batch.read("tickets", {"archived": False, "inputs": names})
    assert [found.name for found in answer.results] == ["ubm_other"]
    assert answer.num_errors == 1
    assert batch.archive("tickets", {"inputs": [{"name": "ubm_other"}]}) is None


def test_an_archived_property_vanishes_and_its_name_comes_back(bench: Bench) -> None:
    core = bench.client.crm.properties.core_api
    assert core.archive("tickets", "ubm_approval") is None
    assert "ubm_approval" not in {one.name for one in core.get_all("tickets").results}
    archived = core.get_all("tickets", archived=True).results
    assert [(one.name, one.archived) for one in archived] == [("ubm_approval", True)]
    assert core.create("tickets", APPROVAL).archived is False


def test_groups_live_as_long_as_their_properties(bench: Bench) -> None:
    groups = bench.client.crm.properties.groups_api
    group = {"name": "ubm", "label": "UBM", "displayOrder": 3}
    assert groups.create("tickets", group).name == "ubm"
    with pytest.raises(ApiException) as caught:
        groups.create("tickets", group)
    assert caught.value.status == 409
    core = bench.client.crm.properties.core_api
    core.create("tickets", {**APPROVAL, "name": "ubm_other", "groupName": "ubm"})
    with pytest.raises(ApiException) as caught:
        groups.archive("tickets", "ubm")
    assert error_of(caught)[1]["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    core.archive("tickets", "ubm_other")
    assert groups.archive("tickets", "ubm") is None
    assert "ubm" not in {one.name for one in groups.get_all("tickets").results}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Upper"},
        {"name": ""},
        {"label": ""},
        {"type": "text"},
        {"fieldType": "menu"},
        {"groupName": "nope"},
        {"options": None},
        {"options": [{"label": "A", "value": "a"}, {"label": "A", "value": "b"}]},
    ],
)
def test_a_malformed_property_is_refused(bench: Bench, change: dict[str, Any]) -> None:
    given = {**APPROVAL, "name": "ubm_other", **change}
    assert bench.call("POST", "/crm/v3/properties/tickets", given)[0] == 400


def test_an_object_takes_ten_unique_properties(bench: Bench) -> None:
    path = "/crm/v3/properties/companies"
    answers = [
        bench.call(
            "POST", path, {**SYNC_ID, "name": f"id_{number}", "groupName": "companyinformation"}
        )[0]
        for number in range(11)
    ]
    assert answers == [201] * 10 + [400]


def test_a_new_property_may_be_readable_only_later(make_bench: Make) -> None:
    bench = make_bench(property_delay=0.5)
    bench.client.crm.properties.core_api.create("tickets", SYNC_ID)
    path = "/crm/v3/properties/tickets/ubm_sync_id"
    assert bench.call("GET", path)[0] == 404
    bench.advance(0.6)
    assert bench.call("GET", path)[0] == 200


def test_every_portal_has_the_support_pipeline(make_bench: Make) -> None:
    pipelines = make_bench().client.crm.pipelines.pipelines_api.get_all("tickets").results
    assert [(one.id, one.label) for one in pipelines] == [("0", "Support Pipeline")]
    assert [(one.id, one.label, one.metadata["isClosed"]) for one in pipelines[0].stages] == [
        ("1", "New", "false"),
        ("2", "Waiting on contact", "false"),
        ("3", "Waiting on us", "false"),
        ("4", "Closed", "true"),
    ]
    assert pipelines[0].created_at.timestamp() == 0


def test_a_pipeline_goes_through_its_life(bench: Bench) -> None:
    api = bench.client.crm.pipelines.pipelines_api
    made = api.create("tickets", {**PIPELINE, "label": "Data Services"})
    assert made.id.isdigit()
    assert api.get_by_id("tickets", made.id).label == "Data Services"
    assert api.update("tickets", made.id, {"label": "DS"}).label == "DS"
    assert api.replace("tickets", made.id, {**PIPELINE, "label": "DS2"}).label == "DS2"
    assert api.archive("tickets", made.id) is None
    with pytest.raises(PipelineException) as caught:
        api.get_by_id("tickets", made.id)
    assert caught.value.status == 404
    assert bench.client.crm.pipelines.pipeline_audits_api.get_audit("tickets", "0").results == []


def test_a_stage_goes_through_its_life(bench: Bench) -> None:
    api = bench.client.crm.pipelines.pipeline_stages_api
    new = {"label": "Closing", "displayOrder": 9, "metadata": {"ticketState": "CLOSED"}}
    made = api.create("tickets", bench.pipeline.id, new)
    assert made.metadata == {"ticketState": "CLOSED", "isClosed": "true"}
    entered = f"hs_v2_date_entered_{made.id}"
    core = bench.client.crm.properties.core_api
    assert core.get_by_name("tickets", entered).calculated is True
    assert api.update("tickets", bench.pipeline.id, made.id, {"label": "X"}).label == "X"
    assert api.get_by_id("tickets", bench.pipeline.id, made.id).metadata["isClosed"] == "true"
    assert len(api.get_all("tickets", bench.pipeline.id).results) == 4
    assert api.archive("tickets", bench.pipeline.id, made.id) is None
    assert bench.call("GET", f"/crm/v3/properties/tickets/{entered}")[0] == 404


def test_a_stage_in_use_may_be_protected(bench: Bench) -> None:
    bench.upsert("k1")
    stage = bench.stages["Waiting for CSM"]
    path = f"/crm/v3/pipelines/tickets/{bench.pipeline.id}/stages/{stage}"
    status, body, _ = bench.call("DELETE", path, query="validateReferencesBeforeDelete=true")
    assert (status, body["subCategory"]) == (400, "PipelineError.STAGE_ID_IN_USE")
    newest = path.replace("/v3/pipelines/", "/pipelines/2026-09/")
    assert bench.call("DELETE", newest)[0] == 400
    assert bench.call("DELETE", path)[0] == 204


def test_only_the_first_pipeline_has_the_older_stage_dates(bench: Bench) -> None:
    names = {one.name for one in bench.client.crm.properties.core_api.get_all("tickets").results}
    assert "hs_date_entered_1" in names
    assert f"hs_date_entered_{bench.stages['Active']}" not in names
    ref = bench.act("create_ticket", properties={"subject": "x"})["id"]
    values = bench.client.crm.tickets.basic_api.get_by_id(
        ref, properties=["hs_date_entered_1", "hs_v2_date_entered_1"]
    ).properties
    assert values["hs_date_entered_1"] == values["hs_v2_date_entered_1"] is not None


def test_owners_are_listed_active_and_deactivated_apart(bench: Bench) -> None:
    for name in ("ann", "bob", "cat"):
        bench.act("add_owner", email=f"{name}@example.com", firstName=name, lastName="Lee")
    bench.act("deactivate_owner", email="bob@example.com")
    api = bench.client.crm.owners.owners_api
    page = api.get_page(limit=1)
    assert [one.email for one in page.results] == ["ann@example.com"]
    rest = api.get_page(limit=1, after=page.paging.next.after)
    assert [one.email for one in rest.results] == ["cat@example.com"]
    assert rest.paging is None
    gone = api.get_page(archived=True).results[0]
    assert (gone.email, gone.user_id, gone.archived) == ("bob@example.com", None, True)
    assert gone.user_id_including_inactive
    found = api.get_page(email="ANN@example.com").results[0]
    assert api.get_by_id(found.id).email == "ann@example.com"
    assert api.get_by_id(found.user_id, id_property="userId").id == found.id
    assert api.get_by_id(gone.id, archived=True).email == "bob@example.com"

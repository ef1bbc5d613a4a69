"""Acting as a person through the control API."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_emulator.support import Bench


def control(bench: Bench, do: str, **order: Any) -> Any:
    status, body, _ = bench.call("POST", "/_control/act", {"do": do, **order})
    assert status == 200, body
    return body


def test_a_person_creates_a_ticket_for_a_company(bench: Bench) -> None:
    control(bench, "add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    company = control(bench, "create_company", name="Acme", properties={"domain": "acme.example"})[
        "id"
    ]
    ref = control(
        bench,
        "create_ticket",
        who="ann@example.com",
        properties={"subject": "New", "hubspot_owner_id": "ann@example.com"},
        pipeline="New locations",
        stage="Approved",
        company=company,
    )["id"]
    page = control(bench, "see_ticket", id=ref)
    assert (page["pipeline"], page["stage"]) == ("New locations", "Approved")
    assert (page["owner"], page["companies"]) == ("ann@example.com", [company])
    assert page["archived"] is False


def test_tickets_are_found_at_once_by_values_and_labels(bench: Bench) -> None:
    bench.call("POST", "/_control/switches", {"search_lag": 3600})
    ids = bench.upsert("k1", "k2")
    control(bench, "move_ticket", id=ids["k2"], stage="Active")
    found = control(bench, "find_tickets", where={"subject": "A location"}, stage="Active")
    assert [one["id"] for one in found] == [ids["k2"]]
    assert len(control(bench, "find_tickets", where={}, pipeline="New locations")) == 2
    assert control(bench, "find_tickets", where={"ubm_sync_id": "k3"}) == []


def test_a_bulk_edit_changes_many_tickets(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2", "k3")
    both = [ids["k1"], ids["k2"]]
    assert control(bench, "bulk_edit", ids=both, properties={"ubm_approval": "approve"}) == {
        "changed": 2
    }
    assert control(bench, "bulk_move", where={"ubm_approval": "approve"}, stage="Approved") == {
        "changed": 2
    }
    assert control(bench, "summary") == {"New locations": {"Approved": 2, "Waiting for CSM": 1}}


def test_a_ticket_moves_between_pipelines(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    control(bench, "move_ticket", id=ref, pipeline="Support Pipeline", stage="Waiting on us")
    page = control(bench, "see_ticket", id=ref)
    assert (page["pipeline"], page["stage"]) == ("Support Pipeline", "Waiting on us")


def test_archived_tickets_come_back(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    control(bench, "archive_ticket", id=ref)
    assert control(bench, "see_ticket", id=ref)["archived"] is True
    assert control(bench, "restore_ticket", id=ref)["archived"] is False
    assert bench.upsert("k1")["k1"] == ref


def test_notes_are_seen_in_the_order_of_time(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    for text in ("first", "second"):
        control(bench, "add_note", id=ref, text=text)
    older = {"hs_timestamp": "2020-01-01T00:00:00Z", "hs_note_body": "oldest"}
    note = bench.client.crm.objects.notes.basic_api.create({"properties": older})
    bench.client.crm.associations.v4.basic_api.create_default("notes", note.id, "tickets", ref)
    assert control(bench, "see_ticket", id=ref)["notes"] == ["oldest", "first", "second"]


def test_tasks_are_seen_on_the_ticket(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    task = {"hs_timestamp": "2026-11-21T00:00:00Z", "hs_task_subject": "Enrol"}
    made = bench.client.crm.objects.tasks.basic_api.create({"properties": task})
    bench.client.crm.associations.v4.basic_api.create_default("tasks", made.id, "tickets", ref)
    seen = control(bench, "see_ticket", id=ref)["tasks"]
    assert [one["hs_task_subject"] for one in seen] == ["Enrol"]


def test_options_and_stages_change_under_the_service(bench: Bench) -> None:
    control(bench, "add_option", property="ubm_approval", value="hold", label="Hold")
    options = control(bench, "drop_option", property="ubm_approval", value="decline")
    assert [one["value"] for one in options] == ["approve", "hold"]
    control(bench, "rename_stage", pipeline="New locations", stage="Approved", to="Accepted")
    control(bench, "delete_stage", pipeline="New locations", stage="Active")
    stages = bench.client.crm.pipelines.pipelines_api.get_by_id("tickets", bench.pipeline.id).stages
    assert [stage.label for stage in stages] == ["Waiting for CSM", "Accepted"]


def test_a_ticket_in_a_deleted_stage_shows_its_id(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    control(bench, "delete_stage", pipeline="New locations", stage="Waiting for CSM")
    assert control(bench, "see_ticket", id=ref)["stage"] == bench.stages["Waiting for CSM"]
    control(bench, "edit_ticket", id=ref, properties={"content": "still editable"})
    control(bench, "move_ticket", id=ref, stage="Approved")


@pytest.mark.parametrize(
    "order",
    [
        {"do": "dance"},
        {"do": "see_ticket", "id": "77"},
        {"do": "archive_ticket", "id": "77"},
        {"do": "restore_ticket", "id": "77"},
        {"do": "drop_option", "property": "ubm_approval", "value": "nope"},
        {"do": "rename_stage", "pipeline": "Nope", "stage": "x", "to": "y"},
        {"do": "deactivate_owner", "email": "nobody@example.com"},
        {"do": "create_ticket", "properties": {"subject": "x", "nope": "1"}},
        {"do": "create_ticket", "properties": {"subject": "x"}, "who": "nobody@example.com"},
        {},
    ],
)
def test_what_a_page_would_not_allow_is_an_error(bench: Bench, order: dict[str, Any]) -> None:
    status, body, _ = bench.call("POST", "/_control/act", order)
    assert status == 400
    assert body["error"]


def test_a_reset_leaves_the_standard_furniture_only(bench: Bench) -> None:
    bench.upsert("k1")
    bench.call("POST", "/_control/reset", {})
    assert control(bench, "summary") == {}
    pipelines = bench.client.crm.pipelines.pipelines_api.get_all("tickets").results
    assert [one.label for one in pipelines] == ["Support Pipeline"]
    assert bench.client.crm.owners.owners_api.get_page().results == []


def test_a_reactivated_owner_keeps_the_id(bench: Bench) -> None:
    names = {"firstName": "Ann", "lastName": "Lee"}
    first = control(bench, "add_owner", email="ann@example.com", **names)
    control(bench, "deactivate_owner", email="ann@example.com")
    assert control(bench, "add_owner", email="ann@example.com", **names) == first


def test_a_stage_alone_means_the_first_pipeline(bench: Bench) -> None:
    ref = control(bench, "create_ticket", properties={"subject": "x"}, stage="Waiting on us")["id"]
    page = control(bench, "see_ticket", id=ref)
    assert (page["pipeline"], page["stage"]) == ("Support Pipeline", "Waiting on us")


def test_tickets_are_found_by_the_e_mail_of_their_owner(bench: Bench) -> None:
    control(bench, "add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    ids = bench.upsert("k1", "k2")
    owner = {"hubspot_owner_id": "ann@example.com"}
    control(bench, "edit_ticket", id=ids["k1"], properties=owner)
    assert [one["id"] for one in control(bench, "find_tickets", where=owner)] == [ids["k1"]]

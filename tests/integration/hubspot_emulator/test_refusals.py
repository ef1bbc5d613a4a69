"""Requests that cannot be served, by their paths."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_emulator.support import APPROVAL, Bench

STAGE = {"label": "New", "displayOrder": 0}
LINK = "/crm/v4/objects/tickets/{ticket}/associations"
PAIRS = "/crm/v4/associations/tickets/companies/batch"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/crm/v3/objects/tickets?after=???", None, 400),
        ("GET", "/crm/v3/objects/tickets?limit=0", None, 400),
        ("GET", "/crm/v3/objects/tickets/{ticket}?archived=true", None, 404),
        ("GET", "/crm/v3/objects/tickets/nobody?idProperty=ubm_sync_id", None, 404),
        (
            "POST",
            "/crm/v3/objects/notes",
            {"properties": {"hs_timestamp": "0"}, "associations": [{"to": {"id": "1"}}]},
            400,
        ),
        ("POST", "/crm/v3/objects/tickets", {"properties": {"subject": ["x"]}}, 400),
        ("POST", "/crm/v3/objects/tickets", {"properties": ["subject"]}, 400),
        (
            "POST",
            "/crm/v3/objects/tickets/batch/upsert",
            {"inputs": [{"id": "", "idProperty": "ubm_sync_id", "properties": {}}]},
            400,
        ),
        ("PUT", LINK + "/default/owners/1", None, 400),
        ("PUT", LINK + "/default/companies/1", None, 404),
        ("GET", LINK + "/companies?after=x", None, 400),
        ("GET", LINK + "/companies?limit=501", None, 400),
        ("POST", LINK + "/companies", None, 404),
        ("POST", PAIRS + "/guess", {"inputs": []}, 404),
        ("POST", PAIRS + "/create", {"inputs": [{"types": []}]}, 400),
        ("POST", "/crm/v4/associations/tickets/companies/labels", {}, 404),
        ("PUT", "/crm/v4/objects/meetings/{ticket}/associations/default/notes/1", None, 404),
        ("GET", "/crm/v3/owners/12", None, 404),
        ("GET", "/crm/v3/owners?after=x", None, 400),
        ("GET", "/crm/v3/pipelines/tickets/99", None, 404),
        ("GET", "/crm/v3/pipelines/tickets/0/stages/99", None, 404),
        ("GET", "/crm/v3/pipelines/tickets/0/nothing", None, 404),
        ("POST", "/crm/v3/pipelines/tickets", {"label": "X", "stages": []}, 400),
        ("POST", "/crm/v3/pipelines/tickets", {"label": "X", "stages": [STAGE, STAGE]}, 400),
        ("POST", "/crm/v3/pipelines/tickets", {"stages": [STAGE]}, 400),
        ("POST", "/crm/v3/pipelines/tickets", {"label": "New locations", "stages": [STAGE]}, 409),
        ("POST", "/crm/v3/pipelines/tickets/0/stages", STAGE, 409),
        ("HEAD", "/crm/v3/pipelines/tickets/0", None, 404),
        ("POST", "/crm/v3/properties/tickets/groups", {"name": "x"}, 400),
        ("GET", "/crm/v3/properties/tickets/groups/x", None, 404),
        ("GET", "/crm/v3/properties/tickets/a/b/c", None, 404),
        ("GET", "/crm/v3/properties/tickets/subject?archived=true", None, 404),
        ("DELETE", "/crm/v3/properties/tickets/subject", None, 400),
        ("DELETE", "/crm/v3/properties/tickets/nope", None, 404),
        ("PATCH", "/crm/v3/properties/tickets/ubm_approval", {"type": "text"}, 400),
        ("PATCH", "/crm/v3/properties/tickets/ubm_approval", {"groupName": "nope"}, 400),
        (
            "PATCH",
            "/crm/v3/properties/tickets/ubm_approval",
            {"options": [{"label": "", "value": "x"}]},
            400,
        ),
    ],
)
def test_a_request_is_refused(bench: Bench, method: str, path: str, body: Any, status: int) -> None:
    ticket = bench.upsert("k1")["k1"]
    address, _, query = path.replace("{ticket}", ticket).partition("?")
    answered, shown, _ = bench.call(method, address, body, query)
    assert answered == status
    assert shown["status"] == "error"
    assert shown["message"]
    assert shown["correlationId"]


def test_parts_of_a_definition_can_be_changed_one_by_one(bench: Bench) -> None:
    path = "/crm/v3/properties/tickets/ubm_approval"
    group = {"name": "ubm", "label": "UBM"}
    bench.call("POST", "/crm/v3/properties/tickets/groups", group)
    changes = {
        "label": "Decision",
        "description": "What the CSM decided",
        "groupName": "ubm",
        "fieldType": "radio",
        "hidden": True,
        "formField": True,
        "displayOrder": 4,
    }
    for name, value in changes.items():
        status, shown, _ = bench.call("PATCH", path, {name: value})
        assert (status, shown[name]) == (200, value)
    _, shown, _ = bench.call("GET", path)
    assert {name: shown[name] for name in changes} == changes
    assert [one["value"] for one in shown["options"]] == ["approve", "decline"]


def test_a_group_can_be_renamed(bench: Bench) -> None:
    path = "/crm/v3/properties/tickets/groups/ticketinformation"
    assert bench.call("PATCH", path, {"label": "About"})[1]["label"] == "About"
    assert bench.call("GET", path)[1]["label"] == "About"


def test_a_stage_keeps_what_a_patch_leaves_out(bench: Bench) -> None:
    path = f"/crm/v3/pipelines/tickets/{bench.pipeline.id}/stages/{bench.stages['Active']}"
    _, shown, _ = bench.call("PATCH", path, {"displayOrder": 7, "metadata": {}})
    assert (shown["label"], shown["displayOrder"]) == ("Active", 7)
    assert shown["metadata"]["isClosed"] == "true"
    _, shown, _ = bench.call("PATCH", path, {"metadata": {"ticketState": "OPEN"}})
    assert shown["metadata"] == {"ticketState": "OPEN", "isClosed": "false"}


def test_an_archived_ticket_is_read_on_request(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    bench.act("archive_ticket", id=ref)
    path = f"/crm/v3/objects/tickets/{ref}"
    status, shown, _ = bench.call("GET", path, query="archived=true")
    assert (status, shown["archived"]) == (200, True)
    assert shown["archivedAt"]


def test_a_property_with_other_names_for_its_type_is_served(bench: Bench) -> None:
    given = {**APPROVAL, "name": "ubm_flag", "type": "bool", "fieldType": "booleancheckbox"}
    del given["options"]
    _, shown, _ = bench.call("POST", "/crm/v3/properties/0-5", given)
    assert [one["value"] for one in shown["options"]] == ["true", "false"]

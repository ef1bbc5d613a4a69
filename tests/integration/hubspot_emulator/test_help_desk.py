"""What people do at a help desk, as the portal shows it to them and to programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.hubspot_emulator.support import Bench

DANA = "dana@ubm.example"
JO = "jo@halsted.example"


@pytest.fixture(autouse=True)
def company(bench: Bench) -> str:
    bench.act("add_owner", email=DANA)
    made = str(bench.act("create_company", name="Halsted")["id"])
    bench.act("create_contact", email=JO, companies=[made])
    return made


def beside(bench: Bench, ticket: str, kind: str) -> list[str]:
    _, body, _ = bench.call("GET", f"/crm/v4/objects/tickets/{ticket}/associations/{kind}")
    return [str(one["toObjectId"]) for one in body["results"]]


def of(bench: Bench, kind: str, ref: str, *names: str) -> Any:
    query = "&".join(f"properties={name}&propertiesWithHistory={name}" for name in names)
    status, body, _ = bench.call("GET", f"/crm/v3/objects/{kind}/{ref}", query=query)
    assert status == 200
    return body


def test_who_writes_in_makes_a_ticket_with_contact_and_mail(bench: Bench) -> None:
    made = bench.act("write_in", contact=JO, subject="Off", text="No power", html="<b>No power</b>")

    seen = bench.act("see_ticket", id=made["id"])
    ticket = of(bench, "tickets", made["id"], "source_type", "content")
    mail = of(bench, "emails", made["mail"], "hs_email_html", "hs_email_from_email")

    assert (seen["contacts"], seen["companies"], seen["stage"]) == ([JO], [], "New")
    assert ticket["properties"]["source_type"] == "EMAIL"
    assert ticket["properties"]["content"] == "No power"
    assert ticket["propertiesWithHistory"]["content"][0]["sourceType"] == "CONVERSATIONS"
    assert beside(bench, made["id"], "emails") == [made["mail"]]
    assert mail["properties"]["hs_email_html"] == "<b>No power</b>"
    assert mail["properties"]["hs_email_from_email"] == JO
    _, linked, _ = bench.call("GET", f"/crm/v4/objects/emails/{made['mail']}/associations/contacts")
    assert len(linked["results"]) == 1


def test_what_comes_by_phone_or_form_is_only_in_the_ticket(bench: Bench) -> None:
    call = bench.act("write_in", subject="Voicemail", text="Lights out", channel="PHONE")
    form = bench.act("write_in", subject="Form", channel="FORM", contact="nobody@x.example")

    assert call["mail"] == form["mail"] == ""
    assert beside(bench, call["id"], "emails") == []
    history = of(bench, "tickets", form["id"], "subject")["propertiesWithHistory"]["subject"]
    assert history[0]["sourceType"] == "FORM"
    assert bench.act("see_ticket", id=form["id"])["contacts"] == []


def test_a_ticket_is_made_for_a_contact_and_a_company(bench: Bench, company: str) -> None:
    ref = bench.act(
        "create_ticket", properties={"subject": "s"}, company=company, contact=JO, who=DANA
    )["id"]

    seen = bench.act("see_ticket", id=ref)
    assert (seen["contacts"], seen["companies"], seen["primary"]) == ([JO], [company], company)


def test_a_workflow_acts_in_a_persons_name(bench: Bench) -> None:
    ref = bench.act("write_in", subject="s")["id"]
    bench.act(
        "edit_ticket",
        id=ref,
        who=DANA,
        source="AUTOMATION_PLATFORM",
        properties={"hubspot_owner_id": DANA},
    )

    (entry,) = of(bench, "tickets", ref, "hubspot_owner_id")["propertiesWithHistory"][
        "hubspot_owner_id"
    ]
    assert (entry["sourceType"], "updatedByUserId" in entry) == ("AUTOMATION_PLATFORM", True)


def test_a_person_sees_what_is_to_be_done_until_it_is(bench: Bench) -> None:
    ref = bench.act("write_in", subject="s")["id"]
    owner = bench.act("add_owner", email=DANA)["id"]
    for hour in (12, 10):
        given = {
            "hs_timestamp": f"2026-11-23T{hour}:00:00Z",
            "hs_task_subject": f"at {hour}",
            "hubspot_owner_id": owner,
        }
        made = bench.client.crm.objects.tasks.basic_api.create({"properties": given})
        bench.client.crm.associations.v4.basic_api.create_default("tasks", made.id, "tickets", ref)

    first, second = bench.act("see_tasks", who=DANA)
    assert [first["subject"], second["subject"]] == ["at 10", "at 12"]
    assert (first["due"][:16], first["tickets"]) == ("2026-11-23T10:00", [ref])
    bench.act("finish_task", id=first["id"], who=DANA)
    assert [one["id"] for one in bench.act("see_tasks", who=DANA)] == [second["id"]]
    shown = {one["id"]: one for one in bench.act("see_ticket", id=ref)["tasks"]}
    assert shown[first["id"]]["hs_task_status"] == "COMPLETED"
    assert shown[second["id"]]["owner"] == DANA


def test_a_message_may_leave_the_tickets_time_alone(bench: Bench) -> None:
    ref = bench.act("write_in", subject="s")["id"]
    before = bench.act("see_ticket", id=ref)["modified"]
    bench.advance(60)
    bench.emulator.switches = replace(bench.emulator.switches, message_moves_ticket=False)
    bench.act("receive_message", id=ref, contact=JO, text="Still off")

    seen = bench.act("see_ticket", id=ref)
    assert seen["modified"] == before
    assert seen["properties"]["hs_last_message_received_at"] > before


def test_owners_may_be_out_of_reach(bench: Bench) -> None:
    bench.emulator.switches = replace(bench.emulator.switches, missing_scopes=("owners",))

    status, body, _ = bench.call("GET", "/crm/v3/owners")

    assert (status, body["category"]) == (403, "MISSING_SCOPES")


@pytest.mark.parametrize("name", ["ubm_nothing", "hs_last_message_received_at"])
def test_a_search_by_a_property_that_is_not_there_is_refused(bench: Bench, name: str) -> None:
    bench.emulator.switches = replace(bench.emulator.switches, message_properties=False)
    for operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY", "GTE"):
        one = {"propertyName": name, "operator": operator, "value": "1"}
        fine = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "1"}
        body = {"filterGroups": [{"filters": [fine]}, {"filters": [one]}]}
        status, answer, _ = bench.call("POST", "/crm/v3/objects/tickets/search", body)
        assert status == 400
        assert name in answer["message"]


def test_an_identity_that_was_cleared_is_none(bench: Bench) -> None:
    ref = bench.upsert("a")["a"]
    bench.act("edit_ticket", id=ref, properties={"ubm_sync_id": ""})
    bench.advance(10)
    one = {"propertyName": "ubm_sync_id", "operator": "NOT_HAS_PROPERTY"}

    _, answer, _ = bench.call(
        "POST", "/crm/v3/objects/tickets/search", {"filterGroups": [{"filters": [one]}]}
    )

    assert [each["id"] for each in answer["results"]] == [ref]

"""Mail, meetings and checklists of a ticket, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.hubspot_emulator.support import Bench

DANA = "dana@ubm.example"
JO = "jo@halsted.example"


@pytest.fixture
def ticket(bench: Bench) -> str:
    bench.act("add_owner", email=DANA)
    return bench.upsert("a")["a"]


def of(bench: Bench, kind: str, ref: str, *names: str) -> Any:
    query = "&".join(f"propertiesWithHistory={name}" for name in names)
    status, body, _ = bench.call("GET", f"/crm/v3/objects/{kind}/{ref}", query=query)
    assert status == 200
    return body


def beside(bench: Bench, ticket: str, kind: str) -> list[str]:
    _, body, _ = bench.call("GET", f"/crm/v4/objects/tickets/{ticket}/associations/{kind}")
    return [str(one["toObjectId"]) for one in body["results"]]


def test_a_message_is_a_mail_of_its_own_and_moves_the_ticket(bench: Bench, ticket: str) -> None:
    before = bench.act("see_ticket", id=ticket)["modified"]
    bench.advance(60)
    sent = bench.act("send_message", id=ticket, who=DANA, subject="Bills", to=JO)["id"]

    mail = of(bench, "emails", sent, "hs_email_status", "hs_email_direction")
    told = of(bench, "tickets", ticket, "hs_last_message_sent_at")["propertiesWithHistory"]

    assert beside(bench, ticket, "emails") == [sent]
    assert mail["properties"]["hs_email_direction"] == "EMAIL"
    assert len(told["hs_last_message_sent_at"]) == 1
    assert bench.act("see_ticket", id=ticket)["modified"] > before


def test_an_automatic_answer_was_received_and_is_no_reply(bench: Bench, ticket: str) -> None:
    got = bench.act("receive_message", id=ticket, contact=JO, subject="Away", automatic=True)["id"]

    shown = bench.act("see_ticket", id=ticket)["properties"]
    mail = of(bench, "emails", got, "hs_email_headers")

    assert "hs_last_message_received_at" in shown
    assert "last_reply_date" not in shown
    assert "auto-replied" in mail["properties"]["hs_email_headers"]


def test_a_mail_that_bounced_says_so_later(bench: Bench, ticket: str) -> None:
    sent = bench.act("send_message", id=ticket, who=DANA)["id"]
    bench.advance(60)
    bench.act("bounce", id=sent)

    history = of(bench, "emails", sent, "hs_email_status")["propertiesWithHistory"]

    assert [one["value"] for one in history["hs_email_status"]] == ["BOUNCED", "SENT"]


def test_the_history_tells_our_user_and_no_user_for_the_client(bench: Bench, ticket: str) -> None:
    meeting = bench.act("book_meeting", id=ticket, who=DANA, at="2026-12-01T15:00:00Z")["id"]
    bench.act("move_meeting", id=meeting, contact=JO, at="2026-12-02T15:00:00Z")

    history = of(bench, "meetings", meeting, "hs_meeting_start_time")["propertiesWithHistory"]
    newest, oldest = history["hs_meeting_start_time"]

    assert newest["sourceType"] == "MEETINGS"
    assert "updatedByUserId" not in newest
    assert oldest["updatedByUserId"]


def test_an_item_of_the_checklist_is_a_task_that_waits(bench: Bench, ticket: str) -> None:
    item = bench.act("ask_item", id=ticket, who=DANA, subject="Document: W-9", due="2026-12-01")
    for order in ("receive_item", "reject_item", "receive_item", "accept_item"):
        bench.act(order, id=item["id"], who=DANA)

    history = of(bench, "tasks", item["id"], "hs_task_status")["propertiesWithHistory"]

    assert [one["value"] for one in history["hs_task_status"]] == [
        "COMPLETED", "IN_PROGRESS", "WAITING", "IN_PROGRESS", "WAITING",
    ]  # fmt: skip


def test_a_contact_may_have_two_companies_and_one_is_the_primary(bench: Bench) -> None:
    both = [bench.act("create_company", name=name)["id"] for name in ("Halsted", "Aurora")]
    contact = bench.act("create_contact", email=JO, companies=both)["id"]

    _, body, _ = bench.call("GET", f"/crm/v4/objects/contacts/{contact}/associations/companies")
    labels = {
        str(one["toObjectId"]): [each["label"] for each in one["associationTypes"]]
        for one in body["results"]
    }

    assert "Primary" in labels[both[0]]
    assert "Primary" not in labels[both[1]]


@pytest.mark.parametrize(
    ("switches", "check"),
    [
        (
            {"email_objects": "off"},
            lambda bench, ticket: beside(bench, ticket, "emails") == [],
        ),
        (
            {"message_properties": False},
            lambda bench, ticket: (
                "hs_last_message_sent_at" not in bench.act("see_ticket", id=ticket)["properties"]
            ),
        ),
        (
            {"missing_objects": ("emails",)},
            lambda bench, _: bench.call("GET", "/crm/v3/objects/emails")[0] == 400,
        ),
        (
            {"missing_scopes": ("emails",)},
            lambda bench, _: bench.call("GET", "/crm/v3/objects/emails")[0] == 403,
        ),
        (
            {"history_limit": 1},
            lambda bench, ticket: (
                len(
                    of(bench, "tickets", ticket, "subject")["propertiesWithHistory"]["subject"]
                ) == 1
            ),
        ),
    ],
)  # fmt: skip
def test_what_nobody_verified_is_a_switch(
    make_bench: Callable[..., Bench], switches: dict[str, Any], check: Callable[[Bench, str], bool]
) -> None:
    bench = make_bench(**switches)
    bench.act("add_owner", email=DANA)
    ticket = bench.act("create_ticket", who=DANA, properties={"subject": "A"}, stage="New")["id"]
    bench.act("edit_ticket", id=ticket, who=DANA, properties={"subject": "B"})
    bench.act("send_message", id=ticket, who=DANA, subject="Bills")

    assert check(bench, ticket)

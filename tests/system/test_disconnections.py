"""Disconnections over the emulators: from a customer's words to somebody who has it in hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stack import MANAGER, Stack

NOTICE = (
    "We received a disconnect notice from ComEd today for acct 4471908023. "
    "Shutoff is scheduled for 12/08/2026. Please pay and confirm."
)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path) as stack:
        yield stack


def write_in(stack: Stack, subject: str, content: str) -> str:
    ticket = stack.desk(
        "create_ticket",
        properties={"subject": subject, "content": content, "source_type": "EMAIL"},
        stage="New",
        company=stack.clients[0].company,
    )
    return str(ticket["id"])


def test_a_ticket_in_the_portals_own_pipeline_is_routed(stack: Stack) -> None:
    ref = write_in(stack, "DISCONNECT NOTICE - Store 0412", NOTICE)
    stack.look()
    page = stack.desk("see_ticket", id=ref)
    properties = page["properties"]
    assert page["owner"] == MANAGER
    assert properties["hs_ticket_priority"] == "URGENT"
    assert properties["ubm_request_type"] == "urgent_disconnect"
    assert properties["ubm_disconnect_deadline"] == "2026-12-08"
    assert properties["ubm_disconnect_pay_by"] == "2026-12-04"
    assert properties["ubm_customer_key"] == "halsted"
    (note,) = page["notes"]
    assert "DISCONNECTION - act by Fri 12/04." in note
    (task,) = page["tasks"]
    assert task["hs_task_subject"].startswith("Disconnection: Halsted Foods, ComEd acct 4471908023")


def test_a_quiet_look_is_one_search(stack: Stack) -> None:
    write_in(stack, "DISCONNECT NOTICE", NOTICE)
    for _ in range(3):
        stack.look()
    before = stack.hubspot.counts.copy()
    stack.look(after=20)  # who left is asked for once a minute
    assert sum((stack.hubspot.counts - before).values()) == 1


def test_a_look_at_a_portal_without_urgent_is_as_quiet(stack: Stack) -> None:
    stack.desk("drop_option", property="hs_ticket_priority", value="URGENT")
    ref = write_in(stack, "DISCONNECT NOTICE", NOTICE)
    for _ in range(3):
        stack.look()
    assert stack.desk("see_ticket", id=ref)["properties"]["hs_ticket_priority"] == "HIGH"
    before = stack.hubspot.counts.copy()
    stack.look(after=20)
    assert sum((stack.hubspot.counts - before).values()) == 1


def test_words_in_the_notes_of_a_row_open_a_ticket(stack: Stack) -> None:
    stack.type_row(
        {"Notes": "URGENT: ComEd taped a shut off notice to the door, off on 12/08/2026"}
    )
    stack.settle()
    stack.look()
    (page,) = stack.desk("find_tickets", pipeline="Support")
    assert page["owner"] == MANAGER
    assert page["properties"]["ubm_off_channel"] == "true"
    assert page["companies"] == [stack.clients[0].company]
    stack.look()
    stack.settle()
    assert len(stack.desk("find_tickets", pipeline="Support")) == 1
    assert stack.rests() == {}


def test_a_notice_is_linked_to_the_ticket_of_the_account_it_names(stack: Stack) -> None:
    row = stack.type_row()
    stack.activate(row)
    number = stack.row(row)["Account Number"]
    ref = write_in(stack, "NOTICE", f"Shutoff is scheduled for 12/08/2026, account {number}.")
    nobodys = write_in(stack, "NOTICE", "Shutoff is scheduled for 12/08/2026, account 99887766.")
    stack.look()
    (account,) = stack.accounts()
    page = stack.desk("see_ticket", id=ref)
    assert page["tickets"] == [stack.ticket_id(row)]
    assert account["ref"] in page["properties"]["ubm_accounts"]
    assert page["companies"] == [stack.clients[0].company]
    assert stack.desk("see_ticket", id=nobodys)["tickets"] == []
    for _ in range(2):  # its own writes are looked at once more
        stack.look()
    before = stack.hubspot.counts.copy()
    stack.look(after=20)
    assert sum((stack.hubspot.counts - before).values()) == 1
    assert stack.rests() == {}

"""Requests that managers enter as tickets, for customers without a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.stack.without_sheet import enter, enter_ticket, notes, result, ticket
from tests.stack import LOCATIONS, Stack

from ubm_sync.model import Customer


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A whole service."""
    with Stack(tmp_path / "house") as house:
        yield house


def status(house: Stack, ref: str) -> str:
    return ticket(house, ref).get("ubm_sync_status", "")


@pytest.mark.parametrize("intake", ["csm", "csv"])
def test_an_entered_ticket_goes_all_the_way_to_active(stack: Stack, intake: str) -> None:
    customer = enter(stack, intake=intake)
    ref = enter_ticket(stack, customer)

    stack.settle()
    assert status(stack, ref) == "Waiting for CSM"
    assert ticket(stack, ref)["subject"] == "New hotel in Joliet"
    assert ticket(stack, ref)["ubm_request_number"] == "LOC-00001"
    assert len(notes(stack, ref)) == 1
    assert "Taken up as request LOC-00001" in notes(stack, ref)[0]
    stack.edit_ticket({"id": ref}, ubm_approval="approve")
    stack.settle()
    stack.enrol()
    stack.settle()

    assert status(stack, ref) == "Active"
    (account,) = stack.accounts()
    assert (account["customer_key"], account["account_number"]) == ("harbor", "4471908023")
    assert len(stack.tickets(LOCATIONS)) == 1
    assert stack.rests() == {}
    if intake == "csv":
        (row,) = result(customer.folder, "requests.csv")
        assert (row["Request #"], row["Sync Status"]) == ("LOC-00001", "Active")


def test_a_half_typed_ticket_waits_and_is_then_told_what_is_missing(stack: Stack) -> None:
    customer = enter(stack, intake="csm")
    ref = enter_ticket(stack, customer, ubm_zip="", ubm_account_number="")

    stack.settle()
    assert status(stack, ref) == "Draft"
    assert not ticket(stack, ref).get("ubm_sync_message")
    assert notes(stack, ref) == []
    stack.wait(30 * 60)
    stack.settle()
    assert status(stack, ref) == "Needs information"
    assert "ZIP" in ticket(stack, ref)["ubm_sync_message"]
    assert len(notes(stack, ref)) == 1

    stack.edit_ticket({"id": ref}, ubm_zip="60435", ubm_account_number="4471908023")
    stack.settle()

    assert status(stack, ref) == "Waiting for CSM"
    assert stack.rests() == {}


def test_a_ticket_of_a_customer_with_a_sheet_is_left_alone_and_told_why(stack: Stack) -> None:
    enter(stack, intake="csm")
    halsted = Customer(key="halsted", name="", company=stack.clients[0].company)
    ref = enter_ticket(stack, halsted)

    stack.settle()

    assert status(stack, ref) == "Not accepted"
    assert len(notes(stack, ref)) == 1
    assert "lists its locations in a sheet" in notes(stack, ref)[0]
    stack.edit_ticket({"id": ref}, ubm_approval="approve")
    stack.settle()
    assert stack.accounts() == []
    assert stack.rows() == {}
    assert len(notes(stack, ref)) == 1


def test_a_ticket_without_a_company_is_named_until_it_has_one(stack: Stack) -> None:
    customer = enter(stack, intake="csm")
    ref = enter_ticket(stack, None)

    stack.settle()
    assert any(f"Ticket {ref}" in one for one in stack.problems())
    stack.stop()
    client = stack.app.connectors["hubspot"].client  # type: ignore[attr-defined]
    operation = client.crm.associations.v4.basic_api.create_default
    client.call("link", operation, "tickets", ref, "companies", customer.company)
    stack.cycle()
    stack.settle()

    assert status(stack, ref) == "Waiting for CSM"
    assert stack.problems() == []


def test_an_entered_ticket_for_an_account_that_is_there_is_a_duplicate(stack: Stack) -> None:
    customer = enter(stack, intake="csm")
    first = enter_ticket(stack, customer)
    stack.settle()
    second = enter_ticket(stack, customer, ubm_account_number="447-190-8023")

    stack.settle()

    assert status(stack, first) == "Waiting for CSM"
    assert status(stack, second) == "Duplicate"
    assert "LOC-00001" in ticket(stack, second)["ubm_sync_message"]


def test_a_service_that_lost_its_state_takes_no_ticket_up_twice(stack: Stack) -> None:
    customer = enter(stack, intake="csm")
    ref = enter_ticket(stack, customer)
    stack.settle()
    stack.stop()
    (stack.folder / "state.db").unlink()

    stack.settle()

    assert len(stack.tickets(LOCATIONS)) == 1
    assert ticket(stack, ref)["ubm_request_number"] == "LOC-00001"
    assert stack.rests() == {}


def test_tickets_in_other_stages_or_pipelines_are_nobodys_requests(stack: Stack) -> None:
    customer = enter(stack, intake="csm")
    ref = enter_ticket(stack, customer, stage="Active")

    stack.settle()

    assert status(stack, ref) == ""

"""A customer's requests come from somewhere else: another sheet, or files and tickets instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.stack.without_sheet import drop, enter, given, result
from tests.stack import Client, Stack

from ubm_sync.config import write_customer
from ubm_sync.model import Customer
from ubm_sync.reports.status import service_status

OWN = ("UBM Check", "Request #")  # what a sheet has no column for, or fills in itself


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path / "house") as house:
        yield house


def told(stack: Stack) -> list[str]:
    """Return what ``status`` says of rows that nobody reads any more."""
    with stack.app.state.reading() as tx:
        found = service_status(tx, stack.app.clock.now(), stack.app.configuration)
    return [one["text"] for one in found["left_behind"]]


def change(stack: Stack, key: str, **given: Any) -> None:
    """Change a customer's file as an admin does, and let the service notice."""
    before = next(one for one in stack.app.configuration.customers if one.key == key)
    path = stack.folder / "config" / "customers" / f"{key}.yaml"
    write_customer(path, replace(before, **given), replace=True)
    stack.stop()


def new_sheet(stack: Stack, client: Client) -> Client:
    """Make one more sheet from the template."""
    sheets: Any = stack.app.connectors["smartsheet"]
    sheet = int(sheets.create_sheet(f"{client.name} requests", [client.person]))
    return replace(client, sheet=sheet)


def copy(stack: Stack, client: Client, lines: Sequence[Mapping[str, str]]) -> list[int]:
    """Paste rows with their identity into a client's sheet, as its administrator."""
    return [
        stack.admin_does(
            "add_row", client, cells={k: v for k, v in line.items() if v and k not in OWN}
        )["row"]
        for line in lines
    ]


def three_rows(stack: Stack) -> list[int]:
    return [
        stack.type_row({"Location Code": f"'04{number}2", "Account Number": f"'4471908{number}23"})
        for number in range(3)
    ]


def test_rows_of_another_sheet_are_told_and_go_on_where_they_are_copied_to(stack: Stack) -> None:
    rows = three_rows(stack)
    stack.settle()
    lines = [stack.row(row) for row in rows]
    old, client = stack.clients[0].sheet, new_sheet(stack, stack.clients[0])
    assert told(stack) == []

    change(stack, "halsted", sheet=str(client.sheet))
    stack.settle()
    (text,) = told(stack)
    assert text == (
        f"3 rows of Halsted Foods in sheet {old} are neither read nor written, because its requests"
        f" come from sheet {client.sheet} now: copy them there with what is in UBM Sync ID, or "
        "change config/customers/halsted.yaml back."
    )
    copied = copy(stack, client, lines[:2])
    stack.settle()

    assert told(stack)[0].startswith(f"1 row of Halsted Foods in sheet {old} is neither read nor ")
    assert [stack.row(row, client)["Sync Status"] for row in copied] == ["Waiting for CSM"] * 2
    assert len(stack.tickets()) == 3
    stack.approve(*stack.tickets())
    stack.settle()
    assert [stack.row(row, client)["Sync Status"] for row in copied] == ["Setting up"] * 2
    change(stack, "halsted", sheet=str(old))
    stack.settle()
    assert stack.row(rows[2])["Sync Status"] == "Setting up"
    assert (len(stack.tickets()), len(stack.accounts())) == (3, 3)


@pytest.mark.parametrize("intake", ["csm", "csv"])
def test_tickets_go_on_without_their_rows(stack: Stack, intake: str, tmp_path: Path) -> None:
    rows = three_rows(stack)
    stack.settle()
    sheet = stack.clients[0].sheet
    folder = str(tmp_path) if intake == "csv" else ""

    change(stack, "halsted", sheet="", intake=intake, folder=folder)
    stack.settle()
    stack.approve(stack.ticket(rows[0]))
    stack.settle()

    where = "its folder" if intake == "csv" else "its manager's tickets"
    (text,) = told(stack)
    assert text == (
        f"3 rows of Halsted Foods in sheet {sheet} are neither read nor written, because its "
        f"requests come from {where} now: tell the customer, or change "
        "config/customers/halsted.yaml back."
    )
    assert len(stack.accounts()) == 1
    assert stack.rests() == {}
    change(stack, "halsted", sheet=str(sheet), intake="sheet", folder="")
    stack.settle()
    assert told(stack) == []
    assert stack.row(rows[0])["Sync Status"] == "Setting up"


def test_dropped_rows_go_on_in_the_sheet_that_the_customer_gets(stack: Stack) -> None:
    customer: Customer = enter(stack)
    drop(customer.folder, [given(), given(Account_Number="4471908099")])
    stack.settle()
    client = new_sheet(stack, Client("harbor", customer.name, stack.clients[0].person))

    change(stack, "harbor", sheet=str(client.sheet), intake="sheet", folder="")
    stack.settle()
    assert told(stack)[0].startswith("2 rows of Harbor Hotels that came without a sheet are ")
    rows = copy(stack, client, result(customer.folder))
    stack.settle()

    assert told(stack) == []
    assert [stack.row(row, client)["Sync Status"] for row in rows] == ["Waiting for CSM"] * 2
    assert len(stack.tickets()) == 2
    assert stack.rests() == {}

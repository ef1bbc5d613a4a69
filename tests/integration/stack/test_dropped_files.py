"""Customers without a sheet: files in a folder become rows, and the answer lies beside them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.integration.stack.without_sheet import (
    drop,
    drop_workbook,
    enter,
    enter_ticket,
    given,
    put,
    result,
    ticket,
    workbook_result,
)
from tests.stack import Stack

from ubm_sync.model import Customer


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A whole service over HTTP with a customer that drops files."""
    with Stack(tmp_path / "house", served=True) as house:
        yield house


@pytest.fixture
def customer(stack: Stack) -> Customer:
    return enter(stack)


def archived(customer: Customer) -> list[str]:
    return sorted(one.name for one in (Path(customer.folder) / "archive").iterdir())


def test_a_dropped_file_goes_all_the_way_to_active(stack: Stack, customer: Customer) -> None:
    folder = Path(customer.folder)
    drop(folder, [given()])

    stack.settle()
    (row,) = result(folder)
    assert row["Sync Status"] == "Waiting for CSM"
    stack.approve(stack.ticket())
    stack.settle()
    stack.enrol()
    stack.settle()

    (row,) = result(folder)
    assert (row["Sync Status"], row["Request #"]) == ("Active", "LOC-00001")
    assert row["UBM Account ID"] == stack.accounts()[0]["ref"]
    assert row["Location Code"] == "0412"
    assert len(archived(customer)) == 1
    assert not (folder / "locations.csv").exists()
    assert (stack.rests(), stack.problems()) == ({}, [])


def test_a_workbook_is_read_as_typed_and_answered_as_a_workbook(
    stack: Stack, customer: Customer
) -> None:
    cells = {**given(), "Service Start": date(2026, 12, 1), "Account Number": 4471908023}
    drop_workbook(customer.folder, [cells, {**given(Location_Code="0413"), "ZIP": "6043"}])

    stack.settle()

    first, second = workbook_result(customer.folder)
    assert (first["Sync Status"], first["Service Start"]) == ("Waiting for CSM", "2026-12-01")
    assert first["Account Number"] == "4471908023"
    assert second["Sync Status"] == "Needs information"
    assert "ZIP" in second["Sync Message"]


def test_the_same_file_again_writes_nothing_anywhere(stack: Stack, customer: Customer) -> None:
    rows = [given(), given(Location_Code="0413", Account_Number="")]
    drop(customer.folder, rows)
    stack.settle()
    before = stack.writes()

    drop(customer.folder, rows)
    reports = [stack.cycle() for _ in range(3)]

    assert stack.writes() == before
    assert [one.landed for one in reports] == [{}, {}, {}]
    assert len(archived(customer)) == 2


def test_a_corrected_file_updates_the_same_requests(stack: Stack, customer: Customer) -> None:
    rows = [given(), given(Location_Code="0413", Account_Number="")]
    drop(customer.folder, rows)
    stack.settle()
    assert [one["Sync Status"] for one in result(customer.folder)] == [
        "Waiting for CSM",
        "Needs information",
    ]

    corrected = [given(City="Romeoville"), given(Location_Code="0413", Account_Number="99887766")]
    drop(customer.folder, corrected)
    stack.settle()

    shown = result(customer.folder)
    assert [one["Sync Status"] for one in shown] == ["Waiting for CSM"] * 2
    assert [one["Request #"] for one in shown] == ["LOC-00001", "LOC-00002"]
    assert {one["properties"]["ubm_city"] for one in stack.tickets()} == {"Romeoville", "Joliet"}
    assert len(stack.tickets()) == 2


def test_a_row_that_a_later_file_leaves_out_stays(stack: Stack, customer: Customer) -> None:
    drop(customer.folder, [given(), given(Location_Code="0413", Account_Number="99887766")])
    stack.settle()

    drop(customer.folder, [given()])
    stack.wait(3600)
    stack.settle()
    stack.cycle(full=True)
    stack.cycle(full=True)

    shown = result(customer.folder)
    assert [one["Sync Status"] for one in shown] == ["Waiting for CSM"] * 2
    assert stack.problems() == []


def test_what_a_manager_corrected_is_not_undone_by_the_same_file(
    stack: Stack, customer: Customer
) -> None:
    drop(customer.folder, [given(City="Jolliet")])
    stack.settle()
    stack.edit_ticket(stack.ticket(), ubm_city="Joliet")
    stack.settle()
    assert result(customer.folder)[0]["City"] == "Joliet"

    drop(customer.folder, [given(City="Jolliet", Name_on_Account="Harbor Hotels Inc")])
    stack.settle()

    properties = stack.ticket()["properties"]
    assert (properties["ubm_city"], properties["ubm_name_on_account"]) == (
        "Joliet",
        "Harbor Hotels Inc",
    )


def test_a_correction_in_the_result_file_itself_is_taken_in(
    stack: Stack, customer: Customer
) -> None:
    drop(customer.folder, [given(ZIP="6043")])
    stack.settle()
    path = Path(customer.folder) / "locations.csv.result.csv"
    assert result(customer.folder)[0]["Sync Status"] == "Needs information"

    put(path, path.read_bytes().replace(b"6043,", b"60435,"))
    stack.settle()

    assert result(customer.folder)[0]["Sync Status"] == "Waiting for CSM"
    assert len(stack.tickets()) == 1


def test_a_file_and_a_ticket_about_one_account_are_one_request_and_a_duplicate(
    stack: Stack, customer: Customer
) -> None:
    ref = enter_ticket(stack, customer)
    stack.settle()
    drop(customer.folder, [given()])

    stack.settle()

    assert ticket(stack, ref)["ubm_sync_status"] == "Waiting for CSM"
    # The row of the file is about the account of the ticket: it is that request.
    (row,) = result(customer.folder)
    assert (row["Request #"], row["Sync Status"]) == ("LOC-00001", "Waiting for CSM")
    assert len(stack.tickets()) == 1


def test_killed_between_reading_and_answering_it_goes_on(stack: Stack, customer: Customer) -> None:
    drop(customer.folder, [given()])
    stack.stop()
    child = os.fork()
    if child == 0:  # the process that is killed
        list(stack.app.connectors["files"].observe(full=False))
        os.kill(os.getpid(), signal.SIGKILL)
    _, ended = os.waitpid(child, 0)
    assert os.WTERMSIG(ended) == signal.SIGKILL
    assert (Path(customer.folder) / "locations.csv").exists()

    stack.settle()

    assert [one["Sync Status"] for one in result(customer.folder)] == ["Waiting for CSM"]
    assert (len(stack.tickets()), len(archived(customer))) == (1, 1)


def test_a_file_that_cannot_be_read_is_kept_and_named_until_it_can(
    stack: Stack, customer: Customer
) -> None:
    path = put(Path(customer.folder) / "locations.xlsx", b"PK\x03\x04 no workbook")

    stack.settle()

    assert path.exists()
    assert [one.partition(":")[0] for one in stack.problems()] == [
        "File locations.xlsx was not read"
    ]
    (row,) = workbook_result(customer.folder)
    assert (row["Sync Status"], row["Sync Message"][:27]) == (
        "Not read",
        "File locations.xlsx was not",
    )
    (told,) = stack.tickets("Onboarding", ubm_customer_key="harbor")
    assert any("locations.xlsx" in str(one) for one in told["notes"])
    drop_workbook(customer.folder, [given()])
    stack.settle()

    assert stack.problems() == []
    assert workbook_result(customer.folder)[0]["Sync Status"] == "Waiting for CSM"


def test_a_password_in_a_file_is_masked_and_kept_nowhere_else(
    stack: Stack, customer: Customer
) -> None:
    drop(customer.folder, [given(Notes="portal password: Tr0ub4dor&3")])

    stack.settle()

    assert "Tr0ub4dor&3" not in result(customer.folder)[0]["Notes"]
    assert "password" in result(customer.folder)[0]["Sync Message"].lower()
    assert stack.kept_anywhere("Tr0ub4dor&3") == archived(customer)

"""Two thousand rows at once, from typed to Active, over real HTTP on both kinds of database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.bench.rows import TITLES, rows
from tests.databases import KINDS
from tests.stack import ENROLMENTS, MINUTE, Stack

ROWS = 2_000
# A customer writes vendors as its bills do; both spellings are one vendor.
ALIASES = {
    "ComEd": "Commonwealth Edison",
    "PSE&G": "Public Service Electric & Gas",
    "SDG&E": "San Diego Gas & Electric",
    "DTE": "DTE Energy",
}
# Column title -> property of the ticket and field of the account that hold the same.
SAME = {
    "Location Code": "location_code",
    "Location Name": "location_name",
    "Address 1": "address_1",
    "Address 2": "address_2",
    "City": "city",
    "State": "state",
    "ZIP": "zip",
    "Utility Vendor": "vendor",
    "Commodity": "commodity",
    "Account Number": "account_number",
    "Meter Number(s)": "meter_numbers",
    "Bill Type": "bill_type",
    "Name on Account": "name_on_account",
    "Service Start": "service_start",
    "Bill Delivery": "bill_delivery",
    "Online Access": "online_access",
    "GL / Cost Center": "gl_code",
    "Notes": "notes",
}


@pytest.fixture(params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """The whole service on loopback, its state and its store on one kind of database."""
    with ExitStack() as open_:
        urls = {}
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres")
            urls = {
                "state_url": open_.enter_context(server.database()),
                "store_url": open_.enter_context(server.database()),
            }
        yield open_.enter_context(Stack(tmp_path / "stack", served=True, **urls))


def test_two_thousand_rows_approved_at_once_end_active_and_equal_everywhere(stack: Stack) -> None:
    typed = dict(enumerate(_rows(stack)))
    stack.sheet_does("load_rows", columns=list(TITLES), rows=list(typed.values()))
    stack.wait(40 * MINUTE)
    stack.settle()
    assert _statuses(stack) == {"Waiting for CSM": ROWS}

    stack.approve(*stack.tickets())
    stack.settle()
    assert _statuses(stack) == {"Setting up": ROWS}

    stack.enrol()
    stack.settle()
    assert _statuses(stack) == {"Active": ROWS}

    sheet = list(stack.rows().values())
    tickets = {one["properties"]["ubm_request_number"]: one for one in stack.tickets()}
    accounts = {one["ref"]: one for one in stack.accounts()}
    assert len(tickets) == len(accounts) == ROWS
    assert len({row["UBM Sync ID"] for row in sheet}) == ROWS
    assert len(stack.tickets(ENROLMENTS)) == ROWS
    assert len({(one["vendor_canonical"], one["account_number"]) for one in accounts.values()}) == (
        ROWS
    )
    assert {one["status"] for one in accounts.values()} == {"active"}
    different = [
        found
        for row in sheet
        for found in _differences(row, tickets[row["Request #"]], accounts[row["UBM Account ID"]])
    ]
    assert different == []
    kept = [[row[title] for title in TITLES] for row in sheet]
    assert kept == [list(values) for values in typed.values()], "nothing typed was changed"

    counts = _counts(stack)
    assert counts == {"ubm_rows_requested": ROWS, "ubm_rows_active": ROWS}
    written = stack.writes()
    stack.cycle()
    assert stack.writes() == written


def _rows(stack: Stack) -> Iterator[tuple[str, ...]]:
    """Yield rows: 22 towns in 16 states, electricity and gas at each location, some by alias."""
    vendor = TITLES.index("Utility Vendor")
    for number, row in enumerate(rows(0, ROWS, stack.clock.now().date())):
        name = ALIASES.get(row[vendor], row[vendor]) if number % 3 == 0 else row[vendor]
        yield (*row[:vendor], name, *row[vendor + 1 :])


def _statuses(stack: Stack) -> Mapping[str, int]:
    return Counter(row["Sync Status"] for row in stack.rows().values())


def _differences(row: Mapping[str, str], ticket: Any, account: Mapping[str, str]) -> Iterator[str]:
    for title, field in SAME.items():
        values = {
            "row": row[title],
            "ticket": ticket["properties"].get(f"ubm_{field}") or "",
            "account": account.get(field, ""),
        }
        if len(set(values.values())) > 1:
            yield f"{row['Request #']} {title}: {values}"
    if ticket["stage"] != "Active":
        yield f"{row['Request #']} ticket in {ticket['stage']}"
    if row["HubSpot Ticket"] != f"#{ticket['id']}":
        yield f"{row['Request #']} names {row['HubSpot Ticket']}, not #{ticket['id']}"


def _counts(stack: Stack) -> dict[str, int]:
    client = stack.clients[0]
    onboarding = [
        one for one in stack.tickets("Onboarding") if one["companies"] == [client.company]
    ]
    assert len(onboarding) == 1
    properties = onboarding[0]["properties"]
    return {name: int(properties[name]) for name in ("ubm_rows_requested", "ubm_rows_active")}

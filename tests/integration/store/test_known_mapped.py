"""Which accounts of somebody else's table a text names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from tests.integration.store.doubles import PLACE, Store

from ubm_sync.database import open_engine
from ubm_sync.model import Binding
from ubm_sync.ports import KnownAccount, KnowsAccounts, KnowsBills

FIELDS = (
    Binding("account_number", "acct_no"),
    Binding("vendor", "utility"),
    Binding("state", "st"),
    Binding("city", "town"),
    Binding("location_code", "site"),
    Binding("meter_numbers", "meters"),
    Binding("status", "state_of_it", decode={"OUT": "closed", "IN": "active"}),
)
ROWS = (
    (1, "halsted", "0447-190-8023", "Commonwealth Edison", "0412", "230114477; M-17", "IN"),
    (2, "halsted", "910023455678", "Nicor", "0412", "", "IN"),
    (3, "halsted", "118023", "ComEd", "9", "", "OUT"),
    (4, "aurora", "5550001112", "ComEd", "A1", "", "IN"),
)


@pytest.fixture
def foreign(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE book (id INTEGER PRIMARY KEY, sync_id TEXT, customer_key TEXT,"
                " acct_no TEXT, utility TEXT, st TEXT, town TEXT, site TEXT, meters TEXT,"
                " state_of_it TEXT)"
            )
        )
        for row in ROWS:
            connection.execute(
                text(
                    "INSERT INTO book (id, customer_key, acct_no, utility, site, meters,"
                    " state_of_it, st, town) VALUES (:i, :c, :n, :u, :s, :m, :o, 'IL', 'Joliet')"
                ),
                dict(zip("icnusmo", row, strict=True)),
            )
    engine.dispose()
    place = replace(PLACE, bindings=FIELDS)
    store = Store(database_url, place=place, settings={"table": "book"})
    yield store
    store.close()


def named(
    store: Store,
    *numbers: str,
    customer: str = "halsted",
    vendors: Sequence[str] = (),
    meters: Sequence[str] = (),
    text: str = "",
) -> Sequence[KnownAccount]:
    connector = store.connector
    assert isinstance(connector, KnowsAccounts)
    return connector.accounts_named(customer, numbers, vendors, meters, text)


def told(found: Sequence[KnownAccount]) -> list[tuple[str, str]]:
    return [(one.id, one.how) for one in found]


def test_a_number_is_found_and_nothing_is_known_of_its_bills(foreign: Store) -> None:
    (found,) = named(foreign, "4471908023")

    assert found == KnownAccount(
        "1", "halsted", "ComEd", "0447-190-8023", "0412", "", "Joliet", "IL", "active",
        "account number 4471908023",
    )  # fmt: skip
    assert (found.statement, found.unpaid) == (None, None)


def test_the_rules_are_those_of_our_own_store(foreign: Store) -> None:
    assert told(named(foreign, "xx08023", vendors=["ComEd"])) == [
        ("1", "a number that ends in 8023 with ComEd")
    ]  # the other one that ends so is closed
    assert named(foreign, "8023") == []
    assert told(named(foreign, meters=["M 17", "230114477"])) == [("1", "meter 230114477")]
    assert named(foreign, meters=["23011447"]) == []
    assert told(named(foreign, vendors=["ComEd"], text="Store 412 goes off")) == [
        ("1", "site 0412 with ComEd")
    ]
    assert named(foreign, "5550001112") == []
    assert told(named(foreign, "5550001112", customer="")) == [("4", "account number 5550001112")]
    assert named(foreign) == []


def test_a_number_of_percent_signs_is_no_pattern(foreign: Store) -> None:
    assert named(foreign, "%%%%", "____") == []


def test_there_are_no_bills_and_that_is_said(foreign: Store) -> None:
    connector = foreign.connector
    assert isinstance(connector, KnowsBills)

    assert list(connector.due_between(date(2026, 1, 1), date(2027, 1, 1))) == []
    assert list(connector.held_until(date(2027, 1, 1))) == []
    assert "has no bills" in connector.without_bills

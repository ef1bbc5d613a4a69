"""Which accounts a text names, and what is to be paid, asked of real databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event
from tests.integration.store.doubles import Store, new

from ubm_store.known import MOST
from ubm_sync.errors import NotThere
from ubm_sync.model import Write
from ubm_sync.ports import KnownAccount, KnowsAccounts, KnowsBills

JOLIET, GAS, AURORA_ONE = "UBM-0000001", "UBM-0000002", "UBM-0000003"


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


def aurora(key: str, number: str) -> Write:
    there = new(key, number, location_code="A1", location_name="Main hall", city="Aurora")
    return replace(there, container="aurora")


def bill(store: Store, account: str, **columns: object) -> None:
    """Insert a bill of an account as a person would."""
    values = {"origin": "actual", "is_mock": False, "hold": "none", "version": 1, **columns}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    store.sql(
        f"INSERT INTO bill (account_number, {names})"  # noqa: S608 - names of this file
        f" SELECT number, {marks} FROM account WHERE id = :account",
        account=account,
        **values,
    )


@pytest.fixture
def shop(store: Store) -> Store:
    """Halsted's power and gas at Joliet, and one account of Aurora's."""
    gas = new(
        "b", "9100-234-5567-8", vendor="Nicor", vendor_canonical="Nicor Gas",
        account_key="910023455678", meter_numbers="230114477; M-17",
    )  # fmt: skip
    for write in (new("a"), gas, aurora("c", "5550001112")):
        (outcome,) = store.apply(write)
        assert outcome.ref, outcome
    return store


@pytest.mark.parametrize("typed", ["4471908023", "44719 08023", "#4471-9080-23", "0004471908023"])
def test_a_number_is_found_however_it_is_typed(shop: Store, typed: str) -> None:
    (found,) = named(shop, typed)

    assert found == KnownAccount(
        id=JOLIET,
        customer="halsted",
        vendor="ComEd",
        number="4471908023",
        location_code="0412",
        location_name="Joliet #0412",
        city="Joliet",
        state="IL",
        status="setting_up",
        how=f"account number {typed.strip()}",
    )


def test_the_key_that_the_service_gives_an_account_hides_no_number(shop: Store) -> None:
    shop.sql(
        "UPDATE account SET account_key = 'halsted|ComEd|IL|4471908023' WHERE id = :id", id=JOLIET
    )

    assert told(named(shop, "0447-190-8023")) == [(JOLIET, "account number 0447-190-8023")]
    assert told(named(shop, "*8023", vendors=["ComEd"])) == [
        (JOLIET, "a number that ends in 8023 with ComEd")
    ]


def test_a_number_typed_by_hand_is_found_although_it_has_no_key(shop: Store) -> None:
    shop.sql(
        "UPDATE account SET account_key = NULL, account_number = '0447-190 8023' WHERE id = :id",
        id=JOLIET,
    )

    assert told(named(shop, "4471908023")) == [(JOLIET, "account number 4471908023")]


def test_a_number_of_another_customer_is_not_named_here(shop: Store) -> None:
    assert named(shop, "5550001112") == []
    assert told(named(shop, "5550001112", customer="aurora")) == [
        (AURORA_ONE, "account number 5550001112")
    ]


def test_a_long_number_tells_whose_text_it_is(shop: Store) -> None:
    (found,) = named(shop, "5550001112", customer="")

    assert (found.customer, found.id) == ("aurora", AURORA_ONE)
    assert named(shop, "5550001112", customer="", vendors=["Ameren"]) == []
    assert told(named(shop, "1112", customer="", vendors=["ComEd"])) == []


def test_of_two_accounts_with_one_number_the_vendor_decides(shop: Store) -> None:
    (outcome,) = shop.apply(
        new("d", "4471908023", vendor="Nicor Gas", vendor_canonical="Nicor Gas")
    )

    assert [one.id for one in named(shop, "4471908023")] == [JOLIET, outcome.ref]
    assert [one.id for one in named(shop, "4471908023", vendors=["Nicor"])] == [outcome.ref]
    assert [one.id for one in named(shop, "4471908023", vendors=["Com Ed"])] == [JOLIET]


def test_a_vendor_that_does_not_agree_is_said(shop: Store) -> None:
    assert told(named(shop, "4471908023", vendors=["Ameren"])) == [
        (JOLIET, "account number 4471908023, although the text names Ameren")
    ]


def test_the_end_of_a_number_is_enough_with_the_vendor_and_where_only_one_ends_so(
    shop: Store,
) -> None:
    assert named(shop, "8023") == []
    assert named(shop, "8023", vendors=["Nicor"]) == []
    assert told(named(shop, "xxxxxx8023", vendors=["Commonwealth Edison"])) == [
        (JOLIET, "a number that ends in 8023 with Commonwealth Edison")
    ]
    assert named(shop, "023", vendors=["ComEd"]) == []

    shop.apply(new("d", "118023", location_code="7"))
    assert named(shop, "8023", vendors=["ComEd"]) == []
    assert len(named(shop, "08023", vendors=["ComEd"])) == 0  # a leading zero is no digit
    assert told(named(shop, "908023", vendors=["ComEd"])) == [
        (JOLIET, "a number that ends in 908023 with ComEd")
    ]


def test_a_closed_account_is_named_only_where_there_is_no_other(shop: Store) -> None:
    shop.sql("UPDATE account SET status = 'closed' WHERE id = :id", id=JOLIET)
    assert [one.status for one in named(shop, "4471908023")] == ["closed"]

    (outcome,) = shop.apply(new("d"))

    assert [one.id for one in named(shop, "4471908023")] == [outcome.ref]


@pytest.mark.parametrize("meter", ["230114477", "0230-114 477", "m17"])
def test_a_meter_names_its_account(shop: Store, meter: str) -> None:
    found = named(shop, meters=[meter])

    if meter == "m17":
        assert found == []  # three characters say nothing
    else:
        assert told(found) == [(GAS, f"meter {meter}")]


def test_a_meter_that_was_removed_names_nobody(shop: Store) -> None:
    shop.sql("UPDATE meter SET removed_at = '2026-11-01T00:00:00.000000Z'")

    assert named(shop, meters=["230114477"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "Store 0412 Joliet gets a shutoff on 12/01",
        "store #412: they want to cut us off",
        "In Joliet (0412) the power goes",
        "Tienda 412, aviso de corte",
    ],
)
def test_a_site_with_its_vendor_names_the_account(shop: Store, text: str) -> None:
    assert told(named(shop, vendors=["ComEd"], text=text)) == [(JOLIET, "site 0412 with ComEd")]


def test_a_site_is_asked_only_where_nothing_else_is_known(shop: Store) -> None:
    text = "Store 0412, account 910023455678"

    assert [one.id for one in named(shop, "910023455678", vendors=["ComEd"], text=text)] == [GAS]
    assert [one.id for one in named(shop, "1", vendors=["ComEd"], text=text)] == [JOLIET]
    assert named(shop, vendors=["ComEd"], text=text, customer="") == []
    assert named(shop, text=text) == []  # two accounts there, and no vendor is named


def test_a_store_is_found_by_the_number_in_its_name(shop: Store) -> None:
    shop.apply(new("d", "77001", location_code="DKB", location_name="DeKalb #0733"))

    assert [one.location_code for one in named(shop, vendors=["ComEd"], text="store 733")] == [
        "DKB"
    ]


def test_the_last_bill_is_told_without_mocks_and_voids(shop: Store) -> None:
    bill(shop, JOLIET, statement_date="2026-09-28", amount_cents=99900, hold="none",
         processed_at="2026-10-01T00:00:00.000000Z")  # fmt: skip
    bill(shop, JOLIET, statement_date="2026-10-28", due_date="2026-11-20", amount_cents=120_411)
    bill(shop, JOLIET, statement_date="2026-11-20", amount_cents=1, is_mock=True, origin="mock")
    bill(shop, JOLIET, statement_date="2026-11-21", amount_cents=2, origin="void")

    (found,) = named(shop, "4471908023")

    assert (found.statement, found.due) == (date(2026, 10, 28), date(2026, 11, 20))
    assert (found.amount_cents, found.hold, found.over_limit, found.unpaid) == (
        120_411, "none", False, True
    )  # fmt: skip


def test_of_a_bill_that_was_issued_again_the_newest_version_counts(shop: Store) -> None:
    bill(shop, JOLIET, statement_date="2026-10-28", amount_cents=1, version=2)
    bill(shop, JOLIET, statement_date="2026-10-28", amount_cents=2, version=1)

    assert [one.amount_cents for one in named(shop, "4471908023")] == [1]


@pytest.mark.parametrize(("cents", "over"), [(2_400_000, False), (2_400_001, True)])
def test_a_bill_over_24000_dollars_is_over_the_limit(shop: Store, cents: int, over: bool) -> None:
    bill(shop, JOLIET, statement_date="2026-10-28", amount_cents=cents, hold="approved")

    (found,) = named(shop, "4471908023")

    assert (found.over_limit, found.hold) == (over, "approved")


def test_an_earlier_bill_on_hold_is_told_and_one_that_was_processed_is_not(shop: Store) -> None:
    bill(shop, JOLIET, statement_date="2026-09-28", amount_cents=5, hold="held")
    bill(shop, JOLIET, statement_date="2026-10-28", amount_cents=7)
    assert [one.hold for one in named(shop, "4471908023")] == ["held"]

    shop.sql("UPDATE bill SET processed_at = '2026-11-01T00:00:00.000000Z'")

    (found,) = named(shop, "4471908023")
    assert (found.hold, found.unpaid) == ("none", False)


def test_a_cell_that_holds_nonsense_hides_no_account(sqlite_store: Store) -> None:
    sqlite_store.apply(new("a"))
    bill(sqlite_store, JOLIET, statement_date="soon", due_date="12/01/26", amount_cents="a lot")

    (found,) = named(sqlite_store, "4471908023")

    assert (found.statement, found.due, found.amount_cents, found.unpaid) == (
        None, None, None, True
    )  # fmt: skip


def test_a_text_that_lists_everything_names_no_more_than_fits(shop: Store) -> None:
    shop.apply(*(new(f"k{number}", f"66000{number:05}") for number in range(MOST + 9)))
    numbers = [f"66000{number:05}" for number in range(MOST + 9)]

    assert [one.number for one in named(shop, *numbers)] == numbers[:MOST]


def test_an_account_is_found_by_an_index(sqlite_store: Store) -> None:
    sqlite_store.apply(new("a"))
    plans: list[str] = []

    def explain(_c: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            raw = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            plans.extend(row[3] for row in raw)

    named(sqlite_store, "1")
    engine = sqlite_store.connector._opened  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", explain)
    for customer in ("halsted", ""):
        named(sqlite_store, "4471908023", "66778023", customer=customer, vendors=["ComEd"],
              meters=["230114477"], text="store 412")  # fmt: skip
    bills = sqlite_store.connector
    assert isinstance(bills, KnowsBills)
    list(bills.due_between(date(2026, 12, 1), date(2026, 12, 31)))

    assert any("ix_account_known" in plan for plan in plans)
    assert any("ix_account_tail" in plan for plan in plans)
    assert any("ix_meter_known" in plan for plan in plans)
    assert any("ix_bill_open" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN ")] == []


def test_before_setup_it_is_said_what_to_run(bare_store: Store) -> None:
    with pytest.raises(NotThere, match="run ubm-sync setup"):
        named(bare_store, "4471908023")


# ------------------------------------------------------------------------------------ what is due


def due(store: Store, start: str, end: str, *customers: str) -> list[tuple[str, str, str, object]]:
    connector = store.connector
    assert isinstance(connector, KnowsBills)
    found = connector.due_between(date.fromisoformat(start), date.fromisoformat(end), customers)
    return [(one.account, one.customer, str(one.due), one.amount_cents) for one in found]


def test_bills_that_are_due_in_a_span_are_told_by_day_the_largest_first(shop: Store) -> None:
    for account, day, cents in (
        (JOLIET, "2026-12-23", 1), (JOLIET, "2026-12-24", 500), (GAS, "2026-12-24", 900),
        (AURORA_ONE, "2026-12-28", 70), (GAS, "2026-12-29", 2),
    ):  # fmt: skip
        bill(shop, account, statement_date=f"2026-11-{day[-2:]}", due_date=day, amount_cents=cents)

    assert due(shop, "2026-12-24", "2026-12-28") == [
        (GAS, "halsted", "2026-12-24", 900),
        (JOLIET, "halsted", "2026-12-24", 500),
        (AURORA_ONE, "aurora", "2026-12-28", 70),
    ]
    assert due(shop, "2026-12-28", "2026-12-31", "halsted") == [(GAS, "halsted", "2026-12-29", 2)]


def test_a_version_that_was_replaced_is_not_due(shop: Store) -> None:
    for version, cents in ((1, 100), (2, 200)):
        bill(shop, JOLIET, statement_date="2026-12-01", due_date="2026-12-24", version=version,
             amount_cents=cents)  # fmt: skip
    bill(shop, JOLIET, statement_date="2026-12-01", due_date="2026-12-24", version=3,
         amount_cents=300, origin="void")  # fmt: skip

    assert due(shop, "2026-12-24", "2026-12-24") == [(JOLIET, "halsted", "2026-12-24", 200)]


@pytest.mark.parametrize(
    "odd",
    [
        {"is_mock": True},
        {"origin": "mock"},
        {"origin": "void"},
        {"processed_at": "2026-12-02T00:00:00.000000Z"},
    ],
)
def test_what_is_no_bill_or_was_processed_is_not_due(shop: Store, odd: dict[str, object]) -> None:
    bill(shop, JOLIET, statement_date="2026-12-01", due_date="2026-12-24", amount_cents=1, **odd)

    assert due(shop, "2026-12-01", "2026-12-31") == []


def test_a_bill_is_told_with_where_it_belongs(shop: Store) -> None:
    bill(shop, GAS, statement_date="2026-12-01", due_date="2026-12-24", amount_cents=2_500_000,
         hold="held")  # fmt: skip
    connector = shop.connector
    assert isinstance(connector, KnowsBills)

    (found,) = connector.held_until(date(2026, 12, 24))

    assert (found.vendor, found.number, found.location) == (
        "Nicor Gas", "9100-234-5567-8", "0412 Joliet #0412"
    )  # fmt: skip
    assert (found.statement, found.hold, found.processed) == (date(2026, 12, 1), "held", False)
    assert connector.without_bills == ""
    assert list(connector.held_until(date(2026, 12, 23))) == []
    assert list(connector.held_until(date(2026, 12, 24), ["aurora"])) == []


def test_a_bill_on_hold_of_which_nobody_knows_when_it_is_due_is_told(shop: Store) -> None:
    bill(shop, GAS, statement_date="2026-12-01", amount_cents=1, hold="held")
    connector = shop.connector
    assert isinstance(connector, KnowsBills)

    assert [one.due for one in connector.held_until(date(2026, 12, 1))] == [None]

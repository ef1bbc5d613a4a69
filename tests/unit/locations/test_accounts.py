from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.locations.world import HALSTED, PLAIN

from ubm_sync.flow import NOWHERE
from ubm_sync.locations import LocationFlow
from ubm_sync.locations.accounts import account_key, possible_key, site
from ubm_sync.spelling import display, number_key


@pytest.mark.parametrize(
    "typed", ["0045-118-22", "004511822", "45 118 22", "45.118/22", "'0045118#22", "\u200b4511822"]
)
def test_spellings_of_one_number_have_one_key(typed: str) -> None:
    assert number_key(typed) == "4511822"


def test_what_people_see_is_what_was_typed() -> None:
    assert display(" 0045-118-22\u00a0") == "0045-118-22"
    assert display("'0412") == "0412"


def test_a_check_digit_makes_two_numbers_possible_only() -> None:
    assert possible_key("4471908023-4") == possible_key("44719080237")
    assert number_key("4471908023-4") != number_key("44719080237")


def test_an_account_is_customer_vendor_state_and_number() -> None:
    assert account_key(HALSTED, PLAIN) == "halsted|ComEd|IL|4471908023"
    assert LocationFlow().account_key(HALSTED, PLAIN) == account_key(HALSTED, PLAIN)
    assert account_key(HALSTED, PLAIN | {"vendor": "Acme Gas Co."}) == (
        "halsted|acmegas|IL|4471908023"
    )


@pytest.mark.parametrize(
    "same",
    [
        {"vendor": "Commonwealth Edison"},
        {"state": "Illinois"},
        {"account_number": "004471-908-023"},
    ],
)
def test_rows_for_one_account_meet(same: dict[str, str]) -> None:
    assert account_key(HALSTED, PLAIN | same) == account_key(HALSTED, PLAIN)


@pytest.mark.parametrize(
    "other",
    [{"vendor": "Ameren"}, {"state": "IN"}, {"account_number": "4471908024"}],
)
def test_the_number_alone_is_no_account(other: dict[str, str]) -> None:
    assert account_key(HALSTED, PLAIN | other) != account_key(HALSTED, PLAIN)


@pytest.mark.parametrize("field", ["vendor", "state", "account_number"])
def test_there_is_no_key_while_a_part_is_missing(field: str) -> None:
    assert not account_key(HALSTED, {k: v for k, v in PLAIN.items() if k != field})


def test_zeros_only_are_no_number() -> None:
    assert not account_key(HALSTED, PLAIN | {"account_number": "000-000"})


@given(st.text(max_size=30))
def test_a_key_is_its_own_key(typed: str) -> None:
    key = number_key(typed)

    assert number_key(display(typed)) == key


@pytest.mark.parametrize(
    ("address", "zip_code"),
    [("1450 West Jefferson Street", "60435"), ("1450 w. jefferson", "60435-1234"),
     ("Unit B, 1450 W Jefferson St", "604351234")],
)  # fmt: skip
def test_an_address_is_the_same_however_it_is_written(address: str, zip_code: str) -> None:
    plain = site(HALSTED, PLAIN)
    other = site(HALSTED, PLAIN | {"address_1": address, "zip": zip_code})

    assert (other.key, other.place) == (plain.key, plain.place)
    assert plain.shown == "1450 W Jefferson St, Joliet, IL"


@pytest.mark.parametrize("field", ["location_code", "address_1", "zip"])
def test_without_a_code_or_an_address_a_row_is_nowhere(field: str) -> None:
    assert site(HALSTED, {name: one for name, one in PLAIN.items() if name != field}) == NOWHERE


def test_another_number_or_zip_is_another_address() -> None:
    plain = site(HALSTED, PLAIN)

    assert site(HALSTED, PLAIN | {"address_1": "1452 W Jefferson St"}).place != plain.place
    assert site(HALSTED, PLAIN | {"zip": "60101"}).place != plain.place
    assert site(HALSTED, PLAIN | {"location_code": "412"}).key != plain.key

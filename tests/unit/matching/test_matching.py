"""Which rows are which accounts: single facts first, then whole labelled portfolios."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.matching.labelled import Maker, real_addresses
from tests.unit.matching.scores import scores
from tests.unit.matching.second_author import Portfolio

from ubm_sync.matching import Class, Item, Proposal, match
from ubm_sync.matching.address import Place, compare_places, compare_units, read_address
from ubm_sync.matching.numbers import Alike, compare_numbers, read_meters, read_number

BUILDINGS = Path(__file__).parents[4] / "shared" / "data" / "us_buildings_9k.csv"
ROW = {
    "location_code": "0412",
    "location_name": "Halsted Market",
    "address_1": "1450 W Jefferson St",
    "city": "Joliet",
    "state": "IL",
    "zip": "60435",
    "vendor": "ComEd",
    "commodity": "Electric",
    "account_number": "4471908023",
    "meter_numbers": "230114477",
    "bill_type": "Full service",
}


def row(ref: str = "r1", **changes: str) -> Item:
    return Item("row", ref, _values(changes), ref)


def account(ref: str = "a1", **changes: str) -> Item:
    return Item("account", ref, _values(changes))


def _values(changes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in {**ROW, **changes}.items() if value}


def of(*items: Item) -> dict[str, Proposal]:
    """Match rows with accounts; return the proposals by row."""
    rows = [one for one in items if one.place == "row"]
    others = [one for one in items if one.place == "account"]
    return {one.row.ref: one for one in match(rows, others, "account").proposals}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("135 HIGH ST", "135 High Street"),
        ("1450 W Jefferson St", "1450 West Jefferson Street"),
        ("1450 W. Jefferson St.", "1450 W JEFFERSON STREET"),
        ("12 St. Louis Ave", "12 Saint Louis Avenue"),
        ("22 Twenty-Third St", "22 23rd Street"),
        ("One First Street", "1 1st St"),
        ("100 U.S. Route 30 East", "100 US Hwy 30 E"),
        ("77 County Road 12", "77 CR 12"),
        ("2400 I-35 N", "2400 Interstate 35 N"),
        ("300 Dr Martin Luther King Jr Blvd", "300 MLK Blvd"),
        ("Main St & 5th Ave", "5th Ave and Main Street"),
        ("88 Ft Worth Pkwy", "88 Fort Worth Parkway"),
    ],
)
def test_two_spellings_of_an_address_are_one_building(one: str, other: str) -> None:
    first, second = (read_address(text, "", "Joliet", "IL", "60435") for text in (one, other))

    assert compare_places(first, second) is Place.SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 Oak St", "100 Oak Ave"),
        ("100 N Oak St", "100 S Oak St"),
        ("100 Oak St", "102 Oak St"),
        ("100 1st St", "100 2nd St"),
        ("100 Oak St", "100 Elm St"),
        ("100 US Hwy 30", "100 US Hwy 34"),
    ],
)
def test_two_buildings_are_two(one: str, other: str) -> None:
    first, second = (read_address(text, "", "Joliet", "IL", "60435") for text in (one, other))

    assert compare_places(first, second) is Place.DIFFERENT


def test_the_same_street_in_two_towns_is_two_places() -> None:
    joliet = read_address("100 Main St", "", "Joliet", "IL", "60435")
    aurora = read_address("100 Main St", "", "Aurora", "IL", "60505")

    assert compare_places(joliet, aurora) is Place.DIFFERENT
    assert compare_places(joliet, read_address("100 Main St", "", "Joliet", "IL", "")) is Place.SAME


@pytest.mark.parametrize(
    ("lines", "same"),
    [
        (("100 Main St, Suite 200", ""), True),
        (("100 Main St Ste. 200", ""), True),
        (("100 Main St", "#200"), True),
        (("100 Main St", "Unit 201"), False),
        (("100 Main St", ""), None),
        (("100 Main St", "Bldg 3, Suite 200"), None),
    ],
)
def test_a_suite_is_read_from_either_line(lines: tuple[str, str], same: bool | None) -> None:
    known = read_address("100 Main St", "Suite 200", "Joliet", "IL", "60435")

    assert compare_units(known, read_address(*lines, "Joliet", "IL", "60435")) is same


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("0045-118-22", "004511822", Alike.FORMAT),
        ("45 118 22", "004511822", Alike.ZEROS),
        ("00098123", "98123", Alike.ZEROS),
        ("'4471908023", "4471908023", Alike.SAME),
        ("4471908023.0", "4471908023", Alike.FORMAT),
        ("4,471,908,023", "4471908023", Alike.FORMAT),
        ("1.04437E+16", "10443720007123456", Alike.DAMAGED),
        ("10443720007123400", "10443720007123456", Alike.DAMAGED),
        ("44719O8O23", "4471908023", Alike.LOOKALIKE),
        ("4471908023-4", "4471908023", Alike.CHECK_DIGIT),
        ("4471980023", "4471908023", Alike.TYPO),
        ("4471908023; 5512", "4471908023", Alike.LISTED),
        ("4471908023", "5571908024", Alike.DIFFERENT),
        ("99", "98", Alike.DIFFERENT),
        ("", "4471908023", Alike.UNKNOWN),
    ],
)
def test_what_becomes_of_account_numbers(one: str, other: str, alike: Alike) -> None:
    assert compare_numbers(read_number(one), read_number(other)) is alike
    assert compare_numbers(read_number(other), read_number(one)) is alike


def test_meters_are_compared_without_zeros_and_separators() -> None:
    assert read_meters("0230114477; E-12 345") == {"230114477", "E12345"}
    assert read_meters("none") == frozenset()


def test_the_account_key_decides_and_the_reasons_say_so() -> None:
    other = account(account_number="00-4471908023", vendor="Commonwealth Edison", address_1="")
    (found,) = of(row(), other).values()

    assert found.kind is Class.SAME
    assert found.best is not None
    assert any("leading zeros (4471908023 / 00-4471908023)" in one for one in found.best.reasons)
    assert "same vendor (ComEd)" in found.best.reasons


def test_the_same_number_under_two_vendors_is_two_accounts() -> None:
    far = account(vendor="Peoples Gas", commodity="Natural gas", address_1="9 Elm St", zip="60601",
                  city="Chicago", location_code="0999", meter_numbers="")  # fmt: skip

    assert of(row(), far)["r1"].kind is Class.NEW


def test_supply_and_delivery_on_one_meter_are_two_accounts() -> None:
    supply = account(vendor="Constellation", account_number="88120", bill_type="Supply only")

    assert of(row(bill_type="Delivery only"), supply)["r1"].kind is Class.NEW


def test_a_new_number_on_the_same_meter_is_for_a_person() -> None:
    found = of(row(account_number="990011223344"), account())["r1"]

    assert found.kind is Class.ASK
    assert found.best is not None
    assert "was it renumbered?" in found.best.reasons[0]


def test_two_suites_with_neighbouring_numbers_are_told_apart() -> None:
    rows = [row(f"r{n}", address_2=f"Suite {n}", account_number=f"447190802{n}",
                location_code=f"{n}", meter_numbers="") for n in (1, 2, 3)]  # fmt: skip
    others = [account(f"a{n}", address_2=f"Ste {n}", account_number=f"0447190802{n}",
                      location_code=f"{n}", meter_numbers="") for n in (2, 3, 4)]  # fmt: skip
    found = of(*rows, *others)

    assert found["r1"].kind is Class.NEW
    assert [one.best.item.ref for one in found.values() if one.best] == ["a2", "a3"]


def test_two_accounts_that_are_equally_likely_are_for_a_person() -> None:
    found = of(row(), account("a1"), account("a2"))["r1"]

    assert found.contested
    assert found.kind is Class.ASK
    assert found.best is not None
    assert {found.best.item.ref, *(one.item.ref for one in found.rivals)} == {"a1", "a2"}


def test_the_live_account_goes_before_the_closed_one() -> None:
    found = of(row(), account("closed", status="closed"), account("live", status="active"))["r1"]

    assert found.kind is Class.SAME
    assert found.best is not None
    assert found.best.item.ref == "live"


def test_a_copied_row_gives_way_to_the_first() -> None:
    found = of(row("r1"), row("r2"), account())

    assert found["r1"].kind is Class.SAME
    assert found["r2"].copy_of is not None
    assert found["r2"].best is None


@pytest.mark.parametrize(
    "number", ["4.47191E+09", "447190802E", "44719O8O23", "4471908032", "44719080231"]
)
def test_a_damaged_number_on_another_meter_is_never_approved_as_a_class(number: str) -> None:
    found = of(row(account_number=number), account(meter_numbers="99887766"))["r1"]

    assert found.kind in {Class.ASK, Class.NEW}


@pytest.mark.parametrize(
    ("one", "other", "state"),
    [
        ("KCPL", "Evergy", "MO"),
        ("Vectren Energy Delivery", "CenterPoint Energy Indiana North", "IN"),
        ("Columbia Gas OH", "Columbia Gas of Ohio", "OH"),
    ],
)
def test_a_utility_s_former_name_is_the_utility(one: str, other: str, state: str) -> None:
    mine = row(vendor=one, state=state, zip="", commodity="")
    theirs = account(vendor=other, state=state, zip="", commodity="")

    assert of(mine, theirs)["r1"].kind is Class.SAME


def test_a_number_at_another_place_is_for_a_person() -> None:
    moved = account(address_1="9 Elm St", city="Chicago", zip="60601", location_code="0999",
                    meter_numbers="")  # fmt: skip
    found = of(row(), moved)["r1"]

    assert found.kind is Class.ASK
    assert found.best is not None
    assert any(one.startswith("but another address") for one in found.best.reasons)


def test_the_same_street_in_another_city_is_told_with_the_city() -> None:
    found = of(row(), account(city="Aurora", zip="60506"))["r1"]

    assert found.best is not None
    assert (
        "but another address (1450 W Jefferson St, Joliet / 1450 W Jefferson St, Aurora)"
        in found.best.reasons
    )


def test_a_ticket_in_plain_words_is_found_by_the_number_it_names() -> None:
    text = "Please set up Com Ed account 44-7190-8023 for 1450 West Jefferson."
    ticket = Item("ticket", "t1", {"subject": "New store Joliet", "content": text})
    (found,) = match([row(vendor="ComEd")], [ticket], "ticket").proposals

    assert found.best is not None
    assert found.best.item.ref == "t1"
    assert found.best.reasons[0] == "its text names the account number 4471908023"


def test_what_was_rejected_is_not_proposed_again() -> None:
    (found,) = match([row()], [account()], "account", {("r1", "a1")}).proposals

    assert found.kind is Class.NEW


@given(st.text(max_size=40), st.text(max_size=40))
def test_comparing_is_symmetric_and_never_fails(one: str, other: str) -> None:
    first, second = read_number(one), read_number(other)
    assert compare_numbers(first, second) is compare_numbers(second, first)

    here, there = read_address(one, other, "X", "IL", "1"), read_address(other, one, "X", "IL", "1")
    assert compare_places(here, there) is compare_places(there, here)
    assert compare_units(here, there) is compare_units(there, here)


@given(st.permutations(range(6)))
def test_the_order_of_what_exists_changes_nothing(order: list[int]) -> None:
    rows = [row(f"r{n}", account_number=f"55001{n}0099", location_code=f"{n}") for n in range(6)]
    others = [
        account(f"a{n}", account_number=f"55001{n}0099", location_code=f"{n}") for n in range(6)
    ]
    found = of(*(rows[n] for n in order), *(others[n] for n in reversed(order)))

    assert {ref: one.best.item.ref for ref, one in found.items() if one.best} == {
        f"r{n}": f"a{n}" for n in range(6)
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_thousand_locations_are_matched_as_they_are_labelled(seed: int) -> None:
    made = Maker(seed).make(2_000)
    found = scores(match(made.rows, made.others, "account"), made.truth, made.patterns)

    assert found.precision >= 0.99, found.told()
    assert found.recall >= 0.95, found.told()
    assert found.sure_precision >= 0.99, found.told()


def test_real_buildings_are_matched_as_well_as_made_up_ones() -> None:
    addresses = real_addresses(BUILDINGS) if BUILDINGS.exists() else []
    made = Maker(4, addresses).make(2_000)
    found = scores(match(made.rows, made.others, "account"), made.truth, made.patterns)

    assert found.precision >= 0.99, found.told()
    assert found.recall >= 0.95, found.told()


@pytest.mark.parametrize("seed", [1, 2])
def test_another_author_s_portfolio_is_matched_as_well(seed: int) -> None:
    made = Portfolio(seed).draw(2_000)
    found = scores(match(made.rows, made.others, "account"), made.truth, made.patterns)

    assert found.precision >= 0.99, found.told()
    assert found.recall >= 0.95, found.told()


def test_twenty_thousand_rows_are_compared_by_blocks_and_not_all_with_all() -> None:
    from ubm_sync.matching.blocking import pairs  # noqa: PLC0415
    from ubm_sync.matching.item import traits  # noqa: PLC0415

    rows = [traits(row(f"r{n}", account_number=f"{n:09}1", address_1=f"{n} Oak St",
                       meter_numbers="")) for n in range(20_000)]  # fmt: skip
    others = [traits(account(f"a{n}", account_number=f"{n:09}1", address_1=f"{n} Oak St",
                             meter_numbers="")) for n in range(20_000)]  # fmt: skip

    assert sum(1 for _ in pairs(rows, others)) < 40 * 20_000  # one location code for all of them

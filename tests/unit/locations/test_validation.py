from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.locations.world import NOW, PLAIN

from ubm_sync.locations import LocationRules
from ubm_sync.locations.findings import Findings, Level
from ubm_sync.locations.validation import check
from ubm_sync.model import Mark

ZONE = "America/Chicago"


def findings(**changes: str | None) -> Findings:
    return checked({}, changes)


def checked(marks: Mapping[str, str], changes: Mapping[str, str | None]) -> Findings:
    values = PLAIN | {field: text for field, text in changes.items() if text is not None}
    for field, text in changes.items():
        if text is None:
            values.pop(field)
    return check(values, marks, values.get("request_type", ""), NOW, ZONE)


def test_a_right_row_has_no_findings() -> None:
    found = findings()

    assert found.valid
    assert not found.warnings
    assert not found.fixes
    assert (found.passed, found.total) == (15, 15)


def test_a_field_that_is_named_as_required_twice_is_checked_once() -> None:
    once = LocationRules()
    twice = replace(once, required=(*once.required, once.required[0], "notes"))

    totals = [
        check({**PLAIN, "notes": "Behind door 2."}, {}, "Add account", NOW, ZONE, rules=one)
        for one in (once, twice)
    ]

    assert totals[0].total == totals[1].total


AS_TEXT = "Please type it as on the bill, with an apostrophe first, like '"

ERRORS: list[tuple[dict[str, str], str]] = [
    ({"zip": "6043"}, "ZIP 6043 is not an Illinois ZIP. Please type all 5 digits."),
    (
        {"zip": "20022", "state": "MD"},
        "ZIP 20022 is not a Maryland ZIP. Please check ZIP and State.",
    ),
    ({"zip": "ABC"}, 'ZIP "ABC" is not a US ZIP. Please type all 5 digits.'),
    ({"zip": "99999"}, "ZIP 99999 is not a US ZIP. Please type its 5 digits."),
    ({"state": "XX"}, 'State "XX" is not a US state. Please type its 2 letters, like IL.'),
    ({"city": "60435"}, 'City "60435" is not a city. Please type its name.'),
    (
        {"address_1": "P.O. Box 12"},
        'Address 1 "P.O. Box 12" is a PO Box. Please type the street address there.',
    ),
    (
        {"address_1": "Main Street"},
        (
            'Address 1 "Main Street" has no street number. Please type number and street, or a '
            'crossing like "Main St & 1st Ave".'
        ),
    ),
    ({"address_2": "x" * 61}, "Address 2 has 61 characters. Please shorten it to 60."),
    (
        {"account_number": "1.23E+15"},
        f"Account Number 1.23E+15 was shortened by the spreadsheet. {AS_TEXT}4471908023.",
    ),
    (
        {"account_number": "4471908023.0"},
        f"Account Number 4471908023.0 has a decimal point. {AS_TEXT}4471908023.",
    ),
    (
        {"account_number": "4,471,908,023"},
        f"Account Number 4,471,908,023 has thousands commas. {AS_TEXT}4471908023.",
    ),
    (
        {"account_number": "10443720007123000"},
        (
            "Account Number 10443720007123000 has lost its last digits in the spreadsheet. "
            f"{AS_TEXT}10443720007123456."
        ),
    ),
    (
        {"account_number": "4471908023; 4471908024"},
        (
            'Account Number "4471908023; 4471908024" holds more than one number. Please use '
            "one row "
            "for each account."
        ),
    ),
    (
        {"account_number": "TBD"},
        (
            'Account Number "TBD" has no digits. Please type the number from the bill, or '
            "choose Bill "
            'Type "New service, number pending".'
        ),
    ),
    (
        {"account_number": "447*19"},
        (
            'Account Number "447*19" has characters no account number has. Please type it '
            "as on the "
            "bill."
        ),
    ),
    (
        {"account_number": "123"},
        "Account Number 123 is too short. Please type all of it, at least 4 characters.",
    ),
    (
        {"account_number": "0000000"},
        "Account Number has only zeros. Please type the number on the bill.",
    ),
    (
        {"account_number": "A1" * 16},
        f"Account Number {'A1' * 16} is too long. Please type at most 30 characters.",
    ),
    (
        {"meter_numbers": "230114477; 12"},
        (
            'Meter Number(s) "12" is not a meter number. Please type 3 to 25 letters and '
            "digits each, "
            "with ; between two meters."
        ),
    ),
    (
        {"meter_numbers": "230114477; 230114477"},
        "Meter Number(s) 230114477 is there twice. Please leave one out.",
    ),
    (
        {"service_start": "next Monday"},
        'Service Start "next Monday" is not a date. Please type it like 12/01/2026.',
    ),
    (
        {"service_start": "1999-12-31"},
        "Service Start 1999-12-31 is before 2000. Please check the year.",
    ),
    (
        {"service_start": "2027-08-01"},
        (
            "Service Start 2027-08-01 is more than 180 days ahead. Please check the date, "
            "or keep the "
            "row until then."
        ),
    ),
    (
        {"service_end": "2026-11-01"},
        "Service End 2026-11-01 is before Service Start 2026-12-01. Please check both dates.",
    ),
    (
        {"commodity": "Magic"},
        (
            'Commodity "Magic" is not on the list. Please choose one of: Electric, Natural '
            "gas, Water, "
            "Sewer, Stormwater, Irrigation, Waste or another on the list."
        ),
    ),
    (
        {"location_code": "04/12"},
        (
            'Location Code "04/12" cannot be used. Please type 1 to 30 letters, digits, spaces, '
            "dots, dashes or underscores."
        ),
    ),
    ({"location_name": "J"}, 'Location Name "J" should have 2 to 100 characters.'),
    ({"gl_code": "6" * 41}, "GL / Cost Center has 41 characters. Please shorten it to 40."),
    ({"notes": "n" * 5000}, "Notes has 5,000 characters. Please shorten it to 1,000."),
]


@pytest.mark.parametrize(("changes", "sentence"), ERRORS)
def test_an_error_says_what_is_wrong_and_what_to_type(
    changes: dict[str, str], sentence: str
) -> None:
    found = findings(**changes)

    assert [finding.sentence for finding in found.errors] == [sentence]
    assert {finding.level for finding in found.errors} == {Level.ERROR}
    assert not found.valid


WARNINGS: list[tuple[dict[str, str], str]] = [
    ({"city": "Jolliet"}, 'City "Jolliet" is not known for ZIP 60435 (Joliet).'),
    ({"vendor": "Acme Power"}, 'Vendor "Acme Power" is not on our list: needs review.'),
    ({"commodity": "Water"}, "ComEd is not known to sell water: please check."),
    (
        {"account_number": "44719O8023"},
        'Account Number "44719O8023" mixes letters O, l with digits: 0 or 1?',
    ),
    (
        {"meter_numbers": "4471908023"},
        "Meter Number(s) is the same as the account number: one of them is wrong.",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), WARNINGS)
def test_a_warning_is_for_the_manager_and_stops_nothing(
    changes: dict[str, str], sentence: str
) -> None:
    found = findings(**changes)

    assert [finding.sentence for finding in found.warnings] == [sentence]
    assert found.valid


@pytest.mark.parametrize(
    ("field", "typed", "fixed"),
    [
        ("state", "Illinois", "IL"),
        ("state", "Ill.", "IL"),
        ("state", "il", "IL"),
        ("state", "I L", "IL"),
        ("zip", "604351234", "60435-1234"),
        ("zip", "60435 1234", "60435-1234"),
        ("account_number", "'4471908023", "4471908023"),
        ("account_number", "\u200b4471\u00a0908023", "4471 908023"),
    ],
)
def test_spelling_is_corrected_for_the_customer(field: str, typed: str, fixed: str) -> None:
    found = findings(**{field: typed})

    assert found.valid
    assert found.fixes == {field: fixed}


def test_lost_zeros_of_a_zip_come_back() -> None:
    found = findings(zip="6103", state="CT", city="Hartford", vendor="Eversource")

    assert found.fixes == {"zip": "06103"}
    assert not found.warnings


@pytest.mark.parametrize(
    ("field", "typed", "mark", "level"),
    [
        ("account_number", "98123", Mark.NUMERIC, Level.WARNING),
        ("account_number", "98123.5", Mark.NUMERIC, Level.ERROR),
        ("account_number", "1044372000712345", Mark.NUMERIC, Level.ERROR),
        ("location_code", "412", Mark.NUMERIC, Level.WARNING),
        ("meter_numbers", "2.3E+8", Mark.NUMERIC, Level.ERROR),
        ("service_start", "2026-12-01", Mark.UNTYPED, Level.ERROR),
        ("account_number", "4471908023", Mark.FORMULA, Level.WARNING),
        ("city", "Joliet", Mark.LINKED, Level.WARNING),
    ],
)
def test_what_a_cell_really_holds_is_looked_at(
    field: str, typed: str, mark: Mark, level: Level
) -> None:
    found = checked({field: mark}, {field: typed})

    assert {(one.field, one.level) for one in (*found.errors, *found.warnings)} == {(field, level)}


def test_a_pending_number_may_be_missing() -> None:
    pending = findings(account_number=None, bill_type="New service, number pending")

    assert pending.valid
    assert findings(account_number=None).missing == ("account_number",)


def test_a_login_is_asked_for_only_where_bills_come_online() -> None:
    assert findings(online_access=None).missing == ("online_access",)
    assert findings(online_access=None, bill_delivery="Email").valid


def test_a_request_about_an_account_needs_little() -> None:
    needed = ("request_type", "location_code", "state", "vendor", "account_number")
    row = {field: PLAIN[field] for field in needed} | {"request_type": "close"}

    assert check(row, {}, "close", NOW, ZONE).missing == ("service_end",)
    assert check(row | {"request_type": "Change"}, {}, "Change", NOW, ZONE).valid


def test_missing_cells_are_named_in_the_order_of_the_columns() -> None:
    assert check({}, {}, "", NOW, ZONE).missing[:3] == (
        "request_type",
        "location_code",
        "location_name",
    )
    assert "account_number" in check({}, {}, "", NOW, ZONE).missing


def test_a_date_too_far_ahead_says_from_when_it_is_fine() -> None:
    assert findings(service_start="2027-08-01").recheck == date(2027, 2, 2)


def test_a_crossing_is_an_address() -> None:
    for address in ("Main St & 1st Ave", "Corner of Oak and Elm", "One Main Street"):
        assert findings(address_1=address).valid


def test_a_customers_own_titles_are_used() -> None:
    values = PLAIN | {"zip": "ABC"}
    found = check(values, {}, "Add location", NOW, ZONE, titles={"zip": "Postal code"})

    assert found.errors[0].sentence.startswith('Postal code "ABC"')


ANY_TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["🏢 HQ", "x" * 5000, "\x00\x07", "=1+1", "1E5", "{}", "{value}", "\u202e9"]),
)


@given(
    st.dictionaries(st.sampled_from([*PLAIN, "notes", "gl_code", "meter_numbers"]), ANY_TEXT),
    st.dictionaries(st.sampled_from([*PLAIN]), st.sampled_from(list(Mark))),
)
def test_no_text_is_too_strange_to_check(changes: dict[str, str], marks: dict[str, Mark]) -> None:
    values = {field: text for field, text in (PLAIN | changes).items() if text}

    found = check(values, marks, values.get("request_type", ""), NOW, ZONE)

    assert 0 <= found.passed <= found.total
    assert (
        check(values | dict(found.fixes), marks, values.get("request_type", ""), NOW, ZONE).fixes
        == {}
    )


def test_a_list_of_states_does_not_stop_a_spelled_out_state() -> None:
    rules = LocationRules(choices={"state": ("IL", "CT")}, titles={"zip": "ZIP"})

    found = check(PLAIN | {"state": "Illinois"}, {}, "Add location", NOW, ZONE, rules=rules)

    assert found.valid
    assert found.fixes == {"state": "IL"}
    assert "account_number" in check({}, {}, "", NOW, ZONE, rules=rules).missing

from __future__ import annotations

import pytest

from ubm_sync.locations.vendors import Match, resolve, warning
from ubm_sync.spelling import fold


@pytest.mark.parametrize(
    ("name", "state", "commodity", "canonical"),
    [
        ("ComEd", "IL", "", "ComEd"),
        ("Commonwealth Edison Company", "IL", "", "ComEd"),
        ("COM-ED", "IL", "", "ComEd"),
        ("PGE", "CA", "", "PG&E"),
        ("PGE", "OR", "", "Portland General Electric"),
        ("P.G.&E.", "CA", "", "PG&E"),
        ("Peoples Gas", "IL", "", "Peoples Gas (IL)"),
        ("Peoples Gas", "PA", "", "Peoples Natural Gas (PA)"),
        ("Peoples Gas", "FL", "", "TECO Peoples Gas (FL)"),
        ("Columbia Gas", "OH", "", "Columbia Gas of Ohio"),
        ("Columbia Gas", "PA", "", "Columbia Gas of Pennsylvania"),
        ("PSEG", "NJ", "", "PSE&G"),
        ("Duke Energy", "FL", "", "Duke Energy Florida"),
        ("Duke Energy", "OH", "", "Duke Energy Ohio"),
        ("Duke Energy Progress", "NC", "", "Duke Energy Progress"),
        ("Ameren", "IL", "", "Ameren Illinois"),
        ("Ameren", "MO", "", "Ameren Missouri"),
        ("Xcel Energy", "CO", "", "Xcel Energy (CO)"),
        ("Eversource", "NH", "", "Eversource (NH)"),
        ("National Grid", "NY", "", "National Grid (NY)"),
        ("National Grid", "RI", "", "Rhode Island Energy"),
        ("Dominion", "VA", "", "Dominion Energy Virginia"),
        ("Vectren", "IN", "", "CenterPoint Energy Indiana"),
        ("KCP&L", "MO", "", "Evergy"),
        ("DP&L", "OH", "", "AES Ohio"),
        ("DTE", "MI", "Natural gas", "DTE Energy (gas)"),
        ("DTE", "MI", "Electric", "DTE Energy (electric)"),
        ("WM", "TX", "Waste", "Waste Management"),
    ],
)
def test_a_name_is_understood_by_alias_and_state(
    name: str, state: str, commodity: str, canonical: str
) -> None:
    found = resolve(name, state, commodity)

    assert found.match is Match.RESOLVED
    assert found.canonical == canonical


@pytest.mark.parametrize(
    ("name", "state", "match"),
    [
        ("FirstEnergy", "OH", Match.PARENT),
        ("AEP", "OH", Match.PARENT),
        ("National Grid", "TX", Match.PARENT),
        ("Duke Energy", "NC", Match.AMBIGUOUS),
        ("DTE", "MI", Match.AMBIGUOUS),
        ("Peoples Gas", "", Match.AMBIGUOUS),
        ("PSEG Long Island", "NY", Match.UNKNOWN),
        ("PSEG", "NY", Match.UNKNOWN),
        ("Columbia Gas", "KY", Match.UNKNOWN),
        ("Acme Power", "IL", Match.UNKNOWN),
        ("", "IL", Match.UNKNOWN),
        ("🏢", "IL", Match.UNKNOWN),
    ],
)
def test_a_name_that_is_not_clear_is_no_guess(name: str, state: str, match: Match) -> None:
    found = resolve(name, state)

    assert found.match is match
    assert not found.canonical
    assert warning(found, name, state, "")


def test_a_commodity_the_vendor_does_not_sell_is_noticed() -> None:
    found = resolve("ComEd", "IL", "Water")

    assert (found.canonical, found.offers) == ("ComEd", False)
    assert warning(found, "ComEd", "IL", "Water") == (
        "ComEd is not known to sell water: please check."
    )
    assert not warning(resolve("ComEd", "IL", "Electric"), "ComEd", "IL", "Electric")


def test_a_warning_names_who_it_could_be() -> None:
    assert warning(resolve("PSEG", "NY"), "PSEG", "NY", "") == (
        'Vendor "PSEG" is not known in New York (PSE&G?): needs review.'
    )
    assert warning(resolve("FirstEnergy", "OH"), "FirstEnergy", "OH", "") == (
        'Vendor "FirstEnergy" is a parent company: which utility is on the bill '
        "(for example Toledo Edison)?"
    )


def test_folding_forgets_punctuation_case_and_company_forms() -> None:
    assert fold("The Gas Company, Inc.") == fold("the gas company") == "thegas"
    assert fold("PG&E") == fold("pg and e")
    assert fold("Co") == "co"

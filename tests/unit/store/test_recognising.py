"""Which account a text means, decided without a database."""

from __future__ import annotations

import pytest

from ubm_store.recognising import Candidate, Code, Vendors, by_site, codes, spellings, typed

COMED = Vendors(["Com Ed"], {("ComEd", "IL"): frozenset({"comed"})})
JOLIET = Candidate(
    1, "UBM-0000001", "halsted", "Commonwealth Edison", "ComEd", "4471908023", "4471908023",
    "0412", "Joliet #0412", "Joliet", "IL", "active",
)  # fmt: skip
WATER = JOLIET._replace(number=2, vendor="Joliet Water", canonical="", key="77", shown="77")


@pytest.mark.parametrize(
    ("raw", "key", "is_end"),
    [
        ("9100 234 5567 8", "910023455678", False),
        ("#4471908023", "4471908023", False),
        ("0045-118-22", "4511822", False),
        ("xxxx8023", "8023", True),
        ("****-8023", "8023", True),
        ("...8023", "8023", True),
        ("ending in 8023", "8023", True),
        ("X1234567", "X1234567", False),
    ],
)
def test_a_number_is_read_with_what_it_hides(raw: str, key: str, is_end: bool) -> None:
    (found,) = typed([raw])

    assert (found.key, found.is_end) == (key, is_end)


def test_a_number_of_three_says_nothing_and_each_counts_once() -> None:
    assert [one.key for one in typed(["123", "4471908023", "44 71 90 80 23", "xx23", ""])] == [
        "4471908023"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ComEd", True),
        ("Com Ed", True),
        ("Commonwealth Edison Co.", True),
        ("COMMONWEALTH", True),  # the brand the name begins with
        ("Com", False),
        ("Ameren", False),
    ],
)
def test_a_vendor_agrees_by_its_names(name: str, expected: bool) -> None:
    assert Vendors([name], COMED.aliases).agree(JOLIET) is expected


def test_an_alias_counts_in_its_state_only() -> None:
    pge = Vendors(["PGE"], {("Portland General Electric", "OR"): frozenset({"pge"})})
    there = JOLIET._replace(vendor="", canonical="Portland General Electric", state="OR")

    assert pge.agree(there)
    assert not pge.agree(there._replace(state="CA"))


def test_codes_are_found_and_those_behind_a_word_for_a_site_come_first() -> None:
    found = codes("Notice of 12/01: Store no. 0412 Joliet, $1,204.11, tienda 77 and # JOL-9.")

    assert found[:3] == [Code("0412", True), Code("77", True), Code("JOL-9", True)]
    assert Code("Joliet", False) not in found


def test_a_code_is_looked_up_with_and_without_leading_zeros_where_it_is_introduced() -> None:
    assert {"412", "0412", "00412"} <= spellings(Code("412", True))
    assert spellings(Code("412", False)) == {"412"}
    assert spellings(Code("jol-9", True)) == {"jol-9", "JOL-9"}


def test_a_site_with_its_vendor_names_one_account() -> None:
    found = list(by_site(Code("412", True), [JOLIET, WATER], COMED, "Store 412"))

    assert found == [(JOLIET, "site 0412 with Com Ed")]


def test_a_site_without_a_vendor_names_its_only_account_and_none_of_several() -> None:
    nobody = Vendors([])
    closed = WATER._replace(status="closed")

    assert list(by_site(Code("0412", True), [JOLIET, WATER], nobody, "")) == []
    assert list(by_site(Code("0412", True), [JOLIET, closed], nobody, "")) == [
        (JOLIET, "site 0412, its only account")
    ]


def test_a_bare_number_is_a_site_only_beside_its_town() -> None:
    bare = Code("0412", False)

    assert list(by_site(bare, [JOLIET], COMED, "0412 goes off")) == []
    assert list(by_site(bare, [JOLIET], COMED, "JOLIET 0412 goes off")) != []

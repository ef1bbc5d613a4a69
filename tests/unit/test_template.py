from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.model import Customer, Deviation
from ubm_sync.template import Version, active, differences, noted, version_of

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
traits = st.lists(st.sampled_from([f"{field}/{one}" for field in "abc" for one in "xyz"]))


def history(*templates: list[str]) -> tuple[tuple[Version, ...], Version]:
    versions: tuple[Version, ...] = ()
    current = Version(0, "", "", ())
    for one in templates:
        versions, current = noted(versions, one, NOW)
    return versions, current


def test_a_template_gets_the_next_number_and_keeps_it() -> None:
    versions, current = history(["a/x"], ["a/x", "b/x"], ["a/x"])

    assert [one.number for one in versions] == [1, 2]
    assert current.number == 1
    assert differences(versions[0], versions[1]) == (("b/x",), ())


def test_a_sheet_has_the_newest_version_it_fits() -> None:
    versions, current = history(["a/x"], ["a/x", "b/x"])

    assert version_of({"a/x", "b/x", "c/x"}, versions, current) == versions[1]
    assert version_of({"a/x"}, versions, current) == versions[0]
    assert version_of({"b/x"}, versions, current) is None


@given(st.lists(traits, min_size=1, max_size=6))
def test_what_holds_a_template_is_of_its_version(templates: list[list[str]]) -> None:
    versions, current = history(*templates)

    assert version_of(current.traits, versions, current) == current
    assert [one.number for one in versions] == list(range(1, len(versions) + 1))


@pytest.mark.parametrize(
    ("until", "zone", "counts"),
    [
        ("2026-11-30", "America/Chicago", True),
        ("2026-11-29", "America/Chicago", False),
        ("2026-11-30", "Pacific/Kiritimati", False),  # it is the first of December there
    ],
)
def test_an_exception_counts_to_the_end_of_its_last_day(
    until: str, zone: str, counts: bool
) -> None:
    one = Deviation("commodity", "options", "dana@example.com", until)
    customer = Customer("halsted", "Halsted Foods", zone=zone, exceptions=(one,))

    assert (("commodity", "options") in active(customer, NOW)) is counts

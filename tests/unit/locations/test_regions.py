from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.locations.regions import (
    ZipMatch,
    city_fits,
    read_zip,
    state_code,
    state_name,
    zip_city,
)

BUILDINGS = Path(__file__).parents[4] / "shared" / "data" / "us_buildings_9k.csv"
ALWAYS = [
    ("61031125", "CT", "06103"),
    ("6103", "CT", "06103"),
    ("65102001", "CT", "06510"),
    ("501", "NY", "00501"),
    ("60435", "IL", "60435"),
    ("604351234", "IL", "60435"),
    ("20500", "DC", "20500"),
    ("901", "PR", "00901"),
]


def damaged_zips() -> list[tuple[str, str, str]]:
    """Return ``(as damaged, state, as it was)``: real buildings where the file is at hand."""
    if not BUILDINGS.exists():
        return ALWAYS
    with BUILDINGS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return ALWAYS + [(row["zip_raw"], row["state"], row["zip5"]) for row in rows]


def test_zips_damaged_by_a_spreadsheet_are_repaired() -> None:
    cases = damaged_zips()
    readings = [(read_zip(raw, state), right) for raw, state, right in cases]
    repaired = sum(
        reading.match in {ZipMatch.FITS, ZipMatch.UNLISTED} and reading.zip[:5] == right
        for reading, right in readings
    )

    assert repaired / len(cases) >= 0.998


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Illinois", "IL"),
        ("Ill.", "IL"),
        ("il", "IL"),
        ("I L", "IL"),
        ("D.C.", "DC"),
        ("District of Columbia", "DC"),
        ("Washington", "WA"),
        ("Washington, DC", "DC"),
        ("W. Va.", "WV"),
        ("Puerto Rico", "PR"),
        ("U.S. Virgin Islands", "VI"),
        ("Guam", "GU"),
        ("American Samoa", "AS"),
        ("Northern Mariana Islands", "MP"),
        ("XX", ""),
        ("", ""),
    ],
)
def test_a_state_is_understood_however_it_is_written(typed: str, code: str) -> None:
    assert state_code(typed) == code


def test_every_state_and_territory_is_known() -> None:
    codes = {state_code(chr(a) + chr(b)) for a in range(65, 91) for b in range(65, 91)} - {""}

    assert len(codes) == 56
    assert all(state_code(state_name(code)) == code for code in codes)


@pytest.mark.parametrize(
    ("typed", "state", "match"),
    [
        ("60435", "IL", ZipMatch.FITS),
        ("60435", "", ZipMatch.FITS),
        ("6043", "IL", ZipMatch.OTHER_STATE),
        ("20022", "MD", ZipMatch.OTHER_STATE),
        ("ABCDE", "IL", ZipMatch.NOT_A_ZIP),
        ("1234567890", "IL", ZipMatch.NOT_A_ZIP),
        ("99999", "IL", ZipMatch.NOT_A_ZIP),
        ("٦٠٤٣٥", "IL", ZipMatch.NOT_A_ZIP),
    ],
)
def test_a_zip_belongs_to_its_state(typed: str, state: str, match: ZipMatch) -> None:
    assert read_zip(typed, state).match is match


def test_a_city_has_several_right_names() -> None:
    assert zip_city("60435-1234") == "Joliet"
    assert city_fits("JOLIET", "60435")
    assert city_fits("Crest Hill", "60435")
    assert city_fits("Saint Louis", "63101")
    assert city_fits("St. Louis", "63101")
    assert not city_fits("Jolliet", "60435")
    assert city_fits("Anywhere", "00000")


@given(st.text(max_size=12), st.sampled_from(["IL", "CT", ""]))
def test_reading_a_repaired_zip_changes_nothing(typed: str, state: str) -> None:
    reading = read_zip(typed, state)

    if reading.match is ZipMatch.FITS:
        assert read_zip(reading.zip, state) == reading

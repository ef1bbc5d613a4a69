from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ubm_sync.calendars import clock_text, day_text, instant_text, local, parse_instant, stamp

NOW = datetime(2026, 11, 21, 20, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Chicago", "2026-11-21 14:05 CT"),
        ("America/New_York", "2026-11-21 15:05 ET"),
        ("America/Phoenix", "2026-11-21 13:05 MT"),
        ("Pacific/Honolulu", "2026-11-21 10:05 HT"),
        ("Pacific/Guam", "2026-11-22 06:05 ChST"),
        ("Nowhere/At_All", "2026-11-21 20:05 UTC"),
    ],
)
def test_a_stamp_is_local_with_its_zone(zone: str, expected: str) -> None:
    assert stamp(NOW, zone) == expected


def test_a_stamp_may_have_its_seconds() -> None:
    assert stamp(NOW.replace(second=9), "America/Chicago", seconds=True) == (
        "2026-11-21 14:05:09 CT"
    )


def test_the_zone_has_one_name_all_year() -> None:
    assert clock_text(datetime(2026, 7, 1, 14, 12, tzinfo=UTC), "America/Chicago") == "09:12"
    summer = datetime(2026, 7, 1, 14, 12, tzinfo=UTC)
    assert clock_text(summer, "America/Chicago", with_zone=True) == "09:12 CT"


def test_a_day_reads_like_people_say_it() -> None:
    assert day_text(date(2026, 11, 24)) == "Tue Nov 24"
    assert day_text(date(2026, 11, 30), weekday=False) == "Nov 30"


def test_an_instant_survives_its_text() -> None:
    assert instant_text(NOW) == "2026-11-21T20:05:00Z"
    assert parse_instant("2026-11-21T20:05:00Z") == NOW
    assert parse_instant("2026-11-21T20:05:00") == NOW
    assert parse_instant("yesterday") is None
    assert instant_text(NOW.replace(microsecond=120_000)) == "2026-11-21T20:05:00.120Z"
    assert local(NOW, "America/Chicago").hour == 14

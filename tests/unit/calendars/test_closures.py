"""Runs of days on which the team is closed."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.calendars import Closure, Presence, Team, business_days_before, closures_from

TEAM = Presence(Team(closures=frozenset({date(2026, 11, 27), date(2026, 12, 24)})))


def first(presence: Presence, day: date) -> Closure:
    return next(closures_from(presence, day))


@pytest.mark.parametrize("day", [date(2026, 12, 14), date(2026, 12, 24), date(2026, 12, 27)])
def test_a_weekend_is_joined_with_the_days_off_beside_it(day: date) -> None:
    assert first(TEAM, day) == Closure(
        date(2026, 12, 24), date(2026, 12, 27), date(2026, 12, 28), ("Christmas Day",)
    )


def test_without_the_closure_of_friday_thanksgiving_is_one_day() -> None:
    found = first(Presence(), date(2026, 11, 20))

    assert (found.first, found.last, found.opens) == (
        date(2026, 11, 26), date(2026, 11, 26), date(2026, 11, 27)
    )  # fmt: skip
    assert str(found) == "Thu Nov 26 (Thanksgiving Day)"
    assert str(first(TEAM, date(2026, 11, 20))) == "Thu Nov 26 to Sun Nov 29 (Thanksgiving Day)"


def test_a_plain_weekend_and_a_holiday_on_it_are_no_closure() -> None:
    found = list(closures_from(TEAM, date(2026, 7, 1)))

    assert found[0].first == date(2026, 7, 3)  # 4 July 2026 is a Saturday: off on Friday
    assert found[0].names[0].startswith("Independence Day")
    weekdays = {(one.first + timedelta(days=n)).weekday() for one in found for n in range(
        (one.last - one.first).days + 1)}  # fmt: skip
    assert weekdays == set(range(7))
    assert all((one.last - one.first).days != 1 or one.first.weekday() != 5 for one in found)


def test_a_holiday_on_which_the_team_works_closes_nothing() -> None:
    presence = Presence(Team(opened=frozenset({date(2026, 10, 12)})))

    assert first(presence, date(2026, 10, 1)).first == date(2026, 11, 11)


def test_business_days_are_counted_back_over_weekends_and_closures() -> None:
    assert business_days_before(TEAM, date(2026, 12, 24), 5) == date(2026, 12, 17)
    assert business_days_before(TEAM, date(2026, 11, 30), 1) == date(2026, 11, 25)


@given(
    st.frozensets(
        st.integers(0, 200).map(lambda n: date(2026, 10, 1) + timedelta(days=n)), max_size=12
    ),
    st.integers(0, 200).map(lambda n: date(2026, 10, 1) + timedelta(days=n)),
)
def test_a_closure_is_a_whole_run_of_days_off(closed: frozenset[date], day: date) -> None:
    presence = Presence(Team(closures=closed))
    found = list(closures_from(presence, day))[:4]

    for one in found:
        run = [one.first + timedelta(days=n) for n in range((one.last - one.first).days + 1)]
        assert one.last >= day
        assert not any(map(presence.is_business_day, run))
        assert presence.is_business_day(one.first - timedelta(days=1))
        assert presence.is_business_day(one.opens)
        assert one.opens == one.last + timedelta(days=1)
        assert any(presence.is_closed(each) and each.weekday() < 5 for each in run)
    assert all(a.last < b.first for a, b in itertools.pairwise(found))

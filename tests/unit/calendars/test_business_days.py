from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.calendars import BusinessCalendar, calendar_of
from ubm_sync.model import Customer

FEDERAL = BusinessCalendar()
BLACK_FRIDAY = BusinessCalendar([date(2026, 11, 27)])


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 11, 20), 3, date(2026, 11, 25)),
        (date(2026, 11, 24), 3, date(2026, 11, 30)),
        (date(2026, 12, 22), 5, date(2026, 12, 30)),
        (date(2026, 11, 20), 2, date(2026, 11, 24)),
        (date(2026, 12, 1), -2, date(2026, 11, 27)),
        (date(2026, 11, 21), 0, date(2026, 11, 21)),
    ],
)
def test_days_are_added_around_weekends_and_federal_holidays(
    start: date, count: int, expected: date
) -> None:
    assert FEDERAL.add_business_days(start, count) == expected


def test_a_company_closure_moves_the_day() -> None:
    assert BLACK_FRIDAY.add_business_days(date(2026, 11, 24), 3) == date(2026, 12, 1)
    assert BLACK_FRIDAY.add_business_days(date(2026, 12, 1), -2) == date(2026, 11, 25)


def test_the_federal_list_has_no_black_friday_and_no_christmas_eve() -> None:
    assert FEDERAL.is_business_day(date(2026, 11, 27))
    assert FEDERAL.is_business_day(date(2026, 12, 24))
    assert not FEDERAL.is_business_day(date(2026, 11, 26))


def test_a_holiday_on_a_sunday_is_off_on_monday() -> None:
    assert not FEDERAL.is_business_day(date(2027, 7, 5))


def test_state_holidays_count_only_where_configured() -> None:
    lincoln = date(2027, 2, 12)
    assert FEDERAL.is_business_day(lincoln)
    assert not BusinessCalendar(states=["IL"]).is_business_day(lincoln)
    assert BusinessCalendar(states=["ZZ"]).is_business_day(lincoln)


def test_a_customer_has_one_calendar() -> None:
    customer = Customer("halsted", "Halsted Foods", closures=("2026-11-27",), states=("IL",))
    assert calendar_of(customer) is calendar_of(customer)
    assert not calendar_of(customer).is_business_day(date(2026, 11, 27))


def test_next_business_day_leaves_the_day_itself() -> None:
    assert FEDERAL.next_business_day(date(2026, 11, 20)) == date(2026, 11, 23)
    assert FEDERAL.on_or_after(date(2026, 11, 20)) == date(2026, 11, 20)
    assert FEDERAL.on_or_after(date(2026, 11, 21)) == date(2026, 11, 23)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 40))
def test_counting_undoes_adding(start: date, count: int) -> None:
    end = FEDERAL.add_business_days(start, count)

    assert FEDERAL.business_days_between(start, end) == count
    assert FEDERAL.business_days_between(end, start) == -count
    assert FEDERAL.is_business_day(end)
    assert end - start <= timedelta(days=2 * count + 5)

"""The arithmetic of delays: the worked example, its variants, and a naive count to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.delays.codes import CODES, RANK, Party
from ubm_sync.delays.days import Days, Share, Span, count_days

START, LIVE = date(2026, 9, 1), date(2026, 12, 10)
CALENDAR = BusinessCalendar()


def span(code: str, start: str, end: str | None, key: str = "") -> Span:
    ended = None if end is None else date.fromisoformat(end)
    return Span(key or code, code, CODES[code].party, date.fromisoformat(start), ended)


WORKED = (
    span("CL-DOCS", "2026-09-10", "2026-10-01"),
    span("CL-NOREPLY", "2026-09-20", "2026-10-06"),
    span("VN-PORTAL", "2026-09-28", "2026-10-12"),
    span("IN-BACKLOG", "2026-10-10", "2026-10-14"),
    span("CL-RESCHED", "2026-10-20", "2026-10-27"),
)


def counted(*spans: Span, **settings: bool) -> Days:
    return count_days(spans, START, LIVE, CALENDAR, **settings)


def test_the_worked_example_of_a_hundred_days() -> None:
    days = counted(*WORKED)

    assert days.gross == 100
    assert days.client_sum == 44
    assert days.client_union == 33
    assert days.client_exclusive == 25
    assert days.concurrent == 8
    assert days.other == 8
    assert days.unattributed == 59
    assert days.net == 75
    assert {key: (one.calendar, one.counted) for key, one in days.spans.items()} == {
        "CL-DOCS": (21, 18),
        "CL-NOREPLY": (16, 0),
        "VN-PORTAL": (14, 0),
        "IN-BACKLOG": (4, 0),
        "CL-RESCHED": (7, 7),
    }
    assert days.by_code == {"CL-RESCHED": 7, "CL-DOCS": 18, "CL-NOREPLY": 0}
    assert days.by_party == {Party.CLIENT: 33, Party.VENDOR: 14, Party.INTERNAL: 4}


def test_concurrent_days_are_taken_off_only_where_that_is_configured() -> None:
    assert counted(*WORKED, deduct_concurrent=True).net == 67


def test_a_delay_from_thursday_to_monday_has_four_days_of_which_two_are_business_days() -> None:
    days = counted(span("CL-NOREPLY", "2026-11-19", "2026-11-23"))

    assert days.spans["CL-NOREPLY"] == (4, 2, 4, False)


def test_a_delay_that_ends_on_the_day_it_began_has_no_day() -> None:
    days = counted(span("CL-NOREPLY", "2026-09-20", "2026-09-20"))

    assert days.spans["CL-NOREPLY"].calendar == 0
    assert days.net == 100


def test_delays_that_touch_share_no_day() -> None:
    days = counted(
        span("CL-DOCS", "2026-09-10", "2026-09-15"), span("CL-NOREPLY", "2026-09-15", "2026-09-20")
    )

    assert (days.client_sum, days.client_union) == (10, 10)
    assert days.by_code == {"CL-DOCS": 5, "CL-NOREPLY": 5}


def test_a_delay_within_another_adds_nothing() -> None:
    days = counted(
        span("CL-DOCS", "2026-09-10", "2026-09-30"), span("CL-NOREPLY", "2026-09-15", "2026-09-20")
    )

    assert (days.client_sum, days.client_union) == (25, 20)
    assert days.by_code == {"CL-DOCS": 20, "CL-NOREPLY": 0}


def test_days_that_three_parties_share_are_not_the_client_s() -> None:
    days = counted(
        span("CL-DOCS", "2026-09-10", "2026-09-20"),
        span("VN-PORTAL", "2026-09-12", "2026-09-18"),
        span("IN-BACKLOG", "2026-09-14", "2026-09-16"),
    )

    assert (days.client_exclusive, days.concurrent, days.other) == (4, 6, 0)


def test_of_two_delays_that_began_together_the_first_code_gets_the_days() -> None:
    days = counted(
        span("CL-NOREPLY", "2026-09-10", "2026-09-20"), span("CL-DOCS", "2026-09-10", "2026-09-20")
    )

    assert days.by_code == {"CL-DOCS": 10, "CL-NOREPLY": 0}


def test_a_delay_counts_only_between_start_and_live_date() -> None:
    days = counted(
        span("CL-DOCS", "2026-08-01", "2026-09-05"), span("CL-HOLD", "2026-12-08", "2027-01-10")
    )

    assert days.by_code == {"CL-DOCS": 4, "CL-HOLD": 2}


def test_a_delay_outside_the_onboarding_has_no_day() -> None:
    days = counted(span("CL-DOCS", "2026-08-01", "2026-08-05"), span("CL-HOLD", "2026-12-10", None))

    assert days.net == 100
    assert [one.calendar for one in days.spans.values()] == [0, 0]


def test_an_open_delay_lasts_until_today_and_says_that_it_is_open() -> None:
    days = counted(span("CL-DOCS", "2026-12-01", None))

    assert days.spans["CL-DOCS"] == (9, 7, 9, True)


def test_an_onboarding_that_ends_before_it_began_has_no_days() -> None:
    days = count_days(WORKED, LIVE, START, CALENDAR)

    assert (days.gross, days.net, days.slices) == (0, 0, ())


def test_the_slices_cover_the_onboarding_without_a_gap() -> None:
    days = counted(*WORKED)

    assert days.slices[0].start == START
    assert days.slices[-1].end == LIVE
    assert all(a.end == b.start for a, b in zip(days.slices, days.slices[1:], strict=False))
    assert days.slices[2].active == ("CL-DOCS", "CL-NOREPLY")


def test_two_delays_of_one_key_are_an_error() -> None:
    with pytest.raises(ValueError, match="same key"):
        counted(WORKED[0], WORKED[0])


def naive(spans: Sequence[Span], first: date, last: date) -> dict[str, int]:
    """Go through the days one by one and look at each who was late on it."""
    found = dict.fromkeys(["gross", "exclusive", "concurrent", "other", "nobody"], 0)
    day = first
    while day < last:
        late = [one for one in spans if one.start <= day and (one.end is None or day < one.end)]
        names = {one.code[:2] for one in late}
        found["gross"] += 1
        if "CL" not in names:
            found["other" if names else "nobody"] += 1
        elif len(names) == 1:
            found["exclusive"] += 1
            one = min(late, key=lambda one: (one.start, list(CODES).index(one.code), one.key))
            found[one.key] = found.get(one.key, 0) + 1
        else:
            found["concurrent"] += 1
        day += timedelta(days=1)
    return found


spans_of_a_year = st.lists(
    st.tuples(
        st.sampled_from(sorted(CODES)),
        st.integers(-20, 80),
        st.one_of(st.none(), st.integers(0, 40)),
    ),
    max_size=9,
).map(
    lambda found: [
        Span(
            f"{number}",
            code,
            CODES[code].party,
            START + timedelta(days=begin),
            None if length is None else START + timedelta(days=begin + length),
        )
        for number, (code, begin, length) in enumerate(found)
    ]
)


@given(spans_of_a_year, st.integers(0, 70))
def test_the_days_are_those_of_a_count_day_by_day(spans: list[Span], length: int) -> None:
    last = START + timedelta(days=length)
    days = count_days(spans, START, last, CALENDAR)
    expected = naive(spans, START, last)

    assert days.gross == expected["gross"]
    assert days.client_exclusive == expected["exclusive"]
    assert days.concurrent == expected["concurrent"]
    assert days.other == expected["other"]
    assert days.unattributed == expected["nobody"]
    assert {key: one.counted for key, one in days.spans.items() if one.counted} == {
        key: value for key, value in expected.items() if key.isdigit() and value
    }


@given(spans_of_a_year, st.randoms(use_true_random=False))
def test_the_order_of_the_delays_does_not_matter(spans: list[Span], chance: object) -> None:
    shuffled = list(spans)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # random.Random

    assert count_days(spans, START, LIVE, CALENDAR) == count_days(shuffled, START, LIVE, CALENDAR)


@given(spans_of_a_year)
def test_everything_adds_up(spans: list[Span]) -> None:
    days = count_days(spans, START, LIVE, CALENDAR)

    assert days.gross == (days.client_exclusive + days.concurrent + days.other + days.unattributed)
    assert days.client_union == days.client_exclusive + days.concurrent
    assert sum(days.by_code.values()) == days.client_exclusive
    assert sum(one.counted for one in days.spans.values()) == days.client_exclusive
    assert days.client_union <= days.client_sum or not spans
    assert days.net == days.gross - days.client_exclusive >= 0
    assert sum(piece.days for piece in days.slices) == days.gross
    assert all((piece.share is Share.NOBODY) == (not piece.active) for piece in days.slices)


def test_the_table_has_the_fifteen_codes_in_their_order() -> None:
    assert len(CODES) == 15
    assert sorted(CODES, key=RANK.__getitem__) == list(CODES)
    assert [code.party for code in CODES.values()] == (
        [Party.CLIENT] * 9 + [Party.VENDOR] * 3 + [Party.INTERNAL] * 3
    )

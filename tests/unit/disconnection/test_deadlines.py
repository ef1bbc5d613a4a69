"""Until when: the days people name, and the day by which to pay."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.disconnection.reader import RECEIVED, reading

from ubm_sync.calendars import BusinessCalendar
from ubm_sync.disconnection import DeadlineKind, effective_deadline
from ubm_sync.disconnection.dates import mentions
from ubm_sync.disconnection.mentions import Form
from ubm_sync.disconnection.tokens import fold, tokenize

TODAY = RECEIVED.date()  # a Friday
STATED, ESTIMATED, OFF = DeadlineKind.STATED, DeadlineKind.ESTIMATED, DeadlineKind.ALREADY_OFF
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("12/01", date(2026, 12, 1)),
        ("12/1/26", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("01/12/2026", date(2026, 12, 1)),
        ("25/11/2026", date(2026, 11, 25)),
        ("Dec. 1, 2026", date(2026, 12, 1)),
        ("December first", date(2026, 12, 1)),
        ("December twenty-third", date(2026, 12, 23)),
        ("the 30th of November", date(2026, 11, 30)),
        ("2 de diciembre de 2026", date(2026, 12, 2)),
        ("30 novembre", date(2026, 11, 30)),
        ("the 27th", date(2026, 11, 27)),
        ("the 5th", date(2026, 12, 5)),
        ("1/8", date(2027, 1, 8)),
        ("8/1", date(2026, 8, 1)),
        ("Monday", date(2026, 11, 23)),
        ("Friday", date(2026, 11, 27)),
        ("Wednesday's", date(2026, 11, 25)),
        ("Monday, November 30", date(2026, 11, 30)),
        ("el lunes", date(2026, 11, 23)),
        ("Black Friday", date(2026, 11, 27)),
        ("Thanksgiving", date(2026, 11, 26)),
        ("tomorrow", date(2026, 11, 21)),
        ("pasado mañana", date(2026, 11, 22)),
        ("end of the month", date(2026, 11, 30)),
        ("a fin de mes", date(2026, 11, 30)),
        ("in 48 hours", date(2026, 11, 22)),
        ("within three days", date(2026, 11, 23)),
        ("within 3 business days", date(2026, 11, 25)),
        ("en 5 días", date(2026, 11, 25)),
        ("10 days from 11/16", date(2026, 11, 26)),
    ],
)
def test_days_in_words_and_figures(words: str, day: date) -> None:
    found = mentions(tokenize(fold(f"by {words} or so")), TODAY)

    assert [one.day for one in found] == [day]


@pytest.mark.parametrize(
    "words",
    ["12/45", "version 1.2.3", "200A", "1/2/3/4", "por la mañana", "may result", "second notice",
     "acct 44-1", "the first time", "24 units", "June"],
)  # fmt: skip
def test_what_is_no_day(words: str) -> None:
    assert mentions(tokenize(fold(words)), TODAY) == []


def test_a_notice_with_a_length_counts_its_days() -> None:
    (found,) = mentions(tokenize("a 10 day notice"), TODAY)

    assert (found.form, found.days) == (Form.LENGTH, 10)


@pytest.mark.parametrize(
    ("text", "day", "kind"),
    [
        ("10-Day Notice from DTE. It's dated 11/13.", date(2026, 11, 23), ESTIMATED),
        ("5-day shutoff notice dated 11/19 from LADWP.", date(2026, 11, 24), ESTIMATED),
        ("Disconnect notice from DTE dated 11/13.", date(2026, 11, 23), ESTIMATED),
        ("48-hour notice taped to the door by the city.", date(2026, 11, 22), ESTIMATED),
        ("10-day shutoff notice from DTE, came in last month's stack.", None, DeadlineKind.UNKNOWN),
        ("They're threatening to cut us off.", None, DeadlineKind.UNKNOWN),
        ("Shutoff notice dated 11/13, they cut us off on 12/02.", date(2026, 12, 2), STATED),
        ("If payment is not received by 11/28 we are disconnected.", date(2026, 11, 28), STATED),
        ("Shutoff moved from 11/20 to 11/25 by ComEd, unpaid.", date(2026, 11, 25), STATED),
        ("Bill was due 11/10; ComEd will shut off the power 11/30.", date(2026, 11, 30), STATED),
        ("ComEd cuts store 1 on 12/03 and store 2 on 12/01.", date(2026, 12, 1), STATED),
    ],
)
def test_which_day_is_the_deadline(text: str, day: date | None, kind: DeadlineKind) -> None:
    found = reading(text)

    assert (found.deadline, found.deadline_kind) == (day, kind)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Power goes off tomorrow at 8am if unpaid.", time(8)),
        ("They will cut the gas today at 5:30 p.m., unpaid.", time(17, 30)),
        ("They will shut us off tomorrow at noon.", time(12)),
        ("They will shut us off tomorrow.", None),
    ],
)
def test_the_time_of_day(text: str, hour: time | None) -> None:
    assert reading(text).deadline_time == hour


def effective(day: date | None, kind: DeadlineKind = STATED, *closures: date) -> date:
    return effective_deadline(day, kind, TODAY, BusinessCalendar(closures))


def test_the_golden_example() -> None:
    first = date(2026, 12, 1)

    assert effective(first) == date(2026, 11, 27)
    assert effective(first, STATED, date(2026, 11, 27)) == date(2026, 11, 25)


@pytest.mark.parametrize("kind", [OFF, DeadlineKind.UNKNOWN])
def test_what_is_off_or_unknown_is_due_today(kind: DeadlineKind) -> None:
    assert effective(date(2026, 12, 1), kind) == TODAY
    assert effective(None, kind) == TODAY


@given(day=DAYS, received=DAYS, lead=st.integers(0, 10), closures=st.sets(DAYS, max_size=5))
def test_it_is_the_lead_before_the_deadline_and_never_past(
    day: date, received: date, lead: int, closures: set[date]
) -> None:
    calendar = BusinessCalendar(closures)
    found = effective_deadline(day, STATED, received, calendar, lead)

    assert received <= found <= max(received, day)
    if found > received:
        assert calendar.business_days_between(found, day) <= lead
        assert found == day or calendar.is_business_day(found)


@given(day=DAYS, more=st.integers(0, 30))
def test_a_later_deadline_is_never_due_earlier(day: date, more: int) -> None:
    calendar = BusinessCalendar()
    early, late = (
        effective_deadline(one, STATED, TODAY, calendar)
        for one in (day, day + timedelta(days=more))
    )

    assert early <= late

"""The list before a closure: when it is due, and what it holds."""

from __future__ import annotations

from datetime import date

import pytest

from ubm_sync.calendars import Coverage, Team
from ubm_sync.model import Customer
from ubm_sync.ports import DueBill
from ubm_sync.reports.pre_holiday import (
    COLUMNS,
    HolidayList,
    document,
    heading,
    holiday_list,
    next_sentence,
    rows,
    timetable,
    total,
    why,
)
from ubm_sync.reports.spreadsheet import as_csv

COVERAGE = Coverage(Team(closures=frozenset({date(2026, 12, 24), date(2026, 12, 31)})))
HALSTED = Customer("halsted", "Halsted Foods", csm="dana@example.com", csm_name="Dana Lee")
AURORA = Customer("aurora", "Aurora University", csm="ann@example.com", csm_name="Ann Roy")
OAKMONT = Customer("oakmont", "Oakmont Schools", csm="dana@example.com", csm_name="Dana Lee")
EVERYBODY = (HALSTED, AURORA, OAKMONT)
BILL = DueBill(
    "UBM-0000001", "halsted", "ComEd", "4471908023", "0412 Joliet", date(2026, 12, 24),
    date(2026, 12, 1), 120_411, "none",
)  # fmt: skip
CHRISTMAS = timetable(COVERAGE, date(2026, 12, 17)).lists[0]


def listed(due: list[DueBill], held: list[DueBill]) -> HolidayList:
    return holiday_list(CHRISTMAS, EVERYBODY, due, held, COVERAGE.name)


def test_the_list_is_due_five_business_days_before_and_until_it_is_over() -> None:
    before = timetable(COVERAGE, date(2026, 12, 16))

    assert before.lists == ()
    assert next_sentence(before) == (
        "The next list is due on Thu Dec 17, before the closure Thu Dec 24 to Sun Dec 27 "
        "(Christmas Day)."
    )
    for day in (17, 21, 24, 27):
        found = timetable(COVERAGE, date(2026, 12, day))
        assert [one.first for one in found.lists][:1] == [date(2026, 12, 24)]
    assert [one.first for one in timetable(COVERAGE, date(2026, 12, 28)).lists] == [
        date(2026, 12, 31)
    ]


def test_the_lists_of_two_closures_may_be_due_at_once() -> None:
    found = timetable(COVERAGE, date(2026, 12, 22))

    assert [one.first for one in found.lists] == [date(2026, 12, 24), date(2026, 12, 31)]
    assert found.following is not None
    assert found.following.first == date(2027, 1, 16)


def test_it_says_which_closure_it_is_about() -> None:
    assert heading(listed([], [])) == (
        "Before the closure Thu Dec 24 to Sun Dec 27 (Christmas Day): bills due from Thu Dec 24 "
        "to Mon Dec 28, and bills on hold until then"
    )


def test_by_manager_and_customer_and_nothing_due_is_there_too() -> None:
    found = listed([BILL], [])

    assert [(one.csm_name, one.customer, len(one.bills)) for one in found.sections] == [
        ("Ann Roy", "aurora", 0), ("Dana Lee", "halsted", 1), ("Dana Lee", "oakmont", 0)
    ]  # fmt: skip


def test_by_due_date_then_the_largest_first_and_without_a_day_last() -> None:
    small, large = BILL._replace(amount_cents=5), BILL._replace(amount_cents=900_000)
    later = BILL._replace(due=date(2026, 12, 28), amount_cents=10_000_000)
    some_day = BILL._replace(due=None, hold="held")

    section = listed([small, later, large], [some_day]).sections[1]

    assert section.bills == (large, small, later, some_day)


def test_a_bill_that_is_due_and_on_hold_is_there_once() -> None:
    held = BILL._replace(hold="held")

    assert listed([held], [held]).sections[1].bills == (held,)


def test_bills_of_a_customer_that_is_not_configured_are_not_lost() -> None:
    last = listed([BILL._replace(customer="gone")], []).sections[-1]

    assert (last.customer, last.csm, last.csm_name) == ("gone", "", "no manager")


@pytest.mark.parametrize(
    ("bill", "expected"),
    [
        (BILL, "due while closed"),
        (BILL._replace(due=date(2026, 12, 28)), "due on the first day after it"),
        (BILL._replace(hold="held"), "on hold, due while closed"),
        (BILL._replace(hold="held", due=date(2026, 12, 3)), "on hold, due before the closure"),
        (BILL._replace(hold="held", due=None), "on hold, nobody knows when it is due"),
    ],
)
def test_each_bill_says_why_it_is_there(bill: DueBill, expected: str) -> None:
    assert why(bill, CHRISTMAS) == expected


def test_a_total_says_what_has_no_amount() -> None:
    assert total([BILL]) == "1 bill, $1,204.11"
    assert total([BILL, BILL._replace(amount_cents=None)]) == (
        "2 bills, $1,204.11 and 1 of unknown amount"
    )


def test_it_can_be_had_as_a_table_and_for_programs() -> None:
    found = listed([BILL._replace(location="=0412")], [])
    lines = as_csv(COLUMNS, rows([found])).splitlines()
    told = document(timetable(COVERAGE, date(2026, 12, 17)), [found], "")

    assert lines[0].startswith("closure,csm,csm_name,customer")
    assert lines[1] == (
        "2026-12-24 to 2026-12-27,dana@example.com,Dana Lee,halsted,Halsted Foods,UBM-0000001,"
        "ComEd,4471908023,'=0412,2026-12-24,2026-12-01,1204.11,none,due while closed"
    )
    (one,) = told["lists"]
    assert (one["first"], one["opens"], one["holidays"]) == (
        "2026-12-24", "2026-12-28", ["Christmas Day"]
    )  # fmt: skip
    assert [(each["customer"], len(each["bills"])) for each in one["customers"]] == [
        ("aurora", 0), ("halsted", 1), ("oakmont", 0)
    ]  # fmt: skip
    assert told["next"]["list_on"] == "2026-12-22"

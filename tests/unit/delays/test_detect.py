"""From facts to delays: when each begins, when it ends, and when it does not count."""

from __future__ import annotations

from datetime import date

import pytest
from tests.unit.delays.facts import (
    RULES,
    at,
    days_of,
    fact,
    found,
    item,
    lasted,
    meeting,
    onboarding,
    only,
    received,
    sent,
    stage,
)

from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Status
from ubm_sync.delays.detect import detect
from ubm_sync.evidence import Evidence, Kind, Side

# The worked example as it happens: every day of it follows from something somebody did.
HUNDRED_DAYS = (
    stage("2026-09-01", "contract_signed"),
    stage("2026-09-03", "gathering_documents"),
    item("2026-09-03", "requested", due="2026-09-10", text="60 bill copies"),
    sent("2026-09-15"),
    stage("2026-09-20", "waiting_on_customer"),
    fact(Kind.PORTAL, "2026-09-28", "down", "ComEd"),
    item("2026-10-01", "received"),
    item("2026-10-02", "accepted"),
    received("2026-10-06"),
    stage("2026-10-06", "kickoff_scheduling"),
    fact(Kind.PORTAL, "2026-10-12", "up", "ComEd"),
    stage("2026-10-08", "kickoff_held"),
    stage("2026-10-14", "waiting_on_utility"),
    meeting("2026-10-15", "scheduled", slot="2026-10-20T15:00:00Z", side=Side.US),
    meeting("2026-10-20", "no_show", slot="2026-10-20T15:00:00Z"),
    meeting("2026-10-27 11:00", "completed", slot="2026-10-27T15:00:00Z", side=Side.US),
    stage("2026-12-10", "live"),
)


def test_a_hundred_days_as_they_happen_give_the_worked_example() -> None:
    seen = found(*HUNDRED_DAYS, now="2026-12-20")
    days = days_of(seen, RULES, at("2026-12-20"))

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("CL-DOCS", "2026-09-10", "2026-10-01"),
        ("CL-NOREPLY", "2026-09-20", "2026-10-06"),
        ("VN-PORTAL", "2026-09-28", "2026-10-12"),
        ("IN-BACKLOG", "2026-10-09", "2026-10-14"),
        ("CL-RESCHED", "2026-10-20", "2026-10-27"),
    ]
    assert (days.gross, days.client_sum, days.client_union) == (100, 44, 33)
    assert (days.client_exclusive, days.concurrent, days.other) == (25, 8, 8)
    assert (days.unattributed, days.net) == (59, 75)
    assert seen.doubts == ()


def test_the_same_facts_in_any_order_and_twice_give_the_same() -> None:
    once, again = found(*HUNDRED_DAYS), found(*reversed(HUNDRED_DAYS), *HUNDRED_DAYS)

    assert (again.delays, again.doubts) == (once.delays, once.doubts)


def test_silence_counts_from_three_business_days_after_the_question() -> None:
    delay = only(
        stage("2026-11-16 08:00", "waiting_on_customer"),
        sent("2026-11-16"),
        received("2026-11-23"),
    )

    assert delay.code == "CL-NOREPLY"
    assert lasted(delay) == ("2026-11-19", "2026-11-23")
    assert delay.start == at("2026-11-19 17:00")
    assert delay.notice is not None
    assert delay.told == "asked 11/16, no reply by 11/19 17:00, answered 11/23"


def test_thanksgiving_is_no_business_day_and_a_closure_moves_the_deadline_further() -> None:
    facts = (stage("2026-11-24 08:00", "waiting_on_customer"), sent("2026-11-24"))
    plain = only(*facts)
    closed = detect(onboarding("2026-09-01", None, 0, "2026-11-27"), facts, RULES, at("2026-12-10"))

    assert lasted(plain) == ("2026-11-30", None)
    assert lasted(closed.delays[0]) == ("2026-12-01", None)


def test_an_automatic_answer_is_no_answer() -> None:
    delay = only(
        stage("2026-11-02", "waiting_on_customer"),
        sent("2026-11-02"),
        received("2026-11-02", "automatic"),
        received("2026-11-11"),
    )

    assert lasted(delay) == ("2026-11-05", "2026-11-11")


def test_a_message_that_bounced_asked_nothing() -> None:
    seen = found(stage("2026-11-02", "waiting_on_customer"), sent("2026-11-02", "bounced"))

    assert seen.delays == ()


def test_a_second_question_does_not_begin_the_wait_anew() -> None:
    delay = only(
        stage("2026-11-02", "waiting_on_customer"),
        sent("2026-11-02"),
        sent("2026-11-09"),
        received("2026-11-13"),
    )

    assert lasted(delay) == ("2026-11-05", "2026-11-13")


def test_silence_in_a_stage_of_ours_is_nobody_s_delay() -> None:
    seen = found(stage("2026-11-02", "account_setup"), sent("2026-11-03"), now="2026-11-20")

    assert seen.delays == ()


def test_a_holiday_before_the_answer_does_not_lengthen_the_wait() -> None:
    delay = only(
        stage("2026-11-16", "waiting_on_customer"),
        sent("2026-11-16"),
        received("2026-11-27"),  # the day before was Thanksgiving
    )

    assert lasted(delay) == ("2026-11-19", "2026-11-26")


def test_a_document_without_a_day_it_was_due_is_only_suspected() -> None:
    delay = only(item("2026-09-03", "requested"), item("2026-10-01", "received"), code="CL-DOCS")

    assert delay.status is Status.SUSPECTED
    assert "no day was named" in delay.told


def test_a_document_that_came_in_time_is_no_delay() -> None:
    seen = found(
        item("2026-09-03", "requested", due="2026-09-10"),
        item("2026-09-10 16:00", "received"),
        item("2026-09-11", "accepted"),
    )

    assert seen.delays == ()


def test_a_document_sent_back_is_the_client_s_again_two_business_days_later() -> None:
    seen = found(
        item("2026-09-03", "requested", due="2026-09-10"),
        item("2026-09-09", "received"),
        item("2026-09-10", "rejected"),
        item("2026-09-21", "received"),
        item("2026-09-22", "accepted"),
    )

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("CL-DOCS", "2026-09-14", "2026-09-21")
    ]


def test_a_document_we_look_at_too_late_is_our_delay() -> None:
    seen = found(
        item("2026-09-03", "requested", due="2026-09-10"),
        item("2026-09-08", "received"),
        item("2026-09-18", "accepted"),
    )

    assert [(one.code, one.party, *lasted(one)) for one in seen.delays] == [
        ("IN-BACKLOG", Party.INTERNAL, "2026-09-10", "2026-09-18")
    ]


def test_several_moves_of_one_meeting_are_one_delay() -> None:
    delay = only(
        meeting("2026-10-01", "scheduled", slot="2026-10-06T15:00:00Z", side=Side.US),
        meeting("2026-10-05", "rescheduled", slot="2026-10-06T15:00:00Z"),
        meeting("2026-10-12", "rescheduled", slot="2026-10-13T15:00:00Z"),
        meeting("2026-10-20 11:00", "completed", slot="2026-10-20T15:00:00Z"),
    )

    assert lasted(delay) == ("2026-10-06", "2026-10-20")
    assert "2 times" in delay.told


def test_a_meeting_we_moved_is_not_the_client_s_delay() -> None:
    seen = found(
        meeting("2026-10-05", "rescheduled", side=Side.US, slot="2026-10-06T15:00:00Z"),
        meeting("2026-10-13", "completed", slot="2026-10-13T15:00:00Z"),
    )

    assert seen.delays == ()


def test_a_meeting_moved_by_nobody_knows_whom_is_only_suspected() -> None:
    delay = only(
        meeting("2026-10-05", "rescheduled", side=Side.UNKNOWN, slot="2026-10-06T15:00:00Z"),
        meeting("2026-10-13", "completed", slot="2026-10-13T15:00:00Z"),
    )

    assert delay.status is Status.SUSPECTED


def test_a_meeting_in_another_zone_is_counted_by_the_customer_s_own_day() -> None:
    delay = only(
        meeting("2026-10-05", "no_show", slot="2026-10-06T03:30:00Z"),  # the evening before there
        meeting("2026-10-13", "completed", slot="2026-10-14T03:30:00Z"),
    )

    assert lasted(delay) == ("2026-10-05", "2026-10-13")


def test_a_hundred_wrong_rows_are_one_delay_until_the_last_is_right() -> None:
    rows = [
        one
        for number in range(100)
        for one in (
            fact(Kind.ROW, "2026-09-14", "Needs information", f"row {number}"),
            fact(Kind.ROW, f"2026-09-{22 + number % 3}", "Waiting for CSM", f"row {number}"),
        )
    ]
    delay = only(*rows)

    assert (delay.code, *lasted(delay)) == ("CL-LIST", "2026-09-21", "2026-09-24")
    assert delay.told == "100 rows of the location list wait since 9/14 at the earliest"


def test_waits_with_a_gap_between_them_are_two_delays() -> None:
    seen = found(
        fact(Kind.ROW, "2026-09-01", "Needs information", "row 1"),
        fact(Kind.ROW, "2026-09-14", "Waiting for CSM", "row 1"),
        fact(Kind.ROW, "2026-10-01", "Needs information", "row 2"),
        fact(Kind.ROW, "2026-10-13", "Waiting for CSM", "row 2"),
    )

    assert [lasted(one) for one in seen.delays] == [
        ("2026-09-09", "2026-09-14"),
        ("2026-10-08", "2026-10-12"),  # 12 October is a holiday
    ]


@pytest.mark.parametrize(
    ("facts", "code", "begun", "ended"),
    [
        (
            (
                fact(Kind.CREDENTIAL, "2026-09-08", "requested", "ComEd"),
                fact(Kind.CREDENTIAL, "2026-09-10", "invalid", "ComEd"),
                fact(Kind.CREDENTIAL, "2026-09-22", "valid", "ComEd"),
            ),
            "CL-CREDS", "2026-09-15", "2026-09-22",
        ),
        (
            (
                fact(Kind.APPROVAL, "2026-09-08", "requested", "GL mapping"),
                fact(Kind.APPROVAL, "2026-09-18", "approved", "GL mapping"),
            ),
            "CL-APPROVAL", "2026-09-11", "2026-09-18",
        ),
        (
            (
                fact(Kind.SCOPE, "2026-09-01", "100"),
                fact(Kind.SCOPE, "2026-09-08", "104"),
                fact(Kind.SCOPE, "2026-09-15", "120", replanned="2026-09-25T15:00:00Z"),
            ),
            "CL-SCOPE", "2026-09-15", "2026-09-25",
        ),
        (
            (received("2026-09-08"), stage("2026-09-08 10:00", "on_hold"),
             stage("2026-09-28", "waiting_on_utility")),
            "CL-HOLD", "2026-09-08", "2026-09-28",
        ),
        (
            (stage("2026-09-01", "kickoff_scheduling"), sent("2026-09-02"),
             received("2026-09-03"), meeting("2026-09-15", "scheduled", side=Side.US)),
            "CL-KICKOFF", "2026-09-10", "2026-09-15",
        ),
        (
            (
                fact(Kind.AUTHORISATION, "2026-09-08", "sent", "ComEd"),
                fact(Kind.AUTHORISATION, "2026-09-30", "confirmed", "ComEd"),
            ),
            "VN-AUTH", "2026-09-22", "2026-09-30",
        ),
        (
            (
                fact(Kind.BILL, "2026-09-08", "enrolled", "1", last_statement="2026-09-01"),
                fact(Kind.BILL, "2026-10-20", "actual", "1"),
            ),
            "VN-BILL", "2026-10-14", "2026-10-20",
        ),
        (
            (
                fact(Kind.PRIORITY, "2026-09-08", "set", "another launch"),
                fact(Kind.PRIORITY, "2026-09-18", "cleared", "another launch"),
            ),
            "IN-PRIORITY", "2026-09-08", "2026-09-18",
        ),
        (
            (
                fact(Kind.ERROR, "2026-09-08", "open", "the template"),
                fact(Kind.ERROR, "2026-09-18", "fixed", "the template"),
            ),
            "IN-REWORK", "2026-09-08", "2026-09-18",
        ),
        (
            (stage("2026-09-01", "contract_signed"), stage("2026-09-15", "waiting_on_utility")),
            "IN-BACKLOG", "2026-09-04", "2026-09-15",
        ),
    ],
)  # fmt: skip
def test_each_code_begins_and_ends_by_its_own_rule(
    facts: tuple[Evidence, ...], code: str, begun: str, ended: str
) -> None:
    delay = only(*facts)

    assert (delay.code, *lasted(delay)) == (code, begun, ended)
    assert delay.status is Status.COUNTED
    assert delay.evidence


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (Kind.ITEM, "requested"),
        (Kind.APPROVAL, "requested"),
        (Kind.CREDENTIAL, "requested"),
        (Kind.AUTHORISATION, "sent"),
    ],
)
def test_what_was_not_needed_after_all_was_never_late(kind: Kind, asked: str) -> None:
    seen = found(
        fact(kind, "2026-09-03", asked, "W-9", due="2026-09-10"),
        fact(kind, "2026-10-20", "void", "W-9"),
    )

    assert seen.delays == ()


def test_while_we_try_a_login_the_wait_is_not_the_client_s() -> None:
    seen = found(
        fact(Kind.CREDENTIAL, "2026-09-08", "requested", "ComEd"),
        fact(Kind.CREDENTIAL, "2026-09-18", "received", "ComEd"),
        fact(Kind.CREDENTIAL, "2026-10-01", "requested", "ComEd"),  # it did not work
        fact(Kind.CREDENTIAL, "2026-10-20", "valid", "ComEd"),
    )

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("CL-CREDS", "2026-09-15", "2026-09-18"),
        ("IN-BACKLOG", "2026-09-22", "2026-10-01"),  # we had it, and did not try it
        ("CL-CREDS", "2026-10-08", "2026-10-20"),
    ]


def test_a_hundred_errors_of_ours_at_one_time_are_one_delay() -> None:
    errors = [
        one
        for number in range(100)
        for one in (
            fact(Kind.ERROR, "2026-09-08", "open", f"row {number}"),
            fact(Kind.ERROR, f"2026-09-{10 + number % 9}", "fixed", f"row {number}"),
        )
    ]
    delay = only(*errors)

    assert (delay.code, *lasted(delay)) == ("IN-REWORK", "2026-09-08", "2026-09-18")


def test_what_is_known_by_a_doubtful_fact_needs_a_review() -> None:
    delay = only(
        stage("2026-11-02", "waiting_on_customer"),
        fact(Kind.SENT, "2026-11-02", "delivered", doubt="it is on two tickets"),
    )

    assert (delay.status, delay.doubts) == (Status.REVIEW, ("it is on two tickets",))


def test_a_pause_nobody_asked_for_is_only_suspected() -> None:
    delay = only(stage("2026-09-08", "on_hold"), now="2026-09-20")

    assert (delay.code, delay.status) == ("CL-HOLD", Status.SUSPECTED)


def test_a_shared_stage_is_ours_until_the_client_was_asked() -> None:
    seen = found(
        stage("2026-09-01", "gathering_documents"),
        item("2026-10-05", "requested", due="2026-10-20"),
        item("2026-10-19", "received"),
        item("2026-10-20", "accepted"),
        stage("2026-10-20 12:00", "waiting_on_utility"),
    )

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("IN-BACKLOG", "2026-09-23", "2026-10-05")
    ]


def test_unexplained_time_is_nobody_s() -> None:
    seen = found(stage("2026-09-01", "waiting_on_utility"), now="2026-12-10")
    days = days_of(seen, RULES, at("2026-12-10"))

    assert (days.client_exclusive, days.unattributed, days.net) == (0, 100, 100)


def test_a_suspected_delay_is_shown_and_not_counted() -> None:
    seen = found(item("2026-09-03", "requested"))
    days = days_of(seen, RULES, at("2026-12-10"))

    assert [one.status for one in seen.delays] == [Status.SUSPECTED]
    assert (days.net, days.spans) == (100, {})


def test_days_are_those_of_the_customer_s_zone_when_the_clocks_change() -> None:
    seen = found(
        fact(Kind.PORTAL, "2026-10-31 00:00", "down", "ComEd"),
        fact(Kind.PORTAL, "2026-11-02 00:00", "up", "ComEd"),
    )
    (delay,) = seen.delays
    days = days_of(seen, RULES, at("2026-12-10"))

    assert delay.end is not None
    assert (delay.end - delay.start).total_seconds() == 49 * 3600
    assert days.spans[delay.key].calendar == 2


def test_late_evidence_moves_the_end_and_keeps_the_name_of_the_delay() -> None:
    facts = (stage("2026-11-02", "waiting_on_customer"), sent("2026-11-02"), received("2026-11-20"))
    before, after = only(*facts), only(*facts, received("2026-11-10"))

    assert before.key == after.key
    assert (lasted(before)[1], lasted(after)[1]) == ("2026-11-20", "2026-11-10")


@pytest.mark.parametrize(
    ("facts", "doubt"),
    [
        ((sent("2027-01-01"),), "1 facts are dated in the future"),
        ((stage("2026-09-01", "vip_lane"),), 'the stage "vip_lane" is not known'),
        (
            (stage("2026-09-01", "live"), stage("2026-09-08", "first_bills"),
             stage("2026-09-10", "live")),
            "reopened",
        ),
        ((stage("2026-08-01", "contract_signed"),), "older than the start"),
    ],
)  # fmt: skip
def test_what_the_facts_leave_open_is_said(facts: tuple[Evidence, ...], doubt: str) -> None:
    assert any(doubt in one for one in found(*facts).doubts)


def test_an_onboarding_that_was_reopened_ends_when_it_went_live_again() -> None:
    seen = found(
        stage("2026-09-01", "first_bills"),
        stage("2026-10-01", "live"),
        stage("2026-10-05", "first_bills"),
        stage("2026-10-20", "live"),
    )

    assert days_of(seen, RULES, at("2026-12-10")).end == date(2026, 10, 20)


def test_nothing_people_did_stops_the_look() -> None:
    odd = (
        fact(Kind.SCOPE, "2026-09-01", "many"),
        item("2026-09-01", "requested", due="soon"),
        meeting("2026-09-02", "no_show", slot="later"),
        fact(Kind.BILL, "2026-09-03", "actual", "7"),
        stage("2026-09-04", ""),
        received("2026-09-05"),
    )

    assert {one.code for one in found(*odd).delays} == {"CL-DOCS", "CL-RESCHED"}

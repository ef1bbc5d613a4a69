"""Never a wrong number without a mark: what is the client's only looks so at first sight."""

from __future__ import annotations

from dataclasses import replace

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

from ubm_sync.delays.delay import Status
from ubm_sync.delays.detect import detect
from ubm_sync.evidence import Evidence, Kind, Side

SLOT, NEXT, LAST = "2026-10-06T15:00:00Z", "2026-10-13T15:00:00Z", "2026-10-20T15:00:00Z"


def spans(*facts: Evidence, now: str = "2026-12-10") -> list[tuple[str, str, str | None]]:
    return [(one.code, *lasted(one)) for one in found(*facts, now=now).delays]


def test_a_day_named_too_late_still_leaves_two_business_days() -> None:
    delay = only(item("2026-09-03", "requested", due="2026-09-01"), now="2026-09-20")

    assert lasted(delay) == ("2026-09-08", None)  # 7 September is Labor Day
    assert "due 9/8" in delay.told


def test_what_we_told_last_before_the_wait_is_the_question_not_a_word_of_long_ago() -> None:
    delay = only(
        stage("2026-08-03", "waiting_on_utility"),
        sent("2026-08-03"),  # "for your information"
        sent("2026-11-16"),
        stage("2026-11-16 10:00", "waiting_on_customer"),
    )

    assert delay.start == at("2026-11-19 17:00")


def test_an_answer_before_the_wait_leaves_no_question() -> None:
    assert spans(sent("2026-09-01"), received("2026-09-02"),
                 stage("2026-09-03", "waiting_on_customer")) == []  # fmt: skip


def test_silence_is_counted_once_for_each_time_the_ticket_waits() -> None:
    seen = found(
        sent("2026-09-01"),
        stage("2026-09-15 08:00", "waiting_on_customer"),
        stage("2026-09-15 18:00", "waiting_on_utility"),
        stage("2026-09-15 19:00", "waiting_on_customer"),
        received("2026-09-21"),
    )
    parts = [(one.start, one.end) for one in seen.delays]

    assert parts == [
        (at("2026-09-15 08:00"), at("2026-09-15 18:00")),
        (at("2026-09-15 19:00"), at("2026-09-21")),
    ]


def test_a_bounce_that_comes_to_light_voids_the_silence() -> None:
    waits, question = stage("2026-11-02", "waiting_on_customer"), sent("2026-11-02")

    assert len(found(waits, question).delays) == 1
    assert found(waits, replace(question, value="bounced")).delays == ()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.ITEM, "CL-DOCS"),
        (Kind.CREDENTIAL, "CL-CREDS"),
        (Kind.APPROVAL, "CL-APPROVAL"),
    ],
)
def test_a_request_whose_mail_came_back_counts_from_the_next_one_that_arrived(
    kind: Kind, code: str
) -> None:
    asked = fact(kind, "2026-09-08", "requested", "W-9", due="2026-09-10")
    lost = sent("2026-09-08 09:10", "bounced")

    assert found(asked, lost).delays == ()
    delay = only(asked, lost, sent("2026-09-21"))
    assert delay.code == code
    assert delay.notice is not None
    assert delay.notice.at == at("2026-09-21")
    assert delay.start == at("2026-09-21") + (delay.start - at("2026-09-21"))
    assert lasted(delay)[0] >= "2026-09-23"


def test_a_request_one_of_whose_mails_arrived_was_made() -> None:
    delay = only(
        item("2026-09-08", "requested", due="2026-09-15"),
        sent("2026-09-08 09:10", "bounced"),
        sent("2026-09-08 09:20"),
        now="2026-09-20",
    )

    assert lasted(delay) == ("2026-09-15", None)


def test_the_mail_that_went_out_with_a_request_is_evidence_of_it() -> None:
    mail, other = sent("2026-09-08 09:10"), sent("2026-09-08 15:00")
    delay = only(item("2026-09-08", "requested", due="2026-09-15"), mail, other, now="2026-09-20")

    assert mail in delay.evidence
    assert other not in delay.evidence


def test_an_incomplete_reply_ends_the_silence_and_once_told_the_documents_are_late() -> None:
    facts = (
        stage("2026-09-01", "waiting_on_customer"),
        item("2026-09-01", "requested", due="2026-09-25"),
        sent("2026-09-01"),
        received("2026-09-14"),
        item("2026-09-14", "received"),
        item("2026-09-15", "rejected"),
        item("2026-10-01", "received"),
        item("2026-10-02", "accepted"),
    )

    assert spans(*facts) == [
        ("CL-NOREPLY", "2026-09-04", "2026-09-14"),
        ("CL-DOCS", "2026-09-17", "2026-10-01"),
    ]


def test_what_was_sent_back_without_a_word_when_it_came_needs_a_review() -> None:
    first, second = found(
        item("2026-09-03", "requested", due="2026-09-10"), item("2026-09-21", "rejected")
    ).delays

    assert (first.status, lasted(first)) == (Status.REVIEW, ("2026-09-10", "2026-09-21"))
    assert (second.status, lasted(second)) == (Status.COUNTED, ("2026-09-23", None))


def test_a_meeting_we_moved_on_ends_the_client_s_delay() -> None:
    assert spans(
        meeting("2026-10-01", "scheduled", slot=SLOT, side=Side.US),
        meeting("2026-10-05", "rescheduled", slot=SLOT),
        meeting("2026-10-12 15:00", "rescheduled", slot=NEXT, side=Side.US),
        meeting("2026-10-20 12:00", "completed", slot=LAST, side=Side.US),
    ) == [("CL-RESCHED", "2026-10-06", "2026-10-13")]


def test_a_meeting_moved_to_an_earlier_day_delays_nothing() -> None:
    assert spans(
        meeting("2026-10-01", "scheduled", slot=NEXT, side=Side.US),
        meeting("2026-10-02", "rescheduled", slot=NEXT),
        meeting("2026-10-06 12:00", "completed", slot=SLOT),
    ) == []  # fmt: skip


def test_a_kickoff_agreed_on_before_the_first_mail_was_agreed_on() -> None:
    stands = stage("2026-09-01", "kickoff_scheduling")
    booked = meeting("2026-09-01 10:00", "scheduled", slot="2026-09-22T15:00:00Z", side=Side.US)
    mail = sent("2026-09-02")
    called_off = meeting("2026-09-01 11:00", "canceled", slot="2026-09-22T15:00:00Z", side=Side.US)

    assert spans(stands, booked, mail, now="2026-09-30") == []
    assert spans(stands, booked, called_off, mail, now="2026-09-30") == [
        ("CL-KICKOFF", "2026-09-10", None)
    ]


def test_an_old_message_is_no_request_to_pause() -> None:
    delay = only(received("2026-08-01"), stage("2026-09-08", "on_hold"), now="2026-09-20")

    assert delay.status is Status.SUSPECTED


def test_a_pause_ends_when_the_client_asks_to_go_on() -> None:
    facts = (received("2026-09-08"), stage("2026-09-08 10:00", "on_hold"))
    soon = only(*facts, received("2026-09-24"), stage("2026-09-28", "waiting_on_utility"))
    chat = only(*facts, received("2026-09-10"), stage("2026-09-28", "waiting_on_utility"))

    assert (lasted(soon)[1], lasted(chat)[1]) == ("2026-09-24", "2026-09-28")


def test_an_approval_asked_for_again_is_a_second_wait() -> None:
    assert spans(
        fact(Kind.APPROVAL, "2026-09-01", "requested", "GL mapping"),
        fact(Kind.APPROVAL, "2026-09-02", "declined", "GL mapping"),
        fact(Kind.APPROVAL, "2026-09-08", "requested", "GL mapping"),
        fact(Kind.APPROVAL, "2026-09-18", "approved", "GL mapping"),
    ) == [("CL-APPROVAL", "2026-09-11", "2026-09-18")]


def test_a_login_is_one_thing_however_systems_spell_it() -> None:
    delay = only(
        fact(Kind.CREDENTIAL, "2026-09-08", "requested", "ComEd"),
        fact(Kind.CREDENTIAL, "2026-09-22", "valid", "COMED "),
    )

    assert lasted(delay) == ("2026-09-15", "2026-09-22")


def test_a_plan_without_a_day_agrees_on_nothing() -> None:
    delay = only(
        fact(Kind.SCOPE, "2026-09-01", "100"),
        fact(Kind.SCOPE, "2026-09-15", "120", replanned="soon"),
    )

    assert delay.status is Status.SUSPECTED


def test_a_plan_agreed_on_for_later_goes_on_until_then_in_the_customer_s_own_day() -> None:
    facts = (
        fact(Kind.SCOPE, "2026-09-01", "100"),
        fact(Kind.SCOPE, "2026-09-15", "120", replanned="2026-09-25"),
    )
    before, after = found(*facts, now="2026-09-20"), only(*facts)

    assert [one.end for one in before.delays] == [None]
    assert before.upcoming == at("2026-09-25 00:00")
    assert lasted(after) == ("2026-09-15", "2026-09-25")


def test_what_was_contracted_is_the_baseline() -> None:
    facts = (fact(Kind.SCOPE, "2026-09-15", "120", replanned="2026-09-25"),)

    assert detect(onboarding(), facts, RULES, at("2026-12-10")).delays == ()
    seen = detect(onboarding(contracted=100), facts, RULES, at("2026-12-10"))
    assert [one.code for one in seen.delays] == ["CL-SCOPE"]


def test_the_thirty_sixth_day_is_the_customer_s_own() -> None:
    delay = only(
        fact(Kind.BILL, "2026-09-08", "enrolled", "1", last_statement="2026-09-20"),
        fact(Kind.BILL, "2026-11-10", "actual", "1"),
    )

    assert delay.start == at("2026-10-26 00:00")


def test_nothing_lasts_beyond_the_end_of_the_onboarding() -> None:
    facts = (
        fact(Kind.CREDENTIAL, "2026-09-08", "requested", "ComEd"),
        fact(Kind.PORTAL, "2026-10-05", "down", "ComEd"),
        stage("2026-10-01", "live"),
    )
    (delay,) = found(*facts).delays

    assert lasted(delay) == ("2026-09-15", "2026-10-01")
    assert delay.told.endswith(", until the onboarding was over")


def test_a_reopened_onboarding_goes_on_with_the_same_delays() -> None:
    facts = (fact(Kind.CREDENTIAL, "2026-09-08", "requested", "ComEd"), stage("2026-10-01", "live"))
    closed, reopened = only(*facts), only(*facts, stage("2026-10-05", "waiting_on_utility"))

    assert closed.key == reopened.key
    assert reopened.end is None


def test_what_is_noted_at_one_instant_is_read_in_the_order_of_the_matter() -> None:
    facts = [
        item("2026-09-03", "requested", due="2026-09-10"),
        item("2026-09-14", "received"),
        item("2026-09-14", "accepted"),
    ]

    assert spans(*facts) == spans(*reversed(facts)) == [("CL-DOCS", "2026-09-10", "2026-09-14")]


def ticket(one: Evidence, number: int) -> Evidence:
    return replace(one, record=f"tickets/{number}")


MERGED = Evidence(
    Kind.MERGED, at("2026-10-20"), "tickets/2", "merged", "desk", "tickets/1", side=Side.US
)
MAIN = (
    ticket(stage("2026-09-01", "waiting_on_customer"), 1),
    sent("2026-09-08"),
    received("2026-10-12"),
)
OTHER = (
    ticket(stage("2026-09-02", "contract_signed"), 2),
    ticket(stage("2026-09-15", "waiting_on_utility"), 2),
)


def test_of_merged_tickets_the_delays_of_both_count() -> None:
    seen = found(*MAIN, *OTHER, MERGED)

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("IN-BACKLOG", "2026-09-08", "2026-09-15"),
        ("CL-NOREPLY", "2026-09-11", "2026-10-12"),
    ]
    assert seen.doubts == (
        "ticket 2 was merged into it on 2026-10-20; the delays of both are counted together",
    )
    days = days_of(seen, RULES, at("2026-12-10"))
    assert (days.concurrent, days.client_exclusive) == (4, 27)


def test_a_merged_ticket_s_last_stage_ends_with_the_merge_and_the_other_one_s_goes_on() -> None:
    seen = found(*MAIN[:2], ticket(stage("2026-09-02", "account_setup"), 2), MERGED)

    assert [(one.code, *lasted(one)) for one in seen.delays] == [
        ("CL-NOREPLY", "2026-09-11", None),
        ("IN-BACKLOG", "2026-09-24", "2026-10-20"),
    ]


def test_a_merged_ticket_that_went_live_is_not_the_end_of_the_other() -> None:
    seen = found(*MAIN[:2], ticket(stage("2026-09-20", "live"), 2), MERGED)

    assert seen.onboarding.live is None


def test_a_merged_ticket_nothing_is_known_of_is_said() -> None:
    assert found(*MAIN, MERGED).doubts == (
        "the history of ticket 2, merged into it, cannot be read",
    )


def test_a_ticket_that_took_another_one_s_place_is_said() -> None:
    seen = found(*(ticket(one, number) for number, one in enumerate(HISTORY)))

    assert any("2 tickets tell its stages" in doubt for doubt in seen.doubts)


HISTORY = (stage("2026-09-01", "contract_signed"), stage("2026-09-02", "kickoff_held"))

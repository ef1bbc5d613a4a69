"""What holds for whatever people did: laws of the rules, over random facts."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.delays.facts import RULES, at, days_of, fact, onboarding

from ubm_sync.delays.case import Case
from ubm_sync.delays.codes import Party
from ubm_sync.delays.delay import Status
from ubm_sync.delays.detect import Found, detect
from ubm_sync.delays.timeline import timeline
from ubm_sync.evidence import Evidence, Kind, Side

NOW = at("2026-12-10")
VALUES = {
    Kind.STAGE: (*RULES.stages, "gone"),
    Kind.SENT: ("delivered", "bounced"),
    Kind.RECEIVED: ("reply", "automatic"),
    Kind.MEETING: ("scheduled", "completed", "rescheduled", "no_show", "canceled"),
    Kind.ITEM: ("requested", "received", "accepted", "rejected", "void"),
    Kind.ROW: ("Needs information", "Waiting for CSM", "gone"),
    Kind.CREDENTIAL: ("requested", "received", "valid", "invalid", "void"),
    Kind.PORTAL: ("down", "up"),
    Kind.AUTHORISATION: ("sent", "confirmed"),
    Kind.APPROVAL: ("requested", "approved"),
    Kind.SCOPE: ("100", "120", "?"),
    Kind.BILL: ("enrolled", "actual"),
    Kind.ERROR: ("open", "fixed"),
    Kind.PRIORITY: ("set", "cleared"),
}


@st.composite
def one_fact(draw: st.DrawFn) -> Evidence:
    kind = draw(st.sampled_from(list(VALUES)))
    begun = at("2026-08-25") + timedelta(hours=draw(st.integers(0, 24 * 120)))
    details = {}
    if kind is Kind.ITEM and draw(st.booleans()):
        details["due"] = (begun + timedelta(days=draw(st.integers(-3, 15)))).date().isoformat()
    if kind is Kind.MEETING:
        details["slot"] = (begun + timedelta(hours=draw(st.integers(-50, 90)))).isoformat()
    if kind is Kind.SCOPE and draw(st.booleans()):
        details["replanned"] = (begun + timedelta(days=9)).isoformat()
    known = fact(
        kind, "2026-09-01", draw(st.sampled_from(VALUES[kind])), draw(st.sampled_from("ab"))
    )
    return Evidence(
        kind, begun, known.subject, known.value, known.system, known.record,
        side=draw(st.sampled_from(list(Side))), details=details,
    )  # fmt: skip


facts_of_people = st.lists(one_fact(), max_size=25)


def look(facts: list[Evidence]) -> Found:
    return detect(onboarding(), facts, RULES, NOW)


@given(facts_of_people, st.randoms(use_true_random=False))
def test_order_and_repetition_of_facts_do_not_matter(
    facts: list[Evidence], chance: random.Random
) -> None:
    again = [*facts, *facts]
    chance.shuffle(again)

    assert look(again).delays == look(facts).delays


@given(facts_of_people)
def test_a_client_s_delay_counts_only_after_notice_and_threshold(facts: list[Evidence]) -> None:
    case = Case(onboarding(), timeline((), NOW), RULES, NOW)
    for delay in look(facts).delays:
        assert delay.evidence
        assert delay.start <= NOW
        assert delay.end is None or delay.start < delay.end
        if delay.party is not Party.CLIENT or delay.status is not Status.COUNTED:
            continue
        assert delay.notice is not None
        threshold = RULES.codes[delay.code].threshold
        if threshold and delay.code != "CL-DOCS":
            assert delay.start >= case.deadline(delay.notice.at, threshold)


@given(facts_of_people)
def test_no_time_is_the_client_s_without_a_delay_of_theirs(facts: list[Evidence]) -> None:
    seen = look(facts)
    days = days_of(seen, RULES, NOW)
    named = {one.key: one for one in seen.delays}

    for piece in days.slices:
        parties = {named[key].party for key in piece.active}
        assert (piece.share == "client") == (parties == {Party.CLIENT})
    assert days.gross == days.client_exclusive + days.concurrent + days.other + days.unattributed


@given(facts_of_people, facts_of_people)
def test_facts_after_now_change_nothing(before: list[Evidence], after: list[Evidence]) -> None:
    later = timedelta(days=200)
    moved = [
        Evidence(
            one.kind, one.at + later, one.subject, one.value, one.system, one.record,
            side=one.side, details=one.details,
        )
        for one in after
    ]  # fmt: skip

    assert look([*before, *moved]).delays == look(before).delays

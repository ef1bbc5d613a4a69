"""What managers type on the ticket: which delays they mean, and what is kept of who said it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.delays.facts import ZONE, at, found, item, received, sent, stage

from ubm_sync.delays.delay import Status
from ubm_sync.delays.ledger import Basis, Dispute, revise
from ubm_sync.delays.people import (
    DISPUTE,
    DISPUTE_ONE,
    DISPUTE_REASON,
    OVERRIDE,
    RESPONSE,
    SAID,
    SIGNED,
    Author,
    Disputed,
    People,
    Response,
    from_plain,
    people_of,
    plain,
)

DANA, LEE = Author("dana", at("2026-12-01")), Author("lee", at("2026-12-05"))
FACTS = (
    item("2026-09-03", "requested", "W-9", due="2026-09-10"),
    item("2026-09-03", "requested", "LOA", due="2026-09-15"),
    stage("2026-11-16 08:00", "waiting_on_customer"),
    sent("2026-11-16"),
)
SEEN = found(*FACTS)
KNOWN = {
    one.delay: one for one in revise({}, "501", SEEN.delays, Basis("1", "a", "r"), at("2026-12-10"))
}
BY_NUMBER = {one.event: name for name, one in KNOWN.items()}


def day(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(ZONE)).date()


def said(text: str, author: Author = DANA, before: People | None = None) -> People:
    return people_of({DISPUTE_ONE: text, DISPUTE_REASON: "why"}, {DISPUTE_ONE: author}, before)


def disputed(people: People) -> Disputed:
    return people.of("501", SEEN.delays, KNOWN, day)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2", {2}),
        ("no. 2; #3", {2, 3}),
        ("1,\n3", {1, 3}),
        ("CL-DOCS 9/10", {1}),
        ("cl-docs  2026-09-15", {2}),
        ("CL-NOREPLY 11/19/2026", {3}),
        ("", set()),
    ],
)
def test_one_delay_is_named_by_its_number_or_by_code_and_day(text: str, numbers: set[int]) -> None:
    meant = disputed(said(text))

    assert set(meant.delays) == {BY_NUMBER[one] for one in numbers}
    assert meant.doubts == ()
    assert all(one == Dispute("dana", DANA.at, "why") for one in meant.delays.values())


@pytest.mark.parametrize("text", ["9", "CL-DOCS 9/11", "CL-NOREPLY 11/19/2025", "all of them"])
def test_a_word_that_names_no_delay_is_said_and_disputes_nothing(text: str) -> None:
    meant = disputed(said(text))

    assert meant.delays == {}
    assert meant.doubts == (f'"{text}" is disputed, but there is no such delay',)


def test_a_word_keeps_its_meaning_when_the_delay_begins_on_another_day() -> None:
    people = said("CL-NOREPLY 11/19")
    bound = disputed(people).bound
    later = found(*FACTS[:2], replace(FACTS[2], at=at("2026-11-24")), FACTS[3])
    people = said("CL-NOREPLY 11/19", before=replace(people, bound=bound))
    meant = people.of("501", later.delays, {}, day)

    assert list(meant.delays) == list(bound["CL-NOREPLY 11/19"])
    assert meant.doubts == ()


def test_a_word_taken_out_and_put_in_again_is_understood_anew() -> None:
    before = replace(said("CL-DOCS 9/10"), bound={"CL-DOCS 9/10": ("gone",)})

    assert said("", before=before).bound == {}
    assert said("CL-DOCS 9/10", before=before).bound == {"CL-DOCS 9/10": ("gone",)}


def test_who_disputed_first_stays_when_somebody_else_adds_to_it() -> None:
    people = said("1; 2", LEE, before=said("1"))

    assert {word: one.by for word, one in people.single.items()} == {"1": "dana", "2": "lee"}
    codes = people_of({DISPUTE: "CL-DOCS"}, {DISPUTE: DANA})
    more = people_of({DISPUTE: "CL-DOCS; CL-HOLD"}, {DISPUTE: LEE}, codes)
    assert {code: one.by for code, one in more.disputes.items()} == {
        "CL-DOCS": "dana", "CL-HOLD": "lee"
    }  # fmt: skip


def test_a_client_s_statement_is_attached_as_a_whole_and_line_by_line() -> None:
    text = "We had asked for a month.\n2: the LOA was sent\nby post\nNo. 3. we called"
    people = people_of({RESPONSE: text}, {RESPONSE: DANA})

    assert people.response == Response(text, "dana", DANA.at)
    assert [people.response.of(number) for number in range(4)] == [
        "We had asked for a month.", "", "the LOA was sent by post", "we called"
    ]  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(SAID), st.text(max_size=40)),
    st.dictionaries(st.sampled_from(SAID), st.text(max_size=40)),
)
def test_whatever_is_typed_is_remembered_as_it_was_and_stops_nothing(
    first: dict[str, str], second: dict[str, str]
) -> None:
    people = people_of(first, dict.fromkeys(SIGNED, DANA))
    people = people_of(second, dict.fromkeys(SIGNED, LEE), people)

    assert from_plain(plain(people)) == people
    meant = disputed(people)
    assert set(meant.delays) <= set(KNOWN)


def test_a_suspected_delay_is_not_made_to_count_by_a_dispute() -> None:
    seen = found(item("2026-09-03", "requested"), received("2026-09-04"))
    basis = Basis("1", "a", "r")
    known = {one.delay: one for one in revise({}, "501", seen.delays, basis, at("2026-12-10"))}
    (only,) = known

    assert revise(
        known, "501", seen.delays, basis, at("2026-12-10"),
        disputes={only: Dispute("dana", DANA.at, "why")},
    ) == []  # fmt: skip
    assert known[only].status is Status.SUSPECTED


def test_an_override_is_a_number_of_whole_days() -> None:
    assert people_of({OVERRIDE: "1e999"}, {OVERRIDE: DANA}).override is None

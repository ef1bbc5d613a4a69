"""What is written down: each change once, nothing changed afterwards, nothing silently gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.delays.facts import RULES, at, days_of, fact, found, item, received, sent, stage

from ubm_sync.delays.delay import Status
from ubm_sync.delays.detect import Found
from ubm_sync.delays.headline import Override, headline
from ubm_sync.delays.ledger import GONE, Basis, Dispute, Revision, proof, revise
from ubm_sync.delays.words import closed, explained, opened, voided
from ubm_sync.evidence import Evidence, Kind

BASIS = Basis("1", "a1b2", "run-7")
ASKED = (stage("2026-11-16 08:00", "waiting_on_customer"), sent("2026-11-16"))


class Ledger:
    """A ledger kept in a list."""

    def __init__(self) -> None:
        self.lines: list[Revision] = []
        self.disputes: dict[str, Dispute] = {}

    @property
    def last(self) -> dict[str, Revision]:
        return {one.delay: one for one in self.lines}

    def write(self, seen: Found, now: str) -> list[Revision]:
        fresh = revise(self.last, "501", seen.delays, BASIS, at(now), disputes=self.disputes)
        self.lines += fresh
        return fresh


def test_a_delay_is_written_down_when_it_opens_and_when_it_closes() -> None:
    ledger = Ledger()
    (first,) = ledger.write(found(*ASKED, now="2026-11-19 17:20"), "2026-11-19 17:20")
    closing = found(*ASKED, received("2026-11-23"), now="2026-11-23 09:20")
    (second,) = ledger.write(closing, "2026-11-23 09:20")

    assert (first.number, first.supersedes, first.end, first.retrospective) == (1, 0, None, False)
    assert (second.number, second.supersedes, second.delay) == (2, 1, first.delay)
    assert second.why == "it ended; more evidence"
    assert ledger.lines[0] is first


def test_delays_are_numbered_in_the_order_in_which_they_are_written_down() -> None:
    ledger = Ledger()
    ledger.write(found(*ASKED), "2026-12-10")
    earlier = item("2026-09-03", "requested", due="2026-09-10")
    ledger.write(found(*ASKED, earlier), "2026-12-10")
    ledger.write(found(*ASKED, earlier, received("2026-11-23")), "2026-12-10")

    assert [(one.code, one.number, one.event) for one in ledger.lines] == [
        ("CL-NOREPLY", 1, 1), ("CL-DOCS", 1, 2), ("CL-NOREPLY", 2, 1)
    ]  # fmt: skip


def test_looking_again_writes_nothing() -> None:
    ledger = Ledger()
    ledger.write(found(*ASKED), "2026-12-10")

    assert ledger.write(found(*ASKED), "2026-12-10") == []
    assert ledger.write(found(*ASKED, now="2026-12-11"), "2026-12-11") == []


def test_what_is_written_down_late_says_so() -> None:
    ledger = Ledger()
    (late,) = ledger.write(found(*ASKED, now="2026-11-25"), "2026-11-25")

    assert late.retrospective


def test_an_earlier_answer_that_comes_to_light_shortens_the_delay_and_keeps_the_old_line() -> None:
    ledger = Ledger()
    ledger.write(found(*ASKED, received("2026-11-30")), "2026-12-10")
    (revised,) = ledger.write(found(*ASKED, received("2026-11-24")), "2026-12-10")

    assert revised.why.startswith("ended 2026-11-24T15:00:00Z, not 2026-11-30T15:00:00Z")
    assert [one.number for one in ledger.lines] == [1, 2]


def test_a_delay_that_was_none_becomes_void_and_stays_in_the_ledger() -> None:
    ledger = Ledger()
    ledger.write(found(*ASKED), "2026-12-10")
    (void,) = ledger.write(found(*ASKED, received("2026-11-17")), "2026-12-10")

    assert (void.status, void.why, void.number) == (Status.VOID, GONE, 2)
    assert ledger.write(found(*ASKED, received("2026-11-17")), "2026-12-10") == []


def test_a_void_delay_that_is_shown_again_is_written_down_again() -> None:
    ledger = Ledger()
    ledger.write(found(*ASKED), "2026-12-10")
    ledger.write(found(*ASKED, received("2026-11-17")), "2026-12-10")
    (again,) = ledger.write(found(*ASKED), "2026-12-10")

    assert (again.number, again.status) == (3, Status.COUNTED)
    assert again.why.startswith("void before, counted now")


def test_a_disputed_delay_is_excluded_until_the_dispute_is_settled() -> None:
    ledger = Ledger()
    (counted,) = ledger.write(found(*ASKED), "2026-12-10")
    ledger.disputes[counted.delay] = Dispute("dana", at("2026-12-01"), "they called us")
    (disputed,) = ledger.write(found(*ASKED), "2026-12-10")
    ledger.disputes.clear()
    (settled,) = ledger.write(found(*ASKED), "2026-12-10")

    assert disputed.status is Status.DISPUTED
    assert disputed.why == "disputed by dana on 2026-12-01: they called us"
    assert settled.status is Status.COUNTED


def test_every_revision_names_evidence_that_can_be_looked_up() -> None:
    seen = found(*ASKED, received("2026-11-23"))
    (line,) = Ledger().write(seen, "2026-12-10")
    known = {one["ref"] for one in proof(seen.delays[0].evidence)}

    assert line.notice in known
    assert set(line.evidence) == known
    assert len(line.evidence) == 3


@given(st.lists(st.sampled_from([*ASKED, received("2026-11-18"), received("2026-11-23"),
       item("2026-09-03", "requested", due="2026-09-10"), item("2026-10-01", "received"),
       fact(Kind.PORTAL, "2026-10-01", "down", "ComEd")]), max_size=30))  # fmt: skip
def test_however_facts_come_to_light_the_ledger_ends_in_what_they_show(
    facts: list[Evidence],
) -> None:
    ledger, known = Ledger(), list[Evidence]()
    for one in facts:
        known.append(one)
        ledger.write(found(*known), "2026-12-10")
    seen = found(*facts)
    alive = {one.delay: one for one in ledger.last.values() if one.status is not Status.VOID}

    assert sorted(one.told for one in alive.values()) == sorted(one.told for one in seen.delays)
    for name in ledger.last:
        numbers = [one.number for one in ledger.lines if one.delay == name]
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_note_of_an_opened_delay_says_cause_proof_and_how_to_correct_it() -> None:
    now = "2026-11-19 17:20"
    asked = replace(ASKED[1], details={"channel": "email"})
    seen = found(ASKED[0], asked, now=now)
    days = days_of(seen, RULES, at(now))

    assert opened(seen.delays[0], days.spans[seen.delays[0].key], 4) == (
        "Client-caused delay opened: CL-NOREPLY. Asked 11/16 (email), no reply by 11/19 17:00. "
        'Day 1. Correct me: set "Delay override". '
        'Dispute it alone: write 4 into "Delay dispute by number".'
    )


def test_the_note_of_a_closed_delay_says_what_it_amounts_to() -> None:
    seen = found(*ASKED, received("2026-11-23"))
    days = days_of(seen, RULES, at("2026-12-10"))
    delay = seen.delays[0]

    assert closed(delay, days.spans[delay.key], days) == (
        "Delay closed: CL-NOREPLY, 4 days (2 business). Client total now 4 exclusive / 0 shared of "
        "100 days."
    )
    assert explained(delay, days.spans[delay.key]) == (
        "Client-caused, CL-NOREPLY: Asked 11/16, no reply by 11/19 17:00, answered 11/23. "
        "4 days on the calendar, 4 counted."
    )


def test_what_does_not_count_is_told_as_such() -> None:
    (suspected,) = found(item("2026-09-03", "requested")).delays

    assert "Not counted: suspected." in opened(suspected, None, 1)
    assert explained(suspected, None).endswith("Suspected, not counted.")
    assert voided("CL-DOCS", GONE) == (
        "Delay taken back: CL-DOCS. What is known now shows no such delay. It counts for nothing."
    )


def test_the_ticket_carries_the_headline() -> None:
    seen = found(*ASKED, received("2026-11-23"), fact(Kind.PORTAL, "2026-12-01", "down", "ComEd"))
    fields = headline(seen, days_of(seen, RULES, at("2026-12-10")))

    assert fields == {
        "onboarding_start": "2026-09-01",
        "day_count": "100",
        "client_delay_days": "4",
        "client_delay_days_concurrent": "0",
        "vendor_delay_days": "9",
        "internal_delay_days": "0",
        "net_days": "96",
        "delay_event_count": "2",
        "delay_reasons": "CL-NOREPLY; VN-PORTAL",
        "delay_last_evidence": "2026-12-01T15:00:00Z",
        "primary_delay_reason": "CL-NOREPLY",
        "delay_open_reason": "VN-PORTAL",
        "delay_open_since": "2026-12-01T15:00:00Z",
    }


def test_a_manager_s_own_number_wins() -> None:
    seen = found(*ASKED, received("2026-11-23"))
    days = days_of(seen, RULES, at("2026-12-10"))
    override = Override(2, "two days were ours", "dana", at("2026-12-09"))
    fields = headline(seen, days, override)

    assert (fields["client_delay_days"], fields["net_days"]) == ("2", "98")


def test_without_delays_the_headline_names_no_reason() -> None:
    seen = found(stage("2026-09-01", "waiting_on_utility"))
    fields = headline(seen, days_of(seen, RULES, at("2026-12-10")))

    assert not fields.keys() & {"delay_reasons", "primary_delay_reason", "delay_open_reason"}


def test_a_headline_is_the_same_at_every_look_of_a_day() -> None:
    seen = found(*ASKED)
    morning = headline(seen, days_of(seen, RULES, at("2026-12-10 00:10")))
    evening = headline(seen, days_of(seen, RULES, at("2026-12-10") + timedelta(hours=12)))

    assert morning == evening

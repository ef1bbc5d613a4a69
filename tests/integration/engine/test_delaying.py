"""Delays are found, written down, told and shown once each, whatever comes in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.engine_delays import ACME, Onboardings
from tests.engine_house import DESK, INTAKE, MAPPINGS
from tests.unit.delays.facts import at, item, received, sent, stage
from tests.unit.delays.test_detect import HUNDRED_DAYS

from ubm_sync.delays.delay import Status
from ubm_sync.delays.rules import CodeRule, DelayRules
from ubm_sync.errors import Temporary
from ubm_sync.evidence import Evidence, Kind
from ubm_sync.reports.delays import accounts, story
from ubm_sync.sync.delaying import DelayPolicy

QUESTION = (stage("2026-09-01", "waiting_on_customer"), sent("2026-09-08"))
ANSWER = received("2026-09-21")
GOLDEN = {
    "onboarding_start": "2026-09-01", "live_date": "2026-12-10", "day_count": "100",
    "client_delay_days": "25", "client_delay_days_concurrent": "8", "net_days": "75",
    "vendor_delay_days": "14", "internal_delay_days": "5", "delay_event_count": "5",
    "primary_delay_reason": "CL-DOCS",
    "delay_reasons": "CL-RESCHED; CL-DOCS; CL-NOREPLY; VN-PORTAL; IN-BACKLOG",
}  # fmt: skip


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def house(database_url: str) -> Iterator[Onboardings]:
    with Onboardings(database_url) as house:
        yield house


def shown(house: Onboardings, *names: str) -> list[str | None]:
    return [house.ticket().get(name) for name in names]


def test_a_hundred_days_as_they_happen_end_with_the_worked_example_on_the_ticket(
    house: Onboardings,
) -> None:
    house.settle()
    for fact in HUNDRED_DAYS:
        if fact.at > house.now():
            house.clock.sleep((fact.at - house.now()).total_seconds())
        house.script.add("acme", fact)
        house.settle()
    house.until("2026-12-20")

    ticket = house.ticket()
    assert {name: ticket.get(name) for name in GOLDEN} == GOLDEN
    assert "delay_open_reason" not in ticket
    assert house.verified()


def test_a_first_look_at_an_old_onboarding_is_one_note(house: Onboardings) -> None:
    house.script.add("acme", *HUNDRED_DAYS)
    house.until("2026-12-20")

    ticket = house.ticket()
    assert {name: ticket.get(name) for name in GOLDEN} == GOLDEN
    (note,) = house.notes()
    assert note.startswith("5 delays found or closed at once. Client total now 25 exclusive / 8")
    assert note.count("\n- ") == 5
    assert all(one.revision.retrospective for one in house.lines())


def test_a_delay_is_noted_when_it_opens_and_when_it_closes(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-11 16:30")
    assert shown(house, "client_delay_days", "delay_open_reason") == ["0", None]

    house.until("2026-09-11 17:01")
    assert house.ticket()["delay_open_reason"] == "CL-NOREPLY"
    (opened,) = house.notes()
    assert opened.startswith("Client-caused delay opened: CL-NOREPLY. Asked 9/8, no reply by 9/11")

    house.until("2026-09-21")
    house.script.add("acme", ANSWER)
    house.until("2026-09-21 10:00")

    assert shown(house, "client_delay_days", "delay_open_reason") == ["10", None]
    total = "Client total now 10 exclusive / 0 shared of 20 days."
    assert house.notes()[1:] == [f"Delay closed: CL-NOREPLY, 10 days (6 business). {total}"]
    assert [(one.revision.number, one.revision.why) for one in house.lines()] == [
        (1, ""), (2, "it ended; more evidence")
    ]  # fmt: skip


def test_every_new_day_is_counted_and_nothing_is_written_between(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-15 10:00")
    assert shown(house, "day_count", "client_delay_days") == ["14", "4"]

    house.clock.sleep(3600)
    assert not house.engine.cycle().landed
    house.until("2026-09-16 00:01")
    assert shown(house, "day_count", "client_delay_days") == ["15", "5"]


def test_only_what_changed_is_written_and_at_most_once_a_cycle(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-15 10:00")
    desk = house.systems[DESK]
    refs = {one["customer_key"]: ref for ref, one in desk.see("onboarding").items()}
    past = desk.past["onboarding", refs["acme"]]
    before = len(past)
    house.clock.sleep((at("2026-09-16 00:01") - house.now()).total_seconds())
    house.engine.cycle()

    assert len(past) == before + 1
    old, new = past[-2].values, past[-1].values
    changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    assert changed == {"day_count", "client_delay_days"}  # the net days are the same


def test_a_quiet_cycle_asks_nothing_and_writes_nothing(house: Onboardings) -> None:
    house.script.add("acme", *HUNDRED_DAYS)
    house.until("2026-12-20")
    house.script.calls.clear()
    lines = len(house.lines())
    report = house.cycle()

    assert (report.landed, report.notes, report.problems) == ({}, 0, ())
    assert (house.script.calls, len(house.lines())) == ([], lines)


def test_a_restart_and_the_same_facts_told_anew_change_nothing(house: Onboardings) -> None:
    house.script.add("acme", *HUNDRED_DAYS)
    house.until("2026-12-20")
    lines, notes = house.lines(), house.notes()
    house.script.facts["acme"].reverse()
    house.start()
    house.settle()

    assert (house.lines(), house.notes()) == (lines, notes)


def test_late_evidence_revises_and_the_old_line_stays(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    before = house.lines()
    house.script.add("acme", received("2026-09-15"))  # an answer nobody had recorded
    house.until("2026-09-23")

    assert house.lines()[:1] == before
    assert house.lines()[1].revision.why.startswith("ended 2026-09-15T14:00:00Z, not 2026-09-21")
    assert house.ticket()["client_delay_days"] == "4"
    assert house.verified()


def test_what_was_collected_of_a_ticket_stays_known_when_it_is_merged_into_another(
    house: Onboardings,
) -> None:
    house.settle()
    desk = house.systems[DESK].see("onboarding").items()
    refs = {one["customer_key"]: f"tickets/{ref}" for ref, one in desk}
    house.script.add(
        "beta", replace(stage("2026-09-01", "waiting_on_customer"), record=refs["beta"]),
        sent("2026-09-08"), received("2026-09-21"),
    )  # fmt: skip
    house.script.add(
        "acme", replace(stage("2026-09-01", "waiting_on_utility"), record=refs["acme"])
    )
    house.until("2026-09-22")
    assert house.ticket("acme")["client_delay_days"] == "0"

    house.script.merged["acme"] = (refs["beta"].rpartition("/")[2],)
    merge = Evidence(Kind.MERGED, house.now(), refs["beta"], "merged", "desk", refs["acme"])
    house.script.add("acme", merge)
    house.until("2026-09-23")

    assert house.ticket("acme")["client_delay_days"] == "10"
    assert [one.revision.code for one in house.lines()] == ["CL-NOREPLY"]
    with house.state.reading() as tx:
        (said,) = tx.cases.load([ACME])[ACME].doubts
    assert "merged into it on 2026-09-22; the delays of both are counted together" in said
    assert house.verified()


def test_a_delay_that_was_none_is_taken_back_with_a_note(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-14")
    house.script.add("acme", received("2026-09-09"))
    house.until("2026-09-15")

    assert house.lines()[-1].revision.status is Status.VOID
    assert house.notes()[-1].startswith("Delay taken back: CL-NOREPLY.")
    assert house.lines()[-1].proof == house.lines()[0].proof
    assert house.ticket()["delay_event_count"] == "0"


def test_a_kill_after_the_ledger_was_written_writes_nothing_twice(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-11 16:30")

    def die() -> None:
        raise Killed

    house.clock.sleep(3600)
    house.systems[DESK].meanwhile = die
    with pytest.raises(Killed):
        house.engine.cycle()
    house.start()
    house.clock.sleep(3600)  # until the lease of the dead process is over
    house.settle()

    assert [one.revision.number for one in house.lines()] == [1]
    assert len(house.notes()) == 1
    assert house.ticket()["delay_open_reason"] == "CL-NOREPLY"


def test_a_kill_while_facts_are_told_loses_none(house: Onboardings) -> None:
    house.settle()
    house.script.add("acme", *QUESTION)
    house.script.add("beta", *QUESTION)
    house.script.fails = Killed()  # type: ignore[assignment]
    house.clock.sleep((at("2026-09-14") - house.now()).total_seconds())
    with pytest.raises(Killed):
        house.engine.cycle()
    house.script.fails = None
    house.start()
    house.clock.sleep(3600)
    house.settle()

    assert house.ticket("acme")["delay_open_reason"] == "CL-NOREPLY"
    assert house.ticket("beta")["delay_open_reason"] == "CL-NOREPLY"
    assert [len(house.lines(one)) for one in (ACME, "onboarding-beta")] == [1, 1]


def test_a_witness_that_fails_is_a_problem_and_what_it_told_counts(house: Onboardings) -> None:
    house.settle()
    house.script.add("acme", *QUESTION)
    house.script.add("beta", *QUESTION)
    house.script.fails = Temporary("The desk did not answer.")
    house.clock.sleep((at("2026-09-14") - house.now()).total_seconds())
    report = house.engine.cycle()

    assert report.problems == ("The desk did not answer.",)
    assert house.ticket("acme")["delay_open_reason"] == "CL-NOREPLY"


def test_a_manager_s_number_wins_with_name_and_time(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(delay_override="3", delay_override_reason="they answered by phone")
    said_at = house.now()
    house.settle()

    assert shown(house, "client_delay_days", "net_days", "delay_event_count") == ["3", "18", "1"]
    with house.state.reading() as tx:
        case = tx.cases.load([ACME])[ACME]
        (entry,) = [one for one in tx.audit.last(50) if one.action == "delay words"]
    override = case.people["override"]
    assert (override["by"], override["days"], override["reason"]) == (
        "dana@example.com", 3, "they answered by phone"
    )  # fmt: skip
    assert override["at"] == said_at.isoformat().replace("+00:00", "Z")
    assert (entry.actor, entry.subject) == ("dana@example.com", ACME)

    house.say(delay_override=None)
    house.settle()
    assert house.ticket()["client_delay_days"] == "10"


def test_a_number_that_is_none_changes_nothing_and_is_told(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(delay_override="2.5")
    house.settle()

    assert house.ticket()["client_delay_days"] == "10"
    with house.state.reading() as tx:
        assert "no number of whole days" in tx.cases.load([ACME])[ACME].doubts[0]


@pytest.mark.parametrize("word", ["CL-NOREPLY", "all", "CL-DOCS; CL-NOREPLY"])
def test_a_dispute_excludes_a_delay_until_it_is_cleared(house: Onboardings, word: str) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(delay_dispute=word, delay_dispute_reason="we asked the wrong person")
    house.settle()

    assert shown(house, "client_delay_days", "delay_event_count") == ["0", "0"]
    disputed = house.lines()[-1].revision
    assert disputed.status is Status.DISPUTED
    assert "dana@example.com" in disputed.why
    assert "we asked the wrong person" in disputed.why

    house.say(delay_dispute=None)
    house.settle()
    assert house.ticket()["client_delay_days"] == "10"
    assert house.lines()[-1].revision.why == "disputed before, counted now"


@pytest.mark.parametrize("word", ["2", "CL-DOCS 9/15"])
def test_a_single_delay_is_disputed_and_the_others_of_its_code_count(
    house: Onboardings, word: str
) -> None:
    house.script.add(
        "acme",
        stage("2026-09-01", "waiting_on_utility"),
        item("2026-09-03", "requested", "W-9", due="2026-09-10"),
        item("2026-09-14", "received", "W-9"),
        item("2026-09-14", "accepted", "W-9"),
        item("2026-09-03", "requested", "LOA", due="2026-09-15"),
        item("2026-09-22", "received", "LOA"),
        item("2026-09-22", "accepted", "LOA"),
    )
    house.until("2026-09-23")
    assert shown(house, "client_delay_days", "delay_event_count") == ["11", "2"]
    assert any('write 2 into "Delay dispute by number"' in one for one in house.notes())

    house.say(delay_dispute_numbers=word, delay_dispute_reason="it was in the mail")
    said_at = house.now()
    house.settle()
    house.say("lee@example.com", delay_dispute_numbers=f"{word}; 99")
    house.settle()

    assert shown(house, "client_delay_days", "delay_event_count") == ["4", "1"]
    with house.state.reading() as tx:
        case = tx.cases.load([ACME])[ACME]
    assert case.people["single"][word]["by"] == "dana@example.com"
    assert case.people["single"][word]["at"] == said_at.isoformat().replace("+00:00", "Z")
    assert case.doubts == ('"99" is disputed, but there is no such delay',)
    last = house.lines()[-1].revision
    assert (last.event, last.status) == (2, Status.DISPUTED)
    assert last.why == "disputed by dana@example.com on 2026-09-23: it was in the mail"

    house.say(delay_dispute_numbers=None)
    house.settle()
    assert shown(house, "client_delay_days", "delay_event_count") == ["11", "2"]
    assert house.verified()


def test_a_client_s_statement_is_kept_with_name_and_time(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(delay_client_response="1: we called on 9/10")
    house.settle()

    with house.state.reading() as tx:
        customers = {one.key: one for one in house.customers}
        (account,) = accounts(tx, customers, DelayRules(), house.now(), "acme")
        told = story(tx, account)
        (entry,) = [one for one in tx.audit.last(50) if one.action == "delay words"]
    assert told["client_response"]["by"] == "dana@example.com"
    assert [one["client_response"] for one in told["events"]] == ["we called on 9/10"]
    assert (entry.actor, entry.body["people"]["response"]["text"]) == (
        "dana@example.com", "1: we called on 9/10"
    )  # fmt: skip


def test_an_override_of_more_days_than_there_are_is_marked(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(delay_override="400")
    house.settle()

    assert shown(house, "client_delay_days", "net_days") == ["400", "0"]
    with house.state.reading() as tx:
        (doubt,) = tx.cases.load([ACME])[ACME].doubts
    assert doubt == "the override is 400 days, of 21 in all"


def test_a_reopened_onboarding_goes_on_in_the_same_log(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.until("2026-09-15")
    house.script.add("acme", stage("2026-09-16", "live"))
    house.until("2026-09-17")
    assert shown(house, "live_date", "day_count", "delay_open_reason") == ["2026-09-16", "15", None]

    house.script.add("acme", stage("2026-09-20", "waiting_on_customer"))
    house.until("2026-09-28")
    assert shown(house, "live_date", "day_count") == [None, "27"]
    lines = [one.revision for one in house.lines()]
    assert [(one.event, one.number, one.end is None) for one in lines[:2]] == [
        (1, 1, True), (1, 2, False)
    ]  # fmt: skip
    assert lines[0].start == lines[1].start
    assert house.verified()


def test_other_rules_revise_what_is_under_way_and_say_so(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION)
    house.script.add("beta", *HUNDRED_DAYS)
    house.until("2026-12-20")
    before, finished = house.lines(), house.lines("onboarding-beta")
    codes = dict(DelayRules().codes)
    codes["CL-NOREPLY"] = CodeRule(True, 5, codes["CL-NOREPLY"].party)
    house.policy = DelayPolicy(replace(DelayRules(), codes=codes), "patient")
    house.start()
    house.settle()

    assert house.lines()[:-1] == before
    last = house.lines()[-1].revision
    assert last.why.startswith("the rules were changed: began 2026-09-15T22:00:00Z, not")
    assert last.basis.settings == "patient"
    assert house.lines("onboarding-beta") == finished


def test_a_page_s_address_is_put_on_the_ticket(house: Onboardings) -> None:
    house.policy = replace(house.policy, log_url="https://r.example/{customer}.html")
    house.start()
    house.settle()

    assert house.ticket()["delay_log_url"] == "https://r.example/acme.html"


def test_an_onboarding_that_was_given_up_counts_no_further(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, stage("2026-09-30", "cancelled"))
    house.until("2026-12-20")

    assert shown(house, "day_count", "live_date", "delay_open_reason") == ["29", None, None]
    with house.state.reading() as tx:
        case = tx.cases.load([ACME])[ACME]
    assert (case.outcome, case.wake_at) == ("cancelled", None)


def test_a_person_s_edit_of_a_number_is_put_back(house: Onboardings) -> None:
    house.script.add("acme", *QUESTION, ANSWER)
    house.until("2026-09-22")
    house.say(client_delay_days="0")
    house.settle()

    assert house.ticket()["client_delay_days"] == "10"


def test_nothing_of_it_reaches_the_customer_s_sheet(house: Onboardings) -> None:
    house.add_row("1")
    house.settle()
    before = dict(house.systems[INTAKE].records)
    house.script.add("acme", *HUNDRED_DAYS, item("2026-11-01", "requested", "w-9"))
    house.until("2026-12-20")

    assert house.systems[INTAKE].records == before
    assert all(one.place != "row" for one in house.systems[INTAKE].notes)
    mapping = MAPPINGS["onboarding"]
    assert {place.system for place in mapping.places} == {DESK}

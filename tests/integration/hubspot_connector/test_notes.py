from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.hubspot_connector.portal import START, Portal

from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import Temporary
from ubm_sync.model import Note, Result

TEXT = 'Checked:\n- ZIP 60601 & "state" <ok>'


@pytest.fixture
def portal() -> Portal:
    portal = Portal()
    portal.setup()
    return portal


def note(ref: str | None, key: str = "n", text: str = TEXT, minutes: int = 0) -> Note:
    return Note(key, "ticket", str(ref), text, START + timedelta(minutes=minutes))


def test_a_note_is_attached_and_found_again(portal: Portal) -> None:
    ticket = portal.add("k")
    notes = [note(ticket.ref), note(ticket.ref, "later", "Second", 1)]

    outcomes = list(portal.connector.annotate(notes))

    assert [one.result for one in outcomes] == [Result.LANDED, Result.LANDED]
    assert all(one.ref for one in outcomes)
    assert portal.connector.noted([*notes, note(ticket.ref, "never", "Third")]) == {"n", "later"}
    first = portal.see(ticket.ref)["notes"][0]
    assert "&lt;ok&gt;" in first
    assert "<br>" in first


def test_250_notes_are_three_requests(portal: Portal) -> None:
    ticket = portal.add("k")
    before = portal.calls()
    notes = [note(ticket.ref, f"n{index}", f"text {index}") for index in range(250)]

    assert {one.result for one in portal.connector.annotate(notes)} == {Result.LANDED}
    assert portal.calls() - before == 3
    assert len(portal.connector.noted(notes)) == 250


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS, Fault.HTML, Fault.ERROR])
def test_a_note_with_a_lost_answer_is_read_back_not_sent_again(
    portal: Portal, fault: Fault
) -> None:
    ticket = portal.add("k")
    portal.fault(fault, "notes")

    (outcome,) = portal.connector.annotate([note(ticket.ref)])
    there = portal.connector.noted([note(ticket.ref)])

    assert outcome.result is Result.UNKNOWN
    assert bool(there) is (len(portal.see(ticket.ref)["notes"]) == 1)
    assert bool(there) is (fault in {Fault.DROP, Fault.ODD_SUCCESS})


def test_a_note_on_a_ticket_that_is_not_there_stops_no_other(portal: Portal) -> None:
    ticket = portal.add("k")
    notes = [note(ticket.ref, f"n{index}", f"text {index}") for index in range(9)]

    outcomes = {one.key: one for one in portal.connector.annotate([note("404", "bad"), *notes])}

    assert outcomes.pop("bad").result is Result.REFUSED
    assert {one.result for one in outcomes.values()} == {Result.LANDED}
    assert len(portal.see(ticket.ref)["notes"]) == 9


def test_a_part_of_the_notes_may_fail(portal: Portal) -> None:
    ticket = portal.add("k")
    notes = [note(ticket.ref, f"n{index}", f"text {index}") for index in range(20)]
    portal.fault(Fault.PARTIAL, "notes")

    outcomes = list(portal.connector.annotate(notes))

    landed = {one.key for one in outcomes if one.result is Result.LANDED}
    assert len(outcomes) == 20
    assert portal.connector.noted(notes) == landed


def test_a_note_that_is_too_long_is_refused_whole(portal: Portal) -> None:
    ticket = portal.add("k")

    (outcome,) = portal.connector.annotate([note(ticket.ref, text="x" * 70_000)])

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, True)
    assert portal.see(ticket.ref)["notes"] == []


def test_a_pause_that_is_too_long_sends_nothing(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.act("revoke_token")
    portal.act("restore_token")
    portal.emulator.switches = type(portal.emulator.switches)(migrating=3600)

    with pytest.raises(Temporary):
        list(portal.connector.annotate([note(ticket.ref)]))


def test_no_notes_are_no_requests(portal: Portal) -> None:
    before = portal.calls()

    assert list(portal.connector.annotate([])) == []
    assert portal.connector.noted([]) == frozenset()
    assert portal.calls() == before


def test_a_ticket_without_notes_has_none(portal: Portal) -> None:
    ticket = portal.add("k")

    assert portal.connector.noted([note(ticket.ref)]) == frozenset()

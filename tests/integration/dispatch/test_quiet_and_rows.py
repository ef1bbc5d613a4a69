"""Quiet time, introduction in phases, and what customers type into their sheets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.dispatch.lane import DANA, HALSTED, MORNING, OMAR, PRIYA, TEAM, Lane

from ubm_sync.calendars.presence import Period
from ubm_sync.model import Observation
from ubm_sync.state import RecordState, Remark

CLOSE = "Store 0311 closes 12/31. Please have the electric disconnected and request a final bill."
FAR = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."
QUIET = Period(MORNING - timedelta(hours=1), MORNING + timedelta(hours=3), "holiday party")


@pytest.fixture
def quiet(lane: Lane) -> Lane:
    lane.team = replace(TEAM, quiet=(QUIET,))
    lane.restart()
    return lane


def test_in_quiet_time_only_what_is_urgent_goes_to_somebody_on_call(quiet: Lane) -> None:
    urgent = quiet.desk.write_in("NOTICE", FAR, company="77")
    close = quiet.desk.write_in("Disconnect request", CLOSE, company="77")
    quiet.round()
    assert quiet.desk.pages[urgent].ticket.owner == OMAR
    assert quiet.desk.pages[close].ticket.owner == ""
    (note,) = quiet.desk.notes_of(close)
    assert note.startswith("Quiet time")
    assert "Suggested reply" in note


def test_what_waited_is_delivered_when_quiet_time_ends(quiet: Lane) -> None:
    close = quiet.desk.write_in("Disconnect request", CLOSE, company="77")
    quiet.round()
    assert quiet.wait(60).unrouted == 0
    assert quiet.desk.pages[close].ticket.owner == ""
    quiet.wait(121)
    assert quiet.desk.pages[close].ticket.owner == DANA
    assert len(quiet.desk.notes_of(close)) == 2


def say(lane: Lane, text: str, **values: str) -> str:
    """A customer types a note into a row, which the service then sees."""
    sync_id = "0192-row"
    row = Observation(
        "row",
        "row-1",
        sync_id,
        "sheet-1",
        "1",
        {"notes": text, "request_type": "Add location", "location_code": "0412",
         "city": "Joliet", "vendor": "ComEd", "account_number": "4471908023", **values},
        modified_at=lane.clock.now(),
        modified_by="jsmith@halsted.example",
    )  # fmt: skip
    record = RecordState(
        sync_id, "location", HALSTED.key, lane.clock.now(), {}, {}, "", "LOC-00142", False, "",
        None, False, "",
    )  # fmt: skip
    with lane.state.transaction() as tx:
        tx.records.save([record])
        tx.observations.save([(sync_id, row)])
        tx.remarks.hear(
            [Remark("row", sync_id, "notes", text, row.modified_at, row.modified_by or "")]
        )
    return sync_id


def test_a_notice_typed_into_a_row_becomes_a_ticket(lane: Lane) -> None:
    say(lane, "URGENT ComEd left a shut off notice on the door, power goes off 12/08/2026")
    lane.round()
    (page,) = lane.desk.pages.values()
    assert page.ticket.subject == "Disconnection: Halsted Foods, ComEd acct 4471908023"
    assert "jsmith@halsted.example wrote this into the notes of LOC-00142" in page.ticket.content
    assert (page.ticket.owner, page.ticket.priority) == (DANA, "urgent")
    assert page.ticket.values["off_channel"] == "true"
    assert page.companies == ("77",)
    (note,) = [one.text for one in page.notes]
    assert "It came in by the sheet" in note
    assert "Suggested reply" in note
    assert [one.owner for one in page.tasks] == [DANA]


def test_the_same_words_again_open_no_second_ticket(lane: Lane) -> None:
    for _ in range(3):
        say(lane, "ComEd left a shut off notice on the door, power goes off 12/08/2026")
        lane.wait(1)
    assert len(lane.desk.pages) == 1


def test_a_lost_answer_to_the_opening_makes_no_second_ticket(lane: Lane) -> None:
    lane.desk.lost.add("open")
    say(lane, "ComEd left a shut off notice on the door, power goes off 12/08/2026")
    lane.round()
    lane.wait(1)
    (page,) = lane.desk.pages.values()
    assert page.ticket.owner == DANA
    assert len(page.notes) == len(page.tasks) == 1


def test_a_row_about_an_account_that_has_a_ticket_joins_it(lane: Lane) -> None:
    ref = lane.desk.write_in("NOTICE", FAR, company="77")
    lane.round()
    say(lane, "shut off notice from ComEd, power goes off 12/08/2026")
    lane.wait(1)
    assert list(lane.desk.pages) == [ref]


def test_a_note_written_anew_is_still_one_notice(lane: Lane) -> None:
    bare = {"account_number": "", "vendor": ""}
    words = "URGENT they left a shut off notice on the door"
    for text in (words, f"{words}, please hurry", words):
        say(lane, text, **bare)
        lane.wait(1)
    (page,) = lane.desk.pages.values()
    assert [one.owner for one in page.tasks] == [DANA, PRIYA]  # no date: the backup at once
    (case,) = lane.cases()
    assert case.routed_at is not None


def test_the_same_words_after_it_was_closed_are_told_again(lane: Lane) -> None:
    words = "ComEd left a shut off notice on the door, power goes off 12/08/2026"
    say(lane, words)
    lane.wait(1)
    ((ref, page),) = lane.desk.pages.items()
    lane.desk.move(ref, "closed", DANA, closed=True)
    lane.wait(1)
    say(lane, "all good, thank you")
    lane.wait(1)
    say(lane, words)
    lane.wait(1)
    assert [one.owner for one in page.tasks] == [DANA, DANA]
    assert list(lane.desk.pages) == [ref]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Please use the back entrance to read the meter", "other"),
        ("Please disconnect as of 12/31, store is closing", "close_account"),
    ],
)
def test_a_close_row_and_other_words_open_nothing(lane: Lane, text: str, kind: str) -> None:
    sync_id = say(lane, text, request_type="Close")
    lane.round()
    assert lane.desk.pages == {}
    with lane.reading() as tx:
        (inquiry,) = tx.inquiries.load([f"row:{sync_id}"]).values()
    assert inquiry.category == kind
    assert inquiry.reason


def replies(lane: Lane) -> list[str]:
    with lane.reading() as tx:
        return [one.text for one in tx.outbox.waiting(100) if one.place == "row"]


@pytest.mark.parametrize(("visible", "count"), [(False, 0), (True, 1)])
def test_a_customer_reads_nothing_before_the_introduction_allows_it(
    lane: Lane, visible: bool, count: int
) -> None:
    lane.visible = visible
    lane.restart()
    say(lane, "ComEd left a shut off notice on the door, power goes off 12/08/2026")
    lane.round()
    assert len(replies(lane)) == count
    (page,) = lane.desk.pages.values()
    assert ("Suggested reply" in page.notes[0].text) is not visible


def test_the_effective_deadline_goes_around_the_customers_closures(lane: Lane) -> None:
    closed = replace(HALSTED, closures=("2026-11-27",))
    lane.customers = (closed,)
    lane.restart()
    text = "ComEd disconnect notice acct 4471908023, shutoff scheduled for 12/01/2026."
    ref = lane.desk.write_in("NOTICE", text, company="77")
    lane.round()
    assert lane.desk.pages[ref].ticket.values["pay_by"] == "2026-11-25"

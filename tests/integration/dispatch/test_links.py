"""A notice is linked to the tickets with which the accounts it names were added."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.dispatch.lane import Lane

from ubm_sync.dispatch.gathering import Account
from ubm_sync.dispatch.related import account_tickets
from ubm_sync.model import Observation

NOTICE = "ComEd disconnect notice for acct 4471908023, shutoff is scheduled for 12/08/2026."
ACCOUNTS = (Account("UBM-1", "halsted", "ComEd", "4471908023"),)


def add_location(lane: Lane, account: str, ticket: str, gone: str = "") -> None:
    """Let the state know a location with its account and its ticket."""
    sync_id = f"record-{account}"
    seen = [
        Observation("account", account, sync_id, "", "1", {}),
        Observation("ticket", ticket, sync_id, "", "1", {}, gone=gone),
    ]
    with lane.state.transaction() as tx:
        tx.observations.save([(sync_id, one) for one in seen])


def test_only_tickets_that_are_there_stand_for_accounts(lane: Lane) -> None:
    add_location(lane, "UBM-1", "501")
    add_location(lane, "UBM-2", "502", gone="archived")
    add_location(lane, "UBM-3", "503")

    with lane.reading() as tx:
        assert account_tickets(tx, ["UBM-3", "UBM-2", "UBM-9", "UBM-1"]) == ("503", "501")
        assert account_tickets(tx, []) == ()


def test_a_notice_is_linked_once_and_then_at_rest(lane: Lane) -> None:
    lane.accounts = ACCOUNTS
    lane.restart()
    add_location(lane, "UBM-1", "501")

    ref = lane.desk.write_in("NOTICE", NOTICE, company="77")
    lane.round()
    lane.wait(1)

    assert lane.desk.pages[ref].related == ("501",)
    assert lane.case_of(ref).linked == ("501",)
    written = lane.desk.calls["file"]
    lane.wait(1)
    assert lane.desk.calls["file"] == written


def test_links_that_cannot_be_made_are_tried_again_without_holding_up_anything(
    lane: Lane,
) -> None:
    lane.accounts = ACCOUNTS
    lane.restart()
    add_location(lane, "UBM-1", "501")
    lane.desk.unlinkable = True

    ref = lane.desk.write_in("NOTICE", NOTICE, company="77")
    lane.round()

    assert lane.case_of(ref).linked == ()
    assert lane.desk.pages[ref].ticket.owner
    assert lane.desk.notes_of(ref)
    lane.desk.unlinkable = False
    lane.clock.advance(timedelta(minutes=6))
    lane.restart()
    lane.round()
    assert lane.desk.pages[ref].related == ("501",)


def test_the_ticket_that_remains_is_linked_where_the_first_one_went(lane: Lane) -> None:
    lane.accounts = ACCOUNTS
    lane.restart()
    add_location(lane, "UBM-1", "501")
    first = lane.desk.write_in("NOTICE", NOTICE, company="77")
    lane.round()
    second = lane.desk.write_in("Fwd: NOTICE", NOTICE, company="77")
    lane.round()
    kept = lane.case_of(first).ticket

    lane.desk.archive(kept)
    lane.clock.advance(timedelta(hours=2))
    for _ in range(3):
        lane.wait(20)

    other = second if kept == first else first
    assert lane.desk.pages[other].related == ("501",)

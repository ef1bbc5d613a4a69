"""What is new or changed at the help desk, whatever the search does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_connector.helpdesk import BO, CSM, JO, HelpDesk, refs
from tests.integration.hubspot_connector.portal import many

from ubm_sync.desk import Channel, Desk, Filing, Opening
from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import ConfigError, NoAccess, Temporary
from ubm_sync.ports import Lane


def test_the_connector_is_a_desk_where_the_mapping_says_so() -> None:
    desk = HelpDesk()
    assert isinstance(desk.connector, Desk)

    desk.desk = None
    with pytest.raises(ConfigError, match="disconnection"):
        list(desk.connect().arrivals(None))


def test_a_customer_who_writes_in_is_seen_with_everything_the_ticket_holds() -> None:
    desk = HelpDesk()
    ref = desk.write_in("Power is off", "Store 12 is dark.", contact=JO)

    (seen,) = desk.poll()

    assert (seen.ref, seen.subject, seen.content) == (ref, "Power is off", "Store 12 is dark.")
    assert (seen.pipeline, seen.stage_name, seen.stage) == ("Support Pipeline", "New", "")
    assert (seen.channel, seen.owner, seen.priority, seen.key) == (Channel.EMAIL, "", "", "")
    assert not seen.closed
    assert seen.heard_at == seen.changed
    assert seen.written_at is None
    assert desk.poll() == []


def test_a_quiet_poll_is_one_search_and_says_where_it_stands() -> None:
    desk = HelpDesk()
    desk.write_in()
    desk.poll()

    for _ in range(3):
        before, searched = desk.calls(), desk.searches()
        (page,) = desk.desk_pages()
        assert (desk.calls() - before, desk.searches() - searched) == (1, 1)
        assert page.tickets == ()
        assert page.cursor
        desk.later(20)


def test_a_new_process_goes_on_with_one_search() -> None:
    desk = HelpDesk()
    desk.write_in()
    desk.poll()
    desk.begin_again()
    before = desk.calls()

    assert desk.poll() == []
    assert desk.calls() - before == 1


def test_every_call_goes_first() -> None:
    desk = HelpDesk()
    ref = desk.write_in(contact=JO)
    desk.budget.lanes.clear()

    desk.poll()
    desk.dossier(ref)
    list(desk.connector.abandoned())
    desk.file(Filing("f", ref, {"owner": BO, "priority": "high"}))
    desk.open(Opening("disconnection-1", {"subject": "s", "content": "c"}))
    assert desk.connector.knows(BO)

    assert desk.budget.lanes == {Lane.URGENT}


def test_the_first_reading_takes_up_open_tickets_of_the_last_days_only() -> None:
    desk = HelpDesk(settings={"desk": {"first_days": 7}})
    desk.ticket("long ago")
    desk.later(8 * 86_400)
    lately = desk.ticket("lately")
    done = desk.ticket("done", pipeline="Support", stage="Closed")
    desk.later(86_400)

    assert refs(desk.poll()) == [lately]
    desk.act("move_ticket", id=done, stage="New")
    assert refs(desk.poll()) == [done]


def test_a_ticket_of_any_pipeline_comes_back_when_it_changes() -> None:
    desk = HelpDesk()
    ours = desk.ticket(pipeline="Support", stage="Triage")
    other = desk.ticket()
    desk.poll()

    desk.act("edit_ticket", id=ours, properties={"hubspot_owner_id": BO})
    desk.act("move_ticket", id=other, stage="Closed", pipeline="Support")

    seen = {one.ref: one for one in desk.poll()}
    assert (seen[ours].owner, seen[ours].owner_active, seen[ours].stage) == (BO, True, "triage")
    assert (seen[other].stage, seen[other].closed) == ("closed", True)
    assert seen[other].version > seen[ours].version


def test_what_we_write_ourselves_is_seen_once() -> None:
    desk = HelpDesk()
    ref = desk.write_in()
    desk.poll()
    desk.file(Filing("f", ref, {"owner": BO, "ticket_type": "urgent_disconnect"}))

    assert refs(desk.poll()) == [ref]
    for _ in range(10):
        desk.later(60)
        assert desk.poll() == []


@pytest.mark.parametrize("moves", [True, False])
def test_a_ticket_of_a_record_counts_only_where_a_customer_wrote(moves: bool) -> None:
    desk = HelpDesk(message_moves_ticket=moves)
    desk.read()
    ref = desk.add("0198-a", vendor="Con Edison").ref
    desk.poll()
    desk.later(30)
    desk.act("edit_ticket", id=ref, properties={"ubm_vendor": "National Grid"})
    assert desk.poll() == []

    desk.act("receive_message", id=ref, contact=JO, text="We got a shut-off notice.")

    (seen,) = desk.poll()
    assert (seen.ref, seen.key) == (ref, "0198-a")
    assert seen.heard_at is not None
    assert desk.poll() == []
    desk.later(7_200)
    desk.ticket("so that the search begins much later")
    desk.poll()
    desk.act("receive_message", id=ref, contact=JO, text="It is off.")
    (again,) = desk.poll()
    assert again.ref == ref
    assert again.version > seen.version
    assert desk.poll() == []


def test_a_mail_that_is_dated_long_before_it_was_noted_is_seen() -> None:
    desk = HelpDesk(settings={"search_overlap_max": 30})
    desk.read()
    ref = desk.add("0198-a").ref
    desk.poll()
    desk.later(1800)
    desk.ticket("something newer")
    desk.poll()
    portal = desk.emulator.portal
    definition = portal.definitions["tickets"]["hs_last_message_received_at"]
    definition.read_only = False
    desk.act(
        "edit_ticket", id=ref, properties={"hs_last_message_received_at": "2026-11-23T09:10:00Z"}
    )

    assert refs(desk.poll()) == [ref]


@pytest.mark.parametrize(
    "values", [{"ticket_type": "urgent_disconnect"}, {"ticket_type": "other", "case": "c-1"}]
)
def test_a_ticket_we_opened_is_seen_when_somebody_takes_it(values: dict[str, str]) -> None:
    desk = HelpDesk()
    opening = Opening("disconnection-1", {"subject": "s", "content": "c", **values})
    ref = str(desk.open(opening)["disconnection-1"].ref)
    desk.poll()
    desk.poll()

    desk.act("edit_ticket", id=ref, properties={"ubm_acknowledged_at": "2026-11-23T10:00:00Z"})

    (seen,) = desk.poll()
    assert (seen.key, seen.values["acknowledged_at"]) == ("disconnection-1", "2026-11-23T10:00:00Z")


def test_tickets_of_the_desk_are_no_records() -> None:
    desk = HelpDesk()
    desk.open(Opening("disconnection-1", {"subject": "s", "content": "c"}))

    assert desk.read() == {}
    assert desk.read(full=True) == {}


def test_a_new_ticket_is_not_behind_what_the_engine_writes() -> None:
    desk = HelpDesk()
    desk.read()
    landed = desk.apply(*many(2_000))
    desk.poll()
    desk.later(60)
    ours = [one.ref for one in landed.values()]
    desk.act("bulk_edit", ids=ours, properties={"ubm_vendor": "Other"})
    new = desk.write_in("Shut off!")
    desk.act("bulk_edit", ids=ours, properties={"ubm_vendor": "Another"})
    searched = desk.searches()

    pages = desk.desk_pages()

    assert [refs(page.tickets) for page in pages] == [[new], []]
    assert desk.searches() - searched == 1


def test_a_new_ticket_is_on_the_first_page_while_10000_others_changed() -> None:
    desk = HelpDesk()
    others = [desk.ticket(f"t{index}") for index in range(10_000)]
    assert set(refs(desk.poll())) == set(others)
    desk.later(3_600)
    desk.act("bulk_edit", ids=others, properties={"hs_ticket_category": "GENERAL_INQUIRY"})
    new = desk.write_in("Shut off!")

    pages = desk.desk_pages()

    assert refs(pages[0].tickets) == [new]
    assert {one.ref for page in pages for one in page.tickets} == {new, *others}
    assert max(len(page.cursor) for page in pages) < 60_000
    desk.later(30)
    assert desk.poll() == []


def test_1200_new_tickets_at_once_are_all_seen_once() -> None:
    desk = HelpDesk()
    desk.poll()
    desk.later(600)
    new = [desk.write_in(f"n{index}", contact=JO) for index in range(1_200)]

    seen = refs(desk.poll())

    assert sorted(seen) == sorted(new)
    desk.begin_again()
    desk.later(20)
    assert desk.poll() == []


@pytest.mark.parametrize("late", [30.0, 170.0])
def test_a_ticket_that_is_indexed_late_is_seen(late: float) -> None:
    desk = HelpDesk()
    desk.poll()
    desk.later(600)
    desk.switch(search_lag=late)
    slow = desk.write_in("indexed late")
    desk.switch(search_lag=0.0)
    desk.later(5)
    for index in range(400):  # more than one page known, so that the search begins after it
        desk.ticket(f"t{index}")
    seen = [*refs(desk.poll())]
    assert slow not in seen
    for _ in range(30):
        desk.later(20)
        seen += refs(desk.poll())
    assert slow in seen


def test_a_new_ticket_that_is_indexed_after_many_minutes_is_seen_at_a_busy_desk() -> None:
    desk = HelpDesk()
    desk.poll()
    desk.later(600)
    desk.switch(search_lag=600.0)
    slow = desk.write_in("indexed late")
    desk.switch(search_lag=0.0)
    others = [desk.ticket(f"t{index}") for index in range(200)]
    seen: list[str] = []
    for _ in range(25):
        desk.later(30)
        desk.act("bulk_edit", ids=others, properties={"content": str(desk.clock.now())})
        seen += refs(desk.poll())
    assert slow in seen


def test_a_page_that_leaves_tickets_out_covers_nothing() -> None:
    desk = HelpDesk(settings={"desk": {"settle_every": 1e9}, "search_overlap_max": 5})
    desk.poll()
    desk.later(600)
    new = []
    for index in range(50):
        new.append(desk.write_in(f"n{index}"))
        desk.later(1)
    desk.fault(Fault.SHORT, "search", times=2)
    seen = refs(desk.poll())
    assert len(seen) < 50
    desk.later(60)
    desk.ticket("newer than all of them")

    assert set(new) <= {*seen, *refs(desk.poll())}


def test_what_is_closed_after_the_first_reading_is_told_to_a_new_process_too() -> None:
    desk = HelpDesk()
    ref = desk.ticket()
    desk.poll()
    desk.begin_again()
    desk.act("move_ticket", id=ref, stage="Closed")

    (seen,) = desk.poll()

    assert (seen.ref, seen.closed) == (ref, True)


@pytest.mark.parametrize("path", ["search", "batch/read", ""])
@pytest.mark.parametrize("fault", [Fault.SHORT, Fault.PARTIAL, Fault.THROTTLE, Fault.ERROR])
def test_nothing_is_lost_while_calls_go_wrong(fault: Fault, path: str) -> None:
    desk = HelpDesk()
    desk.poll()
    seen: set[str] = set()
    new: list[str] = []
    for turn in range(12):
        desk.later(30)
        new += [desk.write_in(f"{turn}-{index}") for index in range(60 if turn < 6 else 0)]
        desk.fault(fault, path, times=None, rate=0.3)
        if turn > 7:
            desk.heal()
        try:
            seen |= set(refs(desk.poll()))
        except Temporary:
            continue
    assert seen >= set(new)


def test_a_reading_that_is_cut_off_goes_on_where_it_was_stored() -> None:
    desk = HelpDesk()
    desk.poll()
    desk.later(60)
    new = {desk.ticket(f"t{index}") for index in range(450)}
    seen: list[str] = []

    for _ in range(20):
        reading = desk.connector.arrivals(desk.stored)
        page = next(reading)  # the process dies after each first page
        desk.take(page)
        seen += refs(page.tickets)
        desk.begin_again()
    assert set(seen) == new

    seen.clear()
    desk.act("bulk_edit", ids=sorted(new), properties={"content": "again"})
    desk.take(next(desk.connector.arrivals(desk.stored)))
    for page in desk.connector.arrivals(desk.stored):  # the same process, from what was stored
        desk.take(page)
        seen += refs(page.tickets)
    assert len(set(seen)) >= 350


def test_a_refused_token_stops_everything() -> None:
    desk = HelpDesk()
    desk.act("revoke_token")

    with pytest.raises(NoAccess):
        desk.poll()


def test_a_cursor_of_another_time_begins_anew() -> None:
    desk = HelpDesk()
    ref = desk.write_in()
    desk.stored = '{"format":0}'

    assert refs(desk.poll()) == [ref]


@pytest.mark.parametrize("who", [None, CSM])
def test_a_ticket_made_by_anybody_counts(who: str | None) -> None:
    desk = HelpDesk()
    order: dict[str, Any] = {"who": who} if who else {}
    ref = desk.ticket(**order)

    assert refs(desk.poll()) == [ref]

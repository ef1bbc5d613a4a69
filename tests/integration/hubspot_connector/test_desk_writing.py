"""What the service tells the help desk: fields, links, new tickets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_connector.helpdesk import BO, CSM, JO, HelpDesk

from ubm_hubspot.emulator.associations import LINKS
from ubm_sync.desk import RELATED, Channel, Filing, Opening
from ubm_sync.emulation.faults import Fault
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Result

ROUTED = {
    "owner": BO,
    "priority": "urgent",
    "stage": "triage",
    "ticket_type": "urgent_disconnect",
    "customer_key": "halsted",
    "confidence": "0.93",
    "deadline": "2026-12-01",
    "deadline_kind": "stated",
    "state": "scheduled",
    "routed_at": "2026-11-23T09:00:05Z",
    "escalation_level": "0",
    "off_channel": "true",
    "case": "c-1",
}


@pytest.fixture
def desk() -> HelpDesk:
    return HelpDesk()


def company(desk: HelpDesk, name: str = "Halsted") -> str:
    return str(desk.act("create_company", name=name)["id"])


def test_a_filing_sets_fields_stage_owner_and_company_at_once(desk: HelpDesk) -> None:
    ref, halsted = desk.write_in(), company(desk)

    outcome = desk.file(Filing("f", ref, ROUTED, halsted))["f"]

    assert (outcome.result, outcome.ref, outcome.landed) == (Result.LANDED, ref, None)
    seen = desk.see(ref)
    assert (seen["pipeline"], seen["stage"], seen["owner"]) == ("Support", "Triage", BO)
    assert (seen["companies"], seen["primary"]) == ([halsted], halsted)
    assert seen["properties"]["hs_ticket_priority"] == "URGENT"
    ticket = desk.dossier(ref).ticket
    assert {name: ticket.values[name] for name in ROUTED} == ROUTED
    assert outcome.version == ticket.version


def test_none_clears_a_field(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.file(Filing("f", ref, ROUTED))

    desk.file(Filing("f", ref, {"deadline": None, "owner": None}))

    ticket = desk.dossier(ref).ticket
    assert (ticket.owner, ticket.values.get("deadline")) == ("", None)


def test_250_filings_are_three_calls(desk: HelpDesk) -> None:
    filings = [
        Filing(f"f{index}", desk.ticket(), {"confidence": "0.5", "priority": "high"})
        for index in range(250)
    ]
    desk.poll()
    before = desk.calls()

    outcomes = desk.file(*filings)

    assert {one.result for one in outcomes.values()} == {Result.LANDED}
    assert desk.calls() - before == 3


def test_a_company_never_becomes_a_second_primary_one(desk: HelpDesk) -> None:
    first, other = company(desk, "First"), company(desk, "Other")
    with_primary, plain, alone = desk.ticket(company=first), desk.ticket(), desk.ticket()
    desk.emulator.portal.associations.link(int(plain), int(other), [LINKS[339]])

    desk.file(*(Filing(ref, ref, {}, other) for ref in (with_primary, plain, alone)))

    seen = {ref: desk.see(ref) for ref in (with_primary, plain, alone)}
    assert seen[with_primary]["companies"] == [first, other]
    assert [seen[ref]["primary"] for ref in seen] == [first, "", other]
    before = desk.calls()
    desk.file(Filing("again", alone, {}, other))
    assert desk.calls() - before == 1  # it is looked at, and nothing is written


def test_a_company_that_is_not_there_leaves_the_fields_written(desk: HelpDesk) -> None:
    ref = desk.write_in()

    outcome = desk.file(Filing("f", ref, {"priority": "high"}, "404"))["f"]

    assert outcome.result is Result.LANDED
    assert set(outcome.landed or ()) == {"priority"}
    assert "company" in outcome.reason


def test_a_filing_links_the_tickets_that_stand_for_accounts(desk: HelpDesk) -> None:
    ref, account, other = desk.write_in(), desk.ticket("Store 0412"), desk.ticket("Store 0413")
    desk.poll()
    before = desk.calls()

    outcome = desk.file(Filing("f", ref, {"confidence": "0.5"}, related=(account, other)))["f"]

    assert (outcome.result, outcome.landed) == (Result.LANDED, None)
    assert desk.see(ref)["tickets"] == [account, other]
    assert desk.see(account)["tickets"] == [ref]
    assert desk.calls() - before == 2
    desk.file(Filing("again", ref, {}, related=(account,)))
    assert desk.see(ref)["tickets"] == [account, other]


def test_a_ticket_that_went_leaves_the_fields_and_other_links(desk: HelpDesk) -> None:
    ref, gone, there, second = (desk.ticket() for _ in range(4))
    desk.act("archive_ticket", id=gone)

    outcomes = desk.file(
        Filing("f", ref, ROUTED, company(desk), (gone, there)),
        Filing("s", second, {}, "", (there,)),
    )

    outcome = outcomes["f"]
    assert (outcome.result, outcome.at_fault) == (Result.LANDED, (RELATED,))
    assert outcome.landed == frozenset(ROUTED)
    assert "not linked" in outcome.reason
    assert outcomes["s"].landed is None
    assert sorted(desk.see(there)["tickets"]) == sorted([ref, second])


def test_links_whose_answer_is_lost_are_asked_for_again(desk: HelpDesk) -> None:
    ref, account = desk.write_in(), desk.ticket("Store 0412")
    desk.poll()
    desk.fault(Fault.ERROR, "/crm/v4/associations/tickets/tickets/", times=None)

    outcome = desk.file(Filing("f", ref, {"confidence": "0.5"}, related=(account,)))["f"]

    assert (outcome.result, outcome.at_fault) == (Result.LANDED, ())
    assert outcome.landed == frozenset({"confidence"})
    assert "not linked yet" in outcome.reason


def test_an_old_portal_without_urgent_takes_high() -> None:
    desk = HelpDesk(urgent_priority=False)
    ref = desk.write_in()

    outcome = desk.file(Filing("f", ref, ROUTED))["f"]

    assert (outcome.result, outcome.landed, outcome.at_fault) == (Result.LANDED, None, ())
    assert desk.see(ref)["properties"]["hs_ticket_priority"] == "HIGH"
    assert desk.dossier(ref).ticket.priority == "urgent"  # none is higher there
    desk.poll()
    assert desk.problems == {}


@pytest.mark.parametrize("values", [ROUTED, {"priority": "urgent"}])
def test_an_option_that_went_since_it_was_looked_at_becomes_the_next_one(
    desk: HelpDesk, values: dict[str, str]
) -> None:
    ref = desk.write_in()
    desk.poll()
    desk.act("drop_option", property="hs_ticket_priority", value="URGENT")
    desk.act("drop_option", property="hs_ticket_priority", value="HIGH")

    outcome = desk.file(Filing("f", ref, values))["f"]

    assert (outcome.result, outcome.landed, outcome.at_fault) == (Result.LANDED, None, ())
    assert outcome.reason == ""
    assert desk.see(ref)["properties"]["hs_ticket_priority"] == "MEDIUM"


def test_a_field_that_is_refused_fails_alone(desk: HelpDesk) -> None:
    good, bad = desk.write_in(), desk.write_in()
    desk.poll()
    desk.act("drop_option", property="ubm_request_type", value="urgent_disconnect")

    outcomes = desk.file(
        Filing("good", good, {"confidence": "0.5"}),
        Filing("bad", bad, ROUTED),
        Filing("text", good, {"confidence": "many"}),
    )

    assert outcomes["good"].result is Result.LANDED
    assert outcomes["bad"].result is Result.LANDED
    assert outcomes["bad"].at_fault == ("ticket_type",)
    assert set(outcomes["bad"].landed or ()) == ROUTED.keys() - {"ticket_type"}
    assert outcomes["text"].result is Result.REFUSED
    assert desk.see(bad)["owner"] == BO


def test_an_owner_who_left_is_a_fault_of_its_own(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.file(Filing("f", ref, {"owner": CSM}))
    assert desk.connector.knows(BO)
    desk.act("deactivate_owner", email=BO)

    outcome = desk.file(Filing("f", ref, {"owner": BO, "priority": "high"}))["f"]

    assert (outcome.landed, outcome.at_fault) == (frozenset({"priority"}), ("owner",))
    assert BO in outcome.reason or "active" in outcome.reason
    assert not desk.connector.knows(BO)
    assert desk.see(ref)["owner"] == CSM


def test_a_ticket_that_is_gone_refuses_and_stops_no_other(desk: HelpDesk) -> None:
    gone, there = desk.ticket(), desk.ticket()
    desk.act("archive_ticket", id=gone)

    outcomes = desk.file(Filing("g", gone, {"priority": "high"}), Filing("t", there, ROUTED))

    assert (outcomes["g"].result, outcomes["g"].stale) == (Result.REFUSED, True)
    assert outcomes["t"].result is Result.LANDED


def test_a_portal_that_was_never_set_up_takes_what_it_can() -> None:
    desk = HelpDesk(setup=False)
    ref = desk.write_in("Shut off!", contact=JO)

    assert [one.ref for one in desk.poll()] == [ref]
    outcome = desk.file(Filing("f", ref, ROUTED, company(desk)))["f"]
    opened = desk.open(Opening("disconnection-1", {"subject": "s", "content": "c"}))

    assert outcome.result is Result.LANDED
    assert set(outcome.landed or ()) == {"owner", "priority", "company"}
    assert set(outcome.at_fault) == ROUTED.keys() - {"owner", "priority"}
    seen = desk.see(ref)
    assert (seen["owner"], seen["properties"]["hs_ticket_priority"]) == (BO, "URGENT")
    assert opened["disconnection-1"].result is Result.REFUSED
    assert not opened["disconnection-1"].permanent
    assert "setup" in opened["disconnection-1"].reason


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS, Fault.HTML, Fault.TRUNCATE])
def test_a_lost_answer_is_asked_for_again(desk: HelpDesk, fault: Fault) -> None:
    ref = desk.write_in()
    desk.poll()
    desk.fault(fault, "batch/update")
    assert desk.file(Filing("f", ref, ROUTED))["f"].result is Result.LANDED

    desk.fault(fault, "batch/update", times=None)
    outcome = desk.file(Filing("f", ref, {"priority": "low"}))["f"]
    assert outcome.result is Result.UNKNOWN
    desk.heal()
    assert desk.file(Filing("f", ref, {"priority": "low"}))["f"].result is Result.LANDED


def test_many_filings_land_while_calls_go_wrong(desk: HelpDesk) -> None:
    halsted = company(desk)
    filings = {
        f"f{index}": Filing(f"f{index}", desk.ticket(), ROUTED, halsted) for index in range(150)
    }
    done: set[str] = set()
    for fault in (Fault.PARTIAL, Fault.THROTTLE, Fault.DROP, Fault.RESET, Fault.ERROR):
        desk.fault(fault, times=None, rate=0.4)
        try:
            for outcome in desk.connector.file(
                [one for k, one in filings.items() if k not in done]
            ):
                if outcome.result is Result.LANDED and outcome.landed is None:
                    done.add(outcome.key)
        except Temporary:
            continue
    desk.heal()
    left = [one for key, one in filings.items() if key not in done]
    assert {one.result for one in desk.file(*left).values()} <= {Result.LANDED}
    for one in filings.values():
        seen = desk.see(one.ref)
        assert (seen["owner"], seen["companies"], seen["stage"]) == (BO, [halsted], "Triage")


def test_a_record_that_is_locked_for_a_moment_is_written(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.act("lock_ticket", id=ref, times=1)

    assert desk.file(Filing("f", ref, {"priority": "high"}))["f"].result is Result.LANDED


def opening(key: str = "disconnection-1", **more: Any) -> Opening:
    values = {"subject": "Shut-off notice", "content": "From the sheet", "owner": BO}
    return Opening(key, values, **more)


def test_a_ticket_is_opened_in_the_pipeline_of_the_desk(desk: HelpDesk) -> None:
    halsted = company(desk)

    outcome = desk.open(opening(company=halsted, channel=Channel.FORM))["disconnection-1"]

    assert (outcome.result, outcome.created) == (Result.LANDED, True)
    seen = desk.see(outcome.ref)
    assert (seen["pipeline"], seen["stage"], seen["owner"]) == ("Support", "New", BO)
    assert seen["primary"] == halsted
    assert seen["properties"]["source_type"] == "FORM"
    ticket = desk.dossier(str(outcome.ref)).ticket
    assert (ticket.key, ticket.channel, ticket.stage) == ("disconnection-1", Channel.FORM, "new")


def test_a_ticket_is_opened_once_and_what_people_changed_stays(desk: HelpDesk) -> None:
    ref = desk.open(opening())["disconnection-1"].ref
    desk.act("move_ticket", id=ref, stage="Resolved")
    desk.act("edit_ticket", id=ref, properties={"hubspot_owner_id": CSM})
    halsted = company(desk)

    outcome = desk.open(opening(company=halsted), opening("disconnection-2"))

    again = outcome["disconnection-1"]
    assert (again.result, again.ref, again.created) == (Result.LANDED, ref, False)
    assert outcome["disconnection-2"].created
    seen = desk.see(ref)
    assert (seen["stage"], seen["owner"], seen["companies"]) == ("Resolved", CSM, [halsted])


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS, Fault.RESET, Fault.THROTTLE])
@pytest.mark.parametrize("times", [1, None])
def test_an_opening_whose_answer_was_lost_makes_no_second_ticket(
    desk: HelpDesk, fault: Fault, times: int | None
) -> None:
    desk.poll()
    desk.fault(fault, "upsert", times=times)
    first = {}
    try:
        first = desk.open(opening())
    except Temporary:
        assert fault is Fault.THROTTLE
    desk.heal()

    again = desk.open(opening())["disconnection-1"]

    assert again.result is Result.LANDED
    if times is None and first:
        assert first["disconnection-1"].result is Result.UNKNOWN
    found = desk.act("find_tickets", where={"subject": "Shut-off notice"})
    assert [one["id"] for one in found] == [again.ref]


def test_an_opening_is_not_sent_where_nobody_says_if_it_is_there(desk: HelpDesk) -> None:
    desk.poll()
    desk.fault(Fault.PARTIAL, "tickets/batch/read", times=None)

    with pytest.raises(Temporary):
        desk.open(opening())
    assert desk.act("find_tickets") == []


def test_without_the_pipeline_a_ticket_is_opened_in_another_one(desk: HelpDesk) -> None:
    pipelines = desk.emulator.portal.pipelines["tickets"]
    name = next(key for key, one in pipelines.items() if one.label == "Support")
    del pipelines[name]

    outcome = desk.open(opening())["disconnection-1"]

    assert outcome.result is Result.LANDED
    assert desk.see(outcome.ref)["pipeline"] == "Support Pipeline"
    desk.poll()
    assert desk.problems["hubspot/desk/desk"].code == "pipeline_missing"


def test_a_portal_without_the_channels_opens_all_the_same(desk: HelpDesk) -> None:
    desk.act("drop_option", property="source_type", value="FORM")

    outcome = desk.open(opening(channel=Channel.FORM))["disconnection-1"]

    assert (outcome.result, outcome.at_fault) == (Result.LANDED, ())


@pytest.mark.parametrize("missing", ["companies", "owners"])
def test_without_a_permission_the_rest_is_written(desk: HelpDesk, missing: str) -> None:
    ref, halsted = desk.write_in(), company(desk)
    desk.switch(missing_scopes=(missing,))

    outcome = desk.file(Filing("f", ref, ROUTED, halsted))["f"]

    assert outcome.result is Result.LANDED
    lost = {"companies": "company", "owners": "owner"}[missing]
    assert set(outcome.landed or ()) == {*ROUTED, "company"} - {lost}
    assert "permission" in outcome.reason


def test_a_refused_token_is_raised(desk: HelpDesk) -> None:
    ref = desk.write_in()
    desk.poll()
    desk.act("revoke_token")

    with pytest.raises(NoAccess):
        desk.file(Filing("f", ref, {"priority": "high"}))


def test_open_tickets_of_people_who_left_are_abandoned(desk: HelpDesk) -> None:
    theirs = [desk.ticket(f"t{i}", properties={"hubspot_owner_id": BO}) for i in range(450)]
    desk.ticket("mine", properties={"hubspot_owner_id": CSM})
    desk.act("move_ticket", id=theirs[0], stage="Closed")
    assert list(desk.connector.abandoned()) == []
    desk.act("deactivate_owner", email=BO)
    before = desk.calls()
    assert list(desk.connector.abandoned()) == []  # who left was read a moment ago
    assert desk.calls() == before
    desk.later(301)

    found = list(desk.connector.abandoned())

    assert [one.ref for one in found] == theirs[1:]
    assert {(one.owner, one.owner_active) for one in found} == {(BO, False)}
    desk.file(*(Filing(ref, ref, {"owner": CSM}) for ref in theirs))
    desk.switch(search_lag=60.0)
    assert list(desk.connector.abandoned()) == []


def test_a_portal_that_nobody_left_costs_no_search(desk: HelpDesk) -> None:
    list(desk.connector.abandoned())
    before = desk.calls()

    assert list(desk.connector.abandoned()) == []
    assert desk.calls() == before
    desk.later(301)
    list(desk.connector.abandoned())
    assert desk.calls() - before == 2  # owners, and those who left

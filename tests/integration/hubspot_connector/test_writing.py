from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from tests.integration.hubspot_connector.portal import CSM, Portal, change, many, new

from ubm_hubspot.looking import UNSAID
from ubm_sync.emulation.faults import Fault, Rule
from ubm_sync.emulation.server import InProcessAdapter
from ubm_sync.errors import NoAccess, Temporary
from ubm_sync.model import Outcome, Result, Write


@pytest.fixture
def portal() -> Portal:
    portal = Portal()
    portal.setup()
    return portal


def tickets(portal: Portal) -> int:
    counts = portal.act("summary")
    return sum(sum(stages.values()) for stages in counts.values() if isinstance(stages, dict))


def ended(outcomes: dict[str, Outcome]) -> set[Result]:
    return {one.result for one in outcomes.values()}


def test_a_new_ticket_holds_every_field(portal: Portal) -> None:
    company = portal.act("create_company", name="Acme")["id"]
    fields = {
        "vendor": "ComEd",
        "account_number": "004511822",
        "commodity": "Gas",
        "owner": CSM,
        "service_start": "2026-12-01",
        "checked_at": "2026-11-23T09:00:00Z",
        "meters": "3",
        "online_access": "true",
        "notes": "first\nsecond",
        "company": company,
    }
    outcome = portal.add("k", **fields)
    portal.connector = portal.connect()

    assert (outcome.result, outcome.created, outcome.landed) == (Result.LANDED, True, None)
    seen = portal.see(outcome.ref)
    assert (seen["pipeline"], seen["stage"]) == ("New locations", "Waiting for CSM")
    assert seen["companies"] == [company]
    read = portal.read()[str(outcome.ref)]
    assert read.version == outcome.version
    del fields["company"]
    assert read.values == {**fields, "subject": "k", "stage": "waiting_for_csm"}


def test_a_field_is_changed_and_cleared(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd", service_start="2026-12-01", owner=CSM)
    outcome = portal.apply(
        change(ticket, vendor="Ameren", service_start=None, owner=None, stage="active")
    )["k"]

    assert (outcome.result, outcome.created, outcome.ref) == (Result.LANDED, False, ticket.ref)
    seen = portal.see(ticket.ref)
    assert seen["stage"] == "Active"
    assert seen["properties"]["ubm_vendor"] == "Ameren"
    assert not seen["properties"].get("ubm_service_start")
    assert not seen["owner"]


def test_100_tickets_are_one_request(portal: Portal) -> None:
    portal.add("first")
    before = portal.calls()

    outcomes = portal.apply(*many(1_000))

    assert ended(outcomes) == {Result.LANDED}
    assert portal.calls() - before == 10


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS, Fault.TRUNCATE])
def test_a_lost_answer_makes_no_second_ticket(portal: Portal, fault: Fault) -> None:
    portal.add("warm")
    portal.fault(fault, "upsert", times=1)

    outcomes = portal.apply(*many(150))
    again = portal.apply(*(replace(one, doubtful=True) for one in many(150)))

    results = Counter(one.result for one in outcomes.values())
    assert results == {Result.UNKNOWN: 100, Result.LANDED: 50}
    assert {(one.result, one.stale) for one in again.values()} == {(Result.REFUSED, True)}
    assert tickets(portal) == 151


def test_a_part_of_a_batch_that_failed_for_no_reason_is_sent_again(portal: Portal) -> None:
    portal.fault(Fault.PARTIAL, "upsert", times=1)

    outcomes = portal.apply(*many(100))

    assert ended(outcomes) == {Result.LANDED}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_hubspot_out_of_order_leaves_no_write_without_an_answer_that_was_sent(
    concurrency: int,
) -> None:
    portal = Portal(settings={"concurrency": concurrency, "attempts": 2})
    portal.setup()
    portal.add("warm")
    portal.fault(Fault.DROP, "upsert", times=None)
    told: list[Outcome] = []

    with pytest.raises(Temporary):
        told.extend(_each(portal, told))
    portal.heal()

    assert {one.result for one in told} == {Result.UNKNOWN}
    assert len(told) == tickets(portal) - 1
    again = portal.apply(*many(1_000))
    assert ended(again) == {Result.LANDED}
    assert tickets(portal) == 1_001


def _each(portal: Portal, told: list[Outcome]) -> list[Outcome]:
    for outcome in portal.connector.apply(list(many(1_000))):
        told.append(outcome)  # noqa: PERF402 - what was told before the error counts
    return []


def test_without_access_nothing_is_sent(portal: Portal) -> None:
    portal.add("warm")
    portal.act("revoke_token")

    with pytest.raises(NoAccess):
        portal.apply(*many(300))


def test_names_that_cannot_be_read_hold_back_only_what_needs_them(portal: Portal) -> None:
    portal.fault(Fault.ERROR, "owners", times=None)
    owned = [new(f"owned{index}", owner=CSM) for index in range(200)]
    before = portal.calls()

    outcomes = portal.apply(*owned, *many(200))

    results = {key: (one.result, one.permanent) for key, one in outcomes.items()}
    assert {results[write.key] for write in owned} == {(Result.REFUSED, False)}
    assert {results[write.key] for write in many(200)} == {(Result.LANDED, False)}
    assert portal.calls() - before == 7


def test_without_the_right_to_read_names_nothing_is_sent(portal: Portal) -> None:
    portal.act("revoke_token")

    with pytest.raises(NoAccess):
        portal.apply(new("k", owner=CSM))


def test_a_refused_option_fails_the_field_and_not_the_record(portal: Portal) -> None:
    writes = [new(f"k{index}", vendor="V", commodity="Gas") for index in range(99)]
    outcomes = portal.apply(*writes, new("bad", vendor="V", commodity="Steam"))

    assert ended(outcomes) == {Result.LANDED}
    bad = outcomes["bad"]
    assert bad.landed == frozenset({"subject", "stage", "vendor"})
    assert bad.at_fault == ("commodity",)
    assert '"Steam" is not an option of the HubSpot property "ubm_commodity"' in bad.reason
    assert portal.see(bad.ref)["properties"]["ubm_vendor"] == "V"
    assert all(one.landed is None for key, one in outcomes.items() if key != "bad")


def test_a_field_that_was_all_of_a_write_refuses_it(portal: Portal) -> None:
    ticket = portal.add("k")

    outcome = portal.apply(change(ticket, commodity="Steam"))["k"]

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, True)
    assert outcome.at_fault == ("commodity",)


def test_a_property_that_is_gone_costs_one_request_and_no_record(portal: Portal) -> None:
    portal.add("warm")
    core = portal.connector.client.crm.properties.core_api
    portal.connector.client.call("archive", core.archive, "tickets", "ubm_vendor")
    before = portal.calls()

    outcomes = portal.apply(*many(1_000))

    assert ended(outcomes) == {Result.LANDED}
    assert {one.at_fault for one in outcomes.values()} == {("vendor",)}
    assert "run `ubm-sync setup hubspot`" in outcomes["key-00000"].reason
    assert portal.calls() - before == 11
    assert any("ubm_vendor" in p.text for page in portal.pages() for p in page.problems)


def test_an_unknown_owner_or_stage_fails_alone(portal: Portal) -> None:
    ticket = portal.add("k")
    outcome = portal.apply(change(ticket, owner="who@x.example", vendor="V", stage="nowhere"))["k"]

    assert outcome.result is Result.LANDED
    assert outcome.landed == frozenset({"vendor"})
    assert set(outcome.at_fault) == {"owner", "stage"}
    assert "who@x.example" in outcome.reasons["owner"]
    assert "who@x.example" not in outcome.reasons["stage"]


def test_a_stage_that_requires_more_fails_alone(portal: Portal) -> None:
    ticket, other = portal.add("k"), portal.add("l")
    required = ["ubm_notes", "ubm_vendor"]
    portal.act("require_in_stage", pipeline="New locations", stage="Approved", properties=required)
    asked = change(ticket, stage="approved", vendor="V", account_number="1")

    outcome = portal.apply(asked, change(other, vendor="W"))["k"]

    assert (outcome.result, outcome.at_fault) == (Result.LANDED, ("stage",))
    assert outcome.landed == frozenset({"vendor", "account_number"})
    assert outcome.reasons["stage"] == (
        'HubSpot takes no ticket into this stage without "ubm_notes"; fill that in on the ticket '
        "and move it there."
    )
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_notes": "N"})
    assert portal.apply(change(ticket, stage="approved"))["k"].landed is None


def test_a_first_stage_that_requires_more_says_what(portal: Portal) -> None:
    portal.act(
        "require_in_stage",
        pipeline="New locations",
        stage="Waiting for CSM",
        properties=["ubm_notes"],
    )

    outcomes = portal.apply(new("k"), new("l", notes="N"))

    assert (outcomes["k"].result, outcomes["k"].permanent) == (Result.REFUSED, True)
    assert 'without "ubm_notes"' in outcomes["k"].reason
    assert outcomes["l"].result is Result.LANDED


@pytest.mark.parametrize("rejects", [False, True])
def test_a_ticket_that_left_is_not_made_again(rejects: bool) -> None:
    portal = Portal(missing_rejects_batch=rejects)
    portal.setup()
    made = portal.apply(*many(60))
    gone = made["key-00031"]
    portal.act("archive_ticket", id=gone.ref)
    before = tickets(portal)

    outcomes = portal.apply(*(change(one, vendor="new") for one in made.values()))

    refused = outcomes.pop("key-00031")
    assert (refused.result, refused.reason, refused.permanent) == (Result.REFUSED, "archived", True)
    assert ended(outcomes) == {Result.LANDED}
    assert tickets(portal) == before


def test_a_merged_ticket_is_not_written_to_by_its_old_id(portal: Portal) -> None:
    one, two = portal.add("one"), portal.add("two")
    portal.act("merge_tickets", primary=one.ref, other=two.ref)

    outcome = portal.apply(change(two, vendor="V"))["two"]

    assert (outcome.result, outcome.reason) == (Result.REFUSED, "archived")


@pytest.mark.parametrize("conflict", ["validation", "conflict"])
@pytest.mark.parametrize("merged", [True, False])
def test_a_ticket_that_left_and_holds_on_to_its_identity_is_read_first(
    conflict: str, *, merged: bool
) -> None:
    portal = Portal(unique_conflict=conflict, archived_holds_unique_value=True)
    portal.setup()
    ticket, other = portal.add("k"), portal.add("other")
    if merged:
        portal.act("merge_tickets", primary=other.ref, other=ticket.ref)
    else:
        portal.act("archive_ticket", id=ticket.ref)

    outcomes = portal.apply(*many(50), new("k"))

    met = outcomes.pop("k")
    assert (met.result, met.stale, met.ref) == (Result.REFUSED, True, ticket.ref)
    assert ended(outcomes) == {Result.LANDED}
    pages = portal.connector.fetch("ticket", [str(ticket.ref)])
    (seen,) = (one for page in pages for one in page.observations)
    assert seen.gone == (f"merged:{other.ref}" if merged else "archived")


def test_a_ticket_that_was_archived_before_its_creation_was_answered_is_not_made_again(
    portal: Portal,
) -> None:
    gone = portal.add("gone")
    portal.act("archive_ticket", id=gone.ref)
    doubtful = [replace(one, doubtful=True) for one in (*many(250), new("gone"))]
    before = portal.calls()

    outcomes = portal.apply(*doubtful)

    met = outcomes.pop("gone")
    assert (met.result, met.stale, met.ref) == (Result.REFUSED, True, gone.ref)
    assert ended(outcomes) == {Result.LANDED}
    assert portal.calls() - before == 3 + 3 + 1  # looks, batches, one list of the archived ones


class Answered(InProcessAdapter):
    """A line over which a person hears of each answer that was lost."""

    def __init__(self, portal: Portal, lost: Callable[[], None]) -> None:
        super().__init__(portal.emulator)
        self._lost = lost

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().send(request, *args, **kwargs)
        except requests.RequestException:
            self._lost()
            raise


def test_a_ticket_that_is_archived_before_its_creation_is_sent_again_is_not_made_again(
    portal: Portal,
) -> None:
    portal.add("warm")

    def archive() -> None:
        (made,) = portal.act("find_tickets", where={"subject": "key-00001"})
        portal.act("archive_ticket", id=made["id"])

    portal.connector.client.transport.mount(Answered(portal, archive))
    portal.fault(Fault.DROP, "upsert", times=1)

    outcomes = portal.apply(*many(3))
    again = portal.apply(*(replace(one, doubtful=True) for one in many(3)))

    assert ended(outcomes) == {Result.UNKNOWN}
    assert {(one.result, one.stale) for one in again.values()} == {(Result.REFUSED, True)}
    assert tickets(portal) == 1 + 2


def test_what_people_type_into_a_ticket_whose_creation_was_not_answered_stays(
    portal: Portal,
) -> None:
    portal.add("warm")

    def type_over() -> None:
        (made,) = portal.act("find_tickets", where={"subject": "key-00001"})
        portal.act("edit_ticket", id=made["id"], properties={"ubm_vendor": "typed"})

    portal.connector.client.transport.mount(Answered(portal, type_over))
    portal.fault(Fault.DROP, "upsert", times=1)

    outcomes = portal.apply(*(new(f"key-{number:05}", vendor="ours") for number in range(3)))

    (made,) = portal.act("find_tickets", where={"subject": "key-00001"})
    assert made["properties"]["ubm_vendor"] == "typed"
    assert ended(outcomes) == {Result.UNKNOWN}


@pytest.mark.parametrize(
    ("fault", "calls", "result"),
    [(Fault.ERROR, 1 + 1 + 1 + 1, Result.LANDED), (Fault.DROP, 1 + 1, Result.UNKNOWN)],
)
def test_a_lost_answer_costs_a_look_and_where_nothing_is_there_a_list_of_the_archived_ones(
    portal: Portal, fault: Fault, calls: int, result: Result
) -> None:
    portal.add("warm")
    portal.fault(fault, "upsert", times=1)
    before = portal.calls()

    assert ended(portal.apply(*many(3))) == {result}
    assert portal.calls() - before == calls  # the attempt, the look, the list, the next attempt


def test_what_a_lost_answer_left_behind_and_nobody_can_look_at_is_not_sent_again(
    portal: Portal,
) -> None:
    portal.add("warm")
    drop, unread = (Rule(Fault.DROP, path="upsert", times=1), Rule(Fault.ERROR, path="batch/read"))
    portal.emulator.faults.rules[:] = [drop, unread]

    outcomes = portal.apply(*many(3))
    portal.heal()

    assert ended(outcomes) == {Result.UNKNOWN}
    assert tickets(portal) == 1 + 3


def test_two_writes_of_one_ticket_land_in_order(portal: Portal) -> None:
    ticket = portal.add("k")
    writes = [change(ticket, vendor=f"V{turn}") for turn in range(5)]

    outcomes = list(portal.connector.apply(writes))

    assert [one.result for one in outcomes] == [Result.LANDED] * 5
    assert portal.see(ticket.ref)["properties"]["ubm_vendor"] == "V4"


def test_a_create_that_was_done_already_is_an_update(portal: Portal) -> None:
    first, second = portal.add("k", vendor="A"), portal.add("k", vendor="B")

    assert first.ref == second.ref
    assert (first.created, second.created) == (True, False)


def test_companies_of_1000_tickets_are_linked_in_one_request(portal: Portal) -> None:
    portal.add("warm")
    company = portal.act("create_company", name="Acme")["id"]
    before = portal.calls()

    outcomes = portal.apply(*(new(f"k{index}", company=company) for index in range(1_000)))

    assert ended(outcomes) == {Result.LANDED}
    assert {one.landed for one in outcomes.values()} == {None}
    assert portal.calls() - before == 11
    assert portal.see(outcomes["k999"].ref)["companies"] == [company]


def test_a_company_that_is_not_there_fails_alone(portal: Portal) -> None:
    company = portal.act("create_company", name="Acme")["id"]

    outcomes = portal.apply(new("good", company=company), new("bad", company="404404"))

    assert outcomes["good"].landed is None
    assert outcomes["bad"].result is Result.LANDED
    assert outcomes["bad"].landed == frozenset({"subject", "stage"})
    assert outcomes["bad"].at_fault == ("company",)
    assert "company" in outcomes["bad"].reason.lower()


def test_a_company_alone_may_be_written(portal: Portal) -> None:
    ticket = portal.add("k")
    company = portal.act("create_company", name="Acme")["id"]

    outcome = portal.apply(change(ticket, company=company))["k"]

    assert (outcome.result, outcome.landed) == (Result.LANDED, None)
    assert portal.see(ticket.ref)["companies"] == [company]


def test_a_lost_answer_to_a_link_links_once(portal: Portal) -> None:
    company = portal.act("create_company", name="Acme")["id"]
    portal.fault(Fault.DROP, "associations", times=2)

    outcome = portal.add("k", company=company)

    assert outcome.landed is None
    assert portal.see(outcome.ref)["companies"] == [company]


def test_a_write_of_nothing_lands(portal: Portal) -> None:
    ticket = portal.add("k")

    assert portal.apply(change(ticket))["k"].result is Result.LANDED


def test_without_its_pipeline_a_new_ticket_is_refused() -> None:
    portal = Portal()
    portal.setup()
    portal.act("rename_stage", pipeline="Onboarding", stage="Open", to="Gone")
    portal.connector = portal.connect()

    outcome = portal.apply(new("onboarding-a", "onboarding"))["onboarding-a"]

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, False)
    assert outcome.at_fault == ("stage",)
    assert 'has no stage "Open"' in outcome.reason


def test_stage_and_pipeline_are_written_together(portal: Portal) -> None:
    ticket = portal.add("k")
    portal.act("move_ticket", id=ticket.ref, stage="New", pipeline="Support Pipeline")

    assert portal.apply(change(ticket, stage="approved"))["k"].result is Result.LANDED
    assert portal.see(ticket.ref)["pipeline"] == "New locations"


def test_text_of_any_kind_arrives_as_it_is(portal: Portal) -> None:
    text = "=HYPERLINK(1) ☎ \"quoted\" 'x' <b> \\ \u00a0inner"

    ticket = portal.add("k", vendor=text)

    assert portal.see(ticket.ref)["properties"]["ubm_vendor"] == text


def test_a_person_does_not_notice_a_write_of_another_field(portal: Portal) -> None:
    ticket = portal.add("k", vendor="A")
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "typed"})

    portal.apply(Write("ticket", "k", ticket.ref, "tickets", {"meters": "2"}))

    assert portal.see(ticket.ref)["properties"]["ubm_vendor"] == "typed"


@pytest.mark.parametrize("trouble", [Fault.THROTTLE, Fault.HTML, Fault.GARBLED, Fault.RESET])
def test_trouble_now_and_then_changes_nothing(portal: Portal, trouble: Fault) -> None:
    portal.fault(trouble, "tickets", times=None, rate=0.2)

    outcomes = portal.apply(*many(1_500))

    assert ended(outcomes) == {Result.LANDED}
    assert tickets(portal) == 1_500


def test_what_a_look_before_a_write_leaves_unsaid_is_asked_for_again(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    write = replace(change(ticket, vendor="Nicor"), careful={"vendor": "ComEd"})
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "Peoples Gas"})
    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=1)

    met = portal.apply(write)["k"]

    assert (met.result, met.stale) == (Result.REFUSED, True)


def test_nothing_is_written_over_what_nobody_could_look_at(portal: Portal) -> None:
    ticket = portal.add("k", vendor="ComEd")
    write = replace(change(ticket, vendor="Nicor"), careful={"vendor": "ComEd"})
    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=None)

    met = portal.apply(write)["k"]

    assert (met.result, met.stale, met.permanent) == (Result.REFUSED, False, False)
    assert "HubSpot did not say which tickets are there" in met.reason


def test_a_ticket_that_nobody_can_look_at_holds_up_no_other(portal: Portal) -> None:
    outcomes = portal.apply(*many(3))
    writes = [
        replace(change(one, vendor="Nicor"), careful={"vendor": f"Vendor {int(key[-5:])}"})
        for key, one in outcomes.items()
    ]
    portal.fault(Fault.PARTIAL, "tickets/batch/read", times=3)  # one of them, as often as asked

    met = portal.apply(*writes)

    refused = [one for one in met.values() if one.result is Result.REFUSED]
    assert len(refused) < len(met)
    assert [(one.reason, one.permanent) for one in refused] == [(UNSAID, False)]


def test_the_bin_is_not_searched_in_each_cycle_for_a_ticket_that_is_not_in_it(
    portal: Portal,
) -> None:
    doubtful = replace(new("k"), doubtful=True)
    portal.fault(Fault.ERROR, "upsert", times=None)
    portal.apply(doubtful)
    before = portal.calls()

    portal.apply(doubtful)
    again = portal.calls() - before
    portal.later(11 * 60)
    portal.apply(doubtful)

    assert portal.calls() - before == 2 * again + 1

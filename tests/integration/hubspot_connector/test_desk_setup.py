"""What the help desk needs of a portal, and what is done without it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_connector.helpdesk import JO, SHIPPED, HelpDesk, refs

from ubm_hubspot.emulator.searching import MOST_FILTERS, MOST_FILTERS_IN_GROUP, MOST_GROUPS
from ubm_sync.desk import Filing
from ubm_sync.emulation.faults import Fault
from ubm_sync.model import Result


def test_set_up_makes_what_the_desk_needs_and_nothing_twice() -> None:
    desk = HelpDesk(setup=False)
    dry = {step.what: step.state for step in desk.connector.ensure(dry_run=True)}
    assert dry['ticket property "ubm_request_type"'] == "would create"
    assert dry['ticket pipeline "Support"'] == "would create"

    made = {step.what: step.state for step in desk.connector.ensure(dry_run=False)}
    again = {step.state for step in desk.connector.ensure(dry_run=False)}

    assert made['ticket property "ubm_request_type"'] == "created"
    assert made['ticket pipeline "Support"'] == "created"
    assert again == {"ok"}
    assert desk.connector.check() == ()
    stages = [stage.label for stage in SHIPPED.stages]
    support = next(
        one for one in desk.emulator.portal.pipelines["tickets"].values() if one.label == "Support"
    )
    assert [one.label for one in support.ordered()] == stages
    assert [one.closed for one in support.ordered()] == [one.closed for one in SHIPPED.stages]


def test_without_set_up_problems_are_told_and_everything_is_read() -> None:
    desk = HelpDesk(setup=False)
    ref = desk.write_in("Shut off!", contact=JO)

    assert refs(desk.poll()) == [ref]

    assert desk.problems["hubspot/desk/ubm_request_type"].code == "property_missing"
    assert desk.problems["hubspot/desk/ubm_sync_id"].code == "property_missing"
    assert desk.problems["hubspot/desk/desk"].code == "pipeline_missing"
    assert not any(one.blocks for one in desk.problems.values())
    assert all("setup" in one.text for one in desk.problems.values())
    assert {one.scope for one in desk.connector.check()} >= set(desk.problems)
    assert desk.dossier(ref).messages

    list(desk.connector.ensure(dry_run=False))
    desk.poll()
    assert desk.problems == {}
    assert desk.file(Filing("f", ref, {"ticket_type": "other"}))["f"].landed is None
    assert refs(desk.poll()) == [ref]


def test_reading_records_says_nothing_of_the_desk() -> None:
    desk = HelpDesk(setup=False)

    scopes = {problem.scope for page in desk.pages() for problem in page.problems}

    assert scopes
    assert not any(scope.startswith("hubspot/desk") for scope in scopes)


def test_another_process_that_sets_up_is_noticed_within_a_minute() -> None:
    desk = HelpDesk(setup=False)
    desk.poll()
    assert desk.problems
    list(desk.connect().ensure(dry_run=False))
    desk.later(61)

    desk.poll()

    assert desk.problems == {}


@pytest.mark.parametrize(
    "name",
    ["ubm_sync_id", "ubm_request_type", "ubm_disconnect_case", "hs_last_message_received_at"],
)
def test_a_property_that_goes_away_stops_no_search(name: str) -> None:
    desk = HelpDesk()
    desk.poll()
    del desk.emulator.portal.definitions["tickets"][name]
    ref = desk.write_in()

    assert refs(desk.poll()) == [ref]
    assert name in desk.problems["hubspot/desk/search"].text
    desk.later(61)
    desk.poll()
    assert "hubspot/desk/search" not in desk.problems
    before = desk.searches()
    desk.poll()
    assert desk.searches() - before <= 2


def test_a_refusal_that_names_nothing_is_asked_with_less() -> None:
    desk = HelpDesk()
    desk.poll()
    ref = desk.write_in()
    portal = desk.emulator.portal
    kept = portal.definitions["tickets"].pop("ubm_request_type")
    desk.emulator.portal.definitions["tickets"]["ubm_request_type"] = kept
    desk.switch(search_body_limit=900)

    assert refs(desk.poll()) == [ref]
    assert "hubspot/desk/search" in desk.problems


@pytest.mark.parametrize("switches", [{}, {"message_properties": False}])
def test_what_is_asked_stays_within_the_vendors_limits(switches: Any) -> None:
    desk = HelpDesk(**switches)
    asked: list[dict[str, Any]] = []
    search = desk.connector.desk._tickets.search  # type: ignore[union-attr]

    def listen(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        return search(body)

    desk.connector.desk._tickets.search = listen  # type: ignore[union-attr,method-assign]
    for index in range(450):
        desk.ticket(f"t{index}")
    desk.poll()

    assert len(asked) > 3
    for body in asked:
        groups = [group["filters"] for group in body["filterGroups"]]
        assert len(groups) <= MOST_GROUPS
        assert max(map(len, groups)) <= MOST_FILTERS_IN_GROUP
        assert sum(map(len, groups)) <= MOST_FILTERS


def test_without_the_permission_for_tickets_the_token_is_blamed() -> None:
    desk = HelpDesk(setup=False, missing_scopes=("tickets",))

    with pytest.raises(Exception, match="lacks a permission"):
        desk.poll()


def test_while_the_portal_cannot_be_looked_at_tickets_are_read_all_the_same() -> None:
    desk = HelpDesk()
    desk.poll()
    desk.later(3_601)
    ref = desk.write_in()
    desk.fault(Fault.ERROR, "properties", times=None)

    assert refs(desk.poll()) == [ref]


def test_a_ticket_that_makes_no_sense_is_told_and_left() -> None:
    desk = HelpDesk()
    good, bad = desk.write_in(), desk.write_in()
    record = desk.emulator.portal.records[int(bad)]
    record.values = {**record.values, "ubm_accounts": ["?"]}  # type: ignore[dict-item]
    desk.emulator.portal.show(record)

    assert refs(desk.poll()) == [good]
    assert desk.problems[f"hubspot/desk/#{bad}"].code == "ticket_unreadable"

    desk.later(5)
    desk.act("edit_ticket", id=bad, properties={"ubm_accounts": "12-3"})
    assert refs(desk.poll()) == [bad]
    assert desk.problems == {}


def test_options_under_another_value_are_used_as_they_are() -> None:
    desk = HelpDesk(setup=False)
    portal = desk.emulator.portal
    list(desk.connector.ensure(dry_run=False))
    definition = portal.definitions["tickets"]["ubm_request_type"]
    definition.set_options(
        [
            {**one, "value": "UD"} if one["value"] == "urgent_disconnect" else one
            for one in definition.options
        ]
    )
    ref = desk.write_in()
    desk.begin_again()
    desk.poll()

    outcome = desk.file(Filing("f", ref, {"ticket_type": "urgent_disconnect"}))["f"]

    assert (outcome.result, outcome.landed) == (Result.LANDED, None)
    assert desk.see(ref)["properties"]["ubm_request_type"] == "UD"
    desk.begin_again()
    (seen,) = desk.poll()
    assert seen.values["ticket_type"] == "urgent_disconnect"

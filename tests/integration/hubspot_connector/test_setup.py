from __future__ import annotations

from typing import Any

import pytest
from tests.integration.hubspot_connector.portal import PLACES, Portal

from ubm_hubspot import connect
from ubm_hubspot.connector import HubSpotConnector
from ubm_sync.emulation.faults import Fault
from ubm_sync.emulation.server import Server
from ubm_sync.model import Binding, FieldType, Place, Stage, Write
from ubm_sync.ports import Connection, SetupStep


def steps(portal: Portal, *, dry_run: bool = False) -> dict[str, SetupStep]:
    return {step.what: step for step in portal.connector.ensure(dry_run=dry_run)}


def states(found: dict[str, SetupStep]) -> set[str]:
    return {step.state for step in found.values()}


def own(portal: Portal, name: str, **body: Any) -> None:
    """Make a property that somebody else made before us."""
    core = portal.connector.client.crm.properties.core_api
    full = {"name": name, "label": name, "groupName": "ticketinformation", **body}
    portal.connector.client.call("create", core.create, "tickets", body=full)


def test_a_dry_run_changes_nothing() -> None:
    portal = Portal()

    first, second = steps(portal, dry_run=True), steps(portal, dry_run=True)

    assert first == second
    assert states(first) == {"ok", "would create"}
    assert not [call for call in portal.emulator.calls if call.method != "GET"]


def test_doing_it_again_changes_nothing() -> None:
    portal = Portal()

    first, second = steps(portal), steps(portal)

    assert states(first) == {"ok", "created"}
    assert states(second) == {"ok"}
    assert portal.connector.check() == ()


def test_a_portal_after_set_up_takes_every_field() -> None:
    portal = Portal()
    steps(portal)

    ticket = portal.add("k", approval="approve", notes="n", meters="2", online_access="false")

    assert ticket.landed is None


def test_options_are_added_and_none_is_removed() -> None:
    portal = Portal()
    options = [{"label": "Steam heat", "value": "Steam", "displayOrder": 0, "hidden": False}]
    own(portal, "ubm_commodity", type="enumeration", fieldType="select", options=options)

    dry = steps(portal, dry_run=True)['ticket property "ubm_commodity"']
    done = steps(portal)['ticket property "ubm_commodity"']

    assert (dry.state, done.state) == ("would change", "changed")
    assert done.detail == "options added: Electric, Gas, Water"
    live = portal.connector._catalog.properties()["ubm_commodity"]["options"]
    assert [one["label"] for one in live] == ["Steam heat", "Electric", "Gas", "Water"]


def test_an_option_that_has_our_label_is_used_under_its_own_value() -> None:
    portal = Portal()
    options = [
        {"label": label, "value": value, "displayOrder": 0, "hidden": False}
        for label, value in (("Electric", "el"), ("Gas", "Gas"), ("water", "h2o"))
    ]
    own(portal, "ubm_commodity", type="enumeration", fieldType="select", options=options)

    found = steps(portal)['ticket property "ubm_commodity"']
    seen = portal.read()
    made = portal.add("k", commodity="Electric")
    portal.act("edit_ticket", id=portal.add("l").ref, properties={"ubm_commodity": "h2o"})
    portal.restart()  # and no list is read again
    other = portal.add("m", commodity="Water")
    portal.later(5)
    seen = portal.read(full=True)

    assert (found.state, found.detail) == (
        "note", 'Options used as they are there: "Electric" as "el", "Water" as "h2o".'
    )  # fmt: skip
    assert portal.see(made.ref)["properties"]["ubm_commodity"] == "el"
    assert portal.see(other.ref)["properties"]["ubm_commodity"] == "h2o"
    assert sorted(one.values.get("commodity", "") for one in seen.values()) == [
        "Electric", "Water", "Water",
    ]  # fmt: skip
    assert portal.connector.check() == ()


def test_an_option_that_was_made_again_is_known_in_the_same_reading() -> None:
    portal = Portal()
    portal.setup()
    ref = portal.add("k").ref
    portal.act("drop_option", property="ubm_approval", value="approve")
    portal.act("add_option", property="ubm_approval", value="Approve")
    portal.act("edit_ticket", id=ref, properties={"ubm_approval": "Approve"})
    portal.later(5)

    assert portal.read()[str(ref)].values["approval"] == "approve"

    portal.act("edit_ticket", id=ref, properties={"ubm_commodity": "Gas"})
    portal.later(5)
    before = portal.calls()
    assert portal.read()[str(ref)].values["approval"] == "approve"
    assert portal.calls() - before == 1  # known by now


def test_an_option_whose_label_stands_for_another_is_named_with_what_to_do() -> None:
    portal = Portal()
    options = [
        {"label": label, "value": value, "displayOrder": 0, "hidden": False}
        for label, value in (("Electric", "Water"), ("Gas", "Gas"))
    ]
    own(portal, "ubm_commodity", type="enumeration", fieldType="select", options=options)

    found = steps(portal)['ticket property "ubm_commodity"']

    assert found.state == "problem"
    assert found.detail == (
        'The option "Electric" has the value "Water" there, and ours is "Electric": rename it in '
        "HubSpot's settings, then run setup."
    )


def test_a_property_of_another_type_is_a_problem() -> None:
    portal = Portal()
    own(portal, "ubm_meters", type="string", fieldType="text")
    own(portal, "ubm_sync_id", type="string", fieldType="text")

    found = steps(portal)

    meters = found['ticket property "ubm_meters"']
    assert meters.state == "problem"
    assert "its type is string, not number" in meters.detail
    identity = found['ticket property "ubm_sync_id"']
    assert identity.state == "problem"
    assert "hasUniqueValue" in identity.detail


def test_missing_stages_are_added_to_an_existing_pipeline() -> None:
    portal = Portal()
    steps(portal)
    portal.act("delete_stage", pipeline="New locations", stage="Approved")

    found = steps(portal)

    assert found['stage "Approved" of "New locations"'].state == "created"
    assert portal.add("k", stage="approved").landed is None


def test_a_renamed_stage_is_not_made_a_second_time() -> None:
    portal = Portal()
    portal.setup()
    ticket = portal.add("k", stage="approved")
    portal.later(20)
    portal.read()
    portal.act("rename_stage", pipeline="New locations", stage="Approved", to="OK by us")

    found = steps(portal)['stage "Approved" of "New locations"']

    assert found.state == "problem"
    assert 'It is called "OK by us" in HubSpot now and used all the same' in found.detail
    portal.act("edit_ticket", id=ticket.ref, properties={"ubm_vendor": "V"})
    portal.later(20)
    assert portal.read()[str(ticket.ref)].values["stage"] == "approved"

    portal.act("rename_stage", pipeline="New locations", stage="OK by us", to="Approved")
    assert states(steps(portal)) <= {"ok", "note"}


def test_a_stage_with_another_state_is_a_problem() -> None:
    portal = Portal()
    pipelines = portal.connector.client.crm.pipelines.pipelines_api
    stage = {"label": "Enrolled", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}}
    body = {"label": "data services", "displayOrder": 0, "stages": [stage]}
    portal.connector.client.call("create", pipelines.create, "tickets", body=body)

    found = steps(portal)

    assert found['stage "Enrolled" of "Data Services"'].state == "problem"
    assert found['stage "Requested" of "Data Services"'].state == "created"
    assert found['ticket pipeline "Data Services"'].state == "ok"


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.ODD_SUCCESS])
def test_a_lost_answer_makes_no_second_property(fault: Fault) -> None:
    portal = Portal()
    portal.fault(fault, "POST .*/properties/tickets$", times=3)

    assert states(steps(portal)) == {"ok", "created"}
    assert states(steps(portal)) == {"ok"}


def test_a_lost_answer_makes_no_second_pipeline() -> None:
    portal = Portal()
    portal.fault(Fault.DROP, "POST .*/pipelines/tickets$", times=1)

    first, second = steps(portal), steps(portal)

    assert next(s.detail for s in first.values() if s.state == "problem").endswith(
        "Run setup again."
    )
    assert states(second) == {"ok"}
    labels = [one["label"] for one in portal.connector._catalog.pipelines()]
    assert len(labels) == len(set(labels))


def test_hubspots_own_properties_are_never_made_or_filled_up() -> None:
    portal = Portal(urgent_priority=False)
    priority = Binding("priority", "hs_ticket_priority", FieldType.CHOICE, choices=("URGENT",))
    place = Place(
        "ticket", "location", "hubspot", "", (priority, Binding("x", "hs_nonsense")), "", ()
    )
    connector = _with(portal, place)

    found = {step.what: step for step in connector.ensure(dry_run=False)}

    assert found['ticket property "hs_nonsense"'].state == "problem"
    assert found['ticket property "hs_ticket_priority"'].state == "ok"


def test_two_types_for_one_property_are_a_problem() -> None:
    portal = Portal()
    place = Place(
        "ticket",
        "location",
        "hubspot",
        "",
        (Binding("a", "ubm_a"), Binding("b", "ubm_a", FieldType.NUMBER)),
    )

    found = {step.what: step for step in _with(portal, place).ensure(dry_run=False)}

    assert found['ticket property "ubm_a"'].state == "problem"


def test_a_property_that_hubspot_refuses_is_a_problem_and_not_the_end() -> None:
    portal = Portal()
    place = Place(
        "ticket", "location", "hubspot", "", (Binding("a", "Not A Name"), Binding("b", "ubm_b"))
    )

    found = {step.what: step for step in _with(portal, place).ensure(dry_run=False)}

    assert found['ticket property "Not A Name"'].state == "problem"
    assert found['ticket property "ubm_b"'].state == "created"


def _with(portal: Portal, *places: Place) -> HubSpotConnector:
    connection = Connection(
        places, (), portal.settings, portal.emulator.environment(""), portal.clock, portal.budget
    )
    connector = HubSpotConnector(connection)
    adapter = portal.connector.client.transport.session.get_adapter("http://")
    connector.client.transport.mount(adapter)
    return connector


def test_over_a_socket_everything_works_as_in_one_process() -> None:
    portal = Portal(settings={"concurrency": 3})
    with Server(portal.emulator) as server:
        connection = Connection(
            places=PLACES,
            customers=(),
            settings=portal.settings,
            environment=portal.emulator.environment(server.url),
            clock=portal.clock,
            budget=portal.budget,
        )
        connector = connect(connection)
        list(connector.ensure(dry_run=False))
        values = {"subject": "s", "stage": "approved"}
        writes = [Write("ticket", f"k{index}", None, "", values) for index in range(250)]
        outcomes = list(connector.apply(writes))
        portal.emulator.act(
            {"do": "edit_ticket", "id": outcomes[0].ref, "properties": {"subject": "typed"}}
        )
        portal.later(5)
        found = [one for page in connector.observe(full=False) for one in page.observations]
        connector.close()

    assert len({one.ref for one in outcomes}) == 250
    assert {one.ref: one.values["subject"] for one in found}[outcomes[0].ref or ""] == "typed"


def test_many_properties_make_the_search_lean_and_lose_nothing() -> None:
    bindings = tuple(Binding(f"field_{n}", f"ubm_property_with_name_{n:03d}") for n in range(130))
    bindings += (Binding("subject", "subject"),)
    stage = Binding("stage", "hs_pipeline_stage", FieldType.STAGE)
    place = Place(
        "ticket", "location", "hubspot", "", (*bindings, stage), "New", (Stage("a", "A"),)
    )
    portal = Portal()
    connector = _with(portal, place)
    list(connector.ensure(dry_run=False))
    values = {binding.field: "value" for binding in bindings} | {"stage": "a"}
    (outcome,) = connector.apply([Write("ticket", "k", None, "", values)])
    portal.later(10)
    fresh = _with(portal, place)

    read = {one.ref: one for page in fresh.observe(full=False) for one in page.observations}
    whole = {one.ref: one for page in fresh.observe(full=True) for one in page.observations}

    assert outcome.landed is None
    assert read[outcome.ref or ""].values == values
    assert whole == read
    portal.act("archive_ticket", id=outcome.ref)
    gone = {one.ref: one.gone for page in fresh.observe(full=True) for one in page.observations}
    assert gone == {outcome.ref: "archived"}

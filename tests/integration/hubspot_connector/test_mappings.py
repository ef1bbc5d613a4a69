"""The mappings that are shipped, on a portal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.hubspot_connector.portal import CSM, Portal

from ubm_sync.desk import DESK, KIND
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Binding, FieldType, Place, Result, Write, record_key

MAPPINGS = Path(__file__).parents[3] / "mappings"
TYPED = {
    FieldType.DATE: "2026-12-01",
    FieldType.INSTANT: "2026-11-23T10:00:00Z",
    FieldType.NUMBER: "12.5",
    FieldType.BOOLEAN: "true",
    FieldType.PERSON: CSM,
    FieldType.IDENTIFIER: "0045-118-22",
    FieldType.LONG_TEXT: "first line\nsecond line",
}


def shipped() -> tuple[Place, ...]:
    mappings = load_mappings(MAPPINGS).values()
    places = tuple(place for mapping in mappings for place in mapping.places_of("hubspot"))
    return tuple(place for place in places if place.kind != KIND)  # the desk holds no records


@pytest.fixture(scope="module")
def portal() -> Portal:
    portal = Portal(places=shipped(), desk=load_mappings(MAPPINGS)[KIND].place(DESK))
    portal.setup()
    return portal


def typed(portal: Portal, place: Place, binding: Binding) -> str:
    if binding.type is FieldType.STAGE:
        return place.stages[-1].key
    if binding.type is FieldType.LINK:
        return str(portal.act("create_company", name="Acme")["id"])
    if binding.type is FieldType.CHOICE and binding.choices:
        return binding.choices[-1]
    return TYPED.get(binding.type, f"text of {binding.field}")


def test_set_up_leaves_no_problem(portal: Portal) -> None:
    steps = list(portal.connector.ensure(dry_run=False))

    assert {step.state for step in steps} == {"ok"}
    assert portal.connector.check() == ()


@pytest.mark.parametrize("place", shipped(), ids=lambda place: str(place.name))
def test_every_field_of_a_place_comes_back_as_it_was_written(portal: Portal, place: Place) -> None:
    writable = [one for one in place.bindings if one.writable]
    values = {one.field: typed(portal, place, one) for one in writable}
    prefix = "" if place.kind == "location" else f"{place.kind}-"
    key = record_key(f"{prefix}0198-{place.name}", place.suffix)

    (outcome,) = portal.connector.apply([Write(place.name, key, None, "", values)])
    found = {
        one.ref: one
        for page in portal.connector.fetch(place.name, [str(outcome.ref)])
        for one in page.observations
    }

    assert (outcome.result, outcome.landed, outcome.reason) == (Result.LANDED, None, "")
    seen = found[str(outcome.ref)]
    readable = {one.field for one in place.bindings if one.readable and one.type != FieldType.LINK}
    assert seen.place == place.name
    assert seen.values == {name: text for name, text in values.items() if name in readable}
    assert seen.marks == {}


def test_a_search_shows_all_properties_at_once(portal: Portal) -> None:
    portal.connector = portal.connect()
    portal.later(20)
    before = len(portal.emulator.calls)

    found = portal.read()

    paths = [call.path for call in list(portal.emulator.calls)[before:]]
    assert found
    assert "/crm/v3/objects/tickets/search" in paths
    assert "/crm/v3/objects/tickets/batch/read" not in paths

from __future__ import annotations

from typing import Any

from ubm_hubspot.schema import problems, scopes, unowned, wanted
from ubm_sync.model import Binding, Customer, FieldType, Place, Stage

PLACE = Place(
    "ticket",
    "location",
    "hubspot",
    "",
    (
        Binding("vendor", "ubm_vendor", label="Vendor"),
        Binding("decision", "ubm_decision", FieldType.CHOICE, choices=("keep_row", "ask")),
        Binding("online", "ubm_online", FieldType.BOOLEAN),
        Binding("owner", "hubspot_owner_id", FieldType.PERSON),
        Binding("backup", "ubm_backup", FieldType.PERSON),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("company", "company", FieldType.LINK),
    ),
    "New locations",
    (Stage("waiting", "Waiting for CSM"), Stage("active", "Active", closed=True)),
)
OTHER = Place(
    "other",
    "location",
    "hubspot",
    "other",
    (
        Binding("decision", "ubm_decision", FieldType.CHOICE, choices=("ask", "later")),
        Binding("vendor", "ubm_vendor", FieldType.LONG_TEXT),
        Binding("odd", "ubm_online", FieldType.NUMBER),
    ),
)
ID = "ubm_sync_id"


def live(**changes: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    for name, want in wanted((PLACE,), ID).items():
        found[name] = want.definition("group")
    found.update(changes)
    return {name: one for name, one in found.items() if one is not None}


PIPELINES = [
    {"id": "1", "label": "new  Locations", "stages": [{"label": "Waiting for csm"}]},
]


def test_properties_of_several_places_are_united() -> None:
    found = wanted((PLACE, OTHER), ID)

    assert next(iter(found)) == ID
    assert found[ID].unique
    assert found["ubm_decision"].options == {
        "keep_row": "Keep row",
        "ask": "Ask",
        "later": "Later",
    }
    assert found["ubm_vendor"].field_type == "textarea"
    assert found["ubm_online"].clash == "the mapping uses it as bool and as number"
    assert not {"hs_pipeline_stage", "company"} & set(found)


def test_a_definition_holds_what_hubspot_needs() -> None:
    found = wanted((PLACE,), ID)

    assert found[ID].definition("ubm")["hasUniqueValue"] is True
    assert [one["value"] for one in found["ubm_online"].definition("ubm")["options"]] == [
        "true",
        "false",
    ]
    assert found["ubm_backup"].definition("ubm")["referencedObjectType"] == "OWNER"
    assert found["hubspot_owner_id"].vendors


def test_a_portal_as_wanted_has_no_problems() -> None:
    stages = [{"label": "Waiting for CSM"}, {"label": "Active"}]

    assert problems((PLACE,), ID, live(), [{"label": "New locations", "stages": stages}]) == ()


def test_each_thing_missing_is_told_in_words() -> None:
    poor = live(
        ubm_sync_id={"type": "string"},
        ubm_vendor=None,
        ubm_decision={"type": "enumeration", "options": [{"value": "ask"}]},
        ubm_online={"type": "string"},
    )

    found = {one.scope: one for one in problems((PLACE,), ID, poor, PIPELINES)}

    assert {scope: one.code for scope, one in found.items()} == {
        "hubspot/tickets/ubm_sync_id": "property_unfit",
        "hubspot/tickets/ubm_vendor": "property_missing",
        "hubspot/tickets/ubm_decision": "option_missing",
        "hubspot/tickets/ubm_online": "property_unfit",
        "hubspot/tickets/ticket": "stage_missing",
    }
    assert found["hubspot/tickets/ubm_sync_id"].blocks
    assert not found["hubspot/tickets/ubm_vendor"].blocks
    assert found["hubspot/tickets/ubm_vendor"].fields == ("vendor",)
    assert found["hubspot/tickets/ubm_vendor"].text == (
        'The HubSpot ticket property "ubm_vendor" (Vendor) is missing; '
        "run `ubm-sync setup hubspot`."
    )
    assert '"Keep row"' in found["hubspot/tickets/ubm_decision"].text
    assert 'no stage "Active"' in found["hubspot/tickets/ticket"].text
    assert set(found) <= scopes((PLACE,), ID)


def test_a_missing_pipeline_is_told_once() -> None:
    (found,) = problems((PLACE,), ID, live(), [])

    assert found.code == "pipeline_missing"
    assert found.fields == ("stage",)


def test_a_customer_whose_people_all_left_is_told_once() -> None:
    customers = [
        Customer("one", "Halsted Foods", csm="gone@x.example", backup="left@x.example"),
        Customer("two", "Aurora", csm="gone@x.example", backup="here@x.example"),
        Customer("three", "Paused", csm="gone@x.example", paused=True),
    ]
    known = {"here@x.example"}

    (problem,) = unowned(customers, ["away@x.example"], known.__contains__)

    assert (problem.scope, problem.blocks, problem.fields) == ("hubspot/people/one", False, ())
    assert problem.text == (
        "The tickets of Halsted Foods have no owner: HubSpot has no active user gone@x.example or "
        "left@x.example or away@x.example; name an active one as its manager or backup, or under "
        '"people" in service.yaml.'
    )
    assert list(unowned(customers, ["here@x.example"], known.__contains__)) == []

"""The mappings that come with the service: clean, complete, and by the agreed rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from ubm_sync.mapping import Mapping, Policy, Role, load_mappings
from ubm_sync.model import Binding

FOLDER = Path(__file__).parents[3] / "mappings"
COLUMNS = [
    "Request #", "Request Type", "Location Code", "Location Name", "Address 1", "Address 2", "City",
    "State", "ZIP", "Utility Vendor", "Commodity", "Account Number", "Meter Number(s)", "Bill Type",
    "Name on Account", "Service Start", "Service End", "Bill Delivery", "Online Access",
    "GL / Cost Center", "Notes", "Sync Status", "Sync Message", "UBM Account ID", "Data Services",
    "HubSpot Ticket", "Last Synced",
]  # fmt: skip
SERVICE_COLUMNS = COLUMNS[21:]
TYPED_BY_CUSTOMERS = {
    "request_type", "location_code", "location_name", "address_1", "address_2", "city", "state",
    "zip", "vendor", "commodity", "account_number", "meter_numbers", "bill_type", "name_on_account",
    "service_start", "service_end", "bill_delivery", "online_access", "gl_code", "notes",
}  # fmt: skip


@pytest.fixture(scope="module")
def mappings() -> dict[str, Mapping]:
    return load_mappings(FOLDER)


@pytest.fixture(scope="module")
def location(mappings: dict[str, Mapping]) -> Mapping:
    return mappings["location"]


def by_title(mapping: Mapping) -> dict[str, Binding]:
    return {binding.external: binding for binding in mapping.place("row").bindings}


def test_the_shipped_mappings_have_no_flaw(mappings: dict[str, Mapping]) -> None:
    assert set(mappings) == {"disconnection", "location", "onboarding"}


def test_the_sheet_has_the_columns_of_the_template_in_order(location: Mapping) -> None:
    assert [binding.external for binding in location.place("row").bindings] == COLUMNS


def test_customers_cannot_edit_what_the_service_fills_in(location: Mapping) -> None:
    titles = by_title(location)

    assert {t for t in COLUMNS if titles[t].locked} == {"Request #", *SERVICE_COLUMNS}


def test_every_column_has_a_type_and_choices_are_picklists(location: Mapping) -> None:
    for binding in location.place("row").bindings:
        assert (binding.settings["column"] == "PICKLIST") == bool(binding.choices), binding
    restricted = {t for t, b in by_title(location).items() if b.settings.get("restricted")}
    assert restricted == {"Request Type", "State", "Commodity"}


def test_every_field_people_see_is_explained_to_them(location: Mapping) -> None:
    for binding in location.place("row").bindings:
        assert binding.description, binding.external


def test_what_customers_type_is_shared_and_a_conflict_is_asked(location: Mapping) -> None:
    assert set(location.shared) == TYPED_BY_CUSTOMERS | {"request_number"}
    for name in TYPED_BY_CUSTOMERS:
        rule = location.fields[name]
        assert rule.writers == {"row", "ticket"}, name
        assert rule.conflict is Policy.ASK, name
        assert {"row", "ticket", "account"} <= rule.places, name


def test_account_number_and_vendor_change_owner_once_accepted(location: Mapping) -> None:
    moving = {
        name for name, rule in location.fields.items() if rule.writers_once_accepted != rule.writers
    }

    assert moving == {"account_number", "vendor"}
    assert location.fields["vendor"].writers_once_accepted == {"ticket", "account"}


def test_what_managers_decide_is_read_and_never_put_back(location: Mapping) -> None:
    assert set(location.having(Role.SIGNAL)) == {
        "stage", "approval", "decline_reason", "conflict_decision", "row_decision",
        "owner", "priority",
    }  # fmt: skip


def test_a_ticket_property_is_named_after_its_field(location: Mapping) -> None:
    ticket = location.bindings["ticket"]

    assert ticket["request_type"].external == "ubm_location_request"
    for name in TYPED_BY_CUSTOMERS - {"request_type"}:
        assert ticket[name].external == f"ubm_{name}"


def test_the_onboarding_ticket_carries_the_counts(mappings: dict[str, Mapping]) -> None:
    place = mappings["onboarding"].place("onboarding")
    counts = {b.field: b.external for b in place.bindings if b.field.startswith("rows_")}

    assert counts == {f"rows_{what}": f"ubm_rows_{what}" for what in
                      ("requested", "valid", "approved", "set_up", "active")}  # fmt: skip
    assert [stage.key for stage in place.stages if stage.closed] == ["live", "cancelled"]

"""What is configured, as the service sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.unit.config.folders import CUSTOMER, SERVICE, make

from ubm_sync.config import CustomerFile, load_configuration, schemas
from ubm_sync.mapping import parse_yaml, validate
from ubm_sync.model import Customer

ROOT = Path(__file__).parents[3]


def test_a_customer_is_read_with_everything_it_has(tmp_path: Path) -> None:
    (customer,) = make(tmp_path).load().customers

    assert customer == Customer(
        key="halsted",
        name="Halsted Foods",
        company="18840211",
        sheet="4583173393803140",
        csm="dana.lee@example.com",
        csm_name="Dana Lee",
        backup="priya.shah@example.com",
        zone="America/Chicago",
        closures=("2026-11-27",),
        states=("IL",),
        titles={"city": "Town"},
        contracted=240,
    )


def test_a_customer_without_a_zone_lives_in_the_services(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.customer(CUSTOMER.replace("zone: America/Chicago\n", ""))

    assert folders.load().customers[0].zone == "America/Denver"


def test_a_customer_may_have_no_sheet(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.customer(CUSTOMER.replace("sheet: 4583173393803140", "intake: csm"))

    assert folders.load().customers[0].sheet == ""


def test_customers_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    folders = make(tmp_path)
    other = CUSTOMER.replace("halsted", "aurora").replace("18840211", "2").replace("4583", "1")
    path = folders.customer(other, "aurora")

    found = folders.load()

    assert [customer.key for customer in found.customers] == ["aurora", "halsted"]
    assert found.files["aurora"] == path


def test_the_service_may_have_no_customers_yet(tmp_path: Path) -> None:
    folders = make(tmp_path)
    (folders.customers / "halsted.yaml").rename(folders.customers / "halsted.yaml.txt")

    assert folders.load().customers == ()


def test_a_connector_is_given_its_own_settings(tmp_path: Path) -> None:
    service = make(tmp_path).load().service

    assert service.systems["sheets"].settings == {"page": 500}
    assert service.names == {"sheets": "Sheets", "desk": "The desk"}
    assert service.limits == {"sheets:": (100, 60.0, 10)}


def test_a_flaw_found_elsewhere_can_be_placed_in_the_services_file(tmp_path: Path) -> None:
    flaw = make(tmp_path).load().source.flaw("too large", "systems", "sheets", "page")

    assert (flaw.line, flaw.column) == (4, 11)


def test_what_is_not_said_has_a_careful_default(tmp_path: Path) -> None:
    service = make(tmp_path).load().service

    assert (service.guard.share, service.guard.floor) == (0.3, 100)
    assert service.intake.quiet_minutes == 30
    assert service.rollout.phase == "internal"
    assert service.people.lead is None


def test_a_configuration_cannot_be_changed(tmp_path: Path) -> None:
    service = make(tmp_path).load().service

    with pytest.raises(ValidationError):
        service.guard.share = 1.0


def test_the_shipped_configuration_has_no_flaw() -> None:
    shipped = load_configuration(ROOT / "config", ROOT / "mappings")

    assert set(shipped.service.systems) == {"files", "hubspot", "smartsheet", "store"}
    assert shipped.service.rollout.phase == "internal"


def test_the_shipped_rate_limits_stay_under_the_vendors() -> None:
    limits = load_configuration(ROOT / "config", ROOT / "mappings").service.limits
    allowed = {"hubspot:": (190, 10), "hubspot-search:": (5, 1), "smartsheet:": (300, 60)}

    for prefix, (calls, seconds, _) in limits.items():
        assert seconds == allowed[prefix][1]
        assert calls < allowed[prefix][0], prefix


def test_the_example_customer_uses_every_key_and_has_no_flaw(tmp_path: Path) -> None:
    text = (ROOT / "config" / "customers" / "example.yaml.txt").read_text(encoding="utf-8")
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / "example.yaml").write_text(text, encoding="utf-8")
    service = (ROOT / "config" / "service.yaml").read_text(encoding="utf-8")
    (tmp_path / "service.yaml").write_text(service, encoding="utf-8")

    (customer,) = load_configuration(tmp_path, ROOT / "mappings").customers
    file = validate(CustomerFile, parse_yaml(text, "example.yaml"))

    assert customer.key == "halsted-foods"
    assert file.model_fields_set == set(CustomerFile.model_fields) - {"folder"}
    assert "# folder: " in text  # it takes the place of the sheet


def test_editors_are_given_a_schema_of_each_kind_of_file() -> None:
    found = schemas()

    assert set(found) == {
        "mapping.schema.json", "service.schema.json", "delays.schema.json", "coverage.schema.json",
        "customer.schema.json", "disconnections.schema.json", "disconnection_phrases.schema.json",
    }  # fmt: skip
    spot = found["mapping.schema.json"]["$defs"]["SpotBlock"]["anyOf"]
    assert [each["type"] for each in spot] == ["string", "object"]
    assert found["customer.schema.json"]["properties"]["zone"]


def test_the_guard_may_be_told_exceptions(tmp_path: Path) -> None:
    folders = make(tmp_path)
    folders.service(
        SERVICE
        + "guard:\n  floor: 50\n  creates: 9\n  clears: {floor: 3}\n"
        + "  rules:\n    - {customer: halsted, system: desk, field: city, share: 0, floor: 1}\n"
        + "    - {field: ticket, creates: 7}\n"
    )

    guard = folders.load().service.guard

    assert (guard.share, guard.floor, guard.creates) == (0.3, 50, 9)
    assert (guard.clears.share, guard.clears.floor) == (None, 3)
    assert (guard.window_minutes, guard.approval_hours, guard.canary) == (60, 24, 5)
    assert [one.field for one in guard.rules] == ["city", "ticket"]

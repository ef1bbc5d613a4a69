"""What every connector promises about setting up, starting and ending."""

from __future__ import annotations

from importlib.metadata import entry_points

from tests.contract.conftest import REMOTE, STORES
from tests.contract.system import System, types_of


def test_every_installed_connector_is_under_contract() -> None:
    installed = {entry.name for entry in entry_points(group="ubm_sync.connectors")}

    assert installed == {*REMOTE, *(name.partition("-")[0] for name in STORES)}


def test_the_samples_cover_every_type_of_field(bare: System) -> None:
    kind = {binding.field: binding.type for binding in bare.place.bindings}

    assert {kind[field] for field in bare.samples} == types_of(bare.place)


def test_a_connector_is_named_as_its_places_are(bare: System) -> None:
    assert bare.connector.name == bare.name == bare.place.system


def test_setting_up_again_changes_nothing(bare: System) -> None:
    list(bare.connector.ensure(dry_run=False))

    assert {step.state for step in bare.connector.ensure(dry_run=False)} <= {"ok"}
    assert {step.state for step in bare.connect().ensure(dry_run=False)} <= {"ok"}


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(bare: System) -> None:
    announced = list(bare.connector.ensure(dry_run=True))
    again = list(bare.connector.ensure(dry_run=True))
    done = list(bare.connector.ensure(dry_run=False))

    assert {step.state for step in announced} <= {"ok", "would create", "would change"}
    assert again == announced
    assert any(step.state != "ok" for step in announced) == any(s.state != "ok" for s in done)


def test_every_step_names_its_system_and_its_thing(bare: System) -> None:
    assert all(s.system == bare.name and s.what for s in bare.connector.ensure(dry_run=False))


def test_closing_twice_is_no_error(system: System) -> None:
    system.add()

    system.connector.close()
    system.connector.close()

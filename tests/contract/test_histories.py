"""What every system that remembers tells of what its fields held before."""

from __future__ import annotations

import pytest
from tests.contract.system import System

from ubm_sync.model import Spot
from ubm_sync.ports import Remembers


@pytest.fixture
def remembering(system: System) -> System:
    """A system with a history; databases look and write in one transaction."""
    if system.name in {"files", "store"}:
        assert not isinstance(system.connector, Remembers)
    return system


def test_what_a_field_held_is_told_newest_first(remembering: System) -> None:
    system, connector = remembering, remembering.connector
    if not isinstance(connector, Remembers):
        return
    made = system.apply(system.new(1))[system.new(1).key]
    assert made.ref is not None
    system.read()
    seen = system.fetch(made.ref).of(made.ref)
    system.later()
    system.edit(made.ref, system.typed, "Aurora")
    system.later()
    system.apply(system.change(made, **{system.typed: "Elgin"}))
    spot = Spot(made.ref, seen.container, system.typed)
    other = Spot(made.ref, seen.container, "location_code")

    told = dict(connector.history(system.place.name, [spot, other]))

    newest = [one.value for one in told[spot]][:3]
    assert newest == ["Elgin", "Aurora", seen.values[system.typed]]
    assert told[other][0].value == seen.values.get("location_code")
    by = told[spot][1].by
    if by:  # the memory system has people without a name
        assert connector.person(by) is not None


def test_a_record_that_is_not_there_has_no_history(remembering: System) -> None:
    connector = remembering.connector
    if not isinstance(connector, Remembers):
        return
    spot = Spot("99", remembering.customer.sheet, remembering.typed)

    told = dict(connector.history(remembering.place.name, [spot]))

    assert not told.get(spot)

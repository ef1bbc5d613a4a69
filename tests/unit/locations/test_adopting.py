"""Accounts that were in the store before the service, and what it does about them."""

from __future__ import annotations

import pytest
from tests.unit.locations.world import REFS, World

from ubm_sync.locations.adopting import adopted


def linked(status: str, services: str = "Enrolled", **values: str) -> World:
    """Return a record that was linked with an account of this status, and settled."""
    world = World()
    world.values.update(values)
    world._see("account", {"status": status, "data_services": services})
    world.memory = dict(adopted(world.memory, world.observed["account"]))
    world.settle()
    return world


def in_store(world: World) -> str | None:
    return world.observed["account"].values.get("status")


@pytest.mark.parametrize("services", ["Enrolled", "Not requested"])
@pytest.mark.parametrize(
    ("status", "shown"), [("closed", "Closed"), ("closing", "Closing"), ("active", "Active")]
)
def test_an_account_keeps_the_status_it_had(status: str, shown: str, services: str) -> None:
    world = linked(status, services)

    assert (in_store(world), world.status) == (status, shown)
    assert "enrolment" not in world.observed
    assert "live" not in world.message or status == "active"


def test_an_account_that_was_closing_is_closed_once_the_store_says_so() -> None:
    world = linked("closing")
    world.person("account", status="closed")
    world.settle()

    assert (in_store(world), world.status) == ("closed", "Closed")
    assert world.message == "This account is closed."


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("active", f"It is linked with {REFS['account']}, which was in UBM before; nothing has"),
        ("closed", f"It is linked with {REFS['account']}, which was closed, or being closed,"),
    ],
)
def test_nobody_is_asked_to_approve_an_account_that_was_there(status: str, said: str) -> None:
    world = linked(status)

    (note,) = (one for one in world.notes if one.startswith("LOC-00142 from "))
    assert said in note
    assert 'Set "Approval"' not in "".join(world.notes)
    assert note in world.observed["ticket"].values["content"]


def test_closing_a_linked_account_asks_for_its_final_bill_once() -> None:
    world = linked("active", request_type="Close", service_end="2026-12-20")
    assert world.status == "Waiting for CSM"
    assert in_store(world) == "active"

    world.approve()

    assert world.status == "Closing"
    asked = world.observed["enrolment"].values
    assert asked["stage"] == "requested"
    assert asked["content"].startswith("Please get the final bill")
    assert not [note for note in world.notes if note.startswith("Created in UBM")]

    world.person("enrolment", stage="enrolled")
    world.settle()

    assert (in_store(world), world.status) == ("closed", "Closed")

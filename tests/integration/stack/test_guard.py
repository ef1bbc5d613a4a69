"""An approval under way to each system: a few first, read back through its own connector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.stack import ENROLMENTS, LOCATIONS, Stack

from ubm_sync.model import Outcome, Write
from ubm_sync.state import GuardStop

ROWS = 8
CAREFUL = "share: 0\n  floor: 2\n"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Eight active accounts, where two changes of a field are the most in an hour."""
    with Stack(tmp_path / "stack") as stack:
        path = stack.folder / "config" / "service.yaml"
        text = path.read_text(encoding="utf-8")
        assert "share: 0.3\n  floor: 100\n" in text
        careful = text.replace("share: 0.3\n  floor: 100\n", CAREFUL)
        path.write_text(careful, encoding="utf-8")
        for number in range(ROWS):
            stack.type_row({"Account Number": f"44719080{number}0", "GL / Cost Center": "6400"})
        stack.settle()
        stack.approve(*stack.tickets(LOCATIONS))
        stack.settle()
        yield stack


def stops(stack: Stack) -> list[GuardStop]:
    with stack.app.state.reading() as tx:
        return list(tx.guard.list())


def approve(stack: Stack) -> None:
    for one in stops(stack):
        with stack.app.state.transaction() as tx:
            tx.guard.approve(one.fingerprint, "Priya N.", stack.clock.now())


def code_in(stack: Stack, system: str) -> list[str]:
    """Return the cost centres as people see them in one system."""
    if system == "smartsheet":
        return [cells.get("GL / Cost Center", "") for cells in stack.rows().values()]
    if system == "store":
        return [one.get("gl_code", "") for one in stack.accounts()]
    return [one["properties"]["ubm_gl_code"] for one in stack.tickets(LOCATIONS)]


def test_a_manager_s_edit_of_every_ticket_waits_for_each_system_and_then_lands(
    stack: Stack,
) -> None:
    ids = [one["id"] for one in stack.tickets(LOCATIONS)]
    stack.desk("bulk_edit", ids=ids, properties={"ubm_gl_code": "6410"})

    stack.cycle()

    assert {one.system: one.count for one in stops(stack)} == {"smartsheet": ROWS, "store": ROWS}
    approve(stack)
    stack.cycle()
    for system in ("smartsheet", "store"):
        assert code_in(stack, system) == ["6410"] * ROWS
    assert stops(stack) == []
    assert stack.settle()[-1].stops == ()


def test_a_portal_that_rewrites_what_it_is_given_stops_after_five(stack: Stack) -> None:
    for row in stack.rows():
        stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.cycle()
    assert sorted(one.system for one in stops(stack)) == ["hubspot", "store"]
    approve(stack)
    _workflow(stack)

    report = stack.cycle()

    assert sorted(code_in(stack, "hubspot")) == ["6400"] * (ROWS - 5) + ["OTHER"] * 5
    assert code_in(stack, "store") == ["6410"] * ROWS
    (stop,) = [one for one in report.stops if one.revoked]
    assert stop.revoked.startswith("of the first 5 written, gl_code of LOC-")
    assert 'was meant to be "6410" and is "OTHER" there' in stop.revoked
    assert stop.approved_by is None


def _workflow(stack: Stack) -> None:
    """Let a workflow of the portal replace every cost centre that it is given."""
    connector = stack.app.connectors["hubspot"]
    apply = connector.apply

    def rewritten(writes: Sequence[Write]) -> Iterable[Outcome]:
        outcomes = list(apply(writes))
        given = {(one.place, one.key) for one in writes if "gl_code" in one.values}
        for one in outcomes:
            if (one.place, one.key) in given:
                stack.edit_ticket({"id": one.ref}, ubm_gl_code="OTHER")
        return outcomes

    connector.apply = rewritten  # type: ignore[method-assign]


def test_no_ticket_repeats_in_words_what_waits_for_an_approval(stack: Stack) -> None:
    before = said_to_data_services(stack)
    for row in stack.rows():
        stack.edit_row(row, {"GL / Cost Center": "6410"})
    stack.settle()
    assert said_to_data_services(stack) == before

    approve(stack)
    stack.settle()
    assert all("GL / Cost Center: 6410" in text for text in said_to_data_services(stack))


def said_to_data_services(stack: Stack) -> list[str]:
    return sorted(one["properties"]["content"] for one in stack.tickets(ENROLMENTS))

"""What customers were shown in their rows, from the service's own journal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.state.samples import HOUR, NOON, record, seen

from ubm_sync.evidence import Evidence, Kind
from ubm_sync.ports import Asked, Witness
from ubm_sync.reports.rows import RowWitness
from ubm_sync.state import State

DAY = timedelta(days=1)
ACME = Asked("501", "onboarding", "acme")
WRONG, RIGHT = "Needs information", "Waiting for CSM"


def update(before: str, after: str, message: str = "") -> dict[str, Any]:
    """What the journal holds of one row."""
    fields = {"sync_status": [before, after, "filled by the service"]}
    if message:
        fields["sync_message"] = ["", message, "filled by the service"]
    return fields


def write(state: State, at: Any, rows: dict[str, Any], *, answer: object = None) -> int:
    """Write an intent, and its answer unless that is None."""
    with state.transaction() as tx:
        updates = {f"row {sync_id}": fields for sync_id, fields in rows.items()}
        intent = tx.journal.intent("run", "sheets", {"updates": updates}, at, list(rows))
        if answer is not None:
            tx.journal.outcome(intent, answer, at)
    return intent


def tell(state: State, *asked: Asked, mark: str | None = None) -> tuple[list[Evidence], str]:
    """Return the facts and the new mark."""
    witness: Witness = RowWitness(state)
    heard = list(witness.testify(asked or (ACME,), mark))
    facts = [fact for part in heard for one in part.testimonies for fact in one.facts]
    return facts, heard[-1].mark


def known(state: State, *ids: str) -> None:
    with state.transaction() as tx:
        tx.records.save([record(sync_id) for sync_id in ids])


def test_a_row_is_wrong_from_the_write_that_said_so_until_the_one_that_says_otherwise(
    state: State,
) -> None:
    known(state, "a")
    write(state, NOON, {"a": update("Draft", WRONG, "ZIP is missing.")}, answer={})
    write(state, NOON + DAY, {"a": update(WRONG, RIGHT)}, answer={})

    facts, mark = tell(state)

    assert [(one.kind, one.value, one.at) for one in facts] == [
        (Kind.ROW, WRONG, NOON),
        (Kind.ROW, RIGHT, NOON + DAY),
    ]
    assert facts[0].details["text"] == "ZIP is missing."
    assert facts[0].record == "records/a"
    assert tell(state, ACME._replace(known="told"), mark=mark) == ([], mark)


def test_what_did_not_arrive_was_not_shown(state: State) -> None:
    known(state, "a", "b")
    rows = {"a": update("Draft", WRONG), "b": update("Draft", WRONG)}
    write(state, NOON, rows, answer={"refused": {"row a": "locked"}})

    facts, _ = tell(state)

    assert [one.subject for one in facts] == ["b"]


def test_what_is_not_answered_yet_is_told_when_it_is(state: State) -> None:
    known(state, "a")
    intent = write(state, NOON, {"a": update("Draft", WRONG)})
    facts, mark = tell(state)
    assert facts == []

    with state.transaction() as tx:
        tx.journal.outcome(intent, {})

    assert [one.value for one in tell(state, ACME._replace(known="told"), mark=mark)[0]] == [WRONG]


def test_an_onboarding_asked_about_later_is_told_of_from_the_beginning(state: State) -> None:
    known(state, "a")
    with state.transaction() as tx:
        tx.records.save([record("z", customer="zeta")])
    write(state, NOON, {"a": update("Draft", WRONG), "z": update("Draft", WRONG)}, answer={})
    _, mark = tell(state)

    again, _ = tell(
        state, ACME._replace(known="told"), Asked("502", "onboarding", "zeta"), mark=mark
    )

    assert {one.subject for one in again} >= {"z"}


def test_a_problem_of_ours_is_an_error_until_it_is_over(state: State) -> None:
    known(state, "a")
    write(state, NOON, {"a": update("Setting up", "Problem on our side")}, answer={})
    write(state, NOON + HOUR, {"a": update("Problem on our side", "Active")}, answer={})

    facts, _ = tell(state)

    errors = [(one.value, one.at) for one in facts if one.kind is Kind.ERROR]
    assert errors == [("open", NOON), ("fixed", NOON + HOUR)]


def test_nobody_waits_for_a_row_that_is_gone(state: State) -> None:
    known(state, "a")
    write(state, NOON, {"a": update("Draft", WRONG)}, answer={})
    with state.transaction() as tx:
        tx.observations.save([("a", seen("row-1"))])
        tx.observations.missing("row", ["row-1"], NOON + DAY)

    facts, _ = tell(state)

    assert [(one.value, one.at) for one in facts] == [(WRONG, NOON), ("gone", NOON + DAY)]

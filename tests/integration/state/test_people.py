"""Conflicts, kept values and the quarantine: what waits for a person is never lost."""

from __future__ import annotations

import pytest
from tests.integration.state.samples import HOUR, NOON, record

from ubm_sync.state import ConflictState, Kept, Quarantined, State


def test_a_conflict_is_opened_once_and_follows_the_values(state: State) -> None:
    with state.transaction() as tx:
        tx.conflicts.open("a", "city", "old", {"row": "x", "ticket": "y"}, NOON)
        tx.conflicts.open("a", "city", "old", {"row": "x", "ticket": None}, NOON + HOUR)
        tx.conflicts.open("a", "zip", None, {"row": "1", "ticket": "2"}, NOON + HOUR)

        city = ConflictState("a", "city", "old", {"row": "x", "ticket": None}, NOON)
        zip_code = ConflictState("a", "zip", None, {"row": "1", "ticket": "2"}, NOON + HOUR)
        assert tx.conflicts.list() == [city, zip_code]
        assert tx.conflicts.for_records(["a", "b"]) == {"a": [city, zip_code]}


def test_a_closed_conflict_stays_in_the_history_and_may_open_again(state: State) -> None:
    with state.transaction() as tx:
        tx.conflicts.open("a", "city", "o", {"row": "x"}, NOON)
        tx.conflicts.close("a", "city", "keep_row", "csm@example.com", NOON + HOUR)
        tx.conflicts.close("a", "zip", "keep_row", "csm@example.com", NOON + HOUR)
        assert tx.conflicts.list() == []
        assert tx.conflicts.for_records(["a"]) == {}
        tx.conflicts.open("a", "city", "x", {"row": "z"}, NOON + HOUR)

        first, second = tx.conflicts.list(open_only=False)
    assert (first.closed_at, first.how, first.by) == (NOON + HOUR, "keep_row", "csm@example.com")
    assert (second.values, second.closed_at) == ({"row": "z"}, None)


def test_kept_values_come_back_with_who_and_why(state: State) -> None:
    with state.transaction() as tx:
        tx.kept.add("a", "city", "ticket", "Shelbyville", "put back", NOON + HOUR, "x@example.com")
        tx.kept.add("b", "city", "row", None, "put back")

        ours = Kept("a", "city", "ticket", "Shelbyville", "put back", NOON + HOUR, "x@example.com")
        assert tx.kept.list("a") == [ours]
        assert tx.kept.list() == [Kept("b", "city", "row", None, "put back", NOON, None), ours]


def test_the_same_thing_is_set_aside_once_and_tries_are_counted(state: State) -> None:
    with state.transaction() as tx:
        tx.quarantine.put("sheets", "row", "1", None, "no date", {"cell": "x"}, NOON)
        tx.quarantine.put("sheets", "row", "1", "a", "still no date", {"cell": "y"}, NOON + HOUR)
        tx.quarantine.put("sheets", "row", "2", None, "other", None, NOON + HOUR)

        first, second = tx.quarantine.list()
    assert first == Quarantined(
        first.id, "sheets", "row", "1", "a", "still no date", {"cell": "y"}, NOON, NOON + HOUR, 2
    )
    assert (second.ref, second.body, second.tries) == ("2", {}, 1)


def test_something_without_a_name_cannot_be_set_aside(state: State) -> None:
    with pytest.raises(ValueError, match="a ref or a sync_id"), state.transaction() as tx:
        tx.quarantine.put("sheets", "row", None, None, "reason", {}, NOON)


def _set_aside(state: State) -> list[int]:
    with state.transaction() as tx:
        for name in ("a", "b"):
            tx.records.save([record(name, dirty=False, quarantined="poison")])
            tx.quarantine.put("engine", "row", None, name, "poison", {}, NOON)
        return [one.id for one in tx.quarantine.list()]


def test_a_retry_makes_records_due_again(state: State) -> None:
    first, second = _set_aside(state)

    with state.transaction() as tx:
        assert [one.sync_id for one in tx.quarantine.retry([first, 999])] == ["a"]
        assert tx.records.due(NOON, 10) == ["a"]
        assert [one.id for one in tx.quarantine.list()] == [second]
        assert [one.sync_id for one in tx.quarantine.retry()] == ["b"]
        assert tx.records.due(NOON, 10) == ["a", "b"]


def test_a_dropped_record_waits_for_its_next_change(state: State) -> None:
    _, second = _set_aside(state)

    with state.transaction() as tx:
        assert [one.body for one in tx.quarantine.drop([second])] == [{}]
        assert tx.records.due(NOON, 10) == []
        assert tx.records.load(["b"])["b"].quarantined == ""
        tx.records.mark_dirty(["a", "b"])
        assert tx.records.due(NOON, 10) == ["b"]

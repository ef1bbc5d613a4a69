"""A note is asked for once, waits for its place, and says where it stands."""

from __future__ import annotations

import pytest
from tests.integration.state.samples import HOUR, NOON, seen

from ubm_sync.state import NoteState, State, Waiting


def test_a_note_waits_until_its_place_exists(state: State) -> None:
    with state.transaction() as tx:
        tx.outbox.queue("a:created", "a", "ticket", "Hello", NOON)
        assert tx.outbox.waiting(10) == []

        tx.observations.save([("a", seen("7", place="ticket"))])
        assert tx.outbox.waiting(10) == [
            Waiting("a:created", "ticket", "7", "Hello", NOON, "a", NoteState.QUEUED)
        ]


def test_the_same_event_is_told_once(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("7", place="ticket"))])
        tx.outbox.queue("a:created", "a", "ticket", "Hello", NOON)
        tx.outbox.queue("a:created", "a", "ticket", "Hello again", NOON)
        tx.outbox.mark(["a:created"], "sent")
        tx.outbox.queue("a:created", "a", "ticket", "And again", NOON)

        assert tx.outbox.waiting(10) == []
        assert tx.outbox.counts() == {"sent": 1}


def test_queued_and_unknown_notes_wait_oldest_first(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("7", place="ticket"))])
        for number, name in enumerate(["fourth", "third", "second", "first"]):
            tx.outbox.queue(name, "a", "ticket", name, NOON - number * HOUR)
        tx.outbox.mark(["second"], NoteState.UNKNOWN)
        tx.outbox.mark(["third"], NoteState.FAILED, "the ticket is closed")

        assert [one.key for one in tx.outbox.waiting(10)] == ["first", "second", "fourth"]
        assert [one.key for one in tx.outbox.waiting(1)] == ["first"]
        assert tx.outbox.counts() == {"queued": 2, "unknown": 1, "failed": 1}


def test_notes_are_taken_some_at_a_time(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("7", place="ticket")), ("a", seen("9"))])
        for number in range(5):
            tx.outbox.queue(f"note {number}", "a", "ticket", "Hello", NOON)
        tx.outbox.queue("homeless", "b", "ticket", "Hello", NOON)
        first = tx.outbox.waiting(3)
        rest = tx.outbox.waiting(3, first[-1])

        assert [one.key for one in first] == ["note 0", "note 1", "note 2"]
        assert [one.key for one in rest] == ["note 3", "note 4"]
        assert {one.ref for one in [*first, *rest]} == {"7"}
        assert tx.outbox.waiting(3, rest[-1]) == []


def test_a_note_goes_to_the_newest_ref_of_its_place(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save(
            [
                ("a", seen("9")),
                ("a", seen("1", modified_at=NOON + HOUR)),
                ("a", seen("5", modified_at=NOON + 2 * HOUR, gone="archived")),
            ]
        )
        tx.outbox.queue("k", "a", "row", "Hello", NOON)

        assert [one.ref for one in tx.outbox.waiting(10)] == ["1"]


def test_a_note_cannot_be_marked_with_an_unknown_state(state: State) -> None:
    with pytest.raises(ValueError, match="lost"), state.transaction() as tx:
        tx.outbox.mark(["k"], "lost")

"""What every connector promises about notes."""

from __future__ import annotations

from tests.contract.system import Remote, System

from ubm_sync.model import Note, Outcome, Result

TEXT = "Created in UBM: UBM-0091234 (09:40).\nData Services asked to enroll <today> & soon."


def note(system: System, made: Outcome, event: str = "created", text: str = TEXT) -> Note:
    assert made.ref is not None
    return Note(f"{made.key} {event}", system.place.name, made.ref, text, system.clock.now())


def test_a_note_is_attached_to_its_record(system: System) -> None:
    one, two = system.apply(system.new(1), system.new(2)).values()

    (outcome,) = system.connector.annotate([note(system, one)])

    assert (outcome.key, outcome.result) == (f"{one.key} created", Result.LANDED)
    assert list(system.notes(str(one.ref))) == [TEXT]
    assert list(system.notes(str(two.ref))) == []


def test_an_attached_note_is_found_by_its_key_and_another_is_not(system: System) -> None:
    made = system.add(1)
    said, unsaid = note(system, made), note(system, made, "enrolled", "Enrolled.")
    list(system.connector.annotate([said]))
    system.later()

    assert system.connector.noted([said, unsaid]) == {said.key}
    assert system.connect().noted([said, unsaid]) == {said.key}


def test_no_notes_are_no_work(system: System) -> None:
    assert list(system.connector.annotate([])) == []
    assert system.connector.noted([]) == frozenset()


def test_a_note_whose_answer_was_lost_is_found_and_not_said_twice(remote: Remote) -> None:
    made = remote.add(1)
    said = note(remote, made)
    remote.fail_note()

    (outcome,) = remote.connector.annotate([said])
    remote.later()

    assert outcome.result in {Result.UNKNOWN, Result.LANDED}
    assert remote.connector.noted([said]) == {said.key}
    assert list(remote.notes(said.ref)) == [TEXT]


def test_a_note_does_not_change_the_record(system: System) -> None:
    made = system.add(1)
    before = system.fetch(str(made.ref)).of(made.ref).values
    list(system.connector.annotate([note(system, made)]))

    assert system.fetch(str(made.ref)).of(made.ref).values == before

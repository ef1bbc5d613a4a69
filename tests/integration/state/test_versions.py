"""The versions of what is configured, and what was seen lately."""

from __future__ import annotations

from tests.integration.state.samples import HOUR, NOON

from ubm_sync.state import Seen, Standing, State, Tx, Version


def _add(tx: Tx, digest: str, standing: Standing, text: str = "a", hours: int = 0) -> Version:
    return tx.versions.add(
        digest,
        {"config/service.yaml": text, "mappings/locations.yaml": "same"},
        kinds={"location": f"kind-{digest}"},
        at=NOON + hours * HOUR,
        by="dana",
        how="edited",
        standing=standing,
    )


def test_one_version_is_in_force_and_keeps_its_files(state: State) -> None:
    with state.transaction() as tx:
        first = _add(tx, "aa1122", Standing.IN_FORCE, "one")
        second = _add(tx, "bb22", Standing.IN_FORCE, "two\r\n", 1)

    with state.reading() as tx:
        assert tx.versions.in_force() == second
        assert [one.standing for one in tx.versions.last(5)] == [
            Standing.IN_FORCE,
            Standing.FORMER,
        ]
        assert tx.versions.content(first)["config/service.yaml"] == "one"
        assert tx.versions.content(second)["config/service.yaml"] == "two\r\n"
        assert [one.number for one in tx.versions.found("aa11")] == [first.number]
        assert [one.number for one in tx.versions.found(str(second.number))] == [second.number]
        assert tx.versions.found("aa1") == []  # might be a mistyped number


def test_what_waits_is_taken_with_a_second_name_or_withdrawn(state: State) -> None:
    with state.transaction() as tx:
        first = _add(tx, "aa11", Standing.IN_FORCE)
        waits = _add(tx, "bb22", Standing.WAITING, "b", 1)
        assert tx.versions.in_force() == first
        other = _add(tx, "cc33", Standing.WAITING, "c", 2)
        assert tx.versions.get(waits.number).standing is Standing.WITHDRAWN  # type: ignore[union-attr]
        taken = tx.versions.take(other.number, NOON + 3 * HOUR, "kim")

    assert (taken.standing, taken.by, taken.second_by) == (Standing.IN_FORCE, "dana", "kim")
    with state.reading() as tx:
        assert tx.versions.waiting() is None


def test_a_version_counts_what_was_written_under_it(state: State) -> None:
    with state.transaction() as tx:
        one = _add(tx, "aa11", Standing.IN_FORCE)
        tx.versions.did(one.number, {"store": 2})
        tx.versions.did(one.number, {})
        tx.versions.did(one.number, {"store": 1, "desk": 4})
        tx.versions.did(99, {"store": 1})
        found = tx.versions.in_force()

    assert found is not None
    assert (found.runs, found.written) == (2, {"store": 3, "desk": 4})


def test_a_mapping_is_found_by_the_time_it_was_in_force(state: State) -> None:
    with state.transaction() as tx:
        first = _add(tx, "aa11", Standing.IN_FORCE)
        _add(tx, "bb22", Standing.IN_FORCE, "b", 2)
        again = _add(tx, "aa11", Standing.IN_FORCE, "a", 4)

    with state.reading() as tx:
        assert tx.versions.using("location", "kind-aa11", NOON + HOUR) == tx.versions.get(
            first.number
        )
        assert tx.versions.using("location", "kind-aa11", NOON + 5 * HOUR) == again
        assert tx.versions.using("location", "kind-bb22", NOON + HOUR) is None


def test_what_was_seen_is_kept_for_a_while(state: State) -> None:
    with state.transaction() as tx:
        for hour in range(3):
            records = [{"id": f"r{hour}", "seen": {"row": {"city": "Joliet"}}}] * 100
            tx.lately.keep(Seen(NOON + hour * HOUR, "location", "m1", records))
        assert tx.lately.oldest() == NOON
        assert tx.lately.forget(NOON + HOUR) == 1

    with state.reading() as tx:
        found = list(tx.lately.since(NOON + 2 * HOUR))
    assert [(one.at, one.kind, one.mapping, len(one.records)) for one in found] == [
        (NOON + 2 * HOUR, "location", "m1", 100)
    ]
    assert found[0].records[0]["id"] == "r2"

"""What was seen comes back, one per place, and moved rows stay the same record."""

from __future__ import annotations

from tests.integration.state.samples import HOUR, NOON, seen

from ubm_sync.model import Mark
from ubm_sync.state import State
from ubm_sync.state.observations import Absent


def test_an_observation_comes_back_as_it_was_saved(state: State) -> None:
    ticket = seen(
        "7",
        place="ticket",
        key="a",
        values={"city": "Springfield", "zip": "01101"},
        marks={"zip": Mark.NUMERIC},
        modified_by="csm@example.com",
    )

    with state.transaction() as tx:
        tx.observations.save([("a", ticket), ("a", seen("1"))])

    with state.reading() as tx:
        assert tx.observations.load(["a", "b"]) == {"a": {"row": seen("1"), "ticket": ticket}}
        assert tx.observations.get("ticket", ["7", "8"]) == {"7": ("a", ticket)}


def test_the_newest_live_observation_of_a_place_is_loaded(state: State) -> None:
    moved = seen("2", modified_at=NOON + HOUR)
    with state.transaction() as tx:
        tx.observations.save(
            [
                ("a", seen("1")),
                ("a", moved),
                ("a", seen("3", modified_at=NOON + 2 * HOUR, gone="archived")),
                ("a", seen("4", modified_at=None, created_at=None)),
            ]
        )

        assert tx.observations.load(["a"]) == {"a": {"row": moved}}
        assert set(tx.observations.get("row", ["1", "2", "3"])) == {"1", "2", "3"}


def test_refs_resolve_to_their_record_and_version(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("1", version="7")), ("b", seen("2"))])
        tx.observations.save([("c", seen("1", place="ticket"))])

        assert tx.observations.resolve("row", ["1", "2", "3"]) == {"1": ("a", "7"), "2": ("b", "1")}


def test_aliases_are_followed_however_they_were_chained(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("d", version="9"))])
        tx.observations.alias("row", "a", "b", "a")
        tx.observations.alias("row", "c", "d", "a")
        tx.observations.alias("row", "b", "c", "a")

        found = tx.observations.resolve("row", ["a", "b", "c", "d"])

    assert found == dict.fromkeys(["a", "b", "c", "d"], ("a", "9"))


def test_an_alias_of_something_never_seen_still_names_the_record(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.alias("ticket", "old", "new", "a")

        assert tx.observations.resolve("ticket", ["old"]) == {"old": ("a", "")}


def test_a_row_that_moved_there_and_back_is_found_under_both_refs(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.alias("row", "1", "2", "a")
        tx.observations.alias("row", "2", "1", "a")
        tx.observations.save([("a", seen("1", version="3"))])

        assert tx.observations.resolve("row", ["1", "2"]) == {"1": ("a", "3"), "2": ("a", "3")}


def test_containers_list_and_count_what_is_there(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save(
            [("a", seen("1")), ("b", seen("2")), ("c", seen("3", gone="archived"))]
        )
        tx.observations.save([("d", seen("4", container="sheet-2"))])

        assert tx.observations.refs_in("row", "sheet-1") == {"1", "2"}
        assert tx.observations.refs_in("ticket", "sheet-1") == set()
        assert tx.observations.count("sheet-1") == 2


def test_listings_that_miss_a_ref_are_counted_until_it_is_seen(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("1")), ("b", seen("2"))])

        tx.observations.missing("row", ["1", "unknown"], NOON)
        tx.observations.missing("row", ["1", "2"], NOON + HOUR)
        assert tx.observations.absent("row") == {
            "1": Absent("1", "a", "sheet-1", 2, NOON, None),
            "2": Absent("2", "b", "sheet-1", 1, NOON + HOUR, None),
        }
        tx.observations.asked("row", ["1"], NOON + HOUR)
        tx.observations.save([("a", seen("1"))])  # whoever writes it down did not see it
        assert tx.observations.absent("row")["1"].asked_at == NOON + HOUR
        tx.observations.seen("row", ["1", "2"])
        assert tx.observations.absent("row") == {}
        tx.observations.missing("row", ["1"], NOON + 2 * HOUR)
        assert tx.observations.absent("row") == {
            "1": Absent("1", "a", "sheet-1", 1, NOON + 2 * HOUR, None)
        }


def test_forgotten_refs_are_unknown(state: State) -> None:
    with state.transaction() as tx:
        tx.observations.save([("a", seen("1")), ("b", seen("2"))])
        tx.observations.forget("row", ["1"])

        assert tx.observations.resolve("row", ["1", "2"]) == {"2": ("b", "1")}


def test_cursors_are_kept_per_system(state: State) -> None:
    with state.transaction() as tx:
        tx.cursors.put("desk", "one")
        tx.cursors.put("desk", "two")

    with state.reading() as tx:
        assert tx.cursors.get("desk") == "two"
        assert tx.cursors.get("sheets") is None

"""Records come back as they were saved, and due ones are found in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.integration.state.samples import HOUR, NOON, record

from ubm_sync.flow import Rival
from ubm_sync.state import RecordState, State, open_state

TEXT = st.text()
INSTANTS = st.datetimes(timezones=st.just(NOON.tzinfo)).filter(lambda one: 1902 < one.year < 2200)


def _due(state: State, limit: int = 100, **options: object) -> list[str]:
    with state.reading() as tx:
        return tx.records.due(NOON, limit, **options)  # type: ignore[arg-type]


def test_a_record_comes_back_as_it_was_saved(state: State) -> None:
    saved = record(
        "a", accepted=True, account_key="acme|x", wake_at=NOON + HOUR, dirty=False, quarantined="x"
    )

    with state.transaction() as tx:
        tx.records.save([saved])

    with state.reading() as tx:
        assert tx.records.load(["a", "unknown"]) == {"a": saved}
        assert tx.records.exists(["a", "unknown"]) == {"a"}


def test_saving_again_replaces_the_whole_record(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save([record("a")])
        tx.records.save([record("a", base={}, status="Active", dirty=False)])

        assert tx.records.load(["a"])["a"] == record("a", base={}, status="Active", dirty=False)


@settings(max_examples=30)
@given(base=st.dictionaries(TEXT, TEXT), label=TEXT, at=INSTANTS)
def test_any_text_and_instant_survives(base: dict[str, str], label: str, at: object) -> None:
    state = open_state("sqlite://")
    saved = record("a", base=base, label=label.replace("\0", ""), created_at=at, wake_at=at)

    with state.transaction() as tx:
        tx.records.save([saved])
        loaded = tx.records.load(["a"])

    assert loaded == {"a": saved}
    state.close()


def test_odd_characters_never_stop_a_batch(state: State) -> None:
    odd = record("a", label="nul\0", quarantined="half\ud800", base={"city": "nul\0 half\udc00"})

    with state.transaction() as tx:
        tx.records.save([odd, record("b")])
        loaded = tx.records.load(["a", "b"])

    assert loaded["a"].label == "nul\ufffd"
    assert loaded["a"].quarantined == "half\ufffd"
    assert loaded["a"].base["city"].endswith("half\ufffd")


def test_saving_nothing_changes_nothing(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save([])
        tx.observations.save([])

        assert tx.records.counts() == {}


def test_more_records_than_one_list_of_ids_holds_are_loaded(state: State) -> None:
    many = [record(f"{number:05}") for number in range(1_201)]

    with state.transaction() as tx:
        tx.records.save(many)

        assert list(tx.records.load([one.sync_id for one in many])) == [one.sync_id for one in many]


def test_dirty_and_awake_records_are_due_oldest_first(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save(
            [
                record("young", created_at=NOON),
                record("old", created_at=NOON - HOUR),
                record("awake", created_at=NOON - 2 * HOUR, dirty=False, wake_at=NOON),
                record("asleep", dirty=False, wake_at=NOON + HOUR),
                record("calm", dirty=False),
                record("ill", quarantined="cannot be read"),
                record("ill-and-awake", quarantined="x", dirty=False, wake_at=NOON),
            ]
        )

    assert _due(state) == ["awake", "old", "young"]


def test_paused_customers_and_other_kinds_are_left_out(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save(
            [
                record("a", customer="paused"),
                record("b"),
                record("c", customer="paused"),
                record("d", kind="onboarding"),
                record("e"),
            ]
        )

    assert _due(state, 2, customers={"acme"}) == ["b", "d"]
    assert _due(state, 2, customers={"acme"}, kind="location") == ["b", "e"]
    assert _due(state, 2, customers=set()) == []


def test_pages_of_due_records_meet_each_once(state: State) -> None:
    ids = [f"{number:03}" for number in range(25)]
    with state.transaction() as tx:
        tx.records.save(
            record(
                sync_id,
                created_at=NOON - timedelta(seconds=int(sync_id) // 5),
                dirty=int(sync_id) % 2 == 0,
                wake_at=NOON,
            )
            for sync_id in ids
        )

    pages: list[str] = []
    while page := _due(state, 7, after=pages[-1] if pages else None):
        pages += page

    assert sorted(ids, key=lambda one: (-(int(one) // 5), one)) == pages


def test_continuing_after_an_unknown_record_is_refused(state: State) -> None:
    with pytest.raises(ValueError, match='no record "nobody"'):
        _due(state, after="nobody")


def test_marked_records_are_due_again(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save([record("a", dirty=False), record("b", dirty=False)])
        tx.records.save([record("c", dirty=False, customer="other")])
        tx.records.mark_dirty(["b", "unknown"])
    assert _due(state) == ["b"]

    with state.transaction() as tx:
        tx.records.mark_customer_dirty("other")
    assert _due(state) == ["b", "c"]


def test_rivals_are_the_records_with_the_same_account_key(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save(
            [
                record("late", account_key="k", status="Active", accepted=True),
                record("early", account_key="k", created_at=NOON - HOUR),
                record("alone", account_key="other"),
                record("without"),
            ]
        )

    with state.reading() as tx:
        found = tx.records.rivals(["k", "nobody", ""])

    assert found == {
        "k": [
            Rival("early", "acme", "LOC-early", "Draft", False, NOON - HOUR),
            Rival("late", "acme", "LOC-late", "Active", True, NOON),
        ]
    }


def test_rivals_meet_whatever_no_database_can_hold_in_their_key(state: State) -> None:
    odd = "ComEd\0 \ud83d"
    with state.transaction() as tx:
        tx.records.save([record("a", account_key=odd), record("b", account_key=odd)])

    with state.reading() as tx:
        (group,) = tx.records.rivals([odd]).values()

    assert [one.sync_id for one in group] == ["a", "b"]


def test_counts_are_per_customer_and_status(state: State) -> None:
    with state.transaction() as tx:
        tx.records.save(
            [
                record("a"),
                record("b"),
                record("c", status="Active"),
                record("d", customer="other"),
                record("e", kind="onboarding"),
            ]
        )

    with state.reading() as tx:
        assert tx.records.counts("acme", "location") == {"acme": {"Draft": 2, "Active": 1}}
        assert tx.records.counts() == {"acme": {"Draft": 3, "Active": 1}, "other": {"Draft": 1}}


def test_a_naive_instant_is_refused(state: State) -> None:
    naive = record("a", created_at=NOON.replace(tzinfo=None))

    with pytest.raises(Exception, match="needs a time zone"), state.transaction() as tx:
        tx.records.save([naive])


def test_a_record_is_dirty_unless_it_is_told_otherwise() -> None:
    assert RecordState("a", "location", "acme", NOON, {}, {}).dirty

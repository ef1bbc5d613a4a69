"""The search copy by itself: what it shows stays what a plain search would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ubm_hubspot.emulator.index import SearchIndex, Snapshot

Step = tuple[int, bool]


def snapshot(record: int, at: int, value: str = "x") -> Snapshot:
    return Snapshot(record, 0, at, {"name": value})


def everything(index: SearchIndex) -> list[tuple[int, int]]:
    return list(index.find(b"all", None, lambda _: True))


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=60), st.integers(0, 40))
def test_a_query_kept_up_to_date_equals_a_new_one(steps: list[Step], since: int) -> None:
    index = SearchIndex()
    for at, (record, there) in enumerate(steps, start=1):
        index.note(record, snapshot(record, at) if there else None, at, at)
        kept = list(index.find(b"kept", since, lambda one: one.modified >= since))
        fresh = index.find(f"new {at}".encode(), since, lambda one: one.modified >= since)
        assert kept == list(fresh)
        truth = sorted((one.modified, one.id) for one in index.shown.values())
        assert kept == [one for one in truth if one[0] >= since]


def test_an_older_change_that_comes_late_does_not_hide_a_newer_one() -> None:
    index = SearchIndex()
    index.note(1, snapshot(1, 10, "old"), visible_at=100, now=10)
    index.note(1, snapshot(1, 20, "new"), visible_at=20, now=20)
    index.settle(200)
    assert index.shown[1].values == {"name": "new"}


def test_many_changes_leave_no_more_than_the_records() -> None:
    index = SearchIndex()
    for at in range(1, 25_000):
        index.note(at % 10, snapshot(at % 10, at), at, at)
    assert len(everything(index)) == 10
    assert everything(index)[-1] == (24_999, 9)


def test_queries_long_not_asked_are_forgotten_and_found_again() -> None:
    index = SearchIndex()
    index.note(1, snapshot(1, 1), 1, 1)
    for number in range(40):
        assert index.find(str(number).encode(), None, lambda _: True) == [(1, 1)]
    index.note(2, snapshot(2, 2), 2, 2)
    assert index.find(b"0", None, lambda _: True) == [(1, 1), (2, 2)]

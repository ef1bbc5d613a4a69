from __future__ import annotations

import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.hubspot.index import Index

from ubm_hubspot.decode import modified_of
from ubm_hubspot.searching import BODY_LIMIT, Query, by_change, by_id

QUERY = Query("ubm_sync_id", ["subject"])
SMALL = Query("ubm_sync_id", ["subject"], limit=5)


def refs(index: Index, query: Query = QUERY, anchor: int = 0) -> list[str]:
    return [str(r["id"]) for found in by_change(index.ask, query, anchor) for r in found.records]


def test_one_page_is_one_request() -> None:
    index = Index({str(ref): ref for ref in range(1, 151)})

    assert refs(index) == [str(ref) for ref in range(1, 151)]
    assert len(index.asked) == 1


def test_nothing_found_yields_nothing() -> None:
    index = Index({"1": 5})

    assert list(by_change(index.ask, QUERY, 6)) == []


def test_more_changes_than_a_query_shows_are_walked_below_the_cap() -> None:
    index = Index({str(ref): ref // 100 for ref in range(1, 11_001)})

    found = refs(index)

    assert set(found) == set(index.records)
    assert len(index.asked) < 11_000 / 199 + 4


def test_more_than_a_query_shows_may_share_one_instant() -> None:
    index = Index({str(ref): 7 for ref in range(1, 10_201)} | {"20000": 8, "20001": 6})

    assert set(refs(index)) == set(index.records)


@pytest.mark.parametrize("seed", range(20))
def test_a_change_while_paging_hides_no_other_record(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable play
    index = Index({str(ref): chance.randint(1, 40) for ref in range(1, 80)})
    still = set(index.records)
    turns = iter(range(30))

    def somebody_edits() -> None:
        if next(turns, None) is not None:
            for ref in chance.sample(sorted(index.records), 2):
                still.discard(ref)
                index.records[ref] = max(index.records.values()) + 1

    index.between = somebody_edits

    assert still <= set(refs(index, SMALL))


@given(
    st.dictionaries(st.integers(1, 999).map(str), st.integers(0, 30), max_size=80),
    st.integers(0, 31),
)
def test_every_change_from_the_anchor_on_is_found(records: dict[str, int], anchor: int) -> None:
    index = Index(records)

    assert set(refs(index, SMALL, anchor)) == {r for r, at in records.items() if at >= anchor}


@given(st.dictionaries(st.integers(1, 999).map(str), st.integers(0, 30), max_size=80))
def test_the_walk_by_id_shows_each_record_once(records: dict[str, int]) -> None:
    index = Index(records)

    found = [str(r["id"]) for page in by_id(index.ask, SMALL) for r in page.records]

    assert found == sorted(records, key=int)


@pytest.mark.parametrize("seed", range(10))
def test_a_record_that_leaves_hides_no_other_from_the_walk_by_id(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable play
    index = Index({str(ref): ref for ref in range(1, 80)})

    def somebody_archives() -> None:
        if len(index.records) > 40:
            index.records.pop(chance.choice(sorted(index.records)))

    index.between = somebody_archives

    found = [str(r["id"]) for page in by_id(index.ask, SMALL) for r in page.records]

    assert set(index.records) <= set(found)
    assert len(found) == len(set(found))


def test_the_walk_by_id_goes_below_the_cap() -> None:
    index = Index({str(ref): 5 for ref in range(1, 10_601)})

    found = [r for page in by_id(index.ask, QUERY) for r in page.records]

    assert len(found) == 10_600


def test_a_page_that_leaves_records_out_is_asked_again() -> None:
    index = Index({str(ref): ref for ref in range(1, 9)})
    index.lose = lambda turn, ids: ids[:2] if turn == 1 else ids

    pages = list(by_change(index.ask, SMALL, 0))

    assert {str(r["id"]) for page in pages for r in page.records} == set(index.records)
    assert all(page.whole for page in pages)


def test_a_page_that_stays_short_is_said_to_be_not_whole() -> None:
    index = Index({str(ref): ref for ref in range(1, 4)})
    index.lose = lambda _, ids: ids[:1]

    pages = list(by_id(index.ask, SMALL))

    assert not all(page.whole for page in pages)
    assert not all(page.whole for page in by_change(index.ask, SMALL, 0))


def test_a_page_emptied_by_a_fault_ends_the_walk() -> None:
    index = Index({str(ref): ref for ref in range(1, 40)})
    index.lose = lambda *_: []

    assert [page.whole for page in by_change(index.ask, SMALL, 0)] == [False]


def test_only_tickets_with_our_property_are_asked_for() -> None:
    body = QUERY.body(("hs_lastmodifieddate", "GTE", "7"))

    assert body["filterGroups"] == [
        {
            "filters": [
                {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "7"},
                {"propertyName": "ubm_sync_id", "operator": "HAS_PROPERTY"},
            ]
        }
    ]
    assert body["sorts"] == [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}]
    assert body["limit"] == 200


def test_a_body_over_3000_characters_does_not_fit() -> None:
    names = [f"ubm_property_number_{number:03d}" for number in range(120)]
    sizes = range(60, 120)

    for size in sizes:
        query = Query("ubm_sync_id", names[:size])
        longest = query.body(("hs_lastmodifieddate", "GTE", "0" * 13), offset=9_800)
        assert not query.fits() or len(orjson.dumps(longest)) <= BODY_LIMIT
    assert QUERY.fits()
    assert not Query("ubm_sync_id", names).fits()


def test_a_ticket_without_a_time_counts_as_old() -> None:
    assert modified_of({"properties": {}}) == 0
    assert modified_of({"properties": {"hs_lastmodifieddate": "soon"}}) == 0
    assert modified_of({"updatedAt": "1970-01-01T00:00:00.005Z"}) == 5

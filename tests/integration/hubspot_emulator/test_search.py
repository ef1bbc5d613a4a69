"""The search: operators, order, pages, limits, and its delay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hubspot.crm.tickets.exceptions import ApiException
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.hubspot_emulator.support import NOON, Bench, modified_since

from ubm_hubspot.emulator import create
from ubm_sync.clock import VirtualClock

Make = Callable[..., Bench]
SUBJECT = {"properties": ["subject"]}


def where(name: str, operator: str, **more: object) -> dict[str, Any]:
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, **more}]}]}


def found(bench: Bench, body: dict[str, Any]) -> set[str]:
    answer = bench.search(**body, properties=["ubm_sync_id"])
    return {one.properties["ubm_sync_id"] for one in answer.results}


@pytest.fixture
def stocked(bench: Bench) -> Bench:
    bench.upsert("a1", subject="Water at Elm Street", content="10")
    bench.upsert("b2", subject="gas at OAK street", hs_ticket_priority="HIGH")
    bench.upsert("c3", subject="Power, Main-Street", hs_ticket_category="BILLING_ISSUE")
    return bench


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (where("subject", "EQ", value="GAS AT oak STREET"), {"b2"}),
        (where("subject", "NEQ", value="gas at oak street"), {"a1", "c3"}),
        (where("subject", "IN", values=["gas at oak street"]), {"b2"}),
        (where("subject", "IN", values=["gas at OAK street"]), set()),
        (where("subject", "NOT_IN", values=["gas at oak street"]), {"a1", "c3"}),
        (where("subject", "CONTAINS_TOKEN", value="street"), {"a1", "b2"}),
        (where("subject", "CONTAINS_TOKEN", value="main*"), {"c3"}),
        (where("subject", "NOT_CONTAINS_TOKEN", value="elm"), {"b2", "c3"}),
        (where("subject", "GT", value="power"), {"a1", "c3"}),
        (where("subject", "BETWEEN", value="g", highValue="h"), {"b2"}),
        (where("hs_ticket_priority", "EQ", value="HIGH"), {"b2"}),
        (where("hs_ticket_priority", "EQ", value="high"), set()),
        (where("hs_ticket_priority", "HAS_PROPERTY"), {"b2"}),
        (where("hs_ticket_priority", "NOT_HAS_PROPERTY"), {"a1", "c3"}),
        (where("hs_ticket_category", "IN", values=["BILLING_ISSUE"]), {"c3"}),
        (where("hs_object_id", "GT", value="0"), {"a1", "b2", "c3"}),
        (where("createdate", "LT", value="0"), set()),
        ({"query": "elm"}, {"a1"}),
    ],
)
def test_an_operator_finds_what_it_should(
    stocked: Bench, body: dict[str, Any], keys: set[str]
) -> None:
    assert found(stocked, body) == keys


def test_groups_are_alternatives_and_filters_conditions(stocked: Bench) -> None:
    street = {"propertyName": "subject", "operator": "CONTAINS_TOKEN", "value": "street"}
    high = {"propertyName": "hs_ticket_priority", "operator": "EQ", "value": "HIGH"}
    billing = {"propertyName": "hs_ticket_category", "operator": "EQ", "value": "BILLING_ISSUE"}
    groups = [{"filters": [street, high]}, {"filters": [billing]}]
    assert found(stocked, {"filterGroups": groups}) == {"b2", "c3"}


def test_tickets_are_found_by_their_company(stocked: Bench) -> None:
    company = stocked.act("create_company", name="Acme")["id"]
    ref = next(iter(stocked.act("find_tickets", where={"ubm_sync_id": "a1"})))["id"]
    stocked.client.crm.associations.v4.basic_api.create_default(
        "tickets", ref, "companies", company
    )
    assert found(stocked, where("associations.company", "EQ", value=company)) == {"a1"}


def test_without_a_sort_the_oldest_come_first(stocked: Bench) -> None:
    stocked.act("edit_ticket", id=first(stocked), properties={"content": "moved"})
    answer = stocked.search(filterGroups=[], properties=["ubm_sync_id"])
    assert [one.properties["ubm_sync_id"] for one in answer.results] == ["a1", "b2", "c3"]


def first(bench: Bench) -> str:
    return str(bench.act("find_tickets", where={"ubm_sync_id": "a1"})[0]["id"])


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
def test_results_are_sorted_by_modification(stocked: Bench, direction: str) -> None:
    stocked.act("edit_ticket", id=first(stocked), properties={"content": "moved"})
    body = modified_since(0)
    body["sorts"][0]["direction"] = direction
    answer = stocked.search(**body, properties=["ubm_sync_id"])
    keys = [one.properties["ubm_sync_id"] for one in answer.results]
    assert keys == (["b2", "c3", "a1"] if direction == "ASCENDING" else ["a1", "c3", "b2"])


def test_default_properties_are_answered_when_none_are_asked_for(stocked: Bench) -> None:
    shown = stocked.search(filterGroups=[]).results[0].properties
    assert set(shown) == {
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    }


def test_pages_cover_everything_once(bench: Bench) -> None:
    keys = {f"k{number:03}" for number in range(90)}
    bench.upsert(*keys)
    seen: list[str] = []
    after: str | None = None
    while True:
        more = {"after": after} if after else {}
        answer = bench.search(**modified_since(0), limit=40, properties=["ubm_sync_id"], **more)
        assert answer.total == 90
        seen += [one.properties["ubm_sync_id"] for one in answer.results]
        if answer.paging is None:
            break
        after = answer.paging.next.after
        assert after.isdigit()
    assert len(seen) == 90
    assert set(seen) == keys


def test_paging_ends_at_the_cap(make_bench: Make) -> None:
    bench = make_bench(search_cap=20)
    bench.furnish()
    bench.upsert(*[f"k{number}" for number in range(30)])
    answer = bench.search(filterGroups=[], limit=10, after="10")
    assert answer.total == 30
    assert answer.paging.next.after == "20"
    with pytest.raises(ApiException) as caught:
        bench.search(filterGroups=[], limit=10, after="20")
    assert caught.value.status == 400


FILTER = {"propertyName": "subject", "operator": "EQ", "value": "x"}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "x"},
        {"filterGroups": [{"filters": [FILTER]}] * 6},
        {"filterGroups": [{"filters": [FILTER] * 7}]},
        {"filterGroups": [{"filters": [FILTER] * 5}] * 4},
        {"sorts": [{"propertyName": "subject"}, {"propertyName": "content"}]},
        {"query": "x" * 3_000},
        where("nope", "EQ", value="x"),
        where("subject", "LIKE", value="x"),
        where("subject", "EQ"),
        where("subject", "IN"),
        where("hs_lastmodifieddate", "GTE", value="soon"),
    ],
)
def test_a_search_beyond_its_limits_is_refused(bench: Bench, body: dict[str, Any]) -> None:
    assert bench.call("POST", "/crm/v3/objects/tickets/search", body)[0] == 400


def test_a_change_is_found_after_the_lag(make_bench: Make) -> None:
    bench = make_bench(search_lag=2.0)
    bench.furnish()
    ref = bench.upsert("k1")["k1"]
    assert bench.search(filterGroups=[]).total == 0
    bench.advance(2)
    assert bench.search(filterGroups=[]).total == 1
    bench.act("edit_ticket", id=ref, properties={"subject": "New"})
    old = bench.search(filterGroups=[], **SUBJECT).results[0]
    assert old.properties["subject"] == "A location"
    bench.act("archive_ticket", id=ref)
    bench.advance(1)
    assert bench.search(filterGroups=[]).total == 1
    bench.advance(1)
    assert bench.search(filterGroups=[]).total == 0


def test_with_jitter_a_younger_change_may_be_found_first(make_bench: Make) -> None:
    bench = make_bench(search_lag=1.0, search_lag_jitter=60.0)
    bench.furnish()
    keys = [f"k{number}" for number in range(20)]
    for key in keys:
        bench.upsert(key)
    bench.advance(20)
    part = found(bench, modified_since(0))
    assert 0 < len(part) < 20
    assert part != set(keys[: len(part)])
    bench.advance(60)
    answer = bench.search(**modified_since(0), limit=100, properties=["ubm_sync_id"])
    assert [one.properties["ubm_sync_id"] for one in answer.results] == keys


def test_a_restored_ticket_is_found_once(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    bench.act("archive_ticket", id=ref)
    bench.act("restore_ticket", id=ref)
    assert bench.search(**modified_since(0)).total == 1


def test_dates_of_results_are_those_of_the_copy(bench: Bench) -> None:
    bench.upsert("k1")
    answer = bench.search(filterGroups=[])
    one = answer.results[0]
    shown = one.properties["hs_lastmodifieddate"]
    assert one.updated_at.astimezone(UTC).isoformat(timespec="milliseconds") == shown.replace(
        "Z", "+00:00"
    )


@given(
    lag=st.sampled_from([0.0, 1.0, 3.0]),
    steps=st.lists(
        st.tuples(st.sampled_from(["write", "archive", "restore", "look"]), st.integers(0, 3)),
        max_size=30,
    ),
)
def test_a_search_shows_the_portal_as_it_was_one_lag_ago(
    lag: float, steps: list[tuple[str, int]]
) -> None:
    clock = VirtualClock(NOON)
    emulator = create(clock=clock, per_ten_seconds=0, search_per_second=0, search_lag=lag)
    bench = Bench(emulator, clock, "", None)
    ids = [bench.act("create_ticket", properties={"subject": "0"})["id"] for _ in range(3)] + [""]
    truth = [dict.fromkeys(ids[:3], "0")]
    for number, (what, which) in enumerate(steps):
        state = dict(truth[-1])
        ref = ids[which]
        if what == "write" and ref in state:
            bench.act("edit_ticket", id=ref, properties={"subject": str(number)})
            state[ref] = str(number)
        elif what == "archive" and ref in state:
            bench.act("archive_ticket", id=ref)
            del state[ref]
        elif what == "restore" and ref and ref not in state:
            bench.act("restore_ticket", id=ref)
            page = bench.act("see_ticket", id=ref)
            state[ref] = page["properties"]["subject"]
        truth.append(state)
        _, body, _ = bench.call("POST", "/crm/v3/objects/tickets/search", modified_since(0))
        shown = {one["id"]: one["properties"]["subject"] for one in body["results"]}
        seen = len(truth) - 1 - int(lag)
        assert shown == (truth[seen] if seen >= 1 else {})
        bench.advance(1)


@pytest.mark.parametrize(
    ("name", "direction", "keys"),
    [
        ("subject", "ASCENDING", ["b2", "c3", "a1"]),
        ("subject", "DESCENDING", ["a1", "c3", "b2"]),
        ("hs_object_id", "DESCENDING", ["c3", "b2", "a1"]),
        ("createdate", "ASCENDING", ["a1", "b2", "c3"]),
        ("content", "ASCENDING", ["a1", "b2", "c3"]),
    ],
)
def test_results_are_sorted_by_any_property(
    stocked: Bench, name: str, direction: str, keys: list[str]
) -> None:
    sorts = [{"propertyName": name, "direction": direction}]
    answer = stocked.search(filterGroups=[], sorts=sorts, properties=["ubm_sync_id"])
    assert [one.properties["ubm_sync_id"] for one in answer.results] == keys


def test_numbers_and_dates_are_compared_as_such(bench: Bench) -> None:
    for key, value, day in (("a", "9", "2026-02-01"), ("b", "10", "2026-11-01")):
        bench.upsert(key, hs_pinned_engagement_id=value, closed_date=f"{day}T00:00:00Z")
    assert found(bench, where("hs_pinned_engagement_id", "GT", value="9")) == {"b"}
    assert found(bench, where("closed_date", "LT", value="2026-05-01T00:00:00Z")) == {"a"}
    assert found(bench, where("closed_date", "GTE", value="1790000000000")) == {"b"}


def test_a_page_follows_changes_between_pages(bench: Bench) -> None:
    ids = bench.upsert(*[f"k{number}" for number in range(6)])
    body = modified_since(0)
    assert bench.search(**body).total == 6
    bench.act("archive_ticket", id=ids["k1"])
    bench.act("edit_ticket", id=ids["k0"], properties={"content": "x"})
    bench.upsert("k9")
    answer = bench.search(**body, properties=["ubm_sync_id"])
    keys = [one.properties["ubm_sync_id"] for one in answer.results]
    assert sorted(keys) == ["k0", "k2", "k3", "k4", "k5", "k9"]
    assert keys[-2:] == ["k0", "k9"]


def test_an_association_counts_at_once_in_a_repeated_search(stocked: Bench) -> None:
    company = stocked.act("create_company", name="Acme")["id"]
    body = where("associations.company", "EQ", value=company)
    assert found(stocked, body) == set()
    stocked.client.crm.associations.v4.basic_api.create_default(
        "tickets", first(stocked), "companies", company
    )
    assert found(stocked, body) == {"a1"}

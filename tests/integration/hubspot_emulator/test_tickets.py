"""Single tickets through the official client."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest
from hubspot.crm.tickets.exceptions import ApiException
from tests.integration.hubspot_emulator.support import NOON, Bench

Make = Callable[..., Bench]


def test_a_created_ticket_is_answered_with_what_was_written(bench: Bench) -> None:
    made = bench.client.crm.tickets.basic_api.create(
        {"properties": {"subject": "One", "hs_pipeline": "0", "hs_pipeline_stage": "1"}}
    )
    assert made.properties["subject"] == "One"
    assert made.properties["hs_object_id"] == made.id
    assert made.created_at.astimezone(UTC) - NOON < timedelta(seconds=1)


def test_a_ticket_is_found_by_its_unique_property(bench: Bench) -> None:
    ids = bench.upsert("k1")
    found = bench.client.crm.tickets.basic_api.get_by_id(
        "k1", id_property="ubm_sync_id", properties=["subject", "content", "no_such_property"]
    )
    assert found.id == ids["k1"]
    assert found.properties["subject"] == "A location"
    assert found.properties["content"] is None, "empty properties are null"
    assert "no_such_property" not in found.properties


def test_a_ticket_cannot_be_looked_up_by_a_property_that_is_not_unique(bench: Bench) -> None:
    with pytest.raises(ApiException) as caught:
        bench.client.crm.tickets.basic_api.get_by_id("One", id_property="subject")
    assert caught.value.status == 400
    assert "non-unique 0-5 property subject" in caught.value.body


def test_an_update_answers_the_new_values_and_an_empty_text_clears(bench: Bench) -> None:
    ref = bench.upsert("k1", content="old")["k1"]
    update = bench.client.crm.tickets.basic_api.update
    assert update(ref, {"properties": {"content": "new"}}).properties["content"] == "new"
    assert update(ref, {"properties": {"content": ""}}).properties["content"] is None


def test_a_write_of_the_same_value_moves_the_date_but_not_the_history(bench: Bench) -> None:
    basic = bench.client.crm.tickets.basic_api
    ref = bench.upsert("k1", content="same")["k1"]
    before = basic.get_by_id(ref).updated_at
    bench.advance(60)
    basic.update(ref, {"properties": {"content": "same"}})
    after = basic.get_by_id(ref, properties_with_history=["content"])
    assert after.updated_at - before > timedelta(seconds=59)
    assert [one.value for one in after.properties_with_history["content"]] == ["same"]


def test_archiving_hides_a_ticket_and_leaves_its_date(bench: Bench) -> None:
    basic = bench.client.crm.tickets.basic_api
    ref = bench.upsert("k1")["k1"]
    before = basic.get_by_id(ref).updated_at
    bench.advance(60)
    assert basic.archive(ref) is None
    with pytest.raises(ApiException) as caught:
        basic.get_by_id(ref)
    assert caught.value.status == 404
    assert basic.get_page().results == []
    archived = basic.get_page(archived=True).results
    assert [(one.id, one.archived, one.updated_at) for one in archived] == [(ref, True, before)]


def test_archiving_what_is_gone_is_no_error(bench: Bench) -> None:
    assert bench.client.crm.tickets.basic_api.archive("123") is None


def test_a_list_is_paged_by_an_opaque_cursor(bench: Bench) -> None:
    ids = set(bench.upsert(*[f"k{number}" for number in range(25)]).values())
    basic = bench.client.crm.tickets.basic_api
    seen: list[str] = []
    after = None
    while True:
        page = basic.get_page(limit=10, **({"after": after} if after else {}))
        seen += [one.id for one in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
        assert not after.isdigit()
    assert len(seen) == 25
    assert set(seen) == ids


@pytest.mark.parametrize(("with_history", "most"), [(None, 100), (["subject"], 50)])
def test_a_page_has_its_largest_size(
    bench: Bench, with_history: list[str] | None, most: int
) -> None:
    get_page = bench.client.crm.tickets.basic_api.get_page
    more = {"properties_with_history": with_history} if with_history else {}
    assert get_page(limit=most, **more).results == []
    with pytest.raises(ApiException) as caught:
        get_page(limit=most + 1, **more)
    assert caught.value.status == 400


def test_history_is_newest_first_and_says_who(bench: Bench) -> None:
    user = bench.act("add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    ref = bench.upsert("k1", content="first")["k1"]
    bench.act("edit_ticket", id=ref, who="ann@example.com", properties={"content": "second"})
    found = bench.client.crm.tickets.basic_api.get_by_id(ref, properties_with_history=["content"])
    newest, oldest = found.properties_with_history["content"]
    assert (newest.value, newest.source_type) == ("second", "CRM_UI")
    assert newest.updated_by_user_id == user["userId"]
    assert (oldest.value, oldest.source_type) == ("first", "INTEGRATION")
    assert oldest.updated_by_user_id is None
    assert newest.timestamp > oldest.timestamp


def test_merged_ids_resolve_singly_but_not_in_a_batch(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2")
    tickets = bench.client.crm.tickets
    tickets.basic_api.update(ids["k2"], {"properties": {"content": "kept"}})
    merged = tickets.basic_api.merge({"primaryObjectId": ids["k1"], "objectIdToMerge": ids["k2"]})
    assert merged.id == ids["k1"]
    found = tickets.basic_api.get_by_id(
        ids["k2"], properties=["hs_merged_object_ids", "content", "ubm_sync_id"]
    )
    assert found.id == ids["k1"]
    assert found.properties["hs_merged_object_ids"] == ids["k2"]
    assert found.properties["content"] == "kept", "the other's values fill what is empty"
    assert found.properties["ubm_sync_id"] == "k1", "the primary's values win"
    assert tickets.basic_api.update(ids["k2"], {"properties": {"content": "x"}}).id == ids["k1"]
    change = {"inputs": [{"id": ids["k2"], "properties": {"content": "y"}}]}
    answer = tickets.batch_api.update(change)
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"


@pytest.mark.parametrize("new_record", [False, True])
def test_a_merge_may_make_a_new_record(make_bench: Make, new_record: bool) -> None:
    bench = make_bench(merge_makes_new_record=new_record)
    bench.furnish()
    ids = bench.upsert("k1", "k2")
    merged = bench.act("merge_tickets", primary=ids["k1"], other=ids["k2"])
    assert (merged["id"] not in ids.values()) is new_record
    found = bench.client.crm.tickets.basic_api.get_by_id(
        "k1", id_property="ubm_sync_id", properties=["hs_merged_object_ids"]
    )
    assert found.id == merged["id"]
    gone = found.properties["hs_merged_object_ids"].split(";")
    assert set(gone) == set(ids.values()) - {merged["id"]}


@pytest.mark.parametrize("fills", [False, True])
def test_a_merge_may_take_no_values_along(make_bench: Make, fills: bool) -> None:
    bench = make_bench(merge_fills_empty=fills)
    bench.furnish()
    ids = bench.upsert("k1", "k2")
    tickets = bench.client.crm.tickets.basic_api
    tickets.update(ids["k2"], {"properties": {"content": "kept"}})
    bench.act("merge_tickets", primary=ids["k1"], other=ids["k2"])
    found = tickets.get_by_id(ids["k1"], properties=["content", "hs_merged_object_ids"]).properties
    assert found["content"] == ("kept" if fills else None)
    assert found["hs_merged_object_ids"] == ids["k2"]


def test_stage_dates_are_kept_by_the_vendor(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    waiting, active = bench.stages["Waiting for CSM"], bench.stages["Active"]
    bench.advance(3600)
    bench.act("move_ticket", id=ref, stage="Active")
    names = [
        f"hs_v2_date_entered_{waiting}",
        f"hs_v2_date_exited_{waiting}",
        f"hs_v2_cumulative_time_in_{waiting}",
        f"hs_v2_date_entered_{active}",
        "closed_date",
        "time_to_close",
    ]
    values = bench.client.crm.tickets.basic_api.get_by_id(ref, properties=names).properties
    assert values[names[0]].startswith("2026-11-20T12:00:00")
    assert values[names[1]] == values[names[3]] == values["closed_date"]
    assert int(values[names[2]]) == int(values["time_to_close"]) == pytest.approx(3_600_000, abs=9)


@pytest.mark.parametrize(("switch", "kept"), [("clear", False), ("keep", True)])
def test_reopening_clears_or_keeps_the_closed_date(
    make_bench: Make, switch: str, kept: bool
) -> None:
    bench = make_bench(closed_date=switch)
    bench.furnish()
    ref = bench.upsert("k1", hs_pipeline_stage=bench.stages["Active"])["k1"]
    bench.act("move_ticket", id=ref, stage="Approved")
    names = ["closed_date", "hs_last_closed_date", "hs_ticket_reopened_at"]
    values = bench.client.crm.tickets.basic_api.get_by_id(ref, properties=names).properties
    assert bool(values["closed_date"]) is kept
    assert values["hs_last_closed_date"]
    assert values["hs_ticket_reopened_at"]


def test_a_locked_ticket_is_refused_once(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    bench.act("lock_ticket", id=ref, times=1)
    update = bench.client.crm.tickets.basic_api.update
    with pytest.raises(ApiException) as caught:
        update(ref, {"properties": {"content": "x"}})
    assert caught.value.status == 423
    assert update(ref, {"properties": {"content": "x"}}).properties["content"] == "x"


def test_a_merge_hands_over_associations(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2")
    company = bench.act("create_company", name="Acme")["id"]
    associate = bench.client.crm.associations.v4.basic_api.create_default
    associate("tickets", ids["k2"], "companies", company)
    bench.act("add_note", id=ids["k2"], text="Kept")
    bench.act("merge_tickets", primary=ids["k1"], other=ids["k2"])
    page = bench.act("see_ticket", id=ids["k1"])
    assert (page["companies"], page["notes"]) == ([company], ["Kept"])
    assert bench.act("see_ticket", id=ids["k2"])["id"] == ids["k1"]


def test_a_ticket_is_not_merged_with_itself(bench: Bench) -> None:
    ref = bench.upsert("k1")["k1"]
    body = {"primaryObjectId": ref, "objectIdToMerge": ref}
    assert bench.call("POST", "/crm/v3/objects/tickets/merge", body)[0] == 400


def test_a_ticket_says_where_it_came_from(bench: Bench) -> None:
    user = bench.act("add_owner", email="ann@example.com", firstName="Ann", lastName="Lee")
    ref = bench.upsert("k1")["k1"]
    bench.act("edit_ticket", id=ref, who="ann@example.com", properties={"content": "x"})
    names = ["hs_object_source", "hs_created_by_user_id", "hs_updated_by_user_id"]
    values = bench.client.crm.tickets.basic_api.get_by_id(ref, properties=names).properties
    assert values["hs_object_source"] == "INTEGRATION"
    assert values["hs_created_by_user_id"] is None
    assert values["hs_updated_by_user_id"] == str(user["userId"])


def test_a_merged_ticket_cannot_be_restored(bench: Bench) -> None:
    ids = bench.upsert("k1", "k2")
    bench.act("merge_tickets", primary=ids["k1"], other=ids["k2"])
    with pytest.raises(KeyError):
        bench.act("restore_ticket", id=ids["k2"])


def test_a_restored_ticket_whose_unique_value_was_taken_again_does_not_take_it_back(
    bench: Bench,
) -> None:
    old = bench.upsert("k1")["k1"]
    bench.act("archive_ticket", id=old)
    new = bench.upsert("k1")["k1"]
    bench.act("restore_ticket", id=old)
    assert bench.upsert("k1")["k1"] == new


@pytest.mark.parametrize("kind", ["companies", "contacts"])
def test_other_records_are_kept_the_same_way(bench: Bench, kind: str) -> None:
    api = getattr(bench.client.crm, kind)
    name = {"companies": "name", "contacts": "email"}[kind]
    made = api.basic_api.create({"properties": {name: "x@example.com"}})
    assert api.basic_api.get_by_id(made.id, properties=[name]).properties[name] == "x@example.com"
    answer = api.search_api.do_search({"filterGroups": [], "properties": [name]})
    assert [one.id for one in answer.results] == [made.id]


@pytest.mark.parametrize("kind", ["notes", "tasks", "meetings"])
def test_an_activity_needs_its_time(bench: Bench, kind: str) -> None:
    path = f"/crm/v3/objects/{kind}"
    status, body, _ = bench.call("POST", path, {"properties": {}})
    assert status == 400
    assert "hs_timestamp" in body["message"]
    given = {"properties": {"hs_timestamp": "2026-11-20T10:00:00Z"}}
    assert bench.call("POST", path, given)[0] == 201


def test_writers_at_the_same_time_make_each_ticket_once(bench: Bench) -> None:
    keys = [f"k{number}" for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: bench.upsert(*keys), range(8)))
    assert all(one == found[0] for one in found)
    assert len(bench.act("find_tickets", where={})) == 20


def test_no_two_writes_share_an_instant(bench: Bench) -> None:
    ids = [bench.upsert(f"k{number}")[f"k{number}"] for number in range(5)]
    changed = [bench.act("see_ticket", id=ref)["modified"] for ref in ids]
    assert changed == sorted(set(changed))

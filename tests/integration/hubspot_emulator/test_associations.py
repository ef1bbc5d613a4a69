"""Associations v4 through the official client."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.associations.v4.exceptions import ApiException
from tests.integration.hubspot_emulator.support import Bench


def spec(type_id: int) -> dict[str, Any]:
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


@pytest.fixture
def company(bench: Bench) -> str:
    return str(bench.act("create_company", name="Acme")["id"])


def types_between(bench: Bench, source: str, ref: str, target: str) -> list[list[int]]:
    page = bench.client.crm.associations.v4.basic_api.get_page(source, ref, target)
    return [sorted(one.type_id for one in found.association_types) for found in page.results]


def test_a_default_association_is_seen_from_both_sides(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    basic = bench.client.crm.associations.v4.basic_api
    answer = basic.create_default("tickets", ticket, "companies", company)
    assert [one.association_spec.association_type_id for one in answer.results] == [339, 340]
    assert types_between(bench, "tickets", ticket, "companies") == [[339]]
    assert types_between(bench, "companies", company, "tickets") == [[340]]


def test_a_primary_association_brings_the_unlabelled_one(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    basic = bench.client.crm.associations.v4.basic_api
    pair = basic.create("tickets", ticket, "companies", company, [spec(26)])
    assert pair.labels == ["Primary"]
    assert types_between(bench, "tickets", ticket, "companies") == [[26, 339]]
    shown = bench.client.crm.tickets.basic_api.get_by_id(
        ticket, properties=["hs_primary_company_id"], associations=["companies"]
    )
    assert shown.properties["hs_primary_company_id"] == company
    assert {one.type for one in shown.associations["companies"].results} == {
        "ticket_to_company",
        "ticket_to_company_unlabeled",
    }


def test_archiving_a_pair_removes_every_type(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    basic = bench.client.crm.associations.v4.basic_api
    basic.create("tickets", ticket, "companies", company, [spec(26)])
    assert basic.archive("tickets", ticket, "companies", company) is None
    assert types_between(bench, "tickets", ticket, "companies") == []
    assert types_between(bench, "companies", company, "tickets") == []


def test_a_type_of_another_direction_is_refused(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    with pytest.raises(ApiException) as caught:
        bench.client.crm.associations.v4.basic_api.create(
            "tickets", ticket, "companies", company, [spec(340)]
        )
    assert caught.value.status == 400


def test_records_with_no_associations_are_errors_but_no_failure(bench: Bench, company: str) -> None:
    ids = bench.upsert("k1", "k2")
    batch = bench.client.crm.associations.v4.batch_api
    made = batch.create(
        "tickets",
        "companies",
        {"inputs": [{"from": {"id": ids["k1"]}, "to": {"id": company}, "types": [spec(339)]}]},
    )
    assert made.results[0].from_object_type_id == "0-5"
    answer = batch.get_page(
        "tickets", "companies", {"inputs": [{"id": ids["k1"]}, {"id": ids["k2"]}]}
    )
    assert [one._from.id for one in answer.results] == [ids["k1"]]
    assert answer.results[0].to[0].to_object_id == company
    error = answer.errors[0]
    assert error.sub_category == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error.context["fromObjectId"] == [ids["k2"]]


def test_the_other_end_is_a_number_in_json(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    path = f"/crm/v4/objects/tickets/{ticket}/associations"
    bench.call("PUT", f"{path}/default/companies/{company}")
    _, body, _ = bench.call("GET", f"{path}/companies")
    assert body["results"][0]["toObjectId"] == int(company)


def test_a_batch_writes_two_thousand_and_reads_a_thousand(bench: Bench, company: str) -> None:
    tickets = bench.client.crm.associations.v4.batch_api
    one = {"from": {"id": "1"}, "to": {"id": company}, "types": [spec(339)]}
    assert tickets.create("tickets", "companies", {"inputs": [one] * 2_000}).num_errors == 2_000
    for path, inputs in (
        ("create", [one] * 2_001),
        ("read", [{"id": "1"}] * 1_001),
    ):
        whole = f"/crm/v4/associations/tickets/companies/batch/{path}"
        assert bench.call("POST", whole, {"inputs": inputs})[0] == 400


def test_many_associations_come_in_pages(bench: Bench, company: str) -> None:
    associate = bench.client.crm.associations.v4.batch_api.create_default
    tickets = [bench.act("create_ticket", properties={"subject": "x"})["id"] for _ in range(501)]
    pairs = [{"from": {"id": ref}, "to": {"id": company}} for ref in tickets]
    answer = associate("tickets", "companies", {"inputs": pairs})
    assert answer.status == "COMPLETE"
    read = bench.client.crm.associations.v4.batch_api.get_page
    page = read("companies", "tickets", {"inputs": [{"id": company}]}).results[0]
    assert len(page.to) == 500
    after = page.paging.next.after
    rest = read("companies", "tickets", {"inputs": [{"id": company, "after": after}]}).results[0]
    assert [one.to_object_id for one in rest.to] == [max(tickets, key=int)]


def test_labels_and_pairs_are_taken_away_in_batches(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    v4 = bench.client.crm.associations.v4
    v4.basic_api.create("tickets", ticket, "companies", company, [spec(26)])
    pair = {"from": {"id": ticket}, "to": {"id": company}, "types": [spec(26)]}
    v4.batch_api.archive_labels("tickets", "companies", {"inputs": [pair]})
    assert types_between(bench, "tickets", ticket, "companies") == [[339]]
    pair = {"from": {"id": ticket}, "to": [{"id": company}]}
    v4.batch_api.archive("tickets", "companies", {"inputs": [pair]})
    assert types_between(bench, "tickets", ticket, "companies") == []


def test_the_types_between_two_object_types_are_listed(bench: Bench) -> None:
    listed = bench.client.crm.associations.v4.schema.definitions_api.get_all("tickets", "companies")
    assert {one.type_id: one.label for one in listed.results} == {339: None, 26: "Primary"}


def test_an_archived_company_is_not_associated_any_more(bench: Bench, company: str) -> None:
    ticket = bench.upsert("k1")["k1"]
    bench.client.crm.associations.v4.basic_api.create_default(
        "tickets", ticket, "companies", company
    )
    bench.client.crm.companies.basic_api.archive(company)
    assert types_between(bench, "tickets", ticket, "companies") == []

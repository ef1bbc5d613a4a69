"""Answers to the help desk that the emulator does not give, but a portal may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
import pytest
import requests
import responses
from tests.unit.hubspot.test_batches import BASE, Free

from ubm_hubspot.connector import HubSpotConnector
from ubm_sync.clock import VirtualClock
from ubm_sync.desk import Filing, Opening, Task
from ubm_sync.errors import Temporary
from ubm_sync.model import Binding, FieldType, Place, Result, Stage
from ubm_sync.ports import Connection

DESK = Place(
    "desk",
    "disconnection",
    "hubspot",
    "",
    (
        Binding("subject", "subject"),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("company", "company", FieldType.LINK, readable=False),
        Binding("priority", "hs_ticket_priority", FieldType.CHOICE, choices=("low", "urgent"),
                encode={"low": "LOW", "urgent": "URGENT"}, decode={"LOW": "low"}),
        Binding("ticket_type", "ubm_request_type", FieldType.CHOICE,
                choices=("urgent_disconnect", "other")),
    ),
    "Support",
    (Stage("new", "New"),),
)  # fmt: skip
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CHANGED = "2026-11-22T23:59:00.000Z"
Play: TypeAlias = Callable[[Any], tuple[int, Any]]
NO = {"status": "error", "category": "VALIDATION_ERROR", "correlationId": "c", "message": "no"}
NONE = {"status": "COMPLETE", "results": [], "errors": [
    {"category": "OBJECT_NOT_FOUND", "message": "none", "context": {"fromObjectId": ["1"]}}
]}  # fmt: skip


class Portal:
    """A HubSpot whose answers a test writes itself."""

    def __init__(self, http: responses.RequestsMock) -> None:
        self.http = http
        self.sent: list[tuple[str, Any]] = []
        self.connector = HubSpotConnector(
            Connection(
                (),
                (),
                {"concurrency": 1, "attempts": 2, "first_wait": 0},
                {"HUBSPOT_ACCESS_TOKEN": "pat-na1-of-this-test"},
                VirtualClock(NOW),
                Free(),
                desk=DESK,
            )
        )
        names = ("subject", "hs_pipeline", "hs_pipeline_stage", "ubm_sync_id", "ubm_request_type",
                 "hs_ticket_priority", "source_type", "hs_last_message_received_at")  # fmt: skip
        self.get("/v3/properties/tickets", {"results": [{"name": one} for one in names]})
        stage = {"id": 11, "label": "New", "metadata": {"ticketState": "OPEN"}}
        pipelines = [{"id": 1, "label": "Support", "stages": [stage]}]
        self.get("/v3/pipelines/tickets", {"results": pipelines})
        self.get("/v3/owners", {"results": [{"id": "7", "email": "bo@ubm.example", "userId": 1}]})
        for kind in ("emails", "companies", "contacts", "tasks", "notes"):
            self.post(f"/v4/associations/tickets/{kind}/batch/read", lambda _: (207, NONE))

    def get(self, path: str, answer: Any) -> None:
        self.http.get(f"{BASE}{path}", json=answer)
        self.http.get(f"{BASE}{path}/", json=answer)

    def post(self, path: str, answer: Play) -> None:
        def reply(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
            body = orjson.loads(request.body or b"{}")
            self.sent.append((path, body))
            status, told = answer(body)
            return status, {}, told if isinstance(told, bytes) else orjson.dumps(told)

        self.http.upsert(responses.CallbackResponse(responses.POST, f"{BASE}{path}", reply))

    def asked(self, path: str) -> list[Any]:
        return [body for where, body in self.sent if where == path]


@pytest.fixture
def portal() -> Iterator[Portal]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        yield Portal(http)


SEARCH = "/v3/objects/tickets/search"
READ = "/v3/objects/tickets/batch/read"
UPDATE = "/v3/objects/tickets/batch/update"
UPSERT = "/v3/objects/tickets/batch/upsert"
TASKS = "/v3/objects/tasks/batch/create"


def ticket(ref: str, **properties: Any) -> dict[str, Any]:
    given = {"subject": "Off", "hs_pipeline": "1", "hs_pipeline_stage": "11"}
    return {
        "id": ref,
        "createdAt": CHANGED,
        "updatedAt": CHANGED,
        "properties": {
            **given,
            "createdate": CHANGED,
            "hs_lastmodifieddate": CHANGED,
            **properties,
        },
    }


def read_back(body: Any) -> tuple[int, Any]:
    return 200, {"results": [ticket(one["id"]) for one in body["inputs"]]}


def test_a_refusal_that_says_nothing_is_asked_again_with_nothing_special(portal: Portal) -> None:
    def search(body: Any) -> tuple[int, Any]:
        if len(body["filterGroups"]) > 1 or len(body["filterGroups"][0]["filters"]) > 1:
            return 400, NO
        return 200, {"total": 1, "results": [ticket("1")]}

    portal.post(SEARCH, search)
    portal.post("/v3/objects/emails/search", lambda _: (200, {"results": []}))
    portal.post(READ, read_back)

    pages = list(portal.connector.arrivals(None))

    assert [one.ref for page in pages for one in page.tickets] == ["1"]
    told = {one.scope for page in pages for one in page.problems}
    assert "hubspot/desk/search" in told


def test_a_search_that_is_always_refused_is_tried_another_time(portal: Portal) -> None:
    portal.post(SEARCH, lambda _: (400, NO))

    with pytest.raises(Temporary, match="refused to be searched"):
        list(portal.connector.arrivals(None))


def test_a_search_without_a_count_and_with_nulls_is_read(portal: Portal) -> None:
    empty = dict.fromkeys(("subject", "createdate", "hs_lastmodifieddate", "hs_pipeline_stage"))
    portal.post(SEARCH, lambda _: (200, {"results": [ticket("1", **empty)]}))
    portal.post(READ, lambda _: (200, {"results": [ticket("1", **empty)]}))

    (seen,) = [one for page in portal.connector.arrivals(None) for one in page.tickets]

    assert (seen.subject, seen.stage_name, seen.closed) == ("", "", False)
    assert seen.created == seen.changed == datetime(2026, 11, 22, 23, 59, tzinfo=UTC)


def test_a_ticket_that_hubspot_never_shows_delays_no_other(portal: Portal) -> None:
    def read(body: Any) -> tuple[int, Any]:
        good = [ticket(one["id"]) for one in body["inputs"] if one["id"] != "2"]
        bad = {"category": "INTERNAL_ERROR", "message": "?", "context": {"ids": ["2"]}}
        return 207, {"results": good, "errors": [bad] if len(good) < len(body["inputs"]) else []}

    portal.post(SEARCH, lambda _: (200, {"total": 3, "results": [ticket(one) for one in "123"]}))
    portal.post(READ, read)

    pages = list(portal.connector.arrivals(None))
    assert [one.ref for page in pages for one in page.tickets] == ["1", "3"]

    portal.post(SEARCH, lambda _: (200, {"total": 0, "results": []}))
    portal.post(READ, read_back)
    pages = list(portal.connector.arrivals(pages[-1].cursor))
    assert [one.ref for page in pages for one in page.tickets] == ["2"]


def test_an_id_that_hubspot_cannot_read_hides_no_other(portal: Portal) -> None:
    def read(body: Any) -> tuple[int, Any]:
        if any(one["id"] == "x" for one in body["inputs"]):
            return 400, NO
        return read_back(body)

    portal.post(READ, read)
    portal.http.get(f"{BASE}/v3/objects/tickets/x", json=NO, status=400)

    assert list(portal.connector.dossiers(["1", "x", "2"])) == ["1", "2"]


def test_associations_are_read_in_either_form(portal: Portal) -> None:
    def companies(body: Any) -> tuple[int, Any]:
        types = [{"category": "HUBSPOT_DEFINED", "typeId": 26, "label": "Primary"}]
        plain = [{"category": "HUBSPOT_DEFINED", "typeId": 339, "label": None}]
        to = [
            {"toObjectId": 1, "associationTypes": plain},
            {"toObjectId": "2", "associationTypes": [*plain, *types]},
            {"toObjectId": 3},
        ]
        return 200, {"results": [{"from": {"id": one["id"]}, "to": to} for one in body["inputs"]]}

    portal.post(READ, read_back)
    portal.post("/v4/associations/tickets/companies/batch/read", companies)

    assert portal.connector.dossiers(["5"])["5"].companies == ("2", "1", "3")


def test_a_priority_that_is_refused_in_words_only_becomes_the_next_one(portal: Portal) -> None:
    def update(body: Any) -> tuple[int, Any]:
        (one,) = body["inputs"]
        if one["properties"].get("hs_ticket_priority") == "URGENT":
            return 400, NO | {"message": 'Property "hs_ticket_priority" was not valid'}
        return 200, {"results": [ticket(one["id"])]}

    portal.post(UPDATE, update)

    (outcome,) = portal.connector.file([Filing("f", "5", {"priority": "urgent"})])

    assert (outcome.result, outcome.at_fault) == (Result.LANDED, ())
    sent = [body["inputs"][0]["properties"] for body in portal.asked(UPDATE)]
    assert sent == [{"hs_ticket_priority": "URGENT"}, {"hs_ticket_priority": "LOW"}]


def test_an_opening_that_is_there_already_is_matched_whatever_the_order(portal: Portal) -> None:
    def read(body: Any) -> tuple[int, Any]:
        assert body["idProperty"] == "ubm_sync_id"
        there = [ticket(f"9{one['id'][-1]}", ubm_sync_id=one["id"]) for one in body["inputs"][1:]]
        missing = {"category": "OBJECT_NOT_FOUND", "message": "-", "context": {"ids": ["d-0"]}}
        return 207, {"results": there[::-1], "errors": [missing]}

    def upsert(body: Any) -> tuple[int, Any]:
        (one,) = body["inputs"]
        made = ticket("50", ubm_sync_id=one["id"]) | {"new": True}
        return 200, {"results": [made]}

    portal.post(READ, read)
    portal.post(UPSERT, upsert)
    openings = [Opening(f"d-{index}", {"subject": "s"}) for index in range(3)]

    outcomes = {one.key: (one.ref, one.created) for one in portal.connector.open(openings)}

    assert outcomes == {"d-0": ("50", True), "d-1": ("91", False), "d-2": ("92", False)}


@pytest.mark.parametrize(
    ("answer", "results"),
    [
        ((201, {"results": [{"id": "1", "objectWriteTraceId": "1", "properties": {}}]}), "UL"),
        ((202, b""), "UU"),
        ((201, b'{"results": ['), "UU"),
        ((500, b"<html>"), "UU"),
        ((201, {"results": [{"id": "1", "properties": {}}, {"id": "2", "properties": {}}]}), "LL"),
    ],
)
def test_what_a_lost_or_odd_answer_leaves_open_is_unknown(
    portal: Portal, answer: tuple[int, Any], results: str
) -> None:
    portal.post(TASKS, lambda _: answer)
    tasks = [Task(str(one), "5", "bo@ubm.example", f"s{one}", "b", NOW) for one in range(2)]

    outcomes = [one.result for one in portal.connector.assign(tasks)]

    words = {"U": Result.UNKNOWN, "L": Result.LANDED}
    assert outcomes == [words[one] for one in results]
    assert len(portal.asked(TASKS)) == 1


@pytest.mark.parametrize("cut", ["link", "mail"])
def test_a_mail_that_an_answer_with_200_leaves_out_is_asked_for_once_more(
    portal: Portal, cut: str
) -> None:
    calls = {"link": 0, "mail": 0}

    def is_cut(what: str) -> bool:
        calls[what] += 1
        return cut == what and calls[what] == 1

    def linked(body: Any) -> tuple[int, Any]:
        some = [] if is_cut("link") else body["inputs"]
        to = [{"toObjectId": 70, "associationTypes": []}]
        return 200, {"results": [{"from": {"id": one["id"]}, "to": to} for one in some]}

    def mails(body: Any) -> tuple[int, Any]:
        some = [] if is_cut("mail") else body["inputs"]
        told = {"hs_timestamp": CHANGED, "hs_email_direction": "INCOMING_EMAIL",
                "hs_email_subject": "Off", "hs_email_text": "We are dark."}  # fmt: skip
        return 200, {"results": [{"id": one["id"], "properties": told} for one in some]}

    portal.post(READ, read_back)
    portal.post("/v4/associations/tickets/emails/batch/read", linked)
    portal.post("/v3/objects/emails/batch/read", mails)

    (message,) = portal.connector.dossiers(["5"])["5"].messages

    assert message.text == "We are dark."
    assert calls[cut] == 2

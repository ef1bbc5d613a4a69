"""Answers the emulator does not give, but a portal may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
import pytest
import requests
import responses

from ubm_hubspot.connector import HubSpotConnector
from ubm_sync.clock import VirtualClock
from ubm_sync.errors import Refused, Temporary
from ubm_sync.model import Binding, FieldType, Note, Outcome, Place, Result, Spot, Write
from ubm_sync.ports import Connection, Lane

BASE = "https://api.hubapi.com/crm"
CHANGED = "2026-11-23T09:00:00.000Z"
PLACE = Place(
    "ticket",
    "location",
    "hubspot",
    "",
    (
        Binding("vendor", "ubm_vendor"),
        Binding("city", "ubm_city"),
        Binding("zip", "ubm_zip"),
        Binding("company", "company", FieldType.LINK),
    ),
)
Answer: TypeAlias = tuple[int, Any]
Play: TypeAlias = Callable[[list[dict[str, Any]]], Answer]


class Free:
    def reserve(self, key: str, *, cost: int = 1, lane: Lane = Lane.PERSON) -> float:
        del key, cost, lane
        return 0.0

    def penalise(self, key: str, seconds: float) -> None:
        """Nobody waits."""


class Stage:
    """A HubSpot whose answers a test writes itself."""

    def __init__(self, http: responses.RequestsMock, **settings: Any) -> None:
        self.http = http
        self.sent: list[list[dict[str, Any]]] = []
        clock = VirtualClock(datetime(2026, 11, 23, tzinfo=UTC))
        given = {"concurrency": 1, "attempts": 2, **settings}
        environment = {"HUBSPOT_ACCESS_TOKEN": "pat-na1-of-this-test"}
        self.connector = HubSpotConnector(
            Connection((PLACE,), (), given, environment, clock, Free())
        )

    def play(self, path: str, answer: Play) -> None:
        def reply(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
            inputs = orjson.loads(request.body or b"{}").get("inputs", [])
            self.sent.append(inputs)
            status, body = answer(inputs)
            return status, {}, body if isinstance(body, bytes) else orjson.dumps(body)

        self.http.add_callback(responses.POST, f"{BASE}{path}", reply)

    def apply(self, *writes: Write) -> dict[str, Outcome]:
        return {one.key: one for one in self.connector.apply(writes)}


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def stage(http: responses.RequestsMock) -> Stage:
    return Stage(http)


UPSERT = "/v3/objects/tickets/batch/upsert"
UPDATE = "/v3/objects/tickets/batch/update"


def add(key: str, **values: str) -> Write:
    return Write("ticket", key, None, "", {"vendor": "V", **values})


def change(key: str, ref: str, **values: str) -> Write:
    return Write("ticket", key, ref, "", {"vendor": "V", **values})


def done(inputs: list[dict[str, Any]], **extra: Any) -> Answer:
    results = [
        {
            "id": str(1_000 + index),
            "new": True,
            "updatedAt": CHANGED,
            "properties": {"ubm_sync_id": one["id"]},
        }
        for index, one in enumerate(inputs)
    ]
    results.reverse()
    return 200, {"status": "COMPLETE", "results": results, **extra}


def no(message: str = "no", **more: Any) -> Answer:
    return 400, {"status": "error", "message": message, "category": "VALIDATION_ERROR", **more}


def test_results_are_matched_by_the_unique_property(stage: Stage) -> None:
    stage.play(UPSERT, done)

    found = stage.apply(add("a"), add("b"), add("c"))

    assert [found[key].ref for key in "abc"] == ["1000", "1001", "1002"]
    assert found["a"].version == CHANGED


def test_results_of_updates_are_matched_by_id(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        results = [{"id": int(one["id"]), "updatedAt": CHANGED} for one in reversed(inputs)]
        return 200, {"results": results}

    stage.play(UPDATE, answer)

    found = stage.apply(change("a", "1"), change("b", "2"))

    assert [found[key].ref for key in "ab"] == ["1", "2"]


def test_one_poison_record_is_found_by_halves(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        return no("poison") if any(one["id"] == "k37" for one in inputs) else done(inputs)

    stage.play(UPSERT, answer)

    found = stage.apply(*(add(f"k{index}") for index in range(100)))

    poison = found.pop("k37")
    assert (poison.result, poison.permanent) == (Result.REFUSED, True)
    assert "poison" in poison.reason
    assert {one.result for one in found.values()} == {Result.LANDED}
    assert len(stage.sent) <= 15


def test_a_property_nobody_has_is_left_out_for_all(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        if any("ubm_vendor" in one["properties"] for one in inputs):
            context = {"propertyName": ["ubm_vendor"]}
            error = {"message": "m", "code": "PROPERTY_DOESNT_EXIST", "context": context}
            return no(errors=[error])
        return done(inputs)

    stage.play(UPSERT, answer)

    found = stage.apply(*(add(f"k{index}", city="C") for index in range(250)))

    assert {one.landed for one in found.values()} == {frozenset({"city"})}
    assert len(stage.sent) == 4


def test_bad_fields_may_be_told_one_after_the_other(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        for name in ("ubm_vendor", "ubm_city"):
            if name in inputs[0]["properties"]:
                detail = orjson.dumps([{"name": name, "error": "INVALID", "message": "bad"}])
                return no(f"Property values were not valid: {detail.decode()}")
        return done(inputs)

    stage.play(UPSERT, answer)

    found = stage.apply(add("k", city="C", zip="Z"))["k"]

    assert found.landed == frozenset({"zip"})
    assert found.at_fault == ("vendor", "city")
    assert found.reason == 'HubSpot refused "ubm_vendor": bad HubSpot refused "ubm_city": bad'


def test_a_record_that_is_never_good_enough_is_refused_in_the_end(stage: Stage) -> None:
    names = iter(["ubm_vendor", "ubm_city", "ubm_zip", "ubm_sync_id"])

    def answer(_: list[dict[str, Any]]) -> Answer:
        return no(f'Property "{next(names)}" is bad')

    stage.play(UPSERT, answer)

    found = stage.apply(add("k", city="C", zip="Z"))["k"]

    assert (found.result, found.permanent) == (Result.REFUSED, True)


def test_an_identity_that_is_taken_refuses_the_record(stage: Stage) -> None:
    stage.play(UPSERT, lambda _: no('Property "ubm_sync_id" must be unique'))

    found = stage.apply(add("k"))["k"]

    assert (found.result, found.permanent) == (Result.REFUSED, True)
    assert "must be unique" in found.reason


def test_an_error_that_names_nobody_is_tracked_down(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        good = [one for one in inputs if one["id"] != "bad"]
        if len(good) == len(inputs):
            return done(inputs)
        error = {"status": "error", "category": "VALIDATION_ERROR", "message": "one is bad"}
        if len(inputs) == 1:
            return 207, {"results": [], "errors": [error]}
        _, body = done(good)
        return 207, {**body, "errors": [error]}

    stage.play(UPSERT, answer)

    found = stage.apply(add("a"), add("bad"), add("b"))

    assert found["bad"].result is Result.REFUSED
    assert "one is bad" in found["bad"].reason
    assert found["a"].result is found["b"].result is Result.LANDED


def test_a_record_that_is_not_mentioned_is_unknown(stage: Stage) -> None:
    stage.play(UPSERT, lambda inputs: done(inputs[:2]))

    found = stage.apply(add("a"), add("b"), add("c"))

    assert found["c"].result is Result.UNKNOWN
    assert found["a"].result is found["b"].result is Result.LANDED


def test_an_error_of_the_moment_is_tried_again_and_not_for_ever(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        error = {"category": "INTERNAL", "message": "m", "context": {"objectWriteTraceId": ["0"]}}
        _, body = done(inputs[1:])
        return 207, {**body, "errors": [error]}

    stage.play(UPSERT, answer)

    found = stage.apply(add("a"), add("b"))

    assert (found["a"].result, found["a"].permanent) == (Result.UNKNOWN, False)
    assert found["b"].result is Result.LANDED
    assert len(stage.sent) == 4


@pytest.mark.parametrize("status", [400, 404])
def test_a_missing_ticket_may_fail_its_whole_batch(stage: Stage, status: int) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        if any(one["id"] == "7" for one in inputs):
            return status, {"message": "not found", "category": "OBJECT_NOT_FOUND"}
        return 200, {"results": [{"id": one["id"], "updatedAt": CHANGED} for one in inputs]}

    stage.play(UPDATE, answer)

    found = stage.apply(*(change(f"k{index}", str(index)) for index in range(20)))

    assert found.pop("k7").reason == "archived"
    assert {one.result for one in found.values()} == {Result.LANDED}


def test_one_batch_in_trouble_delays_no_other(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        poison = any(one["id"] == "k150" for one in inputs)
        return (500, b"<html>") if poison else done(inputs)

    stage.play(UPSERT, answer)

    found = stage.apply(*(add(f"k{index}") for index in range(300)))

    unknown = {key for key, one in found.items() if one.result is Result.UNKNOWN}
    assert unknown == {f"k{index}" for index in range(100, 200)}
    assert len(found) == 300


def test_trouble_in_a_row_leaves_the_rest_for_later(stage: Stage) -> None:
    stage.play(UPSERT, lambda _: (500, b"<html>"))
    told: list[Outcome] = []

    with pytest.raises(Temporary):
        told.extend(_drawn(stage.connector.apply([add(f"k{n}") for n in range(500)]), told))

    assert len(told) == 200
    assert {one.result for one in told} == {Result.UNKNOWN}


LINKS = "/v4/associations/tickets/companies/batch/create"


def test_a_refused_link_is_found_by_halves(stage: Stage) -> None:
    stage.play(UPSERT, done)

    def answer(inputs: list[dict[str, Any]]) -> Answer:
        bad = any(one["to"]["id"] == "66" for one in inputs)
        return no("no such company") if bad else (201, {"results": []})

    stage.play(LINKS, answer)

    found = stage.apply(add("a", company="55"), add("b", company="66"), add("c", company="55"))

    assert found["b"].at_fault == ("company",)
    assert found["b"].landed == frozenset({"vendor"})
    assert found["a"].landed is found["c"].landed is None


def test_a_link_without_an_answer_is_not_landed(stage: Stage) -> None:
    stage.play(UPSERT, done)
    stage.play(LINKS, lambda _: (502, b"<html>"))

    found = stage.apply(add("a", company="55"))["a"]

    assert found.result is Result.LANDED
    assert found.landed == frozenset({"vendor"})
    assert "not linked yet" in found.reason


def test_without_access_to_links_the_tickets_are_told_first(stage: Stage) -> None:
    stage.play(UPSERT, done)
    stage.play(LINKS, lambda _: (403, {"message": "m"}))
    told: list[Outcome] = []

    with pytest.raises(Refused, match="lacks a permission"):
        told.extend(_drawn(stage.connector.apply([add("a", company="55")]), told))

    assert [one.landed for one in told] == [frozenset({"vendor"})]


def _drawn(source: Any, told: list[Outcome]) -> list[Outcome]:
    for one in source:
        told.append(one)  # noqa: PERF402 - what was told before the error counts
    return []


def test_a_link_that_failed_in_a_207_is_told(stage: Stage) -> None:
    stage.play(UPSERT, done)

    def answer(inputs: list[dict[str, Any]]) -> Answer:
        good = next(one for one in inputs if one["to"]["id"] == "55")
        linked = {"fromObjectId": good["from"]["id"], "toObjectId": 55}
        return 207, {"results": [linked], "errors": [{"message": "one failed"}]}

    stage.play(LINKS, answer)

    found = stage.apply(add("a", company="55"), add("b", company="66"))

    assert found["a"].landed is None
    assert "one failed" in found["b"].reason


READ = "/v3/objects/tickets/batch/read"


def test_an_id_hubspot_cannot_read_hides_no_other(
    stage: Stage, http: responses.RequestsMock
) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        if any(one["id"] == "x" for one in inputs):
            return no("x is not an id")
        live = [
            {"id": one["id"], "properties": {"ubm_sync_id": "k", "hs_lastmodifieddate": CHANGED}}
            for one in inputs
        ]
        return 200, {"results": live}

    stage.play(READ, answer)
    http.get(f"{BASE}/v3/objects/tickets/x", status=404, json={"message": "m"})

    pages = list(stage.connector.fetch("ticket", ["1", "2", "x", "3"]))

    assert {one.ref for page in pages for one in page.observations} == {"1", "2", "3"}


def test_a_batch_of_which_nothing_is_there_may_be_a_404(
    stage: Stage, http: responses.RequestsMock
) -> None:
    stage.play(READ, lambda _: (404, {"message": "m"}))
    http.get(f"{BASE}/v3/objects/tickets/1", status=404, json={"message": "m"})

    pages = list(stage.connector.fetch("ticket", ["1"]))

    assert [one for page in pages for one in page.observations] == []


def test_a_read_that_is_refused_for_another_reason_is_told(stage: Stage) -> None:
    stage.play(READ, lambda _: (413, {"message": "too large"}))

    with pytest.raises(Refused, match="too large"):
        list(stage.connector.fetch("ticket", ["1", "2"]))


def test_a_ticket_nobody_can_read_is_a_problem_until_it_can(stage: Stage) -> None:
    stamps = iter(["soon", "2026-11-20T09:00:00Z"])

    def answer(inputs: list[dict[str, Any]]) -> Answer:
        properties = {
            "ubm_sync_id": "k",
            "hs_lastmodifieddate": CHANGED,
            "createdate": next(stamps),
        }
        return 200, {"results": [{"id": inputs[0]["id"], "properties": properties}]}

    stage.play(READ, answer)

    (bad,) = stage.connector.fetch("ticket", ["1"])
    (good,) = stage.connector.fetch("ticket", ["1"])

    assert bad.observations == ()
    assert bad.problems[0].code == "ticket_unreadable"
    assert good.checked == bad.checked == {"hubspot/tickets/#1"}
    assert good.problems == ()


NOTES = "/v3/objects/notes/batch/create"


def note(key: str) -> Note:
    return Note(key, "ticket", "1", f"text {key}", datetime(2026, 11, 23, tzinfo=UTC))


def test_notes_are_matched_by_their_words(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        results = [
            {"id": index, "properties": one["properties"]} for index, one in enumerate(inputs)
        ]
        return 201, {"results": results[::-1]}

    stage.play(NOTES, answer)

    found = {one.key: one.ref for one in stage.connector.annotate([note("a"), note("b")])}

    assert found == {"a": "0", "b": "1"}


def test_notes_with_as_many_results_landed_whatever_they_are_called(stage: Stage) -> None:
    stage.play(NOTES, lambda inputs: (201, {"results": [{"id": 1} for _ in inputs]}))

    found = list(stage.connector.annotate([note("a"), note("b")]))

    assert [one.result for one in found] == [Result.LANDED, Result.LANDED]


def test_a_note_that_is_not_mentioned_is_unknown(stage: Stage) -> None:
    stage.play(NOTES, lambda _: (207, {"results": [], "errors": [{"message": "some failed"}]}))

    (found,) = stage.connector.annotate([note("a")])

    assert found.result is Result.UNKNOWN


def test_refused_notes_are_found_by_halves(stage: Stage) -> None:
    def answer(inputs: list[dict[str, Any]]) -> Answer:
        texts = [one["properties"]["hs_note_body"] for one in inputs]
        return no("bad note") if "text b" in texts else (201, {"results": [{"id": 1}] * len(texts)})

    stage.play(NOTES, answer)

    found = {one.key: one for one in stage.connector.annotate([note(k) for k in "abcd"])}

    assert found.pop("b").result is Result.REFUSED
    assert {one.result for one in found.values()} == {Result.LANDED}


def test_a_search_that_is_refused_is_temporary(stage: Stage, http: responses.RequestsMock) -> None:
    schema = [
        {"name": "ubm_sync_id", "type": "string", "hasUniqueValue": True},
        *({"name": f"ubm_{name}", "type": "string"} for name in ("vendor", "city", "zip")),
    ]
    http.get(f"{BASE}/v3/properties/tickets", json={"results": schema})
    http.get(f"{BASE}/v3/pipelines/tickets", json={"results": []})
    stage.play("/v3/objects/tickets/search", lambda _: no("search is out of order"))

    with pytest.raises(Temporary, match="search is out of order"):
        list(stage.connector.observe(full=False))


def test_a_change_that_is_one_value_no_ticket_can_hold_is_refused_for_good_unsent(
    stage: Stage,
) -> None:
    outcome = stage.apply(Write("ticket", "a", "41", "", {"city": "x" * 70_000}))["a"]

    assert (outcome.result, outcome.permanent) == (Result.REFUSED, True)
    assert outcome.at_fault == ("city",)
    assert stage.sent == []


READ = "/v3/objects/tickets/batch/read"


def shown(ref: str) -> dict[str, Any]:
    told = [{"value": "ComEd", "timestamp": CHANGED, "sourceType": "CRM_UI"}]
    properties = {"ubm_sync_id": f"k{ref}", "ubm_vendor": "ComEd", "hs_lastmodifieddate": CHANGED}
    return {
        "id": ref,
        "createdAt": CHANGED,
        "updatedAt": CHANGED,
        "properties": properties,
        "propertiesWithHistory": {"ubm_vendor": told},
    }


def test_a_history_that_an_answer_with_200_leaves_out_is_asked_for_once_more(stage: Stage) -> None:
    spots = [Spot(ref, "", "vendor") for ref in ("1", "2", "3")]
    stage.play(READ, lambda inputs: (200, {"results": [shown(one["id"]) for one in inputs[:2]]}))

    told = {spot.ref: [one.value for one in past] for spot, past in
            stage.connector.history("ticket", spots)}  # fmt: skip

    assert told == {ref: ["ComEd"] for ref in "123"}
    assert [[one["id"] for one in inputs] for inputs in stage.sent] == [["1", "2", "3"], ["3"]]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"results": []}, id="nothing"),
        pytest.param(
            {
                "results": [],
                "errors": [{"category": "OBJECT_NOT_FOUND", "context": {"ids": ["1"]}}],
            },
            id="named",
        ),
        pytest.param({"results": [], "errors": [{"category": "OBJECT_NOT_FOUND"}]}, id="not-named"),
    ],
)
def test_a_ticket_that_two_answers_do_not_show_is_not_there(
    stage: Stage, answer: dict[str, Any]
) -> None:
    stage.play(READ, lambda _: (207 if answer.get("errors") else 200, answer))

    assert list(stage.connector.history("ticket", [Spot("1", "", "vendor")])) == [
        (Spot("1", "", "vendor"), ())
    ]
    assert len(stage.sent) == (1 if answer.get("errors") else 2)


def test_a_ticket_shown_under_the_id_it_lives_on_as_is_not_asked_for_again(stage: Stage) -> None:
    stage.play(READ, lambda _: (200, {"results": [shown("9")]}))

    list(stage.connector.history("ticket", [Spot("1", "", "vendor")]))

    assert len(stage.sent) == 1

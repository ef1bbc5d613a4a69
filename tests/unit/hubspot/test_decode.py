from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ubm_hubspot.decode import Decoder
from ubm_sync.model import Binding, FieldType, Mark, Observation, Place, Stage

LOCATION = Place(
    "ticket",
    "location",
    "hubspot",
    "",
    (
        Binding("vendor", "ubm_vendor"),
        Binding("notes", "ubm_notes", FieldType.LONG_TEXT),
        Binding("priority", "hs_ticket_priority", FieldType.CHOICE, decode={"HIGH": "high"}),
        Binding("start", "ubm_start", FieldType.DATE),
        Binding("rows", "ubm_rows", FieldType.NUMBER),
        Binding("owner", "hubspot_owner_id", FieldType.PERSON),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("company", "company", FieldType.LINK),
        Binding("request", "ubm_request", shape="#{}"),
        Binding("secret", "ubm_secret", readable=False),
        Binding("sync_id", "ubm_sync_id"),
    ),
    "New locations",
    (Stage("waiting", "Waiting"),),
)
ENROLMENT = Place("enrolment", "location", "hubspot", "enrolment", (Binding("vendor", "v"),))
ONBOARDING = Place("onboarding", "onboarding", "hubspot", "", (Binding("vendor", "v"),))


class Portal:
    def our_option(self, name: str, value: str) -> str:
        return {("ubm_none", "theirs"): "ours"}.get((name, value), value)

    def owner_email(self, owner_id: str) -> str | None:
        return {"7": "dana@ubm.example"}.get(owner_id)

    def stage_key(self, place: str, pipeline: str, stage: str) -> str | None:
        return {("ticket", "10", "11"): "waiting"}.get((place, pipeline, stage))

    def stage_of(self, place: str, stage: str) -> str | None:
        return self.stage_key(place, "10", stage)


DECODER = Decoder(
    (ONBOARDING, LOCATION, ENROLMENT), Portal(), identity="ubm_sync_id", default_kind="location"
)


def ticket(**properties: str | None) -> dict[str, Any]:
    return {
        "id": "9001",
        "createdAt": "2026-11-20T10:00:00Z",
        "updatedAt": "2026-11-21T10:00:00Z",
        "archived": False,
        "properties": {
            "ubm_sync_id": "0198-abc",
            "createdate": "2026-11-20T10:00:00Z",
            "hs_lastmodifieddate": "2026-11-21T10:00:00.120Z",
            **properties,
        },
    }


def seen(**properties: str | None) -> Observation:
    (observation,) = DECODER.observe(ticket(**properties))
    return observation


def test_a_ticket_becomes_an_observation() -> None:
    found = seen(
        ubm_vendor=" ComEd ",
        ubm_notes="a\r\nb",
        hs_ticket_priority="HIGH",
        ubm_start="2026-12-01",
        ubm_rows="5.0",
        hubspot_owner_id="7",
        hs_pipeline="10",
        hs_pipeline_stage="11",
        ubm_request="#LOC-1",
        ubm_secret="hidden",
    )

    assert found == Observation(
        place="ticket",
        ref="9001",
        key="0198-abc",
        container="tickets",
        version="2026-11-21T10:00:00.120Z",
        values={
            "vendor": "ComEd",
            "notes": "a\nb",
            "priority": "high",
            "start": "2026-12-01",
            "rows": "5",
            "owner": "dana@ubm.example",
            "stage": "waiting",
            "request": "LOC-1",
        },
        created_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        modified_at=datetime(2026, 11, 21, 10, 0, 0, 120_000, tzinfo=UTC),
    )


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_value_is_absent(empty: str | None) -> None:
    assert seen(ubm_vendor=empty, ubm_notes=empty).values == {}


def test_a_stage_of_another_pipeline_is_foreign() -> None:
    found = seen(hs_pipeline="99", hs_pipeline_stage="11")

    assert "stage" not in found.values
    assert found.marks == {"stage": Mark.FOREIGN}


def test_an_owner_nobody_knows_is_foreign() -> None:
    found = seen(hubspot_owner_id="8")

    assert "owner" not in found.values
    assert found.marks == {"owner": Mark.FOREIGN}


def test_a_value_of_another_kind_is_kept_and_marked() -> None:
    found = seen(ubm_rows="many")

    assert found.values == {"rows": "many"}
    assert found.marks == {"rows": Mark.UNTYPED}


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("0198-abc", "ticket"),
        ("0198-abc:enrolment", "enrolment"),
        ("onboarding-acme", "onboarding"),
    ],
)
def test_the_identity_tells_the_place(key: str, place: str) -> None:
    assert seen(ubm_sync_id=key).place == place
    assert seen(ubm_sync_id=key).key == key


@pytest.mark.parametrize("key", [None, "", " ", "0198-abc:elsewhere"])
def test_a_ticket_of_nobody_is_not_observed(key: str | None) -> None:
    assert list(DECODER.observe(ticket(ubm_sync_id=key))) == []


def test_an_archived_ticket_is_gone() -> None:
    (found,) = DECODER.observe({**ticket(hs_merged_object_ids="1"), "archived": True})

    assert found.gone == "archived"


def test_tickets_merged_into_another_are_gone_to_it() -> None:
    primary, first, second = DECODER.observe(ticket(hs_merged_object_ids="9001; 41;42;"))

    assert primary.gone == ""
    assert [(one.ref, one.key, one.gone) for one in (first, second)] == [
        ("41", None, "merged:9001"),
        ("42", None, "merged:9001"),
    ]


def test_times_may_come_in_milliseconds() -> None:
    found = seen(createdate="1763632800000", hs_lastmodifieddate="1763632800120")

    assert found.created_at == datetime(2025, 11, 20, 10, tzinfo=UTC)
    assert found.version == "2025-11-20T10:00:00.120Z"


def test_a_ticket_without_times_is_still_read() -> None:
    (found,) = DECODER.observe({"id": 5, "properties": {"ubm_sync_id": "0198"}})

    assert found.ref == "5"
    assert found.created_at is None


def test_what_is_asked_for_is_what_is_read() -> None:
    assert {"ubm_vendor", "v", "hs_pipeline", "hs_merged_object_ids"} <= set(DECODER.properties)
    assert not {"company", "ubm_secret"} & set(DECODER.properties)

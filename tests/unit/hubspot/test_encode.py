from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from ubm_hubspot.encode import Encoder, Parcel
from ubm_hubspot.writing import waves
from ubm_sync.model import Binding, FieldType, Place, Ref, Stage, Write, Written

PLACE = Place(
    "ticket",
    "location",
    "hubspot",
    "",
    (
        Binding("vendor", "ubm_vendor"),
        Binding("priority", "hs_ticket_priority", FieldType.CHOICE, encode={"high": "HIGH"}),
        Binding("start", "ubm_start", FieldType.DATE),
        Binding("owner", "hubspot_owner_id", FieldType.PERSON),
        Binding("stage", "hs_pipeline_stage", FieldType.STAGE),
        Binding("company", "company", FieldType.LINK),
        Binding("request", "ubm_request", shape="#{}"),
        Binding("made", "ubm_made", writable=False),
        Binding("sync_id", "ubm_sync_id"),
    ),
    "New locations",
    (Stage("waiting", "Waiting"), Stage("lost", "Lost")),
)
ENROLMENT = Place("enrolment", "location", "hubspot", "enrolment", (Binding("vendor", "v"),))


class Portal:
    options: Mapping[tuple[str, str], str] = MappingProxyType({})

    def owner_id(self, email: str) -> str | None:
        return {"dana@ubm.example": "7"}.get(email)

    def stage_ids(self, place: str, key: str) -> tuple[str, str] | None:
        return {("ticket", "waiting"): ("10", "11")}.get((place, key))


ENCODER = Encoder((PLACE, ENROLMENT), Portal(), identity="ubm_sync_id")


def sent(ref: str | None = "9001", place: str = "ticket", **values: Written) -> Parcel:
    return ENCODER.parcel(Write(place, "0198", ref, "tickets", values))


def test_a_write_is_put_in_hubspots_words() -> None:
    parcel = sent(
        vendor="ComEd",
        priority="high",
        start="2026-12-01",
        owner="dana@ubm.example",
        stage="waiting",
        company="55",
        request="LOC-1",
        sync_id="0198",
    )

    assert parcel.properties == {
        "ubm_vendor": "ComEd",
        "hs_ticket_priority": "HIGH",
        "ubm_start": "2026-12-01",
        "hubspot_owner_id": "7",
        "hs_pipeline": "10",
        "hs_pipeline_stage": "11",
        "ubm_request": "#LOC-1",
    }
    assert parcel.links == {"company": "55"}
    assert parcel.faults == {}


def test_a_cleared_field_is_sent_empty() -> None:
    assert sent(vendor=None, start=None, owner=None, priority=None).properties == {
        "ubm_vendor": "",
        "ubm_start": "",
        "hubspot_owner_id": "",
        "hs_ticket_priority": "",
    }


def test_a_new_ticket_carries_its_identity_and_a_stage() -> None:
    parcel = sent(None, vendor="ComEd")

    assert parcel.properties == {
        "ubm_vendor": "ComEd",
        "ubm_sync_id": "0198",
        "hs_pipeline": "10",
        "hs_pipeline_stage": "11",
    }


def test_the_identity_of_another_place_has_its_suffix() -> None:
    assert sent(None, "enrolment").identity == "0198:enrolment"
    assert sent(None, "enrolment").properties == {"ubm_sync_id": "0198:enrolment"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("owner", "who@ubm.example", "No active HubSpot user has the e-mail who@ubm.example."),
        ("stage", "lost", 'The HubSpot pipeline "New locations" has no stage "Lost"'),
        ("stage", "never", 'has no stage "never"'),
        ("stage", None, "cannot be without a stage"),
        ("start", "12/01/2026", "is not a date"),
        ("company", None, "never unlinked"),
        ("vendor", Ref("account"), "waits for another system"),
        ("vendor", "x" * 70_000, "HubSpot holds 65,536"),
        ("made", "x", "is not a field the mapping lets us write"),
        ("nonsense", "x", "is not a field the mapping lets us write"),
    ],
)
def test_what_cannot_be_sent_fails_alone(field: str, value: Written, said: str) -> None:
    values: dict[str, Written] = {"request": "1", field: value}

    parcel = ENCODER.parcel(Write("ticket", "0198", "9001", "tickets", values))

    assert list(parcel.faults) == [field]
    assert said in parcel.faults[field]
    assert parcel.properties == {"ubm_request": "#1"}


def test_pipeline_and_stage_belong_to_the_stage_field() -> None:
    fields = ENCODER.fields_of["ticket"]

    assert fields["hs_pipeline"] == fields["hs_pipeline_stage"] == "stage"
    assert "company" not in fields


def write(key: str, ref: str | None = None) -> Write:
    return Write("ticket", key, ref, "tickets", {})


def test_no_wave_holds_a_ticket_twice() -> None:
    a, b, again, third = write("a"), write("b", "1"), write("a"), write("c", "1")
    last = write("a")

    assert waves([a, b, again, third, last]) == [[a, b], [again, third], [last]]
    assert waves([]) == []

"""Whether writes take away what somebody said to the flow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.engine_house import ACME, MAPPINGS

from ubm_sync.flow import Decision
from ubm_sync.model import Write, Written
from ubm_sync.sync.logbook import takes_words
from ubm_sync.sync.merge import Merged
from ubm_sync.sync.plan import RecordPlan, Subject
from ubm_sync.sync.rules import compile_rules

RULES = compile_rules(MAPPINGS["location"])
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def takes(place: str, ref: str | None, *, fixes: dict[str, str], **values: Written) -> bool:
    subject = Subject("id", ACME, NOON, {}, {}, {}, {}, {})
    decision = Decision(frozenset({place}), {}, {}, "Waiting for CSM", "LOC-1", fixes=fixes)
    write = Write(place, "id", ref, "S1", values)
    return takes_words(RULES, RecordPlan(subject, Merged(), decision, (write,), ()))


@pytest.mark.parametrize(
    ("name", "value"),
    [("stage", "active"), ("approval", None), ("row_decision", None)],
)
def test_a_word_that_is_written_over_is_taken_away(name: str, value: str | None) -> None:
    assert takes("ticket", "1", fixes={}, **{name: value})


def test_a_corrected_spelling_is_taken_away() -> None:
    assert takes("row", "1", fixes={"zip": "60435"}, zip="60435")


def test_a_spelling_that_stays_where_it_was_typed_is_not_taken_away() -> None:
    assert not takes("row", "1", fixes={"zip": "60435"}, sync_status="Waiting for CSM")


def test_what_the_service_fills_and_what_people_share_is_no_word() -> None:
    assert not takes("ticket", "1", fixes={}, sync_status="Active", city="Elgin")


def test_what_is_created_takes_nothing_away() -> None:
    assert not takes("ticket", None, fixes={"zip": "60435"}, stage="active", zip="60435")

"""What is stored of an observation: no secrets, and nothing emptied by a missing column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ubm_sync.locations.secrets import masked
from ubm_sync.mapping import load_mappings
from ubm_sync.model import Mark, Observation
from ubm_sync.sync.noticed import (
    service_edits,
    unseen,
    version_of,
    went_with_column,
    without_secrets,
)
from ubm_sync.sync.rules import compile_rules

RULES = compile_rules(load_mappings(Path(__file__).parents[3] / "mappings")["location"])
BLIND = frozenset({"gl_code"})


def seen(version: str = "v1", marks: dict[str, str] | None = None, **values: str) -> Observation:
    return Observation("row", "1", None, "sheet", version, values, marks or {})


def test_a_field_out_of_sight_keeps_what_was_seen_last() -> None:
    now = unseen(seen(gl_code="GL-1", city="Joliet"), seen(city="Rockdale"), BLIND)
    assert now.values == {"gl_code": "GL-1", "city": "Rockdale"}
    assert now.marks == {"gl_code": Mark.UNSEEN}


def test_what_a_column_of_the_wrong_type_shows_is_not_taken() -> None:
    assert unseen(None, seen(gl_code="true"), BLIND).values == {}


def test_the_next_reading_of_what_was_not_read_whole_counts_as_news() -> None:
    now = unseen(None, seen("v1"), BLIND)
    assert now.version != "v1"
    assert version_of(now) == version_of(unseen(now, now, BLIND)) == "v1"


def test_a_value_went_with_its_column_only_where_the_cell_is_empty_and_in_sight() -> None:
    before = unseen(seen(gl_code="GL-1"), seen(), BLIND)
    assert went_with_column(before, seen()) == {"gl_code": "GL-1"}
    assert went_with_column(before, seen(gl_code="GL-2")) == {}
    assert went_with_column(before, unseen(before, seen(), BLIND)) == {}
    assert went_with_column(seen(gl_code="GL-1"), seen()) == {}


def test_a_secret_is_masked_and_marked() -> None:
    now = without_secrets(seen(notes="password: Hunter2!x", city="Joliet"), masked)
    assert now.values == {"notes": "password: ••••••", "city": "Joliet"}
    assert now.marks == {"notes": Mark.SECRET}


def test_a_secret_in_a_cell_that_nobody_can_write_keeps_that_mark() -> None:
    there = seen(marks={"notes": Mark.FORMULA}, notes="password: Hunter2!x")
    assert without_secrets(there, masked).marks == {"notes": Mark.FORMULA}


def test_edits_of_our_fields_are_told_in_the_same_order_in_every_process() -> None:
    rule = RULES.places["row"]
    names = sorted(rule.service - rule.write_only)
    before = replace(seen(), values=dict.fromkeys(names, "ours"))
    after = replace(seen(), values=dict.fromkeys(names, "theirs"))
    assert list(service_edits(rule, before, after)) == [f"row.{name}" for name in names]

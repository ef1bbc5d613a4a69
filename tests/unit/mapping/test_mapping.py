"""What a mapping gives to the engine and the connectors."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.mapping.samples import GOOD, read, replaced

from ubm_sync.errors import ConfigError
from ubm_sync.mapping import Policy, Role, Threshold, load_mappings
from ubm_sync.model import FieldType, Stage


def test_a_field_says_who_may_change_it() -> None:
    size = read(GOOD).fields["size"]

    assert size.role is Role.SHARED
    assert size.type is FieldType.CHOICE
    assert size.choices == ("Small", "Large")
    assert size.required
    assert size.writers == {"row", "ticket"}
    assert size.writers_when(accepted=False) == {"row", "ticket"}
    assert size.writers_when(accepted=True) == {"ticket"}
    assert (size.conflict, size.owner) == (Policy.OWNER, "row")
    assert size.threshold == Threshold(share=0.1, floor=5)
    assert size.places == {"row", "ticket"}


def test_unsaid_rules_are_the_careful_ones() -> None:
    mapping = read(GOOD)

    assert mapping.fields["city"].conflict is Policy.ASK
    assert mapping.fields["city"].writers_once_accepted == {"row", "ticket"}
    assert mapping.fields["number"].writers == frozenset()
    assert mapping.fields["stage"].writers == {"ticket"}


def test_a_place_has_its_fields_in_the_order_of_the_file() -> None:
    row = read(GOOD).place("row")

    assert [binding.field for binding in row.bindings] == ["city", "size", "number"]
    assert (row.kind, row.system, row.suffix) == ("site", "sheets", "")
    assert row.settings == {"identity": "Sync ID", "intake": "true"}


def test_places_are_found_by_system() -> None:
    mapping = read(GOOD)

    assert [place.name for place in mapping.places_of("desk")] == ["ticket", "task"]
    assert mapping.places_of("nothing") == ()
    with pytest.raises(KeyError):
        mapping.place("nothing")


def test_a_pipeline_has_stages_and_a_stage_field_has_their_keys_as_choices() -> None:
    ticket = read(GOOD).place("ticket")
    stage = read(GOOD).binding("ticket", "stage")

    assert ticket.stages == (Stage("open", "Open"), Stage("done", "Done", closed=True))
    assert stage is not None
    assert stage.choices == ("open", "done")


def test_values_are_translated_both_ways() -> None:
    binding = read(GOOD).binding("ticket", "size")

    assert binding is not None
    assert binding.encode == {"Small": "S", "Large": "L"}
    assert binding.decode == {"S": "Small", "L": "Large"}


def test_a_field_that_does_not_live_in_a_place_has_no_binding_there() -> None:
    assert read(GOOD).binding("task", "size") is None


def test_titles_are_those_of_the_place_customers_type_into() -> None:
    assert read(GOOD).titles == {"city": "City", "size": "Size", "number": "Ticket"}
    assert read(replaced("    intake: true\n", "")).titles == {}


def test_settings_are_text_for_the_connector() -> None:
    binding = read(GOOD).binding("row", "size")

    assert binding is not None
    assert binding.settings == {"restricted": "true", "width": "90"}


def test_a_link_is_written_and_never_read_back() -> None:
    text = replaced("    type: identifier", "    type: link")
    binding = read(text).binding("row", "number")

    assert binding is not None
    assert binding.writable
    assert not binding.readable


def test_comments_and_layout_do_not_change_the_hash() -> None:
    text = replaced("at: {ticket: stage}", "at:   # where people move it\n      ticket: stage")

    assert read(text).hash == read(GOOD).hash


def test_any_change_of_meaning_changes_the_hash() -> None:
    variants = [
        GOOD,
        replaced("required: true", "required: false"),
        replaced("row: City", "row: Town"),
        replaced("share: 0.1", "share: 0.2"),
        replaced("[Small, Large]", "[Large, Small]"),
    ]

    assert len({read(text).hash for text in variants}) == len(variants)


def test_a_mapping_cannot_be_changed() -> None:
    mapping = read(GOOD)

    with pytest.raises(TypeError):
        mapping.fields["city"] = mapping.fields["size"]  # type: ignore[index]


def test_a_folder_without_mappings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no mapping"):
        load_mappings(tmp_path)


def test_a_file_that_nothing_reads_is_named(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(GOOD)
    (tmp_path / "other.yml").write_text(GOOD)

    with pytest.raises(ConfigError) as caught:
        load_mappings(tmp_path)

    (flaw,) = caught.value.flaws
    assert flaw.file == str(tmp_path / "other.yml")
    assert "rename it to .yaml" in flaw.message

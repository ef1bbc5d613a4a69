from __future__ import annotations

import pytest
from tests.unit.smartsheet.sheets import ALL, BINDINGS, live

from ubm_smartsheet.layout import changes, missing, new_column, new_sheet, primary_of
from ubm_smartsheet.settings import read_settings
from ubm_sync.errors import ConfigError
from ubm_sync.model import Binding, FieldType

BOUND = {one.field: one for one in ALL}


def test_the_primary_column_is_a_text_people_type() -> None:
    assert primary_of(ALL) == "location_name"
    assert primary_of([Binding("a", "A", settings={"primary": "true"}), *ALL]) == "a"
    assert primary_of([Binding("d", "D", FieldType.DATE), Binding("t", "T", locked=True)]) == "t"


def test_a_sheet_without_a_text_column_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="primary column"):
        primary_of([Binding("d", "D", FieldType.DATE)])


def test_the_order_of_the_mapping_is_the_order_of_the_columns() -> None:
    body = new_sheet("Template", ALL)

    assert [one["title"] for one in body["columns"]] == [one.external for one in ALL]
    assert [one["title"] for one in body["columns"] if one.get("primary")] == ["Location Name"]


def test_a_numbered_column_names_its_format() -> None:
    assert new_column(BOUND["number"]) == {
        "title": "Request #",
        "type": "TEXT_NUMBER",
        "systemColumnType": "AUTO_NUMBER",
        "autoNumberFormat": {
            "prefix": "LOC-",
            "suffix": "",
            "fill": "00000",
            "startingNumber": 1,
        },
    }


def test_a_dropdown_has_its_options_in_the_sheets_words() -> None:
    assert new_column(BOUND["kind"])["options"] == ["Add location", "Close"]


def test_descriptions_and_widths_go_along_in_what_the_vendor_takes() -> None:
    body = new_column(Binding("a", "A", description="x" * 300, settings={"width": "90"}))

    assert len(body["description"]) == 250
    assert body["width"] == 90


def test_a_sheet_as_it_should_be_needs_no_change() -> None:
    assert list(changes(ALL, live(), template=True)) == []
    assert missing(ALL, live()) == ([], [])


def test_options_are_united_and_sent_with_their_type() -> None:
    (change,) = changes(ALL, live(kind={"options": ("Other", "Close")}), template=False)

    assert change.body == {"type": "PICKLIST", "options": ["Other", "Close", "Add location"]}


def test_locks_and_hiding_are_put_back_on_our_columns() -> None:
    columns = live(sync_id={"locked": False, "hidden": False}, notes={"locked": True})
    (change,) = changes(ALL, columns, template=False)

    assert change.body == {"locked": True, "hidden": True}


def test_the_restriction_of_the_customers_columns_is_theirs_but_in_the_template() -> None:
    columns = live(kind={"validation": False})

    assert list(changes(ALL, columns, template=False)) == []
    (change,) = changes(ALL, columns, template=True)
    assert change.body == {"validation": True}


def test_a_retyped_column_is_not_touched() -> None:
    assert list(changes(ALL, live(kind={"type": "TEXT_NUMBER"}), template=True)) == []


def test_missing_columns_are_ours_to_add_or_theirs_to_put_back() -> None:
    columns = {name: one for name, one in live().items() if name == "location_name"}

    ours, theirs = missing(ALL, columns)

    assert [one.field for one in ours] == ["number", "sync_status", "ticket", "sync_id"]
    assert "notes" in {one.field for one in theirs}
    assert len(ours) + len(theirs) == len(BINDINGS)


def test_settings_have_defaults_for_everything() -> None:
    settings = read_settings({})

    assert (settings.page_size, settings.modified_overlap) == (1000, 120.0)
    assert (settings.connect_timeout, settings.write_timeout) == (5.0, 400.0)
    assert settings.template_name == "UBM locations template"


def test_wrong_settings_are_all_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"page_sise": 5, "rows_per_write": 501})

    assert len(caught.value.flaws) == 2
    assert "systems.smartsheet.page_sise" in str(caught.value)
    assert "systems.smartsheet.rows_per_write" in str(caught.value)

"""What a mapping says of a field is what happens, in all systems over their real protocols."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.stack import MANAGER, Stack

from ubm_sync.doctor import examine_live
from ubm_sync.errors import Flaw

ZIP = "      account: zip\n"
CODE = "      ticket: ubm_location_code\n"
CODE_LABEL = "    label: Location code\n"
GL = "    label: GL / cost center\n"
OURS = "d.lee@ubm.example"
OWNER = "    at: {ticket: hubspot_owner_id}\n"
WRITE = "\"'Z-' + value\""
READ = "value.startsWith('Z-') ? value.substring(2) : value"


@contextmanager
def mapped(folder: Path, *changes: tuple[str, str]) -> Iterator[Stack]:
    """Give a stack whose mapping of locations has these passages changed."""
    with Stack(folder / "stack", prepared=False) as stack:
        path = stack.folder / "mappings" / "locations.yaml"
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)
        stack.prepare()
        yield stack


def test_a_transform_goes_both_ways_and_comes_to_rest(tmp_path: Path) -> None:
    with mapped(
        tmp_path,
        (CODE, "      ticket: {name: ubm_location_code, transform: [trim, {zero_pad: 4}]}\n"),
        (CODE_LABEL, CODE_LABEL + "    validation: {pattern: '[0-9]{4}'}\n"),
        (ZIP, f'      account: {{name: zip, transform: [{{read: "{READ}", write: {WRITE}}}]}}\n'),
    ) as stack:
        row = stack.type_row()
        stack.activate(row)

        assert stack.ticket(row)["properties"]["ubm_location_code"] == "412"
        with sqlite3.connect(stack.folder / "ubm.db") as store:
            assert store.execute("select zip from account").fetchall() == [("Z-60435",)]
        assert stack.rests() == {}

        stack.edit_ticket(stack.ticket(row), ubm_location_code="77")
        stack.settle()
        assert stack.row(row)["Location Code"] == "0077"
        assert stack.rests() == {}


def test_words_of_theirs_are_read_and_unknown_ones_put_back(tmp_path: Path) -> None:
    with mapped(
        tmp_path,
        (
            "row: {name: Bill Type,",
            "row: {name: Bill Type, decode: {Full: Full service}, unmapped: restore,",
        ),
    ) as stack:
        row = stack.type_row({"Bill Type": "Full"})
        stack.settle()
        assert stack.ticket(row)["properties"]["ubm_bill_type"] == "Full service"
        assert stack.row(row)["Bill Type"] == "Full"

        stack.edit_row(row, {"Bill Type": "Nonsense"})
        stack.settle()
        assert stack.row(row)["Bill Type"] == "Full service"
        assert stack.ticket(row)["properties"]["ubm_bill_type"] == "Full service"
        with stack.app.state.reading() as tx:
            assert "Nonsense" in {one.value for one in tx.kept.list()}


def test_a_default_stands_for_what_nobody_knows(tmp_path: Path) -> None:
    with mapped(
        tmp_path,
        (
            "row: {name: Bill Type,",
            "row: {name: Bill Type, unmapped: default, default: Sub-account,",
        ),
    ) as stack:
        row = stack.type_row({"Bill Type": "whatever"})
        stack.settle()

        assert stack.ticket(row)["properties"]["ubm_bill_type"] == "Sub-account"
        assert stack.rests() == {}


def test_people_are_known_by_another_e_mail_there(tmp_path: Path) -> None:
    with mapped(
        tmp_path,
        (OWNER, f"    at: {{ticket: {{name: hubspot_owner_id, people: {{{OURS}: {MANAGER}}}}}}}\n"),
    ) as stack:
        path = stack.folder / "config" / "customers" / "halsted.yaml"
        path.write_text(path.read_text().replace(MANAGER, OURS))
        row = stack.type_row()
        stack.settle()

        owner = stack.ticket(row)["owner"]
        assert MANAGER in str(owner)
        with stack.app.state.reading() as tx:
            ids = [sync_id for sync_id, _ in tx.observations.all_of("ticket")]
            seen = tx.observations.load(ids)
        assert {one["ticket"].values["owner"] for one in seen.values()} == {OURS}


def test_a_change_rests_for_its_quiet_time(tmp_path: Path) -> None:
    with mapped(
        tmp_path, ("    label: City\n", "    quiet_minutes: 10\n    label: City\n")
    ) as stack:
        row = stack.type_row()
        stack.settle()
        stack.edit_row(row, {"City": "Aurora", "Address 2": "Suite 4"})

        stack.cycle()
        stack.cycle()
        assert stack.ticket(row)["properties"]["ubm_city"] == "Joliet"
        assert stack.ticket(row)["properties"]["ubm_address_2"] == "Suite 4"
        assert stack.row(row)["City"] == "Aurora"

        stack.wait(11 * 60)
        stack.settle()
        assert stack.ticket(row)["properties"]["ubm_city"] == "Aurora"
        assert stack.rests() == {}


def test_a_field_that_is_required_and_checked_says_so_in_the_row(tmp_path: Path) -> None:
    check = "    validation: {pattern: '[0-9]{4}-[0-9]{2}', message: '{} looks like 4100-22.'}\n"
    with mapped(
        tmp_path,
        ("    writers: [row, ticket]\n" + GL, "    required: true\n    writers: [row, ticket]\n"
         "    examples: ['4100-22']\n" + GL + check),
    ) as stack:  # fmt: skip
        row = stack.type_row()
        stack.wait(3600)
        stack.settle()
        assert stack.row(row)["Sync Status"] == "Needs information"
        assert "GL / Cost Center" in stack.row(row)["Sync Message"]

        stack.edit_row(row, {"GL / Cost Center": "4100"})
        stack.settle()
        assert "GL / Cost Center looks like 4100-22." in stack.row(row)["Sync Message"]

        stack.edit_row(row, {"GL / Cost Center": "4100-22"})
        stack.settle()
        assert stack.row(row)["Sync Status"] == "Waiting for CSM"


OUT = "      ticket: ubm_gl_code\n", "      ticket: {name: ubm_gl_code, direction: out}\n"
IN = "row: {name: GL / Cost Center,", "row: {name: GL / Cost Center, direction: in,"


@pytest.mark.parametrize("direction", [OUT, IN], ids=["out", "in"])
def test_what_goes_one_way_only_is_put_back(tmp_path: Path, direction: tuple[str, str]) -> None:
    writers = ("    writers: [row, ticket]\n" + GL, "    writers: [row]\n" + GL)
    with mapped(tmp_path, writers, direction) as stack:
        row = stack.type_row({"GL / Cost Center": "4100"})
        stack.settle()
        stack.edit_ticket(stack.ticket(row), ubm_gl_code="9999")
        stack.settle()

        assert stack.ticket(row)["properties"]["ubm_gl_code"] == "4100"
        assert stack.row(row)["GL / Cost Center"] == "4100"


def live(stack: Stack) -> list[Flaw]:
    found = [
        Flaw(str(Path(one.file).relative_to(stack.folder)), one.line, one.column, one.message)
        for one in examine_live(stack.app)
    ]
    stack.stop()
    return found


def test_the_systems_are_compared_with_what_the_files_say(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        assert live(stack) == []

        path = stack.folder / "config" / "customers" / "halsted.yaml"
        path.write_text(path.read_text().replace(MANAGER, "nobody@ubm.example"))
        mapping = stack.folder / "mappings" / "locations.yaml"
        people = f"{{name: hubspot_owner_id, people: {{{OURS}: ghost@ubm.example}}}}"
        owner = OWNER.replace("hubspot_owner_id", people)
        mapping.write_text(mapping.read_text().replace(OWNER, owner))
        stack.drop_property("ubm_city")
        found = live(stack)

    lines = (stack.folder / "mappings" / "locations.yaml").read_text().splitlines()
    wanted = next(i for i, line in enumerate(lines, 1) if "ticket: ubm_city" in line)
    assert ("mappings/locations.yaml", wanted) in {(one.file, one.line) for one in found}
    assert any("ubm-sync setup hubspot" in one.message for one in found)
    assert any(
        one.file.endswith("halsted.yaml") and "nobody@ubm.example" in one.message for one in found
    )
    wanted = next(i for i, line in enumerate(lines, 1) if "ghost@ubm.example" in line)
    assert ("mappings/locations.yaml", wanted) in {
        (one.file, one.line) for one in found if "ghost@ubm.example" in one.message
    }


def test_a_system_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        stack.variables["HUBSPOT_ACCESS_TOKEN"] = "wrong"
        found = live(stack)

    (flaw,) = [one for one in found if "cannot be compared" in one.message]
    assert flaw.file == "config/service.yaml"

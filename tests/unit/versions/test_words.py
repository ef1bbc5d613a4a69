"""How two mappings differ, in words that show what is different and not what is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ubm_sync.mapping import read_mappings
from ubm_sync.versions.words import differences

MAPPING = """\
kind: location
places:
  row: {system: sheet, identity: ID, intake: true}
  ticket: {system: desk, identity: record_id}
fields:
  commodity:
    type: choice
    role: shared
    choices: [Electric, Natural gas, Water, Sewer]
    writers: [row, ticket]
    at:
      row: Commodity
      ticket: {name: commodity, encode: {Electric: electric, Water: water}}
  delivery:
    type: choice
    role: shared
    choices: [Paper, EDI]
    writers: [row, ticket]
    at: {row: Delivery, ticket: delivery}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Sewer]", "Sewer, Steam, Waste]", ["commodity: choices added Steam, Waste"]),
        ("Water, Sewer]", "Sewer]", ["commodity: choices removed Water"]),
        ("Sewer]", "Waste]", ["commodity: choices added Waste; removed Sewer"]),
        ("[Paper, EDI]", "[EDI, Paper]", ["delivery: choices in another order: EDI, Paper"]),
        (
            "Electric: electric, Water: water",
            "Electric: power, Sewer: sewer",
            [(
                "commodity in ticket: encode added Sewer: sewer; removed Water: water; changed "
                "Electric: electric -> power"
            )],
        ),
    ],
)  # fmt: skip
def test_a_list_is_told_by_what_came_and_went(
    tmp_path: Path, old: str, new: str, told: list[str]
) -> None:
    assert MAPPING.count(old) == 1
    before = MAPPING.replace(", Water: water", "") if old == "Water, Sewer]" else MAPPING
    sides = []
    for name, text in (("before", before), ("after", before.replace(old, new))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "locations.yaml").write_text(text, encoding="utf-8")
        sound, flaws = read_mappings(folder)
        assert not flaws
        sides.append({one.mapping.kind: one.mapping for one in sound})

    assert [one.sentence.removeprefix("location.") for one in differences(*sides)] == told

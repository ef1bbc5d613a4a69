"""What the oracle of the stories takes for the last word of people."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.stack import LOCATIONS, clients
from tests.system.stories.oracle import Ending, overruled
from tests.system.stories.people import ID_COLUMN, ID_PROPERTY, People, Typed

TYPED = Typed("location_name", "Store 4", "ticket", "7", "Place 1")
KEEP_ROW = Typed("location_name", "Place 1", "ticket", "7", "Store 4", chosen=True)
KEEP_TICKET = Typed("location_name", "Store 4", "row", "1", "Place 1", chosen=True)


def complaints(shown: str, *typed: Typed) -> list[str]:
    """Return what is said of one record that shows one name everywhere."""
    row = {ID_COLUMN: "x", "Location Name": shown}
    ticket = {"id": "7", "properties": {ID_PROPERTY: "x", "ubm_location_name": shown}}
    ending = Ending({"1": ("halsted", row)}, {LOCATIONS: [ticket]}, [], set(), {}, Counter())
    return list(overruled(ending, People({}, clients(), print, list(typed))))


def test_what_was_typed_last_stands() -> None:
    assert not complaints("Store 4", TYPED)
    assert len(complaints("Place 1", TYPED)) == 2


def test_what_was_chosen_in_a_conflict_stands() -> None:
    assert not complaints("Place 1", TYPED, KEEP_ROW)
    assert len(complaints("Store 4", TYPED, KEEP_ROW)) == 2


@pytest.mark.parametrize("shown", ["Place 1", "Store 4"])
def test_of_two_choices_either_may_come_first(shown: str) -> None:
    assert not complaints(shown, TYPED, KEEP_ROW, KEEP_TICKET)

"""The list of archived tickets: when it is read, and how long it counts."""

from __future__ import annotations

import pytest

from ubm_hubspot.batches import Run
from ubm_hubspot.looking import Bin
from ubm_sync.errors import Temporary


class Shelf:
    """Archived tickets by identity; may be out of reach."""

    def __init__(self) -> None:
        self.archived: dict[str, str] = {}
        self.reads = 0
        self.out_of_reach = False
        self.bin = Bin(self.read, lambda: 0)

    def read(self) -> dict[str, str]:
        self.reads += 1
        if self.out_of_reach:
            raise Temporary("not now")
        return dict(self.archived)


def test_what_is_archived_between_two_attempts_is_listed_though_it_was_missed_just_now() -> None:
    shelf, run = Shelf(), Run()
    assert not shelf.bin.look(["k"], run)
    shelf.archived["k"] = "7"

    assert shelf.bin.look_again() == {"k": "7"}
    del shelf.archived["k"]
    assert shelf.bin.look_again() == {}
    assert shelf.reads == 3


def test_a_list_that_could_not_be_read_tells_nothing() -> None:
    shelf = Shelf()
    shelf.out_of_reach = True
    with pytest.raises(Temporary):
        shelf.bin.look_again()
    shelf.out_of_reach, shelf.archived = False, {"k": "7"}

    assert shelf.bin.look_again() == {"k": "7"}

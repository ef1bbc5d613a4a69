"""Fields in doubt wait by place, the oldest first, each once; those of an older state stay."""

from __future__ import annotations

import json

from sqlalchemy import text
from tests.integration.state.older import older

from ubm_sync.database import open_engine
from ubm_sync.state import Doubt, State, open_state

ONE = Doubt("a", "row", "1", "S1", "city", "Joliet", "Elgin", "ticket")
TWO = Doubt("b", "row", "2", "S1", "city", "", "Elgin")
OTHER = Doubt("b", "ticket", "7", "halsted", "notes", "x", "")


def test_the_oldest_doubts_of_a_place_come_first(state: State) -> None:
    with state.transaction() as tx:
        assert tx.doubts.places() == []
        tx.doubts.add([ONE, TWO, OTHER])

        assert tx.doubts.places() == ["row", "ticket"]
        assert tx.doubts.oldest("row", 10) == [ONE, TWO]
        assert tx.doubts.oldest("row", 1) == [ONE]
        assert tx.doubts.count() == 3


def test_a_doubt_about_the_same_value_takes_the_place_of_the_older_one(state: State) -> None:
    again = ONE._replace(seen="Aurora", container="S2")
    with state.transaction() as tx:
        tx.doubts.add([ONE, TWO])
        tx.doubts.add([again, ONE._replace(written="Cicero")])

        assert tx.doubts.oldest("row", 10) == [again, TWO, ONE._replace(written="Cicero")]


def test_only_what_was_looked_up_is_forgotten(state: State) -> None:
    with state.transaction() as tx:
        tx.doubts.add([ONE, TWO, OTHER])
        tx.doubts.drop([ONE, OTHER])

        assert tx.doubts.oldest("row", 10) == [TWO]
        assert tx.doubts.places() == ["row"]


def test_what_waited_in_a_text_is_taken_over(database_url: str) -> None:
    older(database_url, "0006")
    waited = json.dumps([list(ONE), list(TWO)[:-1], list(ONE)])  # the oldest have no origin
    engine = open_engine(database_url)
    with engine.begin() as connection:
        put = text("INSERT INTO cursor (system, position) VALUES (:system, :position)")
        connection.execute(put, {"system": "sheets/doubts", "position": waited})
        connection.execute(put, {"system": "tickets/doubts", "position": ""})
    engine.dispose()

    state = open_state(database_url)
    with state.reading() as tx:
        assert tx.doubts.oldest("row", 10) == [ONE, TWO]
        assert tx.cursors.get("sheets/doubts") is None
    state.close()

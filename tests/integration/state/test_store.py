"""Opening the state, its transactions, and several processes at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from tests.integration.state.samples import NOON, record

import ubm_sync.state
from ubm_sync.database import open_engine
from ubm_sync.errors import Refused
from ubm_sync.state import Entry, State, Tx, open_state
from ubm_sync.state.migrate import HEAD, migrate
from ubm_sync.state.schema import metadata

OPEN = """
import sys
from ubm_sync.state import open_state
state = open_state(sys.argv[1])
with state.transaction() as tx:
    tx.cursors.put(sys.argv[2], "there")
"""


def test_the_migrated_tables_are_the_declared_ones(database_url: str) -> None:
    engine = open_engine(database_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_the_newest_migration_is_the_one_a_start_expects() -> None:
    scripts = ScriptDirectory(str(Path(ubm_sync.state.__file__).parent / "migrations"))

    assert scripts.get_current_head() == HEAD


def test_opening_again_keeps_everything(database_url: str) -> None:
    for expected in ({}, {"a": record("a")}):
        state = open_state(database_url)
        with state.transaction() as tx:
            assert tx.records.load(["a"]) == expected
            tx.records.save([record("a")])
        state.close()


def test_a_state_of_a_newer_program_is_refused(database_url: str) -> None:
    open_state(database_url).close()
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(Refused, match="newer version of this program"):
        open_state(database_url)


def test_several_processes_may_open_a_new_state_at_once(database_url: str) -> None:
    names = ["one", "two", "three"]
    running = [subprocess.Popen([sys.executable, "-c", OPEN, database_url, n]) for n in names]
    assert [one.wait(30) for one in running] == [0, 0, 0]

    state = open_state(database_url)
    with state.reading() as tx:
        assert [tx.cursors.get(name) for name in names] == ["there"] * 3
    state.close()


def _write_and_fail(tx: Tx) -> None:
    tx.kept.add("a", "city", "row", "x", "put back")
    tx.records.save([record("a")])
    raise KeyError("a")


def test_an_exception_undoes_the_transaction(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.transaction() as tx:
        tx.cursors.put("desk", f"{1 // 0}")
    with pytest.raises(KeyError), state.transaction() as tx:
        _write_and_fail(tx)

    with state.reading() as tx:
        assert tx.records.exists(["a"]) == set()
        assert tx.kept.list() == []


def test_a_transaction_inside_another_is_refused_at_once(state: State) -> None:
    with state.transaction(), pytest.raises(RuntimeError, match="already"), state.transaction():
        pass

    with state.transaction() as tx:
        assert tx.cursors.get("desk") is None


def test_reading_sees_what_was_committed_and_waits_for_no_writer(state: State) -> None:
    with state.transaction() as writer:
        writer.cursors.put("desk", "new")
        with state.reading() as reader:
            assert reader.cursors.get("desk") is None

    with state.reading() as reader:
        assert reader.cursors.get("desk") == "new"


def test_reading_stays_at_one_moment(state: State) -> None:
    with state.reading() as reader:
        assert reader.cursors.get("desk") is None
        with state.transaction() as writer:
            writer.cursors.put("desk", "new")
        assert reader.cursors.get("desk") is None


def test_threads_append_to_one_chain(state: State) -> None:
    def work() -> None:
        for number in range(10):
            with state.transaction() as tx:
                tx.audit.append([Entry(NOON, "", "me", "test", "", number)])
                tx.meta.put("n", str(int(tx.meta.get("n") or 0) + 1))  # the log's lock covers it

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with state.reading() as tx:
        assert tx.meta.get("n") == "40"
        assert tx.audit.verify() is None
        assert tx.audit.last(1)[0].seq == 40


def test_rows_handed_over_one_by_one_are_written_in_order(state: State) -> None:
    with state.transaction() as tx:
        tx.conflicts.open("a", "city", None, {"row": "1"}, NOON)
        tx.conflicts.close("a", "city", "keep_row", "x", NOON)
        tx.conflicts.open("a", "city", None, {"row": "2"}, NOON)

    with state.reading() as tx:
        assert [one.values for one in tx.conflicts.list()] == [{"row": "2"}]
        assert len(tx.conflicts.list(open_only=False)) == 2
